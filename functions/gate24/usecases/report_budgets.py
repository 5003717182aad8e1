"""How an organization and its channels stand to their budgets of a month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from gate24.channels import Channel, Organization
from gate24.costs import DayCosts
from gate24.lazy_dataclass import dataclass
from gate24.rules.budget import Forecast, first_day, forecast, is_reached, last_day, month_of, spent_by_day
from gate24.rules.rollup import day_bounds, local_day
from gate24.store import budgets, costs
from gate24.usecases.watch_budgets import channel_of


@dataclass(frozen=True, slots=True)
class BudgetReport:
    """``channel_id``: None of the whole organization. ``budget``: None for none; of a month that is over what it was at
    its last reading. ``spent``: in the stated days. ``is_refusing``: whether marketing is refused for it now, by
    what the gate knows."""

    channel_id: str | None
    budget: int | None
    shares: tuple[int, ...]
    refuses: bool
    is_refusing: bool
    spent: int
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class MonthReport:
    """``as_of``: what was spent until then is in it (epoch ms); None: no day was computed yet. ``unpriced``: messages
    of the whole organization some fee of which is not known, which is in no sum."""

    as_of: int | None
    unpriced: int
    budgets: list[BudgetReport]


def report_budgets(
    organization: Organization, owners: Sequence[Organization | Channel], month: str, now: int
) -> MonthReport:
    """Of the organization, or of channels of it, in a local month (``YYYY-MM``) that has begun by ``now`` (epoch
    ms)."""
    today, first = local_day(now, organization.timezone), first_day(month)
    last = min(last_day(month), today)
    before = first - timedelta(days=1)
    stated = costs.days_costs(organization.id, f"{first_day(month_of(before))}", f"{last}")
    days = [day for day in stated if day.day >= first.isoformat()]
    states = budgets.states(organization.id, month)
    found = []
    for owner in owners:
        channel_id, state = channel_of(owner), states.get(channel_of(owner))
        spent = spent_by_day(days, organization.currency, channel_id)
        total, budget, shares = sum(spent.values()), owner.monthly_budget, owner.budget_shares
        if month != month_of(today):
            budget, shares = (state.budget, state.shares) if state is not None else (None, ())
        refuses = owner.refuse_above_budget and month == month_of(today)
        found.append(
            BudgetReport(
                channel_id=channel_id,
                budget=budget,
                shares=shares,
                refuses=owner.refuse_above_budget,
                is_refusing=refuses and budget is not None and is_reached(budget, state.spent if state else 0),
                spent=total,
                forecast=forecast(spent, month, today, _since(stated, first, channel_id)),
            )
        )
    readings = [*_read_until(organization, days), *(state.as_of for state in states.values())]
    return MonthReport(max(readings, default=None), sum(day.unpriced for day in days), found)


def _read_until(organization: Organization, days: Sequence[DayCosts]) -> Iterator[int]:
    """Until when the newest of the days was read (epoch ms): not beyond its end."""
    for newest in days[-1:]:
        read_at = costs.read_at(organization.id, newest.day)
        if read_at is not None:
            yield min(read_at, day_bounds(date.fromisoformat(newest.day), organization.timezone)[1])


def _since(stated: Sequence[DayCosts], first: date, channel_id: str | None) -> date | None:
    """The first day with a message in the month or the one before it, where that is in the month: whoever began in
    it has no days before, which would lower the averages. None where there is none."""
    busy = (date.fromisoformat(day.day) for day in stated if _has_messages(day, channel_id))
    begun = next(busy, None)
    return begun if begun is not None and begun > first else None


def _has_messages(day: DayCosts, channel_id: str | None) -> bool:
    sums = day.sums if channel_id is None else day.by_channel.get(channel_id)
    return sums is not None and any(sums.messages.values())
