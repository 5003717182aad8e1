"""Amounts in another currency, by a dated rate that a bank published. Pure, and exact up to the one rounding that
``gate24.costs.Exchange.of`` states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from gate24.costs import RATE_UNITS, Cost, Exchange, Line, nearest
from gate24.lazy_dataclass import dataclass

MOST_DAYS = 45
"""So old a rate may be. Whoever imports once a month never lacks one; a rate of last year is none."""


class Source(NamedTuple):
    """Who publishes rates. ``name``: as answers name it. ``currency``: in which its table is made.
    ``tells_units_of_others``: a rate is how many units of the other currency one unit of its own is worth; else how
    many of its own one unit of the other is worth."""

    name: str
    currency: str
    tells_units_of_others: bool


SOURCES = {
    "ecb": Source("European Central Bank, euro reference rates", "EUR", tells_units_of_others=True),
    "rbi": Source("Financial Benchmarks India, reference rates", "INR", tells_units_of_others=False),
}
"""FBIL computes the rates that the Reserve Bank of India published until 2018-07-09 (press release 2018-2019/35)."""


class NotConvertible(Exception):
    """Its text says what is missing, and what to do."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What a source published for a day. ``rates``: by currency, as ``Source.tells_units_of_others`` has it."""

    source: str
    day: date
    rates: Mapping[str, Decimal]

    def worth(self, currency: str) -> Fraction | None:
        """Of one unit, in the source's own currency."""
        source, rate = SOURCES[self.source], self.rates.get(currency)
        if currency == source.currency:
            return Fraction(1)
        if rate is None:
            return None
        return 1 / Fraction(rate) if source.tells_units_of_others else Fraction(rate)


def converted(cost: Cost, exchange: Exchange) -> Cost:
    """The cost in the other currency, fee by fee, with the card's own beside it."""
    lines = tuple(Line(line.fee, exchange.of(line.micro)) for line in cost.lines)
    undelivered = exchange.of(cost.undelivered)
    return replace(
        cost, currency=exchange.to_currency, lines=lines, card=cost, exchange=exchange, undelivered=undelivered
    )


def find_exchange(publications: Iterable[Publication], from_currency: str, to_currency: str, day: date) -> Exchange:
    """By the latest rate that was published on the day or before it; of several of one day by that of a source whose
    own currency is one of the two. A rate between two others' currencies goes through the source's own. NotConvertible
    where there is none, or it is older than ``MOST_DAYS``."""
    found: list[tuple[date, bool, str, Fraction]] = []
    for each in publications:
        one, other = each.worth(from_currency), each.worth(to_currency)
        if each.day <= day and one is not None and other is not None:
            is_direct = SOURCES[each.source].currency in (from_currency, to_currency)
            found.append((each.day, is_direct, each.source, one / other))
    if not found:
        raise NotConvertible(
            f"There is no rate from {from_currency} to {to_currency} of {day} or before. Import one: {_HOW}"
        )
    of, _, source, rate = max(found)
    if (day - of).days > MOST_DAYS:
        raise NotConvertible(
            f"The latest rate from {from_currency} to {to_currency} is of {of}, {(day - of).days} days before {day}; "
            f"at most {MOST_DAYS} are taken. Import a later one: {_HOW}"
        )
    units = nearest(rate.numerator * RATE_UNITS, rate.denominator)
    return Exchange(from_currency, to_currency, units, of.isoformat(), SOURCES[source].name)


_HOW = "./gate24 rates import ecb|rbi FILE"
