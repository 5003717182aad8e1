"""Reads what a provider says it billed, from a CSV file: message by message, or summed up by day, market and category.
Pure.

A format says which columns there are, and which of them a file must have. A file is read to its end before anything is
made of it, and taken whole or not at all. An amount with more than six decimals is rounded to the micro-unit, halves
up: Meta's costs are floating-point numbers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gate24.lazy_dataclass import dataclass
from gate24.rules.money import MICRO_DIGITS
from gate24.rules.pricing import market_of
from gate24.rules.rollup import local_day

MOST_ROWS = 5_000_000
MOST_AMOUNT = 10**12
"""Of one line, in the currency's units."""

_MOST_FAULTS = 5
_MOST_LETTERS = 256
_NEAR = 0.75
"""So alike (``difflib``) a column's name is taken for another spelling of one that is missing."""


class WrongBill(Exception):
    """Its text says what is wrong with the file, line by line; nothing of it is taken."""


@dataclass(frozen=True, slots=True)
class BillFormat:
    """``columns``: what is read, by the field, with the column's name as the provider writes it. ``required``: fields
    without which it is no such file. ``others``: columns that are known and not read. ``whatsapp_only``: the amounts
    are WhatsApp's fees without those of a BSP. ``counts_inbound``: incoming messages are counted, too."""

    name: str
    columns: Mapping[str, str]
    required: tuple[str, ...]
    whatsapp_only: bool = False
    counts_inbound: bool = True
    others: tuple[str, ...] = ()

    def column(self, name: str) -> str | None:
        """The field of a column, by its name in whatever case."""
        return next((each for each, known in self.columns.items() if known.lower() == name.lower()), None)


FORMATS: Mapping[str, BillFormat] = {
    each.name: each
    for each in (
        BillFormat(
            "gate24",
            {
                name: name
                for name in (
                    *("provider_id", "message_id", "date", "category", "billable", "amount", "currency"),
                    *("country", "count"),
                )
            },
            ("date", "amount", "currency"),
        ),
        # The data points of pricing_analytics (Meta, Graph API reference, pricing_analytics, v25.0, read 2026-11).
        BillFormat(
            "meta",
            {
                "start": "start",
                "end": "end",
                "sender": "phone_number",
                "country": "country",
                "category": "pricing_category",
                "count": "volume",
                "amount": "cost",
                "currency": "currency",
            },
            ("start", "count", "amount"),
            whatsapp_only=True,
            counts_inbound=False,
            others=("pricing_type", "tier"),
        ),
        # The daily usage of an app (partner-docs.gupshup.io/reference/get_partner-app-appid-usage, read 2026-11).
        BillFormat(
            "gupshup",
            {
                "date": "date",
                "sender": "appName",
                "count": "totalMsg",
                "amount": "totalFees",
                "currency": "currency",
            },
            ("date", "count", "amount", "currency"),
            others=(
                *("appId", "authentication", "cumulativeBill", "discount", "fep", "ftc", "gsCap", "gsFees"),
                *("incomingMsg", "outgoingMsg", "outgoingMediaMsg", "marketing", "service", "templateMsg"),
                *("templateMediaMsg", "utility", "waFees", "internationalAuthentication"),
            ),
        ),
    )
}


class BillRow(NamedTuple):
    """``line``: of the file. ``day``: ``YYYY-MM-DD``. ``market``: as ``pricing.market_of`` names it."""

    line: int
    day: str
    micro: int
    category: str | None = None
    provider_id: str | None = None
    message_id: str | None = None
    market: str | None = None
    messages: int = 1


@dataclass(frozen=True, slots=True)
class Expected:
    """What the file is to be of. ``currencies``: those in which it may be. ``currency``: that of a file that names
    none. ``sender``: the app, or the number with ``+``, of the only channel; None where it may be of several."""

    timezone: str
    currencies: frozenset[str]
    currency: str | None = None
    sender: str | None = None


@dataclass(slots=True)
class Bill:
    """A file while it is read. ``currency``: once its rows were read."""

    format: BillFormat
    expected: Expected
    fields: dict[str, int] = field(default_factory=dict)
    width: int = 0
    currency: str | None = None
    rows: int = 0
    faults: list[str] = field(default_factory=list)
    wrong: int = 0

    @property
    def by_message(self) -> bool:
        return "provider_id" in self.fields or "message_id" in self.fields

    def has(self, name: str) -> bool:
        return name in self.fields

    def read(self, lines: Iterable[str]) -> Iterator[BillRow]:
        """The rows, as they are taken. WrongBill at the end where any line was wrong, or at once where the columns are,
        or where there are too many rows."""
        first, everything = _peek(lines)
        reader = csv.reader(everything, delimiter=_delimiter(first), strict=True)
        try:
            self._read_header(next(reader, []))
            for cells in reader:
                if not any(cells):
                    continue
                self.rows += 1
                if self.rows > MOST_ROWS:
                    raise WrongBill(f"has more than {MOST_ROWS:,} rows: split it by days.")
                row = self._row(reader.line_num, cells)
                if row is not None and not self.wrong:
                    yield row
        except csv.Error as error:
            raise WrongBill(f"is no CSV in line {reader.line_num}: {error}.") from None
        if self.wrong:
            more = f" So are {self.wrong - len(self.faults)} more." if self.wrong > len(self.faults) else ""
            are = "1 line is" if self.wrong == 1 else f"{self.wrong:,} lines are"
            raise WrongBill(f"cannot be taken: {are} wrong. {' '.join(self.faults)}{more}")
        if not self.rows:
            raise WrongBill("has no rows below its header.")

    def _read_header(self, cells: list[str]) -> None:
        names = [cell.strip() for cell in cells]
        self.width = len(names)
        known = {name.lower(): name for name in (*self.format.columns.values(), *self.format.others)}
        for number, name in enumerate(names):
            of = self.format.column(name)
            if of is not None and of in self.fields:
                raise WrongBill(f"has the column {name} twice.")
            if of is not None:
                self.fields[of] = number
        missing = [self.format.columns[each] for each in self.format.required if each not in self.fields]
        strange = [name for name in names if name.lower() not in known]
        has = f"It has: {', '.join(filter(None, names)) or 'nothing'}."
        if missing:
            raise WrongBill(
                f"lacks the column {_words(missing)} of the format {self.format.name}.{_guess(missing, strange)} {has}"
            )
        absent = [name for each, name in self.format.columns.items() if each not in self.fields]
        guess = _guess(absent, strange)
        if guess:
            raise WrongBill(f"has other columns than the format {self.format.name}.{guess} {has}")
        if not self.by_message and "count" not in self.fields:
            raise WrongBill(
                f"names neither messages (provider_id or message_id) nor how many there were (count). {has}"
            )
        if "currency" not in self.fields:
            if self.expected.currency is None:
                raise WrongBill("names no currency: give --currency.")
            try:
                self._take_currency(self.expected.currency)
            except _Fault as fault:
                raise WrongBill(f"names no currency, and --currency does not fit: {fault}.") from None

    def _row(self, line: int, cells: list[str]) -> BillRow | None:
        try:
            if len(cells) != self.width:
                raise _Fault(f"it has {len(cells)} cells, and the header {self.width}")
            told = {name: cells[number].strip() for name, number in self.fields.items()}
            return self._understood(line, told)
        except _Fault as fault:
            self.wrong += 1
            if len(self.faults) < _MOST_FAULTS:
                self.faults.append(f"Line {line:,}: {fault}.")
            return None

    def _understood(self, line: int, told: dict[str, str]) -> BillRow:
        if "currency" in told:
            self._take_currency(told["currency"])
        if self.expected.sender is not None and told.get("sender"):
            _check_sender(self.expected.sender, told["sender"])
        amount = _micro(told["amount"])
        if told.get("billable") and not _yes(told["billable"]) and amount:
            raise _Fault(f"it is not billable, and its amount is {told['amount']}")
        zone = self.expected.timezone
        day = _day_between(told["start"], told.get("end"), zone) if "start" in told else _day(told["date"], zone)
        provider_id, message_id = _id(told.get("provider_id")), _id(told.get("message_id"))
        if self.by_message and provider_id is None and message_id is None:
            raise _Fault("it names no message")
        return BillRow(
            line=line,
            day=day,
            micro=amount,
            category=_category(told.get("category", "")),
            provider_id=provider_id,
            message_id=message_id,
            market=_market(told.get("country", "")),
            messages=1 if self.by_message else _count(told["count"]),
        )

    def _take_currency(self, name: str) -> None:
        if name == self.currency:
            return
        if self.currency is not None:
            raise _Fault(f"its currency is {name or 'empty'}, and that of the lines before {self.currency}")
        if name not in self.expected.currencies:
            allowed = " or ".join(sorted(self.expected.currencies))
            raise _Fault(f"its currency is {name or 'empty'}; the organization and its rate cards have {allowed}")
        self.currency = name


class _Fault(Exception):
    pass


def _peek(lines: Iterable[str]) -> tuple[str, Iterator[str]]:
    """The first line, and all of them."""
    source = iter(lines)
    first = next(source, "")

    def everything() -> Iterator[str]:
        yield first
        yield from source

    return first, everything()


def _delimiter(header: str) -> str:
    """Spreadsheets in many languages save CSV with semicolons."""
    return ";" if ";" in header and "," not in header else ","


def _words(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _guess(missing: list[str], strange: list[str]) -> str:
    """Which of the columns that are not known may be those that are missing."""
    lower = {name.lower(): name for name in strange if name}
    found = {each: get_close_matches(each.lower(), lower, 1, _NEAR) for each in missing}
    return "".join(f" Is {lower[near[0]]} what is called {each}?" for each, near in found.items() if near)


_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


@lru_cache(maxsize=10_000)
def _micro(text: str) -> int:
    if not _AMOUNT.fullmatch(text):
        if text.startswith("-") and _AMOUNT.fullmatch(text[1:]):
            raise _Fault(f"the amount {text} is negative")
        raise _Fault(f"{_shown(text)} is no amount like 0.0042")
    try:
        units = _EXACT.quantize(Decimal(text).scaleb(MICRO_DIGITS, _EXACT), Decimal(1))
    except InvalidOperation:
        raise _Fault(f"{_shown(text)} is no amount like 0.0042") from None
    if units > MOST_AMOUNT * 10**MICRO_DIGITS:
        raise _Fault(f"the amount {text} is too large")
    return int(units)


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise _Fault(f"{_shown(text)} is no number of messages")
    return int(text)


def _yes(text: str) -> bool:
    found = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}.get(text.lower())
    if found is None:
        raise _Fault(f"{_shown(text)} is neither true nor false")
    return found


def _id(text: str | None) -> str | None:
    if text and len(text) > _MOST_LETTERS:
        raise _Fault(f"{_shown(text)} is too long for an id")
    return text or None


@lru_cache(maxsize=1_000)
def _category(text: str) -> str | None:
    name = re.sub(r"[\s-]+", "_", text.lower())
    if name and not re.fullmatch(r"[a-z0-9_]{1,60}", name):
        raise _Fault(f"{_shown(text)} is no category like utility")
    return name or None


@lru_cache(maxsize=1_000)
def _market(country: str) -> str | None:
    """A country that no market names is in the one of all others."""
    if not country:
        return None
    if not re.fullmatch(r"[A-Za-z]{2}", country):
        raise _Fault(f"{_shown(country)} is no country of two letters like IN")
    return market_of(None, country.upper()) or market_of("+0")


@lru_cache(maxsize=100_000)
def _day(text: str, timezone: str) -> str:
    """The local day of a day, or of a moment; a moment without a zone is local."""
    if not re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{5,15}(Z|[+-][0-9]{2}:?[0-9]{2})?)?", text):
        raise _Fault(f"{_shown(text)} is no day like 2026-11-25")
    try:
        if len(text) == len("2026-11-25"):
            return date.fromisoformat(text).isoformat()
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _Fault(f"{_shown(text)} is no day of the calendar") from None
    return at.astimezone(ZoneInfo(timezone)).date().isoformat() if at.tzinfo else at.date().isoformat()


@lru_cache(maxsize=100_000)
def _day_between(start: str, end: str | None, timezone: str) -> str:
    """The local day that most of the time is on, which is given as Meta gives it (seconds since 1970) or as a day."""
    if not start.isdigit():
        return _day(start, timezone)
    if end and not end.isdigit():
        raise _Fault(f"{_shown(end)} is no time in seconds")
    since = _seconds(start)
    until = _seconds(end) if end else since + 86_400
    if not 0 <= until - since <= 25 * 3_600:
        raise _Fault(f"it is of {(until - since) // 3_600} hours: ask Meta for the granularity DAILY")
    return local_day((since + until) // 2 * 1000, timezone).isoformat()


def _seconds(text: str) -> int:
    try:
        return int(datetime.fromtimestamp(int(text), UTC).timestamp())
    except (ValueError, OverflowError, OSError):
        raise _Fault(f"{_shown(text)} is no time in seconds") from None


def _check_sender(expected: str, told: str) -> None:
    """The app, or the number however it is written."""
    is_number = expected.startswith("+")
    same = re.sub(r"\D", "", told) == expected[1:] if is_number else told == expected
    if not same:
        raise _Fault(f"it is of {_shown(told)}, and the channel is {expected}")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}...")
