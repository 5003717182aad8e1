"""Tells events once more that a subscription wants: those of a time, or by their ids.

Events come from the feed. Of a provider's bodies only those are there that were not delivered: what was delivered is
kept by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gate24.lazy_dataclass import dataclass
from gate24.store import deliveries, delivery_queue, feed
from gate24.store.delivery_queue import DeliveryNotQueued
from gate24.store.table import StoreError
from gate24.subscriptions import Delivery, DeliveryStatus, QueuedDelivery, Subscription

QUEUED_MOST = 2_000
"""By one request; the next one goes on."""

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Replay:
    """``queued``: events that are told again. ``not_found``: ids that name none for this subscription. ``next_from``:
    where the next request goes on (epoch ms), or None."""

    queued: int
    not_found: Sequence[str] = ()
    next_from: int | None = None


def replay_by_id(subscription: Subscription, event_ids: Sequence[str], now: int) -> Replay:
    """StoreError where they cannot be read or queued."""
    asked = list(dict.fromkeys(event_ids))
    if subscription.format == "provider":
        kept = {each.event.id: each for each in _kept_bodies(subscription)}
        chosen = [_again(kept[event_id], now) for event_id in asked if event_id in kept]
    else:
        found = feed.find(subscription.organization_id, asked)
        chosen = [QueuedDelivery(subscription.id, event, _name(now)) for event in found if subscription.covers(event)]
    _put(chosen)
    told = {each.event.id for each in chosen}
    return Replay(len(chosen), [each for each in asked if each not in told])


def replay_time(subscription: Subscription, first: int, last: int, now: int) -> Replay:
    """The events that were told from one moment to another (epoch ms, both included), oldest first. StoreError where
    they cannot be read or queued."""
    chosen: list[QueuedDelivery] = []
    until = first
    for at, queued in _told_between(subscription, first, last, now):
        if len(chosen) >= QUEUED_MOST and at > until:
            _put(chosen)
            return Replay(len(chosen), next_from=at)
        chosen.append(queued)
        until = at
    _put(chosen)
    return Replay(len(chosen))


def _told_between(subscription: Subscription, first: int, last: int, now: int) -> Iterator[tuple[int, QueuedDelivery]]:
    """What the subscription may be told again, each with its time."""
    if subscription.format == "provider":
        for each in deliveries.between(subscription.organization_id, subscription.id, first, last):
            if each.status in ("failed", "pending"):
                yield each.event.at, _again(each, now)
        return
    position = f"{first:013d}"
    while True:
        page = feed.read(subscription.organization_id, position, None, _PAGE, now)
        for event, place in page.events:
            at = _time_of(place)
            if at > last:
                return
            if subscription.covers(event):
                yield at, QueuedDelivery(subscription.id, event, _name(now))
        if page.position <= position or not page.events:
            return
        position = page.position


def _time_of(place: str) -> int:
    """When the event of that place in the feed was written (epoch ms)."""
    return int(place[:13])


def _kept_bodies(subscription: Subscription) -> Iterator[Delivery]:
    statuses: tuple[DeliveryStatus, ...] = ("failed", "pending")
    for status in statuses:
        for each, _ in deliveries.of_status(subscription.organization_id, subscription.id, status, None):
            yield each


def _again(delivery: Delivery, now: int) -> QueuedDelivery:
    return QueuedDelivery(delivery.subscription_id, delivery.event, _name(now), contact_ids=delivery.contact_ids)


def _name(now: int) -> str:
    """Of a replay: later ones come after earlier ones."""
    return f"{now:013d}"


def _put(chosen: Sequence[QueuedDelivery]) -> None:
    try:
        delivery_queue.put(chosen)
    except DeliveryNotQueued as error:
        raise StoreError("replay_events", f"not_queued {error}") from None
