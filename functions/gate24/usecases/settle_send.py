"""Settles a send by what the BSP said: the outcome is written and returned to the caller."""

from __future__ import annotations

from dataclasses import replace

from gate24 import clock
from gate24.costs import Cost, LedgerEntry, LedgerState
from gate24.events import Failure
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import MessageKey
from gate24.messages import FailedAttempt, Message, SendRequest, Settlement, StoredAnswer
from gate24.observability import count, logger
from gate24.providers.interface import ProviderAnswer
from gate24.rules import ledger
from gate24.rules.decision import REFUSALS, Decision
from gate24.rules.rollup import local_day
from gate24.store import messages, retry_queue
from gate24.store.retry_queue import NotQueued, QueuedSettlement
from gate24.store.table import StoreError
from gate24.usecases.apply_failure import apply_failure, failure_time
from gate24.usecases.decide_send import Verdict
from gate24.usecases.match_waiting_statuses import match_message
from gate24.usecases.note_activity import begin_noting
from gate24.usecases.outcomes import Accepted, NotTaken, Refused, Rejected, Render, Unknown
from gate24.usecases.state_costs import stated_cost


@dataclass(frozen=True, slots=True)
class Sending:
    """A send under way. ``idempotency_key``: None where the caller gave none, so that nobody repeats it. ``owner``: a
    random token by which this call recognizes what it wrote. ``at``: when its request came (epoch ms), ``started`` the
    same for measuring (``time.monotonic``). ``previous``: the message as earlier attempts left it, ``failed_attempts``
    those attempts."""

    request: SendRequest
    idempotency_key: str | None
    key: MessageKey
    owner: str
    render: Render
    at: int
    started: float
    previous: Message | None = None
    failed_attempts: tuple[FailedAttempt, ...] = ()
    is_continued: bool = False

    def day(self, verdict: Verdict) -> str:
        """The local day in whose ledger the message stands: on which it went out, or was refused."""
        return local_day(verdict.at, self.request.organization.timezone).isoformat()

    def ledger_entry(self, verdict: Verdict, state: LedgerState, cost: Cost | None) -> LedgerEntry:
        channel_id, sent_as = self.request.channel.id, verdict.decision.sent_as
        template = verdict.asked_template.name if sent_as == "template" and verdict.asked_template else None
        campaign = self.request.body.get("tags", {}).get("campaign")
        entry = ledger.new_entry(self.key.id, self.key.at, channel_id, sent_as, state, cost, verdict.category, campaign)
        return replace(entry, conversation=verdict.conversation, template=template, author=self.request.author)

    def give_back(self, code: str, reason: str | None = None, at: int | None = None) -> None:
        """Nothing was sent: the key may be used again, and goes on with the message, where one was written. ``at``:
        when the BSP was asked (epoch ms)."""
        organization_id = self.request.organization.id
        attempt = FailedAttempt(clock.now_ms() if at is None else at, code, reason)
        settlement = Settlement(
            "rejected",
            code=code,
            reason=reason,
            failed_attempts=(*self.failed_attempts, attempt),
            owner=self.owner,
        )
        try:
            is_written = messages.give_back(organization_id, self.key, settlement)
            if self.idempotency_key is not None:
                messages.release(organization_id, self.idempotency_key, self.owner, is_written or self.is_continued)
        except StoreError as error:
            logger.warning("reservation_not_released", extra={"reason": str(error)})
            _queue(self, settlement)


def settle(sending: Sending, verdict: Verdict, answer: ProviderAnswer) -> StoredAnswer:
    """Ends the send; NotTaken ``throttled`` where the BSP took nothing, with the key given back."""
    return _OUTCOMES[answer.outcome](sending, verdict, answer)


def _accepted(sending: Sending, verdict: Verdict, answer: ProviderAnswer) -> StoredAnswer:
    assert verdict.cost is not None
    outcome = Accepted(
        sending.key.id,
        verdict.decision.sent_as,
        answer.bsp_message_id,
        verdict.facts.state,
        verdict.at,
        stated_cost(sending.request.organization, verdict.cost, verdict.at),
    )
    kept = sending.render(outcome)
    is_noted = begin_noting(sending.request, verdict, sending.at, sending.key.suffix, sent=True)
    _write(sending, Settlement("accepted", sending.day(verdict), provider_id=answer.bsp_message_id, answer=kept))
    is_noted()
    return kept


def _rejected(sending: Sending, verdict: Verdict, answer: ProviderAnswer) -> StoredAnswer:
    provider_name = sending.request.channel.provider
    kept = sending.render(Rejected(sending.key.id, provider_name, answer, verdict.facts.state, verdict.at))
    settlement = Settlement(
        "rejected",
        sending.day(verdict),
        code=answer.code or "bsp_rejected",
        reason=answer.reason,
        ledger=sending.ledger_entry(verdict, "rejected", None),
        answer=kept,
    )
    # The contact first: whoever repeats the request only gets its answer again.
    is_told = _tell_of_failure(sending, verdict, answer)
    _write(sending, settlement, is_told)
    return kept


def settle_window_closed(sending: Sending, verdict: Verdict, answer: ProviderAnswer) -> StoredAnswer:
    """Ends a freeform that the BSP refused because the window is closed, as a refusal. ``verdict``: as it is since the
    window was closed here, too. A contact who wrote meanwhile may be written to, and the answer says so."""
    now = verdict.decision.allowed_actions
    actions = now if "send_freeform" in now else tuple(dict.fromkeys((*now, *REFUSALS["window_closed"].ways_out)))
    detail = f"The BSP refused it. {REFUSALS['window_closed'].detail}"
    code = verdict.decision.fallback_code or (verdict.decision.code if sending.request.fallback else None)
    decision = Decision("window_closed", "freeform", actions, detail, fallback_code=code)
    verdict = replace(verdict, decision=decision, template=None)
    provider_name = sending.request.channel.provider
    kept = sending.render(Refused(sending.key.id, decision, verdict.facts.state, verdict.at, provider_name, answer))
    settlement = Settlement(
        "refused",
        sending.day(verdict),
        code="window_closed",
        reason=detail,
        ledger=sending.ledger_entry(verdict, "refused", None),
        answer=kept,
    )
    is_noted = begin_noting(sending.request, verdict, sending.at, sending.key.suffix, sent=False)
    _write(sending, settlement)
    is_noted()
    count("gate.decision", "window_closed.freeform")
    return kept


def tell_of_failure(sending: Sending, verdict: Verdict, answer: ProviderAnswer) -> None:
    """Moves what the BSP's refusal tells of the contact. It is newer than what was known when the send was decided.
    StoreError where that cannot be written."""
    if answer.code is None:
        return
    failure = Failure(answer.code, answer.reason)
    request, last_inbound_at = sending.request, verdict.facts.state.last_inbound_at
    at = max(failure_time(verdict.at), (last_inbound_at or 0) + 1)
    apply_failure(request.organization, request.channel, request.contact_id, failure, at)


def _tell_of_failure(sending: Sending, verdict: Verdict, answer: ProviderAnswer) -> bool:
    """Returns whether it could be written."""
    try:
        tell_of_failure(sending, verdict, answer)
    except StoreError as error:
        logger.warning("failure_queued", extra={"reason": str(error)})
        return False
    return True


def _unknown(sending: Sending, verdict: Verdict, answer: ProviderAnswer) -> StoredAnswer:
    provider_name = sending.request.channel.provider
    kept = sending.render(Unknown(sending.key.id, provider_name, answer, verdict.facts.state, verdict.at))
    settlement = Settlement(
        "unknown",
        sending.day(verdict),
        code="bsp_outcome_unknown",
        ledger=sending.ledger_entry(verdict, "unknown", verdict.cost),
        answer=kept,
    )
    is_noted = begin_noting(sending.request, verdict, sending.at, sending.key.suffix, sent=True)
    _write(sending, settlement)
    is_noted()
    return kept


def _busy(sending: Sending, verdict: Verdict, answer: ProviderAnswer) -> StoredAnswer:
    """The BSP said, to the last attempt, that it did not process the message."""
    sending.give_back("throttled", answer.reason, verdict.at)
    raise NotTaken(
        "throttled",
        "The BSP is not taking messages at the moment; nothing was sent.",
        retry_after_ms=(answer.retry_after or 1) * 1000,
        provider_name=sending.request.channel.provider,
        answer=answer,
    )


def _write(sending: Sending, settlement: Settlement, is_whole: bool = True) -> None:
    """Writes the outcome. If that fails the message is what it is all the same: the write is queued, and what the
    refusal tells of the contact with it (not ``is_whole``: only that is left)."""
    organization, channel = sending.request.organization, sending.request.channel
    try:
        messages.settle(organization.id, sending.key, settlement)
        match_message(organization, channel, sending.key, clock.now_ms())
    except StoreError as error:
        logger.error("settlement_queued", extra={"reason": str(error)})
        is_whole = False
    if not is_whole:
        _queue(sending, settlement)


def _queue(sending: Sending, settlement: Settlement) -> None:
    organization, channel = sending.request.organization, sending.request.channel
    try:
        retry_queue.put(QueuedSettlement(organization.id, channel.id, sending.key, settlement))
    except NotQueued as error:
        logger.error("settlement_lost", extra={"error": str(error), "message_id": sending.key.id})
        count("settlement.lost")


_OUTCOMES = {"accepted": _accepted, "rejected": _rejected, "unknown": _unknown, "busy": _busy}
