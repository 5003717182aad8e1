"""What the BSP said, written down and told to the caller."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gate24.api import http
from gate24.api.problems import Problem
from gate24.api.render import time_or_none, window_json
from gate24.events import ContactRef, Failure
from gate24.observability import logger
from gate24.providers import Answer
from gate24.rules.pricing import cost_json
from gate24.store import contacts, messages
from gate24.store import ledger_format as ledger
from gate24.store.table import StoreError
from gate24.usecases.apply_status import adopt_orphans, on_failure
from gate24.usecases.check_message import Verdict
from send_gate.repair import queue_settlement
from send_gate.sending import Sending, Told, outcome_unknown, provider_part, told_problem

ACTIVITY_MS = 4 * 60_000
"""A send is noted with its contact only so long after the last that was noted, or after the contact wrote: it is
for the order of the list of contacts, and costs a write."""


def settle(sending: Sending, verdict: Verdict, answer: Answer) -> Told:
    """Ends the send by what the BSP said; Problem ``throttled`` where it took nothing, with the key given back."""
    return _OUTCOMES[answer.outcome](sending, verdict, answer)


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
    note_activity(sending, verdict, sent=True)
    return told


def _rejected(sending: Sending, verdict: Verdict, answer: Answer) -> Told:
    request = sending.request
    refusal = Problem(
        "bsp_rejected",
        "The BSP refused the message; nothing was sent.",
        window=window_json(verdict.facts.state),
        provider=provider_part(request, answer),
        extra={"id": sending.key.id, "server_time": time_or_none(verdict.server_time)},
    )
    told = told_problem(refusal, sending.request_id)
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
        _tell_of_failure(sending, verdict, Failure(answer.code, answer.reason))
    return told


def _tell_of_failure(sending: Sending, verdict: Verdict, failure: Failure) -> None:
    """Dates what the BSP said by the second in which it was asked: Meta's times are whole seconds, and a message
    that the contact writes in the same one is newer."""
    request, at = sending.request, verdict.server_time // 1000 * 1000
    try:
        on_failure(request.access.organization, request.channel, request.contact, failure, at)
    except StoreError as error:
        logger.warning("failure_not_recorded", extra={"reason": str(error)})


def _outcome_unknown(sending: Sending, verdict: Verdict, answer: Answer) -> Told:
    problem = outcome_unknown(
        sending.request, sending.key.id, answer, window_json(verdict.facts.state), verdict.server_time
    )
    told = told_problem(problem, sending.request_id)
    _settle(sending, told, "unknown", None, code="bsp_outcome_unknown")
    note_activity(sending, verdict, sent=True)
    return told


def _busy(sending: Sending, verdict: Verdict, answer: Answer) -> Told:
    """The BSP said, to the last attempt, that it did not process the message."""
    give_back(sending, code="throttled", reason=answer.reason)
    raise Problem(
        "throttled",
        "The BSP is not taking messages at the moment; nothing was sent.",
        ("retry_later",),
        provider=provider_part(sending.request, answer),
        retry_after=answer.retry_after or 1,
    )


def give_back(sending: Sending, **fields: Any) -> None:
    """Nothing was sent: the message ends as rejected, where there is one, and the key may be used again."""
    try:
        messages.settle(sending.organization_id, sending.key, "rejected", None, **fields)
        messages.release(sending.organization_id, sending.idempotency_key, sending.owner)
    except StoreError as error:
        logger.warning("reservation_not_released", extra={"reason": str(error)})


def _settle(sending: Sending, told: Told, status: str, day: str | None, **fields: Any) -> None:
    """Writes the outcome. If that fails the message is what it is all the same: the write is queued."""
    settlement = {"status": status, "day": day, "answer": told.text, "answer_status": told.status, **fields}
    org, channel = sending.request.access.organization, sending.request.channel
    try:
        messages.settle(org.id, sending.key, **settlement)
        adopt_orphans(org, channel, sending.key.contact, http.now_ms())
    except StoreError as error:
        logger.error("settlement_queued", extra={"reason": str(error)})
        try:
            queue_settlement(org.id, channel.id, sending.key.id, settlement)
        except (ClientError, BotoCoreError, ValueError) as second:
            logger.error("settlement_lost", extra={"error": type(second).__name__, "message_id": sending.key.id})


def note_activity(sending: Sending, verdict: Verdict, sent: bool) -> None:
    """A contact that is not in the list of contacts yet gets there, and its last send is noted now and then."""
    person, at = verdict.person, sending.key.at
    stale = sent and at - (person.last_activity_at or 0) > ACTIVITY_MS
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


_OUTCOMES = {"accepted": _accepted, "rejected": _rejected, "unknown": _outcome_unknown, "busy": _busy}
