"""The feed: an organization's events in the order in which they were written, for ``KEPT_MS``.

Each event is two small items: its name, so that it is written once however often it is told, and its place. A place is
the time of its writing, so readers stay ``BEHIND_MS`` behind the clock: nothing comes to stand before what they have
read. Times are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gate24 import clock
from gate24.feed import FeedEvent
from gate24.lazy_dataclass import dataclass
from gate24.store import documents, feed_format, keys
from gate24.store.items import FeedItem, FeedNameItem
from gate24.store.table import Item, get, put, put_new, query

KEPT_MS = 7 * keys.DAY_MS
BEHIND_MS = 4000
_WRITTEN_WITHIN_MS = 3000
"""An event that is written later than this after its time was taken is written once more, under a new time."""

_READ_MOST = 1000
"""Events that one reading looks at; where it finds too few of the wanted types, it goes on with its position."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Events with their positions. ``position``: where reading goes on after all of them."""

    events: list[tuple[FeedEvent, str]]
    position: str


class _Last:
    """The last place that this process gave: what it writes within a millisecond keeps its order, too."""

    at, number = 0, 0


def forget() -> None:
    """Forgets the last place (tests)."""
    _Last.at, _Last.number = 0, 0


def _new_place(event: FeedEvent) -> str:
    at = clock.now_ms()
    _Last.number = _Last.number + 1 if at == _Last.at else 0
    _Last.at = at
    return keys.feed_sort(at, _Last.number, event.id)


def write(events: Sequence[FeedEvent]) -> None:
    """Writes the events in their order; those that are in the feed already are left out. StoreError where it fails:
    then they may be written again."""
    for event in events:
        name = FeedNameItem(keys.feed_name_pk(event.organization_id, event.id), event.id)
        name.place = _new_place(event)
        name.ttl = (keys.feed_time(name.place) + KEPT_MS) // 1000
        written = put_new(name)
        known = written.item(FeedNameItem)
        if not written.applied and known is not None:
            kept = get(FeedItem, keys.feed_pk(event.organization_id, keys.feed_time(known.place)), known.place, True)
            if kept is not None:
                continue
            put(name)  # it was left behind by a function that crashed before the second write
        _place(event, name)


def _place(event: FeedEvent, name: FeedNameItem) -> None:
    while True:
        at = keys.feed_time(name.place)
        item = FeedItem(keys.feed_pk(event.organization_id, at), name.place, body=feed_format.dump(event), ttl=name.ttl)
        put(item)
        if clock.now_ms() - at <= _WRITTEN_WITHIN_MS:
            return
        name.place = _new_place(event)  # readers may be past the old one
        put(name)


def read(organization_id: str, after: str | None, types: Collection[str] | None, limit: int, now: int) -> FeedPage:
    """The next events after a position (None: from the first that is kept), oldest first; of ``types`` alone, if they
    are given (consistent)."""
    oldest, newest = now - KEPT_MS, now - BEHIND_MS
    start = max(after or "", f"{oldest:013d}")
    last = max(start, f"{newest:013d}$")
    found: list[tuple[FeedEvent, str]] = []
    seen = 0
    if start == last:
        return FeedPage(found, last)
    for day in range(keys.feed_time(start) // keys.DAY_MS, keys.feed_time(last) // keys.DAY_MS + 1):
        while seen < _READ_MOST:
            most = min(_READ_MOST - seen, max(limit, 100))
            items = query(
                FeedItem,
                keys.feed_pk(organization_id, day * keys.DAY_MS),
                range_key_condition=Item.sk.between(f"{start}\0", last),
                consistent_read=True,
                limit=most,
            )
            for item in items:
                seen, start = seen + 1, item.sk
                event = feed_format.load(item.body)
                if types is None or event.type in types:
                    found.append((event, item.sk))
                    if len(found) == limit:
                        return FeedPage(found, start)
            if len(items) < most:
                break
    return FeedPage(found, start if seen >= _READ_MOST else last)


def find(organization_id: str, event_ids: Iterable[str]) -> list[FeedEvent]:
    """The events of these ids that are in the feed (consistent), in the order of the ids."""
    found = []
    for event_id in event_ids:
        name = get(FeedNameItem, keys.feed_name_pk(organization_id, event_id), event_id, True) if event_id else None
        if name is None:
            continue
        item = get(FeedItem, keys.feed_pk(organization_id, keys.feed_time(name.place)), name.place, True)
        if item is not None:
            found.append(feed_format.load(item.body))
    return found


def windows_told_until(organization_id: str) -> int | None:
    """Until when it was told which windows close (consistent)."""
    body = documents.read(*keys.closed_windows_key(organization_id), consistent=True)
    return None if body is None else int(body["until"])


def set_windows_told_until(organization_id: str, until: int) -> None:
    documents.write(*keys.closed_windows_key(organization_id), {"until": until})
