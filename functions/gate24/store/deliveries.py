"""What became of each event for each subscription: delivered, waiting for another attempt, failed, or dropped.

What waits stands in the index by the time at which it is due, what failed or was dropped by its event's time; what was
delivered stands in no index and costs one write. All of it goes ``DELIVERY_KEPT_MS`` after its event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from gate24.rules.delivery_retries import DELIVERY_KEPT_MS
from gate24.store import feed_format, keys
from gate24.store.items import DeliveryItem, PutOffItem, WaitingEndpointItem
from gate24.store.table import Item, delete, delete_all, get, put, query, query_index, translated, update
from gate24.subscriptions import Delivery, DeliveryStatus, LastAnswer, QueuedDelivery

_STILL_TRIED_MS = 2 * 24 * 3_600_000
"""An event that is old already, as in a replay, is kept for as long as it is tried (``GIVEN_UP_AFTER_MS``) at least."""

ENDED_OR_WAITING: tuple[DeliveryStatus, ...] = ("pending", "failed", "dropped")

_READ_AT_ONCE = 50
"""Of what the index names."""


def find(organization_id: str, subscription_id: str, at: int, event_id: str) -> Delivery | None:
    """The delivery of the event as it stands now (consistent)."""
    pk = keys.deliveries_pk(organization_id, subscription_id)
    item = get(DeliveryItem, pk, keys.delivery_sort(at, event_id), consistent=True)
    return None if item is None else _delivery(item)


def save(delivery: Delivery, now: int) -> None:
    """Writes what became of it; in place of what stood there."""
    event = delivery.event
    organization_id, subscription_id = event.organization_id, delivery.subscription_id
    sk = keys.delivery_sort(event.at, event.id)
    item = DeliveryItem(
        keys.deliveries_pk(organization_id, subscription_id),
        sk,
        status=delivery.status,
        event=feed_format.dump(event),
        replay=delivery.replay or None,
        attempts=delivery.attempts,
        first_failed_at=delivery.first_failed_at,
        next_at=delivery.next_at,
        answer=None if delivery.last_answer is None else asdict(delivery.last_answer),
        contacts=list(delivery.contact_ids) or None,
        not_before=delivery.not_before,
        ttl=max(event.at + DELIVERY_KEPT_MS, now + _STILL_TRIED_MS) // 1000,
    )
    if delivery.status == "pending":
        item.g, item.h = keys.due_partition(organization_id, subscription_id), f"{delivery.next_at or now:013d}#{sk}"
    elif delivery.status != "delivered":
        item.g, item.h = keys.ended_partition(organization_id, subscription_id, delivery.status), sk
    put(item)


def remove(delivery: Delivery) -> None:
    pk = keys.deliveries_pk(delivery.event.organization_id, delivery.subscription_id)
    delete(DeliveryItem(pk, keys.delivery_sort(delivery.event.at, delivery.event.id)))


def remove_all(some: Sequence[Delivery]) -> None:
    delete_all(
        [
            Item(
                keys.deliveries_pk(each.event.organization_id, each.subscription_id),
                keys.delivery_sort(each.event.at, each.event.id),
            )
            for each in some
        ]
    )


def due(organization_id: str, subscription_id: str, now: int | None = None) -> Iterator[Delivery]:
    """What waits for the endpoint and is due ``now`` (epoch ms), the longest due first; without a time all that
    waits. Read as far as it is taken."""
    partition = keys.due_partition(organization_id, subscription_id)
    condition = None if now is None else Item.h <= f"{now:013d}~"
    found = query_index(partition, range_key_condition=condition, limit=_READ_AT_ONCE)
    return (each for each in _whole(found) if each.status == "pending")


def of_status(
    organization_id: str, subscription_id: str, status: DeliveryStatus, after: str | None
) -> Iterator[tuple[Delivery, str]]:
    """Deliveries of that status, newest event first (what waits: next attempt first), each with its position."""
    if status == "delivered":
        yield from (each for each in newest(organization_id, subscription_id, after) if each[0].status == status)
        return
    is_waiting = status == "pending"
    partition = (
        keys.due_partition(organization_id, subscription_id)
        if is_waiting
        else keys.ended_partition(organization_id, subscription_id, status)
    )
    condition = None if after is None else Item.h > after if is_waiting else Item.h < after
    found = query_index(partition, range_key_condition=condition, scan_index_forward=is_waiting, limit=_READ_AT_ONCE)
    for each in _whole(found):
        if each.status == status:
            sk = keys.delivery_sort(each.event.at, each.event.id)
            yield each, f"{each.next_at or 0:013d}#{sk}" if is_waiting else sk


def newest(organization_id: str, subscription_id: str, before: str | None) -> Iterator[tuple[Delivery, str]]:
    """All deliveries, newest event first, each with its position."""
    condition = None if before is None else Item.sk < before
    pk = keys.deliveries_pk(organization_id, subscription_id)
    with translated("Query"):
        for item in DeliveryItem.query(
            pk, range_key_condition=condition, scan_index_forward=False, page_size=_READ_AT_ONCE
        ):
            yield _delivery(item), item.sk


def between(organization_id: str, subscription_id: str, first: int, last: int) -> Iterator[Delivery]:
    """The deliveries of events from one time to another (epoch ms, both included), oldest first."""
    pk = keys.deliveries_pk(organization_id, subscription_id)
    condition = Item.sk.between(f"{first:013d}", f"{last:013d}~")
    with translated("Query"):
        for item in DeliveryItem.query(pk, range_key_condition=condition, page_size=_READ_AT_ONCE):
            yield _delivery(item)


def hold(delivery: Delivery, until: int) -> None:
    """What waits is not queued again before (epoch ms), unless something has become of it since."""
    event = delivery.event
    item = DeliveryItem(
        keys.deliveries_pk(event.organization_id, delivery.subscription_id), keys.delivery_sort(event.at, event.id)
    )
    is_same = (DeliveryItem.status == "pending") & (DeliveryItem.next_at == delivery.next_at)
    update(item, [DeliveryItem.not_before.set(until)], is_same)


# The contacts whose events were put off, each with the last one


def note_put_off(queued: QueuedDelivery, now: int) -> None:
    """The event is the last one of its contact that was put off."""
    ttl = (now + DELIVERY_KEPT_MS) // 1000
    put(PutOffItem(*_put_off_key(queued), delivery=_put_off_name(queued), ttl=ttl))


def is_put_off(queued: QueuedDelivery) -> bool:
    """Whether an earlier event of the contact was put off, and waits (consistent)."""
    return get(PutOffItem, *_put_off_key(queued), consistent=True) is not None


def end_put_off(queued: QueuedDelivery) -> None:
    """The attempt was made: the contact's next events need not wait behind it, if it was the last one put off."""
    delete(PutOffItem(*_put_off_key(queued)), PutOffItem.delivery == _put_off_name(queued))


def forget_put_off(organization_id: str, subscription_id: str) -> None:
    found = query(PutOffItem, keys.put_off_pk(organization_id, subscription_id))
    delete_all([Item(each.pk, each.sk) for each in found])


def _put_off_key(queued: QueuedDelivery) -> tuple[str, str]:
    pk = keys.put_off_pk(queued.event.organization_id, queued.subscription_id)
    return pk, queued.in_order_of or "-"


def _put_off_name(queued: QueuedDelivery) -> str:
    return f"{queued.event.id}#{queued.replay}"


# The endpoints for which something waits


def note_waiting(organization_id: str, subscription_id: str, now: int) -> None:
    """The schedule looks at the endpoint from now on. Written before what waits, so that nothing waits unseen."""
    put(WaitingEndpointItem(keys.WAITING_ENDPOINTS, _endpoint(organization_id, subscription_id), at=now))


def waiting_endpoints() -> list[tuple[str, str, int]]:
    """Organization and subscription of each endpoint for which something may wait, and when that was noted last."""
    found = query(WaitingEndpointItem, keys.WAITING_ENDPOINTS, consistent_read=True)
    return [(*_names(item.sk), item.at) for item in found]


def forget_waiting(organization_id: str, subscription_id: str, noted_at: int) -> None:
    """Nothing waits any more, unless it was noted again since."""
    item = WaitingEndpointItem(keys.WAITING_ENDPOINTS, _endpoint(organization_id, subscription_id))
    delete(item, WaitingEndpointItem.at == noted_at)


def _endpoint(organization_id: str, subscription_id: str) -> str:
    return f"{subscription_id}#{organization_id}"


def _names(sk: str) -> tuple[str, str]:
    subscription_id, organization_id = sk.split("#", 1)
    return organization_id, subscription_id


def _whole(found: Iterator[dict[str, Any]]) -> Iterator[Delivery]:
    """The items that the index names, as they stand, in its order. The index is a moment late: what changed since says
    so itself."""
    for raw in found:
        item = get(DeliveryItem, raw["pk"]["S"], raw["sk"]["S"], consistent=True)
        if item is not None:
            yield _delivery(item)


def _delivery(item: DeliveryItem) -> Delivery:
    return Delivery(
        item.pk.rsplit("#", 1)[1],
        feed_format.load(item.event),
        item.status,  # type: ignore[arg-type]  # as it was written
        item.replay or "",
        item.attempts,
        item.first_failed_at,
        item.next_at,
        None if item.answer is None else LastAnswer(**item.answer),
        tuple(item.contacts or ()),
        item.not_before,
    )
