"""A day's ledger of any size, made page by page as it is read, in the place of the table's connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gate24.costs import LedgerEntry
from gate24.message_keys import MessageKey
from gate24.rules.rollup import day_bounds
from gate24.store import keys, ledger_format, table

DAY, ZONE = date(2026, 11, 21), "Asia/Kolkata"
PAGE = 5000
"""About as many entries as one query of 1 MB has."""

_INBOUND = LedgerEntry("", 0, "learning-gupshup", "inbound", "counted", gupshup=1000, rate_card="gupshup-2021-02")
_SENT = LedgerEntry("", 0, "learning-meta", "freeform", "counted", rate_card="meta-2026-10-01", delivered=True)
_ENTRIES = (
    _INBOUND,
    replace(_SENT, whatsapp=1400, told="regular"),
    replace(_SENT, kind="template", category="utility", whatsapp=1400, in_window=True),
    replace(_SENT, kind="template", category="marketing", whatsapp=11_800, delivered=False),
    replace(_SENT, kind="template", category="marketing", whatsapp=11_800, state="failed"),
)
_TEXTS = [ledger_format.dump(replace(each, market="India", calling_code="91")) for each in _ENTRIES]
"""As messages of today stand in the ledger: inbound, a reply, and templates."""


class LedgerIndex:
    """``messages`` of one day, spread over its shards, some of them at the same moment. ``pages``: how many were read
    so far."""

    def __init__(self, messages: int) -> None:
        self._shard_size = messages // len(keys.day_partitions("", DAY.isoformat()))
        self._start, end = day_bounds(DAY, ZONE)
        self._step = max(1, (end - self._start) // (self._shard_size or 1))
        self.pages = 0

    def query(
        self, g: str, exclusive_start_key: Any = None, range_key_condition: Any = None, limit: int = PAGE, **_: Any
    ) -> Any:
        """As ``TableConnection.query``; the reading always begins at the head of a shard."""
        assert range_key_condition is None
        self.pages += 1
        shard, first = int(g.rsplit("#", 1)[1]), exclusive_start_key or 0
        last = min(first + min(limit, PAGE), self._shard_size)
        items = [self._item(shard, number) for number in range(first, last)]
        return {"Items": items, "LastEvaluatedKey": last if last < self._shard_size else None}

    def _item(self, shard: int, number: int) -> dict[str, Any]:
        at = self._start + number // 2 * 2 * self._step
        key = MessageKey(f"{shard:020d}", at, f"{shard:04x}{number:08x}")
        return {"h": {"S": keys.day_sort(key)}, "l": {"S": _TEXTS[number % len(_TEXTS)]}}


@contextmanager
def ledger_of(messages: int) -> Iterator[LedgerIndex]:
    """The table's connection is replaced by an index with so many messages in its day."""
    index = LedgerIndex(messages)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "connection", lambda: index)
        yield index
