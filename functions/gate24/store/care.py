"""What staff did about a chat: read, done, assigned, labelled, who is answering; their notes, and who did what.

It stands in the contact's own item, which whoever lists contacts reads anyway. Who has a label or an assignee is found
by an item of its own for each, the only one of them in the index. Times are epoch milliseconds.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from heapq import merge
from itertools import islice
from typing import Any

from gate24.authors import Author
from gate24.contacts import Contact, Stretch
from gate24.inbox import Answering, Note
from gate24.store import keys
from gate24.store.items import ContactItem, MarkItem, NoteItem
from gate24.store.table import Item, Written, delete, delete_all, put, query, query_index, translated, update

ASSIGNEE, LABEL = "A", "L"
"""The kinds of marks."""

_THERE, _LISTED = Item.pk.exists(), Item.h.exists()


def mark_read(organization_id: str, contact_id: str, read_to: int, at: int) -> bool:
    """The chat is read up to the contact's message of that time, unless it was read further. False if not."""
    known = ContactItem.read_to
    actions = [known.set(read_to), ContactItem.read_at.set(at)]
    return _change(organization_id, contact_id, actions, known.does_not_exist() | (known <= read_to))


def set_done(organization_id: str, contact_id: str, done_to: int, at: int) -> bool:
    """The chat is done, up to the contact's message of that time. False if the contact is not in the list."""
    return _change(organization_id, contact_id, [ContactItem.done_to.set(done_to), ContactItem.done_at.set(at)])


def reopen(organization_id: str, contact_id: str) -> bool:
    return _change(organization_id, contact_id, [ContactItem.done_to.remove(), ContactItem.done_at.remove()])


def assign(organization_id: str, contact: Contact, assignee: str | None, is_listed: bool = True) -> bool:
    """The chat is that member's (e-mail address) from now on, or nobody's. False if the contact is not in the list, or
    (not ``is_listed``) is none at all."""
    assignment = ContactItem.assignee.set(assignee) if assignee else ContactItem.assignee.remove()
    known: set[Any] = {contact.care.assignee} - {None}
    condition = _LISTED if is_listed else _THERE
    wanted: set[Any] = {assignee} - {None}
    return _mark(organization_id, contact.id, ASSIGNEE, known, wanted, assignment, condition).applied


def label(organization_id: str, contact_id: str, known: set[str], labels: set[str]) -> set[str] | None:
    """The contact has these labels from now on, and no others, if it is in the list and has those that are ``known``.
    None; or the labels that it has, where nothing was done."""
    attribute = ContactItem.labels
    unchanged = attribute == known if known else attribute.does_not_exist()
    done = _mark(organization_id, contact_id, LABEL, known, labels, _labelled(labels), _LISTED & unchanged)
    return None if done.applied else _marked(done.item(ContactItem), LABEL)


def add_labels(organization_id: str, contact: Contact, labels: Iterable[str]) -> None:
    """Also of a person who is in no list."""
    known = set(contact.care.labels)
    both = known.union(labels)
    _mark(organization_id, contact.id, LABEL, known, both, _labelled(both), _THERE)


def _labelled(labels: set[str]) -> Any:
    return ContactItem.labels.set(labels) if labels else ContactItem.labels.remove()


def _mark(
    organization_id: str, contact_id: str, kind: str, known: set[str], wanted: set[str], change: Any, condition: Any
) -> Written:
    """The marks are there before the contact says so, and go after it: who looks for one finds all who have it, and
    passes over those who do not."""
    pk = keys.contact_pk(organization_id, contact_id)
    for value in wanted - known:
        partition = keys.marked_partition(organization_id, kind, value)
        put(MarkItem(pk, keys.mark_sort(kind, value), g=partition, h=contact_id))
    item = ContactItem(pk, keys.CONTACT)
    written = update(item, [change], condition)
    for value in known - wanted if written.applied else wanted - known - _marked(written.item(ContactItem), kind):
        delete(MarkItem(pk, keys.mark_sort(kind, value)))
    return written


def _marked(item: ContactItem | None, kind: str) -> set[str]:
    """What the contact, if there is one, has of that kind."""
    if item is None:
        return set()
    return set(item.labels or ()) if kind == LABEL else {item.assignee or ""}


def forget_marks(organization_id: str, contact_id: str) -> None:
    """Of somebody who is erased."""
    pk = keys.contact_pk(organization_id, contact_id)
    found = query(Item, pk, range_key_condition=Item.sk.startswith(keys.MARK), consistent_read=True)
    delete_all([Item(each.pk, each.sk) for each in found])


def first_marked(organization_id: str, kind: str, value: str, most: int) -> list[str] | None:
    """The ids of all contacts that have the mark, or None where they are more than ``most``."""
    rows = query_index(keys.marked_partition(organization_id, kind, value), attributes_to_get=["h"])
    found = [item["h"]["S"] for item in islice(rows, most + 1)]
    return found if len(found) <= most else None


def set_answering(
    organization_id: str, contact_id: str, answering: Sequence[Answering], known: Sequence[Answering]
) -> bool:
    """Who are answering from now on, unless that changed since it was known. False if it did."""
    attribute = ContactItem.answering
    action = attribute.set([asdict(each) for each in answering]) if answering else attribute.remove()
    return _change(
        *(organization_id, contact_id, [action]),
        attribute == [asdict(each) for each in known] if known else attribute.does_not_exist(),
    )


def _change(organization_id: str, contact_id: str, actions: list[Any], condition: Any = None) -> bool:
    item = ContactItem(keys.contact_pk(organization_id, contact_id), keys.CONTACT)
    return update(item, actions, _LISTED if condition is None else _LISTED & condition).applied


def add_note(organization_id: str, contact_id: str, at: int, action: str, text: str | None, author: Author) -> Note:
    """Appends a note, or what somebody did."""
    sort = f"{keys.NOTE}{at:013d}#{secrets.token_hex(6)}"
    put(
        NoteItem(
            keys.contact_pk(organization_id, contact_id),
            sort,
            action=action,
            text=text,
            author_kind=author.kind,
            author=author.name,
        )
    )
    return Note(sort.removeprefix(keys.NOTE), at, action, text, author)


def notes(organization_id: str, contact: Contact, before: str | None = None) -> Iterator[Note]:
    """All that staff noted and did about the person, newest first, read as far as it is taken. ``before``: the id of
    the last one that is known."""
    parts = [_notes(organization_id, stretch, before) for stretch in contact.stretches]
    return merge(*parts, key=lambda note: note.id, reverse=True)


def _notes(organization_id: str, stretch: Stretch, before: str | None) -> Iterator[Note]:
    first, last = keys.between(keys.NOTE, stretch.after, stretch.until)
    if before is not None:
        last = min(last, f"{keys.NOTE}{before}")
    if last < first:
        return
    pk, condition = keys.contact_pk(organization_id, stretch.contact_id), Item.sk.between(first, last)
    with translated("Query"):
        for item in NoteItem.query(pk, range_key_condition=condition, scan_index_forward=False, consistent_read=True):
            id = item.sk.removeprefix(keys.NOTE)
            if id != before:
                author = Author(item.author_kind or "key", item.author)  # type: ignore[arg-type]
                yield Note(id, int(id[:13]), item.action, item.text, author)
