"""The feed: an organization's events in the order in which they were written, for ``KEPT_MS``.

Each event is two small items: its name, so that it is written once however often it is told, and its place. A place is
the time of its writing, so readers stay ``BEHIND_MS`` behind the clock: nothing comes to stand before what they have
read. A day's events may be spread over partitions (``FeedShards``), by their ids; whoever reads merges them by their
places, so that order and positions are the same with any number of them. Times are epoch milliseconds.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, repeat

from gate24 import at_once, clock
from gate24.feed import FeedEvent
from gate24.lazy_dataclass import dataclass
from gate24.store import documents, feed_format, keys
from gate24.store.items import FeedItem, FeedNameItem
from gate24.store.table import Item, get, put, put_all, put_new, query

KEPT_MS = 7 * keys.DAY_MS
BEHIND_MS = 4000
_WRITTEN_WITHIN_MS = 3000
"""An event that is written later than this after its time was taken is written once more, under a new time."""
_TAKEN_WITHIN_MS = 2000
"""A place that was taken longer ago is not used."""
PLACED_MOST = 25
"""Items that DynamoDB takes in one request."""

_READ_MOST = 1000
"""Events that one reading looks at; where it finds too few of the wanted types, it goes on with its position."""
_READ_LEAST = 12
"""Events of one of several partitions that are read at once: about as many as one read unit has."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Events with their positions. ``position``: where reading goes on after all of them."""

    events: list[tuple[FeedEvent, str]]
    position: str


class _Last:
    """The last place that this process gave: what it writes within a millisecond keeps its order, too."""

    at, number = 0, 0
    lock = threading.Lock()


def forget() -> None:
    """Forgets the last place (tests)."""
    _Last.at, _Last.number = 0, 0


def take_place(event: FeedEvent) -> str:
    """The place of an event that is written now: behind all that this process gave before."""
    with _Last.lock:
        at = clock.now_ms()
        _Last.number = _Last.number + 1 if at == _Last.at else 0
        _Last.at = at
        return keys.feed_sort(at, _Last.number, event.id)


@dataclass(slots=True)
class NamedEvent:
    """An event that has a name in the feed, and no place yet."""

    event: FeedEvent
    item: FeedNameItem

    @property
    def place(self) -> str:
        return self.item.place

    @place.setter
    def place(self, place: str) -> None:
        self.item.place = place
        self.item.shard = keys.feed_shard(self.event.id, keys.feed_time(place)) or None


def write(events: Sequence[FeedEvent], places: Sequence[str] = (), after: str = "") -> str:
    """Writes the events in their order; those that are in the feed already are left out. StoreError where it fails:
    then they may be written again. ``places``, ``after``: as of ``name``; the last place."""
    for event, taken in zip(events, chain(places, repeat("")), strict=False):
        named = name(event, taken, after)
        if named is not None:
            place([named])
            after = named.place
    return after


def name(event: FeedEvent, taken: str = "", after: str = "") -> NamedEvent | None:
    """The first half of writing an event; None where it is in the feed already. ``taken``: a place that was taken for
    it shortly before, so that what is written at once stands in its order, too. ``after``: that of what it follows."""
    item = FeedNameItem(keys.feed_name_pk(event.organization_id, event.id), event.id)
    named = NamedEvent(event, item)
    named.place = taken if _may_take(taken, after) else take_place(event)
    item.ttl = (keys.feed_time(item.place) + KEPT_MS) // 1000
    written = put_new(item)
    known = written.item(FeedNameItem)
    if written.applied or known is None:
        return named
    if _placed(event.organization_id, known) is not None:
        return None
    if _may_take(known.place, after):  # another function is about to write it there, or died before it did
        return NamedEvent(event, known)
    put(item)
    return named


def _may_take(place: str, after: str) -> bool:
    return place > after and clock.now_ms() - keys.feed_time(place) <= _TAKEN_WITHIN_MS


def place(named: Sequence[NamedEvent]) -> None:
    """The second half, of up to ``PLACED_MOST`` events of which none has to follow another. StoreError where it fails,
    and then of some of them it may be done."""
    if len(named) == 1:
        _place(named[0])
        return
    put_all(FeedItem, [_item(each) for each in named])
    for each in named:
        if _is_late(each):
            _place_anew(each)


def _place(named: NamedEvent) -> None:
    put(_item(named))
    if _is_late(named):
        _place_anew(named)


def _place_anew(named: NamedEvent) -> None:
    """Readers may be past the old place."""
    named.place = take_place(named.event)
    put(named.item)
    _place(named)


def _is_late(named: NamedEvent) -> bool:
    return clock.now_ms() - keys.feed_time(named.place) > _WRITTEN_WITHIN_MS


def _item(named: NamedEvent) -> FeedItem:
    pk = _partition(named.event.organization_id, named.item)
    return FeedItem(pk, named.place, body=feed_format.dump(named.event), ttl=named.item.ttl)


def _partition(organization_id: str, name: FeedNameItem) -> str:
    """Where the event of that name stands, by what was written: the setting may be another one by now."""
    return keys.feed_pk(organization_id, keys.feed_time(name.place), name.shard or 0)


def _placed(organization_id: str, name: FeedNameItem) -> FeedItem | None:
    """The event of that name (consistent)."""
    return get(FeedItem, _partition(organization_id, name), name.place, True)


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
        partitions = keys.feed_partitions(organization_id, day * keys.DAY_MS)
        for item in _in_order(partitions, start, last, max(limit, 100), _READ_MOST - seen):
            seen, start = seen + 1, item.sk
            event = feed_format.load(item.body)
            if types is None or event.type in types:
                found.append((event, item.sk))
                if len(found) == limit:
                    return FeedPage(found, start)
    return FeedPage(found, start if seen >= _READ_MOST else last)


def _in_order(partitions: Sequence[str], start: str, last: str, size: int, most: int) -> Iterator[FeedItem]:
    """The events of the partitions after ``start`` until ``last`` by their places, ``most`` of them at most; about
    ``size`` are read at a time, and a quarter more of several partitions, of which none has exactly its share."""
    count = len(partitions)
    share = size if count == 1 else max(_READ_LEAST, -(-size * 5 // (4 * count)))
    ahead: dict[str, list[FeedItem]] = {pk: [] for pk in partitions}
    goes_on = dict.fromkeys(partitions, start)
    given = 0
    while given < most:
        if any(not ahead[pk] for pk in goes_on):  # the next place of all is not known
            limit = min(share, most - given)
            low = [pk for pk in goes_on if len(ahead[pk]) <= share // 2 or count == 1]
            for pk, items in zip(low, _read_all([(pk, goes_on[pk], last, limit) for pk in low]), strict=True):
                ahead[pk] += items
                if len(items) < limit:
                    del goes_on[pk]
                else:
                    goes_on[pk] = items[-1].sk
        first = min((each for each in ahead.values() if each), key=lambda each: each[0].sk, default=None)
        if first is None:
            return
        given += 1
        yield first.pop(0)


def _read_all(asked: Sequence[tuple[str, str, str, int]]) -> list[list[FeedItem]]:
    """What ``_read`` gives, of all at once."""
    under_way = [at_once.start(partial(_read, *each)) for each in asked[1:]]
    return [*(_read(*each) for each in asked[:1]), *(result() for result in under_way)]


def _read(pk: str, after: str, last: str, limit: int) -> list[FeedItem]:
    """The first events of a partition after a place, until ``last`` (consistent)."""
    between = Item.sk.between(f"{after}\0", last)
    return query(FeedItem, pk, range_key_condition=between, consistent_read=True, limit=limit)


def find(organization_id: str, event_ids: Iterable[str]) -> list[FeedEvent]:
    """The events of these ids that are in the feed (consistent), in the order of the ids."""
    found = []
    for event_id in event_ids:
        known = get(FeedNameItem, keys.feed_name_pk(organization_id, event_id), event_id, True) if event_id else None
        if known is None:
            continue
        item = _placed(organization_id, known)
        if item is not None:
            found.append(feed_format.load(item.body))
    return found


def windows_told_until(organization_id: str) -> int | None:
    """Until when it was told which windows close (consistent)."""
    body = documents.read(*keys.closed_windows_key(organization_id), consistent=True)
    return None if body is None else int(body["until"])


def set_windows_told_until(organization_id: str, until: int) -> None:
    documents.write(*keys.closed_windows_key(organization_id), {"until": until})
