"""Waiting for one's turn: the channel's line of slots, and how often a contact may be written to."""

from __future__ import annotations

import time

from gate24.api import http
from gate24.api.problems import Problem
from gate24.observability import count
from gate24.rules.rate_limit import PAIR_HORIZON_MS, PATIENCE_MS, interval_us, pair_wait_ms
from gate24.store import messages
from gate24.store import rate_limit as rates
from gate24.store.items import MessageItem
from gate24.usecases.check_message import Verdict
from send_gate.outcome import ACTIVITY_MS
from send_gate.sending import Sending


def wait_for_turn(sending: Sending, verdict: Verdict) -> bool:
    """Takes the next slot of the channel, and waits for it; Problem ``throttled`` where that is too far away, or
    the contact was written to too often. Returns whether it had to wait."""
    request, now = sending.request, http.now_ms()
    active_at = verdict.person.last_activity_at
    if request.channel.pair_limit and active_at is not None and now - active_at < PAIR_HORIZON_MS + ACTIVITY_MS:
        recent = messages.since(sending.organization_id, request.contact, now - PAIR_HORIZON_MS)
        wait = pair_wait_ms((messages.key_of(item).at for item in recent if _went_out(item, request.channel.id)), now)
        if wait:
            raise _throttled("This contact was written to too often in a short time.", wait)
    rate = request.channel.rate_per_second
    patience = PATIENCE_MS[verdict.decision.sent_as]
    slot = rates.take_slot(request.channel.id, time.time_ns() // 1000, interval_us(rate), patience)
    if not slot.granted:
        raise _throttled(f"The channel sends at most {rate} messages a second.", slot.wait_ms)
    time.sleep(slot.wait_ms / 1000)
    return slot.wait_ms > 0


def _went_out(item: MessageItem, channel_id: str) -> bool:
    return item.direction == "outbound" and item.channel == channel_id and item.status not in ("refused", "rejected")


def _throttled(detail: str, wait_ms: int) -> Problem:
    count("gate.throttled")
    return Problem("throttled", detail, ("retry_later",), retry_after=max(1, -(-wait_ms // 1000)))
