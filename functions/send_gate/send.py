"""One send: reserve the key, decide, forward, settle.

What the caller may rely on: one key sends at most once; what is not known is said as unknown; what the BSP
accepted is told as accepted, even if our own write fails after it.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gate24 import gate, http, ledger
from gate24.delivery import LEASE_MS, shown_status
from gate24.events import ContactRef, Failure
from gate24.gate import Request, Verdict
from gate24.observability import count, logger
from gate24.pricing import cost_json
from gate24.problems import Problem
from gate24.providers import Answer, provider
from gate24.rate import PAIR_HORIZON_MS, PATIENCE_MS, interval_us, pair_wait_ms
from gate24.record import media_json
from gate24.rollup import local_day
from gate24.settings import channel_secrets
from gate24.shown import time_or_none, window_json
from gate24.statuses import adopt_orphans, on_failure
from gate24.store import contacts, keys, messages, rates
from gate24.store.keys import MessageKey
from gate24.store.messages import Reserved
from gate24.store.table import MessageItem, StoreError, milliseconds
from send_gate.forward import forward
from send_gate.repair import queue_settlement

ACTIVITY_MS = 4 * 60_000
"""A contact's last send is noted no more often: it is for the list of contacts, and costs a write."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it is stored and given again, byte for byte: ``text`` is the body's JSON."""

    status: int
    text: str
    replayed: bool = False
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """A send under way. ``owner`` is this call's own mark on what it writes."""

    request: Request
    idempotency_key: str
    key: MessageKey
    owner: str
    request_id: str

    @property
    def organization_id(self) -> str:
        return self.request.access.organization.id

    @property
    def day(self) -> str:
        """The local day in whose ledger the message stands."""
        return local_day(self.key.at, self.request.access.organization.timezone).isoformat()


def send(request: Request, idempotency_key: str, request_id: str) -> Told:
    """Sends at most once for the key. Refusals are answers, too; Problem only for what may be asked again
    with the same key (in progress, throttled, the store not available) and for a reused key."""
    now = http.now_ms()
    key = MessageKey(request.contact, now, secrets.token_hex(6))
    owner = secrets.token_hex(8)
    held = messages.reserve(
        request.access.organization.id, idempotency_key, request.fingerprint, key, owner, now + LEASE_MS
    )
    if not held.mine:
        return _again(request, held, request_id)
    sending = Sending(request, idempotency_key, key, owner, request_id)
    try:
        verdict = gate.judge(request, http.now_ms())
        if not verdict.decision.allowed:
            return _refuse(sending, verdict)
        _wait_for_turn(sending, verdict)
        begun = _begin(sending, verdict)
    except (Problem, StoreError):
        _release(sending)
        raise
    if not begun:
        raise Problem("request_in_progress", "Another request took over this key.", retry_after=1)
    return _forward(sending, verdict)


def _again(request: Request, held: Reserved, request_id: str) -> Told:
    """The key was used before: its first answer, or that there is none yet."""
    if held.fingerprint != request.fingerprint:
        raise Problem("idempotency_key_reused", "This Idempotency-Key was used with another body.", ("use_new_key",))
    org, now = request.access.organization.id, http.now_ms()
    key = keys.message_key(held.message_id)
    assert key is not None
    found = messages.find(org, key)
    if found is not None and found.answer is not None:
        return Told(int(found.answer_status or 200), found.answer, replayed=True)
    lease_until = milliseconds(found.lease_until) if found is not None and found.lease_until else held.lease_until
    if now < (lease_until or 0):
        raise Problem("request_in_progress", "The first request with this key is still in progress.", retry_after=1)
    told = _lost(request, found, held.message_id, request_id, now)
    messages.close_lost(
        org,
        key,
        type=request.body["type"],
        channel=request.channel.id,
        to=request.to,
        code="bsp_outcome_unknown",
        answer=told.text,
        answer_status=told.status,
    )
    stored = messages.find(org, key)
    if stored is not None and stored.answer is not None:
        return Told(int(stored.answer_status or 200), stored.answer, replayed=True)
    return told


def _lost(request: Request, found: MessageItem | None, message_id: str, request_id: str, now: int) -> Told:
    """The answer for a send whose owner died before giving one: accepted if a status proved it, else unknown."""
    if found is not None:
        shown = shown_status(found.status, messages.statuses_of(found), milliseconds(found.lease_until), now)
        if shown in ("accepted", "sent", "delivered", "read"):
            body = {"id": message_id, "status": "accepted", "sent_as": found.sent_as, "cost": found.cost}
            return Told(202, json.dumps(body, ensure_ascii=False), replayed=True)
    return _told_problem(_unknown(request, message_id, None, None, now), request_id, replayed=True)


def _refuse(sending: Sending, verdict: Verdict) -> Told:
    """Keeps the refusal in the conversation and answers with what would be allowed."""
    decision, request = verdict.decision, sending.request
    assert decision.code is not None
    fault = decision.fallback_fault
    refusal = Problem(
        decision.code,
        decision.detail,
        decision.allowed_actions,
        window=window_json(verdict.facts.state),
        errors=[{"pointer": "/fallback/template", "detail": f"The fallback cannot go either: {fault}"}]
        if fault
        else [],
        extra={"id": sending.key.id, "server_time": time_or_none(verdict.server_time)},
    )
    told = _told_problem(refusal, sending.request_id)
    entry = ledger.entry(
        sending.key.id, sending.key.at, request.channel.id, decision.sent_as, "refused", None, verdict.category
    )
    messages.add(
        sending.organization_id,
        sending.key,
        sending.day,
        status="refused",
        code=decision.code,
        reason=decision.detail,
        answer=told.text,
        answer_status=told.status,
        ledger=ledger.dump(entry),
        owner=sending.owner,
        **_content(request, verdict, decision.sent_as),
    )
    _note_activity(sending, verdict, sent=False)
    count("gate.decision", code=decision.code, sent_as=decision.sent_as)
    return told


def _content(request: Request, verdict: Verdict, sent_as: str) -> dict[str, Any]:
    """What of the request stands in the conversation; of two declared forms, the one that goes out."""
    body = request.body
    fell_back = sent_as == "template" and body["type"] != "template"
    template = body["fallback"]["template"] if fell_back else body.get("template")
    media = None if fell_back else body.get("media") or (template or {}).get("media")
    return {
        "direction": "outbound",
        "type": sent_as if sent_as == "template" else body["type"],
        "channel": request.channel.id,
        "to": request.to,
        "sent_as": sent_as,
        "text": None if fell_back else (body.get("text") or body.get("media") or {}).get("body") or _caption(body),
        "media": media_json(gate.media_of(media)) if media else None,
        "template": template,
        "details": {"fallback_for": body["type"]} if fell_back else {"tags": body["tags"]} if "tags" in body else None,
    }


def _caption(body: dict[str, Any]) -> str | None:
    return (body.get("media") or {}).get("caption") or None


def _wait_for_turn(sending: Sending, verdict: Verdict) -> None:
    """Takes the next slot of the channel, and waits for it; Problem ``throttled`` where that is too far away, or
    the contact was written to too often."""
    request, now = sending.request, http.now_ms()
    sent_at = verdict.person.sent_at
    if sent_at is not None and now - sent_at < PAIR_HORIZON_MS + ACTIVITY_MS:
        recent = messages.since(sending.organization_id, request.contact, now - PAIR_HORIZON_MS)
        times = [messages.key_of(item).at for item in recent if _went_out(item, request.channel.id)]
        wait = pair_wait_ms(times, now)
        if wait:
            raise _throttled("This contact was written to too often in a short time.", wait)
    rate = request.channel.rate_per_second
    slot = rates.take_slot(
        request.channel.id, time.time_ns() // 1000, interval_us(rate), PATIENCE_MS[verdict.decision.sent_as]
    )
    if not slot.granted:
        raise _throttled(f"The channel sends at most {rate} messages a second.", slot.wait_ms)
    time.sleep(slot.wait_ms / 1000)


def _went_out(item: MessageItem, channel_id: str) -> bool:
    return item.direction == "outbound" and item.channel == channel_id and item.status not in ("refused", "rejected")


def _throttled(detail: str, wait_ms: int) -> Problem:
    count("gate.throttled")
    return Problem("throttled", detail, ("retry_later",), retry_after=max(1, -(-wait_ms // 1000)))


def _begin(sending: Sending, verdict: Verdict) -> bool:
    """Writes the message as ``sending``, with all that a later status needs to settle it. False if the lease was
    lost meanwhile and somebody else closed the message as unknown."""
    request, cost = sending.request, verdict.cost
    assert cost is not None
    sent_as = verdict.decision.sent_as
    entry = ledger.entry(sending.key.id, sending.key.at, request.channel.id, sent_as, "counted", cost, verdict.category)
    return messages.begin(
        sending.organization_id,
        sending.key,
        sending.owner,
        sending.key.at + LEASE_MS,
        cost=cost_json(cost, estimate=True),
        ledger=ledger.dump(entry),
        **_content(request, verdict, sent_as),
    )


def _release(sending: Sending) -> None:
    """Nothing was sent: the key may be used again."""
    try:
        messages.settle(sending.organization_id, sending.key, "rejected", None, code="unavailable")
        messages.release(sending.organization_id, sending.idempotency_key, sending.owner)
    except StoreError as error:
        logger.warning("reservation_not_released", extra={"reason": str(error)})


def _forward(sending: Sending, verdict: Verdict) -> Told:
    """Calls the BSP and settles by what it says."""
    request = sending.request
    bsp = provider(request.channel.provider)
    message = gate.outbound(request, verdict, sending.key.id)
    answer = forward(bsp.request(request.channel, channel_secrets(request.channel.id), message), bsp)
    count("gate.outcome", outcome=answer.outcome, sent_as=verdict.decision.sent_as)
    return _SETTLE[answer.outcome](sending, verdict, answer)


def _accepted(sending: Sending, verdict: Verdict, answer: Answer) -> Told:
    assert verdict.cost is not None
    body = {
        "id": sending.key.id,
        "status": "accepted",
        "sent_as": verdict.decision.sent_as,
        "bsp_message_id": answer.bsp_message_id,
        "window": window_json(verdict.facts.state),
        "server_time": time_or_none(verdict.server_time),
        "cost": cost_json(verdict.cost, estimate=True),
    }
    told = Told(202, json.dumps(body, ensure_ascii=False))
    _settle(sending, told, "accepted", sending.day, provider_id=answer.bsp_message_id)
    _note_activity(sending, verdict, sent=True)
    return told


def _rejected(sending: Sending, verdict: Verdict, answer: Answer) -> Told:
    request = sending.request
    refusal = Problem(
        "bsp_rejected",
        "The BSP refused the message; nothing was sent.",
        window=window_json(verdict.facts.state),
        provider=_provider_part(request, answer),
        extra={"id": sending.key.id, "server_time": time_or_none(verdict.server_time)},
    )
    told = _told_problem(refusal, sending.request_id)
    entry = ledger.entry(
        sending.key.id, sending.key.at, request.channel.id, verdict.decision.sent_as, "rejected", None, verdict.category
    )
    _settle(
        sending,
        told,
        "rejected",
        sending.day,
        code=answer.code or "bsp_rejected",
        reason=answer.reason,
        ledger=ledger.dump(entry),
    )
    if answer.code:
        _tell_of_failure(sending, Failure(answer.code, answer.reason))
    return told


def _tell_of_failure(sending: Sending, failure: Failure) -> None:
    request = sending.request
    try:
        on_failure(request.access.organization, request.channel, request.contact, failure, http.now_ms())
    except StoreError as error:
        logger.warning("failure_not_recorded", extra={"reason": str(error)})


def _outcome_unknown(sending: Sending, verdict: Verdict, answer: Answer) -> Told:
    problem = _unknown(sending.request, sending.key.id, answer, window_json(verdict.facts.state), verdict.server_time)
    told = _told_problem(problem, sending.request_id)
    _settle(sending, told, "unknown", None, code="bsp_outcome_unknown")
    _note_activity(sending, verdict, sent=True)
    return told


def _unknown(
    request: Request, message_id: str, answer: Answer | None, window: dict[str, Any] | None, now: int
) -> Problem:
    return Problem(
        "bsp_outcome_unknown",
        "The BSP did not say whether it took the message. It is not sent again by itself; a status from the BSP "
        "settles it.",
        ("check_message_status",),
        window=window,
        provider=_provider_part(request, answer) if answer else None,
        extra={"id": message_id, "server_time": time_or_none(now)},
    )


def _busy(sending: Sending, verdict: Verdict, answer: Answer) -> Told:
    """The BSP said, to the last attempt, that it did not process the message."""
    try:
        messages.settle(sending.organization_id, sending.key, "rejected", None, code="throttled", reason=answer.reason)
        messages.release(sending.organization_id, sending.idempotency_key, sending.owner)
    except StoreError as error:
        logger.warning("reservation_not_released", extra={"reason": str(error)})
    raise Problem(
        "throttled",
        "The BSP is not taking messages at the moment; nothing was sent.",
        ("retry_later",),
        provider=_provider_part(sending.request, answer),
        retry_after=answer.retry_after or 1,
    )


_SETTLE = {"accepted": _accepted, "rejected": _rejected, "unknown": _outcome_unknown, "busy": _busy}


def _provider_part(request: Request, answer: Answer) -> dict[str, Any]:
    said = {"name": request.channel.provider, "code": answer.code, "details": answer.reason}
    return {name: value for name, value in said.items() if value is not None}


def _settle(sending: Sending, told: Told, status: str, day: str | None, **fields: Any) -> None:
    """Writes the outcome. If that fails the message is what it is all the same: the write is queued."""
    settlement = {"status": status, "day": day, "answer": told.text, "answer_status": told.status, **fields}
    org, channel = sending.request.access.organization, sending.request.channel
    try:
        messages.settle(org.id, sending.key, **settlement)
        adopt_orphans(org, channel, sending.key.contact)
    except StoreError as error:
        logger.error("settlement_queued", extra={"reason": str(error)})
        try:
            queue_settlement(org.id, channel.id, sending.key.id, settlement)
        except (ClientError, BotoCoreError, ValueError) as second:
            logger.error("settlement_lost", extra={"error": type(second).__name__, "message_id": sending.key.id})


def _note_activity(sending: Sending, verdict: Verdict, sent: bool) -> None:
    """A contact that is not in the list yet gets there, and its last send is noted now and then."""
    person, at = verdict.person, sending.key.at
    stale = sent and at - (person.sent_at or 0) > ACTIVITY_MS
    if person.exists and not stale:
        return
    try:
        contacts.ensure(
            sending.organization_id,
            sending.request.contact,
            ContactRef(sending.request.to),
            sent_at=at if sent else None,
        )
    except StoreError as error:
        logger.warning("activity_not_noted", extra={"reason": str(error)})


def _told_problem(problem: Problem, request_id: str, replayed: bool = False) -> Told:
    return Told(problem.status, json.dumps(problem.to_json(request_id), ensure_ascii=False), replayed)
