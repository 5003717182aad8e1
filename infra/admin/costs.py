"""``./gate24 costs``: what an organization's days have cost, of one that is deleted, too, and a provider's bill against
that."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from gate24 import clock
from gate24.api.costs_csv import to_csv
from gate24.api.costs_xlsx import to_xlsx
from gate24.api.render import day_json, rfc3339
from gate24.costs import MESSAGE_COUNTS, DayCosts, Exchange
from gate24.rules.exchange import NotConvertible, find_exchange
from gate24.rules.money import amount
from gate24.store import costs as stated
from gate24.store import exchange_rates, organizations
from gate24.usecases.daily_costs import daily_costs
from infra.admin.command import Asked, Command, Group
from infra.admin.costs_reconcile import reconcile
from infra.admin.outcome import Failed, Result, WronglyAsked, table_lines
from infra.admin.rates import check_currency, exchange_json

_DAY = click.DateTime(["%Y-%m-%d"])
_COLUMNS = ("DAY", "STATUS", "TOTAL", "CURRENCY", *(name.upper() for name in MESSAGE_COUNTS))
_MOST_DAYS = 3660
_NOTHING = "No costs are stated for these days."


class _Costs(Group):
    """``./gate24 costs`` without the name of a command shows the days, as it did when it was the only one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "--help"):
            args = ["show", *args]
        return super().parse_args(ctx, args)


group = _Costs("costs", help="What days have cost, and a provider's bill against that. Without a command: show.")


@group.command("show", cls=Command)
@click.option("--organization", required=True, metavar="ID", help="Whose costs; it may be deleted.")
@click.option("--from", "first", required=True, type=_DAY, metavar="DAY", help="The first day, as in 2026-11-01.")
@click.option("--to", "last", required=True, type=_DAY, metavar="DAY", help="The last day, included.")
@click.option(
    "--in", "other", metavar="CURRENCY", help="Show each total in this currency beside it, too, by the day's rate."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, as GET /v1/costs/daily answers it.")
@click.option(
    "--xlsx",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write an Excel workbook to this file, too, as GET /v1/costs/daily answers it.",
)
@click.pass_obj
def show(
    asked: Asked,
    organization: str,
    first: datetime,
    last: datetime,
    other: str | None,
    as_csv: bool,
    xlsx: Path | None,
) -> Result:
    """Show what days have cost, as GET /v1/costs/daily does.

    Of an organization that is deleted: the days of which something is stated. With --in, a day for which no exchange
    rate was imported has no amount in that currency, the reason is said, and the exit status is 1.
    """
    if as_csv and asked.as_json:
        raise WronglyAsked("Give --csv or --json, not both.")
    if not 0 <= (last - first).days < _MOST_DAYS:
        raise WronglyAsked(f"--to is before --from, or the range is longer than {_MOST_DAYS} days.")
    if as_csv and other is not None:
        raise WronglyAsked("Give --csv or --in, not both: the CSV is the API's.")
    if other is not None:
        check_currency(other)
    if xlsx is not None and not xlsx.absolute().parent.is_dir():
        raise WronglyAsked(f"There is no folder {xlsx.absolute().parent}.")
    asked.connect()
    days = days_of(organization, first.date(), last.date())
    if xlsx is not None:
        _write(xlsx, to_xlsx(days))
    if as_csv:
        lines = to_csv(days).splitlines()
    elif days:
        lines = table_lines(_COLUMNS, [_row(day) for day in days])
    else:
        lines = [_NOTHING]
    answer = {"data": [day_json(day) for day in days], "next_cursor": None, "server_time": rfc3339(clock.now_ms())}
    return Result(answer, lines) if other is None else _in(other, days, answer)


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Failed(f"{file} cannot be written: {error.strerror}.") from None


def _in(currency: str, days: list[DayCosts], answer: dict[str, Any]) -> Result:
    """The same with each day's total in another currency, by the rate of the day."""
    rows, data, reasons = [], [], []
    for day, told in zip(days, answer["data"], strict=True):
        try:
            total, exchange = _converted(day, currency)
        except NotConvertible as error:
            reasons.append(str(error))
            rows.append((*_row(day), "-", "-", "-"))
            data.append(told | {"converted": None, "not_converted": str(error)})
            continue
        stated = {"total": amount(total), "currency": currency}
        data.append(told | {"converted": stated | {"exchange": exchange and exchange_json(exchange)}})
        of = (exchange.text, exchange.day) if exchange else ("1", day.day)
        rows.append((*_row(day), amount(total), *of))
    for reason in dict.fromkeys(reasons):
        print(reason, file=sys.stderr)
    lines = table_lines((*_COLUMNS, f"IN {currency}", "RATE", "OF"), rows) if rows else [_NOTHING]
    return Result(answer | {"data": data}, lines, has_failures=bool(reasons))


def _converted(day: DayCosts, currency: str) -> tuple[int, Exchange | None]:
    """The day's total in micro-units, and the rate; None where it is in that currency already. NotConvertible."""
    if day.currency == currency:
        return day.sums.total, None
    of = date.fromisoformat(day.day)
    exchange = find_exchange(exchange_rates.publications_before(of), day.currency, currency, of)
    return exchange.of(day.sums.total), exchange


def days_of(organization_id: str, first: date, last: date) -> list[DayCosts]:
    """Of an organization that is deleted what is stated; WronglyAsked where nothing is known of one of that id."""
    organization = organizations.organization_now(organization_id)
    if organization is not None:
        return daily_costs(organization, first, last, clock.now_ms())
    if not stated.days_costs(organization_id, "0000", "9999"):
        raise WronglyAsked(f"There is no organization {organization_id}, and no costs are kept of one.")
    return stated.days_costs(organization_id, first.isoformat(), last.isoformat())


def _row(day: DayCosts) -> tuple[str, ...]:
    counts = (str(day.sums.messages[name]) for name in MESSAGE_COUNTS)
    return day.day, day.status, amount(day.sums.total), day.currency, *counts


group.add_command(reconcile)
