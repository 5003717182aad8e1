"""Delivery statuses, deductions and echoes whose message has not been stored yet: they wait beside the messages.

Each stands there twice: by the BSP's id of its message, so that what is told of one id is read without the others, and
by its time, for a send of which no id is known. One that does not tell when its message was sent is in the index, too,
by when it has been held long enough (``usecases.note_held_statuses``); a deduction is there by its time, for whoever
compares what was billed with the ledger (``usecases.reconcile_billing``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from gate24.events import Billed, Echoed, StatusChanged
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import short_hash
from gate24.store import event_format, keys
from gate24.store.items import CheckHeldItem, WaitingStatusItem
from gate24.store.table import Item, delete, delete_all, get, put_new, query, query_index, translated, update

KEPT_SECONDS = 8 * 24 * 3600
"""Longer than Meta's 7 days of retries."""

BILLING_KEPT_SECONDS = 100 * 24 * 3600
"""Of a deduction that found no message: a quarter and more, in which the provider's bill comes."""

_CHECKED_EVERY_MS = 3_600_000
_READ_AT_ONCE = 50

_FOREVER_MS = 10**13 - 2
"""The last time (epoch ms) that a sort key of 13 digits can name, but for one."""

_SAID: dict[type, str] = {Billed: "billed", Echoed: "echoed"}


@dataclass(frozen=True, slots=True)
class WaitingStatus:
    """``at``: the provider's time of the event (epoch ms). ``position``: where it stands among the contact's."""

    channel_id: str
    at: int
    event: StatusChanged | Echoed | Billed
    position: str


def keep(
    organization_id: str,
    contact_id: str,
    channel_id: str,
    event: StatusChanged | Echoed | Billed,
    held_until: int | None = None,
    is_reported: bool = False,
) -> WaitingStatus:
    """Keeps the event until its message is known; the same one twice is kept once. ``held_until``: when it has been
    held long enough (epoch ms), if it is held. ``is_reported``: a deduction, which ``lonely_billing`` is to find."""
    said = event.status if isinstance(event, StatusChanged) else _SAID[type(event)]
    name = short_hash(channel_id, *event.bsp_ids, said)
    item = WaitingStatusItem(
        keys.contact_pk(organization_id, contact_id),
        f"{keys.WAITING_STATUS}{event.at:013d}#{name}",
        event={"channel": channel_id, **event_format.dump(event)},
        at=event.at,
        ttl=max(event.at, held_until or 0) // 1000 + (BILLING_KEPT_SECONDS if is_reported else KEPT_SECONDS),
    )
    kept = WaitingStatus(channel_id, event.at, event, item.sk)
    if held_until is not None:
        _note_held(organization_id, held_until)
        item.g, item.h = keys.held_partition(organization_id, contact_id), _held_sort(held_until, contact_id, item.sk)
    elif is_reported:
        partition = keys.lonely_billing_partition(organization_id, contact_id)
        item.g, item.h = partition, _held_sort(event.at, contact_id, item.sk)
    for place in (item.sk, *_by_id(item)):  # by time first and removed last: an erasure finds the rest by it
        item.sk = place
        put_new(item)
        item.g = item.h = None
    return kept


def held(organization_id: str, until: int) -> Iterator[tuple[str, WaitingStatus]]:
    """What has been held long enough at ``until`` (epoch ms), with the contact's id, as it is taken."""
    for partition in keys.held_partitions(organization_id):
        yield from _each(query_index(partition, range_key_condition=Item.h < _held_sort(until + 1, "", "")))


def _each(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, WaitingStatus]]:
    """What stands at the index's rows, with the contact's id, as it is taken."""
    for row in rows:
        pk, position = row["pk"]["S"], row["sk"]["S"]
        item = get(WaitingStatusItem, pk, position, consistent=True)  # the index follows later
        status = None if item is None else _status(item, position)
        if status is not None:
            yield pk.rsplit("#", 1)[1], status


def all_held(organization_id: str) -> Iterator[tuple[str, WaitingStatus]]:
    """What is held, however long it has been; as it is taken."""
    return held(organization_id, _FOREVER_MS)


def lonely_billing(
    organization_id: str, start: int, end: int, after: tuple[int, str] | None = None
) -> Iterator[tuple[tuple[int, str], WaitingStatus | None]]:
    """The deductions of that time (epoch ms, ``end`` excluded) that found no message, each with its place, read by
    batches as they are taken; None where one was given to its message just now. ``after``: the place after
    which to go on."""
    for shard, partition in enumerate(keys.lonely_billing_partitions(organization_id)):
        if after is not None and shard < after[0]:
            continue
        first = f"{after[1]}\0" if after is not None and shard == after[0] else f"{max(start, 0):013d}"
        last = f"{max(end, 0):013d}"
        if first > last:
            continue
        rows = query_index(partition, range_key_condition=Item.h.between(first, last))
        while batch := list(islice(rows, _READ_AT_ONCE)):
            found = _items([(row["pk"]["S"], row["sk"]["S"]) for row in batch])
            for row in batch:
                item = found.get((row["pk"]["S"], row["sk"]["S"]))
                status = None if item is None else _status(item, item.sk)
                yield (shard, row["h"]["S"]), status


def all_lonely_billing(organization_id: str) -> Iterator[tuple[str, WaitingStatus]]:
    """All deductions that found no message, each with its contact's id; as they are taken."""
    for partition in keys.lonely_billing_partitions(organization_id):
        yield from _each(query_index(partition))


def _items(places: list[tuple[Any, Any]]) -> dict[tuple[str, str], WaitingStatusItem]:
    with translated("BatchGetItem"):
        return {(item.pk, item.sk): item for item in WaitingStatusItem.batch_get(places)}


def may_hold(until: int | None, now: int) -> bool:
    """Whether anything can still be held of what is noted to be held until then (both epoch ms)."""
    return until is not None and now < until + KEPT_SECONDS * 1000 + _CHECKED_EVERY_MS


def _note_held(organization_id: str, until: int) -> None:
    """So that the schedule looks for held statuses only where there may be any."""
    item, noted = CheckHeldItem(keys.days_pk(organization_id), keys.CHECK_HELD), CheckHeldItem.until
    update(item, [noted.set(until)], noted.does_not_exist() | (noted < until - _CHECKED_EVERY_MS))


def hold(organization_id: str, contact_id: str, status: WaitingStatus, until: int) -> None:
    """Holds it until then (epoch ms)."""
    item = WaitingStatusItem(keys.contact_pk(organization_id, contact_id), status.position)
    sort = _held_sort(until, contact_id, status.position)
    update(item, [Item.h.set(sort)], Item.h.exists())


def _held_sort(until: int, contact_id: str, position: str) -> str:
    return f"{until:013d}#{contact_id}#{position}"


def of_id(organization_id: str, contact_id: str, channel_id: str, bsp_id: str) -> list[WaitingStatus]:
    """All that wait for the message of that id, oldest first (consistent)."""
    first = _prefix(channel_id, bsp_id)
    pk = keys.contact_pk(organization_id, contact_id)
    found = query(WaitingStatusItem, pk, range_key_condition=Item.sk.startswith(first), consistent_read=True)
    return [status for item in found if (status := _status(item, keys.WAITING_STATUS + item.sk.removeprefix(first)))]


def between(organization_id: str, contact_id: str, start: int, end: int, limit: int) -> list[WaitingStatus]:
    """The first of those that were told in that time (epoch ms), oldest first (consistent)."""
    condition = Item.sk.between(*keys.between(keys.WAITING_STATUS, max(0, start - 1), end))
    pk = keys.contact_pk(organization_id, contact_id)
    found = query(WaitingStatusItem, pk, range_key_condition=condition, consistent_read=True, limit=limit)
    return [status for item in found if (status := _status(item, item.sk))]


def is_any(organization_id: str, contact_id: str) -> bool:
    """Whether any waits (consistent)."""
    pk, first = keys.contact_pk(organization_id, contact_id), Item.sk.startswith(keys.WAITING_STATUS)
    return bool(query(WaitingStatusItem, pk, range_key_condition=first, consistent_read=True, limit=1))


def remove(organization_id: str, contact_id: str, status: WaitingStatus) -> None:
    item = WaitingStatusItem(keys.contact_pk(organization_id, contact_id), status.position)
    item.event = {"channel": status.channel_id, **event_format.dump(status.event)}
    for place in (*_by_id(item), status.position):  # one by one: the gate may not write batches
        delete(Item(item.pk, place))


def remove_by_id(items: list[WaitingStatusItem]) -> None:
    """Deletes what stands by id of these, which stand by their time."""
    delete_all([Item(item.pk, place) for item in items for place in _by_id(item)])


def _by_id(item: WaitingStatusItem) -> list[str]:
    """Where it stands by id, if it has one."""
    ids = item.event["event"].get("bsp_ids")
    return [_prefix(item.event["channel"], ids[0]) + item.sk.removeprefix(keys.WAITING_STATUS)] if ids else []


def _prefix(channel_id: str, bsp_id: str) -> str:
    return f"{keys.WAITING_BY_ID}{short_hash(channel_id, bsp_id)}#"


def _status(item: WaitingStatusItem, position: str) -> WaitingStatus | None:
    event = event_format.load(item.event)
    if not isinstance(event, StatusChanged | Echoed | Billed):
        return None
    return WaitingStatus(item.event["channel"], item.at, event, position)
