"""What an event does: each kind has its use case.

``receive_event`` may be called with the same event any number of times and with events in any order. It ends with
everything stored or raises (``receive_webhook`` queues or keeps the event then); a repetition finishes what a crash
left half done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from gate24.channels import Channel, Organization
from gate24.contacts import ConsentEntry
from gate24.events import (
    Billed,
    Call,
    ConsentChanged,
    ContactRef,
    Echoed,
    Event,
    IdentityChanged,
    InboundMessage,
    MarketingPreference,
    Noted,
    StatusChanged,
    TemplateChanged,
    Unrecognized,
)
from gate24.message_keys import short_hash
from gate24.store import (
    consent_history,
    consents,
    contacts,
    erasure,
    event_format,
    identities,
    messages,
    number_changes,
    templates,
    unrecognized,
)
from gate24.store.identities import Beside
from gate24.usecases.apply_status import apply_status, find_message
from gate24.usecases.erase_contact import erase_contact
from gate24.usecases.find_named_message import find_named_message
from gate24.usecases.link_user_id import link_user_id
from gate24.usecases.match_waiting_statuses import hear_of_unknown, match_message
from gate24.usecases.note_sent_around import join_echo
from gate24.usecases.receive_call import receive_call
from gate24.usecases.receive_message import receive_message

TEMPLATE_NOT_REGISTERED = "template_not_registered"


def receive_event(organization: Organization, channel: Channel, event: Event, received_at: int) -> str:
    """Stores what the event says. Returns a word for the metrics: what it was."""
    receive: Callable[..., str] = _RECEIVERS[type(event)]
    ref: ContactRef | None = getattr(event, "contact", None)
    if ref is None or ref.phone is not None:
        outcome = receive(organization, channel, event, received_at)
        if ref is not None:
            link_user_id(organization.id, event, ref)
        return outcome
    before = contacts.resolve(organization.id, ref)
    outcome = receive(organization, channel, event, received_at)
    after = contacts.resolve(organization.id, ref)
    if after != before:
        _move_over(organization.id, channel.id, event, before, after)
    return outcome


def _move_over(organization_id: str, channel_id: str, event: Event, old: str, new: str) -> None:
    """What was recorded for ``old``, while it became an alias of ``new`` in another process."""
    identities.merge(organization_id, old, new)
    if isinstance(event, InboundMessage):
        provider_id, at = event.provider_message_id, event.at
        if messages.copies(organization_id, [new], channel_id, provider_id, at):
            messages.remove(organization_id, messages.copies(organization_id, [old], channel_id, provider_id, at))


def _status(organization: Organization, channel: Channel, event: StatusChanged | Billed, received_at: int) -> str:
    """Keeps a status, or what the BSP deducted, with its message, or beside the contact until the message is known."""
    if isinstance(event, Billed) and event.source != "whatsapp":
        return "billed_other"
    message = find_message(organization, channel, event)
    if message is None:
        return hear_of_unknown(organization, channel, event, received_at)
    apply_status(organization, channel, message, event, received_at)
    if isinstance(event, Billed):
        return "billed"
    if event.whatsapp_id is not None:  # what came before under this id alone
        match_message(organization, channel, message.key, received_at)
    return f"status_{event.status}"


def _echo(organization: Organization, channel: Channel, event: Echoed, received_at: int) -> str:
    """A message that was sent around gate24, with its content."""
    message = find_message(organization, channel, event)
    if message is not None and not message.sent_around:
        return "echo_of_ours"
    if event.contact is not None and event.refers_to:
        person = contacts.read(organization.id, contacts.contact_id(organization.id, event.contact))
        named = find_named_message(organization.id, person, event.refers_to)
        event = event if named is None else replace(event, refers_to=(named.key.id,))
    if message is None:
        return hear_of_unknown(organization, channel, event, received_at)
    join_echo(organization, channel, message, event)
    return "echo"


def _consent(organization: Organization, channel: Channel, event: ConsentChanged, received_at: int) -> str:
    entry = ConsentEntry(event.action, event.at, event.source, event.evidence, "contact")
    return _record(organization, event, entry, received_at)


def _marketing(organization: Organization, channel: Channel, event: MarketingPreference, received_at: int) -> str:
    action, source = _PREFERENCES[event.value]
    entry = ConsentEntry(action, event.at, source, event.evidence, "contact", channel.id)
    _record(organization, event, entry, received_at)
    return f"marketing_{event.value}"


_PREFERENCES = {
    "stop": ("marketing_stop", "whatsapp_settings"),
    "resume": ("marketing_resume", "whatsapp_settings"),
    "signup": ("opt_in", "whatsapp_signup"),
}
"""What a preference says, and how it was said."""


def _record(
    organization: Organization, event: ConsentChanged | MarketingPreference, entry: ConsentEntry, received_at: int
) -> str:
    """Records what a contact said. What was told before the contact was erased, or was under way then, brings nobody
    back; a no that was under way is kept. Of what has no time of its own the first telling holds."""
    contact = contacts.read(organization.id, contacts.contact_id(organization.id, event.contact))
    alone = contacts.contact_id(organization.id, event.contact) if event.contact.phone is None else None
    person = contact if alone else number_changes.who_was_at(organization.id, contact, entry.at)
    name = consent_history.name_of(entry)
    if event.name is not None:
        name = consent_history.name_of(replace(entry, at=0, evidence=event.name))
        if consent_history.is_told(organization.id, person, name):
            return "told_again"
    was_erased = contact.erased_at is not None or person.erased_at is not None
    if was_erased and erasure.knows_consent(organization.id, alone or contact.id, name):
        return "erased"
    if person.is_before_erasure(entry.at, received_at):
        erasure.refuse_later(organization.id, person.id, entry)
        return "erased"
    consents.record(organization.id, contact.id, event.contact, entry, name, kept_under=alone)
    return entry.action


def _identity(organization: Organization, channel: Channel, event: IdentityChanged, received_at: int) -> str:
    """The person goes on under another number or user id: consent, block and conversation follow."""
    org, new = organization.id, event.new
    if not event.is_new_number:
        return _user_id_changed(org, event)
    old, into = contacts.resolve(org, event.old), contacts.resolve(org, new)
    if into == old:  # known by the user id, which leads to the new number already
        _link(org, new, event)
        return "identity_changed"
    name = short_hash(channel.id, event.name or f"{event.at}")
    person = contacts.read(org, number_changes.follow(org, into, event.at))
    if person.erased_at is not None and number_changes.is_remembered(org, old, into, name, event.at):
        return "identity_change_erased"
    if event.old.phone is None and contacts.read(org, old).phone is None:
        identities.merge(org, old, into, with_their_windows=False)
    else:
        identities.change_number(org, old, into, name, event.at, received_at)
    if person.is_erased and received_at <= (person.erased_at or 0):
        erase_contact(org, contacts.read(org, person.id), (person.erased_at or 0) + 1)  # an erasure of its own
        return "identity_change_erased"
    _link(org, new, event)
    return "identity_changed"


def _user_id_changed(organization_id: str, event: IdentityChanged) -> str:
    """Of somebody who was erased since, the refusals hold under both user ids, and nothing comes back."""
    for ref in (
        ContactRef(event.new.phone or event.old.phone),
        *(ContactRef(user_id=each) for each in _user_ids(event)),
    ):
        if ref == ContactRef():
            continue
        contact = contacts.read(organization_id, contacts.contact_id(organization_id, ref))
        person = number_changes.who_was_at(organization_id, contact, event.at) if ref.phone else contact
        if person.erased_at is not None and event.at <= person.erased_at:
            ids = {contacts.contact_id(organization_id, ContactRef(user_id=each)) for each in _user_ids(event)}
            erasure.remember_as(organization_id, person.id, ids)
            return "identity_change_erased"
    _link(organization_id, _who_has_another_user_id(organization_id, event), event)
    return "identity_changed"


def _who_has_another_user_id(organization_id: str, event: IdentityChanged) -> ContactRef:
    """By the number, by the user id that leads to a number, or by the old one."""
    phone = event.new.phone or event.old.phone
    refs = [ContactRef(phone, each) for each in _user_ids(event)]
    if phone is not None:
        return refs[0]
    numbered = (ref for ref in refs if contacts.read(organization_id, contacts.contact_id(organization_id, ref)).phone)
    return next(numbered, refs[0])


def _user_ids(event: IdentityChanged) -> list[str]:
    """The old and the new one, as far as they are told."""
    return [each for each in (event.old.user_id, event.new.user_id) if each]


def _link(organization_id: str, ref: ContactRef, event: IdentityChanged) -> None:
    """Both user ids of the event stand for the person whom ``ref`` names. Who was erased does not come back by what
    does not name the number that the person has now."""
    named = contacts.resolve(organization_id, ref)
    beside: Beside | None = Beside(named, event.at)
    if ref.phone is None:
        beside = identities.named_beside(organization_id, contacts.contact_id(organization_id, ref), named)
    person = number_changes.follow(organization_id, named, event.at) if ref.phone else named
    phones = [each for each in (event.new.phone, event.old.phone) if each]
    ids = {each: contacts.contact_id(organization_id, ContactRef(each)) for each in phones}
    phone = next((each for each in phones if ids[each] == person), None)
    if phone is None and contacts.read(organization_id, person).is_erased:
        user_ids = {contacts.contact_id(organization_id, ContactRef(user_id=each)) for each in _user_ids(event)}
        erasure.remember_as(organization_id, person, user_ids)
        return
    contacts.ensure(organization_id, person, ContactRef(phone, event.new.user_id))
    for user_id in _user_ids(event):
        replaces = user_id == event.new.user_id
        was_beside = Beside(ids[event.old.phone], event.at) if event.is_new_number and event.old.phone else beside
        identities.link(organization_id, person, user_id, event.at, replaces, beside if replaces else was_beside)


def _template(organization: Organization, channel: Channel, event: TemplateChanged, received_at: int) -> str:
    """Updates the registry's entry, unless it already knows something newer."""
    for template in templates.templates(organization.id):
        by_id = event.bsp_template_id and template.bsp_template_id == event.bsp_template_id
        by_name = template.name == event.name and template.language == event.language
        if template.channel_id == channel.id and (by_id or by_name):
            templates.change(organization.id, template, event.at, event.status, event.category, event.reason)
            return "template_changed"
    raw = {name: value for name, value in asdict(event).items() if value is not None}
    again = event_format.dump(event)
    unrecognized.keep(organization.id, channel.id, TEMPLATE_NOT_REGISTERED, raw, received_at, again)
    return TEMPLATE_NOT_REGISTERED


def _noted(organization: Organization, channel: Channel, event: Noted, received_at: int) -> str:
    return f"noted_{event.kind}"


def _unrecognized(organization: Organization, channel: Channel, event: Unrecognized, received_at: int) -> str:
    unrecognized.keep(organization.id, channel.id, event.reason, event.raw, received_at, event.body)
    return "unrecognized"


_RECEIVERS: dict[type[Any], Callable[..., str]] = {
    InboundMessage: receive_message,
    Call: receive_call,
    ConsentChanged: _consent,
    MarketingPreference: _marketing,
    StatusChanged: _status,
    Billed: _status,
    Echoed: _echo,
    IdentityChanged: _identity,
    TemplateChanged: _template,
    Noted: _noted,
    Unrecognized: _unrecognized,
}
