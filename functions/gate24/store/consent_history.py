"""The append-only history of what was said for and against writing to a contact."""

from __future__ import annotations

from typing import Any

from gate24.contacts import ConsentEntry, Contact, Stretch
from gate24.message_keys import short_hash
from gate24.rules.number_changes import belongs
from gate24.store import keys
from gate24.store.items import ConsentItem
from gate24.store.table import Item, put_new, query


def append(organization_id: str, contact_id: str, entry: ConsentEntry, name: str | None = None) -> None:
    """One entry more; an entry with the same name and time is the same entry."""
    put_new(item_of(organization_id, contact_id, entry, name))


def item_of(organization_id: str, contact_id: str, entry: ConsentEntry, name: str | None = None) -> ConsentItem:
    """The entry as it is stored."""
    return ConsentItem(
        keys.contact_pk(organization_id, contact_id),
        f"{keys.CONSENT}{entry.at:013d}#{name or name_of(entry)}",
        action=entry.action,
        at=entry.at,
        source=entry.source,
        evidence=entry.evidence,
        actor=entry.actor,
        channel=entry.channel_id,
        staff=entry.staff,
    )


def name_of(entry: ConsentEntry) -> str:
    """The short hash that stands for what the entry says."""
    channel = (entry.channel_id,) if entry.channel_id else ()
    return short_hash(entry.action, str(entry.at), entry.source, entry.evidence or "", *channel)


def is_told(organization_id: str, contact: Contact, name: str) -> bool:
    """Whether an entry of this name, of whatever time, is in the person's history."""
    return any(entry.position.endswith(f"#{name}") for entry in of_person(organization_id, contact))


def of_person(organization_id: str, contact: Contact) -> list[ConsentEntry]:
    """All that was said of the person, under all numbers and user ids (consistent)."""
    return [entry for each in contact.stretches for entry in history(organization_id, each)]


def history(organization_id: str, stretch: Stretch) -> list[ConsentEntry]:
    """The entries of the stretch's person, newest first (consistent)."""
    first, last = keys.between(keys.CONSENT, stretch.after, stretch.until_known or stretch.until)
    items = query(
        ConsentItem,
        keys.contact_pk(organization_id, stretch.contact_id),
        range_key_condition=Item.sk.between(first, last),
        scan_index_forward=False,
        consistent_read=True,
    )
    return [entry for entry in map(entry_of, items) if belongs(entry, stretch)]


def entry_of(item: ConsentItem) -> ConsentEntry:
    staff: Any = item.staff
    return ConsentEntry(item.action, item.at, item.source, item.evidence, item.actor, item.channel, item.sk, staff)
