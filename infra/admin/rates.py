"""``./gate24 rates``: exchange rates that banks publish, from their files, and the rate cards of the providers."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import click

from gate24 import clock
from gate24.costs import Exchange
from gate24.rules.exchange import SOURCES, NotConvertible, find_exchange
from gate24.rules.organization_settings import currencies
from gate24.rules.published_rates import WrongFile, read_rates
from gate24.rules.rollup import local_day
from gate24.store import exchange_rates
from infra.admin import rate_cards
from infra.admin.command import Asked, Group
from infra.admin.outcome import Result, WronglyAsked

_EASTERNMOST = "Pacific/Kiritimati"
"""A day that has begun there may have a rate."""

_MOST_BYTES = 50_000_000
"""The ECB's file of 27 years has 2 MB."""

group = Group(
    "rates",
    help="Exchange rates, by which costs are shown in another currency; the rate cards, by which messages are priced.",
    commands=rate_cards.commands,
)


@group.command("import")
@click.argument("source", type=click.Choice(list(SOURCES)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_file(asked: Asked, source: str, file: Path) -> Result:
    """Take in the exchange rates of a bank's file.

    SOURCE ecb: eurofxref-hist.csv of the European Central Bank, or the zip with it. SOURCE rbi: the reference rates of
    Financial Benchmarks India (fbil.org.in), saved as CSV. A file with anything wrong in it is refused whole; importing
    one again changes nothing.
    """
    try:
        found = read_rates(source, _text(file), local_day(clock.now_ms(), _EASTERNMOST))
    except WrongFile as error:
        raise WronglyAsked(f"{file.name}: {error} Nothing was imported.") from None
    asked.connect()
    saved = exchange_rates.save(found)
    first, last = found[0].day, found[-1].day
    said = ", ".join(f"{count} {name}" for name, count in saved._asdict().items())
    answer = {"source": source, "from": first.isoformat(), "to": last.isoformat(), "days": saved._asdict()}
    return Result(answer, [f"Days from {first} to {last}: {said}."])


@group.command("show")
@click.argument("from_currency", metavar="FROM")
@click.argument("to_currency", metavar="TO")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="Of which day; today unless it is given.")
@click.pass_obj
def show(asked: Asked, from_currency: str, to_currency: str, day: datetime | None) -> Result:
    """Show the rate by which an amount of a day is converted, with the day and source of its publication."""
    for each in (from_currency, to_currency):
        check_currency(each)
    asked.connect()
    of = datetime.fromtimestamp(clock.now_ms() / 1000, UTC) if day is None else day
    try:
        found = find_exchange(exchange_rates.publications_before(of.date()), from_currency, to_currency, of.date())
    except NotConvertible as error:
        raise WronglyAsked(str(error)) from None
    answer = {"from": from_currency, "to": to_currency, **exchange_json(found)}
    return Result(answer, [f"1 {from_currency} = {found.text} {to_currency} ({found.source}, {found.day})"])


def check_currency(given: str) -> None:
    """WronglyAsked where it is none."""
    if given not in currencies():
        raise WronglyAsked(f"{given!r} is no currency of ISO 4217, as USD and INR are.")


def exchange_json(exchange: Exchange) -> dict[str, str]:
    return {"rate": exchange.text, "day": exchange.day, "source": exchange.source}


def _text(file: Path) -> str:
    try:
        content = file.read_bytes() if file.stat().st_size <= _MOST_BYTES else b""
        if not content:
            raise WronglyAsked(f"{file.name} is empty or larger than {_MOST_BYTES // 1_000_000} MB.")
        if zipfile.is_zipfile(io.BytesIO(content)):
            content = _unzipped(file.name, content)
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WronglyAsked(f"{file.name} is no text in UTF-8: save a spreadsheet as CSV first.") from None
    except OSError as error:
        raise WronglyAsked(f"{file.name} cannot be read: {error.strerror}.") from None


def _unzipped(name: str, content: bytes) -> bytes:
    wrong = WronglyAsked(f"{name} is no zip of one CSV file: save a spreadsheet as CSV first.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            files = packed.infolist()
            if len(files) != 1 or not files[0].filename.endswith(".csv") or files[0].file_size > _MOST_BYTES:
                raise wrong
            return packed.read(files[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):  # broken, packed in another way, encrypted
        raise wrong from None
