"""The daily rollups of costs: on a schedule for every organization, or by hand for a range of days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24 import clock
from gate24.observability import observed
from gate24.rules.money import amount
from gate24.store.aws import connect_store
from gate24.usecases.roll_up_days import roll_up_days

connect_store()

_MOST_DAYS = 400


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """By hand: ``{"organization"?: id, "from": "YYYY-MM-DD", "to": "YYYY-MM-DD"}``, both days included. Anything
    without days is a scheduled run: the last 8 days and the day that runs, of every organization.
    Returns ``{"days": [{"organization", "date", "status", "total", "changed"}]}``; ValueError for an event that
    is neither, RuntimeError at the end with the organizations that could not be reckoned.
    """
    organization = event.get("organization")
    if organization is not None and not isinstance(organization, str):
        raise ValueError("organization must be an id")
    try:
        stated = roll_up_days(organization, _range(event), clock.now_ms())
    except LookupError as error:
        raise ValueError(str(error)) from None
    return {
        "days": [
            {
                "organization": day.organization_id,
                "date": day.costs.day,
                "status": day.costs.status,
                "total": amount(day.costs.sums.total),
                "changed": day.changed,
            }
            for day in stated
        ]
    }


def _range(event: dict[str, Any]) -> list[date]:
    """The days asked for by hand; none for a scheduled run."""
    if "from" not in event and "to" not in event:
        return []
    try:
        first, last = (datetime.strptime(event[name], "%Y-%m-%d").date() for name in ("from", "to"))
    except (KeyError, TypeError, ValueError):
        raise ValueError('give both days, as in {"from": "2026-11-01", "to": "2026-11-30"}') from None
    if not 0 <= (last - first).days < _MOST_DAYS:
        raise ValueError(f"to must not be before from, and the range at most {_MOST_DAYS} days")
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
