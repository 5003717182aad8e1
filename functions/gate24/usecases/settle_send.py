"""Settles a send by what the BSP said: the outcome is written and returned to the caller."""

from __future__ import annotations

from dataclasses import dataclass

from gate24 import clock
from gate24.costs import Cost, LedgerEntry, LedgerState
from gate24.events import Failure
from gate24.message_keys import MessageKey
from gate24.messages import SendRequest, Settlement, StoredAnswer
from gate24.observability import logger
from gate24.providers.interface import ProviderAnswer
from gate24.rules import ledger
from gate24.rules.rollup import local_day
from gate24.store import messages, retry_queue
from gate24.store.retry_queue import NotQueued, QueuedSettlement
from gate24.store.table import StoreError
from gate24.usecases.apply_failure import apply_failure, failure_time
from gate24.usecases.decide_send import Verdict
from gate24.usecases.match_waiting_statuses import match_waiting_statuses
from gate24.usecases.note_activity import note_activity
from gate24.usecases.outcomes import Accepted, NotTaken, Rejected, Render, Unknown


@dataclass(frozen=True, slots=True)
class Sending:
    """A send under way. ``owner``: a random token by which this call recognizes what it wrote."""

    request: SendRequest
    idempotency_key: str
    key: MessageKey
    owner: str
    render: Render

    @property
    def day(self) -> str:
        """The local day in whose ledger the message stands."""
        return local_day(self.key.at, self.request.organization.timezone).isoformat()

    def ledger_entry(self, verdict: Verdict, state: LedgerState, cost: Cost | None) -> LedgerEntry:
        channel_id, sent_as = self.request.channel.id, verdict.decision.sent_as
        return ledger.new_entry(self.key.id, self.key.at, channel_id, sent_as, state, cost, verdict.category)

    def give_back(self, code: str, reason: str | None = None) -> None:
        """Nothing was sent: the message ends as rejected, where there is one, and the key may be used again."""
        organization_id = self.request.organization.id
        try:
            messages.settle(organization_id, self.key, Settlement("rejected", code=code, reason=reason))
            messages.release(organization_id, self.idempotency_key, self.owner)
        except StoreError as error:
            logger.warning("reservation_not_released", extra={"reason": str(error)})


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
        verdict.cost,
    )
    kept = sending.render(outcome)
    _write(sending, Settlement("accepted", sending.day, provider_id=answer.bsp_message_id, answer=kept))
    note_activity(sending.request, verdict.contact, sending.key.at, sent=True)
    return kept


def _rejected(sending: Sending, verdict: Verdict, answer: ProviderAnswer) -> StoredAnswer:
    provider_name = sending.request.channel.provider
    kept = sending.render(Rejected(sending.key.id, provider_name, answer, verdict.facts.state, verdict.at))
    settlement = Settlement(
        "rejected",
        sending.day,
        code=answer.code or "bsp_rejected",
        reason=answer.reason,
        ledger=sending.ledger_entry(verdict, "rejected", None),
        answer=kept,
    )
    _write(sending, settlement)
    if answer.code:
        _tell_of_failure(sending, verdict, Failure(answer.code, answer.reason))
    return kept


def _tell_of_failure(sending: Sending, verdict: Verdict, failure: Failure) -> None:
    request = sending.request
    try:
        apply_failure(request.organization, request.channel, request.contact_id, failure, failure_time(verdict.at))
    except StoreError as error:
        logger.warning("failure_not_recorded", extra={"reason": str(error)})


def _unknown(sending: Sending, verdict: Verdict, answer: ProviderAnswer) -> StoredAnswer:
    provider_name = sending.request.channel.provider
    kept = sending.render(Unknown(sending.key.id, provider_name, answer, verdict.facts.state, verdict.at))
    _write(sending, Settlement("unknown", code="bsp_outcome_unknown", answer=kept))
    note_activity(sending.request, verdict.contact, sending.key.at, sent=True)
    return kept


def _busy(sending: Sending, verdict: Verdict, answer: ProviderAnswer) -> StoredAnswer:
    """The BSP said, to the last attempt, that it did not process the message."""
    sending.give_back("throttled", answer.reason)
    raise NotTaken(
        "throttled",
        "The BSP is not taking messages at the moment; nothing was sent.",
        retry_after_ms=(answer.retry_after or 1) * 1000,
        provider_name=sending.request.channel.provider,
        answer=answer,
    )


def _write(sending: Sending, settlement: Settlement) -> None:
    """Writes the outcome. If that fails the message is what it is all the same: the write is queued."""
    organization, channel = sending.request.organization, sending.request.channel
    try:
        messages.settle(organization.id, sending.key, settlement)
        match_waiting_statuses(organization, channel, sending.key.contact_id, clock.now_ms())
    except StoreError as error:
        logger.error("settlement_queued", extra={"reason": str(error)})
        try:
            retry_queue.put(QueuedSettlement(organization.id, channel.id, sending.key, settlement))
        except NotQueued as second:
            logger.error("settlement_lost", extra={"error": str(second), "message_id": sending.key.id})


_OUTCOMES = {"accepted": _accepted, "rejected": _rejected, "unknown": _unknown, "busy": _busy}
