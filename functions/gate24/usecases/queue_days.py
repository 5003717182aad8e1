"""The scheduled run: queues each organization's days that may say something else than before.

Those are the open days and the closed ones that are noted as changed (``store.changed_days``). Days that close are
noted here, at first the last 8, so that each is computed once more after the last event that came without a note, even
if no run took place for a while. Nothing of an organization's own is read but the notes, and its days are computed one
by one out of the queue: whatever is wrong with one holds up no other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from gate24.observability import count, logger
from gate24.rules.rollup import closed_at, last_closed_day, open_days
from gate24.store import changed_days, organizations, rollup_queue, shard_record, waiting_statuses
from gate24.store.changed_days import ClosedDays
from gate24.store.rollup_queue import DaysNotQueued, QueuedDay
from gate24.store.table import StoreError
from gate24.usecases.note_held_statuses import note_held_statuses
from gate24.usecases.roll_up_days import DAYS_REDONE


def run_schedule(now: int, is_time_up: Callable[[], bool]) -> int:
    """Queues the days, and then notes what was sent around gate24 and is known by its delivery alone; the next run
    queues the days that change by it. Returns the number of days that were queued. ``now``: epoch ms. RuntimeError at
    the end with the organizations whose days could not be queued; ShardsHidden before anything else, since days would
    be stated too low."""
    shard_record.confirm(now)
    queued, holding, failed = 0, list[str](), list[str]()
    for organization_id in organizations.organization_ids():
        try:
            known = changed_days.closed_days(organization_id)
            days = _days(organization_id, known, now)
            rollup_queue.put(days)
            queued += len(days)
            holding += [organization_id] if waiting_statuses.may_hold(known.held_until, now) else []
        except (StoreError, DaysNotQueued) as error:
            logger.error("days_not_queued", extra={"organization": organization_id, "reason": str(error)})
            failed.append(organization_id)
    count("rollup.run")
    note_held_statuses(holding, now, is_time_up)
    if failed:
        raise RuntimeError(f"not queued: {', '.join(failed)}")
    return queued


def _days(organization_id: str, known: ClosedDays, now: int) -> list[QueuedDay]:
    closing = _closing(known.until, last_closed_day(now))
    changed_days.close(organization_id, ((day, closed_at(day)) for day in closing))
    changed = [QueuedDay(organization_id, day, is_changed=True) for day in sorted({*known.changed, *closing})]
    return changed + [QueuedDay(organization_id, day) for day in open_days(now)]


def _closing(closed_until: date | None, last_closed: date) -> list[date]:
    """The days that are closed and were open at the last run."""
    first = last_closed - timedelta(days=DAYS_REDONE)
    if closed_until is not None:
        first = closed_until + timedelta(days=1)
    return [first + timedelta(days=number) for number in range((last_closed - first).days + 1)]
