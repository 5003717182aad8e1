"""``./gate24 rollup``: computes days' costs now, where the schedule would do it within the hour."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from gate24.clock import now_ms
from gate24.rules.rollup import newest_day
from gate24.store import organizations
from infra.admin.command import Asked, Command
from infra.admin.outcome import Result, WronglyAsked, table_lines

_DAY = click.DateTime(["%Y-%m-%d"])
ROLLUP_MOST_SECONDS = 900
"""Lambda's own bound."""


@click.command("rollup", cls=Command)
@click.option("--organization", metavar="ID", help="Of this organization alone.")
@click.option("--from", "first", type=_DAY, metavar="DAY", help="The first day, as in 2026-11-01.")
@click.option("--to", "last", type=_DAY, metavar="DAY", help="The last day, included.")
@click.pass_obj
def rollup(asked: Asked, organization: str | None, first: datetime | None, last: datetime | None) -> Result:
    """Compute the costs of days.

    Without --from and --to: of today, the 8 days before, and older ones that changed, as the schedule does.
    """
    if (first is None) != (last is None):
        raise WronglyAsked("Give both --from and --to, or neither.")
    event: dict[str, Any] = {}
    if first is not None and last is not None:
        if last < first:
            raise WronglyAsked("--to is before --from.")
        if last.date() > newest_day(now_ms()):
            raise WronglyAsked("--to is in the future: no day of any time zone has begun that late.")
        event = {"from": first.date().isoformat(), "to": last.date().isoformat()}
    here = asked.connect()
    if organization is not None:
        if not organizations.is_stored(organization):
            raise WronglyAsked(f"There is no organization {organization}.")
        event["organization"] = organization
    answer = here.invoke(here.cost_rollup, event, ROLLUP_MOST_SECONDS)
    rows = [
        (day["organization"], day["date"], day["status"], day["total"], "yes" if day["changed"] else "no")
        for day in answer["days"]
    ]
    lines = table_lines(("ORGANIZATION", "DAY", "STATUS", "TOTAL", "CHANGED"), rows) if rows else ["No day to compute."]
    if answer["queued"]:
        lines.append(f"{len(answer['queued'])} more days are computed in the background.")
    return Result(answer, lines)
