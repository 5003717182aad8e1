"""A contact's message: it moves the window, is stored once, and may be an opt-in or opt-out keyword."""

from __future__ import annotations

from functools import partial

from gate24.channels import Channel, Organization
from gate24.contacts import Contact
from gate24.events import ContactRef, InboundMessage
from gate24.messages import Message, MessageKey, short_hash
from gate24.rules import billing
from gate24.rules.consent import keyword_action
from gate24.rules.pricing import price, rate_card
from gate24.rules.rollup import local_day
from gate24.rules.window import advance
from gate24.rules.window_openers import opens_window
from gate24.store import consents, contacts, identities, messages, windows
from gate24.windows import WindowEffect, WindowMessage


def receive_message(organization: Organization, channel: Channel, event: InboundMessage, received_at: int) -> str:
    """Stores what the message says. Repeating it changes nothing and finishes what a crash left undone."""
    org = organization.id
    contact = contacts.read(org, contacts.contact_id(org, event.contact))
    name = short_hash(channel.id, event.provider_message_id)
    action, opens = keyword_action(event.text, organization), opens_window(event.type, channel)
    message = WindowMessage(name, event.at, opens, is_keyword=action is not None)
    is_new_identity = _know_contact(org, contact, event)
    rule, known = partial(advance, message=message), contact.window(channel.id)
    _, effect = windows.change(org, contact.id, channel.id, rule, known)
    is_new = _store(organization, channel, event, contact, effect, is_new_identity)
    if effect.start_may_be_earlier:
        names = contacts.read(org, contact.id).all_ids
        identities.correct_start(org, sorted(names, key=lambda each: each != contact.id), channel.id)
    if action is not None:
        consents.record_consent(
            *(org, contact.id, event.contact, action, event.at, "keyword", event.text, "contact"),
            entry_name=short_hash("k", name),
            first_told_at=effect.first_told_at,
        )
    return "inbound" if is_new else "inbound_duplicate"


def _know_contact(organization_id: str, contact: Contact, event: InboundMessage) -> bool:
    """Keeps what the message tells of the contact beside its words; before the window moves, so that a window always
    has its contact. Returns whether number and user id were brought
    together by it."""
    ref = event.contact
    is_new_identity = ref.user_id is not None and ref.user_id not in contact.user_ids
    is_unknown = not contact.exists or not contact.wrote or (ref.phone is not None and contact.phone is None)
    if is_new_identity and ref.phone and ref.user_id:
        identities.link(organization_id, contact.id, ref.user_id)
    if is_unknown or is_new_identity or (event.name is not None and event.name != contact.name):
        contacts.ensure(organization_id, contact.id, ref, event.name, first_at=event.at)
    return is_new_identity


def _store(
    organization: Organization,
    channel: Channel,
    event: InboundMessage,
    contact: Contact,
    effect: WindowEffect,
    is_new_identity: bool,
) -> bool:
    """Stores the message; skips one that is stored under another timestamp or a merged identity. Two processes that
    receive it under two identities at once both look again after their write (the other's look is in
    ``receive_event``). Returns whether it is new."""
    org, provider_id, at = organization.id, event.provider_message_id, effect.first_told_at
    merged: set[str] = set()
    if event.contact.user_id is not None and (event.contact.phone is None or is_new_identity or effect.is_known):
        alias = contacts.contact_id(org, ContactRef(user_id=event.contact.user_id))
        merged = {alias, *contacts.read(org, contact.id).merged} - {contact.id}
    elsewhere = {*merged, contact.id} if effect.may_be_known else merged
    if messages.inbound_copies(org, elsewhere, provider_id, at):
        return False
    is_new = _add(organization, channel, event, contact, at)
    messages.remove(org, messages.inbound_copies(org, merged, provider_id, at))
    return is_new


def _add(organization: Organization, channel: Channel, event: InboundMessage, contact: Contact, at: int) -> bool:
    key = MessageKey(contact.id, at, short_hash(channel.id, event.provider_message_id))
    cost = price(rate_card(channel.rate_card), "inbound", event.contact.phone)
    message = Message(
        key=key,
        direction="inbound",
        type=event.type,
        channel_id=channel.id,
        stage="received",
        text=event.text,
        media=event.media,
        details=event.details,
        opens_window=opens_window(event.type, channel),
        provider_id=event.provider_message_id,
        ledger=billing.entry(key.id, key.at, channel.id, "inbound", "counted", cost),
    )
    return messages.add(organization.id, message, local_day(at, organization.timezone).isoformat())
