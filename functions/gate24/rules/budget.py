"""A month's budget: what is reached of it, and what the month will cost by its end. Pure.

The forecast is what was spent, and for each day that is left what such a day has cost so far: the average of the days
of its weekday once two weeks are over, else that of all days that are over. Today counts as such a day, unless it has
cost more already. A day counts by its date, whatever its length.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import accumulate
from typing import Literal

from gate24.budgets import BudgetState, ToldShare
from gate24.costs import DayCosts, nearest
from gate24.lazy_dataclass import dataclass
from gate24.rules.money import amount

ForecastMethod = Literal["weekdays", "days", "ended"]
"""By the average of the days of each weekday; by the average of all days; the month is over."""

NoForecast = Literal["no_day_is_over"]

WEEKDAYS_AFTER = 14
"""Days that have to be over before weekdays are told apart: by then there are two of each."""

WHOLE = 100
"""The share, in percent, at which the budget itself is reached."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """``by_day``: what each day of the month has cost or will, in order (micro-units). ``days``: of how many days that
    are over it is made. ``reason``: why nothing can be said; then the days that are left are 0."""

    by_day: Mapping[date, int]
    method: ForecastMethod | None
    days: int
    reason: NoForecast | None = None

    @property
    def total(self) -> int | None:
        """What the month will have cost by its end (micro-units); None where nothing can be said."""
        return sum(self.by_day.values()) if self.reason is None else None


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def first_day(month: str) -> date:
    """ValueError where there is no such month (``YYYY-MM``)."""
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    first = first_day(month)
    return first.replace(day=monthrange(first.year, first.month)[1])


def reached_share(budget: int, spent: int) -> int | None:
    """How many percent of the budget are spent, rounded down; None of a budget of nothing."""
    return spent * WHOLE // budget if budget else None


def is_reached(budget: int, spent: int, share: int = WHOLE) -> bool:
    """A budget of nothing is reached from the beginning."""
    return spent * WHOLE >= budget * share


def reached_shares(budget: int, shares: Iterable[int], spent: int) -> tuple[int, ...]:
    return tuple(share for share in sorted(shares) if is_reached(budget, spent, share))


def spent_by_day(days: Iterable[DayCosts], currency: str, channel_id: str | None) -> dict[date, int]:
    """What each of the days has cost in the currency (micro-units), on one channel or (None) on all of them. What is
    stated in another currency, as before the organization's was changed, is left out."""
    return {
        date.fromisoformat(day.day): day.sums.total if channel_id is None else _on_channel(day, channel_id)
        for day in days
        if day.currency == currency
    }


def _on_channel(day: DayCosts, channel_id: str) -> int:
    sums = day.by_channel.get(channel_id)
    return 0 if sums is None else sums.total


def with_reached_told(state: BudgetState) -> BudgetState:
    """The state with all shares as told that are reached, beside those that were told before: what is told is not told
    again where a day is restated."""
    reached = {ToldShare(state.budget, share) for share in reached_shares(state.budget, state.shares, state.spent)}
    return replace(state, told=state.told | reached)


def forecast(spent: Mapping[date, int], month: str, today: date, since: date | None = None) -> Forecast:
    """``spent``: by day of the month, without those that cost nothing or are not stated. ``today``: the local day, in
    the month or after it. ``since``: before it nothing could be spent, and no day counts for the averages."""
    first, last = first_day(month), last_day(month)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    known = {day: spent.get(day, 0) for day in days}
    over = [day for day in days if max(first, since or first) <= day < today]
    if today > last:
        return Forecast(known, "ended", len(days))
    if not over:
        return Forecast(known, None, 0, "no_day_is_over")
    by_weekday = len(over) >= WEEKDAYS_AFTER

    def expected(day: date) -> int:
        alike = [known[each] for each in over if not by_weekday or each.weekday() == day.weekday()]
        return nearest(sum(alike), len(alike))

    by_day = {day: known[day] if day < today else max(known[day], expected(day)) for day in days}
    return Forecast(by_day, "weekdays" if by_weekday else "days", len(over))


def day_reached(budget: int, by_day: Mapping[date, int]) -> date | None:
    """The first day by whose end the budget is reached; None where it is not."""
    sums = zip(by_day, accumulate(by_day.values()), strict=True)
    return next((day for day, spent in sums if is_reached(budget, spent)), None)


def refusal_detail(whose: str, month: str, timezone: str, sums: str) -> str:
    """Why a marketing template is refused. ``sums``: as ``stated_sums`` has them, or empty."""
    until = last_day(month) + timedelta(days=1)
    return (
        f"The {whose}'s budget for {month} is used up{sums}. Marketing templates are refused until {until} "
        f"({timezone}) or until the budget is raised; everything else is not affected."
    )


def stated_sums(budget: int, spent: int, currency: str, as_of: str) -> str:
    """``as_of``: when the spent was computed, in words, or empty."""
    return f": {amount(spent)} of {amount(budget)} {currency} are spent{as_of}"
