"""Waits for the channel's next slot of the rate limit, and holds a contact's own limit; sends nothing to a BSP that
does not answer."""

from __future__ import annotations

import time

from gate24 import clock
from gate24.messages import Message, SendRequest
from gate24.observability import count, logger
from gate24.providers.interface import ProviderAnswer
from gate24.rules.channel_breaker import HUNG_MS, MOST_UNDER_WAY
from gate24.rules.rate_limit import CONTACT_PERIOD_MS, LONGEST_WAIT_MS, contact_wait_ms, slot_us
from gate24.store import messages, send_slots
from gate24.store.send_slots import Slot
from gate24.store.table import StoreError
from gate24.usecases.decide_send import Verdict
from gate24.usecases.note_activity import NOTED_EVERY_MS
from gate24.usecases.outcomes import NotTaken


def wait_for_slot(request: SendRequest, verdict: Verdict) -> Slot:
    """Takes the next slot of the channel, and waits for it; NotTaken ``throttled`` where that is too far away, too many
    sends of the channel are under way, its BSP does not answer, or the contact was written to too often. Whoever got
    the slot calls ``end_of_send``."""
    channel, now = request.channel, clock.now_ms()
    active_at = verdict.contact.last_activity_at
    if channel.pair_limit and active_at is not None and now - active_at < CONTACT_PERIOD_MS + NOTED_EVERY_MS:
        org, start = request.organization.id, now - CONTACT_PERIOD_MS
        recent = [message for each in verdict.contact.all_ids for message in messages.since(org, each, start)]
        wait = contact_wait_ms((each.send_time for each in recent if _went_out(each, channel.id)), now)
        if wait:
            raise _throttled("This contact was written to too often in a short time.", wait)
    per_second, sent_as = channel.messages_per_second, verdict.decision.sent_as
    slot = send_slots.take_slot(
        channel.id, _now_us(), slot_us(per_second), LONGEST_WAIT_MS[sent_as], MOST_UNDER_WAY[sent_as]
    )
    if slot.refused == "cut_off":
        count("gate.cut_off")
        raise _throttled("The BSP does not answer on this channel; nothing was sent.", slot.wait_ms)
    if slot.refused == "too_many":
        raise _throttled("Too many messages of this channel are under way.", slot.wait_ms)
    if not slot.granted:
        raise _throttled(f"The channel sends at most {per_second} messages a second.", slot.wait_ms)
    time.sleep(slot.wait_ms / 1000)
    return slot


def end_of_send(request: SendRequest, slot: Slot, answer: ProviderAnswer | None) -> None:
    """The send that took the slot is over; ``answer``: what the BSP said, None where it was not asked. Never raises:
    what became of the message does not depend on it."""
    is_answered, now_us = None, _now_us()
    if answer is not None and answer.code != "no_time":
        is_answered = answer.outcome != "unknown" and answer.code != "unreachable"
        has_hung = now_us - slot.starts_us >= HUNG_MS * 1000
        if not is_answered and not has_hung and slot.probe_until_us is None:
            is_answered = None
    try:
        send_slots.send_ended(request.channel.id, slot, is_answered, now_us)
    except StoreError as error:
        logger.warning("end_of_send_not_counted", extra={"reason": str(error)})


def _now_us() -> int:
    return time.time_ns() // 1000


def _went_out(message: Message, channel_id: str) -> bool:
    is_sent = message.stage not in ("refused", "rejected")
    return message.direction == "outbound" and message.channel_id == channel_id and is_sent


def _throttled(detail: str, wait_ms: int) -> NotTaken:
    count("gate.throttled")
    return NotTaken("throttled", detail, retry_after_ms=max(1000, wait_ms))
