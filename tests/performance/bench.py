"""``make bench``: every benchmark of this folder, as one table and as .local/bench.json.

A module ``bench_<name>.py`` has a function ``rows()`` that gives its lines.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

import tests.conftest  # noqa: F401  # the tests' environment: moto first, and no AWS that could be the real one
from stack.settings import ROOT
from tests.performance.rows import Row

_HEADER = ("operation", "measured", "budget", "floor", "")


def main() -> int:
    """Runs the benchmarks; 1 if an operation is over its budget of capacity units, which no noise can change."""
    rows: list[Row] = []
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        print(f"{path.stem} ...", file=sys.stderr, flush=True)
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # the functions' metrics
                rows += importlib.import_module(f"tests.performance.{path.stem}").rows()
        except (pytest.skip.Exception, pytest.fail.Exception) as missing:
            print(f"{path.stem} left out: {missing.msg}", file=sys.stderr, flush=True)
    print(table(rows))
    written = ROOT / ".local" / "bench.json"
    written.parent.mkdir(exist_ok=True)
    written.write_text(json.dumps([asdict(row) | {"over": row.over} for row in rows], indent=2) + "\n")
    return int(any(row.over and row.unit in ("WRU", "RRU") for row in rows))


def table(rows: list[Row]) -> str:
    """The rows under each other, in groups."""
    lines = [_HEADER, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADER))]
    shown, group = [_line(_HEADER, widths)], ""
    for row in rows:
        if row.group != group:
            group = row.group
            shown += ["", group]
        shown.append(_line(_cells(row), widths))
    return "\n".join(shown)


def _cells(row: Row) -> tuple[str, ...]:
    value, budget, floor = (_number(number, row.unit) for number in (row.value, row.budget, row.floor))
    return (f"  {row.what}", value, budget, floor, "OVER" if row.over else "")


def _number(number: float | None, unit: str) -> str:
    return "" if number is None else f"{number:,.1f} {unit}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    name, *others = (
        cell.ljust(width) if not at else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([name, *others]).rstrip()


if __name__ == "__main__":
    sys.exit(main())
