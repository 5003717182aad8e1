"""Computes organizations' days by hand, as far as the time allows; the rest goes into the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace
from datetime import date, timedelta

from gate24.channels import Organization
from gate24.lazy_dataclass import dataclass
from gate24.observability import count, logger
from gate24.rules.rollup import local_day
from gate24.store import changed_days, organizations, rollup_queue, shard_record
from gate24.store.rollup_queue import QueuedDay
from gate24.usecases.roll_up_day import DayResult, new_fold, roll_up_day

DAYS_REDONE = 8
"""Meta retries a webhook for 7 days; what comes late restates the day to which it belongs."""


@dataclass(frozen=True, slots=True)
class HandRun:
    """``done``: the days that were computed, ``queued``: those for which the time did not suffice."""

    done: list[DayResult] = field(default_factory=list)
    queued: list[QueuedDay] = field(default_factory=list)


def roll_up_days(
    organization_id: str | None, days: Sequence[date], now: int, is_time_up: Callable[[], bool]
) -> HandRun:
    """The days of one organization, or of all (None); without days, what a scheduled run would do: today, the 8 days
    before, and all that changed since they were computed. ``now``: epoch ms. LookupError for an organization that does
    not exist.

    An organization whose days cannot be computed holds up no other; RuntimeError at the end names it. ShardsHidden
    before anything else, since days would be stated too low.
    """
    shard_record.confirm(now)
    if organization_id is not None and organizations.organization(organization_id) is None:
        raise LookupError("there is no such organization")
    run, failed = HandRun(), list[str]()
    for each in organizations.organization_ids() if organization_id is None else [organization_id]:
        try:
            organization = organizations.organization(each)
            if organization is not None:
                for day in days or days_to_redo(organization, now):
                    _roll_up(run, organization, day, now, is_time_up)
        except Exception as error:  # whatever it is, the others' days are to be computed
            logger.error("rollup_failed", extra={"organization": each, "error": type(error).__name__})
            failed.append(each)
    rollup_queue.put(run.queued)
    count("rollup.run")
    if failed:
        raise RuntimeError(f"not reckoned: {', '.join(failed)}")
    return run


def _roll_up(run: HandRun, organization: Organization, day: date, now: int, is_time_up: Callable[[], bool]) -> None:
    left = QueuedDay(organization.id, day)
    if is_time_up():
        run.queued.append(left)
        return
    done = roll_up_day(organization, day, new_fold(organization, day, now), is_time_up)
    if isinstance(done, DayResult):
        run.done.append(done)
    else:
        run.queued.append(replace(left, fold=done))


def days_to_redo(organization: Organization, now: int) -> list[date]:
    """The days that may say something else than before, oldest first. ``now``: epoch ms."""
    today = local_day(now, organization.timezone)
    last_days = {today - timedelta(days=back) for back in range(DAYS_REDONE + 1)}
    return sorted(last_days | set(changed_days.closed_days(organization.id).changed))
