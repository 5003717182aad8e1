"""Consent and what is like it: times that only move forward, and the append-only history.

Each time is moved by one conditional UpdateItem, and "condition failed" means that a newer event was there first.
So events may come late, twice and in any order. Times are epoch milliseconds.
"""

from __future__ import annotations

from typing import Any

from gate24.contacts import ConsentEntry
from gate24.events import ConsentAction, ContactRef
from gate24.message_keys import short_hash
from gate24.store import keys
from gate24.store.contacts import listing_actions
from gate24.store.items import ConsentItem, ContactItem, SuppressionItem
from gate24.store.table import Item, put_new, query, update


def record_consent(
    organization_id: str,
    contact_id: str,
    ref: ContactRef,
    action: ConsentAction,
    at: int,
    source: str,
    evidence: str | None = None,
    actor: str | None = None,
    entry_name: str | None = None,
    first_reported_at: int | None = None,
) -> None:
    """Moves the time of this action to ``at`` and appends to the history. The same event twice (same
    ``entry_name``, and same ``first_reported_at`` where it came with two times) is one entry."""
    moved, its_source = {
        "opt_in": (ContactItem.opt_in_at, ContactItem.opt_in_source),
        "opt_out": (ContactItem.opt_out_at, ContactItem.opt_out_source),
    }[action]
    move_forward(organization_id, contact_id, ref, moved, at, its_source, source)
    entry = ConsentEntry(action, at if first_reported_at is None else first_reported_at, source, evidence, actor)
    append_history(organization_id, contact_id, entry, entry_name)


def append_history(organization_id: str, contact_id: str, entry: ConsentEntry, entry_name: str | None = None) -> None:
    """One entry of the consent history; an entry with the same name and time is the same entry."""
    name = entry_name or short_hash(entry.action, str(entry.at), entry.source, entry.evidence or "")
    put_new(
        ConsentItem(
            keys.contact_pk(organization_id, contact_id),
            f"{keys.CONSENT}{entry.at:013d}#{name}",
            action=entry.action,
            at=entry.at,
            source=entry.source,
            evidence=entry.evidence,
            actor=entry.actor,
        )
    )


def history(organization_id: str, contact_id: str) -> list[ConsentEntry]:
    """The consent history, newest first."""
    items = query(
        ConsentItem,
        keys.contact_pk(organization_id, contact_id),
        range_key_condition=Item.sk.startswith(keys.CONSENT),
        scan_index_forward=False,
        consistent_read=True,
    )
    return [ConsentEntry(item.action, item.at, item.source, item.evidence, item.actor, item.sk) for item in items]


def record_marketing(organization_id: str, contact_id: str, ref: ContactRef, stopped: bool, at: int) -> None:
    """WhatsApp's own switch for marketing messages."""
    moved = ContactItem.stopped_marketing_at if stopped else ContactItem.resumed_marketing_at
    move_forward(organization_id, contact_id, ref, moved, at)


def record_unreachable(organization_id: str, contact_id: str, ref: ContactRef, code: str, at: int) -> None:
    """The provider says that the number is not on WhatsApp. It heals by the next inbound message."""
    move_forward(organization_id, contact_id, ref, ContactItem.unreachable_at, at, ContactItem.unreachable_code, code)


def set_blocked(organization_id: str, contact_id: str, ref: ContactRef, blocked: bool, at: int) -> None:
    """What staff decided; by the server's clock, the last decision wins. Lifts a block that outlived an
    erasure, too."""
    move_forward(organization_id, contact_id, ref, ContactItem.blocked_at, at, ContactItem.blocked, blocked)
    if not blocked:
        item = SuppressionItem(keys.contact_pk(organization_id, contact_id), keys.SUPPRESSION)
        update(item, [SuppressionItem.blocked.set(False)], Item.pk.exists())


def move_forward(
    organization_id: str,
    contact_id: str,
    ref: ContactRef,
    attribute: Any,
    at: int,
    companion: Any | None = None,
    said: Any = None,
) -> bool:
    """Moves a time of the contact to ``at``, with what is said beside it (``companion``: the source, the
    code), unless it is further already. Of two events of one millisecond the greater ``said`` stays, so that
    their order does not matter. Returns whether it moved."""
    item = ContactItem(keys.contact_pk(organization_id, contact_id), keys.CONTACT)
    actions = [attribute.set(at), *listing_actions(organization_id, contact_id, ref)]
    moves = attribute.does_not_exist() | (attribute < at)
    if companion is not None and said is not None:
        actions.append(companion.set(said))
        if isinstance(said, str):
            moves = moves | ((attribute == at) & (companion < said))
    return update(item, actions, moves).applied
