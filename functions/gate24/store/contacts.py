"""Contacts: what is known of a person, from one consistent query, and the person's place in the list.

Times are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from gate24.events import ContactRef
from gate24.rules.consent import Consent, join
from gate24.rules.window import NEVER_OPENED, Window, expires_at
from gate24.store import keys
from gate24.store.items import AliasItem, ContactItem, SuppressionItem, WindowItem, milliseconds
from gate24.store.table import Item, contact_key, query, translated, update

_HOPS = 3
"""How many aliases lead to a contact at most; one does, but for two processes that meet."""


@dataclass(frozen=True, slots=True)
class Person:
    """Everything the gate and the API know of a contact, from one consistent query."""

    id: str
    exists: bool
    phone: str | None = None
    user_ids: frozenset[str] = frozenset()
    name: str | None = None
    consent: Consent = field(default_factory=Consent)
    windows: dict[str, Window] = field(default_factory=dict)
    wrote: bool = False
    unreachable_at: int | None = None
    sent_at: int | None = None
    merged: frozenset[str] = frozenset()
    rows: dict[str, int] = field(default_factory=dict)
    """Where the contact stands in the list: channel (empty: the contact itself) -> hour."""

    def window(self, channel_id: str) -> Window:
        return self.windows.get(channel_id, NEVER_OPENED)

    @property
    def last_inbound_at(self) -> int | None:
        return max((w.last_inbound_at for w in self.windows.values() if w.last_inbound_at), default=None)

    @property
    def last_activity_at(self) -> int | None:
        return max((at for at in (self.last_inbound_at, self.sent_at) if at), default=None)

    @property
    def unreachable(self) -> bool:
        """Not on WhatsApp, as far as the provider's last word goes; the next inbound proves it wrong."""
        return self.unreachable_at is not None and self.unreachable_at > (self.last_inbound_at or 0)


def contact_id(organization_id: str, ref: ContactRef) -> str:
    return keys.contact_id(contact_key(), organization_id, ref)


def resolve(organization_id: str, ref: ContactRef) -> str:
    """The contact's id. A number is its own answer; a user id alone may be an alias (one consistent read)."""
    found = contact_id(organization_id, ref)
    if ref.phone is not None:
        return found
    return person(organization_id, found).id


def person(organization_id: str, contact: str, hops: int = _HOPS) -> Person:
    """The contact as of now (consistent). ``exists`` is False for someone never heard of. An alias is followed."""
    items = standing(organization_id, contact)
    alias = items.get(keys.ALIAS)
    if isinstance(alias, AliasItem) and alias.contact != contact and hops:
        return person(organization_id, alias.contact, hops - 1)
    return person_of(contact, items.values())


def persons(organization_id: str, contacts: list[str], channel_ids: list[str]) -> list[Person]:
    """Several contacts for a list: their items by batches, not consistent."""
    sorts = [keys.CONTACT, keys.SUPPRESSION, *(f"{keys.WINDOW}{channel_id}" for channel_id in channel_ids)]
    wanted = [(keys.contact_pk(organization_id, contact), sort) for contact in contacts for sort in sorts]
    found: dict[str, list[Item]] = {}
    with translated("BatchGetItem"):
        for row in _Raw.batch_get(wanted):
            found.setdefault(row.pk, []).append(row.typed())
    return [person_of(contact, found.get(keys.contact_pk(organization_id, contact), [])) for contact in contacts]


def standing(organization_id: str, contact: str) -> dict[str, Item]:
    pk = keys.contact_pk(organization_id, contact)
    raw = query(_Raw, pk, range_key_condition=Item.sk.startswith(keys.STANDING), consistent_read=True)
    return {row.sk: row.typed() for row in raw}


class _Raw(Item):
    """An item of a contact's partition before its kind is known."""

    _image: dict[str, Any]

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> _Raw:
        row = cls(data["pk"]["S"], data["sk"]["S"])
        row._image = data
        return row

    def typed(self) -> Item:
        kind = next((kind for prefix, kind in _KINDS.items() if self.sk.startswith(prefix)), Item)
        item = kind()
        item.deserialize(self._image)
        return item


_KINDS: dict[str, type[Item]] = {
    keys.CONTACT: ContactItem,
    keys.WINDOW: WindowItem,
    keys.SUPPRESSION: SuppressionItem,
    keys.ALIAS: AliasItem,
}


def person_of(contact: str, items: Iterable[Item]) -> Person:
    found = Person(contact, exists=False)
    for item in sorted(items, key=lambda item: item.sk):
        if isinstance(item, ContactItem):
            found = _with_contact(found, item)
        elif isinstance(item, SuppressionItem):
            found = replace(found, consent=join(found.consent, _suppressed(item)))
        elif isinstance(item, WindowItem):
            found = _with_window(found, item)
    return found


def _with_window(found: Person, item: WindowItem) -> Person:
    channel_id, window = item.sk.removeprefix(keys.WINDOW), window_of(item)
    return replace(
        found,
        windows={**found.windows, channel_id: window},
        rows={**found.rows, **_row(channel_id, item)},
        wrote=found.wrote or window.last_inbound_at is not None,
        name=found.name or item.name,
    )


def _row(channel_id: str, item: Item) -> dict[str, int]:
    return {channel_id: int(item.h.split("#")[0])} if item.h else {}


def _with_contact(found: Person, item: ContactItem) -> Person:
    return replace(
        found,
        exists=True,
        phone=item.phone,
        user_ids=frozenset(item.user_ids or ()),
        name=item.name,
        wrote=item.first_at is not None,
        unreachable_at=milliseconds(item.unreachable_at),
        sent_at=milliseconds(item.sent_at),
        merged=frozenset(item.merged or ()),
        rows=_row("", item),
        consent=Consent(
            opt_in_at=milliseconds(item.opt_in_at),
            opt_in_source=item.opt_in_source,
            opt_out_at=milliseconds(item.opt_out_at),
            opt_out_source=item.opt_out_source,
            stopped_marketing_at=milliseconds(item.stopped_marketing_at),
            resumed_marketing_at=milliseconds(item.resumed_marketing_at),
            blocked=bool(item.blocked),
        ),
    )


def _suppressed(item: SuppressionItem) -> Consent:
    """What outlived an erasure."""
    opt_out_at = milliseconds(item.opt_out_at)
    return Consent(
        opt_out_at=opt_out_at,
        opt_out_source="suppression" if opt_out_at else None,
        stopped_marketing_at=milliseconds(item.stopped_marketing_at),
        blocked=bool(item.blocked),
    )


def window_of(item: WindowItem) -> Window:
    return Window(
        last_inbound_at=milliseconds(item.last_inbound_at),
        opened_at=milliseconds(item.opened_at),
        last_writing_at=milliseconds(item.last_writing_at),
        provider_closed_at=milliseconds(item.provider_closed_at),
    )


def ensure(
    organization_id: str,
    contact: str,
    ref: ContactRef,
    name: str | None = None,
    first_at: int | None = None,
    sent_at: int | None = None,
) -> None:
    """The contact has an item, and with it a place in the list. Nothing known is overwritten but the name."""
    item = ContactItem(keys.contact_pk(organization_id, contact), keys.CONTACT)
    actions = listed(organization_id, contact, ref, sent_at)
    if name:
        actions.append(ContactItem.name.set(name))
    if first_at is not None:
        actions.append(ContactItem.first_at.set(ContactItem.first_at | first_at))
    if sent_at is not None:
        actions.append(ContactItem.sent_at.set(sent_at))
    update(item, actions)


def listed(organization_id: str, contact: str, ref: ContactRef, sent_at: int | None = None) -> list[Any]:
    """What makes a contact's item stand in the list, by the hour of the last send, with its number and ids."""
    row = keys.list_sort(0 if sent_at is None else expires_at(sent_at), contact, "")
    actions: list[Any] = [
        Item.g.set(keys.list_partition(organization_id, contact)),
        Item.h.set((Item.h | row) if sent_at is None else row),
    ]
    if ref.phone:
        actions.append(ContactItem.phone.set(ContactItem.phone | ref.phone))
    if ref.user_id:
        actions.append(ContactItem.user_ids.add({ref.user_id}))
    return actions
