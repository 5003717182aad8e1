"""Holds the budgets of an organization and of its channels against what the month has cost, whenever a day of it was
computed: what is reached becomes an event by the table's stream, and is what the gate goes by.

A month that is over is held against the budgets that it had at its last reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from gate24.budgets import BudgetState
from gate24.channels import Channel, Organization
from gate24.costs import DayCosts
from gate24.observability import count, logger
from gate24.rules.budget import first_day, last_day, month_of, spent_by_day, with_reached_told
from gate24.rules.rollup import local_day
from gate24.store import budgets, costs, organizations
from gate24.store.table import StoreError

_TRIES = 20
"""How often it is tried where other days of the month are computed at the same moment."""

States = Mapping[str | None, BudgetState]


def watch_budgets(organization: Organization, day: date, begun_at: int) -> None:
    """The day was computed by a reading that began at ``begun_at`` (epoch ms). Repeating it changes nothing. Where
    neither the organization nor a channel has a budget, nothing is read but its channels, which are remembered."""
    owners = [each for each in owners_of_budgets(organization) if each.monthly_budget is not None]
    today = local_day(begun_at, organization.timezone)
    if not owners or day > today:
        return
    month = month_of(day)
    for _ in range(_TRIES):
        before = budgets.states(organization.id, month)
        # After the states: who wrote one of them has saved a day that is read here, too.
        days = costs.days_costs(organization.id, f"{first_day(month)}", f"{last_day(month)}", consistent=True)
        if month == month_of(today):
            held = [_as_set(each, organization, before, month, begun_at) for each in owners]
            held = [each for each in held if day == today or each.channel_id in before]
        else:
            held = list(before.values())
        read_at = begun_at if day == today else None
        now = [with_reached_told(_with_spent(each, days, read_at)) for each in held]
        saved = [each for each in now if budgets.save(organization.id, before.get(each.channel_id), each)]
        _count_told(before, saved)
        if len(saved) == len(now):
            return
    raise StoreError("PutItem", "contended")


def owners_of_budgets(organization: Organization) -> list[Organization | Channel]:
    """Who may have a budget: the organization itself, and each of its channels."""
    return [organization, *organizations.channels(organization.id)]


def channel_of(owner: Organization | Channel) -> str | None:
    """Of whose budget it is what a state says; None: the whole organization's."""
    return owner.id if isinstance(owner, Channel) else None


def _as_set(
    owner: Organization | Channel, organization: Organization, before: States, month: str, at: int
) -> BudgetState:
    """The budget's state with its settings of now."""
    budget, shares, currency = owner.monthly_budget or 0, owner.budget_shares, organization.currency
    known = before.get(channel_of(owner))
    if known is None:
        return BudgetState(month, channel_of(owner), currency, budget, shares, spent=0, as_of=at)
    return replace(known, budget=budget, shares=shares, currency=currency)


def _count_told(before: States, now: list[BudgetState]) -> None:
    for each in now:
        known = before.get(each.channel_id)
        newly = each.told - (known.told if known else frozenset())
        if newly:
            logger.warning(
                "budget_reached", extra={"month": each.month, "shares": sorted(told.share for told in newly)}
            )
            count("budget.reached", value=len(newly))


def _with_spent(state: BudgetState, days: list[DayCosts], read_at: int | None) -> BudgetState:
    spent = sum(spent_by_day(days, state.currency, state.channel_id).values())
    return replace(state, spent=spent, as_of=read_at or state.as_of)
