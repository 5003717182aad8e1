"""Contacts: list, one, conversation, consents, block, erasure."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

from gate24.api import http
from gate24.api.problems import Problem
from gate24.api.render import consent_json, contact_json, message_json
from gate24.events import ContactRef
from gate24.observability import count
from gate24.rules.phone_numbers import parse_phone
from gate24.rules.times import rfc3339
from gate24.store import configuration, consents, contacts, erasure, keys, listing, messages
from gate24.store.contacts import Person
from gate24.store.listing import Listing
from read_api.call import Call

_COUNTS_REMEMBERED_SECONDS = 10.0
_counted: dict[str, tuple[float, dict[str, int]]] = {}


def list_contacts(call: Call) -> dict[str, Any]:
    wanted = call.parameters
    channels = configuration.channels(call.organization.id)
    matches = _matching(call, wanted.get("q"))
    view = Listing(call.organization.id, channels, call.now, wanted["window"], wanted["sort"], matches)
    purpose = f"contacts {wanted['window']} {wanted['sort']} {wanted.get('q') or ''}"
    page = view.page(wanted["limit"], call.position(purpose))
    more = {"counts": _counts(view)} if wanted.get("counts") == "true" else {}
    data = [contact_json(person, channels, call.now) for person in page.people]
    return call.page(data, purpose, page.position, **more)


def _matching(call: Call, q: str | None) -> Callable[[Person], bool]:
    if not q:
        return lambda person: True
    text = q.strip().casefold()
    digits = "".join(char for char in text if char.isdigit())
    is_number = bool(digits) and not any(char.isalpha() for char in text)
    whole = parse_phone(q, strict=True) if is_number else None
    exact = contacts.contact_id(call.organization.id, ContactRef(whole)) if whole else None

    def matches(person: Person) -> bool:
        if is_number:
            return person.id == exact or digits in (person.phone or "")
        return text in (person.name or "").casefold()

    return matches


def _counts(view: Listing) -> dict[str, int]:
    held = _counted.get(view.organization_id)
    if held is None or held[0] < time.monotonic():
        held = (time.monotonic() + _COUNTS_REMEMBERED_SECONDS, listing.counts(view))
        _counted[view.organization_id] = held
    return held[1]


def get_contact(call: Call) -> dict[str, Any]:
    return http.answer(200, _shown(call, call.known_person()))


def _shown(call: Call, person: Person) -> dict[str, Any]:
    body = contact_json(person, configuration.channels(call.organization.id), call.now)
    newest = next(iter(messages.newest_first(call.organization.id, person.id, limit=1)), None)
    if newest is not None:
        last = max(messages.key_of(newest).at, person.last_activity_at or 0)
        body["last_activity_at"] = rfc3339(last)
    return body | {"server_time": rfc3339(call.now)}


def erase_contact(call: Call) -> dict[str, Any]:
    ref = call.ref()
    erasure.erase(call.organization.id, call.known_person(), ref.phone, call.now)
    count("contact.erased")
    return http.answer(204)


def list_messages(call: Call) -> dict[str, Any]:
    """The conversation, newest first, with what was recorded under identities merged since."""
    person = call.known_person()
    limit, purpose = call.parameters["limit"], f"messages {person.id}"
    before = call.position(purpose)
    conversations = [
        messages.newest_first(call.organization.id, contact, before, page_size=limit + 1)
        for contact in sorted({person.id, *person.merged})
    ]
    merged = heapq.merge(*conversations, key=lambda item: item.sk, reverse=True)
    found = list(islice(merged, limit + 1))
    shown = found[:limit]
    data = [message_json(item, call.now) for item in shown]
    return call.page(data, purpose, shown[-1].sk if len(found) > limit else None)


def get_message(call: Call) -> dict[str, Any]:
    key = keys.message_key(call.parameters["id"])
    found = messages.find(call.organization.id, key) if key else None
    if found is None:
        raise Problem("not_found", "There is no such message.")
    return http.answer(200, message_json(found, call.now))


def list_consents(call: Call) -> dict[str, Any]:
    person = call.known_person()
    entries = [
        entry
        for contact in sorted({person.id, *person.merged})
        for entry in consents.history(call.organization.id, contact)
    ]
    entries.sort(key=lambda entry: entry.sk, reverse=True)
    purpose = f"consents {person.id}"
    before = call.position(purpose)
    if before is not None:
        entries = [entry for entry in entries if entry.sk < before]
    limit = call.parameters["limit"]
    shown = entries[:limit]
    position = shown[-1].sk if len(entries) > limit else None
    return call.page([consent_json(entry) for entry in shown], purpose, position)


def record_consent(call: Call) -> dict[str, Any]:
    ref, body = call.ref(), call.body("ConsentRequest")
    evidence = body.get("evidence") or None
    consents.record_consent(
        call.organization.id,
        call.contact_id(),
        ref,
        body["action"],
        call.now,
        body["source"],
        evidence,
        call.access.actor,
    )
    count("consent.changed", action=body["action"])
    entry = {
        "action": body["action"],
        "at": rfc3339(call.now),
        "source": body["source"],
        "evidence": evidence,
        "actor": call.access.actor,
    }
    return http.answer(201, entry)


def block_contact(call: Call) -> dict[str, Any]:
    reason = call.body("BlockRequest", optional=True).get("reason")
    return _set_blocked(call, True, reason)


def unblock_contact(call: Call) -> dict[str, Any]:
    call.known_person()
    return _set_blocked(call, False, None)


def _set_blocked(call: Call, blocked: bool, reason: str | None) -> dict[str, Any]:
    org, contact = call.organization.id, call.contact_id()
    consents.set_blocked(org, contact, call.ref(), blocked, call.now)
    action = "block" if blocked else "unblock"
    consents.append_history(org, contact, action, call.now, "api", reason, call.access.actor)
    return http.answer(200, _shown(call, contacts.person(org, contact)))


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "listContacts": list_contacts,
    "getContact": get_contact,
    "eraseContact": erase_contact,
    "listMessages": list_messages,
    "getMessage": get_message,
    "listConsents": list_consents,
    "recordConsent": record_consent,
    "blockContact": block_contact,
    "unblockContact": unblock_contact,
}
