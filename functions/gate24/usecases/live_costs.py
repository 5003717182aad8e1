"""What a local day has cost by its ledger as it is now: computed by the rules of the rollup, and stored nowhere.

So it says what a rollup would state at that moment. A day too long for one go is computed in parts, each of the
messages after those of the part before; the parts add up to the day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from gate24.channels import Organization
from gate24.costs import DayCosts, MonthCount
from gate24.lazy_dataclass import dataclass
from gate24.rules.rollup import day_bounds, day_status
from gate24.rules.settlement import Settlement
from gate24.store import costs
from gate24.usecases.roll_up_day import conversations_before, new_fold


@dataclass(frozen=True, slots=True)
class LivePlace:
    """Where a day is read on: the moment (epoch ms), and the month's counts as they stand there."""

    at: int
    counts: Mapping[str, MonthCount]


@dataclass(frozen=True, slots=True)
class LiveCosts:
    """``costs``: of what was read; the persons reached are known of a whole day alone. ``following``: where the next
    part begins; None where there is none."""

    costs: DayCosts
    following: LivePlace | None


def live_costs(
    organization: Organization, day: date, now: int, place: LivePlace | None, is_time_up: Callable[[], bool]
) -> LiveCosts:
    """The day, or its part from ``place`` on, as far as the time allows. ``now``: epoch ms."""
    fold = new_fold(organization, day, now)
    if place is not None:
        fold.position, fold.counts = place.at, dict(place.counts)
    settlement = Settlement(fold.counts, lambda: conversations_before(organization, day, fold.position))
    following = None
    for _ in fold.read(costs.day_rows(organization.id, day.isoformat(), fold.position), settlement):
        if is_time_up():
            following = LivePlace(fold.position, settlement.counts)
            break
    computed = replace(fold.costs(day, organization.timezone), as_of=now)
    if place is not None or following is not None:
        return LiveCosts(replace(computed, reached=None), following)
    stated = costs.day_costs(organization.id, day.isoformat())
    _, end = day_bounds(day, organization.timezone)
    return LiveCosts(replace(computed, status=day_status(stated, computed, end, now)), None)
