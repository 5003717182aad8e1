"""Reads the files in which banks publish exchange rates: the European Central Bank's ``eurofxref-hist.csv``, and the
reference rates of Financial Benchmarks India (RBI's), saved as CSV. Pure.

A file is taken whole or not at all.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from gate24.rules.exchange import Publication
from gate24.rules.organization_settings import currencies

_RETIRED = frozenset({"BGN", "CYP", "EEK", "HRK", "LTL", "LVL", "MTL", "ROL", "SIT", "SKK", "TRL"})
"""Columns that the ECB's file keeps of currencies that are no more: passed over where ISO 4217 has them no longer."""

_NO_RATE = ("", "N/A", "-")
_RATE = re.compile(r"\d{1,9}(\.\d{1,10})?")
_PAIR = re.compile(r"INR\s*/\s*(1|100)\s*([A-Z]{3})")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/ ](\d{1,2}|[A-Za-z]{3})[-/ ](\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_COLUMNS = {"date": ("date",), "pair": ("currency pair", "currency pairs"), "rate": ("rate", "rates")}

_NEAR_DAYS = 31
_MOST_CHANGE = 2
"""Between two days so near no rate changes by this factor; a file in which it does has its columns confused."""

_MOST_FAULTS = 5


class WrongFile(Exception):
    """Its text says what is wrong with the file, line by line; nothing of it is taken."""


class _Fault(Exception):
    pass


class _Cell(NamedTuple):
    """``digits``: the rate is of 10 to this power units of the currency."""

    currency: str
    text: str
    digits: int = 0


_ReadLine = Callable[[list[str]], tuple[str, list[_Cell]]]
"""A line's day and rates, both as text."""


def read_rates(source: str, text: str, today: date) -> list[Publication]:
    """What the file of that source (``ecb``, ``rbi``) tells, in the order of the days. WrongFile."""
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    rows = [(number, [cell.strip() for cell in cells]) for number, cells in enumerate(lines, 1)]
    rows = [(number, cells) for number, cells in rows if any(cells)]
    if len(rows) < 2:
        raise WrongFile("The file has no rates: it needs a line with the names of the columns, and others below it.")
    try:
        read_line = _LAYOUTS[source](rows[0][1])
    except _Fault as fault:
        raise WrongFile(f"Line {rows[0][0]}: {fault}.") from None
    by_day: dict[date, dict[str, Decimal]] = defaultdict(dict)
    faults: list[str] = []
    for number, cells in rows[1:]:
        try:
            day, rates = _read(read_line, cells, today)
            if twice := by_day[day].keys() & rates.keys():
                raise _Fault(f"{day} has a rate of {min(twice)} already")
            by_day[day].update(rates)
        except _Fault as fault:
            faults.append(f"Line {number}: {fault}.")
    found = [Publication(source, day, by_day[day]) for day in sorted(by_day) if by_day[day]]
    faults += _jumps(found)
    if faults:
        others = len(faults) - _MOST_FAULTS
        raise WrongFile(" ".join(faults[:_MOST_FAULTS]) + (f" And {others} more." if others > 0 else ""))
    if not found:
        raise WrongFile("The file has no rates: every cell is empty.")
    return found


def _read(read_line: _ReadLine, cells: list[str], today: date) -> tuple[date, dict[str, Decimal]]:
    text, told = read_line(cells)
    day = _day(text)
    if day > today:
        raise _Fault(f"{day} is to come")
    there = [cell for cell in told if cell.currency in currencies() and cell.text not in _NO_RATE]
    return day, {cell.currency: _rate(cell).scaleb(-cell.digits) for cell in there}


def _ecb(header: list[str]) -> _ReadLine:
    """``Date,USD,JPY,...``: units of each for one euro. Each line ends with a comma."""
    columns = header[:-1] if not header[-1] else header
    if columns[0] != "Date":
        raise _Fault(f"the first column is {columns[0]!r}, where the ECB's file has 'Date'")
    for name in columns[1:]:
        if name not in currencies() | _RETIRED:
            raise _Fault(f"the column {name!r} is no currency of ISO 4217")
        if columns.count(name) > 1:
            raise _Fault(f"the column {name} is there twice")

    def read_line(cells: list[str]) -> tuple[str, list[_Cell]]:
        if len(cells) != len(header):
            raise _Fault(f"{len(cells)} cells under {len(header)} columns")
        told = zip(columns[1:], cells[1 : len(columns)], strict=True)
        return cells[0], [_Cell(name, rate) for name, rate in told]

    return read_line


def _rbi(header: list[str]) -> _ReadLine:
    """A line for each day and pair, such as ``INR / 1 USD`` and ``INR / 100 JPY``."""
    places = {}
    for what, names in _COLUMNS.items():
        there = [number for number, name in enumerate(header) if name.lower() in names]
        if len(there) != 1:
            raise _Fault(f"one column has to be {names[0]!r}; there are {', '.join(map(repr, header))}")
        places[what] = there[0]

    def read_line(cells: list[str]) -> tuple[str, list[_Cell]]:
        if len(cells) != len(header):
            raise _Fault(f"{len(cells)} cells under {len(header)} columns")
        match = _PAIR.fullmatch(cells[places["pair"]])
        if match is None or match[2] not in currencies():
            raise _Fault(f"{cells[places['pair']]!r} is no pair as 'INR / 1 USD' is")
        return cells[places["date"]], [_Cell(match[2], cells[places["rate"]], len(match[1]) - 1)]

    return read_line


_LAYOUTS: dict[str, Callable[[list[str]], _ReadLine]] = {"ecb": _ecb, "rbi": _rbi}


def _day(text: str) -> date:
    """ISO 8601, or the day first, as in India."""
    try:
        if match := _DAY_FIRST.fullmatch(text):
            month = match[2].lower()
            number = int(month) if month.isdigit() else _MONTHS.index(month) + 1
            return date(int(match[3]), number, int(match[1]))
        return date.fromisoformat(text)
    except ValueError:
        raise _Fault(f"{text!r} is no day") from None


def _rate(cell: _Cell) -> Decimal:
    if not _RATE.fullmatch(cell.text) or not Decimal(cell.text):
        raise _Fault(f"the rate {cell.text!r} of {cell.currency} is no number above 0 with at most ten decimals")
    return Decimal(cell.text)


def _jumps(publications: list[Publication]) -> Iterator[str]:
    for before, after in pairwise(publications):
        if (after.day - before.day).days <= _NEAR_DAYS:
            for name in before.rates.keys() & after.rates.keys():
                low, high = sorted((before.rates[name], after.rates[name]))
                if high >= low * _MOST_CHANGE:
                    yield f"{name} is {before.rates[name]} on {before.day} and {after.rates[name]} on {after.day}."
