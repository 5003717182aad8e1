"""Stores a message that was sent around gate24: by the organization's other software, or in the WhatsApp Business app.

gate24 hears of it by its statuses or by an echo. It is a message of the conversation like others, marked
``sent_around``: it counts in its day's ledger, and whoever hears of events hears its statuses. It opens no window and
is never sent again.

| who it went to | what is stored |
|---|---|
| a contact | the message |
| somebody never heard of | the contact, without consent, and the message; nothing of one that is only known to fail |
| somebody who was erased and is no contact since | what it costs, without the person, unless it failed |
| somebody before an erasure, or at most ten minutes after it | nothing: it may be a message of ours that is erased |
| somebody who was erased and is no contact since, and nothing tells when | nothing, for the same reason |
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from gate24.authors import Author
from gate24.channels import Channel, Organization
from gate24.contacts import Contact
from gate24.costs import Cost
from gate24.events import UNKNOWN_TYPE, ContactRef, Echoed, Pricing, StatusChanged
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import MessageKey, short_hash
from gate24.messages import Message, SentAs
from gate24.rules import ledger
from gate24.rules.entry_points import LOOK_BACK_MS
from gate24.rules.inbox import heard_until, sent_of
from gate24.rules.pricing import card_at
from gate24.rules.rollup import local_day
from gate24.rules.sent_around import cost_of, event_ids, told_kind
from gate24.store import contacts, messages, number_changes, sent_around, waiting_statuses
from gate24.store.messages import Reckoned
from gate24.usecases.find_named_message import named_content
from gate24.usecases.follow_entry_points import follow_entry_points
from gate24.windows import Window

MAY_BE_FROM_BEFORE_MS = 10 * 60_000
"""How long after an erasure a status may be about a message from before, which is counted already and of which no id is
known any more."""


@dataclass(frozen=True, slots=True)
class Noted:
    """``message``: as it is stored; ``is_new``: whether it was not stored before."""

    message: Message
    is_new: bool


def note_sent_around(
    organization: Organization, channel: Channel, contact_id: str, message: Message, received_at: int
) -> Noted | None:
    """Stores the message, unless one of its ids at the BSP is stored already: then that message is returned as it is.
    None where nothing of the person may be stored. Repeating it changes nothing and finishes what a crash left undone.
    ``received_at``: epoch ms."""
    ids, at = bsp_ids(message), message.key.at
    contact = contacts.read(organization.id, contact_id)
    person = number_changes.who_was_at(organization.id, contact, at)
    day = local_day(at, organization.timezone).isoformat()
    if person.erased_at is not None and _goes_with_erased(
        organization, channel, person, contact_id, message, received_at
    ):
        return None
    if not contact.exists and "failed" in message.statuses:
        return None
    _ensure_contact(organization.id, contact, person, message.to)
    known, key = _known_before(organization.id, contact, channel, ids), message.key
    if known is None:
        key = sent_around.take(organization.id, message.key, channel.id, ids)
        known = messages.find(organization.id, key) if key != message.key else None
    window = contact.window(channel.id)
    if known is not None:
        return Noted(_in_entry_point(organization, channel, known, window), is_new=False)
    if key != message.key:
        entry = message.ledger and replace(message.ledger, message_id=key.id, at=key.at)
        message = replace(message, key=key, ledger=entry)
        day = local_day(key.at, organization.timezone).isoformat()
    _note_with_contact(organization.id, contact, message)  # first: what breaks off here is told again
    if messages.add(organization.id, message, day):
        return Noted(_in_entry_point(organization, channel, message, window), is_new=True)
    stored = messages.find(organization.id, key)
    return None if stored is None else Noted(stored, is_new=False)


def _note_with_contact(organization_id: str, contact: Contact, message: Message) -> None:
    """What the list shows of it. It answers what the contact had written by then."""
    at, asked = message.send_time, heard_until(contact.windows.values())
    if "failed" not in message.statuses:
        contacts.note_sent(organization_id, contact.id, sent_of(message, at, asked and min(asked, at), contact.sent))


def _in_entry_point(organization: Organization, channel: Channel, message: Message, window: Window) -> Message:
    """The stored message as it is by the free entry point in which it was sent, and those that were told before it."""
    if window.entered_at is None or window.entered_at < message.key.at - LOOK_BACK_MS:
        return message
    follow_entry_points(organization, channel, message.key.contact_id, message.key.at)
    return messages.find(organization.id, message.key) or message


def _goes_with_erased(
    organization: Organization, channel: Channel, person: Contact, contact_id: str, message: Message, received_at: int
) -> bool:
    """Whether nothing of the message may be stored with a person, as somebody was erased. What it costs is, where it
    was sent since, unless it failed, whichever is told first."""
    at, erased_at = message.key.at, person.erased_at or 0
    names = [short_hash(channel.id, each) for each in bsp_ids(message)]
    known = next(filter(None, (messages.erased_name(organization.id, each) for each in names)), None)
    if known is not None:
        if "failed" in message.statuses:
            messages.fail_erased(organization.id, known, erased_at + MAY_BE_FROM_BEFORE_MS)
        return True
    if message.time_is_estimate and person.is_erased:
        return True
    if at <= erased_at + MAY_BE_FROM_BEFORE_MS or person.is_before_erasure(at, received_at):
        return True
    if person.is_erased and "failed" not in message.statuses:
        messages.add_erased(organization.id, message, local_day(at, organization.timezone).isoformat(), names)
        if _is_told_to_fail(organization, channel, contact_id, message):
            messages.fail_erased(organization.id, message.key.suffix, erased_at + MAY_BE_FROM_BEFORE_MS)
    return person.is_erased


def _is_told_to_fail(organization: Organization, channel: Channel, contact_id: str, message: Message) -> bool:
    """Whether its failure waits: of somebody who was erased it is kept with nothing."""
    told = (waiting_statuses.of_id(organization.id, contact_id, channel.id, each) for each in bsp_ids(message))
    return any(isinstance(each.event, StatusChanged) and each.event.status == "failed" for each in chain(*told))


def _known_before(organization_id: str, contact: Contact, channel: Channel, ids: tuple[str, ...]) -> Message | None:
    """As it was noted under another identity, before that was known to be the same person's."""
    others = (each for each in contact.all_ids if each != contact.id)
    found = (sent_around.find(organization_id, each, channel.id, ids) for each in others)
    return next(filter(None, found), None)


def of_status(
    organization: Organization, channel: Channel, contact_id: str, to: ContactRef, event: StatusChanged
) -> Message:
    """The message as the status alone tells of it, with the status."""
    kind, pricing = told_kind(event) or "freeform", event.pricing
    message = of_ids(organization, channel, contact_id, to, event_ids(event), event.at, kind, pricing)
    failure = event.failure if event.status == "failed" else None
    entry = message.ledger and ledger.by_status(message.ledger, "failed" if failure else "sent")
    entry = entry and ledger.with_delivery(entry, [event.status])
    return replace(
        message,
        statuses={event.status: event.at},
        code=failure.code if failure else None,
        reason=failure.reason if failure else None,
        ledger=entry,
    )


def of_echo(organization: Organization, channel: Channel, contact_id: str, to: ContactRef, event: Echoed) -> Message:
    """The message with its content as the echo tells it."""
    kind: SentAs = "template" if event.type == "template" else "freeform"
    free = Cost(card_at(channel, organization, event.at).currency, ()) if event.in_app else None
    message = of_ids(organization, channel, contact_id, to, event_ids(event), event.at, kind, cost=free)
    return _with_content(message, event)


def join_echo(organization: Organization, channel: Channel, message: Message, event: Echoed) -> None:
    """Gives a stored message the content that the echo tells, its time, and what it costs by that. Where echoes of both
    kinds tell of it, it was sent in the app, whichever came first: ``smb_message_echoes`` tells of nothing else."""
    message = tell_time(organization, channel, message, event.at, is_told=True)
    is_untold = message.type == UNKNOWN_TYPE
    has_content_of_it = is_untold and messages.add_content(organization.id, _with_content(message, event))
    if has_content_of_it and "failed" not in message.statuses:
        contact = contacts.read(organization.id, message.key.contact_id)
        _note_with_contact(organization.id, contact, _with_content(message, event))
    if event.in_app and not message.in_app and not has_content_of_it:
        messages.set_in_app(organization.id, message.key)
    found: Message | None = message
    while event.in_app and found is not None and found.ledger is not None and found.cost_is_estimate:
        free = Cost(found.ledger.currency, ())
        entry = ledger.repriced(found.ledger, free, found.ledger.category)
        if messages.set_ledger(organization.id, found, Reckoned(entry, None, free, cost_is_estimate=True)):
            return
        found = messages.find(organization.id, message.key)


def tell_time(organization: Organization, channel: Channel, message: Message, at: int, is_told: bool) -> Message:
    """Of a message that was noted when nothing had told yet when it was sent, the earliest time that is told of it
    holds, whatever comes first. ``at``: another one (epoch ms). ``is_told``: that is when it was sent. Returns the
    message as it is then; its key, and so its place in the conversation, stays."""
    found: Message | None = message
    while found is not None and (found.time_is_estimate or found.forwarded_at is not None):
        earliest, is_estimate = min(found.send_time, at), found.time_is_estimate and not is_told
        if (earliest, is_estimate) == (found.send_time, found.time_is_estimate):
            return found
        day = local_day(earliest, organization.timezone).isoformat()
        if messages.correct_time(organization.id, found, earliest, is_estimate, day):
            if found.ledger is not None and found.ledger.entry_point_hours is not None:
                follow_entry_points(organization, channel, message.key.contact_id, earliest)
            return replace(found, forwarded_at=earliest, time_is_estimate=is_estimate, ledger_day=day)
        found = messages.find(organization.id, message.key)
    return found or message


def _with_content(message: Message, event: Echoed) -> Message:
    content, reply_to = named_content(event)
    return replace(
        message,
        type=event.type,
        text=event.text,
        media=event.media,
        content=content,
        reply_to=reply_to,
        details=event.details,
        in_app=event.in_app,
    )


def of_ids(
    organization: Organization,
    channel: Channel,
    contact_id: str,
    to: ContactRef,
    ids: tuple[str, ...],
    at: int,
    kind: SentAs,
    pricing: Pricing | None = None,
    cost: Cost | None = None,
) -> Message:
    """A message of which no more is known. ``ids``: all by which the BSP knows it, as ``event_ids`` gives them.
    ``cost``: where it is not that of the channel's rate card."""
    key = MessageKey(contact_id, at, short_hash(channel.id, ids[0]))
    told = pricing if pricing is not None and pricing.tells_price else None
    category = told.category if told and kind == "template" else None
    if cost is None:
        cost = cost_of(card_at(channel, organization, at), kind, to, category, told)
    return Message(
        key=key,
        direction="outbound",
        type=UNKNOWN_TYPE,
        channel_id=channel.id,
        stage="accepted",
        to=to,
        sent_as=kind,
        provider_id=ids[-1],
        whatsapp_id=ids[0] if len(ids) > 1 else None,
        cost=cost,
        cost_is_estimate=told is None,
        ledger=replace(
            ledger.new_entry(key.id, at, channel.id, kind, "counted", cost, category), author=Author("provider")
        ),
        sent_around=True,
    )


def bsp_ids(message: Message) -> tuple[str, ...]:
    """All ids of the message at the BSP, in the same order."""
    return tuple(dict.fromkeys(each for each in (message.whatsapp_id, message.provider_id) if each))


def _ensure_contact(organization_id: str, contact: Contact, person: Contact, to: ContactRef | None) -> None:
    """The contact first, so that no message is without one. Who left the number since is no contact under it."""
    if person.id == contact.id and not contact.exists and to is not None:
        contacts.ensure(organization_id, contact.id, to)
