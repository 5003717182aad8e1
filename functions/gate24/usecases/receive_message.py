"""A contact's message: it moves the window, is stored once, and may be an opt-in or opt-out keyword.

``receive_webhook`` proves where a webhook comes from, parses it and calls ``receive_event``, which calls this.

How duplicates are recognized: a message's key is its contact, its time and a hash of the provider's id, so the same
message again is the same item. Where the same message has two times (Gupshup v2 and v3 on one app, or none of its own),
the first that was told holds, for the window too: the window remembers it for its newest messages
(``rules.window.advance``). Where it came under two identities (a number and a user id that turned out to be one
person), or the window may have forgotten it, the stored messages are searched. What was erased is known by the name
that stays of it.
"""

from __future__ import annotations

from dataclasses import replace

from gate24.channels import Channel, Organization
from gate24.contacts import ConsentEntry, Contact
from gate24.events import ContactRef, InboundMessage
from gate24.message_keys import MessageKey, short_hash
from gate24.messages import Message
from gate24.rules import ledger
from gate24.rules.consent import keyword_action, keyword_request
from gate24.rules.entry_points import comes_by_advertisement
from gate24.rules.inbox import preview, seen_to
from gate24.rules.pricing import card_at, price
from gate24.rules.rollup import local_day
from gate24.rules.window import WINDOW_MS, advance, after, may_have_forgotten, remembers
from gate24.rules.window_openers import opens_window
from gate24.store import consents, contacts, erasure, identities, media_queue, messages, number_changes, windows
from gate24.store.identities import Beside
from gate24.usecases.find_named_message import find_named_message, named_content
from gate24.usecases.follow_entry_points import follow_entry_points
from gate24.usecases.link_user_id import link_leaver
from gate24.windows import Window, WindowEffect, WindowMessage

_RETRIED_DAYS = 8
"""How far back a message without a time of its own is searched: longer than Meta's 7 days of retries."""


def receive_message(organization: Organization, channel: Channel, event: InboundMessage, received_at: int) -> str:
    """Stores what the message says. Repeating it changes nothing and finishes what a crash left undone."""
    organization_id = organization.id
    contact = contacts.read(organization_id, contacts.contact_id(organization_id, event.contact))
    message_hash = short_hash(channel.id, event.provider_message_id)
    actions = {text: keyword_action(text, organization) for text in event.keyword_texts}
    action, keyword = keyword_request(event, actions)
    entry = ConsentEntry(action or "", event.at, "keyword", keyword, "contact")
    alone = contacts.contact_id(organization_id, event.contact) if event.contact.phone is None else None
    person = contact if alone else number_changes.who_was_at(organization_id, contact, event.at)
    if _may_be_erased(contact, person, event) and erasure.knows_message(organization_id, message_hash):
        return "inbound_erased"
    if person.is_before_erasure(event.at, received_at):
        _keep_cost(organization, channel, event, contact, message_hash)
        erasure.refuse_later(organization_id, person.id, entry)
        return "inbound_erased"
    event, is_copy = _as_first_told(organization_id, channel, event, contact, person, message_hash, received_at)
    effect = WindowEffect(event.at)
    if person.id != contact.id:
        user_id_is_new = link_leaver(organization_id, contact, event.contact, event.at)
    else:
        user_id_is_new = _update_contact(organization, contact, event)
        left_at = contacts.read(organization_id, contact.id).left_at if user_id_is_new else None
        if not alone and left_at is not None and event.at <= left_at:  # another process was told of it just now
            identities.bring_along(organization_id, contact.id, left_at)
        since = identities.windows_since(organization_id, contact, alone) if alone else contact.left_at or 0
        if event.at > since:
            effect = _move_window(organization, channel, event, contact, message_hash, action is not None, received_at)
    key = MessageKey(alone or contact.id, effect.first_reported_at, message_hash)
    event = _as_we_name_it(organization_id, person, event)
    is_new = not is_copy and _store(organization, channel, event, contact, key, effect, user_id_is_new)
    if comes_by_advertisement(event):  # what was sent since may have been told of first
        follow_entry_points(organization, channel, key.contact_id, key.at)
    if effect.start_may_be_earlier:
        identities.correct_start(organization_id, contacts.read(organization_id, contact.id), channel.id)
    if action is not None:
        entry = replace(entry, at=effect.first_reported_at)
        name = short_hash("k", message_hash)
        consents.record(organization_id, contact.id, event.contact, entry, name, kept_under=alone)
    if event.media is not None:  # a repetition queues it again: the one before may have broken off before this
        media_queue.put(organization_id, key)
    return "inbound" if is_new else "inbound_duplicate"


def _as_we_name_it(organization_id: str, person: Contact, event: InboundMessage) -> InboundMessage:
    """The event with our id of the message that it answers, reacts to, edits or deletes, where that is stored."""
    named = find_named_message(organization_id, person, event.refers_to) if event.refers_to else None
    return event if named is None else replace(event, refers_to=(named.key.id,))


def _may_be_erased(contact: Contact, person: Contact, event: InboundMessage) -> bool:
    """Whether the message may have been told of somebody who was erased since, under this or another identity."""
    user_id = event.contact.user_id
    is_named_anew = not contact.exists or (user_id is not None and user_id not in contact.linked | contact.user_ids)
    return is_named_anew or contact.erased_at is not None or person.erased_at is not None


def _as_first_told(
    organization_id: str,
    channel: Channel,
    event: InboundMessage,
    contact: Contact,
    person: Contact,
    message_hash: str,
    received_at: int,
) -> tuple[InboundMessage, bool]:
    """The event with the time that was told first, where the window has forgotten the message or is somebody else's
    than the ``person`` who wrote it, and whether it is stored already. Without a time of its own a message told again
    would seem new."""
    window, provider_id = contact.window(channel.id), event.provider_message_id
    has_no_time = event.at >= received_at
    is_another_persons = contact.is_another_persons(event.at)
    may_be_stored = has_no_time or is_another_persons or may_have_forgotten(window, event.at - WINDOW_MS)
    if not may_be_stored or (remembers(window, message_hash) and not is_another_persons):
        return event, False
    days = _RETRIED_DAYS if has_no_time else 1
    where = {contact.id, *person.all_ids}
    copies = messages.copies(organization_id, where, channel.id, provider_id, event.at, days_before=days)
    return (replace(event, at=min(copy.at for copy in copies)), True) if copies else (event, False)


def _move_window(
    organization: Organization,
    channel: Channel,
    event: InboundMessage,
    contact: Contact,
    message_hash: str,
    is_keyword: bool,
    received_at: int,
) -> WindowEffect:
    message = WindowMessage(
        message_hash,
        event.at,
        opens_window(event.type, channel),
        is_keyword,
        comes_by_advertisement(event),
        event.type,
        preview(event.text or (event.media.caption if event.media else None), event.content),
        seen_to(contact),
        received_at,
    )

    def rule(window: Window) -> tuple[Window, WindowEffect]:
        return advance(after(window, contact.left_at), message)

    _, effect = windows.change(organization.id, contact.id, channel.id, rule, known=contact.window(channel.id))
    return effect


def _update_contact(organization: Organization, contact: Contact, event: InboundMessage) -> bool:
    """Updates the contact before its window moves, so that no window is without its contact. Returns whether the user
    id is new to the contact."""
    ref, organization_id = event.contact, organization.id
    own_id = contact.user_ids if contact.phone is None and event.contact.phone is None else frozenset[str]()
    user_id_is_new = ref.user_id is not None and ref.user_id not in contact.linked | own_id
    is_incomplete = not contact.exists or not contact.wrote or contact.is_left
    is_incomplete |= ref.phone is not None and contact.phone is None
    # An earlier version named the contact, after a rollback.
    is_incomplete |= organization.finds_names and event.name is not None and contact.name_token is None
    is_incomplete |= ref.user_id is not None and ref.user_id not in contact.user_ids
    if user_id_is_new and ref.user_id:
        replaces = contact.user_id is not None
        beside = Beside(contact.id, event.at) if ref.phone else None
        identities.link(organization_id, contact.id, ref.user_id, event.at, replaces, beside)
    if is_incomplete or user_id_is_new or (event.name is not None and event.name != contact.name):
        is_new = contact == Contact(contact.id) and not user_id_is_new
        contacts.ensure(organization_id, contact.id, ref, event.name, first_at=event.at, is_new=is_new, before=contact)
    return user_id_is_new


def _store(
    organization: Organization,
    channel: Channel,
    event: InboundMessage,
    contact: Contact,
    key: MessageKey,
    effect: WindowEffect,
    user_id_is_new: bool,
) -> bool:
    """Stores the message, that of a user id alone with the user id, wherever it leads; skips one that is stored under a
    merged identity. Two processes that receive it under two identities at once both look again after their write (the
    other's look is in ``receive_event``). Returns whether it is new."""
    organization_id, provider_id, at = organization.id, event.provider_message_id, key.at
    others: set[str] = set()
    if event.contact.user_id is not None and (
        event.contact.phone is None
        or user_id_is_new
        or effect.is_known
        or effect.start_may_be_earlier
        or contact.is_another_persons(at)
    ):
        alias = contacts.contact_id(organization_id, ContactRef(user_id=event.contact.user_id))
        others = {alias, *contacts.read(organization_id, alias).all_ids} - {key.contact_id}
        if messages.copies(organization_id, others, channel.id, provider_id, at):
            return False
    is_new = messages.add(organization_id, *_message(organization, channel, event, key))
    messages.remove(organization_id, messages.copies(organization_id, others, channel.id, provider_id, at))
    return is_new


def _keep_cost(
    organization: Organization, channel: Channel, event: InboundMessage, contact: Contact, message_hash: str
) -> None:
    key = MessageKey(contact.id, event.at, message_hash)
    messages.add_erased(organization.id, *_message(organization, channel, event, key))


def _message(
    organization: Organization, channel: Channel, event: InboundMessage, key: MessageKey
) -> tuple[Message, str]:
    """The message, and the local day on which it costs."""
    cost = price(
        *(card_at(channel, organization, event.at), "inbound", event.contact.phone),
        country=event.contact.country,
        entry_point_hours=0 if comes_by_advertisement(event) else None,
    )
    content, reply_to = named_content(event)
    message = Message(
        key=key,
        direction="inbound",
        type=event.type,
        channel_id=channel.id,
        stage="received",
        text=event.text,
        media=event.media,
        content=content,
        reply_to=reply_to,
        details=event.details,
        opens_window=opens_window(event.type, channel),
        provider_id=event.provider_message_id,
        ledger=ledger.new_entry(key.id, key.at, channel.id, "inbound", "counted", cost),
    )
    return message, local_day(key.at, organization.timezone).isoformat()
