"""How a command of ``./gate24`` ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class WronglyAsked(Exception):
    """What was asked cannot be done, however often it is tried; nothing was changed. Exit status 2."""


class Failed(Exception):
    """It may succeed when something is mended. Exit status 1."""


class NothingDone(Failed):
    """Nothing was changed: somebody else was faster."""


@dataclass(frozen=True, slots=True)
class Result:
    """``answer``: the JSON document; ``lines``: the same for people; ``has_failures``: whether a part of it failed."""

    answer: Mapping[str, Any]
    lines: Sequence[str]
    has_failures: bool = False


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows under the names of the columns, in columns as wide as they need to be."""
    widths = [max(len(row[number]) for row in (columns, *rows)) for number in range(len(columns))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (columns, *rows)
    ]
