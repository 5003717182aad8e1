"""What a delivery status or a deduction does: to the message, to its cost and to the contact.

A status finds its message by our own id (Meta echoes it) or, among the contact's newest messages, by the ids
under which the BSP knows it. One that names another id as ours is about nobody's message of ours. One that finds none
waits (``match_waiting_statuses``), because it may have come before our own write of the send.
"""

from __future__ import annotations

from dataclasses import asdict, replace

from gate24.channels import Channel, Organization
from gate24.costs import LedgerEntry
from gate24.events import Billed, Echoed, Pricing, StatusChanged
from gate24.message_keys import message_key, short_hash
from gate24.messages import Message, SentAs, Settlement
from gate24.providers import provider
from gate24.rules import ledger
from gate24.rules.message_status import is_undecided, message_status
from gate24.rules.rollup import local_day
from gate24.rules.sent_around import event_ids, told_kind
from gate24.rules.settlement import is_in_conversation
from gate24.store import contacts, messages, sent_around, unrecognized, waiting_statuses
from gate24.store.messages import Reckoned
from gate24.usecases.apply_failure import apply_failure, failure_time
from gate24.usecases.follow_entry_points import follow_entry_points
from gate24.usecases.note_sent_around import tell_time
from gate24.usecases.price_stored import price_stored

SENT_JUST_BEFORE = frozenset({"enqueued", "sent"})
"""The statuses that come with the sending. A failure, a delivery or a reading may come days later."""

CLOCK_SLACK_MS = 5_000
"""How much earlier than our own clock's a BSP's time may be for the same moment."""


def find_message(
    organization: Organization, channel: Channel, event: StatusChanged | Billed | Echoed
) -> Message | None:
    """The message that the event is about, if it is stored and can be told."""
    own_id = event.message_id if isinstance(event, StatusChanged) else None
    key = message_key(own_id) if own_id else None
    found = messages.find(organization.id, key) if key is not None else None
    if found is not None or names_by_our_id(channel, event):
        return found or _sent_around(organization, channel, event)
    return _by_provider_ids(organization, channel, event)


def _sent_around(
    organization: Organization, channel: Channel, event: StatusChanged | Billed | Echoed
) -> Message | None:
    """The message that was sent around gate24 of which the event tells, by whatever id its sender gave it."""
    if event.contact is None or is_named_by_us(event):
        return None
    contact_id = contacts.resolve(organization.id, event.contact)
    return sent_around.find(organization.id, contact_id, channel.id, event_ids(event))


def is_named_by_us(event: StatusChanged | Billed | Echoed) -> bool:
    """Whether the event names a message by an id that gate24 made."""
    named = event.message_id if isinstance(event, StatusChanged) else None
    return named is not None and message_key(named) is not None


def names_by_our_id(channel: Channel, event: StatusChanged | Billed | Echoed) -> bool:
    """Whether the event says by an id of the sender's which message it is about, so that no other one is meant."""
    has_id = isinstance(event, StatusChanged) and event.message_id is not None
    return has_id and provider(channel.provider).statuses_carry_our_id


def _by_provider_ids(
    organization: Organization, channel: Channel, event: StatusChanged | Billed | Echoed
) -> Message | None:
    ref, ids = event.contact, event_ids(event)
    if ref is None or not ids:
        return None
    contact_id = contacts.resolve(organization.id, ref)
    # When it is told that a message was sent, it was sent just before.
    is_of_now = isinstance(event, Echoed) or (isinstance(event, StatusChanged) and event.status in SENT_JUST_BEFORE)
    sent_by = event.at + CLOCK_SLACK_MS if is_of_now else None
    found = (
        messages.among_last_few(organization.id, contact_id, ids)
        or sent_around.find(organization.id, contact_id, channel.id, ids)
        or messages.by_provider_ids(organization.id, [contact_id], ids, sent_by)
    )
    if found is None:
        others = [each for each in contacts.read(organization.id, contact_id).all_ids if each != contact_id]
        around = (sent_around.find(organization.id, each, channel.id, ids) for each in others)
        found = next(filter(None, around), None)
        if found is None and others:
            found = messages.by_provider_ids(organization.id, others, ids, sent_by)
    return found


def keep_waiting(
    organization: Organization,
    channel: Channel,
    event: StatusChanged | Billed | Echoed,
    received_at: int,
    held_until: int | None = None,
) -> str | None:
    """Keeps a status whose message has not been stored yet; ``match_waiting_statuses`` then says what it means. Returns
    the contact's id; None where the event names nobody: then it is kept as unrecognized. ``held_until``: as that of
    ``waiting_statuses.keep``."""
    without_contact = replace(event, contact=None)
    if event.contact is None:
        raw = asdict(without_contact)
        unrecognized.keep(organization.id, channel.id, "status_without_message", raw, received_at)
        return None
    contact_id = contacts.resolve(organization.id, event.contact)
    if held_until is not None and not _was_erased(organization, contact_id):
        kept = waiting_statuses.keep(organization.id, contact_id, channel.id, event, held_until)
        if not _was_erased(organization, contact_id):
            return contact_id
        waiting_statuses.remove(organization.id, contact_id, kept)  # an erasure passed before it was written
    # Without the contact, so that nothing of a person who was erased comes back with it.
    is_reported = isinstance(event, Billed) and not _was_erased(organization, contact_id)
    kept = waiting_statuses.keep(organization.id, contact_id, channel.id, without_contact, held_until, is_reported)
    if is_reported and _was_erased(organization, contact_id):  # meanwhile
        waiting_statuses.remove(organization.id, contact_id, kept)
        waiting_statuses.keep(organization.id, contact_id, channel.id, without_contact, held_until)
    return contact_id


def _was_erased(organization: Organization, contact_id: str) -> bool:
    return contacts.read(organization.id, contact_id).erased_at is not None


def apply_status(
    organization: Organization,
    channel: Channel,
    message: Message,
    event: StatusChanged | Billed,
    now: int,
    is_guess: bool = False,
) -> None:
    """Gives the event to its message. ``now``: epoch ms. ``is_guess``: the event may be about another one. Neither such
    an event nor a later one of the id that was guessed by it changes the message's price."""
    is_guess = is_guess or message.provider_id_is_guess
    kind = told_kind(event) if message.sent_around else None
    if isinstance(event, Billed):
        if not is_guess:
            entry = _keep_accounts(organization, channel, message, deducted=event.pricing, kind=kind)
            _follow_answer(organization, channel, message, entry)
        return
    failure = event.failure if event.status == "failed" else None
    proves_it = event.status != "failed"
    if is_guess and proves_it and is_undecided(message.stage, message.lease_until, now):
        # First, so that a repetition, which finds the message by the id, knows that it is a guess.
        _settle(organization, message, event, is_guess)
    pricing = None if is_guess else event.pricing
    after = messages.add_status(
        *(organization.id, message, event.status, event.at, event.whatsapp_id, failure),
        reckoned=_reckoned_before(organization, channel, message, event, pricing, now),
    )
    if after is None:
        return
    if after.sent_around:
        after = tell_time(organization, channel, after, event.at, is_told=event.status in SENT_JUST_BEFORE)
    if proves_it and is_undecided(after.stage, after.lease_until, now):
        _settle(organization, message, event, is_guess)
    entry = _keep_accounts(organization, channel, after, pricing=pricing, kind=kind)
    _follow_answer(organization, channel, message, entry)
    if event.status == "failed":
        contacts.note_failed(organization.id, message.key.contact_id, message.key.suffix)
    if failure is not None:
        at = event.at if message.sent_around else failure_time(message.send_time)
        apply_failure(organization, channel, message.key.contact_id, failure, at)


def _settle(organization: Organization, message: Message, event: StatusChanged, is_guess: bool) -> None:
    """The status proves that the message went out."""
    provider_id = event.bsp_ids[0] if event.bsp_ids else None
    settlement = Settlement("accepted", provider_id=provider_id, provider_id_is_guess=is_guess)
    messages.settle(organization.id, message.key, settlement)


def _reckoned_before(
    organization: Organization,
    channel: Channel,
    message: Message,
    event: StatusChanged,
    pricing: Pricing | None,
    now: int,
) -> Reckoned | None:
    """What the ledger is to know by this status, so that one write keeps both. None where more than the ledger may
    follow from it, or it is known already."""
    is_more = message.sent_around or is_undecided(message.stage, message.lease_until, now)
    if message.ledger is None or is_more or event.status in message.statuses:
        return None
    told = replace(message, statuses={**message.statuses, event.status: event.at})
    return _reckoned(organization, channel, told, pricing)


def _keep_accounts(
    organization: Organization,
    channel: Channel,
    message: Message,
    pricing: Pricing | None = None,
    deducted: Pricing | None = None,
    kind: SentAs | None = None,
) -> LedgerEntry | None:
    """The ledger follows what became of the message. Where another event changed the message meanwhile, it is reckoned
    anew. Returns the entry as it is then."""
    found: Message | None = message
    while found is not None and found.ledger is not None:
        reckoned = _reckoned(organization, channel, found, pricing, deducted, kind)
        if messages.set_ledger(organization.id, found, reckoned):
            return reckoned.entry
        found = messages.find(organization.id, message.key)
    return None


def _follow_answer(organization: Organization, channel: Channel, message: Message, entry: LedgerEntry | None) -> None:
    """What becomes of the answer with which a free entry point begins bears on the messages after it. ``message``: as
    it was before, ``entry``: as it is now."""
    before = message.ledger
    if before is None or entry is None or before.entry_point_hours != 0:
        return
    if (before.state, before.told) != (entry.state, entry.told):
        follow_entry_points(organization, channel, message.key.contact_id, message.key.at)


def _reckoned(
    organization: Organization,
    channel: Channel,
    message: Message,
    pricing: Pricing | None,
    deducted: Pricing | None = None,
    kind: SentAs | None = None,
) -> Reckoned:
    """What the ledger is to know of the message: failed costs nothing; the provider's category wins. ``kind``: that of
    a message that was sent around gate24, where the event tells it. What the BSP deducted for tells the price, too,
    until a status does."""
    assert message.ledger is not None
    day = None if deducted is not None else local_day(message.send_time, organization.timezone).isoformat()
    told = pricing if pricing is not None and pricing.tells_price else None
    entry = message.ledger
    is_another_kind = kind == "template" and entry.kind == "freeform"
    if is_another_kind:
        entry = replace(entry, kind="template")
    said = told or _deducted_price(message, deducted, is_another_kind)
    cost = None if said is None else price_stored(organization, channel, message, entry, said)
    if cost is not None and said is not None:
        category = (said.category if entry.kind == "template" else None) or entry.category
        if said is deducted and not message.sent_around:
            entry = ledger.corrected(entry, cost, category)
        else:
            entry = ledger.repriced(replace(entry, reckoned=None), cost, category)
    entry = ledger.by_status(entry, message_status(message.stage, message.statuses, None, 0))
    entry = ledger.with_delivery(entry, message.statuses)
    told_of = pricing or deducted
    if told_of is not None and told_of.conversation and is_in_conversation(entry):
        entry = replace(entry, conversation=short_hash(channel.id, told_of.conversation))
    if deducted is not None:
        entry = ledger.with_deduction(entry, deducted)
    return Reckoned(entry, day, cost, cost_is_estimate=told is None and entry.reckoned is None)


def _deducted_price(message: Message, deducted: Pricing | None, is_another_kind: bool) -> Pricing | None:
    """What the BSP's deduction tells of the price, where no status told it; of a message that was sent around gate24,
    what its kind alone tells. None where the price stays."""
    assert message.ledger is not None
    if not message.cost_is_estimate and message.ledger.reckoned is None:
        return None
    if message.sent_around:
        return deducted or (Pricing() if is_another_kind else None)
    return deducted if deducted is not None and deducted.tells_price else None
