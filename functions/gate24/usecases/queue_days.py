"""The scheduled run: queues each organization's days that may say something else than before.

Those are the open days and the closed ones that are noted as changed (``store.changed_days``). Days that close are
noted here, at first the last 8, so that each is computed once more after the last event that came without a note, even
if no run took place for a while. Nothing of an organization's own is read but the notes, and its days are computed one
by one out of the queue: whatever is wrong with one holds up no other.
"""

from __future__ import annotations

from datetime import date, timedelta

from gate24.observability import count, logger
from gate24.rules.rollup import closed_at, last_closed_day, open_days
from gate24.store import changed_days, organizations, rollup_queue, shard_record
from gate24.store.rollup_queue import DaysNotQueued, QueuedDay
from gate24.store.table import StoreError
from gate24.usecases.roll_up_days import DAYS_REDONE


def queue_days(now: int) -> int:
    """Returns the number of days that were queued. ``now``: epoch ms. RuntimeError at the end with the organizations
    whose days could not be queued; ShardsHidden before anything else, since days would be stated too low."""
    shard_record.confirm(now)
    queued, failed = 0, list[str]()
    for organization_id in organizations.organization_ids():
        try:
            days = _days(organization_id, now)
            rollup_queue.put(days)
            queued += len(days)
        except (StoreError, DaysNotQueued) as error:
            logger.error("days_not_queued", extra={"organization": organization_id, "reason": str(error)})
            failed.append(organization_id)
    count("rollup.run")
    if failed:
        raise RuntimeError(f"not queued: {', '.join(failed)}")
    return queued


def _days(organization_id: str, now: int) -> list[QueuedDay]:
    known = changed_days.closed_days(organization_id)
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
