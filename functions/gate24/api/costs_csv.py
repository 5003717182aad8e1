"""Costs of days and months as CSV (RFC 4180) with a header row, one of them a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from gate24.costs import FEES, MESSAGE_COUNTS, DayCosts, MonthCosts
from gate24.rules.money import amount

_COSTS = (
    *("timezone", "currency", "status", "total"),
    *(f"messages_{name}" for name in MESSAGE_COUNTS),
    *(f"fee_{fee}" for fee in FEES),
    *("unpriced", "provider_billed", "provider_differences", "unknown_amount", "undelivered", "undelivered_amount"),
    *("templates_in_window", "templates_in_window_amount", "unverified"),
)
HEADER = ("date", *_COSTS)
MONTHS_HEADER = ("month", *_COSTS)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(days: Iterable[DayCosts], is_split: bool = False) -> str:
    """Where amounts were converted, a column more says from what. ``is_split``: they are of some of the channels, for
    which the last columns are not known."""
    rows = list(days)
    return _csv(HEADER, [(day.day, *_costs(day, is_split)) for day in rows], [_converted(day) for day in rows])


def months_to_csv(months: Iterable[MonthCosts], is_split: bool = False) -> str:
    """As ``to_csv``."""
    rows = list(months)
    own = ["; ".join(f"{amount(micro)} {name}" for name, micro in month.card_amounts.items()) for month in rows]
    return _csv(MONTHS_HEADER, [(month.month, *_costs(month, is_split)) for month in rows], own)


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


def _costs(costs: DayCosts | MonthCosts, is_split: bool) -> tuple[object, ...]:
    return (
        *(costs.timezone, costs.currency, costs.status, amount(costs.sums.total)),
        *(costs.sums.messages[name] for name in MESSAGE_COUNTS),
        *(amount(costs.sums.fees[fee]) for fee in FEES),
        *(("",) * 9 if is_split else _of_all_channels(costs)),
    )


def _converted(day: DayCosts) -> str:
    """What it cost by the rate cards in other currencies, and how that was converted."""
    told = ((amount(micro), day.exchanges[name]) for name, micro in day.card_amounts.items())
    return "; ".join(f"{own} {by.from_currency} at {by.text} ({by.source}, {by.day})" for own, by in told)


def _of_all_channels(costs: DayCosts | MonthCosts) -> tuple[int | str, ...]:
    return (
        *(costs.unpriced, costs.provider_billed, costs.provider_differences, amount(costs.unknown_amount)),
        *(costs.undelivered.count, amount(costs.undelivered.micro)),
        *(costs.in_window.count, amount(costs.in_window.micro), costs.unverified),
    )
