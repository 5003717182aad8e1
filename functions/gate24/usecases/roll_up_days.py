"""States what organizations' local days have cost, on a schedule or for days that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gate24.channels import Organization
from gate24.costs import DayCosts
from gate24.observability import count, logger
from gate24.rules.rollup import day_bounds, fold, local_day, status_of
from gate24.store import costs, organizations

DAYS_REDONE = 8
"""Meta retries a webhook for 7 days; what comes late restates the day to which it belongs."""


@dataclass(frozen=True, slots=True)
class StatedDay:
    """``changed``: whether the day says something else than before."""

    organization_id: str
    costs: DayCosts
    changed: bool


def roll_up_days(organization_id: str | None, days: Sequence[date], now: int) -> list[StatedDay]:
    """The days of one organization, or of all (None); without days, the last 8 and the one that runs. ``now``: epoch
    ms. LookupError for an organization that does not exist.

    An organization that cannot be reckoned holds up no other; RuntimeError at the end names it.
    """
    done: list[StatedDay] = []
    failed: list[str] = []
    for organization in _organizations(organization_id):
        try:
            for day in days or _last_days(organization, now):
                done.append(roll_up_day(organization, day, now, states_empty=bool(days)))
        except Exception as error:  # whatever it is, the others' days are to be reckoned
            logger.error("rollup_failed", extra={"organization": organization.id, "error": type(error).__name__})
            failed.append(organization.id)
    count("rollup.run")
    count("rollup.restated", value=sum(day.changed and day.costs.status == "restated" for day in done))
    if failed:
        raise RuntimeError(f"not reckoned: {', '.join(failed)}")
    return done


def roll_up_day(organization: Organization, day: date, now: int, states_empty: bool) -> StatedDay:
    """Reckons a day anew from its messages and states it if it says something else than before. A day on which
    there was nothing is stated only where it is asked for (``states_empty``): so that what comes late for it is
    its first statement, and not a correction of none."""
    entries = costs.entries(organization.id, day.isoformat())
    reckoned = fold(entries, day, organization.timezone, organization.currency)
    before = costs.day_costs(organization.id, day.isoformat())
    _, end = day_bounds(day, organization.timezone)
    stated = replace(reckoned, status=status_of(before, reckoned, end, now))
    is_nothing = before is None and not any(stated.sums.messages.values())
    changed = stated != before and (states_empty or not is_nothing)
    if changed:
        costs.state(organization.id, stated)
    return StatedDay(organization.id, stated, changed)


def _organizations(wanted: str | None) -> list[Organization]:
    if wanted is not None:
        organization = organizations.organization(wanted)
        if organization is None:
            raise LookupError("there is no such organization")
        return [organization]
    found = map(organizations.organization, organizations.organization_ids())
    return [organization for organization in found if organization is not None]


def _last_days(organization: Organization, now: int) -> list[date]:
    today = local_day(now, organization.timezone)
    return [today - timedelta(days=back) for back in range(DAYS_REDONE, -1, -1)]
