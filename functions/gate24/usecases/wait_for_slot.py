"""Waits for the channel's next slot of the rate limit, and holds a contact's own limit; sends nothing to a BSP that
does not answer. What a flood is refused costs little: after a refusal the process knows for a moment that the next
send of the channel would be refused, too."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from gate24 import at_once, clock
from gate24.channels import Channel
from gate24.contacts import Contact
from gate24.messages import Message, SendRequest
from gate24.observability import count, logger
from gate24.providers.interface import ProviderAnswer
from gate24.rules.channel_breaker import HUNG_MS, REFUSED_AT_ONCE_MS, ends_counted_every, most_under_way
from gate24.rules.rate_limit import CONTACT_BURST, CONTACT_PERIOD_MS, LONGEST_WAIT_MS, contact_wait_ms, slot_us
from gate24.store import messages, organizations, send_slots
from gate24.store.send_slots import Slot
from gate24.store.table import StoreError
from gate24.timed_cache import TimedCache
from gate24.usecases.decide_send import Verdict
from gate24.usecases.note_activity import NOTED_EVERY_MS
from gate24.usecases.outcomes import NotTaken

_refused: dict[tuple[str, str], tuple[int, str, int]] = {}
"""Refusals of this process by channel and kind of message: until when they hold (epoch microseconds), what they said,
and when to come again (epoch microseconds)."""


_OFTEN = CONTACT_BURST // 2
_often: TimedCache[bool] = TimedCache(CONTACT_PERIOD_MS / 1000)
"""The contacts that were written to at least ``_OFTEN`` times within ``CONTACT_PERIOD_MS``, as this process knows."""


def forget() -> None:
    """Forgets which channels were refused, and who was written to often (tests)."""
    _refused.clear()
    _often.clear()


def refuse_at_once(request: SendRequest, idempotency_key: str | None) -> None:
    """NotTaken ``throttled`` where this process refused the channel's last send of this kind a moment ago, unless the
    key has an answer, or may have one. It costs one read instead of four writes and two reads."""
    channel, kind = request.channel, _kind(request)
    holds_until_us, detail, again_us = _refused.get((channel.id, kind), (0, "", 0))
    now_us = _now_us()
    if not now_us < holds_until_us <= now_us + REFUSED_AT_ONCE_MS[kind] * 1000:
        return
    if idempotency_key is None or not messages.is_reserved(request.organization.id, idempotency_key):
        raise _throttled(detail, (again_us - now_us) // 1000)


def wait_for_slot(request: SendRequest, verdict: Verdict) -> Slot:
    """Takes the next slot of the channel, and waits for it; NotTaken ``throttled`` where that is too far away, too many
    sends of the channel are under way, its BSP does not answer, or the contact was written to too often. Whoever got
    the slot calls ``end_of_send``."""
    channel, now = request.channel, clock.now_ms()
    contacts_wait = _contacts_wait(channel, verdict.contact, now)
    per_second, sent_as = channel.messages_per_second, verdict.decision.sent_as
    most = most_under_way(sent_as, *_shared_among(request))
    slot = send_slots.take_slot(channel.id, _now_us(), slot_us(per_second), LONGEST_WAIT_MS[sent_as], most)
    try:
        _refuse_contact(contacts_wait())
    except Exception:
        if slot.granted:
            end_of_send(request, slot, None)
        raise
    if not slot.granted:
        raise _refusal(request, verdict, slot)
    time.sleep(slot.wait_ms / 1000)
    return slot


def _contacts_wait(channel: Channel, contact: Contact, now: int) -> Callable[[], int]:
    """Begins to look how long to wait before writing to the contact again (ms), while the slot is taken. Where the
    contact was written to often before, the look comes first, so that who asks over and over takes no slots:
    NotTaken."""
    active_at = contact.last_activity_at
    if not channel.pair_limit or active_at is None or now - active_at >= CONTACT_PERIOD_MS + NOTED_EVERY_MS:
        return lambda: 0

    def look() -> int:
        org, start = channel.organization_id, now - CONTACT_PERIOD_MS
        recent = [
            message for each in contact.all_ids for message in messages.since(org, each, start, with_sent_around=False)
        ]
        sent = [each.send_time for each in recent if _went_out(each, channel.id)]
        if len(sent) >= _OFTEN:
            _often.put(contact.id, True)
        return contact_wait_ms(sent, now)

    if _often.held(contact.id):
        _refuse_contact(look())
        return lambda: 0
    return at_once.start(look)


def _refuse_contact(wait_ms: int) -> None:
    if wait_ms:
        raise _throttled("This contact was written to too often in a short time.", wait_ms)


def end_of_send(request: SendRequest, slot: Slot, answer: ProviderAnswer | None) -> None:
    """The send that took the slot is over; ``answer``: what the BSP said, None where it was not asked. Never raises:
    what became of the message does not depend on it."""
    is_answered, now_us = None, _now_us()
    if answer is not None and answer.code != "no_time":
        is_answered = answer.outcome != "unknown" and answer.code != "unreachable"
        has_hung = now_us - slot.starts_us >= HUNG_MS * 1000
        if not is_answered and not has_hung and slot.probe_until_us is None:
            is_answered = None
    if is_answered:
        for kind in REFUSED_AT_ONCE_MS:
            _refused.pop((request.channel.id, kind), None)
    try:
        every = ends_counted_every(*_shared_among(request))
        if send_slots.send_ended(request.channel.id, slot, is_answered, now_us, every):
            count("gate.cut_off")
            logger.error("channel_cut_off")
    except StoreError as error:
        logger.warning("end_of_send_not_counted", extra={"reason": str(error)})


def _refusal(request: SendRequest, verdict: Verdict, slot: Slot) -> NotTaken:
    """What a slot that was not granted says, remembered for the sends that follow."""
    channel, sent_as = request.channel, verdict.decision.sent_as
    detail = f"The channel sends at most {channel.messages_per_second} messages a second."
    if slot.refused == "cut_off":
        count("gate.cut_off")
        detail = "The BSP does not answer on this channel; nothing was sent."
    elif slot.refused == "too_many":
        detail = "Too many messages of this channel are under way."
    error = _throttled(detail, slot.wait_ms)
    if sent_as == _kind(request):  # a fallback is held to less than the freeform that it stands for
        now_us, again_ms = _now_us(), max(1000, slot.wait_ms)
        holds_ms = min(REFUSED_AT_ONCE_MS[sent_as], slot.wait_ms if slot.refused == "cut_off" else again_ms)
        _refused[channel.id, sent_as] = (now_us + holds_ms * 1000, detail, now_us + again_ms * 1000)
    return error


def _kind(request: SendRequest) -> Literal["freeform", "template"]:
    return "freeform" if request.template is None else "template"


def _shared_among(request: SendRequest) -> tuple[int, int]:
    """The organization's bound and its channels, as this process remembers them."""
    organization = request.organization
    return organization.sends_at_once, len(organizations.channels(organization.id))


def _now_us() -> int:
    return time.time_ns() // 1000


def _went_out(message: Message, channel_id: str) -> bool:
    is_sent = message.stage not in ("refused", "rejected")
    return message.direction == "outbound" and message.channel_id == channel_id and is_sent


def _throttled(detail: str, wait_ms: int) -> NotTaken:
    count("gate.throttled")
    return NotTaken("throttled", detail, retry_after_ms=max(1000, wait_ms))
