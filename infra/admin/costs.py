"""``./gate24 costs``: what an organization's days have cost, of one that is deleted, too."""

from __future__ import annotations

from datetime import date, datetime

import click

from gate24 import clock
from gate24.api.costs_csv import to_csv
from gate24.api.render import day_json, rfc3339
from gate24.costs import MESSAGE_COUNTS, DayCosts
from gate24.rules.money import amount
from gate24.store import costs as stated
from gate24.store import organizations
from gate24.usecases.daily_costs import daily_costs
from infra.admin.command import Asked, Command
from infra.admin.outcome import Result, WronglyAsked, table_lines

_DAY = click.DateTime(["%Y-%m-%d"])
_COLUMNS = ("DAY", "STATUS", "TOTAL", "CURRENCY", *(name.upper() for name in MESSAGE_COUNTS))
_MOST_DAYS = 3660


@click.command("costs", cls=Command)
@click.option("--organization", required=True, metavar="ID", help="Whose costs; it may be deleted.")
@click.option("--from", "first", required=True, type=_DAY, metavar="DAY", help="The first day, as in 2026-11-01.")
@click.option("--to", "last", required=True, type=_DAY, metavar="DAY", help="The last day, included.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, as GET /v1/costs/daily answers it.")
@click.pass_obj
def costs(asked: Asked, organization: str, first: datetime, last: datetime, as_csv: bool) -> Result:
    """Show what days have cost, as GET /v1/costs/daily does.

    Of an organization that is deleted: the days of which something is stated.
    """
    if as_csv and asked.as_json:
        raise WronglyAsked("Give --csv or --json, not both.")
    if not 0 <= (last - first).days < _MOST_DAYS:
        raise WronglyAsked(f"--to is before --from, or the range is longer than {_MOST_DAYS} days.")
    asked.connect()
    days = _days(organization, first.date(), last.date())
    if as_csv:
        lines = to_csv(days).splitlines()
    elif days:
        lines = table_lines(_COLUMNS, [_row(day) for day in days])
    else:
        lines = ["No costs are stated for these days."]
    answer = {"data": [day_json(day) for day in days], "next_cursor": None, "server_time": rfc3339(clock.now_ms())}
    return Result(answer, lines)


def _days(organization_id: str, first: date, last: date) -> list[DayCosts]:
    organization = organizations.organization_now(organization_id)
    if organization is not None:
        return daily_costs(organization, first, last, clock.now_ms())
    if not stated.days_costs(organization_id, "0000", "9999"):
        raise WronglyAsked(f"There is no organization {organization_id}, and no costs are kept of one.")
    return stated.days_costs(organization_id, first.isoformat(), last.isoformat())


def _row(day: DayCosts) -> tuple[str, ...]:
    counts = (str(day.sums.messages[name]) for name in MESSAGE_COUNTS)
    return day.day, day.status, amount(day.sums.total), day.currency, *counts
