"""The tables that an import of contacts or consents takes: which column says what, and what each value has to be; and
what becomes of their rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gate24.api.named_person import person
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.channels import Channel, Organization
from gate24.contacts import ConsentEntry
from gate24.events import ContactRef
from gate24.lazy_dataclass import dataclass
from gate24.rules.contact_import import ImportedContact, Outcome
from gate24.rules.times import SECONDS_BELOW
from gate24.usecases.import_contacts import import_contacts

_LONGEST = {"name": 200, "consent_source": 100, "consent_evidence": 2000}
"""Characters; those of consents as ``POST /v1/contacts/{phone}/consents`` has them."""

_ACTIONS = {"opt_in": "opt_in", "opted_in": "opt_in", "opt_out": "opt_out", "opted_out": "opt_out"}

NOTES = ("row", "reason")
"""Columns of the file of rejected rows, which are passed over where it is imported, mended, in its turn."""

_EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
"""WhatsApp began in 2009."""

_DAY_MS = 24 * 60 * 60 * 1000

_TIME = re.compile(
    r"(?P<day>\d{4}-\d{1,2}-\d{1,2})"
    r"(?:[T ](?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,9}))?)?)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?"
)


@dataclass(frozen=True, slots=True)
class Format:
    """``columns``: of each fact the names of the columns that may say it, as the file spells them but for upper and
    lower case. ``source``: of a consent for which no column says it. ``is_local``: times without an offset are of the
    organization's time zone. ``others``: whether the file may have further columns. ``are_statements``: each row says
    what somebody agreed to, without a date where it is of now. ``recorded_by``: who, in the consent history."""

    columns: Mapping[str, Sequence[str]]
    source: str | None = None
    is_local: bool = False
    others: bool = True
    are_statements: bool = False
    recorded_by: str = "contacts import"

    def column(self, fact: str) -> str:
        """What the file calls it."""
        return self.columns[fact][0] if fact in self.columns else fact


FORMATS = {
    "plain": Format(
        {
            name: (name,)
            for name in (
                *("phone", "name", "consent", "consent_at", "consent_source", "consent_evidence"),
                *("last_inbound_at", "channel"),
            )
        },
        others=False,
    ),
    # As ``consents import`` reads it.
    "consents": Format(
        {
            "phone": ("phone",),
            "consent": ("action",),
            "consent_at": ("at",),
            "consent_source": ("source",),
            "consent_evidence": ("evidence",),
        },
        others=False,
    ),
    # Glific's table contacts in BigQuery, and its form for uploading contacts (name, phone, opt_in): its
    # lib/glific/bigquery/bigquery_schema.ex and api.docs/includes/_import.md, read 2026-11. BigQuery gets times in the
    # organization's zone without saying so (lib/glific/bigquery/bigquery.ex, format_date).
    "glific": Format(
        {
            "phone": ("phone",),
            "name": ("name",),
            "opt_in_at": ("optin_time", "opt_in"),
            "opt_out_at": ("optout_time",),
            "last_inbound_at": ("last_message_at",),
        },
        source="glific",
        is_local=True,
    ),
    # Fields of the list of an app's users (GET .../users/{app}), an API that is gone for new apps: from how others read
    # it in 2021, not verified since. Its lastMessageTimeStamp may count messages to the person, so it opens no window.
    "gupshup": Format(
        {
            "country_code": ("countryCode",),
            "phone": ("phoneCode", "phone"),
            "name": ("name",),
            "consent": ("optinStatus",),
            "consent_at": ("optinTimeStamp",),
            "consent_source": ("optinSource",),
        },
        source="gupshup",
    ),
}


STATEMENTS = replace(
    FORMATS["consents"], source="import", is_local=True, are_statements=True, recorded_by="consents import"
)
"""What ``consents import`` takes."""


class NoSuchTable(Exception):
    """The file is no CSV file of the format; its text says why."""


class RowRejected(Exception):
    """The row is not taken; the text says all that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Row:
    """``number``: the first row after the names is 1. ``cells``: by the name of the fact. ``fault``: why it cannot be
    read, or None. ``written``: the cells as they stand in the file, but for ``NOTES``."""

    number: int
    cells: Mapping[str, str]
    fault: str | None = None
    written: Sequence[str] = ()

    @property
    def phone(self) -> str:
        """As it is written."""
        code = self.cells.get("country_code", "")
        return f"+{code.removeprefix('+')}{self.cells.get('phone', '')}" if code else self.cells.get("phone", "")


def is_note(name: str) -> bool:
    return name.strip().casefold() in NOTES


def rows(text: Iterable[str], chosen: Format) -> Iterator[Row]:
    """The rows of a CSV table, read as they are taken. NoSuchTable, UnicodeError."""
    reader = csv.reader(text)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise NoSuchTable(f"The first line is not CSV: {error}.") from None
    facts, notes = _facts(header, chosen), {place for place, name in enumerate(header) if is_note(name)}
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Row(number, {}, f"not CSV: {error}")
            continue
        if not cells:  # an empty line
            continue
        number += 1
        fault = "more cells than columns" if any(cells[len(facts) :]) else None
        named = ((fact, cell.strip()) for fact, cell in zip(facts, cells, strict=False) if fact is not None)
        written = [cell for place, cell in enumerate(cells) if place not in notes]
        yield Row(number, _first_said(named), fault, written)


def _first_said(named: Iterator[tuple[str, str]]) -> dict[str, str]:
    said: dict[str, str] = {}
    for fact, cell in named:
        said[fact] = said.get(fact) or cell
    return said


def _facts(header: Sequence[str], chosen: Format) -> list[str | None]:
    """What each column says; None for one that says nothing here."""
    by_name = {name.casefold(): fact for fact, names in chosen.columns.items() for name in names}
    facts = [by_name.get(name.strip().casefold()) for name in header]
    known = ", ".join(name for names in chosen.columns.values() for name in names)
    if "phone" not in facts:
        raise NoSuchTable(f"The first line must name the column {chosen.columns['phone'][0]}; it may name: {known}.")
    unknown = [name.strip() for name, fact in zip(header, facts, strict=True) if fact is None and not is_note(name)]
    if unknown and not chosen.others:
        listed = ", ".join(map(repr, unknown))
        raise NoSuchTable(f"The first line names {listed}; it may name: {known}.{_other_format(unknown, chosen)}")
    return facts


def _other_format(unknown: Sequence[str], chosen: Format) -> str:
    """What to ask for where another format has some of the columns; empty where none has, or none can be asked for."""
    if chosen.are_statements:
        return ""
    there = {name.casefold() for name in unknown}
    for name, each in FORMATS.items():
        if not there.isdisjoint(column.casefold() for columns in each.columns.values() for column in columns):
            return f" Another format has such columns: --format {name} (by API: format)."
    return ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of a file are read. ``channel_id``: for rows that name none. ``zone``: of times without an offset;
    None: they have to have one. ``now``: epoch ms."""

    format: Format
    organization: Organization
    channels: Sequence[Channel]
    channel_id: str | None
    zone: ZoneInfo | None
    now: int

    def contact(self, row: Row) -> ImportedContact:
        """What the row says. RowRejected, with all that is wrong with it."""
        faults = [row.fault] if row.fault else []
        cells, told = row.cells, _Told(self, row.cells, faults)
        ref = self._person(row, faults)
        for fact, longest in _LONGEST.items():
            if len(cells.get(fact, "")) > longest:
                faults.append(f"{self.format.column(fact)} is longer than {longest} characters")
        said = [*self._consent(cells, told, faults), *self._dated_consents(cells, told)]
        last_inbound_at = told.time("last_inbound_at")
        channel_id = self._channel(cells, faults) if cells.get("last_inbound_at") or cells.get("channel") else None
        if faults or ref is None:
            raise RowRejected("; ".join(faults))
        name = cells.get("name") or None
        if self.format.are_statements:
            return ImportedContact(ref, name, tuple(said), is_statement=True, is_undated=not cells.get("consent_at"))
        if last_inbound_at is None:
            return ImportedContact(ref, name, tuple(said))
        return ImportedContact(ref, name, tuple(said), channel_id, last_inbound_at)

    def _person(self, row: Row, faults: list[str]) -> ContactRef | None:
        if not row.cells.get("phone"):
            if not row.fault:
                faults.append("phone is empty")
            return None
        try:
            ref = person(row.phone, self.channels)
        except Problem as problem:
            faults.append(f"phone: {problem.detail}")
            return None
        if ref is None or (ref.phone is None and not self.format.are_statements):
            faults.append(f"phone is no phone number: {row.phone[:60]!r}")
            return None
        return ref

    def _consent(self, cells: Mapping[str, str], told: _Told, faults: list[str]) -> list[ConsentEntry]:
        name, written = self.format.column, cells.get("consent", "")
        source = cells.get("consent_source") or self.format.source
        if not written:
            given = [fact for fact in ("consent_at", "consent_source", "consent_evidence") if cells.get(fact)]
            if self.format.are_statements:
                faults.append(f"{name('consent')} is empty: say opt_in or opt_out")
            elif given and self.format.source is None:
                faults.append(f"{name(given[0])} is given, but not {name('consent')}: opt_in or opt_out")
            return []
        action = _ACTIONS.get(written.lower().replace("-", "_").replace(" ", "_"))
        if action is None:
            faults.append(f"{name('consent')} is {written[:60]!r}, and must be opt_in or opt_out")
        if source is None:
            faults.append(f"{name('consent_source')} is empty: say where the consent was given")
        at = told.time("consent_at", is_last_of_day=action == "opt_out")
        if self.format.are_statements and not cells.get("consent_at"):
            at = self.now
        elif cells.get("consent_at", "0") in ("", "0"):
            faults.append(f"{name('consent_at')} is empty: say when the consent was given")
        if action is None or source is None or at is None:
            return []
        return [ConsentEntry(action, at, source, cells.get("consent_evidence") or None, self.format.recorded_by)]

    def _dated_consents(self, cells: Mapping[str, str], told: _Told) -> list[ConsentEntry]:
        """Of a format in which the times of both stand side by side."""
        times = {
            "opt_in": told.time("opt_in_at"),
            "opt_out": told.time("opt_out_at", is_last_of_day=True),
        }
        source = self.format.source or ""
        by = self.format.recorded_by
        return [ConsentEntry(action, at, source, None, by) for action, at in times.items() if at is not None]

    def _channel(self, cells: Mapping[str, str], faults: list[str]) -> str | None:
        ids = sorted(channel.id for channel in self.channels)
        named = cells.get("channel") or self.channel_id or (ids[0] if len(ids) == 1 else None)
        if named in ids:
            return named
        choice = ", ".join(ids) or "none"
        if named is None:
            faults.append(
                f"channel is empty: say to which the person wrote, here or by --channel (by API: channel): {choice}"
            )
        else:
            faults.append(f"channel: there is no {named[:60]!r}; the organization has: {choice}")
        return None


@dataclass(frozen=True, slots=True)
class _Told:
    """The times of a row."""

    reading: Reading
    cells: Mapping[str, str]
    faults: list[str]

    def time(self, fact: str, is_last_of_day: bool = False) -> int | None:
        """Epoch ms; None where there is none, or it is wrong, which is noted. ``is_last_of_day``: a day alone stands
        for its end."""
        text = self.cells.get(fact, "")
        if not text or text == "0":  # 0: never, at Gupshup
            return None
        if text.isascii() and text.isdigit() and len(text) <= 17:
            at = int(text) * 1000 if int(text) < SECONDS_BELOW else int(text)
            return self._checked(fact, text, at)
        read = _TIME.fullmatch(text)
        zone = self._zone(fact, text, read)
        if read is None or zone is None:
            if read is None:
                self.faults.append(f"{self._column(fact)} is no time like 2026-11-22T10:00:00+05:30: {text[:60]!r}")
            return None
        try:
            moment = _moment(read, zone, is_last_of_day)
        except ValueError:
            self.faults.append(f"{self._column(fact)} is no time like 2026-11-22T10:00:00+05:30: {text[:60]!r}")
            return None
        at = round(moment.timestamp() * 1000)
        if read["hour"] is None and is_last_of_day and at - _DAY_MS < self.reading.now < at:
            self.faults.append(
                f"{self._column(fact)} is today: give the time of day, too, like 2026-11-22T10:00:00+05:30"
            )
            return None
        return self._checked(fact, text, at)

    def _column(self, fact: str) -> str:
        return self.reading.format.column(fact)

    def _zone(self, fact: str, text: str, read: re.Match[str] | None) -> ZoneInfo | None:
        """Of a time that may name no offset."""
        if read is None or read["zone"] or read["hour"] is None:
            return self.reading.zone or ZoneInfo(self.reading.organization.timezone)
        if self.reading.zone is None:
            self.faults.append(
                f"{self._column(fact)} has no offset like +05:30, and no --timezone (by API: timezone) is given: "
                f"{text[:60]!r}"
            )
        return self.reading.zone

    def _checked(self, fact: str, text: str, at: int) -> int | None:
        if at > self.reading.now:
            self.faults.append(f"{self._column(fact)} is in the future: {text[:60]!r}")
        elif at < _EARLIEST.timestamp() * 1000:
            self.faults.append(f"{self._column(fact)} is before 2009, when WhatsApp began: {text[:60]!r}")
        else:
            return at
        return None


def _moment(read: re.Match[str], zone: ZoneInfo, is_last_of_day: bool) -> datetime:
    """ValueError where there is no such day or time."""
    year, month, day = map(int, read["day"].split("-"))
    if read["hour"] is None:
        midnight = datetime(year, month, day, tzinfo=zone)
        return midnight + timedelta(days=1) - timedelta(milliseconds=1) if is_last_of_day else midnight
    fraction = int((read["fraction"] or "0").ljust(6, "0")[:6])
    moment = datetime.combine(
        datetime(year, month, day), time(int(read["hour"]), int(read["minute"]), int(read["second"] or 0), fraction)
    )
    offset = read["zone"]
    if offset is None:
        return moment.replace(tzinfo=zone)
    if offset in ("Z", "UTC"):
        return moment.replace(tzinfo=UTC)
    return datetime.fromisoformat(f"{moment.isoformat()}{offset[:3]}:{offset[-2:]}")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a row. ``reason``: why it was not taken, or what stays though the row has it otherwise."""

    row: Row
    outcome: Outcome
    reason: str | None


def take(reading: Reading, batch: Sequence[Row], dry_run: bool) -> list[Done]:
    """Imports up to ``MOST_AT_ONCE`` rows, in their order. StoreError where some of them may not be stored;
    WrongSettings once a deletion of the organization has begun."""
    contacts: dict[int, ImportedContact] = {}
    done: dict[int, Done] = {}
    for row in batch:
        try:
            contacts[row.number] = reading.contact(row)
        except RowRejected as rejected:
            done[row.number] = Done(row, "rejected", str(rejected))
    taken = [row for row in batch if row.number in contacts]
    found = import_contacts(reading.organization.id, list(contacts.values()), rfc3339, dry_run) if contacts else []
    for row, news in zip(taken, found, strict=True):
        done[row.number] = Done(row, news.outcome, news.reason)
    return [done[row.number] for row in batch]
