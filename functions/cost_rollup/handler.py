"""The daily rollups of costs: on a schedule for every organization, or by hand for a range of days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24 import clock
from gate24.observability import observed
from gate24.rules.money import amount
from gate24.rules.rollup import newest_day
from gate24.store.aws import connect_store
from gate24.usecases.queue_days import run_schedule
from gate24.usecases.roll_up_day import WORK_SECONDS, DayResult
from gate24.usecases.roll_up_days import roll_up_days

connect_store()

_MOST_DAYS = 400


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """On schedule (``{"scheduled_at"}``) the days are queued: ``{"queued_days": number}``. By hand: ``{"organization"?:
    id, "from": "YYYY-MM-DD", "to": "YYYY-MM-DD"}``, both days included, or neither: ``{"days": [{"organization",
    "date", "status", "total", "changed"}], "queued": [{"organization", "date"}]}``, the latter those for which the time
    did not suffice. ValueError for a senseless event, RuntimeError at the end with whom it could not reckon.
    """
    if "scheduled_at" in event:
        return {"queued_days": run_schedule(clock.now_ms(), clock.time_limit(WORK_SECONDS))}
    organization = event.get("organization")
    if organization is not None and not isinstance(organization, str):
        raise ValueError("organization must be an id")
    try:
        run = roll_up_days(organization, _range(event), clock.now_ms(), clock.time_limit(WORK_SECONDS))
    except LookupError as error:
        raise ValueError(str(error)) from None
    left = [{"organization": each.organization_id, "date": each.day.isoformat()} for each in run.queued]
    return {"days": [_line(day) for day in run.done], "queued": left}


def _line(done: DayResult) -> dict[str, Any]:
    day = {"organization": done.organization_id, "date": done.costs.day, "status": done.costs.status}
    return day | {"total": amount(done.costs.sums.total), "changed": done.changed}


def _range(event: dict[str, Any]) -> list[date]:
    """The days asked for; none where none are named."""
    if "from" not in event and "to" not in event:
        return []
    try:
        first, last = (datetime.strptime(event[name], "%Y-%m-%d").date() for name in ("from", "to"))
    except (KeyError, TypeError, ValueError):
        raise ValueError('give both days, as in {"from": "2026-11-01", "to": "2026-11-30"}') from None
    if not 0 <= (last - first).days < _MOST_DAYS or first > newest_day(clock.now_ms()):
        raise ValueError(f"the range is at most {_MOST_DAYS} days, to not before from, and from has begun somewhere")
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
