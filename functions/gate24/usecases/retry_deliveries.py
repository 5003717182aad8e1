"""Queues again what waits for another attempt, probes endpoints that are cut off, and ends what waited too long."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from time import sleep

from gate24 import clock
from gate24.lazy_dataclass import dataclass
from gate24.observability import count, logger
from gate24.rules.delivery_retries import (
    BEHIND_KEPT_MS,
    QUEUED_AGAIN_AFTER_MS,
    is_failing,
    is_given_up,
)
from gate24.store import deliveries, delivery_queue, subscriptions
from gate24.subscriptions import Delivery, EndpointHealth, QueuedDelivery, Subscription
from gate24.usecases.forget_deliveries import forget_deliveries

WORK_SECONDS = 45.0
"""After so long no further endpoint is looked at; the next minute goes on."""

QUEUED_MOST = 1_000
"""For one endpoint in one minute. What is queued stays due until its attempt is noted; the queue knows the same attempt
for five minutes. Of a backlog that is longer no more are in the queue at a time, however slow the endpoint is."""

_ENDED_MOST = 500

PROBES_SECONDS = 20.0
"""So long a run waits for its probes: a call's 15 s and what its function takes to start. What waits goes out as soon
as one succeeds; else it would wait for the next minute, while new events overtake it."""

_LOOK_SECONDS = 1.0
"""From one look at the probed endpoints to the next."""

_FORGOTTEN_AFTER_MS = 10 * 60_000
"""So long after the last failure an endpoint for which nothing waits is looked at no more: the index, which says what
waits, is a moment late."""


@dataclass(frozen=True, slots=True)
class RetryRun:
    """``endpoints``: for which something may wait, ``failing``: those that have failed for days. ``queued``: attempts,
    ``given_up``: deliveries that have failed for good."""

    endpoints: int
    queued: int
    given_up: int
    failing: int


def retry_deliveries(now: int, is_time_up: Callable[[], bool]) -> RetryRun:
    """One run of the schedule (``now``: epoch ms). Endpoints come in any order, so that none is always the last; what
    is left of webhooks that are gone is removed after all others had their turn."""
    waiting = deliveries.waiting_endpoints()
    random.shuffle(waiting)
    queued = given_up = failing = 0
    probed: list[Subscription] = []
    gone: list[tuple[str, str, int]] = []
    for organization_id, subscription_id, noted_at in waiting:
        if is_time_up():
            break
        subscription = subscriptions.find(organization_id, subscription_id)
        if subscription is None:
            gone.append((organization_id, subscription_id, noted_at))
            continue
        failing += is_failing(subscription.health)
        given_up += _give_up(organization_id, subscription, now)
        count_queued = _queue(organization_id, subscription, now)
        queued += count_queued
        if count_queued and subscription.health.cut_off_until is not None:
            probed.append(subscription)
        _forget(organization_id, subscription, noted_at, now)
    queued += _queue_recovered(probed, is_time_up)
    _remove_gone(gone, is_time_up)
    if failing:
        count("delivery.failing", value=failing)
        logger.warning("webhooks_failing", extra={"webhooks": failing})
    if given_up:
        count("delivery", "failed", given_up)
    return RetryRun(len(waiting), queued, given_up, failing)


def _queue(organization_id: str, subscription: Subscription, now: int) -> int:
    if subscription.is_paused:
        return 0
    due = deliveries.due(organization_id, subscription.id, now)
    cut_off_until = subscription.health.cut_off_until
    if cut_off_until is None:
        chosen = [each for each in islice(due, QUEUED_MOST) if (each.not_before or 0) <= now]
    elif now < cut_off_until:
        return 0
    else:
        chosen = list(islice(due, 1))
        if not chosen or not subscriptions.claim_probe(subscription, now):
            return 0
    delivery_queue.put([_queued(each, cut_off_until is not None, now) for each in chosen])
    if subscription.backlog is not None:
        for each in chosen:
            deliveries.hold(each, now + QUEUED_AGAIN_AFTER_MS)
    return len(chosen)


def _queue_recovered(probed: list[Subscription], is_time_up: Callable[[], bool]) -> int:
    """Waits for what the endpoints say to their probes, and queues what waits for those that are well again."""
    queued, is_over = 0, clock.time_limit(PROBES_SECONDS)
    while probed and not is_over() and not is_time_up():
        sleep(_LOOK_SECONDS)
        still = []
        for before in probed:
            subscription = subscriptions.find(before.organization_id, before.id)
            if subscription is None or subscription.health.probes > before.health.probes:
                continue  # deleted, or it failed once more
            if subscription.health.cut_off_until is not None:
                still.append(before)
            else:
                queued += _queue(before.organization_id, subscription, clock.now_ms())
        probed = still
    return queued


def _queued(delivery: Delivery, is_probe: bool, now: int) -> QueuedDelivery:
    return QueuedDelivery(
        delivery.subscription_id,
        delivery.event,
        delivery.replay,
        delivery.attempts + 1,
        is_probe,
        now if is_probe else delivery.next_at or 0,
        contact_ids=delivery.contact_ids,
    )


def _give_up(organization_id: str, subscription: Subscription, now: int) -> int:
    """Ends what has waited for too long behind an endpoint that is cut off or paused: the longest due first, as far as
    they are that old."""
    if subscription.health.cut_off_until is None and not subscription.is_paused:
        return 0  # their attempts end them
    ended = 0
    for delivery in _old(deliveries.due(organization_id, subscription.id, now), now):
        deliveries.save(replace(delivery, status="failed", next_at=None), now)
        ended += 1
    return ended


def _old(due: Iterator[Delivery], now: int) -> list[Delivery]:
    found = []
    for delivery in islice(due, _ENDED_MOST):
        if not is_given_up(delivery.first_failed_at or delivery.next_at or now, now):
            break
        found.append(delivery)
    return found


def _forget(organization_id: str, subscription: Subscription, noted_at: int, now: int) -> None:
    is_quiet = subscription.health == EndpointHealth() and now - noted_at > _FORGOTTEN_AFTER_MS
    if is_quiet and next(deliveries.due(organization_id, subscription.id), None) is None:
        if subscription.backlog is None:
            deliveries.forget_waiting(organization_id, subscription.id, noted_at)
        elif now - subscription.backlog.last_at > BEHIND_KEPT_MS:
            subscriptions.end_backlog(subscription)


def _remove_gone(gone: list[tuple[str, str, int]], is_time_up: Callable[[], bool]) -> None:
    """Removes what webhooks that are gone have left, some of each; the next run goes on where more is left."""
    for organization_id, subscription_id, noted_at in gone:
        if is_time_up():
            return
        if forget_deliveries(organization_id, subscription_id):
            deliveries.forget_waiting(organization_id, subscription_id, noted_at)
