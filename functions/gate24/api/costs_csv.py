"""Costs of days and months as CSV (RFC 4180) with a header row, one of them a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from gate24.costs import FEES, MESSAGE_COUNTS, DayCosts, MonthCosts
from gate24.rules.money import amount
from gate24.rules.reached import cost_per_reached, reached_by

_COSTS = (
    *("timezone", "currency", "status", "total"),
    *(f"messages_{name}" for name in MESSAGE_COUNTS),
    *(f"fee_{fee}" for fee in FEES),
    *("unpriced", "provider_billed", "provider_differences", "unknown_amount", "undelivered", "undelivered_amount"),
    *("templates_in_window", "templates_in_window_amount", "unverified", "reached", "cost_per_reached"),
)
HEADER = ("date", *_COSTS)
MONTHS_HEADER = ("month", *_COSTS)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(days: Iterable[DayCosts], is_split: bool = False) -> str:
    """Where amounts were converted, a column more says from what. ``is_split``: they are of some of the channels, for
    which the last columns are not known."""
    rows = list(days)
    return _csv(HEADER, [(day.day, *costs_cells(day, is_split)) for day in rows], [day_converted(day) for day in rows])


def months_to_csv(months: Iterable[MonthCosts], is_split: bool = False) -> str:
    """As ``to_csv``."""
    rows = list(months)
    return _csv(
        MONTHS_HEADER,
        [(month.month, *costs_cells(month, is_split)) for month in rows],
        [month_converted(month) for month in rows],
    )


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]], converted: Sequence[str]) -> str:
    """A cell that a spreadsheet would take for a formula is quoted with an apostrophe (OWASP, CSV injection)."""
    text = io.StringIO()
    writer = csv.writer(text)
    has_converted = any(converted)
    writer.writerow((*header, *(("converted",) if has_converted else ())))
    for row, said in zip(rows, converted, strict=True):
        cells = (*row, *((said,) if has_converted else ()))
        writer.writerow([safe_cell(cell) for cell in cells])
    return text.getvalue()


def safe_cell(cell: object) -> object:
    return f"'{cell}" if str(cell).startswith(_FORMULA) else cell


def costs_cells(costs: DayCosts | MonthCosts, is_split: bool) -> tuple[object, ...]:
    """Below the header, but for the first cell and the last one."""
    return (
        *(costs.timezone, costs.currency, costs.status, amount(costs.sums.total)),
        *(costs.sums.messages[name] for name in MESSAGE_COUNTS),
        *(amount(costs.sums.fees[fee]) for fee in FEES),
        *(("",) * 11 if is_split else _of_all_channels(costs)),
    )


def day_converted(day: DayCosts) -> str:
    """What it cost by the rate cards in other currencies, and how that was converted."""
    told = ((amount(micro), day.exchanges[name]) for name, micro in day.card_amounts.items())
    return "; ".join(f"{own} {by.from_currency} at {by.text} ({by.source}, {by.day})" for own, by in told)


def month_converted(month: MonthCosts) -> str:
    """What it cost by the rate cards in other currencies."""
    return "; ".join(f"{amount(micro)} {name}" for name, micro in month.card_amounts.items())


def _of_all_channels(costs: DayCosts | MonthCosts) -> tuple[int | str, ...]:
    return (
        *(costs.unpriced, costs.provider_billed, costs.provider_differences, amount(costs.unknown_amount)),
        *(costs.undelivered.count, amount(costs.undelivered.micro)),
        *(costs.in_window.count, amount(costs.in_window.micro), costs.unverified),
        *(_or_empty(reached_by(costs)), _or_empty(cost_per_reached(costs), amount)),
    )


def _or_empty(number: int | None, shown: Callable[[int], int | str] = int) -> int | str:
    """An empty cell for what is not known, or is of nobody."""
    return "" if number is None else shown(number)
