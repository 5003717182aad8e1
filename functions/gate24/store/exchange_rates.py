"""Exchange rates that were imported: a document for each source and month, which every organization shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from gate24.rules.exchange import MOST_DAYS, Publication
from gate24.store import documents
from gate24.store.items import DocumentItem
from gate24.store.outage import TABLE
from gate24.store.remembered import Remembered
from gate24.store.table import Item, query

_PARTITION = "EXCHANGE_RATES"
_REMEMBERED_SECONDS = 30.0

_remembered: Remembered[list[Publication]] = Remembered(TABLE, _REMEMBERED_SECONDS)


class Saved(NamedTuple):
    """Days, by what became of them."""

    new: int
    changed: int
    unchanged: int


def save(publications: Iterable[Publication]) -> Saved:
    """Adds the days to those there are; of a day that is there already, what is published now holds."""
    counts = dict.fromkeys(Saved._fields, 0)
    by_month = sorted(publications, key=_month)
    for month, days in groupby(by_month, _month):
        stored = documents.read(_PARTITION, month, consistent=True) or {}
        merged = dict(stored)
        for each in days:
            rates = {name: f"{rate:f}" for name, rate in sorted(each.rates.items())}
            day = each.day.isoformat()
            counts["new" if day not in stored else "unchanged" if stored[day] == rates else "changed"] += 1
            merged[day] = rates
        if merged != stored:
            documents.write(_PARTITION, month, merged)
    forget()
    return Saved(**counts)


def publications_before(day: date) -> list[Publication]:
    """Of every source those of the day and of the ``MOST_DAYS`` before it; where there are none, the latest month's, by
    which it can be said how old they are."""
    first = (day - timedelta(days=MOST_DAYS)).isoformat()[:7]
    last = f"{day.isoformat()[:7]}~"
    found = list(query(DocumentItem, _PARTITION, range_key_condition=Item.sk.between(first, last)))
    if not found:
        found = list(query(DocumentItem, _PARTITION, range_key_condition=Item.sk <= last))[-1:]
    return [each for item in found for each in _publications(item)]


def remembered_before(day: date) -> list[Publication]:
    """The same, as of some seconds ago."""
    return _remembered.get(day.isoformat(), lambda: publications_before(day))


def forget() -> None:
    """Forgets what was remembered (tests, and after rates were written)."""
    _remembered.clear()


def _publications(item: DocumentItem) -> Iterator[Publication]:
    source = item.sk.partition("#")[2]
    for day, rates in item.body.items():
        yield Publication(source, date.fromisoformat(day), {name: Decimal(rate) for name, rate in rates.items()})


def _month(publication: Publication) -> str:
    return f"{publication.day.isoformat()[:7]}#{publication.source}"
