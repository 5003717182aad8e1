"""What a day's rollup takes: time beside the floor, memory beside reading the whole day at once, and read units.

Pages come as DynamoDB's bytes; making them is left out of every figure. The floor is ``json.loads`` of each page and of
each row's ledger entry, and nothing else: no request, no order, no sum.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from time import process_time
from typing import Any

from botocore.parsers import create_parser
from botocore.session import Session

from gate24.store import keys
from tests.performance.rows import Part, Row, middle
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
ROWS_LEAST = 100_000
UNITS_A_MESSAGE = 0.05
"""Read units: half a unit for each 4 KB of entries of some 300 bytes, with what the last page of each shard loses."""

_GROUP = "Day rollup"
_TIMES = 5
_PAGE = 2000
_KEY_BYTES = len("ghpkskl") + len("organization#learning#day#2026-11-21#0") + 13 + 1 + 36 + 60 + 30
"""The names of an entry's attributes in the index, and its keys' values."""


def _rows() -> list[Row]:
    """The lines of the table."""
    found, times = list[Row](), list[list[float]]()
    for messages in MESSAGES:
        taken = _measured(messages)
        times.append([took / floor for took, floor in taken])
        rates, floors = [messages / took for took, _ in taken], [messages / floor for _, floor in taken]
        what = f"rows a second and core, of {messages:,}"
        found.append(middle(_GROUP, what, rates, "rows", ROWS_LEAST, median(floors), at_least=True))
        found.append(middle(_GROUP, "  times reading and json.loads alone", times[-1], "x", FLOORS))
        measured = min(messages, TRACED_MOST)
        most, what = peak_bytes(measured, fold_day), f"  memory at its peak, of {measured:,}"
        found.append(Row(_GROUP, what, most / 1e6, "MB", budget=PAGES_BYTES / 1e6))
        found.append(Row(_GROUP, "  read units", _read_units(messages), "RRU", messages * UNITS_A_MESSAGE))
    largest, smallest = times[-1], times[0]
    ratios = (median(largest) / median(smallest), min(largest) / max(smallest), max(largest) / min(smallest))
    found.append(
        Row(
            *(_GROUP, "a message of the largest day beside one of the smallest", ratios[0], "x", LINEAR),
            spread=ratios[1:],
        )
    )
    few = MESSAGES[1]
    taken = _measured(few, _each_other())
    rates, floors = [few / took for took, _ in taken], [few / floor for _, floor in taken]
    what = f"rows of {few:,}, no two of which say the same"
    found.append(middle(_GROUP, what, rates, "rows", ROWS_LEAST, median(floors), at_least=True))
    ratio = [took / floor for took, floor in taken]
    found.append(middle(_GROUP, "  times reading and json.loads alone", ratio, "x", FLOORS))
    parsing = [each * 1e6 for each in _botocore_parsing()]
    found.append(middle(_GROUP, "for comparison, botocore's own parsing: a row", parsing, "us", is_yardstick=True))
    whole, what = peak_bytes(few, read_whole_day), f"for comparison, {few:,} messages read at once: a message"
    found.append(Row(_GROUP, what, whole / few, "bytes", is_yardstick=True))
    return found


def _measured(messages: int, texts: Sequence[str] = TEXTS) -> list[tuple[float, float]]:
    """Seconds of CPU of a rollup and of its floor, taken in turns."""
    taken = []
    for _ in range(_TIMES if messages < MESSAGES[-1] else 2):
        gc.collect()
        taken.append((_seconds(messages, texts, fold_day), _floor(messages, texts)))
    return taken


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


def _botocore_parsing() -> list[float]:
    """Seconds that botocore's parser takes for a row of a page."""
    shape = Session().get_service_model("dynamodb").operation_model("Query").output_shape
    page = {"status_code": 200, "headers": {}, "body": next(_bodies(100_000))}
    assert shape is not None
    parser, took = create_parser("json"), list[float]()
    for _ in range(_TIMES):
        begun = process_time()
        parser.parse(page, shape)
        took.append(process_time() - begun)
    return [each / _PAGE for each in took]


def _read_units(messages: int) -> float:
    """A query that is not consistent takes half a unit for each 4 KB, and begins a new one with each page."""
    units = 0.0
    for body in _bodies(messages):
        size = sum(_KEY_BYTES + len(item["l"]["S"]) for item in json.loads(body)["Items"])
        units += -(-size // 4096) / 2
    return units


PARTS: tuple[Part, ...] = (("Day rollup", _rows),)
