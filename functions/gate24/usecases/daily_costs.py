"""What an organization's local days and months have cost, each of them, whether anything was said on it or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from gate24.channels import Organization
from gate24.costs import DayCosts, MonthCosts
from gate24.rules.rollup import DayFold, local_day, month_costs
from gate24.store import changed_days, costs


def daily_costs(organization: Organization, first: date, last: date, now: int) -> list[DayCosts]:
    """The days from ``first`` to ``last`` as far as they have begun, oldest first. ``now``: epoch ms.

    A day that was never stated is a row of zeros: final if a run has passed it and nothing is noted to have changed
    since, else provisional.
    """
    stated = {day.day: day for day in costs.days_costs(organization.id, first.isoformat(), last.isoformat())}
    end = min(last, local_day(now, organization.timezone))
    days = [first + timedelta(days=number) for number in range((end - first).days + 1)]
    unstated = [day for day in days if day.isoformat() not in stated]
    if unstated:
        closed = changed_days.closed_days(organization.id)
        for day in unstated:
            zeros = DayFold(organization.currency, now).costs(day, organization.timezone)
            is_passed = closed.until is not None and day <= closed.until and day not in closed.changed
            stated[zeros.day] = replace(zeros, status="final") if is_passed else zeros
    return [stated[day] for day in sorted(stated)]


def monthly_costs(days: Iterable[DayCosts]) -> list[MonthCosts]:
    """The months of the days, which come oldest first. A month in which the organization's currency was changed is one
    for each currency."""
    found: dict[tuple[str, str], list[DayCosts]] = {}
    for day in days:
        found.setdefault((day.day[:7], day.currency), []).append(day)
    return [month_costs(of_month) for of_month in found.values()]
