"""Whether a marketing template is refused because a budget is used up."""

from __future__ import annotations

from datetime import UTC, datetime

from gate24.channels import Channel, Organization
from gate24.rules.budget import is_reached, month_of, refusal_detail
from gate24.rules.rollup import local_day
from gate24.store import budgets

DELAY_SECONDS = 3600 + int(budgets.REMEMBERED_SECONDS)
"""So long after the money was spent a refusal may begin: the days are computed each hour, and a process remembers what
it has read. The time that the computing takes comes on top."""


def budget_fault(organization: Organization, channel: Channel, now: int) -> str | None:
    """Why marketing is refused on the channel at ``now`` (epoch ms), in words; None where it is not. Nothing is read
    unless the organization or the channel refuses above a budget."""
    month = month_of(local_day(now, organization.timezone))
    for whose, owner, channel_id in (("organization", organization, None), ("channel", channel, channel.id)):
        budget = owner.monthly_budget if owner.refuse_above_budget else None
        if budget is None:
            continue
        spent = budgets.remembered_spent(organization.id, channel_id, month)
        if is_reached(budget, spent.micro):
            known = (
                ""
                if spent.as_of is None
                else f" as of {datetime.fromtimestamp(spent.as_of / 1000, UTC):%Y-%m-%dT%H:%MZ}"
            )
            return refusal_detail(
                whose, month, budget, spent.micro, organization.currency, known, organization.timezone
            )
    return None
