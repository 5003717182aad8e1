"""The ledger of an organization's days, and the days' costs made of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from heapq import merge
from typing import Any

from gate24.costs import FEES, CountedAmount, DayCosts, Exchange, LedgerEntry, MonthCount, Sums, message_counts
from gate24.lazy_dataclass import dataclass
from gate24.rules.day_rows import DayRows
from gate24.rules.money import micro
from gate24.store import keys, ledger_format
from gate24.store.items import DayItem
from gate24.store.known_fields import known_fields
from gate24.store.outage import TABLE
from gate24.store.remembered import Remembered
from gate24.store.table import Item, get, put, query, query_index, query_index_pages, update

_ROWS_HELD, _PAGE_LEAST, _PAGE_MOST = 12_000, 500, 4_000
"""How many rows of all shards are held at a time, about, and how many of one are asked for at once: about 300 bytes
each. A larger page costs fewer requests, and one has at most 1 MB."""

_NEWEST_PAGE = 50
"""How many rows of a shard are asked for at once where only the newest are looked for."""


def entries(
    organization_id: str, day: str, start: int = 0, page: int | None = None
) -> Iterator[tuple[int, list[LedgerEntry]]]:
    """The ledger of a local day (``YYYY-MM-DD``) from a moment (epoch ms) on, in the order of time over all its shards:
    what stands at one moment together. Of each shard a page is read as it is needed, and kept no longer. ``page``: its
    rows, where few of the day are wanted."""
    for rows in day_rows(organization_id, day, start, page):
        yield from rows.moments()


def day_rows(organization_id: str, day: str, start: int = 0, page: int | None = None) -> Iterator[DayRows]:
    """As ``entries``, as it is stored: many whole moments at a time."""
    first = Item.h >= f"{start:013d}" if start else None
    partitions = keys.day_partitions(organization_id, day)
    limit = page or min(max(_PAGE_LEAST, _ROWS_HELD // len(partitions)), _PAGE_MOST)
    asked: dict[str, Any] = {"range_key_condition": first, "attributes_to_get": ["h", "l"], "limit": limit}
    shards = [_Shard(query_index_pages(partition, **asked)) for partition in partitions]
    kinds = ledger_format.Kinds()
    while True:
        for shard in shards:
            shard.fill()
        # More may come of a moment at which what was read of a shard ends.
        ends = [shard.sorts[-1].partition("#")[0] for shard in shards if not shard.is_whole]
        before = min(ends, default=None)
        sorts, texts = list[str](), list[str]()
        for shard in shards:
            shard.give(before, sorts, texts)
        if sorts:
            yield DayRows(sorts, texts, kinds.of, ledger_format.load)
        elif before is None:
            return
        else:
            for shard in shards:
                if not shard.is_whole and shard.sorts[-1].partition("#")[0] == before:
                    shard.read()


def newest_entries(organization_id: str, day: str) -> Iterator[LedgerEntry]:
    """The ledger of a local day (``YYYY-MM-DD``), newest first over all its shards, read as it is taken."""
    asked: dict[str, Any] = {"attributes_to_get": ["h", "l"], "limit": _NEWEST_PAGE, "scan_index_forward": False}
    shards = (query_index(partition, **asked) for partition in keys.day_partitions(organization_id, day))
    for row in merge(*shards, key=lambda row: row["h"]["S"], reverse=True):
        at, _, message_id = row["h"]["S"].partition("#")
        yield ledger_format.load(row["l"]["S"], message_id, int(at))


class _Shard:
    """What was read of a shard and not given yet, in order. ``is_whole``: nothing is left to read."""

    def __init__(self, pages: Iterator[list[dict[str, Any]]]) -> None:
        self.sorts: list[str] = []
        self.texts: list[str] = []
        self.is_whole = False
        self._pages = pages
        self._few = 0

    def fill(self) -> None:
        """Reads on where less than half a page is left: so all shards have about as much, and much is given at once."""
        while not self.is_whole and len(self.sorts) <= self._few:
            self.read()

    def read(self) -> None:
        """Reads another page."""
        page = next(self._pages, None)
        if page is None:
            self.is_whole = True
        else:
            self.sorts += [item["h"]["S"] for item in page]
            self.texts += [item["l"]["S"] for item in page]
            self._few = len(page) // 2

    def give(self, before: str | None, sorts: list[str], texts: list[str]) -> None:
        """Moves what stands before a moment (None: all) to the end of the lists."""
        count = len(self.sorts) if before is None else bisect_left(self.sorts, before)
        sorts += self.sorts[:count]
        texts += self.texts[:count]
        del self.sorts[:count], self.texts[:count]


def day_costs(organization_id: str, day: str) -> DayCosts | None:
    """The day as it was last stated (consistent)."""
    found = get(DayItem, keys.days_pk(organization_id), day, consistent=True)
    return None if found is None else day_of(found)


def days_costs(organization_id: str, first: str, last: str, consistent: bool = False) -> list[DayCosts]:
    """The days that were stated from ``first`` to ``last``, both included, in order."""
    pk, between = keys.days_pk(organization_id), Item.sk.between(first, last)
    found = query(DayItem, pk, range_key_condition=between, consistent_read=consistent)
    return [day_of(item) for item in found]


def read_at(organization_id: str, day: str) -> int | None:
    """When the reading began (epoch ms) that found what is stated of the day; None where nothing is."""
    found = get(DayItem, keys.days_pk(organization_id), day)
    return None if found is None else found.begun_at


def last_stated(organization_id: str, first: str, last: str) -> DayCosts | None:
    """The last of the days from ``first`` to ``last`` that was stated (consistent)."""
    condition = Item.sk.between(first, last)
    newest = {"consistent_read": True, "scan_index_forward": False, "limit": 1}
    found = query(DayItem, keys.days_pk(organization_id), range_key_condition=condition, **newest)
    return day_of(found[0]) if found else None


def first_stated(organization_id: str, first: str) -> DayCosts | None:
    """The earliest day that was stated, of ``first`` and those after it (consistent)."""
    condition = Item.sk.between(first, "9999")
    found = query(DayItem, keys.days_pk(organization_id), range_key_condition=condition, consistent_read=True, limit=1)
    return day_of(found[0]) if found else None


def save(organization_id: str, costs: DayCosts, begun_at: int) -> bool:
    """States what a day has cost. ``begun_at``: when the reading of its ledger began (epoch ms). False where the day is
    stated already by a reading that began later."""
    forget()
    body = asdict(costs)
    del body["as_of"]
    item = DayItem(keys.days_pk(organization_id), costs.day, body=body, begun_at=begun_at)
    return put(item, DayItem.begun_at.does_not_exist() | (DayItem.begun_at <= begun_at)).applied


def confirm(organization_id: str, day: str, begun_at: int) -> None:
    """A later reading of the ledger (epoch ms) found what is stated of the day."""
    forget()
    item = DayItem(keys.days_pk(organization_id), day)
    update(item, [DayItem.begun_at.set(begun_at)], DayItem.begun_at < begun_at)


@dataclass(frozen=True, slots=True)
class StatedCounts:
    """A day's counts by tier of prices, and when the reading of its ledger began (epoch ms)."""

    begun_at: int
    counts: Mapping[str, MonthCount]


_remembered: Remembered[StatedCounts] = Remembered(TABLE, 30.0)


def remembered_counts(organization_id: str, day: str) -> StatedCounts:
    """A day's counts, as of some seconds ago; begun at 0 where the day was not stated, or there is none."""
    if not day:
        return StatedCounts(0, {})
    return _remembered.get(f"{organization_id}#{day}", lambda: _stated_counts(organization_id, day))


def _stated_counts(organization_id: str, day: str) -> StatedCounts:
    found = get(DayItem, keys.days_pk(organization_id), day)
    if found is None or found.begun_at is None:
        return StatedCounts(0, {})
    counts = {name: month_count(each) for name, each in found.body.get("counts", {}).items()}
    return StatedCounts(found.begun_at, counts)


def forget() -> None:
    """Forgets what was remembered (tests, and after a day was stated)."""
    _remembered.clear()


def day_of(item: DayItem) -> DayCosts:
    """The day's costs of its item."""
    return replace(_day_costs(item.body), as_of=item.begun_at)


def _day_costs(body: dict[str, Any]) -> DayCosts:
    if "sums" not in body:
        return _day_of_version_0_1(body)
    named: dict[str, Any] = {
        name: named_sums(body[name])
        for name in ("by_category", "by_market", "by_campaign", "by_template", "by_author")
        if name in body
    }
    return DayCosts(
        **{
            **known_fields(DayCosts, body),
            **named,
            "sums": _sums(body["sums"]),
            "by_channel": {name: _sums(sums) for name, sums in body["by_channel"].items()},
            "exchanges": {name: Exchange(**each) for name, each in body.get("exchanges", {}).items()},
            **counted_amounts(body),
            "counts": {name: month_count(each) for name, each in body.get("counts", {}).items()},
        }
    )


def counted_amounts(body: dict[str, Any]) -> dict[str, Any]:
    """Those of a day's JSON; an earlier version's has none."""
    return {
        name: CountedAmount(**known_fields(CountedAmount, body[name]))
        for name in ("undelivered", "in_window")
        if name in body
    }


def month_count(body: dict[str, Any]) -> MonthCount:
    """A count of its JSON."""
    marks = tuple((at, suffix, step) for at, suffix, step in body["marks"])
    return MonthCount(body["before"], body["after"], marks)


def named_sums(parts: dict[str, Any]) -> dict[str, CountedAmount]:
    """Parts of a day of their JSON."""
    return {name: CountedAmount(**known_fields(CountedAmount, part)) for name, part in parts.items()}


def _sums(body: dict[str, Any]) -> Sums:
    return Sums(message_counts(body["messages"]), body["fees"])


def _day_of_version_0_1(body: dict[str, Any]) -> DayCosts:
    """A day as version 0.1.0 stored it: in the API's own shape."""
    return DayCosts(
        day=body["date"],
        timezone=body["timezone"],
        currency=body["currency"],
        status=body["status"],
        sums=Sums(message_counts(body["messages"]), _micros(body["fees"])),
        by_channel={
            part["channel"]: Sums(message_counts(part["messages"]), _micros(part["fees"]))
            for part in body["by_channel"]
        },
        by_category={
            part["category"]: CountedAmount(part["count"], micro(part["total"])) for part in body["by_category"]
        },
        unpriced=body["unpriced"],
        provider_billed=body["provider_billed"]["count"],
        provider_differences=body["provider_billed"]["differences"],
    )


def _micros(amounts: dict[str, str]) -> dict[str, int]:
    return {fee: micro(amounts[fee]) for fee in FEES}
