"""``./gate24 costs reconcile``: a provider's bill against the ledger."""

from __future__ import annotations

import csv
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from gate24 import clock
from gate24.api.reconciliation_lines import BILL_HEADER, bill_cells, reason_json
from gate24.api.render import rfc3339
from gate24.channels import Channel, Organization
from gate24.rules.money import amount
from gate24.rules.provider_bills import FORMATS, Bill, Expected, WrongBill
from gate24.rules.rate_cards import rate_card, rate_card_ids
from gate24.rules.reconciliation import REASONS, VERDICTS, Cell, Line, Tally
from gate24.store import organizations, shard_record
from gate24.usecases.administer_organizations import find_organization
from gate24.usecases.reconcile_billing import Period
from infra.admin.bill_reconciliation import Comparison, NotStated
from infra.admin.bill_spool import BillSpool
from infra.admin.command import Asked, Command
from infra.admin.outcome import Failed, Result, WronglyAsked, table_lines
from infra.admin.rates import check_currency
from infra.admin.settings_options import faults_in_words

_DAY = click.DateTime(["%Y-%m-%d"])
_MOST_DAYS = 366


@click.command("reconcile", cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice(list(FORMATS)),
    help="Whose columns the file has; gate24: ours.",
)
@click.option("--organization", "organization_id", required=True, metavar="ID", help="Whose bill it is.")
@click.option("--channel", "channel_id", metavar="ID", help="Of one channel alone; else of all of the organization.")
@click.option("--from", "first", required=True, type=_DAY, metavar="DAY", help="The first local day of the bill.")
@click.option("--to", "last", required=True, type=_DAY, metavar="DAY", help="The last local day, included.")
@click.option("--currency", metavar="CODE", help="That of the amounts, where the file has no column currency.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write every line as CSV to FILE, which must not be there yet.",
)
@click.pass_obj
def reconcile(
    asked: Asked,
    file: Path,
    form: str,
    organization_id: str,
    channel_id: str | None,
    first: datetime,
    last: datetime,
    currency: str | None,
    out: Path | None,
) -> Result:
    """Compare a provider's bill with the ledger.

    FILE is CSV in UTF-8 with a header, of up to 5,000,000 rows. It is read to its end first and taken whole or not at
    all; nothing is written but --out. What is different does not make the command fail.
    """
    if not 0 <= (last - first).days < _MOST_DAYS:
        raise WronglyAsked(f"--to is before --from, or the range is longer than {_MOST_DAYS} days.")
    if currency is not None:
        check_currency(currency)
    _check_out(out)
    asked.connect()
    shard_record.use_recorded()
    with faults_in_words(()):
        organization = find_organization(organization_id)
    channels = organizations.channels_now(organization_id)
    channel = next((each for each in channels if each.id == channel_id), None)
    if channel_id is not None and channel is None:
        raise WronglyAsked(f"The organization {organization_id} has no channel {channel_id}.")
    period = Period(organization, first.date(), last.date(), clock.now_ms())
    asked_about = channels if channel is None else [channel]
    sender = None if channel is None else channel.business_number if form == "meta" else channel.app
    currencies = _currencies(organization, asked_about, first.date(), last.date())
    bill = Bill(FORMATS[form], Expected(organization.timezone, currencies, currency, sender))
    tally = _compare(Comparison(period, channel, bill, file), out)
    answer = {
        "organization": organization.id,
        "channel": channel_id,
        "format": form,
        "from": first.date().isoformat(),
        "to": last.date().isoformat(),
        "timezone": organization.timezone,
        "currency": bill.currency,
        "rows": bill.rows,
        "by": "message" if bill.by_message else "group",
        **_tally_json(tally),
        "out": None if out is None else str(out),
        "server_time": rfc3339(period.now),
    }
    return Result(answer, _lines(file, bill, tally, out))


def _compare(comparison: Comparison, out: Path | None) -> Tally:
    """WronglyAsked where the file or the question is wrong; Failed."""
    tally, teller = Tally(), _Teller()
    try:
        with BillSpool() as spool:
            lines = comparison.lines(spool, teller.tell)
            first = next(lines, None)  # the bill was read to its end by then
            with _writer(out, comparison.bill.currency or "") as write:
                for line in lines if first is None else _with(first, lines):
                    tally.add(line)
                    write(line)
    except WrongBill as error:
        raise WronglyAsked(f"{comparison.file.name} {error} Nothing was compared.") from None
    except NotStated as error:
        raise WronglyAsked(str(error)) from None
    except sqlite3.Error as error:
        raise Failed(f"The temporary file cannot be written: {error}. TMPDIR says in which folder it is.") from None
    finally:
        teller.end()
    return tally


def _with(first: Line, lines: Iterator[Line]) -> Iterator[Line]:
    yield first
    yield from lines


def _currencies(organization: Organization, channels: list[Channel], first: date, last: date) -> frozenset[str]:
    """The organization's, and those of the channels' rate cards in that time."""
    cards = {
        card
        for channel in channels
        for card in (
            *(channel.card_on(day.isoformat()) for day in (first, last)),
            *(each.card for each in channel.rate_cards if first.isoformat() <= each.since <= last.isoformat()),
        )
    }
    return frozenset({organization.currency, *(rate_card(each).currency for each in cards if each in rate_card_ids())})


def _check_out(out: Path | None) -> None:
    if out is None:
        return
    if out.exists():
        raise WronglyAsked(f"{out} is there already.")
    if not out.absolute().parent.is_dir() or not os.access(out.absolute().parent, os.W_OK):
        raise WronglyAsked(f"{out} cannot be written: there is no such folder, or it may not be written.")


@contextmanager
def _writer(out: Path | None, currency: str) -> Iterator[Any]:
    """Writes lines under another name first, so that a file that is there is whole. Failed."""
    if out is None:
        yield lambda line: None
        return
    partial = out.with_name(f"{out.name}.partial")
    try:
        with partial.open("w", newline="", encoding="utf-8") as text:
            writer = csv.writer(text)
            writer.writerow(BILL_HEADER)
            yield lambda line: writer.writerow(bill_cells(line, currency))
        partial.replace(out)
    except OSError as error:
        raise Failed(f"{out} cannot be written: {error.strerror}.") from None
    finally:
        partial.unlink(missing_ok=True)


def _tally_json(tally: Tally) -> dict[str, Any]:
    total = tally.total
    return {
        "classes": [{"class": each, **_cell_json(tally.of_class(each))} for each in VERDICTS],
        "reasons": [
            {"class": verdict, **reason_json(code), **_cell_json(cell)} for verdict, code, cell in tally.by_reason
        ],
        "total": _cell_json(total),
        "unconverted": [{"amount": amount(micro), "currency": name} for name, micro in sorted(total.others.items())],
    }


def _cell_json(cell: Cell) -> dict[str, Any]:
    return {
        "count": cell.lines,
        "ours": {"count": cell.ours, "amount": amount(cell.ours_micro)},
        "theirs": {"count": cell.theirs, "amount": amount(cell.theirs_micro)},
        "difference": amount(cell.theirs_micro - cell.ours_micro),
    }


_COLUMNS = ("CLASS", "REASON", "LINES", "OURS", "AMOUNT", "THEIRS", "AMOUNT", "DIFFERENCE")


def _lines(file: Path, bill: Bill, tally: Tally, out: Path | None) -> list[str]:
    found = tally.by_reason
    rows = [_row("matched", "", tally.of_class("matched"))]
    rows += [_row(verdict, code, cell) for verdict, code, cell in found]
    rows.append(_row("all", "", tally.total))
    lines = [f"{file.name}: {bill.rows:,} rows, amounts in {bill.currency}", "", *table_lines(_COLUMNS, rows), ""]
    lines += [f"{code}: {REASONS[code]}" for code in dict.fromkeys(code for _, code, _ in found)]
    if tally.total.others:
        own = ", ".join(f"{amount(micro)} {name}" for name, micro in sorted(tally.total.others.items()))
        lines.append(f"Not in the sums, because there is no exchange rate: {own}.")
    return lines + ([] if out is None else [f"Every line is in {out}."])


def _row(verdict: str, code: str, cell: Cell) -> tuple[str, ...]:
    return (
        *(verdict, code, f"{cell.lines:,}"),
        *(f"{cell.ours:,}", amount(cell.ours_micro), f"{cell.theirs:,}", amount(cell.theirs_micro)),
        amount(cell.theirs_micro - cell.ours_micro),
    )


class _Teller:
    """Says how far it is, for people who wait."""

    def __init__(self) -> None:
        self._has_told = False

    def tell(self, what: str, count: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{count:,} {what}    ", end="", file=sys.stderr, flush=True)
            self._has_told = True

    def end(self) -> None:
        if self._has_told:
            print(file=sys.stderr)
