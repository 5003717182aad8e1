"""Days' costs as CSV (RFC 4180) with a header row, one day a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from gate24.costs import FEES, MESSAGE_COUNTS, DayCosts
from gate24.rules.money import amount

HEADER = (
    *("date", "timezone", "currency", "status", "total"),
    *(f"messages_{name}" for name in MESSAGE_COUNTS),
    *(f"fee_{fee}" for fee in FEES),
    *("unpriced", "provider_billed", "provider_differences", "unknown_amount"),
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(days: Iterable[DayCosts], is_split: bool = False) -> str:
    """A cell that a spreadsheet would take for a formula is quoted with an apostrophe (OWASP, CSV injection). Where
    amounts were converted, a column more says from what. ``is_split``: they are of some of the channels, for which the
    last columns are not known."""
    text = io.StringIO()
    writer = csv.writer(text)
    rows = list(days)
    has_converted = any(day.card_amounts for day in rows)
    writer.writerow((*HEADER, *(("converted",) if has_converted else ())))
    for day in rows:
        cells = (
            *(day.day, day.timezone, day.currency, day.status, amount(day.sums.total)),
            *(day.sums.messages[name] for name in MESSAGE_COUNTS),
            *(amount(day.sums.fees[fee]) for fee in FEES),
            *(("", "", "", "") if is_split else _of_all_channels(day)),
            *((_converted(day),) if has_converted else ()),
        )
        writer.writerow([f"'{cell}" if str(cell).startswith(_FORMULA) else cell for cell in cells])
    return text.getvalue()


def _converted(day: DayCosts) -> str:
    """What it cost by the rate cards in other currencies, and how that was converted."""
    told = ((amount(micro), day.exchanges[name]) for name, micro in day.card_amounts.items())
    return "; ".join(f"{own} {by.from_currency} at {by.text} ({by.source}, {by.day})" for own, by in told)


def _of_all_channels(day: DayCosts) -> tuple[int | str, ...]:
    return day.unpriced, day.provider_billed, day.provider_differences, amount(day.unknown_amount)
