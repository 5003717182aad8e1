"""Takes over contacts from another software: number, name, consents, and when they last wrote.

Those of whom nothing is known are written many in one transaction, and all others one by one, as what a contact says is
written. Repeating it changes nothing and finishes what a crash left undone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gate24.authors import Author
from gate24.contacts import Contact
from gate24.events import ContactRef
from gate24.message_keys import short_hash
from gate24.rules.contact_import import ImportedContact, News, news
from gate24.rules.window import advance, after
from gate24.store import care, consents, contact_import, contacts, erasure, windows
from gate24.store.contact_import import Newcomer
from gate24.usecases.administer_organizations import check_not_deleted
from gate24.windows import NEVER_OPENED, Window, WindowMessage


def import_contacts(
    organization_id: str, rows: Sequence[ImportedContact], shown: Callable[[int], str], dry_run: bool = False
) -> list[News]:
    """What was news of each row, up to ``contact_import.MOST_AT_ONCE`` of them. ``shown``: a time (epoch ms) in words.
    StoreError where some of them may not be stored; WrongSettings, and nothing is written, once a deletion of the
    organization has begun: it looks for people later than a batch takes."""
    if not dry_run:
        check_not_deleted(organization_id)
    ids = [contacts.contact_id(organization_id, row.ref) for row in rows]
    known = contacts.read_for_import(organization_id, {id: row.channel_id for id, row in zip(ids, rows, strict=True)})
    found = [news(known[id], row, shown) for id, row in zip(ids, rows, strict=True)]
    if dry_run:
        return [
            news(contacts.read(organization_id, id), row, shown) if ids.count(id) > 1 else each
            for id, row, each in zip(ids, rows, found, strict=True)
        ]
    strangers = {
        id: number
        for number, id in reversed(list(enumerate(ids)))
        if not known[id].is_remembered and found[number].outcome == "imported" and rows[number].ref.phone
    }
    newcomers = [_newcomer(id, rows[number]) for id, number in strangers.items()]
    added = set(strangers.values()) if newcomers and contact_import.add_all(organization_id, newcomers) else set()
    for number, row in enumerate(rows):
        is_told = found[number].outcome in ("imported", "updated") or found[number].late_refusal is not None
        if number not in added and (is_told or ids.count(ids[number]) > 1):
            found[number] = _import_one(organization_id, ids[number], row, shown)
    return found


def note_imported(
    organization_id: str, rows: Sequence[ImportedContact], found: Sequence[News], at: int, author: Author
) -> None:
    """Who added the people that are new, or gave a name to those that had none, stands in their trail. ``at``: epoch
    ms. What they agreed to has its own history."""
    for row, each in zip(rows, found, strict=True):
        is_new = each.outcome == "imported"
        if is_new or (each.outcome == "updated" and each.name is not None):
            id = contacts.contact_id(organization_id, row.ref)
            care.add_note(organization_id, id, at, "add" if is_new else "name", each.name, author)


def _newcomer(contact_id: str, row: ImportedContact) -> Newcomer:
    window = None if row.last_inbound_at is None else _moved(NEVER_OPENED, row.last_inbound_at)
    return Newcomer(contact_id, row.ref.phone or "", row.name, row.said, row.channel_id, window)


def _moved(window: Window, last_inbound_at: int) -> Window:
    return advance(window, WindowMessage(short_hash("imported", str(last_inbound_at)), last_inbound_at))[0]


def _import_one(organization_id: str, contact_id: str, row: ImportedContact, shown: Callable[[int], str]) -> News:
    contact, ref = contacts.read(organization_id, contact_id), row.ref
    found = news(contact, row, shown)
    if found.late_refusal is not None:
        erasure.refuse_later(organization_id, contact_id, found.late_refusal)
    if found.outcome not in ("imported", "updated"):
        return found
    _ensure(organization_id, contact, ref, found)
    for entry in found.said:
        consents.record(organization_id, contact_id, ref, entry)
    at = found.last_inbound_at
    if at is not None and row.channel_id is not None:
        windows.change(
            organization_id,
            contact_id,
            row.channel_id,
            lambda window: (_moved(after(window, contact.left_at), at), None),
            known=contact.window(row.channel_id),
        )
    return found


def _ensure(organization_id: str, contact: Contact, ref: ContactRef, found: News) -> None:
    """The contact is there before its window is."""
    is_known = contact.exists and not contact.is_left
    begins = found.last_inbound_at is not None and not contact.wrote
    if not is_known or begins or found.name is not None:
        first_at = found.last_inbound_at if begins else None
        contacts.ensure(
            organization_id, contact.id, ref, found.name, first_at=first_at, is_known=is_known, before=contact
        )
