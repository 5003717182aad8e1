"""What a day's rollup takes: time beside the floor, memory beside reading the whole day at once, and read units.

Pages come as DynamoDB's bytes; making them is left out of every figure. The floor is ``json.loads`` of each page and of
each row's ledger entry, and nothing else: no request, no order, no sum.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from time import process_time
from typing import Any

from botocore.parsers import create_parser
from botocore.session import Session

from gate24.store import keys
from tests.performance.rows import Part, Row
from tests.support.ledger_index import DAY, TEXTS, LedgerIndex, ledger_of
from tests.support.rollup_memory import fold_day, peak_bytes, read_whole_day

MESSAGES = (10_000, 100_000, 1_000_000)
PAGES_BYTES = 20_000_000
"""The page that is being added up and those that are being read."""

TRACED_MOST = 200_000
"""Tracing memory takes ten times the time; ``make soak`` has 5,000,000 messages."""

LINEAR = 1.1
"""A message of the largest day takes at most so many times what one of the smallest takes, each beside its floor."""

FLOORS = 2.0

_GROUP = "Day rollup"
_TIMES = 5
_PAGE = 2000
_KEY_BYTES = len("ghpkskl") + len("organization#learning#day#2026-11-21#0") + 13 + 1 + 36 + 60 + 30
"""The names of an entry's attributes in the index, and its keys' values."""


def _rows() -> list[Row]:
    """The lines of the table."""
    found, times = list[Row](), list[float]()
    for messages in MESSAGES:
        took, floor = _measured(messages)
        times.append(took / floor)
        rate = messages / took
        found.append(Row(_GROUP, f"rows a second and core, of {messages:,}", rate, "rows", floor=messages / floor))
        found.append(Row(_GROUP, "  times reading and json.loads alone", took / floor, "x", FLOORS))
        measured = min(messages, TRACED_MOST)
        most, what = peak_bytes(measured, fold_day), f"  memory at its peak, of {measured:,}"
        found.append(Row(_GROUP, what, most / 1e6, "MB", budget=PAGES_BYTES / 1e6))
        found.append(Row(_GROUP, "  read units", _read_units(messages), "RRU"))
    found.append(
        Row(_GROUP, "a message of the largest day beside one of the smallest", times[-1] / times[0], "x", LINEAR)
    )
    few = MESSAGES[1]
    took, floor = _measured(few, _each_other())
    found.append(Row(_GROUP, f"rows of {few:,}, no two of which say the same", few / took, "rows", floor=few / floor))
    found.append(Row(_GROUP, "  times reading and json.loads alone", took / floor, "x", FLOORS))
    found.append(Row(_GROUP, "for comparison, botocore's own parsing: a row", _botocore_parsing() * 1e6, "us"))
    whole = peak_bytes(few, read_whole_day)
    found.append(Row(_GROUP, f"for comparison, {few:,} messages read at once: a message", whole / few, "bytes"))
    return found


def _measured(messages: int, texts: Sequence[str] = TEXTS) -> tuple[float, float]:
    """Seconds of CPU of a rollup and of its floor, each the least of some times, taken in turns."""
    taken = []
    for _ in range(_TIMES if messages < MESSAGES[-1] else 2):
        gc.collect()
        taken.append((_seconds(messages, texts, fold_day), _floor(messages, texts)))
    took, floors = zip(*taken, strict=True)
    return min(took), min(floors)


def _seconds(messages: int, texts: Sequence[str], work: Callable[[], object]) -> float:
    with ledger_of(messages, texts) as index:
        begun = process_time()
        work()
        return process_time() - begun - index.made_in


def _floor(messages: int, texts: Sequence[str]) -> float:
    took = 0.0
    for body in _bodies(messages, texts):
        begun = process_time()
        for item in json.loads(body)["Items"]:
            json.loads(item["l"]["S"])
        took += process_time() - begun
    return took


def _bodies(messages: int, texts: Sequence[str] = TEXTS) -> Iterator[bytes]:
    """All pages of the day."""
    index = LedgerIndex(messages, texts)
    for partition in keys.day_partitions("learning", DAY.isoformat()):
        start: Any = None
        while True:
            body = index.body(partition, start, _PAGE)
            yield body
            start = json.loads(body).get("LastEvaluatedKey")
            if start is None:
                break


def _each_other() -> list[str]:
    """Texts as of messages whose files are of 20,011 sizes."""
    return [f'{TEXTS[number % len(TEXTS)][:-1]},"z":{number}}}' for number in range(20_011)]


def _botocore_parsing() -> float:
    """Seconds that botocore's parser takes for a row of a page."""
    shape = Session().get_service_model("dynamodb").operation_model("Query").output_shape
    page = {"status_code": 200, "headers": {}, "body": next(_bodies(100_000))}
    assert shape is not None
    parser, took = create_parser("json"), list[float]()
    for _ in range(_TIMES):
        begun = process_time()
        parser.parse(page, shape)
        took.append(process_time() - begun)
    return min(took) / _PAGE


def _read_units(messages: int) -> float:
    """A query that is not consistent takes half a unit for each 4 KB, and begins a new one with each page."""
    units = 0.0
    for body in _bodies(messages):
        size = sum(_KEY_BYTES + len(item["l"]["S"]) for item in json.loads(body)["Items"])
        units += -(-size // 4096) / 2
    return units


PARTS: tuple[Part, ...] = (("Day rollup", _rows),)
