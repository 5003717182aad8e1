"""Waits for the channel's next slot of the rate limit, and holds a contact's own limit."""

from __future__ import annotations

import time

from gate24 import clock
from gate24.messages import Message, SendRequest
from gate24.observability import count
from gate24.rules.rate_limit import CONTACT_PERIOD_MS, LONGEST_WAIT_MS, contact_wait_ms, slot_us
from gate24.store import messages, send_slots
from gate24.usecases.decide_send import Verdict
from gate24.usecases.note_activity import NOTED_EVERY_MS
from gate24.usecases.outcomes import NotTaken


def wait_for_slot(request: SendRequest, verdict: Verdict) -> bool:
    """Takes the next slot of the channel, and waits for it; NotTaken ``throttled`` where that is too far away, or
    the contact was written to too often. Returns whether it had to wait."""
    channel, now = request.channel, clock.now_ms()
    active_at = verdict.contact.last_activity_at
    if channel.pair_limit and active_at is not None and now - active_at < CONTACT_PERIOD_MS + NOTED_EVERY_MS:
        org, start = request.organization.id, now - CONTACT_PERIOD_MS
        recent = [message for each in verdict.contact.all_ids for message in messages.since(org, each, start)]
        wait = contact_wait_ms((each.send_time for each in recent if _went_out(each, channel.id)), now)
        if wait:
            raise _throttled("This contact was written to too often in a short time.", wait)
    per_second = channel.messages_per_second
    longest_wait_ms = LONGEST_WAIT_MS[verdict.decision.sent_as]
    slot = send_slots.take_slot(channel.id, time.time_ns() // 1000, slot_us(per_second), longest_wait_ms)
    if not slot.granted:
        raise _throttled(f"The channel sends at most {per_second} messages a second.", slot.wait_ms)
    time.sleep(slot.wait_ms / 1000)
    return slot.wait_ms > 0


def _went_out(message: Message, channel_id: str) -> bool:
    is_sent = message.stage not in ("refused", "rejected")
    return message.direction == "outbound" and message.channel_id == channel_id and is_sent


def _throttled(detail: str, wait_ms: int) -> NotTaken:
    count("gate.throttled")
    return NotTaken("throttled", detail, retry_after_ms=max(1000, wait_ms))
