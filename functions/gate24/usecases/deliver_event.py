"""Tells one subscription of one event: signs it, posts it, and notes what came of it.

At least once: what was told and could not be noted is told again under the same id. What fails goes out of the queue
into the table, so that it holds nobody up (``retry_deliveries`` queues it again). So does what has waited too long
behind an endpoint that answers more slowly than events come, and what comes for the same contact after it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from gate24 import clock
from gate24.channels import Organization
from gate24.feed import FeedEvent
from gate24.observability import count, logger
from gate24.providers import endpoint
from gate24.providers.endpoint import EndpointAnswer
from gate24.rules.delivery_retries import BEHIND_AFTER_MS, INDEX_LATE_MS, next_attempt_at
from gate24.rules.webhook_signatures import provider_headers, standard_headers
from gate24.settings import VERSION, settings
from gate24.store import deliveries, organizations, subscriptions, waiting_bodies
from gate24.store.table import StoreError
from gate24.subscriptions import PROVIDER_BODY, Delivery, LastAnswer, QueuedDelivery, Subscription

Render = Callable[[Organization, FeedEvent], Mapping[str, object] | None]
"""The body of an event as it can be told now; None where what it is about is gone (``api.event_bodies``)."""

GONE = 410
PAUSED_BY_GONE = "The endpoint answered 410 Gone: it wants no more events."

_PROOF_REFUSED = (400, 401, 403)
"""What endpoints answer to a proof that they do not take."""

_CALL_SECONDS_LEAST = 1.0
"""With less left of an attempt's time the endpoint is not called with another secret."""

_DETAIL_LETTERS = 500
"""Of what an endpoint said as much is kept."""


def deliver_event(queued: QueuedDelivery, render: Render, sent_at: int) -> str:
    """Makes one attempt, unless it was made already; returns a word for the metrics: what came of it. StoreError where
    that could not be read or noted: the attempt is to be made again. ``sent_at``: since when it has been in the
    queue (epoch ms)."""
    event = queued.event
    subscription = subscriptions.find(event.organization_id, queued.subscription_id)
    known = deliveries.find(event.organization_id, queued.subscription_id, event.at, event.id)
    delivery = _delivery(queued, known)
    if subscription is None:
        return _forgotten(delivery, known)
    if known is not None and _is_made(queued, known):
        return "repeated"
    is_cut_off = subscription.health.cut_off_until is not None and not queued.is_probe
    if subscription.is_paused or is_cut_off:
        return _put_off(delivery, queued)
    if _is_behind(subscription, queued, sent_at):
        return _fall_behind(subscription, delivery, queued, sent_at)
    outcome = _attempt(subscription, delivery, queued, render)
    if subscription.backlog is not None and _is_out_of_table(queued):
        deliveries.end_put_off(queued)
    return outcome


def _attempt(subscription: Subscription, delivery: Delivery, queued: QueuedDelivery, render: Render) -> str:
    event = queued.event
    try:
        body = _body(queued, delivery, render)
    except StoreError:
        raise
    except Exception as error:  # a fault of ours: it must not hold up the contact's other events
        return _not_rendered(delivery, queued, error)
    if body is None:
        return _end(delivery, queued, "dropped")
    now = clock.now_ms()
    said = _call(subscription, event, body, now)
    words = said.detail[:_DETAIL_LETTERS] or (PAUSED_BY_GONE if said.status == GONE else "")
    last_answer = LastAnswer(now, said.status, words, said.took_ms)
    attempted = replace(delivery, attempts=queued.attempt, last_answer=last_answer, not_before=None)
    if said.is_success:
        subscriptions.note_success(subscription)
        return _end(attempted, queued, "delivered")
    return _failed(subscription, attempted, queued, said)


def _delivery(queued: QueuedDelivery, known: Delivery | None) -> Delivery:
    """The delivery before the attempt. A replay begins anew."""
    if known is not None and known.replay == queued.replay:
        return known
    return Delivery(queued.subscription_id, queued.event, "pending", queued.replay, contact_ids=queued.contact_ids)


def _is_made(queued: QueuedDelivery, known: Delivery) -> bool:
    """Whether this attempt was made, or one that came after it, or waits in the table since."""
    if queued.replay != known.replay:
        return queued.replay < known.replay
    waits = known.next_at is not None and not _is_out_of_table(queued)
    return known.status != "pending" or queued.attempt <= known.attempts or waits


def _is_out_of_table(queued: QueuedDelivery) -> bool:
    """Whether it waited in the table before."""
    return queued.due_at > 0


def _forgotten(delivery: Delivery, known: Delivery | None) -> str:
    """The webhook was deleted: nothing of it is kept."""
    if delivery.event.type == PROVIDER_BODY:
        waiting_bodies.remove(delivery)
    if known is not None:
        deliveries.remove(known)
    return "webhook_gone"


def _put_off(delivery: Delivery, queued: QueuedDelivery) -> str:
    """Waits in the table, without an attempt, until the endpoint takes events again."""
    now = clock.now_ms()
    waiting = replace(delivery, first_failed_at=delivery.first_failed_at or now, next_at=now)
    return _wait(waiting, queued, now)


def _is_behind(subscription: Subscription, queued: QueuedDelivery, sent_at: int) -> bool:
    """Whether the event is to wait in the table: it has waited too long in the queue, or it comes after one of its
    contact that waits there."""
    if _is_out_of_table(queued):
        return False
    is_old = clock.now_ms() - sent_at >= BEHIND_AFTER_MS
    return is_old or (subscription.backlog is not None and deliveries.is_put_off(queued))


def _fall_behind(subscription: Subscription, delivery: Delivery, queued: QueuedDelivery, sent_at: int) -> str:
    """Waits in the table, without an attempt, in the place that it had in the queue."""
    now = clock.now_ms()
    subscriptions.note_behind(subscription, now)
    deliveries.note_put_off(queued, now)
    waiting = replace(delivery, next_at=sent_at, not_before=now + INDEX_LATE_MS)
    return _wait(waiting, queued, now, "behind")


def _body(queued: QueuedDelivery, delivery: Delivery, render: Render) -> bytes | None:
    event = queued.event
    if event.type == PROVIDER_BODY:
        if waiting_bodies.is_about_erased(event.organization_id, queued.contact_ids, event.at):
            return None
        return queued.raw if queued.raw is not None else waiting_bodies.read(delivery)
    organization = organizations.organization(event.organization_id)
    if organization is None:
        raise StoreError("deliver_event", "organization_missing")
    rendered = render(organization, event)
    return None if rendered is None else as_json(rendered)


def _not_rendered(delivery: Delivery, queued: QueuedDelivery, error: Exception) -> str:
    name, now = type(error).__name__, clock.now_ms()
    logger.error("event_not_rendered", extra={"event": queued.event.id, "type": queued.event.type, "error": name})
    count("event.poisonous")
    said = LastAnswer(now, None, f"gate24 could not write the event ({name}); the endpoint was not called.", 0)
    attempted = replace(delivery, attempts=queued.attempt, last_answer=said)
    return _again_later(attempted, queued, now)


def as_json(body: Mapping[str, object]) -> bytes:
    """The body's JSON. Half of a surrogate pair, which a message may hold, is escaped."""
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(body, separators=(",", ":")).encode()


def _call(subscription: Subscription, event: FeedEvent, body: bytes, now: int) -> EndpointAnswer:
    provider_names = (str(event.facts.get("provider")),) if event.type == PROVIDER_BODY else ()
    return post(subscription, event.id, body, now, provider_names)


def post(
    subscription: Subscription, event_id: str, body: bytes, now: int, provider_names: Sequence[str] = ()
) -> EndpointAnswer:
    """Signs the body and posts it to the subscription's endpoint, all within the time of one call.

    ``provider_names``: whose own proofs it has, too. They have room for one secret: the current one, and after a
    rotation, where the endpoint does not take that, each earlier one that still signs."""
    secrets, left = subscriptions.signing_secrets(subscription, now), endpoint.CALL_SECONDS
    headers = {
        "content-type": "application/json",
        "user-agent": f"gate24/{VERSION}",
        **standard_headers(secrets, event_id, now // 1000, body),
    }
    for secret in secrets:
        proofs = (provider_headers(each, secret, body) for each in provider_names)
        proved = headers | {name: value for proof in proofs for name, value in proof.items()}
        said = endpoint.call(subscription.url, proved, body, settings().allow_loopback, left)
        left -= said.took_ms / 1000
        if not provider_names or said.status not in _PROOF_REFUSED or left < _CALL_SECONDS_LEAST:
            break
    return said


def _failed(subscription: Subscription, attempted: Delivery, queued: QueuedDelivery, said: EndpointAnswer) -> str:
    now, organization_id = clock.now_ms(), attempted.event.organization_id
    if said.status == GONE:
        subscriptions.pause(organization_id, subscription.id, PAUSED_BY_GONE)
        logger.warning("webhook_paused", extra={"webhook": subscription.id, "reason": "gone"})
        outcome = _keep_failed(replace(attempted, first_failed_at=attempted.first_failed_at or now), queued, now)
    else:
        outcome = _again_later(attempted, queued, now)
    subscriptions.note_failure(organization_id, subscription.id, now, queued.is_probe)
    return outcome


def _again_later(attempted: Delivery, queued: QueuedDelivery, now: int) -> str:
    first = attempted.first_failed_at or now
    next_at = next_attempt_at(queued.attempt, first, now, random.random())
    failed = replace(attempted, first_failed_at=first, next_at=next_at)
    return _keep_failed(failed, queued, now) if next_at is None else _wait(failed, queued, now, "retry")


def _keep_failed(failed: Delivery, queued: QueuedDelivery, now: int) -> str:
    """The last attempt: it is kept for a replay."""
    if queued.raw is not None and not waiting_bodies.keep(failed, queued.raw, now):
        return _end(failed, queued, "dropped")
    deliveries.save(replace(failed, status="failed", next_at=None), now)
    return "failed"


def _wait(waiting: Delivery, queued: QueuedDelivery, now: int, outcome: str = "put_off") -> str:
    event = waiting.event
    deliveries.note_waiting(event.organization_id, waiting.subscription_id, now)
    if queued.raw is not None and not waiting_bodies.keep(waiting, queued.raw, now):
        return _end(waiting, queued, "dropped")
    deliveries.save(replace(waiting, status="pending"), now)
    return outcome


def _end(delivery: Delivery, queued: QueuedDelivery, status: Literal["delivered", "dropped"]) -> str:
    deliveries.save(replace(delivery, status=status, next_at=None), clock.now_ms())
    if delivery.event.type == PROVIDER_BODY and queued.raw is None:
        waiting_bodies.remove(delivery)
    return status
