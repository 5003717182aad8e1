"""Queues events for the subscriptions that want them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gate24.feed import FeedEvent
from gate24.store import delivery_queue, subscriptions
from gate24.store.delivery_queue import DeliveryNotQueued
from gate24.store.table import StoreError
from gate24.subscriptions import QueuedDelivery, Subscription

DeliveryQueue = Callable[[Sequence[QueuedDelivery]], None]
"""``store.delivery_queue.put``."""


def is_wanted(organization_id: str, channel_id: str | None) -> bool:
    """Whether events of that channel (None: of no channel) are to be kept and queued for a subscription."""
    return any(each.hears_of(channel_id) for each in subscriptions.of_organization(organization_id))


def queue_events(organization_id: str, events: Sequence[FeedEvent]) -> None:
    """Queues the organization's events for each subscription that wants them. StoreError where that fails: then all of
    them are to be queued again."""
    try:
        queue_deliveries(subscriptions.of_organization(organization_id), delivery_queue.put, events)
    except DeliveryNotQueued as error:
        raise StoreError("queue_events", f"not_queued {error}") from None


def queue_deliveries(wanting: Sequence[Subscription], queue: DeliveryQueue, events: Sequence[FeedEvent]) -> int:
    """Queues one delivery for each event and each subscription that wants it, in the order of the events; returns how
    many. Queued once more within five minutes, or after it was made, a delivery is not made again."""
    queued = [
        QueuedDelivery(subscription.id, event)
        for event in events
        for subscription in wanting
        if subscription.organization_id == event.organization_id and subscription.wants(event)
    ]
    if queued:
        queue(queued)
    return len(queued)
