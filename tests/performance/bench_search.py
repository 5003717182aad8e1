"""Read units of a search for one contact among 100 and among 10,000: by the indexes, and by going through the list, as
it was done before there were any. In memory, where they are counted as DynamoDB bills them (``bench_units``)."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.performance.rows import Part, Row
from tests.support.memory_table import memory_table
from tests.support.scene import fill_list, without_name_words
from tests.support.system import System, system

SEARCHES = {"a number": "+917000000007", "a number without its code": "70000 00007", "words of a name": "kiran 00007"}
READS_MOST = 8
"""What a search may read, whatever the number of contacts."""

_GROUP = "A search for one contact"


def search_reads(count: int) -> Iterator[tuple[str, float, bool]]:
    """Of each search: its name, its read units to the last page, and whether it goes by an index."""
    with (
        tempfile.TemporaryDirectory() as folder,
        redirect_stdout(io.StringIO()),
        system(Path(folder), simulate=False) as gate24,
        memory_table(gate24.dynamodb) as held,
    ):
        fill_list(count)
        _found(gate24, "nobody")

        def reads(q: str) -> float:
            before = held.usage
            assert _found(gate24, q) >= 1
            return held.usage.since(before).read_units

        for name, q in SEARCHES.items():
            yield name, reads(q), True
        yield "the last digits of a number", reads("000007"), False
        without_name_words(gate24)
        yield "words of a name", reads(SEARCHES["words of a name"]), False


def _found(gate24: System, q: str) -> int:
    found = 0
    cursor: dict[str, str] = {}
    while True:
        page: Any = gate24.http("GET", f"/v1/contacts?{urlencode({'q': q, **cursor})}").json
        found, cursor = found + len(page["data"]), {"cursor": page["next_cursor"]}
        if page["next_cursor"] is None:
            return found


def _rows() -> Iterator[Row]:
    for count in (100, 10_000):
        for name, units, is_indexed in search_reads(count):
            what = f"{name}, {count:,} contacts, {'by an index' if is_indexed else 'through the list'}"
            budget = READS_MOST if is_indexed else None
            yield Row(_GROUP, what, units, "RRU", budget, is_yardstick=not is_indexed)


PARTS: tuple[Part, ...] = ((_GROUP, _rows),)
