"""Computes what organizations' local days have cost, on a schedule or for days that were asked for.

A day is computed from all of its ledger entries each time, never added to, so that running it again changes nothing.
Entries get into a day's ledger with their message (``store.messages``) and follow what becomes of it
(``usecases.apply_status``, ``rules.ledger``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gate24.channels import Organization
from gate24.costs import DayCosts
from gate24.observability import count, logger
from gate24.rules.rollup import day_bounds, day_status, fold, local_day
from gate24.store import costs, organizations

DAYS_REDONE = 8
"""Meta retries a webhook for 7 days; what comes late restates the day to which it belongs."""


@dataclass(frozen=True, slots=True)
class DayResult:
    """``changed``: whether the day says something else than before."""

    organization_id: str
    costs: DayCosts
    changed: bool


def roll_up_days(organization_id: str | None, days: Sequence[date], now: int) -> list[DayResult]:
    """The days of one organization, or of all (None); without days, today and the 8 days before. ``now``: epoch
    ms. LookupError for an organization that does not exist.

    An organization whose days cannot be computed holds up no other; RuntimeError at the end names it.
    """
    done: list[DayResult] = []
    failed: list[str] = []
    for organization in _organizations(organization_id):
        try:
            for day in days or _last_days(organization, now):
                done.append(roll_up_day(organization, day, now, saves_empty=bool(days)))
        except Exception as error:  # whatever it is, the others' days are to be computed
            logger.error("rollup_failed", extra={"organization": organization.id, "error": type(error).__name__})
            failed.append(organization.id)
    count("rollup.run")
    count("rollup.restated", value=sum(day.changed and day.costs.status == "restated" for day in done))
    if failed:
        raise RuntimeError(f"not reckoned: {', '.join(failed)}")
    return done


def roll_up_day(organization: Organization, day: date, now: int, saves_empty: bool) -> DayResult:
    """Computes a day anew from its messages and saves it if it says something else than before. A day without any
    message is saved only where it is asked for (``saves_empty``): a late first message is then no restatement."""
    entries = costs.entries(organization.id, day.isoformat())
    computed = fold(entries, day, organization.timezone, organization.currency)
    before = costs.day_costs(organization.id, day.isoformat())
    _, end = day_bounds(day, organization.timezone)
    result = replace(computed, status=day_status(before, computed, end, now))
    is_empty = before is None and not any(result.sums.messages.values())
    changed = result != before and (saves_empty or not is_empty)
    if changed:
        costs.save(organization.id, result)
    return DayResult(organization.id, result, changed)


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
