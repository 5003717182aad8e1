"""Contacts: list, one, conversation, consents, block, erasure."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Any

from gate24.api import contact_filters, http
from gate24.api.call import Call
from gate24.api.inbox_rows import inbox_json
from gate24.api.problems import Problem
from gate24.api.render import (
    actor_json,
    author_json,
    consent_json,
    contact_json,
    erasure_json,
    listed_message_json,
    message_json,
    rfc3339,
    time_or_none,
)
from gate24.contacts import ConsentEntry, Contact, Erasure
from gate24.events import ContactRef
from gate24.messages import Message
from gate24.observability import count
from gate24.rules.retention import as_kept
from gate24.store import (
    consent_history,
    consents,
    contact_counts,
    contacts,
    erasure,
    messages,
    number_changes,
)
from gate24.store.contact_counts import Counts
from gate24.store.contact_list import ContactList
from gate24.timed_cache import TimedCache
from gate24.usecases import erase_contact
from gate24.usecases.state_costs import with_settled_cost

_counted: TimedCache[Counts] = TimedCache(10.0)

_READ_MOST = 1000
"""Messages of a conversation that one request looks at for a key that is limited to channels; where it finds too few of
these until then, it goes on with its cursor."""


def list_contacts(call: Call) -> dict[str, Any]:
    wanted = call.parameters
    channels, is_limited = call.access.channels(), call.access.limit is not None
    purpose = contact_filters.purpose(wanted)
    listing = contact_filters.lists(call, channels, wanted.get("q"))
    page = listing.page(wanted["limit"], call.position(purpose))
    more: dict[str, Any] = {}
    if wanted.get("counts") == "true" and not is_limited:
        everybody = ContactList(call.organization.id, channels, call.now)
        more = _counts_json(_counted.get(call.organization.id, lambda: contact_counts.counts(everybody)))
    entries = ((_contact_json(call, contact), position) for contact, position in page.contacts)
    return call.page(entries, purpose, page.position, **more)


def _contact_json(call: Call, contact: Contact) -> dict[str, Any]:
    """With the windows of the channels that the key may use, the last activity on these, and how the chat stands."""
    channels = call.access.channels()
    is_limited = call.access.limit is not None
    body = contact_json(contact, channels, call.now)
    body |= inbox_json(call.organization, contact, channels, call.now, is_limited)
    if not is_limited:
        return body
    return body | {"last_activity_at": time_or_none(_wrote_at(call, contact))}


def _wrote_at(call: Call, contact: Contact) -> int | None:
    """When the person last wrote to a channel that the key may use (epoch ms)."""
    times = (contact.window(channel.id).last_inbound_at for channel in call.access.channels())
    return max((at for at in times if at), default=None)


def _counts_json(counted: Counts) -> dict[str, Any]:
    if counted.by_state is None:
        return {}
    kept = {} if counted.counted_at is None else {"counted_at": rfc3339(counted.counted_at)}
    return {"counts": counted.by_state, **kept}


def get_contact(call: Call) -> dict[str, Any]:
    return http.answer(200, contact_body(call, call.known_contact()))


def contact_body(call: Call, contact: Contact) -> dict[str, Any]:
    """The contact as one answer shows it."""
    body = _contact_json(call, contact)
    newest = next(iter(messages.newest_first(call.organization.id, contact.stretches[0], limit=1)), None)
    if newest is not None and call.access.may_use(newest.channel_id):
        known = _wrote_at(call, contact) if call.access.limit is not None else contact.last_activity_at
        body["last_activity_at"] = rfc3339(max(newest.key.at, known or 0))
    return body | {"server_time": rfc3339(call.now)}


def delete_contact(call: Call) -> dict[str, Any]:
    """Done at once, or 202 with the id under which it goes on. Repeating it goes on, too."""
    ref, org = call.ref(), call.organization.id
    contact = call.read(ref)
    under_way = erasure.erasure(org, contact.erasure) if contact.erasure else None
    if under_way is not None:
        done = erase_contact.go_on_again(org, under_way)
        contact = call.read(ref)
        if done.finished_at is None or not contact.exists:  # nobody has written meanwhile
            return _erased(done)
    if not (contact.exists or contact.windows or erasure.is_left_over(org, contact.id)):
        raise Problem("not_found", "There is no such contact.")
    return _erased(erase_contact.erase_contact(org, contact, call.now, actor_json(call.access.audit_actor)))


def _erased(done: Erasure) -> dict[str, Any]:
    return http.answer(204) if done.finished_at is not None else http.answer(202, erasure_json(done))


def get_erasure(call: Call) -> dict[str, Any]:
    found = erasure.erasure(call.organization.id, call.parameters["erasure_id"])
    if found is None:
        raise Problem("not_found", "There is no such erasure.")
    return http.answer(200, erasure_json(found))


def list_messages(call: Call) -> dict[str, Any]:
    """The conversation, newest first, with what was recorded under identities merged since."""
    contact = call.known_contact()
    limit, purpose = call.parameters["limit"], f"messages {contact.id}"
    before = call.position(purpose)
    conversations = [
        messages.newest_first(call.organization.id, each, before, page_size=limit + 1) for each in contact.stretches
    ]
    newest_first = heapq.merge(*conversations, key=messages.position, reverse=True)
    if call.access.limit is not None:
        return _page_of_own(call, contact, newest_first, purpose)
    entries = ((_listed(call, message, contact), messages.position(message)) for message in newest_first)
    return call.page(entries, purpose)


def _page_of_own(call: Call, contact: Contact, newest_first: Iterator[Message], purpose: str) -> dict[str, Any]:
    entries = []
    position = None
    for seen, message in enumerate(newest_first, 1):
        position = messages.position(message)
        if call.access.may_use(message.channel_id):
            entries.append((_listed(call, message, contact), position))
        if len(entries) > call.parameters["limit"] or seen == _READ_MOST:
            return call.page(entries, purpose, position)
    return call.page(entries, purpose)


def _listed(call: Call, message: Message, contact: Contact) -> dict[str, Any]:
    return listed_message_json(_seen(call, message), contact, call.now)


def _seen(call: Call, message: Message) -> Message:
    return with_settled_cost(call.organization, as_kept(message, call.organization, call.now))


def get_message(call: Call) -> dict[str, Any]:
    found = call.message_and_contact()
    if found is None:
        raise Problem("not_found", "There is no such message.")
    message, contact = found
    person = number_changes.who_was_at(call.organization.id, contact, message.key.at)
    return http.answer(200, message_json(_seen(call, message), person, call.now))


def list_consents(call: Call) -> dict[str, Any]:
    contact = call.known_contact()
    entries = consent_history.of_person(call.organization.id, contact)
    entries.sort(key=lambda entry: entry.position, reverse=True)
    purpose = f"consents {contact.id}"
    before = call.position(purpose)
    if before is not None:
        entries = [entry for entry in entries if entry.position < before]
    return call.page(((consent_json(entry, contact.name), entry.position) for entry in entries), purpose)


def record_consent(call: Call) -> dict[str, Any]:
    ref, body, org = call.ref(), call.body("ConsentRequest"), call.organization.id
    if body["action"] == "opt_in":
        call.access.require("consent")
    entry = _entry(call, body["action"], body["source"], body.get("evidence") or None)
    consents.record(org, contacts.resolve(org, ref), ref, entry, kept_under=_alone(org, ref))
    count("consent.changed", body["action"])
    return http.answer(201, consent_json(entry))


def block_contact(call: Call) -> dict[str, Any]:
    reason = call.body("BlockRequest", optional=True).get("reason")
    return _set_blocked(call, True, reason)


def unblock_contact(call: Call) -> dict[str, Any]:
    return _set_blocked(call, False, None)


def _set_blocked(call: Call, blocked: bool, reason: str | None) -> dict[str, Any]:
    """Somebody who was erased is blocked and unblocked without becoming a contact again."""
    ref, org = call.ref(), call.organization.id
    contact = call.read(ref)
    is_contact = contact.exists or bool(contact.windows)
    if not is_contact and contact.is_remembered and not contact.is_left and (blocked or contact.consent.blocked):
        erasure.change_block(org, contact.id, blocked, call.now)
        return http.answer(204)
    if not is_contact and not blocked:
        raise Problem("not_found", "There is no such contact.")
    entry = _entry(call, "block" if blocked else "unblock", "api", reason)
    consents.record(org, contact.id, ref, entry, kept_under=_alone(org, ref))
    body = contact_body(call, contacts.read(org, contact.id))
    return http.answer(200, body | {"author": author_json(call.access.author)})


def _entry(call: Call, action: str, source: str, evidence: str | None) -> ConsentEntry:
    """What the caller says for or against writing to a contact."""
    access = call.access
    return ConsentEntry(action, call.now, source, evidence, access.actor, staff=access.author.kind)


def _alone(organization_id: str, ref: ContactRef) -> str | None:
    """The user id's own contact, if the person was named by it: it is the person's, whatever numbers there were."""
    return contacts.contact_id(organization_id, ref) if ref.phone is None else None


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "listContacts": list_contacts,
    "getContact": get_contact,
    "eraseContact": delete_contact,
    "getErasure": get_erasure,
    "listMessages": list_messages,
    "getMessage": get_message,
    "listConsents": list_consents,
    "recordConsent": record_consent,
    "blockContact": block_contact,
    "unblockContact": unblock_contact,
}
