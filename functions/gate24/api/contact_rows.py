"""The tables that an import of contacts or consents takes: which column says what, and what each value has to be; and
what becomes of their rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from gate24.api.named_person import person
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.authors import Author, AuthorKind
from gate24.channels import Channel, Organization
from gate24.contacts import ConsentEntry
from gate24.events import ContactRef
from gate24.lazy_dataclass import dataclass
from gate24.rules.contact_import import ImportedContact, News, Outcome
from gate24.rules.times import SECONDS_BELOW
from gate24.usecases.import_contacts import import_contacts, note_imported

_LONGEST = {"name": 200, "consent_source": 100, "consent_evidence": 2000}
"""Characters; those of consents as ``POST /v1/contacts/{phone}/consents`` has them."""

_ACTIONS = {"opt_in": "opt_in", "opted_in": "opt_in", "opt_out": "opt_out", "opted_out": "opt_out"}

NOTES = ("row", "reason")
"""Columns of the file of rejected rows, which are passed over where it is imported, mended, in its turn."""

_EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
"""WhatsApp began in 2009."""

_SHORTENED = re.compile(r"\d+(?:[.,]\d+)?[eE]\+?\d{1,2}")
"""9.19877E+11: what a spreadsheet makes of a long number in a narrow cell."""

_WRITTEN_DAY = re.compile(r"(?P<first>\d{1,2})([./-])(?P<second>\d{1,2})\2(?P<year>\d{4})(?P<rest>(?:[T ,].*)?)")
"""22/11/2026, 22-11-2026, 11/22/2026: which of the two is the day has to be said."""

DayOrder = Literal["day_first", "month_first"]

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
    what somebody agreed to, without a date where it is of now. ``recorded_by``, ``staff``: who, in the consent history
    (``ConsentEntry``). ``needs_evidence``: an opt-in says how, when and by which evidence. ``may_be_silent``: a row
    may say nothing of a consent."""

    columns: Mapping[str, Sequence[str]]
    source: str | None = None
    is_local: bool = False
    others: bool = True
    are_statements: bool = False
    recorded_by: str = "contacts import"
    staff: AuthorKind | None = None
    needs_evidence: bool = False
    may_be_silent: bool = False

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

PEOPLE = Format(
    {
        "phone": (
            *("phone", "phone number", "mobile", "mobile number", "number", "contact number"),
            *("whatsapp", "whatsapp number"),
        ),
        "name": ("name", "full name"),
        "consent": ("consent", "action"),
        "consent_at": ("consent_at", "at"),
        "consent_source": ("consent_source", "source"),
        "consent_evidence": ("consent_evidence", "evidence"),
    },
    source="import",
    is_local=True,
    are_statements=True,
    needs_evidence=True,
    may_be_silent=True,
)
"""What staff import: the columns of ``contacts import`` and of ``consents import``, and the rules of the latter."""


def by_author(chosen: Format, author: Author) -> Format:
    """The same, recorded by that author."""
    return replace(chosen, recorded_by=author.name or author.kind, staff=author.kind)


class Fault(NamedTuple):
    """What is wrong with a row, or what stays though the row has it otherwise. ``code`` names it for who has words of
    their own, ``sentence`` says it. ``since`` (epoch ms): of what stands against the row. ``suggestion``: the number
    that is probably meant."""

    code: str
    sentence: str
    since: int | None = None
    suggestion: str | None = None


class NoSuchTable(Exception):
    """The file is no CSV file of the format; its text says why."""


class RowRejected(Exception):
    """The row is not taken; the text says all that is wrong with it, and so do ``faults``."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(fault.sentence for fault in faults))
        self.faults = tuple(faults)


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
    facts, notes = facts_of(header, chosen), {place for place, name in enumerate(header) if is_note(name)}
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
        written = [cell for place, cell in enumerate(cells) if place not in notes]
        yield row_of(number, facts, cells, written)


def row_of(number: int, facts: Sequence[str | None], cells: Sequence[str], written: Sequence[str] = ()) -> Row:
    """``facts``: what each cell says (``facts_of``)."""
    fault = "more cells than columns" if any(cells[len(facts) :]) else None
    named = ((fact, cell.strip()) for fact, cell in zip(facts, cells, strict=False) if fact is not None)
    return Row(number, _first_said(named), fault, written)


def _first_said(named: Iterator[tuple[str, str]]) -> dict[str, str]:
    said: dict[str, str] = {}
    for fact, cell in named:
        said[fact] = said.get(fact) or cell
    return said


def facts_of(header: Sequence[str], chosen: Format) -> list[str | None]:
    """What each column says; None for one that says nothing here. NoSuchTable."""
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
    None: they have to have one. ``now``: epoch ms. ``day_order``: of days like 5/11/2026, which are refused without it.
    ``is_national``: digits that are a number of the country of one of the channels are that number. ``for_silent``:
    what holds of an opt-in for which a row does not say it, by the name of the fact; ``consent`` among it: of rows that
    say nothing of a consent."""

    format: Format
    organization: Organization
    channels: Sequence[Channel]
    channel_id: str | None
    zone: ZoneInfo | None
    now: int
    day_order: DayOrder | None = None
    is_national: bool = False
    for_silent: Mapping[str, str] = field(default_factory=dict)

    def contact(self, row: Row) -> ImportedContact:
        """What the row says. RowRejected, with all that is wrong with it."""
        faults = [Fault("row_unreadable", row.fault)] if row.fault else []
        cells = self._completed(row.cells)
        told = _Told(self, cells, faults)
        ref = self._person(row, faults)
        for fact, longest in _LONGEST.items():
            if len(cells.get(fact, "")) > longest:
                faults.append(Fault("too_long", f"{self.format.column(fact)} is longer than {longest} characters"))
        said = [*self._consent(cells, told, faults), *self._dated_consents(cells, told)]
        last_inbound_at = told.time("last_inbound_at")
        channel_id = self._channel(cells, faults) if cells.get("last_inbound_at") or cells.get("channel") else None
        if faults or ref is None:
            raise RowRejected(faults)
        name = cells.get("name") or None
        if self.format.are_statements and said:
            return ImportedContact(ref, name, tuple(said), is_statement=True, is_undated=not cells.get("consent_at"))
        if last_inbound_at is None:
            return ImportedContact(ref, name, tuple(said))
        return ImportedContact(ref, name, tuple(said), channel_id, last_inbound_at)

    def _completed(self, cells: Mapping[str, str]) -> Mapping[str, str]:
        """With what holds where the row does not say it. An opt-out stays as it is."""
        written = cells.get("consent") or self.for_silent.get("consent", "")
        if not self.for_silent or _action(written) != "opt_in":
            return cells
        return {**self.for_silent, **{fact: cell for fact, cell in cells.items() if cell}, "consent": written}

    def _person(self, row: Row, faults: list[Fault]) -> ContactRef | None:
        if not row.cells.get("phone"):
            if not row.fault:
                faults.append(Fault("phone_missing", "phone is empty"))
            return None
        if _SHORTENED.fullmatch(row.cells["phone"]):
            sentence = (
                f"phone is {row.cells['phone'][:60]!r}: a spreadsheet has shortened the number, and its last digits "
                "are lost. Show the column as text, or as a number without decimals, and save the file again"
            )
            faults.append(Fault("phone_shortened", sentence))
            return None
        try:
            ref = person(row.phone, self.channels)
        except Problem as problem:
            suggestion = problem.extra["suggestion"]
            if self.is_national:
                return ContactRef(suggestion)
            faults.append(Fault("country_code_missing", f"phone: {problem.detail}", suggestion=suggestion))
            return None
        if ref is None or (ref.phone is None and not self.format.are_statements):
            faults.append(Fault("phone_wrong", f"phone is no phone number: {row.phone[:60]!r}"))
            return None
        return ref

    def _consent(self, cells: Mapping[str, str], told: _Told, faults: list[Fault]) -> list[ConsentEntry]:
        name, written = self.format.column, cells.get("consent", "")
        source = cells.get("consent_source") or self.format.source
        if not written:
            given = [fact for fact in ("consent_at", "consent_source", "consent_evidence") if cells.get(fact)]
            if self.format.are_statements and not self.format.may_be_silent:
                faults.append(Fault("consent_missing", f"{name('consent')} is empty: say opt_in or opt_out"))
            elif given and (self.format.may_be_silent or self.format.source is None):
                sentence = f"{name(given[0])} is given, but not {name('consent')}: opt_in or opt_out"
                faults.append(Fault("consent_missing", sentence))
            return []
        action = _action(written)
        if action is None:
            sentence = f"{name('consent')} is {written[:60]!r}, and must be opt_in or opt_out"
            faults.append(Fault("consent_wrong", sentence))
        needs_all = self.format.needs_evidence and action == "opt_in"
        if source is None or (needs_all and not cells.get("consent_source")):
            sentence = f"{name('consent_source')} is empty: say where the consent was given"
            faults.append(Fault("source_missing", sentence))
        if needs_all and not cells.get("consent_evidence"):
            faults.append(
                Fault("evidence_missing", f"{name('consent_evidence')} is empty: say what proves the consent")
            )
        at = told.time("consent_at", is_last_of_day=action == "opt_out")
        if self.format.are_statements and not needs_all and not cells.get("consent_at"):
            at = self.now
        elif cells.get("consent_at", "0") in ("", "0"):
            faults.append(Fault("at_missing", f"{name('consent_at')} is empty: say when the consent was given"))
        if action is None or source is None or at is None:
            return []
        by, staff = self.format.recorded_by, self.format.staff
        return [ConsentEntry(action, at, source, cells.get("consent_evidence") or None, by, staff=staff)]

    def _dated_consents(self, cells: Mapping[str, str], told: _Told) -> list[ConsentEntry]:
        """Of a format in which the times of both stand side by side."""
        times = {
            "opt_in": told.time("opt_in_at"),
            "opt_out": told.time("opt_out_at", is_last_of_day=True),
        }
        source = self.format.source or ""
        by = self.format.recorded_by
        return [ConsentEntry(action, at, source, None, by) for action, at in times.items() if at is not None]

    def _channel(self, cells: Mapping[str, str], faults: list[Fault]) -> str | None:
        ids = sorted(channel.id for channel in self.channels)
        named = cells.get("channel") or self.channel_id or (ids[0] if len(ids) == 1 else None)
        if named in ids:
            return named
        choice = ", ".join(ids) or "none"
        if named is None:
            sentence = (
                f"channel is empty: say to which the person wrote, here or by --channel (by API: channel): {choice}"
            )
            faults.append(Fault("channel_missing", sentence))
        else:
            sentence = f"channel: there is no {named[:60]!r}; the organization has: {choice}"
            faults.append(Fault("channel_wrong", sentence))
        return None


def _action(written: str) -> str | None:
    return _ACTIONS.get(written.lower().replace("-", "_").replace(" ", "_"))


@dataclass(frozen=True, slots=True)
class _Told:
    """The times of a row."""

    reading: Reading
    cells: Mapping[str, str]
    faults: list[Fault]

    def time(self, fact: str, is_last_of_day: bool = False) -> int | None:
        """Epoch ms; None where there is none, or it is wrong, which is noted. ``is_last_of_day``: a day alone stands
        for its end."""
        text = self.cells.get(fact, "")
        if not text or text == "0":  # 0: never, at Gupshup
            return None
        if text.isascii() and text.isdigit() and len(text) <= 17:
            at = int(text) * 1000 if int(text) < SECONDS_BELOW else int(text)
            return self._checked(fact, text, at)
        read = self._read(fact, text)
        zone = self._zone(fact, text, read)
        if read is None or zone is None:
            return None
        try:
            moment = _moment(read, zone, is_last_of_day)
        except ValueError:
            self._is_wrong("at_wrong", fact, f"is no time like 2026-11-22T10:00:00+05:30: {text[:60]!r}")
            return None
        at = round(moment.timestamp() * 1000)
        if read["hour"] is None and is_last_of_day and at - _DAY_MS < self.reading.now < at:
            self._is_wrong("at_today", fact, "is today: give the time of day, too, like 2026-11-22T10:00:00+05:30")
            return None
        return self._checked(fact, text, at)

    def _read(self, fact: str, text: str) -> re.Match[str] | None:
        order, day = self.reading.day_order, _WRITTEN_DAY.fullmatch(text)
        if day is not None and order is not None:
            month, in_month = day["second"], day["first"]
            if order == "month_first":
                month, in_month = in_month, month
            text = f"{day['year']}-{month}-{in_month}{day['rest'].replace(',', '')}"
        read = _TIME.fullmatch(text)
        if read is None:
            code = "at_wrong" if day is None or order is not None else "at_order"
            self._is_wrong(code, fact, f"is no time like 2026-11-22T10:00:00+05:30: {text[:60]!r}")
        return read

    def _is_wrong(self, code: str, fact: str, what: str) -> None:
        self.faults.append(Fault(code, f"{self.reading.format.column(fact)} {what}"))

    def _zone(self, fact: str, text: str, read: re.Match[str] | None) -> ZoneInfo | None:
        """Of a time that may name no offset."""
        if read is None or read["zone"] or read["hour"] is None:
            return self.reading.zone or ZoneInfo(self.reading.organization.timezone)
        if self.reading.zone is None:
            what = f"has no offset like +05:30, and no --timezone (by API: timezone) is given: {text[:60]!r}"
            self._is_wrong("at_without_zone", fact, what)
        return self.reading.zone

    def _checked(self, fact: str, text: str, at: int) -> int | None:
        if at > self.reading.now:
            self._is_wrong("at_future", fact, f"is in the future: {text[:60]!r}")
        elif at < _EARLIEST.timestamp() * 1000:
            self._is_wrong("at_too_early", fact, f"is before 2009, when WhatsApp began: {text[:60]!r}")
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
    """What became of a row. ``reason``: why it was not taken, or what stays though the row has it otherwise; ``faults``
    say the same one by one. ``contact``: what the row says, and ``news`` what of it was not known; None of both where
    it is rejected for what it says."""

    row: Row
    outcome: Outcome
    reason: str | None
    faults: tuple[Fault, ...] = ()
    contact: ImportedContact | None = None
    news: News | None = None


def take(reading: Reading, batch: Sequence[Row], dry_run: bool, author: Author | None = None) -> list[Done]:
    """Imports up to ``MOST_AT_ONCE`` rows, in their order. ``author``: who stands in the trail of those that are added
    or named; without one nothing is written there. StoreError where some of them may not be stored; WrongSettings once
    a deletion of the organization has begun."""
    contacts: dict[int, ImportedContact] = {}
    done: dict[int, Done] = {}
    for row in batch:
        try:
            contacts[row.number] = reading.contact(row)
        except RowRejected as rejected:
            done[row.number] = Done(row, "rejected", str(rejected), rejected.faults)
    taken, organization_id = [row for row in batch if row.number in contacts], reading.organization.id
    found = import_contacts(organization_id, list(contacts.values()), rfc3339, dry_run) if contacts else []
    for row, news in zip(taken, found, strict=True):
        faults = () if news.reason is None else (Fault(news.code or "kept", news.reason, news.since),)
        done[row.number] = Done(row, news.outcome, news.reason, faults, contacts[row.number], news)
    if author is not None and not dry_run:
        note_imported(organization_id, list(contacts.values()), found, reading.now, author)
    return [done[row.number] for row in batch]
