"""A key that was used before: its first answer again, or that there is none yet."""

from __future__ import annotations

from dataclasses import replace

from gate24 import clock
from gate24.message_keys import message_key
from gate24.messages import Message, SendRequest, Settlement, StoredAnswer
from gate24.rules.message_status import message_status
from gate24.rules.rollup import local_day
from gate24.rules.window import state_at
from gate24.store import contacts, messages
from gate24.store.messages import Reservation
from gate24.usecases.match_waiting_statuses import match_message
from gate24.usecases.outcomes import Accepted, NotTaken, Outcome, Render, Unknown
from gate24.usecases.state_costs import with_stated_cost


def answer_repetition(
    request: SendRequest, idempotency_key: str, held: Reservation, render: Render
) -> StoredAnswer | None:
    """The first answer of the key. None: nothing was sent and the key is free now, so it may be reserved anew.

    NotTaken while the first request is under way, and where the key was used with another body.
    """
    organization_id, now = request.organization.id, clock.now_ms()
    key = message_key(held.message_id)
    assert key is not None
    found = messages.find(organization_id, key)
    if found is not None and found.is_given_back and (found.owner == held.owner or now >= held.lease_until):
        # Its function crashed before it gave the key back; or the next one did before it went on with the message.
        messages.release(organization_id, idempotency_key, held.owner, keeps_message=True)
        return None
    if held.fingerprint != request.fingerprint:
        raise NotTaken("idempotency_key_reused", "This Idempotency-Key was used with another body.")
    if found is not None and found.answer is not None:
        return found.answer
    if found is None and messages.is_erased(organization_id, key):
        raise NotTaken("not_found", "The answer of this key was erased with the contact. Nothing is sent for it again.")
    if now < held.lease_until:
        raise NotTaken(
            "request_in_progress", "The first request with this key is still in progress.", retry_after_ms=1000
        )
    if found is None:
        # It was never begun, so nothing was sent. Whoever reserves the key next goes on under the same message id: a
        # message is begun once, so the first request can no longer send, should it still run, or the next one cannot.
        messages.release(organization_id, idempotency_key, held.owner, keeps_message=True)
        return None
    outcome = _outcome(request, found, held.message_id, now)
    answer = render(outcome)
    settlement = Settlement("accepted", answer=answer)
    if not isinstance(outcome, Accepted):
        day = local_day(found.send_time, request.organization.timezone).isoformat()
        entry = found.ledger and replace(found.ledger, state="unknown")
        settlement = Settlement("unknown", day, code="bsp_outcome_unknown", ledger=entry, answer=answer)
    messages.close_abandoned(organization_id, found, settlement)
    match_message(request.organization, request.channel, key, now)
    stored = messages.find(organization_id, key)
    return stored.answer if stored is not None and stored.answer is not None else answer


def answer_of_given_back(request: SendRequest, found: Message | None, render: Render) -> StoredAnswer | None:
    """The final answer of a message whose key was given back, where it has one nevertheless: somebody closed it, or a
    status proves that it went out after all. None: it may be sent."""
    if found is None or found.answer is not None or not found.statuses:
        return found.answer if found is not None else None
    outcome = _outcome(request, found, found.key.id, clock.now_ms())
    if not isinstance(outcome, Accepted):
        return None
    answer = render(outcome)
    messages.close_abandoned(request.organization.id, found, Settlement("accepted", answer=answer))
    return answer


def _outcome(request: SendRequest, found: Message, message_id: str, now: int) -> Outcome:
    """What became of a send whose function crashed before it answered: accepted if a status proves it, else
    unknown."""
    contact = contacts.read(request.organization.id, request.contact_id)
    window = state_at(contact.window(request.channel.id), now, request.channel.margin_seconds * 1000)
    if found.cost is not None and found.sent_as is not None:
        status = message_status(found.stage, found.statuses, found.lease_until, now)
        if status in ("accepted", "sent", "delivered", "read"):
            provider_id = found.provider_id or found.whatsapp_id
            cost = with_stated_cost(request.organization, found).cost or found.cost
            return Accepted(message_id, found.sent_as, provider_id, window, now, cost, found.cost_is_estimate)
    return Unknown(message_id, request.channel.provider, None, window, now)
