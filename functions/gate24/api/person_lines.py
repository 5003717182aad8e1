"""All that is known of one person, line by line: consents, notes and what was done about the chat, events that were not
understood, messages."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Any

from gate24.api.inbox_rows import action_json, note_json
from gate24.api.render import consent_json, message_json, unrecognized_head
from gate24.channels import Organization
from gate24.contacts import Contact
from gate24.rules.retention import as_kept
from gate24.store import care, consent_history, messages, unrecognized
from gate24.usecases.state_costs import with_settled_cost

KINDS = ("consent", "note", "action", "unrecognized", "message")

PLURALS = {"unrecognized": "unrecognized"} | {kind: f"{kind}s" for kind in KINDS if kind != "unrecognized"}

Line = tuple[str, dict[str, Any], str]
"""Its kind, what it says, and its place among those of its kind."""


def lines(
    organization: Organization,
    contact: Contact,
    now: int,
    after: tuple[str, str | None] | None,
    wanted: Sequence[str] = KINDS,
) -> Iterator[Line]:
    """The lines of these kinds, newest first; notes and actions are one history. Read as far as they are taken.
    ``after``: the kind and the place of the last one that is known."""
    parts = list(dict.fromkeys(_PART_OF[kind] for kind in wanted))
    first, last = (_PART_OF[after[0]], after[1]) if after else (parts[0], None)
    for part in parts[parts.index(first) :]:
        for line in part(organization, contact, now, last):
            if line[0] in wanted:
                yield line
        last = None


def _consents(organization: Organization, contact: Contact, now: int, before: str | None) -> Iterator[Line]:
    entries = consent_history.of_person(organization.id, contact)
    entries.sort(key=lambda entry: entry.position, reverse=True)
    for entry in entries:
        if before is None or entry.position < before:
            yield "consent", consent_json(entry, contact.name), entry.position


def _notes(organization: Organization, contact: Contact, now: int, before: str | None) -> Iterator[Line]:
    for note in care.notes(organization.id, contact, before):
        if note.action == "note":
            yield "note", note_json(note), note.id
        else:
            yield "action", action_json(note), note.id


def _unrecognized(organization: Organization, contact: Contact, now: int, before: str | None) -> Iterator[Line]:
    """That such an event names the person: what it says may be about others, too, and is read by its id."""
    for event in unrecognized.of_person(organization.id, contact.stretches):
        if before is None or event.id < before:
            yield "unrecognized", unrecognized_head(event), event.id


def _messages(organization: Organization, contact: Contact, now: int, before: str | None) -> Iterator[Line]:
    stretches = [messages.newest_first(organization.id, each, before, page_size=200) for each in contact.stretches]
    for message in heapq.merge(*stretches, key=messages.position, reverse=True):
        said = message_json(with_settled_cost(organization, as_kept(message, organization, now)), contact, now)
        yield "message", said, messages.position(message)


_PART_OF = dict(zip(KINDS, (_consents, _notes, _notes, _unrecognized, _messages), strict=True))
