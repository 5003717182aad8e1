"""A contact's message: it moves the window, is stored once, and may be an opt-in or opt-out keyword.

``receive_webhook`` proves where a webhook comes from, parses it and calls ``receive_event``, which calls this.

How duplicates are recognized: a message's key is its contact, its time and a hash of the provider's id, so the same
message again is the same item. Where the same message has two times (Gupshup v2 and v3 on one app), the window
remembers the first for its newest messages (``rules.window.advance``). Where it came under two identities (a number
and a user id that turned out to be one person), or the window may have forgotten it, the stored messages are searched.
"""

from __future__ import annotations

from functools import partial

from gate24.channels import Channel, Organization
from gate24.contacts import Contact
from gate24.events import ContactRef, InboundMessage
from gate24.message_keys import MessageKey, short_hash
from gate24.messages import Message
from gate24.rules import ledger
from gate24.rules.consent import keyword_action, keyword_request
from gate24.rules.pricing import price, rate_card
from gate24.rules.rollup import local_day
from gate24.rules.window import advance
from gate24.rules.window_openers import opens_window
from gate24.store import consents, contacts, identities, messages, windows
from gate24.windows import WindowEffect, WindowMessage


def receive_message(organization: Organization, channel: Channel, event: InboundMessage, received_at: int) -> str:
    """Stores what the message says. Repeating it changes nothing and finishes what a crash left undone."""
    organization_id = organization.id
    contact = contacts.read(organization_id, contacts.contact_id(organization_id, event.contact))
    message_hash = short_hash(channel.id, event.provider_message_id)
    actions = {text: keyword_action(text, organization) for text in event.keyword_texts}
    action, keyword = keyword_request(event, actions)
    opens = opens_window(event.type, channel)
    message = WindowMessage(message_hash, event.at, opens, is_keyword=action is not None)
    user_id_is_new = _update_contact(organization_id, contact, event)
    rule, window = partial(advance, message=message), contact.window(channel.id)
    _, effect = windows.change(organization_id, contact.id, channel.id, rule, known=window)
    is_new = _store(organization, channel, event, contact, message_hash, effect, user_id_is_new)
    if effect.start_may_be_earlier:
        identities.correct_start(organization_id, contacts.read(organization_id, contact.id), channel.id)
    if action is not None:
        consents.record_consent(
            organization_id,
            contact.id,
            event.contact,
            action,
            event.at,
            source="keyword",
            evidence=keyword,
            actor="contact",
            entry_name=short_hash("k", message_hash),
            first_reported_at=effect.first_reported_at,
        )
    return "inbound" if is_new else "inbound_duplicate"


def _update_contact(organization_id: str, contact: Contact, event: InboundMessage) -> bool:
    """Updates the contact before its window moves, so that no window is without its contact. Returns whether the user
    id is new to the contact."""
    ref = event.contact
    own_id = contact.user_ids if contact.phone is None and event.contact.phone is None else frozenset[str]()
    user_id_is_new = ref.user_id is not None and ref.user_id not in contact.linked | own_id
    is_incomplete = not contact.exists or not contact.wrote or (ref.phone is not None and contact.phone is None)
    if user_id_is_new and ref.phone and ref.user_id:
        identities.link(organization_id, contact.id, ref.user_id)
    if is_incomplete or user_id_is_new or (event.name is not None and event.name != contact.name):
        contacts.ensure(organization_id, contact.id, ref, event.name, first_at=event.at)
    return user_id_is_new


def _store(
    organization: Organization,
    channel: Channel,
    event: InboundMessage,
    contact: Contact,
    message_hash: str,
    effect: WindowEffect,
    user_id_is_new: bool,
) -> bool:
    """Stores the message; skips one that is stored under another timestamp or a merged identity. Two processes that
    receive it under two identities at once both look again after their write (the other's look is in
    ``receive_event``). Returns whether it is new."""
    organization_id, provider_id, at = organization.id, event.provider_message_id, effect.first_reported_at
    merged: set[str] = set()
    if event.contact.user_id is not None and (
        event.contact.phone is None
        or user_id_is_new
        or effect.is_known
        or effect.may_be_known
        or effect.start_may_be_earlier
    ):
        alias = contacts.contact_id(organization_id, ContactRef(user_id=event.contact.user_id))
        merged = {alias, *contacts.read(organization_id, contact.id).merged} - {contact.id}
    searched = {*merged, contact.id} if effect.may_be_known else merged
    if messages.inbound_copies(organization_id, searched, provider_id, at):
        return False
    key = MessageKey(contact.id, at, message_hash)
    is_new = _add(organization, channel, event, key)
    messages.remove(organization_id, messages.inbound_copies(organization_id, merged, provider_id, at))
    return is_new


def _add(organization: Organization, channel: Channel, event: InboundMessage, key: MessageKey) -> bool:
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
        ledger=ledger.new_entry(key.id, key.at, channel.id, "inbound", "counted", cost),
    )
    return messages.add(organization.id, message, local_day(key.at, organization.timezone).isoformat())
