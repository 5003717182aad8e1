"""Costs of days and months as an Excel workbook (Office Open XML): a sheet of them with the CSV's columns, and one for
each way in which they are split.

Amounts are numbers with their currency, dates are dates. Text is always text, so that a campaign whose name begins like
a formula is none.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from gate24.api.costs_csv import HEADER, MONTHS_HEADER, costs_cells, day_converted, month_converted
from gate24.costs import FEES, MESSAGE_COUNTS, NOT_KNOWN, OTHERS, DayCosts, MonthCosts
from gate24.rules.money import amount

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_AMOUNTS = {"total", "unknown_amount", "undelivered_amount", "templates_in_window_amount", "cost_per_reached"} | {
    f"fee_{fee}" for fee in FEES
}
"""The columns that are of the row's currency."""

_DATES = {"date": "yyyy-mm-dd", "month": "yyyy-mm"}
_WIDEST = 60

_Row = tuple[object, ...]
_SPLITS: tuple[tuple[str, str, Callable[[DayCosts | MonthCosts], Any]], ...] = (
    ("By category", "category", lambda costs: costs.by_category),
    ("By market", "market", lambda costs: costs.by_market),
    ("By campaign", "campaign", lambda costs: costs.by_campaign),
    ("By template", "template", lambda costs: costs.by_template),
    ("By sender", "sender", lambda costs: costs.by_author),
)
_REST, _UNKNOWN = "(others)", "(not known)"
"""What came after the first campaigns, templates or senders of a day; what was sent before these were kept."""


def to_xlsx(days: Iterable[DayCosts], is_split: bool = False) -> bytes:
    """``is_split``: they are of some of the channels, which alone are known then."""
    rows = [(day.day, day, day_converted(day)) for day in days]
    return _workbook("Days", HEADER, rows, is_split)


def months_to_xlsx(months: Iterable[MonthCosts], is_split: bool = False) -> bytes:
    """As ``to_xlsx``; a month stands as its first day."""
    rows = [(month.month, month, month_converted(month)) for month in months]
    return _workbook("Months", MONTHS_HEADER, rows, is_split)


def _workbook(
    name: str, header: Sequence[str], costs: Sequence[tuple[str, DayCosts | MonthCosts, str]], is_split: bool
) -> bytes:
    import xlsxwriter  # only where it is asked for: no cold start pays for it

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(1980, 1, 1)})  # so that the same costs give the same bytes
    first = header[0]
    _sheet(book, name, (*header, "converted"), [(day, *costs_cells(each, is_split), told) for day, each, told in costs])
    channels = [
        (day, each.currency, channel, *sums.messages.values(), *map(amount, sums.fees.values()), amount(sums.total))
        for day, each, _ in costs
        for channel, sums in sorted(each.by_channel.items())
    ]
    counts, fees = (f"messages_{each}" for each in MESSAGE_COUNTS), (f"fee_{fee}" for fee in FEES)
    _sheet(book, "By channel", (first, "currency", "channel", *counts, *fees, "total"), channels)
    for title, kind, split in () if is_split else _SPLITS:
        parts = [
            (day, each.currency, _named(kind, name), part.count, amount(part.micro))
            for day, each, _ in costs
            for name, part in split(each).items()
        ]
        _sheet(book, title, (first, "currency", kind, "count", "total"), parts)
    book.close()
    return file.getvalue()


def _named(kind: str, name: str) -> str:
    if kind == "campaign":
        return name or _REST
    if name in (NOT_KNOWN, OTHERS):
        return _REST if name == OTHERS else _UNKNOWN
    return ": ".join(filter(None, name.split("#", 1))) if kind == "sender" else name


def _sheet(book: Any, name: str, header: Sequence[str], rows: Sequence[_Row]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    bold = book.add_format({"bold": True})
    for number, column in enumerate(header):
        sheet.write_string(0, number, column, bold)
        cells = [row[number] for row in rows]
        longest = max((len(str(cell)) for cell in cells), default=0) + 5 * (column in _AMOUNTS)
        sheet.set_column(number, number, min(max(len(column), longest) + 2, _WIDEST))
    shown = {column: book.add_format({"num_format": form}) for column, form in _DATES.items()}
    place = header.index("currency")
    for currency in {str(row[place]) for row in rows}:
        shown[currency] = book.add_format({"num_format": f"[${currency}] #,##0.0000##"})
    for line, row in enumerate(rows, 1):
        for number, (column, cell) in enumerate(zip(header, row, strict=True)):
            if cell == "":
                continue
            if column in _DATES:
                sheet.write_datetime(line, number, _first_day(str(cell)), shown[column])
            elif column in _AMOUNTS:
                sheet.write_number(line, number, Decimal(str(cell)), shown[str(row[place])])
            elif isinstance(cell, int):
                sheet.write_number(line, number, cell)
            else:
                sheet.write_string(line, number, str(cell))
    sheet.autofilter(0, 0, len(rows), len(header) - 1)


def _first_day(text: str) -> datetime:
    """Of a day, or of a month."""
    return datetime.combine(date.fromisoformat(text if len(text) == 10 else f"{text}-01"), datetime.min.time())
