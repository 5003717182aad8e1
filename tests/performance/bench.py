"""``make bench``: every benchmark of this folder, as one table and as .local/bench.json.

A module ``bench_<name>.py`` names its parts in ``PARTS``. A part that this machine cannot run, or that fails, is one
line that says why, and the others go on.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

import tests.conftest  # noqa: F401  # the tests' environment: moto first, and no AWS that could be the real one
from stack.settings import ROOT
from tests.performance.rows import Part, Row

WRITTEN = ROOT / ".local" / "bench.json"
FAILED = "failed: "
_HEADER = ("operation", "measured", "from - to", "target", "floor", "")


def main() -> int:
    """Runs the benchmarks; 1 if a part failed, or an operation is over its budget of capacity units, which no noise can
    change."""
    return run(_parts())


def run(parts: Iterable[Part]) -> int:
    """As ``main``, of these parts."""
    before, rows = os.getloadavg()[0], list[Row]()
    for part in parts:
        rows += measured(*part)
        _write(rows)  # a run that is interrupted keeps what it measured
    name = f"load average of {os.cpu_count()} cores"
    for when, load in (("before", before), ("after", os.getloadavg()[0])):
        rows.append(Row("This machine", f"{name}, {when}", load, "", is_yardstick=True))
    _write(rows)
    print(table(rows))
    for row in rows:
        if row.lacks:
            print(f"Without its {' and its '.join(row.lacks)}: {row.group}: {row.what}")
    has_failed = any(row.missing and row.missing.startswith(FAILED) for row in rows)
    return int(has_failed or any(row.over and row.unit in ("WRU", "RRU") for row in rows))


def _write(rows: list[Row]) -> None:
    WRITTEN.parent.mkdir(exist_ok=True)
    WRITTEN.write_text(
        json.dumps([asdict(row) | {"over": row.over, "lacks": row.lacks} for row in rows], indent=2) + "\n"
    )


def _parts() -> Iterator[Part]:
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        yield from importlib.import_module(f"tests.performance.{path.stem}").PARTS


def measured(name: str, measure: Callable[[], Iterable[Row]]) -> list[Row]:
    """The part's lines, as far as it comes. Tells the progress."""
    rows: list[Row] = []
    began = time.monotonic()
    print(f"{name} ...", file=sys.stderr, flush=True)
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # the functions' metrics
            rows.extend(measure())
    except pytest.skip.Exception as reason:
        rows.append(_not_measured(name, str(reason.msg)))
    except (Exception, pytest.fail.Exception) as error:
        traceback.print_exc()
        rows.append(_not_measured(name, f"{FAILED}{type(error).__name__}: {error}"))
    print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return rows


def _not_measured(name: str, why: str) -> Row:
    first_line = why.splitlines()[0] if why else ""
    return Row(name, "not measured", None, "", missing=first_line)


def table(rows: list[Row]) -> str:
    """The rows under each other, in groups."""
    lines = [_HEADER, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADER))]
    shown = [_line(_HEADER, widths)]
    for group in dict.fromkeys(row.group for row in rows):
        shown += ["", group]
        for row in rows:
            if row.group == group:
                shown.append(f"  {row.what}: {row.missing}" if row.missing else _line(_cells(row), widths))
    return "\n".join(shown)


def _cells(row: Row) -> tuple[str, ...]:
    value, budget, floor = (_number(number, row.unit) for number in (row.value, row.budget, row.floor))
    digits = 2 if row.unit == "x" else 1
    spread = "" if row.spread is None else f"{row.spread[0]:,.{digits}f} - {row.spread[1]:,.{digits}f}"
    missed = ("UNDER" if row.at_least else "OVER") if row.over else ""
    return (f"  {row.what}", value, spread, f">= {budget}" if row.at_least else budget, floor, missed)


def _number(number: float | None, unit: str) -> str:
    return "" if number is None else f"{number:,.{2 if unit == 'x' else 1}f} {unit}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    name, *others = (
        cell.ljust(width) if not at else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([name, *others]).rstrip()


if __name__ == "__main__":
    sys.exit(main())
