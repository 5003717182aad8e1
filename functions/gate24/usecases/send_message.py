"""Sends a message: reserve the idempotency key, decide, wait for a slot, forward, settle.

What the caller may rely on: one key sends at most once; an outcome that is not known is told as unknown; what the
BSP accepted is told as accepted, even if our own write fails after it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gate24 import clock
from gate24.costs import LedgerEntry, LedgerState
from gate24.messages import Answer, Message, MessageKey, SendRequest
from gate24.observability import count, logger
from gate24.providers import provider
from gate24.providers.forward import forward
from gate24.providers.interface import HttpRequest, Outbound, TemplateSend
from gate24.rules.message_status import LEASE_MS
from gate24.store import messages
from gate24.store.secrets import channel_secrets
from gate24.usecases.decide_send import Verdict, decide_send
from gate24.usecases.note_activity import note_activity
from gate24.usecases.outcomes import NotTaken, Refused, Render
from gate24.usecases.replay_answer import first_answer
from gate24.usecases.settle_send import Sending, settle
from gate24.usecases.wait_for_slot import wait_for_slot


@dataclass(frozen=True, slots=True)
class Sent:
    """``answer``: what the caller is told. ``replayed``: whether it is the first answer of the key again."""

    answer: Answer
    replayed: bool = False


def send_message(request: SendRequest, idempotency_key: str, render: Render) -> Sent:
    """Sends at most once for the key. Refusals are answers, too; NotTaken only for what may be asked again with the
    same key (in progress, throttled, unavailable) and for a reused key."""
    now = clock.now_ms()
    key = MessageKey(request.contact_id, now, secrets.token_hex(6))
    owner = secrets.token_hex(8)
    organization_id = request.organization.id
    held = messages.reserve(organization_id, idempotency_key, request.fingerprint, key, owner, now + LEASE_MS)
    if not held.is_mine:
        first = first_answer(request, idempotency_key, held, render)
        return Sent(first, replayed=True) if first else send_message(request, idempotency_key, render)
    sending = Sending(request, idempotency_key, key, owner, render)
    try:
        verdict = decide_send(request, clock.now_ms())
        if verdict.decision.allowed and wait_for_slot(request, verdict):
            verdict = decide_send(request, clock.now_ms())  # what held before the wait may not hold any more
        if not verdict.decision.allowed:
            return Sent(_refuse(sending, verdict))
        outgoing = _outgoing(sending, verdict)
        begun = _begin(sending, verdict)
    except Exception:  # whatever it was, nothing was sent
        sending.give_back("unavailable")
        raise
    if not begun:
        raise NotTaken("request_in_progress", "Another request took over this key.", retry_after_ms=1000)
    answer = forward(outgoing, provider(request.channel.provider))
    count("gate.outcome", f"{answer.outcome}.{verdict.decision.sent_as}")
    return Sent(settle(sending, verdict, answer))


def _outgoing(sending: Sending, verdict: Verdict) -> HttpRequest:
    """The request to the BSP; NotTaken ``unavailable`` where the channel's secrets cannot be read."""
    request, channel = sending.request, sending.request.channel
    try:
        known = channel_secrets(channel.id)
    except (ClientError, BotoCoreError) as error:
        logger.error("secrets_not_read", extra={"error": type(error).__name__})
        raise NotTaken("unavailable", "The channel's secrets cannot be read.", retry_after_ms=1000) from None
    asked, template = verdict.asked_template, verdict.template
    if asked is None or template is None:
        outbound = Outbound(sending.key.id, request.to, text=request.text, media=request.media)
    else:
        send = TemplateSend(asked.name, asked.language, template.bsp_template_id, asked.params, asked.media)
        outbound = Outbound(sending.key.id, request.to, template=send)
    return provider(channel.provider).request(channel, known, outbound)


def _refuse(sending: Sending, verdict: Verdict) -> Answer:
    """Keeps the refusal in the conversation and answers with what would be allowed."""
    request, decision = sending.request, verdict.decision
    assert decision.code is not None
    answer = sending.render(Refused(sending.key.id, decision, verdict.facts.state, verdict.at))
    message = _message(sending, verdict)
    refused = replace(message, stage="refused", code=decision.code, reason=decision.detail, answer=answer)
    messages.add(request.organization.id, refused, sending.day)
    note_activity(request, verdict.contact, sending.key.at, sent=False)
    count("gate.decision", f"{decision.code}.{decision.sent_as}")
    return answer


def _begin(sending: Sending, verdict: Verdict) -> bool:
    """Writes the message as ``sending``, with all that a later status needs to settle it. False if the lease was
    lost meanwhile and somebody else closed the message as unknown."""
    message = replace(
        _message(sending, verdict),
        lease_until=sending.key.at + LEASE_MS,
        cost=verdict.cost,
        cost_is_estimate=True,
    )
    return messages.begin(sending.request.organization.id, message)


def _message(sending: Sending, verdict: Verdict) -> Message:
    """The message as it stands in the conversation; of two declared forms, the one that goes out."""
    request, sent_as = sending.request, verdict.decision.sent_as
    asked = request.fallback if sent_as == "template" and request.template is None else request.template
    fell_back = asked is not None and request.template is None
    media = asked.media if asked else request.media
    tags = {"tags": request.body["tags"]} if "tags" in request.body else {}
    return Message(
        key=sending.key,
        direction="outbound",
        type="template" if asked else request.type,
        channel_id=request.channel.id,
        stage="sending",
        text=None if asked else request.text or (media.caption if media else None),
        media=media,
        template=_asked_json(request, fell_back) if asked else None,
        details={"fallback_for": request.type} if fell_back else tags,
        to=request.to,
        sent_as=sent_as,
        owner=sending.owner,
        ledger=_ledger_entry(sending, verdict),
    )


def _asked_json(request: SendRequest, fell_back: bool) -> dict[str, Any]:
    part: dict[str, Any] = request.body["fallback"]["template"] if fell_back else request.body["template"]
    return part


def _ledger_entry(sending: Sending, verdict: Verdict) -> LedgerEntry:
    state: LedgerState = "counted" if verdict.decision.allowed else "refused"
    return sending.ledger_entry(verdict, state, verdict.cost)
