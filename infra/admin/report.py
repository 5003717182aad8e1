"""``./gate24 report``: a month's costs as one printable page, for people outside."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime
from pathlib import Path

import click

from gate24.api.costs_report import LANGUAGES, report_html
from gate24.store import organizations
from gate24.usecases.month_report import month_report
from infra.admin.command import Asked, Command
from infra.admin.costs import days_of
from infra.admin.outcome import Failed, Result, WronglyAsked


@click.command("report", cls=Command)
@click.argument("organization")
@click.option("--month", required=True, type=click.DateTime(["%Y-%m"]), metavar="MONTH", help="As in 2026-11.")
@click.option(
    *("--out", "file"),
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the page to this HTML file; without it, it is printed.",
)
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of the page.")
@click.pass_obj
def report(asked: Asked, organization: str, month: datetime, file: Path | None, language: str) -> Result:
    """Make a page of what a month has cost, for donors.

    It is HTML that a browser prints on one sheet of A4, as GET /v1/costs/report answers it. ORGANIZATION may be
    deleted.
    """
    if file is not None and not file.absolute().parent.is_dir():
        raise WronglyAsked(f"There is no folder {file.absolute().parent}.")
    asked.connect()
    last = month.replace(day=monthrange(month.year, month.month)[1])
    days = days_of(organization, month.date(), last.date())
    known = organizations.organization_now(organization)
    named = f"{month:%Y-%m}"
    page = report_html(month_report(organization, known.name if known else organization, named, days), language)
    answer = {"organization": organization, "month": named, "language": language}
    if file is None:
        return Result(answer | {"html": page}, page.splitlines())
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Failed(f"{file} cannot be written: {error.strerror}.") from None
    return Result(answer | {"file": str(file)}, [f"{file} is written. Open it in a browser to print it."])
