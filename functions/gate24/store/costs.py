"""The ledger of an organization's days, and the days' costs made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from gate24.costs import FEES, CategorySum, DayCosts, LedgerEntry, Sums
from gate24.message_keys import message_key
from gate24.rules.money import micro
from gate24.store import documents, keys, ledger_format
from gate24.store.items import DocumentItem
from gate24.store.table import Item, query, query_index


def entries(organization_id: str, day: str) -> Iterator[LedgerEntry]:
    """Everything in the ledger of a local day (``YYYY-MM-DD``), in one pass over its shards."""
    for partition in keys.day_partitions(organization_id, day):
        for item in _each_once(query_index(partition)):
            at, _, message_id = item["h"]["S"].partition("#")
            yield ledger_format.load(item["l"]["S"], message_id, int(at))


def _each_once(items: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A message that is being erased stands there twice, under its id and without the person: both at the same time of
    the same name."""
    time, names = "", list[str]()
    for item in items:
        at, _, name = item["h"]["S"].partition("#")
        if at != time:
            time, names = at, [name]
        elif _suffix(name) in map(_suffix, names):
            continue
        else:
            names.append(name)
        yield item


def _suffix(name: str) -> str:
    key = message_key(name)
    return name if key is None else key.suffix


def day_costs(organization_id: str, day: str) -> DayCosts | None:
    """The day as it was last stated (consistent)."""
    found = documents.read(_pk(organization_id), day, consistent=True)
    return None if found is None else _day_costs(found)


def days_costs(organization_id: str, first: str, last: str) -> list[DayCosts]:
    """The days that were stated from ``first`` to ``last``, both included, in order."""
    found = query(DocumentItem, _pk(organization_id), range_key_condition=Item.sk.between(first, last))
    return [_day_costs(item.body) for item in found]


def save(organization_id: str, costs: DayCosts) -> None:
    """States what a day has cost."""
    documents.write(_pk(organization_id), costs.day, asdict(costs))


def _pk(organization_id: str) -> str:
    return f"D#{organization_id}"


def _day_costs(body: dict[str, Any]) -> DayCosts:
    if "sums" not in body:
        return _day_of_version_0_1(body)
    return DayCosts(
        **{
            **body,
            "sums": Sums(**body["sums"]),
            "by_channel": {name: Sums(**sums) for name, sums in body["by_channel"].items()},
            "by_category": {name: CategorySum(**part) for name, part in body["by_category"].items()},
        }
    )


def _day_of_version_0_1(body: dict[str, Any]) -> DayCosts:
    """A day as version 0.1.0 stored it: in the API's own shape."""
    return DayCosts(
        day=body["date"],
        timezone=body["timezone"],
        currency=body["currency"],
        status=body["status"],
        sums=Sums(body["messages"], _micros(body["fees"])),
        by_channel={part["channel"]: Sums(part["messages"], _micros(part["fees"])) for part in body["by_channel"]},
        by_category={
            part["category"]: CategorySum(part["count"], micro(part["total"])) for part in body["by_category"]
        },
        unpriced=body["unpriced"],
        provider_billed=body["provider_billed"]["count"],
        provider_differences=body["provider_billed"]["differences"],
    )


def _micros(amounts: dict[str, str]) -> dict[str, int]:
    return {fee: micro(amounts[fee]) for fee in FEES}
