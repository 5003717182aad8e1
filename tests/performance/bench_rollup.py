"""What a day's rollup takes: time beside the floor, memory beside reading the whole day at once, and read units."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from time import process_time
from typing import Any

from gate24.store import keys
from gate24.store.table import query_index
from tests.performance.rows import Part, Row
from tests.support.ledger_index import DAY, LedgerIndex, ledger_of
from tests.support.rollup_memory import fold_day, peak_bytes, read_whole_day

MESSAGES = (10_000, 100_000, 1_000_000)
PAGES_BYTES = 20_000_000
"""The page that is being added up and those that are being read."""

TRACED_MOST = 200_000
"""Tracing memory takes ten times the time; ``make soak`` has 5,000,000 messages."""

LINEAR = 1.1
"""A message of the largest day takes at most so many times what one of the smallest takes."""

_GROUP = "Day rollup"
_TIMES = 3
_KEY_BYTES = len("ghpkskl") + len("organization#learning#day#2026-11-21#0") + 13 + 1 + 36 + 60 + 30
"""The names of an entry's attributes in the index, and its keys' values."""


def _rows() -> list[Row]:
    """The lines of the table."""
    found, seconds = [], list[float]()
    for messages in MESSAGES:
        made, read, folded = (_least(messages, work) for work in (_make_items, _read_and_parse, fold_day))
        rate, floor = messages / (folded - made), messages / (read - made)
        seconds.append(1 / rate)
        found.append(Row(_GROUP, f"rows a second and core, of {messages:,}", rate, "rows", floor=floor))
        found.append(Row(_GROUP, "  times reading and json.loads alone", floor / rate, "x"))
        measured = min(messages, TRACED_MOST)
        most, what = peak_bytes(measured, fold_day), f"  memory at its peak, of {measured:,}"
        found.append(Row(_GROUP, what, most / 1e6, "MB", budget=PAGES_BYTES / 1e6))
        found.append(Row(_GROUP, "  read units", _read_units(messages), "RRU"))
    found.append(
        Row(_GROUP, "a message of the largest day beside one of the smallest", seconds[-1] / seconds[0], "x", LINEAR)
    )
    few = MESSAGES[1]
    whole = peak_bytes(few, read_whole_day)
    found.append(Row(_GROUP, f"for comparison, {few:,} messages read at once: a message", whole / few, "bytes"))
    return found


def _least(messages: int, work: Callable[[], object]) -> float:
    """Seconds of CPU, the least of some times."""
    took = []
    for _ in range(_TIMES if messages < MESSAGES[-1] else 1):
        with ledger_of(messages):
            begun = process_time()
            work()
            took.append(process_time() - begun)
    return min(took)


def _items() -> Iterator[dict[str, Any]]:
    partitions = keys.day_partitions("learning", DAY.isoformat())
    return (item for partition in partitions for item in query_index(partition))


def _make_items() -> None:
    """What making the items takes, in the place of a table."""
    for _ in _items():
        pass


def _read_and_parse() -> None:
    for item in _items():
        json.loads(item["l"]["S"])


def _read_units(messages: int) -> float:
    """A query that is not consistent takes half a unit for each 4 KB, and begins a new one with each page."""
    index, units = LedgerIndex(messages), 0.0
    for partition in keys.day_partitions("learning", DAY.isoformat()):
        start = None
        while True:
            page = index.query(partition, start)
            size = sum(_KEY_BYTES + len(item["l"]["S"]) for item in page["Items"])
            units += -(-size // 4096) / 2
            start = page["LastEvaluatedKey"]
            if start is None:
                break
    return units


PARTS: tuple[Part, ...] = (("Day rollup", _rows),)
