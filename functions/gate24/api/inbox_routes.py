"""Working on chats together: read, assign, label, done, notes, who is answering, quick replies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gate24.api import http
from gate24.api.call import Call
from gate24.api.contact_routes import contact_body
from gate24.api.inbox_rows import action_json, note_json
from gate24.api.problems import Problem
from gate24.contacts import Contact
from gate24.inbox import LABELS_MOST, Answering
from gate24.message_keys import message_key
from gate24.rules.inbox import heard_until, labels_after, standing
from gate24.store import care, contacts, members, quick_replies
from gate24.store.table import StoreError

ANSWERING_MS = 20_000
"""How long somebody counts as answering who does not say so again."""

_TRIES = 10

MOST_ANSWERING = 10
"""So many are told of."""


def _ids(call: Call) -> list[str]:
    return [channel.id for channel in call.access.channels()]


def _now(call: Call, contact: Contact) -> dict[str, Any]:
    """The contact as it is now; Problem ``not_found`` if it was erased meanwhile."""
    found = contacts.read(call.organization.id, contact.id)
    if not found.exists:
        raise Problem("not_found", "There is no such contact.")
    return http.answer(200, contact_body(call, found))


def mark_read(call: Call) -> dict[str, Any]:
    contact, body = call.known_contact(), call.body("ChatReadRequest", optional=True)
    windows = [contact.window(id) for id in _ids(call)]
    read_to = heard_until(windows)
    if "up_to" in body:
        key = message_key(body["up_to"])
        if key is None or key.contact_id not in contact.all_ids:
            errors = [{"pointer": "/up_to", "detail": "is no message of this conversation"}]
            raise Problem("payload_invalid", "The message is none of this conversation.", errors=errors)
        read_to = key.at
    if read_to is not None and standing(contact, _ids(call)).unread:
        care.mark_read(call.organization.id, contact.id, read_to, call.now)
    return _now(call, contact)


def set_state(call: Call) -> dict[str, Any]:
    contact, state = call.known_contact(), call.body("StateRequest")["state"]
    organization_id = call.organization.id
    is_done = standing(contact, _ids(call)).state == "done"
    if is_done != (state == "done"):
        if state == "done":
            done_to = heard_until(contact.windows.values()) or 0
            is_changed = care.set_done(organization_id, contact.id, done_to, call.now)
        else:
            is_changed = care.reopen(organization_id, contact.id)
        _keep(call, contact, is_changed, "done" if state == "done" else "reopen", None)
    return _now(call, contact)


def assign(call: Call) -> dict[str, Any]:
    contact, assignee = call.known_contact(), call.body("AssigneeRequest")["assignee"]
    assignee = assignee and assignee.strip().casefold()
    if assignee != contact.care.assignee:
        _require_member(call, assignee)
        is_changed = care.assign(call.organization.id, contact, assignee)
        _keep(call, contact, is_changed, "assign", assignee)
    return _now(call, contact)


def _require_member(call: Call, assignee: str | None) -> None:
    """Problem ``payload_invalid`` for nobody who would see the chat: an organization with members assigns to them."""
    emails = {member.email for member in members.of_organization(call.organization.id)} if assignee else set()
    if emails and assignee not in emails:
        errors = [{"pointer": "/assignee", "detail": "is no member of the organization (GET /v1/members lists them)"}]
        raise Problem("payload_invalid", "The chat was not assigned.", errors=errors)


def label(call: Call) -> dict[str, Any]:
    """Once more where a colleague changed them at the same time."""
    contact, body = call.known_contact(), call.body("LabelsRequest")
    asked = _labels(body["labels"])
    known = set(contact.care.labels)
    for _ in range(_TRIES):
        labels = labels_after(known, asked, _labels(body["instead_of"]) if "instead_of" in body else known)
        if labels == known:
            return _now(call, contact)
        _require_room(len(labels))
        there = care.label(call.organization.id, contact.id, known, labels)
        _keep(call, contact, there is None, "label", ", ".join(sorted(labels)))
        if there is None or there == known:  # done, or in no list
            return _now(call, contact)
        known = there
    raise StoreError("UpdateItem", "contended")


def _labels(asked: Sequence[str]) -> set[str]:
    return {" ".join(each.split()) for each in asked} - {""}


def _require_room(count: int) -> None:
    """Problem ``payload_invalid`` for more labels than a contact can have."""
    if count > LABELS_MOST:
        detail = f"with what a colleague added meanwhile are {count}, and a contact has at most"
        errors = [{"pointer": "/labels", "detail": f"{detail} {LABELS_MOST}"}]
        raise Problem("payload_invalid", "The labels were not changed.", errors=errors)


def _keep(call: Call, contact: Contact, is_changed: bool, action: str, detail: str | None) -> None:
    """Keeps who did it."""
    if is_changed:
        care.add_note(call.organization.id, contact.id, call.now, action, detail, call.access.author)


def add_note(call: Call) -> dict[str, Any]:
    contact, text = call.known_contact(), call.body("NoteRequest")["text"]
    note = care.add_note(call.organization.id, contact.id, call.now, "note", text, call.access.author)
    return http.answer(201, note_json(note))


def list_notes(call: Call) -> dict[str, Any]:
    contact = call.known_contact()
    purpose = f"notes {contact.id}"
    found = care.notes(call.organization.id, contact, call.position(purpose))
    return call.page(((note_json(each), each.id) for each in found if each.action == "note"), purpose)


def list_actions(call: Call) -> dict[str, Any]:
    contact = call.known_contact()
    purpose = f"actions {contact.id}"
    found = care.notes(call.organization.id, contact, call.position(purpose))
    return call.page(((action_json(each), each.id) for each in found), purpose)


def set_answering(call: Call) -> dict[str, Any]:
    """Who came first stays first; the answer says who else there is."""
    contact, access = call.known_contact(), call.access
    call.body("AnsweringRequest", optional=True)
    mine = Answering(access.actor, access.email, call.now + ANSWERING_MS)

    def with_me(known: Sequence[Answering]) -> Sequence[Answering]:
        still = [each for each in known if each.until > call.now]
        after = [mine if _is_mine(call, each) else each for each in still]
        return (after if mine in after else [*after, mine])[:MOST_ANSWERING]

    _change_answering(call, contact, with_me)
    return _now(call, contact)


def end_answering(call: Call) -> dict[str, Any]:
    contact = call.known_contact()
    _change_answering(call, contact, lambda known: [each for each in known if not _is_mine(call, each)])
    return _now(call, contact)


def _change_answering(
    call: Call, contact: Contact, change: Callable[[Sequence[Answering]], Sequence[Answering]]
) -> None:
    """Once more where a colleague changed it at the same time."""
    known = contact.care.answering
    for _ in range(2):
        after = change(known)
        if list(after) == list(known) or care.set_answering(call.organization.id, contact.id, after, known):
            return
        known = contacts.read(call.organization.id, contact.id).care.answering


def _is_mine(call: Call, answering: Answering) -> bool:
    return (answering.email, answering.name) == (call.access.email, call.access.actor)


def get_quick_replies(call: Call) -> dict[str, Any]:
    return http.answer(200, {"data": quick_replies.read(call.organization.id)})


def put_quick_replies(call: Call) -> dict[str, Any]:
    replies = call.body("QuickReplies")["data"]
    names = [each["name"].casefold() for each in replies]
    twice = [f"/data/{place}/name" for place, name in enumerate(names) if name in names[:place]]
    if twice:
        errors = [{"pointer": each, "detail": "is the name of another one, too"} for each in twice]
        raise Problem("payload_invalid", "Two quick replies have one name.", errors=errors)
    quick_replies.write(call.organization.id, replies)
    return http.answer(200, {"data": replies})


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "markContactRead": mark_read,
    "setContactState": set_state,
    "assignContact": assign,
    "labelContact": label,
    "addNote": add_note,
    "listNotes": list_notes,
    "listActions": list_actions,
    "setAnswering": set_answering,
    "endAnswering": end_answering,
    "getQuickReplies": get_quick_replies,
    "putQuickReplies": put_quick_replies,
}
