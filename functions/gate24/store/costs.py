"""The ledger of an organization's days, and the days' costs made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from gate24.costs import FEES, CategorySum, DayCosts, Exchange, LedgerEntry, LedgerPosition, Sums, message_counts
from gate24.rules.money import micro
from gate24.store import keys, ledger_format
from gate24.store.items import DayItem
from gate24.store.known_fields import known_fields
from gate24.store.table import Item, get, put, query, query_index


def entries(
    organization_id: str, day: str, start: LedgerPosition
) -> Iterator[tuple[LedgerPosition, list[LedgerEntry]]]:
    """The ledger of a local day (``YYYY-MM-DD``) from ``start`` on, in one pass over its shards: what stands at one
    moment together. Pages are read as they are needed, and none is kept."""
    for shard, partition in enumerate(keys.day_partitions(organization_id, day)):
        if shard < start.shard:
            continue
        first = Item.h >= f"{start.at:013d}" if shard == start.shard and start.at else None
        found = query_index(partition, range_key_condition=first)
        for at, items in groupby(found, key=lambda item: item["h"]["S"].partition("#")[0]):
            yield LedgerPosition(shard, int(at)), [_entry(item) for item in items]


def _entry(item: dict[str, Any]) -> LedgerEntry:
    at, _, message_id = item["h"]["S"].partition("#")
    return ledger_format.load(item["l"]["S"], message_id, int(at))


def day_costs(organization_id: str, day: str) -> DayCosts | None:
    """The day as it was last stated (consistent)."""
    found = get(DayItem, keys.days_pk(organization_id), day, consistent=True)
    return None if found is None else _day_costs(found.body)


def days_costs(organization_id: str, first: str, last: str, consistent: bool = False) -> list[DayCosts]:
    """The days that were stated from ``first`` to ``last``, both included, in order."""
    pk, between = keys.days_pk(organization_id), Item.sk.between(first, last)
    found = query(DayItem, pk, range_key_condition=between, consistent_read=consistent)
    return [_day_costs(item.body) for item in found]


def read_at(organization_id: str, day: str) -> int | None:
    """When the reading began (epoch ms) that found what is stated of the day; None where nothing is."""
    found = get(DayItem, keys.days_pk(organization_id), day)
    return None if found is None else found.begun_at


def save(organization_id: str, costs: DayCosts, begun_at: int) -> bool:
    """States what a day has cost. ``begun_at``: when the reading of its ledger began (epoch ms). False where the day is
    stated already by a reading that began later."""
    item = DayItem(keys.days_pk(organization_id), costs.day, body=asdict(costs), begun_at=begun_at)
    return put(item, DayItem.begun_at.does_not_exist() | (DayItem.begun_at <= begun_at)).applied


def day_of(item: DayItem) -> DayCosts:
    """The day's costs of its item."""
    return _day_costs(item.body)


def _day_costs(body: dict[str, Any]) -> DayCosts:
    if "sums" not in body:
        return _day_of_version_0_1(body)
    named: dict[str, Any] = {
        name: _named_sums(body[name]) for name in ("by_category", "by_market", "by_campaign") if name in body
    }
    return DayCosts(
        **{
            **known_fields(DayCosts, body),
            **named,
            "sums": _sums(body["sums"]),
            "by_channel": {name: _sums(sums) for name, sums in body["by_channel"].items()},
            "exchanges": {name: Exchange(**each) for name, each in body.get("exchanges", {}).items()},
        }
    )


def _named_sums(parts: dict[str, Any]) -> dict[str, CategorySum]:
    return {name: CategorySum(**known_fields(CategorySum, part)) for name, part in parts.items()}


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
            part["category"]: CategorySum(part["count"], micro(part["total"])) for part in body["by_category"]
        },
        unpriced=body["unpriced"],
        provider_billed=body["provider_billed"]["count"],
        provider_differences=body["provider_billed"]["differences"],
    )


def _micros(amounts: dict[str, str]) -> dict[str, int]:
    return {fee: micro(amounts[fee]) for fee in FEES}
