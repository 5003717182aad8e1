"""One send: reserve the key, decide, forward, settle.

What the caller may rely on: one key sends at most once; what is not known is said as unknown; what the BSP
accepted is told as accepted, even if our own write fails after it.
"""

from __future__ import annotations

import secrets
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gate24.api import http
from gate24.api.problems import Problem
from gate24.api.render import time_or_none, window_json
from gate24.observability import count
from gate24.providers import HttpRequest, provider
from gate24.rules.message_status import LEASE_MS
from gate24.rules.pricing import cost_json
from gate24.settings import channel_secrets
from gate24.store import ledger_format as ledger
from gate24.store import messages
from gate24.store.keys import MessageKey
from gate24.usecases import check_message as gate
from gate24.usecases.check_message import Request, Verdict
from gate24.usecases.receive_event import media_json
from send_gate.forward import forward
from send_gate.outcome import give_back, note_activity, settle
from send_gate.replay import again
from send_gate.sending import Sending, Told, told_problem
from send_gate.turn import wait_for_turn


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
        return again(request, idempotency_key, held, request_id) or send(request, idempotency_key, request_id)
    sending = Sending(request, idempotency_key, key, owner, request_id)
    try:
        verdict = gate.judge(request, http.now_ms())
        if verdict.decision.allowed and wait_for_turn(sending, verdict):
            verdict = gate.judge(request, http.now_ms())  # what held before the wait may not hold any more
        if not verdict.decision.allowed:
            return _refuse(sending, verdict)
        outgoing = _outgoing(sending, verdict)
        begun = _begin(sending, verdict)
    except Exception:  # whatever it was, nothing was sent
        give_back(sending, code="unavailable")
        raise
    if not begun:
        raise Problem("request_in_progress", "Another request took over this key.", retry_after=1)
    answer = forward(outgoing, provider(request.channel.provider))
    count("gate.outcome", outcome=answer.outcome, sent_as=verdict.decision.sent_as)
    return settle(sending, verdict, answer)


def _outgoing(sending: Sending, verdict: Verdict) -> HttpRequest:
    """The request to the BSP; Problem ``unavailable`` where the channel's secrets cannot be read."""
    channel = sending.request.channel
    try:
        known = channel_secrets(channel.id)
    except (ClientError, BotoCoreError):
        raise Problem("unavailable", "The channel's secrets cannot be read.", retry_after=1) from None
    message = gate.outbound(sending.request, verdict, sending.key.id)
    return provider(channel.provider).request(channel, known, message)


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
    told = told_problem(refusal, sending.request_id)
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
    note_activity(sending, verdict, sent=False)
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
