"""Whether a marketing template is refused because a budget is used up."""

from __future__ import annotations

from datetime import UTC, datetime

from gate24.channels import Channel, Organization
from gate24.rules.budget import is_reached, month_of, refusal_detail, stated_sums
from gate24.rules.rollup import local_day
from gate24.store import budgets
from gate24.usecases.watch_budgets import channel_of

DELAY_SECONDS = 3600 + int(budgets.REMEMBERED_SECONDS)
"""So long after the money was spent a refusal may begin: the days are computed each hour, and a process remembers what
it has read. The time that the computing takes comes on top."""


def budget_fault(organization: Organization, channel: Channel, now: int, is_of_limited_key: bool) -> str | None:
    """Why marketing is refused on the channel at ``now`` (epoch ms), in words; None where it is not. Nothing is read
    unless the organization or the channel refuses above a budget. A key that is limited to channels hears no sums of
    the whole organization."""
    month, timezone = month_of(local_day(now, organization.timezone)), organization.timezone
    owners: tuple[tuple[str, Organization | Channel], ...] = (("organization", organization), ("channel", channel))
    for whose, owner in owners:
        budget = owner.monthly_budget if owner.refuse_above_budget else None
        if budget is None:
            continue
        spent = budgets.remembered_spent(organization.id, channel_of(owner), month)
        if is_reached(budget, spent.micro):
            is_told = not is_of_limited_key or owner is channel
            sums = stated_sums(budget, spent.micro, organization.currency, _as_of(spent.as_of)) if is_told else ""
            return refusal_detail(whose, month, timezone, sums)
    return None


def _as_of(at: int | None) -> str:
    return "" if at is None else f" as of {datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%MZ}"
