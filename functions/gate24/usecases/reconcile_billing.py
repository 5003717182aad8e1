"""Compares what the provider says it deducted for with the ledger of an organization's days.

The ledger is read page by page; then the billing events of the time that found no message (``waiting_statuses``), and
those that name nobody, which are kept as unrecognized. Whoever asks takes as much as there is time for, and goes on at
the place of the last step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import date, timedelta
from typing import Any

from gate24.channels import Channel, Organization
from gate24.costs import Exchange, LedgerEntry, MonthCount
from gate24.events import Billed, Pricing
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import message_key
from gate24.providers import provider
from gate24.rules.ledger import deduction
from gate24.rules.reconciliation import NO_COUNTS, Line, Side, against_event, of_lonely_event, our_side, reckoned_side
from gate24.rules.rollup import day_bounds, local_day, one_a_message
from gate24.rules.settlement import is_settled_later
from gate24.store import costs, messages, unrecognized, waiting_statuses
from gate24.usecases.state_costs import day_exchanges

Place = list[Any]
"""How far a comparison is, as JSON data."""

Step = tuple[Line | None, Place]
"""What one more entry or event comes to, None where it is no line, and the place after it."""

_LETTERS = 4_000
"""Of an event that was not understood; a deduction has some hundred."""

_WITHOUT_MESSAGE = "status_without_message"


@dataclass(slots=True)
class Rates:
    """How what a day's messages cost is settled beside the others of the month, and stated in the organization's
    currency; read where it is needed, of one day at a time."""

    organization: Organization
    _days: dict[str, dict[str, Exchange]] = field(default_factory=dict)
    _counts: dict[str, Mapping[str, MonthCount]] = field(default_factory=dict)

    def counts(self, day: str, entry: LedgerEntry) -> Mapping[str, MonthCount]:
        """Those of the day as it was stated, for a message whose cost depends on them."""
        if not is_settled_later(entry):
            return NO_COUNTS
        if day not in self._counts:
            stated = costs.day_costs(self.organization.id, day)
            self._counts = {day: NO_COUNTS if stated is None else stated.counts}
        return self._counts[day]

    def of(self, day: str, currency: str) -> Exchange | None:
        if currency == self.organization.currency:
            return None
        if day not in self._days:
            self._days = {day: day_exchanges(self.organization, date.fromisoformat(day))}
        return self._days[day].get(currency)


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of an organization, both included, as far as they have begun at ``now`` (epoch ms)."""

    organization: Organization
    first: date
    last: date
    now: int

    @property
    def days(self) -> list[date]:
        end = min(self.last, local_day(self.now, self.organization.timezone))
        return [self.first + timedelta(days=number) for number in range((end - self.first).days + 1)]

    @property
    def start(self) -> int:
        """Epoch ms."""
        return day_bounds(self.first, self.organization.timezone)[0]

    @property
    def end(self) -> int:
        """Epoch ms, excluded."""
        return day_bounds(self.last, self.organization.timezone)[1]


def against_events(
    period: Period, channels: Iterable[Channel], may_use: Callable[[str], bool], place: Place | None = None
) -> Iterator[Step]:
    """Every message of the period, and every billing event that found none, one a step. ``channels``: the
    organization's. ``may_use``: whether a channel is asked about. ``place``: after which to go on."""
    tells = {each.id: provider(each.provider).tells_deductions for each in channels}
    kind = place[0] if place else "ledger"
    if kind == "ledger":
        yield from _of_ledger(period, tells, may_use, place)
    if kind in ("ledger", "lonely"):
        yield from _lonely(period, may_use, place if kind == "lonely" else None)
    yield from _unnamed(period, may_use, place if kind == "unnamed" else None)


def ledger(period: Period, place: Place | None = None) -> Iterator[tuple[str, LedgerEntry | None, Place]]:
    """The entries of the period's days, one of each message, with the day and the place after each; None at the end of
    each day."""
    _, since, *passed = place or ["ledger", "", 0, ""]
    for day in (each.isoformat() for each in period.days):
        if day < since:
            continue
        resumed: Place = passed if day == since else [0, ""]
        for at, entries in costs.entries(period.organization.id, day, resumed[0]):
            for name, entry in sorted(one_a_message(entries).items()):
                if [at, name] > resumed:
                    yield day, entry, ["ledger", day, at, name]
        next_day = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        yield day, None, ["ledger", next_day, 0, ""]


def _of_ledger(
    period: Period, tells: Mapping[str, bool], may_use: Callable[[str], bool], place: Place | None
) -> Iterator[Step]:
    rates, currency = Rates(period.organization), period.organization.currency
    for day, entry, after in ledger(period, place):
        if entry is None or not may_use(entry.channel_id):
            yield None, after
            continue
        counts = rates.counts(day, entry)
        finding = against_event(entry, tells.get(entry.channel_id, True), period.now, counts)
        if finding is None:
            yield None, after
            continue
        line = Line(
            finding.verdict,
            finding.reason,
            day,
            ours=our_side(entry, currency, rates.of(day, entry.currency), counts=counts),
            theirs=_said(entry),
            at=entry.at,
            message_id=entry.message_id if message_key(entry.message_id) else None,
            channel_id=entry.channel_id,
            kind=entry.kind,
            reckoned=reckoned_side(entry, counts),
        )
        yield line, after


def _said(entry: LedgerEntry) -> Side | None:
    if entry.billed is None:
        return None
    said = deduction(entry)
    return Side(said.category, said.billable)


def _lonely(period: Period, may_use: Callable[[str], bool], place: Place | None) -> Iterator[Step]:
    after = (place[1], place[2]) if place else None
    found = waiting_statuses.lonely_billing(period.organization.id, period.start, period.end, after)
    for (shard, sort), status in found:
        line = None
        if status is not None and isinstance(status.event, Billed) and may_use(status.channel_id):
            line = _of_lonely(period, status.channel_id, status.event, names_somebody=True)
        yield line, ["lonely", shard, sort]


def _unnamed(period: Period, may_use: Callable[[str], bool], place: Place | None) -> Iterator[Step]:
    """Those that name no recipient, by the time at which they came."""
    after = place[1] if place else None
    found = unrecognized.oldest_first(period.organization.id, period.start, period.end, after, _LETTERS)
    for each in found:
        event = _billed(each.text) if each.reason == _WITHOUT_MESSAGE and may_use(each.channel_id) else None
        line = None if event is None else _of_lonely(period, each.channel_id, event, names_somebody=False)
        yield line, ["unnamed", each.position]


def _billed(text: str) -> Billed | None:
    """The deduction that was kept as one that names nobody; None where it is something else."""
    try:
        told = json.loads(text)
        pricing = told["pricing"]
        return Billed(None, told["at"], tuple(told["bsp_ids"]), told["source"], Pricing(**pricing))
    except (ValueError, TypeError, KeyError):
        return None


def _of_lonely(period: Period, channel_id: str, event: Billed, names_somebody: bool) -> Line:
    finding = of_lonely_event(period.now - event.at, names_somebody)
    return Line(
        finding.verdict,
        finding.reason,
        local_day(event.at, period.organization.timezone).isoformat(),
        theirs=Side(event.pricing.category, event.pricing.billable),
        at=event.at,
        provider_id=event.bsp_ids[0] if event.bsp_ids else None,
        channel_id=channel_id,
    )


def with_provider_ids(organization: Organization, lines: Iterable[Line]) -> list[Line]:
    """The lines with the ids by which the provider knows their messages, as far as these are stored."""
    listed = list(lines)
    named = [key for line in listed if line.message_id is not None and (key := message_key(line.message_id))]
    ids = messages.provider_ids(organization.id, named)
    return [replace(each, provider_id=_first(ids.get(each.message_id or ""), each.provider_id)) for each in listed]


def _first(found: tuple[str, ...] | None, otherwise: str | None) -> str | None:
    return found[0] if found else otherwise
