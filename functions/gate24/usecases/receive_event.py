"""What an event does to a contact: the one use case of the inbound side.

``record`` may be called with the same event any number of times and with events in any order. It ends with
everything stored or raises ``StoreError``; a repetition heals what a crash left half done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from gate24.channels import Channel, Organization
from gate24.events import (
    Billed,
    ConsentChanged,
    ContactRef,
    Event,
    IdentityChanged,
    InboundMessage,
    MarketingPreference,
    Media,
    Noted,
    StatusChanged,
    TemplateChanged,
    Unrecognized,
)
from gate24.rules.consent import keyword_action
from gate24.rules.pricing import price, rate_card
from gate24.rules.rollup import local_day
from gate24.rules.window_openers import opens_window
from gate24.store import configuration, consents, contacts, identities, keys, messages, unrecognized, windows
from gate24.store import ledger_format as ledger
from gate24.store.keys import MessageKey
from gate24.store.windows import Arrival, Told
from gate24.usecases.apply_status import record_billed, record_status


def record(organization: Organization, channel: Channel, event: Event, received_at: int) -> str:
    """Stores what the event says. Returns a word for the metrics: what it was."""
    handler: Callable[..., str] = _HANDLERS[type(event)]
    ref: ContactRef | None = getattr(event, "contact", None)
    if ref is None or ref.phone is not None:
        return handler(organization, channel, event, received_at)
    contact = contacts.resolve(organization.id, ref)
    outcome = handler(organization, channel, event, received_at)
    now = contacts.resolve(organization.id, ref)
    if now != contact:
        _move_over(organization.id, event, contact, now)
    return outcome


def media_json(media: Media | None) -> dict[str, Any] | None:
    """A message's media as it is stored and shown."""
    return {name: value for name, value in asdict(media).items() if value is not None} if media else None


def _inbound(organization: Organization, channel: Channel, event: InboundMessage, received_at: int) -> str:
    org = organization.id
    contact = contacts.resolve(org, event.contact)
    mark = keys.mark_of(channel.id, event.provider_message_id)
    action = keyword_action(event.text, organization)
    opens = opens_window(event.type, channel)
    told = Told(event.at, mark, opens, action is None, event.name, event.contact.user_id)
    arrival = windows.arrive(org, contact, channel.id, told)
    if arrival.is_new_here or arrival.is_repeated:
        contacts.ensure(org, contact, event.contact, event.name, first_at=event.at)
        if event.contact.phone and event.contact.user_id:
            identities.link(org, contact, event.contact.user_id)
    is_new = _store(organization, channel, event, contact, arrival, mark)
    if arrival.is_late and opens:
        names = {contact, *contacts.person(org, contact).merged}
        windows.correct_start(org, sorted(names, key=lambda name: name != contact), channel.id)
    if action is not None:
        consents.record_consent(
            *(org, contact, event.contact, action, event.at, "keyword", event.text, "contact"),
            mark=keys.mark_of("k", mark),
            first_told_at=arrival.at,
        )
    return "inbound" if is_new else "inbound_duplicate"


def _store(
    organization: Organization, channel: Channel, event: InboundMessage, contact: str, arrival: Arrival, mark: str
) -> bool:
    """Stores the message, unless it is stored already where its own key does not tell: under another time that the
    window has forgotten, or under an identity that was merged since. Two processes that tell it under two
    identities at once both look again after their write (``_move_over`` is the other's look)."""
    org, name = organization.id, event.provider_message_id
    may_be_merged = event.contact.user_id is not None and (
        event.contact.phone is None or arrival.is_new_here or arrival.is_repeated
    )
    merged: set[str] = set()
    if may_be_merged:
        alias = contacts.contact_id(org, ContactRef(user_id=event.contact.user_id))
        merged = {alias, *contacts.person(org, contact).merged} - {contact}
    elsewhere = {*merged, contact} if arrival.is_doubtful else merged
    if messages.inbound_copies(org, elsewhere, name, arrival.at):
        return False
    is_new = _add(organization, channel, event, contact, arrival, mark)
    messages.drop(messages.inbound_copies(org, merged, name, arrival.at))
    return is_new


def _move_over(organization_id: str, event: Event, old: str, new: str) -> None:
    """What was recorded for ``old``, while it became an alias of ``new`` in another process."""
    identities.merge(organization_id, old, new)
    if isinstance(event, InboundMessage):
        name, at = event.provider_message_id, event.at
        if messages.inbound_copies(organization_id, [new], name, at):
            messages.drop(messages.inbound_copies(organization_id, [old], name, at))


def _add(
    organization: Organization, channel: Channel, event: InboundMessage, contact: str, arrival: Arrival, mark: str
) -> bool:
    key = MessageKey(contact, arrival.at, mark)
    cost = price(rate_card(channel.rate_card), "inbound", event.contact.phone)
    return messages.add(
        organization.id,
        key,
        local_day(arrival.at, organization.timezone).isoformat(),
        direction="inbound",
        type=event.type,
        channel=channel.id,
        status="received",
        text=event.text,
        media=media_json(event.media),
        details={"opens": opens_window(event.type, channel), **event.details},
        provider_id=event.provider_message_id,
        ledger=ledger.dump(ledger.entry(key.id, key.at, channel.id, "inbound", "counted", cost)),
    )


def _consent(organization: Organization, channel: Channel, event: ConsentChanged, received_at: int) -> str:
    contact = contacts.resolve(organization.id, event.contact)
    consents.record_consent(
        organization.id, contact, event.contact, event.action, event.at, event.source, event.evidence, "contact"
    )
    return event.action


def _marketing(organization: Organization, channel: Channel, event: MarketingPreference, received_at: int) -> str:
    org, contact = organization.id, contacts.resolve(organization.id, event.contact)
    consents.record_marketing(org, contact, event.contact, event.value == "stop", event.at)
    if event.value == "signup":
        consents.record_consent(
            org, contact, event.contact, "opt_in", event.at, "whatsapp_signup", event.evidence, "contact"
        )
    else:
        consents.append_history(
            org, contact, f"marketing_{event.value}", event.at, "whatsapp_settings", event.evidence, "contact"
        )
    return f"marketing_{event.value}"


def _identity(organization: Organization, channel: Channel, event: IdentityChanged, received_at: int) -> str:
    """The person goes on under another number or user id: consent and conversation follow. A session window
    does not follow to another number, since Meta does not say that it does."""
    org, old = organization.id, contacts.resolve(organization.id, event.old)
    if event.new.phone is None:
        contacts.ensure(org, old, event.new)
        if event.new.user_id:
            identities.link(org, old, event.new.user_id)
        return "identity_changed"
    new = contacts.resolve(org, event.new)
    if new != old:
        contacts.ensure(org, new, event.new)
        identities.merge(org, old, new, with_windows=False)
    if event.new.user_id:
        identities.link(org, new, event.new.user_id)
    return "identity_changed"


def _template(organization: Organization, channel: Channel, event: TemplateChanged, received_at: int) -> str:
    """Updates the registry's entry, unless it already knows something newer."""
    for template in configuration.templates(organization.id):
        by_id = event.bsp_template_id and template.get("bsp_template_id") == event.bsp_template_id
        by_name = template["name"] == event.name and template["language"] == event.language
        if template["channel"] == channel.id and (by_id or by_name):
            news = {"status": event.status, "category": event.category, "reason": event.reason}
            changed = template | {name: value for name, value in news.items() if value is not None}
            if event.at >= template.get("changed_at", 0):
                configuration.put_template(organization.id, changed | {"changed_at": event.at})
            return "template_changed"
    raw = {name: value for name, value in asdict(event).items() if value is not None}
    unrecognized.keep(organization.id, channel.id, "template_not_registered", raw, received_at)
    return "template_not_registered"


def _noted(organization: Organization, channel: Channel, event: Noted, received_at: int) -> str:
    return f"noted_{event.kind}"


def _unrecognized(organization: Organization, channel: Channel, event: Unrecognized, received_at: int) -> str:
    unrecognized.keep(organization.id, channel.id, event.reason, event.raw, received_at)
    return "unrecognized"


_HANDLERS: dict[type[Event], Callable[..., str]] = {
    InboundMessage: _inbound,
    ConsentChanged: _consent,
    MarketingPreference: _marketing,
    StatusChanged: record_status,
    Billed: record_billed,
    IdentityChanged: _identity,
    TemplateChanged: _template,
    Noted: _noted,
    Unrecognized: _unrecognized,
}
