"""A month's budget: which shares are reached, and what the month will cost by its end."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.budgets import BudgetState, ToldShare
from gate24.rules.budget import (
    day_reached,
    forecast,
    last_day,
    month_of,
    reached_share,
    reached_shares,
    with_reached_told,
)
from gate24.rules.rollup import local_day

Days = Mapping[date, int]


def days(month: str, *costs: int) -> Days:
    """What the first days of the month cost, one after the other."""
    return {date.fromisoformat(f"{month}-01") + timedelta(days=number): each for number, each in enumerate(costs)}


def working_days(month: str, until: int, cost: int) -> Days:
    first = date.fromisoformat(f"{month}-01")
    found = (first + timedelta(days=number) for number in range(until))
    return {day: cost if day.weekday() < 5 else 0 for day in found}


@dataclass(frozen=True)
class Example:
    name: str
    month: str
    today: str
    spent: Days
    total: int | None
    method: str | None
    over: int
    budget: int
    reached_on: str | None
    since: str | None = None
    reason: str | None = None


EXAMPLES = [
    Example(
        "30 days, five of 10 are over",
        "2026-11",
        "2026-11-06",
        days("2026-11", *[10] * 5),
        300,
        "days",
        5,
        100,
        "2026-11-10",
    ),
    Example(
        "31 days, and today is dearer than a day",
        "2026-12",
        "2026-12-11",
        days("2026-12", *[10] * 10, 25),
        325,
        "days",
        10,
        125,
        "2026-12-11",
    ),
    Example(
        "31 days, and today is not over",
        "2026-12",
        "2026-12-11",
        days("2026-12", *[10] * 10, 4),
        310,
        "days",
        10,
        305,
        "2026-12-31",
    ),
    Example(
        "28 days, two weeks without their weekends",
        "2027-02",
        "2027-02-15",
        working_days("2027-02", 14, 7),
        140,
        "weekdays",
        14,
        141,
        None,
    ),
    Example(
        "a day before two weeks are over",
        "2027-02",
        "2027-02-14",
        working_days("2027-02", 13, 10),
        220,
        "days",
        13,
        101,
        "2027-02-14",
    ),
    Example("29 days", "2028-02", "2028-02-03", days("2028-02", 10, 10), 290, "days", 2, 290, "2028-02-29"),
    Example(
        "a day of 25 hours counts as one (New York, the first)",
        "2026-11",
        "2026-11-03",
        days("2026-11", 30, 10),
        600,
        "days",
        2,
        600,
        "2026-11-30",
    ),
    Example(
        "the first day", "2026-11", "2026-11-01", days("2026-11", 50), None, None, 0, 100, None, reason="no_day_is_over"
    ),
    Example(
        "the first day, on which all is spent",
        "2026-11",
        "2026-11-01",
        days("2026-11", 50),
        None,
        None,
        0,
        50,
        "2026-11-01",
        reason="no_day_is_over",
    ),
    Example("a month without messages", "2026-11", "2026-11-20", {}, 0, "weekdays", 19, 10, None),
    Example("a budget of nothing", "2026-11", "2026-11-20", {}, 0, "weekdays", 19, 0, "2026-11-01"),
    Example(
        "who began on the 11th has no days before",
        "2026-11",
        "2026-11-16",
        {date(2026, 11, day): 10 for day in range(11, 16)},
        200,
        "days",
        5,
        200,
        "2026-11-30",
        since="2026-11-11",
    ),
    Example(
        "who began today",
        "2026-11",
        "2026-11-16",
        {date(2026, 11, 16): 10},
        None,
        None,
        0,
        5,
        "2026-11-16",
        since="2026-11-16",
        reason="no_day_is_over",
    ),
    Example(
        "the last day", "2026-11", "2026-11-30", days("2026-11", *[10] * 29), 300, "weekdays", 29, 291, "2026-11-30"
    ),
    Example(
        "the month is over", "2026-11", "2026-12-01", days("2026-11", *[10] * 5), 50, "ended", 30, 50, "2026-11-05"
    ),
    Example(
        "an average is rounded to the nearest",
        "2026-11",
        "2026-11-04",
        days("2026-11", 2, 0, 0),
        29,
        "days",
        3,
        30,
        None,
    ),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
def test_the_forecast_of_each_example_is_as_worked_out_by_hand(example: Example) -> None:
    since = None if example.since is None else date.fromisoformat(example.since)
    found = forecast(example.spent, example.month, date.fromisoformat(example.today), since)
    assert (found.total, found.method, found.days, found.reason) == (
        *(example.total, example.method, example.over, example.reason),
    )
    reached = day_reached(example.budget, found.by_day)
    assert (reached and reached.isoformat()) == example.reached_on


MONTHS = st.dates(date(2024, 1, 1), date(2031, 12, 31)).map(month_of)


@st.composite
def months(draw: st.DrawFn) -> tuple[str, date, date | None, Days]:
    month = draw(MONTHS)
    first, last = date.fromisoformat(f"{month}-01"), last_day(month)
    today = draw(st.dates(first, last + timedelta(days=3)))
    since = draw(st.none() | st.dates(first, last))
    amounts = st.integers(0, 10**12)
    until = min(today, last)
    costs = draw(st.lists(amounts, min_size=(until - first).days + 1, max_size=(until - first).days + 1))
    return month, today, since, days(month, *costs)


@given(months())
def test_a_forecast_is_never_below_what_is_spent(given_month: tuple[str, date, date | None, Days]) -> None:
    month, today, since, spent = given_month
    found = forecast(spent, month, today, since)
    assert (found.total is None) == (found.reason is not None)
    assert found.total is None or found.total >= sum(spent.values())


@given(months(), st.integers(0, 30), st.integers(1, 10**12))
def test_a_day_that_costs_more_never_makes_the_forecast_lower_nor_the_budget_last_longer(
    given_month: tuple[str, date, date | None, Days], number: int, more: int
) -> None:
    month, today, since, spent = given_month
    day = sorted(spent)[number % len(spent)]
    before, after = (forecast(each, month, today, since) for each in (spent, {**spent, day: spent[day] + more}))
    assert before.method == after.method
    totals = [sum(each.by_day.values()) for each in (before, after)]
    assert totals == sorted(totals)
    reached = day_reached(totals[0], before.by_day)
    assert reached is not None and (day_reached(totals[0], after.by_day) or date.max) <= reached


def test_a_share_is_reached_when_so_much_is_spent_and_not_a_millionth_before() -> None:
    shares = (50, 80, 100, 120)
    assert [
        reached_shares(1_000_000, shares, spent) for spent in (0, 499_999, 500_000, 800_000, 999_999, 1_200_000)
    ] == [
        *((), (), (50,), (50, 80), (50, 80), shares),
    ]
    assert reached_shares(0, shares, 0) == shares
    assert [reached_share(1_000_000, spent) for spent in (0, 9_999, 10_000, 999_999, 1_000_000)] == [0, 0, 1, 99, 100]
    assert reached_share(0, 5) is None


def test_what_was_told_stays_told_and_another_budget_is_told_of_anew() -> None:
    state = with_reached_told(BudgetState("2026-11", None, "USD", 100, (50, 100), spent=100, as_of=1))
    assert state.told == {ToldShare(100, 50), ToldShare(100, 100)}
    assert with_reached_told(replace(state, spent=10)).told == state.told
    raised = with_reached_told(replace(state, budget=200))
    assert raised.told - state.told == {ToldShare(200, 50)}
    assert with_reached_told(replace(raised, budget=100)).told == raised.told


def test_a_month_begins_and_ends_with_the_days_of_the_time_zone() -> None:
    at = int(datetime(2026, 12, 1, 4, 30, tzinfo=UTC).timestamp()) * 1000
    zones = ("America/New_York", "UTC", "Asia/Kolkata")
    assert [month_of(local_day(at, zone)) for zone in zones] == ["2026-11", "2026-12", "2026-12"]
