"""Judges the messages that a channel's software sent around gate24: what the gate would have said of each.

They are judged when a report is asked for, from what is stored by then (``rules.shadow``), and not when they are
stored: a contact's message that is told late changes what was true at an earlier send. Nothing is written.

The ledger of the days is read page by page, and the messages and contacts of ``_AT_ONCE`` entries by batches. A contact
whose window and consent have not moved since the send needs no more; of the others the conversation of the 24 hours
before and the consent history are read. An erased person's messages are not among those that are judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from gate24.channels import Channel, Organization
from gate24.contacts import Contact
from gate24.costs import LedgerEntry
from gate24.events import ContactRef
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import MessageKey, message_key
from gate24.messages import Message
from gate24.rules.consent import entries_of
from gate24.rules.failures import meaning
from gate24.rules.pricing import card_at, price
from gate24.rules.recipients import Naming, naming
from gate24.rules.shadow import (
    Judgement,
    Opening,
    Past,
    SentAround,
    as_told,
    is_by_software,
    judge,
    past_of,
    second_of,
    unmoved_since,
)
from gate24.rules.window import WINDOW_MS
from gate24.store import consent_history, contacts, costs, messages

_AT_ONCE = 500

_LOOKED_AT_MOST = 5_000
"""Entries of other channels, too, after which a batch ends."""

_NUMBER_CHANGED = Judgement(unknown="number_changed_hands")


@dataclass(frozen=True, slots=True)
class JudgedSend:
    """``message_id``: gate24's. ``freeform_cost``: what a freeform message to the contact would have cost (micro-units)
    where a template was sent for which it would have done; None where that is not known."""

    message_id: str
    message: SentAround
    judgement: Judgement
    entry: LedgerEntry
    freeform_cost: int | None


def judge_sends_around(organization: Organization, channel: Channel, days: Iterable[date]) -> Iterator[JudgedSend]:
    """All of the local days, one after the other as they are taken, in no certain order within a day."""
    for day in days:
        for _, judged in judge_day(organization, channel, day):
            yield from judged


def judge_day(
    organization: Organization,
    channel: Channel,
    day: date,
    start: int = 0,
    at_once: int = _AT_ONCE,
) -> Iterator[tuple[int, Iterator[JudgedSend]]]:
    """Those of a local day from a moment (epoch ms) on by batches, each with the moment at which the next begins. A
    batch is judged as it is taken."""
    keys, looked_at = list[MessageKey](), 0
    position = start
    for at, entries in costs.entries(organization.id, day.isoformat(), start):
        position, looked_at = at + 1, looked_at + len(entries)
        keys += _sent_keys(channel, entries)
        if len(keys) >= at_once or looked_at >= _LOOKED_AT_MOST:
            yield position, _judge_some(organization, channel, keys)
            keys, looked_at = [], 0
    if keys:
        yield position, _judge_some(organization, channel, keys)


def _sent_keys(channel: Channel, entries: Iterable[LedgerEntry]) -> Iterator[MessageKey]:
    """What the entries of one moment have of the channel, each once, but for what came in or the gate refused."""
    ids = (each.message_id for each in entries if each.channel_id == channel.id and _may_be_sent(each))
    yield from (key for each in dict.fromkeys(ids) if (key := message_key(each)) is not None)


def _may_be_sent(entry: LedgerEntry) -> bool:
    return entry.kind != "inbound" and entry.state in ("counted", "failed")


def _judge_some(organization: Organization, channel: Channel, keys: Iterable[MessageKey]) -> Iterator[JudgedSend]:
    by_contact: dict[str, list[Message]] = {}
    for message in messages.find_many(organization.id, keys):
        if is_by_software(message):
            by_contact.setdefault(message.key.contact_id, []).append(message)
    found = contacts.read_many(organization.id, by_contact, [channel.id])
    for contact_id, sent in by_contact.items():
        contact = found[contact_id]
        if contact.here_since is not None:  # whether somebody wrote since, on whatever channel
            contact = contacts.read(organization.id, contact_id)
        yield from _judge_contact(organization, channel, contact, sent)


def _judge_contact(
    organization: Organization, channel: Channel, contact: Contact, sent: list[Message]
) -> Iterator[JudgedSend]:
    told = [as_told(message) for message in sent]
    moved = [each.sent_at for each in told if not _is_unmoved(contact, channel, each.sent_at)]
    known = past_of(contact.window(channel.id), contact.consent, contact.is_left, _naming(contact, channel))
    stored: Past | None = None
    if moved and contact.here_since is None:
        stored = _stored_past(organization, channel, contact, min(moved), max(moved))
    for message, each in zip(sent, told, strict=True):
        assert message.ledger is not None
        past = known if each.sent_at not in moved else stored
        is_anothers = contact.is_another_persons(each.sent_at)
        judgement = _NUMBER_CHANGED if past is None or is_anothers else judge(each, past, channel)
        would_do = judgement.freeform_would_do
        freeform_cost = _freeform_cost(organization, channel, contact, message.send_time) if would_do else None
        yield JudgedSend(message.key.id, each, judgement, message.ledger, freeform_cost)


def _is_unmoved(contact: Contact, channel: Channel, at: int) -> bool:
    """Whether what is known of the contact now is what was known at ``at`` (epoch ms). Where the number changed hands
    nobody may have come, or written on any channel, since."""
    since = contact.here_since
    is_same_person = since is None or max(since, contact.last_inbound_at or 0) <= at
    return is_same_person and unmoved_since(contact.window(channel.id), contact.consent, at)


def _stored_past(organization: Organization, channel: Channel, contact: Contact, first: int, last: int) -> Past:
    """What the conversation and the consent history say of the time from ``first`` to ``last`` (epoch ms)."""
    entries = consent_history.of_person(organization.id, contact)
    if contact.erased_at is not None:  # the refusals that outlived the erasure
        entries += entries_of(contact.consent)
    keywords = {entry.at for entry in entries if (entry.source, entry.actor) == ("keyword", "contact")}
    openings, closures = list[Opening](), list[int]()
    for stretch in contact.present:
        for message in messages.since(organization.id, stretch.contact_id, first - WINDOW_MS, last):
            if message.channel_id != channel.id:
                continue
            if message.opens_window:
                is_writing = message.type != "call" and message.key.at not in keywords
                openings.append(Opening(message.key.at, is_writing))
            if "failed" in message.statuses and meaning(message.code).effect == "close_window":
                closures.append(second_of(as_told(message).sent_at if message.sent_around else message.send_time))
    return Past(tuple(openings), tuple(closures), tuple(entries), contact.is_left, _naming(contact, channel))


def _naming(contact: Contact, channel: Channel) -> Naming:
    return naming(ContactRef(contact.phone, contact.user_id), channel.provider)


def _freeform_cost(organization: Organization, channel: Channel, contact: Contact, at: int) -> int | None:
    ref = ContactRef(contact.phone, contact.user_id)
    cost = price(card_at(channel, organization, at), "freeform", ref.phone, country=ref.country)
    return None if cost.unpriced else cost.total
