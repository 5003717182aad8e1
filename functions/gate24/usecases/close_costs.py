"""States the costs of a deleted organization's days for good, when the last of its messages is gone from the table.

The messages' ledger entries stay, without their people, so that the days say the same as before. Nothing more can come:
the days are final, today's too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from gate24 import clock
from gate24.channels import Organization, OrganizationDeletion
from gate24.rules.rollup import DayFold
from gate24.store import costs, organizations, rollup_queue
from gate24.store.rollup_queue import QueuedDay
from gate24.usecases.roll_up_day import new_fold, roll_up_day
from gate24.usecases.roll_up_days import days_to_redo


def close_costs(deletion: OrganizationDeletion, is_time_up: Callable[[], bool]) -> OrganizationDeletion:
    """Goes on with it as far as the time allows; no ``days_left`` where all are stated."""
    organization = organizations.organization_now(deletion.organization_id)
    if organization is None:
        return replace(deletion, days_left=(), fold=None)
    now = clock.now_ms()
    left = list(_days(organization, now) if deletion.days_left is None else deletion.days_left)
    fold = None if deletion.fold is None else rollup_queue.read(deletion.fold).fold
    while left:
        day = date.fromisoformat(left[0])
        fold = fold or new_fold(organization, day, clock.now_ms())
        done = roll_up_day(organization, day, fold, is_time_up, ended_at=deletion.settled_at)
        if isinstance(done, DayFold):
            kept = rollup_queue.write(QueuedDay(organization.id, day, fold=done))
            return replace(deletion, days_left=tuple(left), fold=kept)
        fold = None
        left.pop(0)
        if is_time_up():
            break
    # A run of the schedule that began later than our reading states its day in our place.
    return replace(deletion, days_left=tuple(left or _provisional(organization)), fold=None)


def _days(organization: Organization, now: int) -> list[str]:
    redone = {day.isoformat() for day in days_to_redo(organization, now)}
    return sorted(redone.union(_provisional(organization)))


def _provisional(organization: Organization) -> list[str]:
    return [day.day for day in costs.days_costs(organization.id, "0000", "9999") if day.status == "provisional"]
