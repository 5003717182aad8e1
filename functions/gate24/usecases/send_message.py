"""Sends a message: reserve the idempotency key, decide, wait for a slot, forward, settle. What the decision rests on is
read while the key is reserved.

Whoever calls this can rely on: one idempotency key sends at most once, and is one message however many requests it
takes; an outcome that is not known is reported as unknown; what the BSP accepted is reported as accepted, even if our
own write fails after it (the write is queued). Where the BSP refuses a freeform because the window is closed, a
declared fallback goes out in its place. Next: ``providers.forward`` (which failures may be tried again),
``settle_send`` (what each outcome means) and ``answer_repetition`` (the same key again).
"""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from typing import Any

from gate24 import clock
from gate24.costs import LedgerEntry, LedgerState
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import MessageKey, message_key
from gate24.messages import FailedAttempt, Message, SendRequest, StoredAnswer
from gate24.observability import count, count_share, logger
from gate24.providers import provider
from gate24.providers.forward import forward, may_be_called_again, seconds_left
from gate24.providers.interface import HttpRequest, ProviderAnswer
from gate24.rules.failures import meaning
from gate24.rules.message_status import LEASE_MS
from gate24.store import contacts, messages
from gate24.store.secrets import channel_secrets
from gate24.store.send_slots import Slot
from gate24.store.table import StoreError
from gate24.usecases.answer_repetition import answer_of_given_back, answer_repetition
from gate24.usecases.decide_send import Reading, Verdict, begin_reading, decide_send
from gate24.usecases.outbound_message import freeform_outbound, template_outbound
from gate24.usecases.outcomes import NotTaken, Refused, Render
from gate24.usecases.settle_send import Sending, settle, settle_window_closed, tell_of_failure
from gate24.usecases.wait_for_slot import begin_end_of_send, end_of_send, refuse_at_once, wait_for_slot

BEGUN_WITHIN_MS = 20_000
"""Lambda ends the function by then (template.yaml). A request that stood still for longer begins nothing any more: its
key is free for others after ``LEASE_MS``, which leaves the time that the write of a message may take."""


@dataclass(frozen=True, slots=True)
class Sent:
    """``answer``: what the caller gets. ``replayed``: whether it is the first answer of the key again."""

    answer: StoredAnswer
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Forwarded:
    """An attempt that reached the BSP, or tried to: the message as it was written before, and what the BSP said."""

    verdict: Verdict
    message: Message
    answer: ProviderAnswer
    slot: Slot

    @property
    def window_was_closed(self) -> bool:
        """Whether the BSP refused a freeform because, for it, the window was closed."""
        refused = self.answer.outcome == "rejected" and self.verdict.decision.sent_as == "freeform"
        return refused and meaning(self.answer.code).effect == "close_window"


def send_message(request: SendRequest, idempotency_key: str | None, render: Render) -> Sent:
    """Sends at most once for the idempotency key and returns the stored answer, of a refusal too. Raises NotTaken
    where there is no final outcome: the key is in progress, throttled or unavailable, or was used with another body.
    Without a key each call is a message of its own."""
    now, started = clock.now_ms(), time.monotonic()
    new_key = MessageKey(request.contact_id, now, secrets.token_hex(6))
    owner, organization_id = secrets.token_hex(8), request.organization.id
    refuse_at_once(request, idempotency_key)
    if idempotency_key is None:
        return _send(Sending(request, None, new_key, owner, render, now, started))
    reading = begin_reading(request)
    reservation = messages.reserve(
        organization_id, idempotency_key, request.fingerprint, new_key, owner, now + LEASE_MS
    )
    if not reservation.is_mine:
        first = answer_repetition(request, idempotency_key, reservation, render)
        return Sent(first, replayed=True) if first else send_message(request, idempotency_key, render)
    sending = Sending(request, idempotency_key, new_key, owner, render, now, started)
    if reservation.message_id != new_key.id:
        sending = _continued(sending, reservation.message_id)
        answer = answer_of_given_back(request, sending.previous, render)
        if answer is not None:
            return Sent(answer, replayed=True)
        if sending.previous is not None and not sending.previous.is_given_back:
            raise _taken_over()  # the first request began it after all, between our look at it and the reservation
    return _send(sending, reading)


def _send(sending: Sending, reading: Reading | None = None) -> Sent:
    done = _attempt(sending, reading)
    if isinstance(done, StoredAnswer):
        return Sent(done)
    return Sent(_after_a_closed_window(sending, done) if done.window_was_closed else _settle(sending, done))


def _settle(sending: Sending, done: _Forwarded) -> StoredAnswer:
    is_over = begin_end_of_send(sending.request, done.slot, done.answer)
    try:
        return settle(sending, done.verdict, done.answer)
    finally:
        is_over()


def _continued(sending: Sending, message_id: str) -> Sending:
    """The send as it goes on with the message of a key that was given back, or whose request ended before it began one;
    NotTaken where that message was erased."""
    key, organization_id = message_key(message_id), sending.request.organization.id
    assert key is not None and sending.idempotency_key is not None
    try:
        previous = messages.find(organization_id, key)
        is_erased = previous is None and messages.is_erased(organization_id, key)
    except StoreError:
        messages.release(organization_id, sending.idempotency_key, sending.owner, keeps_message=True)
        raise
    if is_erased:
        raise NotTaken(
            "not_found", "The message of this key was erased with the contact. Nothing is sent for it again."
        )
    attempts = previous.failed_attempts if previous is not None else ()
    return replace(sending, key=key, previous=previous, failed_attempts=attempts, is_continued=True)


def _attempt(sending: Sending, reading: Reading | None = None) -> _Forwarded | StoredAnswer:
    """Decides and forwards; the answer of the gate's refusal where the message may not go. ``reading``: as begun
    before."""
    request, slot = sending.request, None
    try:
        verdict = decide_send(request, clock.now_ms(), reading)
        if not verdict.decision.allowed:
            return _refuse(sending, verdict)
        slot = wait_for_slot(request, verdict)
        if slot.wait_ms:  # what held before the wait may not hold any more
            verdict = decide_send(request, clock.now_ms())
        if not verdict.decision.allowed:
            refusal = _refuse(sending, verdict)
            end_of_send(request, slot, None)
            return refusal
        outgoing = _outgoing(sending, verdict)
        message = _begun(sending, verdict)
        if clock.now_ms() >= sending.at + BEGUN_WITHIN_MS:
            raise NotTaken("unavailable", "The request took too long; nothing was sent.", retry_after_ms=1000)
        begun = messages.begin(request.organization.id, message, sending.previous)
    except Exception as error:  # whatever it was, nothing was sent
        sending.give_back(error.code if isinstance(error, NotTaken) else "unavailable")
        if slot is not None:
            end_of_send(request, slot, None)
        raise
    if not begun:
        end_of_send(request, slot, None)
        raise _taken_over()
    answer = forward(outgoing, provider(request.channel.provider), seconds_left(sending.started))
    count("gate.outcome", f"{answer.outcome}.{verdict.decision.sent_as}")
    count_share("gate.unknown", answer.outcome == "unknown")
    count_share("gate.rejected", answer.outcome == "rejected")
    return _Forwarded(verdict, message, answer, slot)


def _after_a_closed_window(sending: Sending, refused: _Forwarded) -> StoredAnswer:
    """The BSP refused the freeform because the window is closed: it is closed here, too, and the declared fallback goes
    out if it may and there is time for it. Else the answer is that the window is closed."""
    try:
        tell_of_failure(sending, refused.verdict, refused.answer)
        verdict = decide_send(sending.request, clock.now_ms())
    except StoreError:  # the retry finds the window closed, or is told so by the BSP once more
        sending.give_back("unavailable", at=refused.verdict.at)
        raise
    finally:
        end_of_send(sending.request, refused.slot, refused.answer)
    falls_back = verdict.decision.allowed and verdict.decision.sent_as == "template"
    if not falls_back or not may_be_called_again(sending.started):
        return settle_window_closed(sending, verdict, refused.answer)
    failed = FailedAttempt(refused.verdict.at, "window_closed", refused.answer.reason)
    attempts = (*sending.failed_attempts, failed)
    again = replace(sending, previous=refused.message, failed_attempts=attempts)
    done = _attempt(again)
    return _settle(again, done) if isinstance(done, _Forwarded) else done


def _taken_over() -> NotTaken:
    return NotTaken("request_in_progress", "Another request took over this key.", retry_after_ms=1000)


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
        outbound = freeform_outbound(request, sending.key.id, verdict.answered)
    else:
        outbound = template_outbound(request, sending.key.id, asked, template)
    return provider(channel.provider).request(channel, secrets_of_channel, outbound)


def _refuse(sending: Sending, verdict: Verdict) -> StoredAnswer:
    """Keeps the refusal in the conversation and answers with what would be allowed."""
    request, decision = sending.request, verdict.decision
    assert decision.code is not None
    answer = sending.render(Refused(sending.key.id, decision, verdict.facts.state, verdict.at))
    message = _message(sending, verdict)
    refused = replace(message, stage="refused", code=decision.code, reason=decision.reason, answer=answer)
    if not verdict.contact.exists:  # first, so that no conversation is without its contact
        contacts.ensure(request.organization.id, verdict.contact.id, request.to)
    if not messages.begin(request.organization.id, refused, sending.previous, sending.day(verdict)):
        raise _taken_over()
    count("gate.decision", f"{decision.code}.{decision.sent_as}")
    return answer


def _begun(sending: Sending, verdict: Verdict) -> Message:
    """The message as ``sending``, with all that a later status needs to settle it."""
    return replace(
        _message(sending, verdict),
        lease_until=sending.at + LEASE_MS,
        forwarded_at=verdict.at,
        cost=verdict.cost,
        cost_is_estimate=True,
    )


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
        content=None if asked else request.content,
        reply_to=verdict.answered.key.id if verdict.answered else None if asked else request.answers,
        details=tags | ({"fallback_for": request.type} if fell_back else {}),
        to=request.to,
        sent_as=verdict.decision.sent_as,
        owner=sending.owner,
        ledger=_ledger_entry(sending, verdict),
        failed_attempts=sending.failed_attempts,
        author=request.author,
    )


def _asked_json(request: SendRequest, fell_back: bool) -> dict[str, Any]:
    part: dict[str, Any] = request.body["fallback"]["template"] if fell_back else request.body["template"]
    return part


def _ledger_entry(sending: Sending, verdict: Verdict) -> LedgerEntry:
    state: LedgerState = "counted" if verdict.decision.allowed else "refused"
    return sending.ledger_entry(verdict, state, verdict.cost)
