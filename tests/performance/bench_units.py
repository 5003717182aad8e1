"""Capacity units of each warm flow, three times: as DynamoDB Local and as MiniStack tell them
(``ReturnConsumedCapacity``), and as the tests' table in memory counts them. The three agree; one that differs would be
wrong about a flow, or about DynamoDB."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.performance.rows import Part, Row
from tests.support import flow_units
from tests.support.dynamodb_local import start_dynamodb_local
from tests.support.flow_units import Spent
from tests.support.ministack import start_ministack


def _local(folder: Path) -> dict[str, Spent]:
    with start_dynamodb_local(folder) as database:
        return flow_units.told_by(database, folder)


def _ministack(folder: Path) -> dict[str, Spent]:
    with start_ministack(folder) as database:
        return flow_units.told_by(database, folder)


_TABLES: dict[str, Callable[[Path], dict[str, Spent]]] = {
    "DynamoDB Local": _local,
    "MiniStack": _ministack,
    "in memory": flow_units.in_memory,
}


def rows(table: str) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        found = _TABLES[table](Path(folder))
    for flow in flow_units.OF_THE_TABLE:
        spent, group = found[flow.name], f"Capacity units of a warm flow, {table}"
        yield Row(group, f"{flow.name}: writes", spent.writes, "WRU", flow.writes)
        yield Row(group, f"{flow.name}: reads", spent.reads, "RRU", flow.reads)


PARTS: tuple[Part, ...] = tuple((f"Capacity units of a warm flow, {table}", partial(rows, table)) for table in _TABLES)
