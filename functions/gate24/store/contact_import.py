"""Contacts of whom nothing is known here yet, written many at a time."""

from __future__ import annotations

from collections.abc import Sequence

from gate24.contacts import Consent, ConsentEntry
from gate24.lazy_dataclass import dataclass
from gate24.rules.consent import join, said_by
from gate24.store import consent_history, keys, name_words, windows
from gate24.store.items import ContactItem
from gate24.store.table import Item, put_all_new
from gate24.windows import Window

MOST_AT_ONCE = 25
"""A contact has four items at most, and a transaction takes a hundred."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """``window``: on ``channel_id``; both are there or neither."""

    contact_id: str
    phone: str
    name: str | None
    said: Sequence[ConsentEntry]
    channel_id: str | None
    window: Window | None


def add_all(organization_id: str, newcomers: Sequence[Newcomer]) -> bool:
    """Writes them all. False, and nothing is written, where something of one of them is there meanwhile."""
    tokens = [each.name and name_words.new_token(each.contact_id, each.name) for each in newcomers]
    words = [
        word
        for each, token in zip(newcomers, tokens, strict=True)
        for word in name_words.items_of(organization_id, each.contact_id, each.name or "", token or "")
    ]
    name_words.write(words)
    named = zip(newcomers, tokens, strict=True)
    are_written = put_all_new([item for each, token in named for item in _items(organization_id, each, token)])
    if not are_written:
        name_words.remove(words)
    return are_written


def _items(organization_id: str, newcomer: Newcomer, name_token: str | None) -> list[Item]:
    contact_id, consent = newcomer.contact_id, Consent()
    for entry in newcomer.said:
        consent = join(consent, said_by(entry))
    contact = ContactItem(
        keys.contact_pk(organization_id, contact_id),
        keys.CONTACT,
        g=keys.list_partition(organization_id, contact_id),
        h=keys.list_sort(0, contact_id, ""),
        phone=newcomer.phone,
        name=newcomer.name,
        name_token=name_token,
        first_at=newcomer.window.last_inbound_at if newcomer.window else None,
        opt_in_at=consent.opt_in_at,
        opt_in_source=consent.opt_in_source,
        opt_out_at=consent.opt_out_at,
        opt_out_source=consent.opt_out_source,
    )
    history = [consent_history.item_of(organization_id, contact_id, entry) for entry in newcomer.said]
    if newcomer.window is None or newcomer.channel_id is None:
        return [contact, *history]
    return [contact, *history, windows.item_of(organization_id, contact_id, newcomer.channel_id, newcomer.window)]
