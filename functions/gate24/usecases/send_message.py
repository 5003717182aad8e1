"""Sends a message: reserve the idempotency key, decide, wait for a slot, forward, settle.

Whoever calls this can rely on: one idempotency key sends at most once; an outcome that is not known is reported as
unknown; what the BSP accepted is reported as accepted, even if our own write fails after it (the write is queued).
Next: ``providers.forward`` (which failures may be tried again), ``settle_send`` (what each outcome means) and
``answer_repetition`` (the same key again).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from gate24 import clock
from gate24.costs import LedgerEntry, LedgerState
from gate24.message_keys import MessageKey
from gate24.messages import Message, SendRequest, StoredAnswer
from gate24.observability import count, logger
from gate24.providers import provider
from gate24.providers.forward import forward
from gate24.providers.interface import HttpRequest, Outbound, TemplateSend
from gate24.rules.message_status import LEASE_MS
from gate24.store import messages
from gate24.store.secrets import channel_secrets
from gate24.store.table import StoreError
from gate24.usecases.answer_repetition import answer_repetition
from gate24.usecases.decide_send import Verdict, decide_send
from gate24.usecases.note_activity import note_activity
from gate24.usecases.outcomes import NotTaken, Refused, Render
from gate24.usecases.settle_send import Sending, settle
from gate24.usecases.wait_for_slot import wait_for_slot


@dataclass(frozen=True, slots=True)
class Sent:
    """``answer``: what the caller gets. ``replayed``: whether it is the first answer of the key again."""

    answer: StoredAnswer
    replayed: bool = False


def send_message(request: SendRequest, idempotency_key: str, render: Render) -> Sent:
    """Sends at most once for the idempotency key and returns the stored answer, of a refusal too. Raises NotTaken
    where there is no final outcome: the key is in progress, throttled or unavailable, or was used with another body."""
    now = clock.now_ms()
    message_key = MessageKey(request.contact_id, now, secrets.token_hex(6))
    owner, organization_id = secrets.token_hex(8), request.organization.id
    reservation = messages.reserve(
        organization_id, idempotency_key, request.fingerprint, message_key, owner, now + LEASE_MS
    )
    if not reservation.is_mine:
        first = answer_repetition(request, idempotency_key, reservation, render)
        return Sent(first, replayed=True) if first else send_message(request, idempotency_key, render)
    sending = Sending(request, idempotency_key, message_key, owner, render)
    try:
        verdict = decide_send(request, clock.now_ms())
        if verdict.decision.allowed:
            waited = wait_for_slot(request, verdict)
            if waited:  # what held before the wait may not hold any more
                verdict = decide_send(request, clock.now_ms())
        if not verdict.decision.allowed:
            return Sent(_refuse(sending, verdict))
        outgoing = _outgoing(sending, verdict)
        begun = _begin(sending, verdict)
    except Exception:  # whatever it was, nothing was sent
        sending.give_back("unavailable")
        raise
    if not begun:
        raise NotTaken("request_in_progress", "Another request took over this key.", retry_after_ms=1000)
    provider_answer = forward(outgoing, provider(request.channel.provider))
    count("gate.outcome", f"{provider_answer.outcome}.{verdict.decision.sent_as}")
    return Sent(settle(sending, verdict, provider_answer))


def _outgoing(sending: Sending, verdict: Verdict) -> HttpRequest:
    """The request to the BSP; NotTaken ``unavailable`` where the channel's secrets cannot be read."""
    request, channel = sending.request, sending.request.channel
    try:
        secrets_of_channel = channel_secrets(channel.id)
    except StoreError as error:
        logger.error("secrets_not_read", extra={"reason": str(error)})
        raise NotTaken("unavailable", "The channel's secrets cannot be read.", retry_after_ms=1000) from None
    asked, template = verdict.asked_template, verdict.template
    if asked is None or template is None:
        outbound = Outbound(sending.key.id, request.to, text=request.text, media=request.media)
    else:
        send = TemplateSend(asked.name, asked.language, template.bsp_template_id, asked.params, asked.media)
        outbound = Outbound(sending.key.id, request.to, template=send)
    return provider(channel.provider).request(channel, secrets_of_channel, outbound)


def _refuse(sending: Sending, verdict: Verdict) -> StoredAnswer:
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
        forwarded_at=verdict.at,
        cost=verdict.cost,
        cost_is_estimate=True,
    )
    return messages.begin(sending.request.organization.id, message)


def _message(sending: Sending, verdict: Verdict) -> Message:
    """The message as it stands in the conversation: the fallback where that goes out."""
    request, asked = sending.request, verdict.asked_template
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
        details=tags | ({"fallback_for": request.type} if fell_back else {}),
        to=request.to,
        sent_as=verdict.decision.sent_as,
        owner=sending.owner,
        ledger=_ledger_entry(sending, verdict),
    )


def _asked_json(request: SendRequest, fell_back: bool) -> dict[str, Any]:
    part: dict[str, Any] = request.body["fallback"]["template"] if fell_back else request.body["template"]
    return part


def _ledger_entry(sending: Sending, verdict: Verdict) -> LedgerEntry:
    state: LedgerState = "counted" if verdict.decision.allowed else "refused"
    return sending.ledger_entry(verdict, state, verdict.cost)
