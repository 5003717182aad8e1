"""What an event does: each kind has its use case.

``receive_event`` may be called with the same event any number of times and with events in any order. It ends with
everything stored or raises (``receive_webhook`` queues or keeps the event then); a repetition finishes what a crash
left half done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from gate24.channels import Channel, Organization
from gate24.contacts import ConsentEntry
from gate24.events import (
    Billed,
    Call,
    ConsentChanged,
    ContactRef,
    Event,
    IdentityChanged,
    InboundMessage,
    MarketingPreference,
    Noted,
    StatusChanged,
    TemplateChanged,
    Unrecognized,
)
from gate24.store import consents, contacts, identities, messages, templates, unrecognized
from gate24.usecases.apply_status import apply_status, find_message, keep_waiting
from gate24.usecases.match_waiting_statuses import match_waiting_statuses
from gate24.usecases.receive_call import receive_call
from gate24.usecases.receive_message import receive_message


def receive_event(organization: Organization, channel: Channel, event: Event, received_at: int) -> str:
    """Stores what the event says. Returns a word for the metrics: what it was."""
    receive: Callable[..., str] = _RECEIVERS[type(event)]
    ref: ContactRef | None = getattr(event, "contact", None)
    if ref is None or ref.phone is not None:
        return receive(organization, channel, event, received_at)
    before = contacts.resolve(organization.id, ref)
    outcome = receive(organization, channel, event, received_at)
    after = contacts.resolve(organization.id, ref)
    if after != before:
        _move_over(organization.id, event, before, after)
    return outcome


def _move_over(organization_id: str, event: Event, old: str, new: str) -> None:
    """What was recorded for ``old``, while it became an alias of ``new`` in another process."""
    identities.merge(organization_id, old, new)
    if isinstance(event, InboundMessage):
        provider_id, at = event.provider_message_id, event.at
        if messages.inbound_copies(organization_id, [new], provider_id, at):
            messages.remove(organization_id, messages.inbound_copies(organization_id, [old], provider_id, at))


def _status(organization: Organization, channel: Channel, event: StatusChanged | Billed, received_at: int) -> str:
    """Keeps a status, or what the BSP deducted, with its message, or beside the contact until the message is known."""
    if isinstance(event, Billed) and event.source != "whatsapp":
        return "billed_other"
    message = find_message(organization, event)
    if message is None:
        contact_id = keep_waiting(organization, channel, event, received_at)
        if contact_id is None:
            return "status_without_message"
        match_waiting_statuses(organization, channel, contact_id, received_at)
        return "status_waiting"
    apply_status(organization, channel, message, event, received_at)
    if isinstance(event, Billed):
        return "billed"
    if event.whatsapp_id is not None:  # what came before under this id alone
        match_waiting_statuses(organization, channel, message.key.contact_id, received_at)
    return f"status_{event.status}"


def _consent(organization: Organization, channel: Channel, event: ConsentChanged, received_at: int) -> str:
    contact_id = contacts.resolve(organization.id, event.contact)
    consents.record_consent(
        organization.id, contact_id, event.contact, event.action, event.at, event.source, event.evidence, "contact"
    )
    return event.action


def _marketing(organization: Organization, channel: Channel, event: MarketingPreference, received_at: int) -> str:
    org, contact_id = organization.id, contacts.resolve(organization.id, event.contact)
    consents.record_marketing(org, contact_id, event.contact, event.value == "stop", event.at)
    if event.value == "signup":
        consents.record_consent(
            org, contact_id, event.contact, "opt_in", event.at, "whatsapp_signup", event.evidence, "contact"
        )
    else:
        action = f"marketing_{event.value}"
        entry = ConsentEntry(action, event.at, "whatsapp_settings", event.evidence, "contact")
        consents.append_history(org, contact_id, entry)
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
        identities.merge(org, old, new, with_their_windows=False)
    if event.new.user_id:
        identities.link(org, new, event.new.user_id)
    return "identity_changed"


def _template(organization: Organization, channel: Channel, event: TemplateChanged, received_at: int) -> str:
    """Updates the registry's entry, unless it already knows something newer."""
    for template in templates.templates(organization.id):
        by_id = event.bsp_template_id and template.bsp_template_id == event.bsp_template_id
        by_name = template.name == event.name and template.language == event.language
        if template.channel_id == channel.id and (by_id or by_name):
            templates.change(organization.id, template, event.at, event.status, event.category, event.reason)
            return "template_changed"
    raw = {name: value for name, value in asdict(event).items() if value is not None}
    unrecognized.keep(organization.id, channel.id, "template_not_registered", raw, received_at)
    return "template_not_registered"


def _noted(organization: Organization, channel: Channel, event: Noted, received_at: int) -> str:
    return f"noted_{event.kind}"


def _unrecognized(organization: Organization, channel: Channel, event: Unrecognized, received_at: int) -> str:
    unrecognized.keep(organization.id, channel.id, event.reason, event.raw, received_at)
    return "unrecognized"


_RECEIVERS: dict[type[Any], Callable[..., str]] = {
    InboundMessage: receive_message,
    Call: receive_call,
    ConsentChanged: _consent,
    MarketingPreference: _marketing,
    StatusChanged: _status,
    Billed: _status,
    IdentityChanged: _identity,
    TemplateChanged: _template,
    Noted: _noted,
    Unrecognized: _unrecognized,
}
