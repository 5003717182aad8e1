"""The daily rollups of costs: on a schedule for every organization, or by hand for a range of days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.api import http
from gate24.channels import Organization
from gate24.observability import count, logger
from gate24.rules.rollup import day_bounds, fold, local_day, rollup_json, status_of
from gate24.settings import connect_store
from gate24.store import configuration
from gate24.store import costs as rollups

connect_store()

DAYS_REDONE = 8
"""Meta retries a webhook for 7 days; what comes late restates the day to which it belongs."""

_MOST_DAYS = 400


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """By hand: ``{"organization"?: id, "from": "YYYY-MM-DD", "to": "YYYY-MM-DD"}``, both days included. Anything
    without days is a scheduled run: the last 8 days and the day that runs, of every organization.

    Returns ``{"days": [{"organization", "date", "status", "total", "changed"}]}``; ValueError for an event that
    is neither. An organization that cannot be reckoned holds up no other; RuntimeError at the end names it.
    """
    now, failed = http.now_ms(), []
    done: list[dict[str, Any]] = []
    asked = _range(event)
    for organization in _organizations(event):
        try:
            days = asked or _last_days(organization, now)
            done += [redo(organization, day, now, states_empty=bool(asked)) for day in days]
        except Exception as error:  # whatever it is, the others' days are to be reckoned
            logger.error("rollup_failed", extra={"organization": organization.id, "error": type(error).__name__})
            failed.append(organization.id)
    count("rollup.run")
    count("rollup.restated", sum(day["changed"] and day["status"] == "restated" for day in done))
    if failed:
        raise RuntimeError(f"not reckoned: {', '.join(failed)}")
    return {"days": done}


def redo(organization: Organization, day: date, now: int, states_empty: bool) -> dict[str, Any]:
    """Reckons a day anew from its messages and writes it if it says something else than before. A day on which
    there was nothing is stated only where it is asked for (``states_empty``): so that what comes late for it is
    its first statement, and not a correction of none."""
    entries = rollups.entries(organization.id, day.isoformat())
    totals = fold(entries, organization.currency)
    before = rollups.rollup(organization.id, day.isoformat())
    body = rollup_json(day, organization.timezone, organization.currency, totals, "provisional")
    _, end = day_bounds(day, organization.timezone)
    body["status"] = status_of(before, body, end, now)
    is_nothing = before is None and not any(body["messages"].values())
    changed = body != before and (states_empty or not is_nothing)
    if changed:
        rollups.put_rollup(organization.id, body)
    return {
        "organization": organization.id,
        "date": body["date"],
        "status": body["status"],
        "total": body["total"],
        "changed": changed,
    }


def _organizations(event: dict[str, Any]) -> list[Organization]:
    wanted = event.get("organization")
    if wanted is not None and not isinstance(wanted, str):
        raise ValueError("organization must be an id")
    ids = configuration.organization_ids() if wanted is None else [wanted]
    found = [configuration.organization(each) for each in ids]
    if wanted is not None and found == [None]:
        raise ValueError("there is no such organization")
    return [organization for organization in found if organization is not None]


def _last_days(organization: Organization, now: int) -> list[date]:
    today = local_day(now, organization.timezone)
    return [today - timedelta(days=back) for back in range(DAYS_REDONE, -1, -1)]


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
