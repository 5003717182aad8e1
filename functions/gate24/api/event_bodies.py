"""Events as they are told: ``{"type", "id", "timestamp", "organization", "channel", "data"}``.

What an event is about is read when it is told, so that nothing is told of a person who was erased since. A contact and
a message are told as they are by then; status, code and window of an event are those of the change.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import field
from typing import Any

from gate24 import clock
from gate24.api.render import (
    author_json,
    cost_json,
    day_json,
    message_json,
    rfc3339,
    template_json,
    window_json,
    without_none,
)
from gate24.channels import DEFAULT_MARGIN_SECONDS, Organization
from gate24.contacts import Contact
from gate24.costs import Cost
from gate24.events import ContactRef
from gate24.feed import FeedEvent
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import MessageKey
from gate24.messages import Message
from gate24.rules.authorship import author_of_message
from gate24.rules.consent import consent_since, consent_source, consent_status
from gate24.rules.decision import REFUSALS, allowed_instead, facts_of
from gate24.rules.money import amount
from gate24.rules.retention import as_kept
from gate24.rules.window import state_at
from gate24.store import contacts, costs, messages, number_changes, organizations, templates
from gate24.usecases.state_costs import with_stated_cost
from gate24.windows import Window

Json = dict[str, Any]


@dataclass(slots=True)
class Reading:
    """What is read for the events that are told together, each contact once. ``now``: epoch ms."""

    organization: Organization
    now: int
    _contacts: dict[str, Contact] = field(default_factory=dict)

    def contact(self, contact_id: str) -> Contact:
        if contact_id not in self._contacts:
            self._contacts[contact_id] = contacts.read(self.organization.id, contact_id)
        return self._contacts[contact_id]

    def message(self, key: MessageKey) -> Message | None:
        """The message, which may have been stored under another identity of its contact, too."""
        found = messages.find(self.organization.id, key)
        if found is None:
            others = (each for each in self.contact(key.contact_id).all_ids if each != key.contact_id)
            copies = (messages.find(self.organization.id, MessageKey(each, key.at, key.suffix)) for each in others)
            found = next((copy for copy in copies if copy is not None), None)
        if found is None:
            return None
        return with_stated_cost(self.organization, as_kept(found, self.organization, self.now))


def body(organization: Organization, event: FeedEvent, reading: Reading | None = None) -> Json | None:
    """The event's body; None for one that is not told any more, as its person was erased or its message is gone.
    ``reading``: of the events that are told together."""
    data = _DATA[event.type](reading or Reading(organization, clock.now_ms()), event)
    if data is None:
        return None
    return {
        "type": event.type,
        "id": event.id,
        "timestamp": rfc3339(event.at),
        "organization": event.organization_id,
        "channel": event.channel_id,
        "data": data,
    }


def _person(reading: Reading, event: FeedEvent) -> Contact | None:
    """Whom the event is about: who had the number then; None if that person was erased since."""
    assert event.contact_id is not None
    contact = reading.contact(event.contact_id)
    if event.message is not None:
        contact = number_changes.who_was_at(reading.organization.id, contact, event.message.at)
    was_erased = contact.erased_at is not None and event.message is None and event.at <= contact.erased_at
    return None if was_erased or not (contact.exists or contact.windows) else contact


def contact_json(contact: Contact) -> Json:
    """A contact as events name it."""
    consent = contact.consent
    since = consent_since(consent)
    return {
        "phone": contact.phone,
        "user_id": contact.user_id,
        "name": contact.name,
        "blocked": consent.blocked,
        "consent": {
            "status": consent_status(consent),
            "at": None if since is None else rfc3339(since),
            "source": consent_source(consent),
        },
    }


def _window_json(window: Window, channel_id: str | None, now: int) -> Json:
    channel = organizations.channel(channel_id or "")
    margin = channel.margin_seconds if channel is not None else DEFAULT_MARGIN_SECONDS
    return {"window": window_json(state_at(window, now, margin * 1000)), "server_time": rfc3339(now)}


def _message_received(reading: Reading, event: FeedEvent) -> Json | None:
    assert event.message is not None
    message, contact = reading.message(event.message), _person(reading, event)
    if message is None or contact is None:
        return None
    return {
        "contact": contact_json(contact),
        "message": message_json(message, contact, reading.now),
        **_window_json(contact.window(message.channel_id), event.channel_id, reading.now),
    }


def _message_status(reading: Reading, event: FeedEvent) -> Json | None:
    assert event.message is not None
    message, contact = reading.message(event.message), _person(reading, event)
    if message is None or contact is None:
        return None
    is_free = event.facts["status"] in ("failed", "rejected")
    cost = message.cost and (Cost(message.cost.currency, ()) if is_free else message.cost)
    told = {
        "id": message.key.id,
        "provider_id": message.provider_id,
        "status": event.facts["status"],
        "code": event.facts.get("code"),
        "cost": cost_json(cost, message.cost_is_estimate and not is_free) if cost else None,
        "tags": message.details.get("tags"),
        "author": author_json(author_of_message(message, contact)),
    }
    return {"contact": contact_json(contact), "message": without_none(told)}


def _message_refused(reading: Reading, event: FeedEvent) -> Json | None:
    """What would have been allowed is what the caller was answered. A provider's own shape does not tell it: then it is
    what the rules say of that moment."""
    assert event.message is not None
    message, contact = reading.message(event.message), _person(reading, event)
    if message is None or contact is None:
        return None
    answered: Json = json.loads(message.answer.text) if message.answer else {}
    if "allowed_actions" not in answered:
        answered = _refusal_by_rules(message, contact, event)
    return {
        "contact": contact_json(contact),
        "message": message_json(message, contact, reading.now),
        "code": event.facts["code"],
        "allowed_actions": answered["allowed_actions"],
        "window": answered["window"],
        "server_time": answered["server_time"],
    }


def _refusal_by_rules(message: Message, contact: Contact, event: FeedEvent) -> Json:
    channel, code = organizations.channel(message.channel_id), str(event.facts["code"])
    window = _window_json(contact.window(message.channel_id), message.channel_id, event.at)
    if channel is None or code not in REFUSALS:
        return {"allowed_actions": [], **window}
    facts = facts_of(contact, channel, message.to or ContactRef(contact.phone, contact.user_id), event.at)
    return {"allowed_actions": list(allowed_instead(facts, code)), **window}


def _window(reading: Reading, event: FeedEvent) -> Json | None:
    contact = _person(reading, event)
    if contact is None:
        return None
    times: Any = {name: at for name, at in event.facts.items() if name != "seen_at"}
    seen_at: Any = event.facts["seen_at"]
    window = Window(**times)
    return {"contact": contact_json(contact), **_window_json(window, event.channel_id, max(seen_at, event.at))}


def _consent_changed(reading: Reading, event: FeedEvent) -> Json | None:
    contact = _person(reading, event)
    if contact is None:
        return None
    return {"contact": contact_json(contact), "changed": event.facts["changed"], "source": event.facts.get("source")}


def _contact_changed(reading: Reading, event: FeedEvent) -> Json | None:
    """Somebody who left a number is told of under the new one; the old one again once somebody else has it."""
    contact = _person(reading, event)
    if contact is None or contact.is_left:
        return None
    changed: Any = event.facts["changed"]
    earlier = {each.contact_id for each in contact.earlier} if "number" in changed else set[str]()
    before = (reading.contact(each) for each in sorted(earlier - {contact.id}))
    return {
        "contact": contact_json(contact),
        "changed": changed,
        "source": "provider" if set(changed) - {"block"} else "api",  # names and numbers are the provider's word alone
        "previous_phones": [each.phone for each in before if each.phone is not None and each.is_left],
        "previous_user_ids": sorted(contact.user_ids - {contact.user_id}),
    }


def _contact_erased(reading: Reading, event: FeedEvent) -> Json:
    named = {name: event.facts.get(name) for name in ("phone", "user_id")}
    return {"contact": named, "changed": ["erased"], "source": "api"}


def _template_changed(reading: Reading, event: FeedEvent) -> Json | None:
    name, language = str(event.facts["name"]), str(event.facts["language"])
    found = templates.template(reading.organization.id, event.channel_id or "", name, language)
    return None if found is None else template_json(found)


def _costs_stated(reading: Reading, event: FeedEvent) -> Json | None:
    found = costs.day_costs(reading.organization.id, str(event.facts["day"]))
    return None if found is None else day_json(found)


def _budget_reached(reading: Reading, event: FeedEvent) -> Json:
    facts: Any = event.facts
    return {
        **{name: facts[name] for name in ("month", "currency", "share")},
        "timezone": reading.organization.timezone,
        "budget": amount(facts["budget"]),
        "spent": amount(facts["spent"]),
        "as_of": rfc3339(facts["as_of"]),
    }


def _ping(reading: Reading, event: FeedEvent) -> Json:
    return {}


_DATA: dict[str, Callable[[Reading, FeedEvent], Json | None]] = {
    "message.received": _message_received,
    "message.status": _message_status,
    "message.refused": _message_refused,
    "window.opened": _window,
    "window.closing_soon": _window,
    "window.closed": _window,
    "consent.changed": _consent_changed,
    "contact.changed": _contact_changed,
    "contact.erased": _contact_erased,
    "template.changed": _template_changed,
    "costs.stated": _costs_stated,
    "budget.reached": _budget_reached,
    "ping": _ping,
}
