"""One organization's day of costs: the fold of the ledger entries of its messages. Pure.

A message is billed once, whatever number of entries tell of it and in whatever order they come; so the same entries
always give the same day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import astuple, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gate24.costs import (
    AUTHORS_MOST,
    CAMPAIGNS_MOST,
    FEES,
    MESSAGE_COUNTS,
    NOTHING,
    TEMPLATES_MOST,
    CountedAmount,
    DayCosts,
    DayStatus,
    Exchange,
    LedgerEntry,
    LedgerState,
    MonthCosts,
    MonthCount,
    Sums,
    message_counts,
)
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import contact_id_of, suffix_of
from gate24.rules.day_parts import (
    author_of,
    category_of,
    has_room,
    is_full,
    is_priced,
    own_fees,
    stated_fees,
    template_of,
    under,
)
from gate24.rules.day_rows import DayRows
from gate24.rules.reached import Reached, merged
from gate24.rules.settlement import Settled, Settlement, as_listed

_PRECEDENCE: dict[LedgerState, int] = {"unknown": 0, "counted": 1, "refused": 2, "rejected": 3, "failed": 4}
"""Of two entries of one message the later stage holds: what ended as failed costs nothing."""

_UNCHARGED: dict[LedgerState, str] = {
    "failed": "failed",
    "rejected": "failed",
    "refused": "refused",
    "unknown": "unknown",
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

TOGETHER_LEAST = 256
"""As many rows are added up by their kinds; fewer one after another, which is as fast."""

_LOCAL_DAYS_OPEN = timedelta(days=2)
_FURTHEST_EAST = timedelta(hours=14)


@dataclass(slots=True)
class PartSums:
    """Messages and fees (micro-units) of some part of a day while they are added up."""

    messages: dict[str, int] = field(default_factory=message_counts)
    fees: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FEES, 0))


@dataclass(slots=True)
class DayFold:
    """A day's costs while its ledger is read: sums alone, so that it does not grow with the number of messages.

    ``begun_at``: when the reading began (epoch ms). ``position``: the moment at which it goes on. ``unknown_amount``,
    ``billed``, ``differences``, ``card_amounts``, ``undelivered``, ``in_window``, ``unverified``, ``counts``,
    ``reached``, ``by_template``, ``by_author``: as ``DayCosts`` has them. ``exchanges``: by currency how what is in it
    is converted, each fee of each message by itself, so that the day is the sum of what its messages' pages say.
    """

    currency: str
    begun_at: int
    position: int = 0
    whole: PartSums = field(default_factory=PartSums)
    by_channel: dict[str, PartSums] = field(default_factory=dict)
    by_category: dict[str, PartSums] = field(default_factory=dict)
    unpriced: int = 0
    unknown_amount: int = 0
    billed: int = 0
    differences: int = 0
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    card_amounts: dict[str, int] = field(default_factory=dict)
    by_market: dict[str, PartSums] = field(default_factory=dict)
    by_campaign: dict[str, PartSums] = field(default_factory=dict)
    undelivered: CountedAmount = NOTHING
    in_window: CountedAmount = NOTHING
    unverified: int = 0
    counts: dict[str, MonthCount] = field(default_factory=dict)
    reached: Reached = field(default_factory=Reached)
    by_template: dict[str, CountedAmount] = field(default_factory=dict)
    by_author: dict[str, CountedAmount] = field(default_factory=dict)

    def read(self, ledger: Iterable[DayRows], settlement: Settlement) -> Iterator[None]:
        """Adds the rows of the ledger; stops, with ``position`` where it is, after each moment or after many together.
        ``settlement``: that of the day, with the ``counts`` of this fold."""
        for rows in ledger:
            yield from self._read(rows, settlement)

    def _read(self, rows: DayRows, settlement: Settlement) -> Iterator[None]:
        if len(rows.sorts) >= TOGETHER_LEAST:
            if self._add_together(rows, settlement):
                self.position = rows.until + 1
                yield
                return
            if halves := rows.halves():  # what has to be added one after another is mostly in few of them
                for half in halves:
                    yield from self._read(half, settlement)
                return
        for at, entries in rows.moments():
            self.add(entries, settlement)
            self.position = at + 1
            yield

    def add(self, entries: Iterable[LedgerEntry], settlement: Settlement | None = None) -> None:
        """Adds all that the ledger has of one moment: each message in exactly one of ``MESSAGE_COUNTS``, those that
        cost nothing (failed, rejected by the BSP, refused by the gate) or may have cost nothing (of unknown outcome)
        without fees and out of every kind's count.
        Several entries of one message count once; they have its time, so that they stand at one moment. ``settlement``:
        that of the day, with the ``counts`` of this fold."""
        settlement = settlement or Settlement(self.counts)
        for entry in each_once(entries):
            counted = entry.state == "counted"
            self._count(entry, settlement.of(entry) if counted else as_listed(entry), 1)
            if counted and entry.kind != "inbound" and (contact_id := contact_id_of(entry.message_id)):
                self.reached.add(contact_id)

    def _add_together(self, rows: DayRows, settlement: Settlement) -> bool:
        """Adds all the rows by their kinds, which says the same as one after another; False, and nothing is added,
        where it would not: where a message has two rows, or the order matters to prices or to names."""
        if not rows.is_each_once():
            return False
        kinds = rows.kinds()
        numbers = Counter(kinds)
        counted = [(kind.entry, number) for kind, number in numbers.items() if kind.entry.state == "counted"]
        if not self._has_room([entry for entry, _ in counted]):
            return False
        settled = settlement.of_many(counted)
        if settled is None:
            return False
        for (entry, number), each in zip(counted, settled, strict=True):
            self._count(entry, each, number)
        for kind, number in numbers.items():
            if kind.entry.state != "counted":
                self._count(kind.entry, as_listed(kind.entry), number)
        self.reached.add_all(rows.reached(kinds))
        return True

    def _has_room(self, entries: Collection[LedgerEntry]) -> bool:
        """Whether each of them counts under the same names in whatever order they come."""
        campaigns = {entry.campaign for entry in entries if entry.campaign}
        known = self.by_campaign.keys()
        if not (len(known) >= CAMPAIGNS_MOST or len(known | campaigns) <= CAMPAIGNS_MOST):
            return False
        named: tuple[tuple[Collection[str], Iterable[str | None], int], ...] = (
            (self.by_template, map(template_of, entries), TEMPLATES_MOST),
            (self.by_author, map(author_of, entries), AUTHORS_MOST),
        )
        return all(
            is_full(parts, most) or has_room({*parts, *filter(None, names)}, most) for parts, names, most in named
        )

    def _count(self, entry: LedgerEntry, settled: Settled, times: int) -> None:
        """Counts so many messages, all as this one."""
        counted, exchange = entry.state == "counted", self.exchanges.get(entry.currency)
        priced = is_priced(entry, self.currency, self.exchanges)
        own = own_fees(entry, settled)
        fees = stated_fees(own, exchange)
        parts = [self.whole, _part(self.by_channel, entry.channel_id)]
        if counted:
            parts.append(_part(self.by_category, category_of(entry)))
            parts += [_part(self.by_market, entry.market)] if entry.market else []
            parts += [_part(self.by_campaign, self._campaign(entry.campaign))] if entry.campaign else []
            self._count_names(entry, CountedAmount(times, times * sum(fees.values()) if priced else 0))
            self.unpriced += times if entry.unpriced or not priced else 0
            self.unverified += 0 if settled.is_verified else times
            if priced and settled.undelivered:
                self.undelivered += CountedAmount(times, times * _converted(settled.undelivered, exchange))
            if priced and settled.in_window is not None:
                self.in_window += CountedAmount(times, times * _converted(settled.in_window, exchange))
        for part in parts:
            part.messages[entry.kind if counted else _UNCHARGED[entry.state]] += times
            if counted and priced:
                for fee, micro in fees.items():
                    part.fees[fee] += times * micro
        if counted and exchange is not None:
            self.card_amounts[entry.currency] = self.card_amounts.get(entry.currency, 0) + times * sum(own.values())
        if entry.state == "unknown" and priced:
            self.unknown_amount += times * sum(fees.values())
        self.billed += 0 if entry.billed is None else times
        self.differences += times if entry.billed_differs else 0

    def _campaign(self, name: str) -> str:
        """The name under which a campaign counts; the empty one where the day has too many."""
        has_room = name in self.by_campaign or len(self.by_campaign) < CAMPAIGNS_MOST
        return name if has_room else ""

    def _count_names(self, entry: LedgerEntry, amount: CountedAmount) -> None:
        """Counts what some messages as this one cost under their template and who sent them."""
        named: tuple[tuple[MutableMapping[str, CountedAmount], str | None, int], ...] = (
            (self.by_template, template_of(entry), TEMPLATES_MOST),
            (self.by_author, author_of(entry), AUTHORS_MOST),
        )
        for parts, name, most in named:
            if name is not None:
                counted = under(name, parts, most)
                parts[counted] = parts.get(counted, NOTHING) + amount

    def costs(self, day: date, timezone: str) -> DayCosts:
        """What the day has cost by what was added. ``unpriced`` counts the billed messages of which some fee is not
        known or is in a currency that cannot be converted."""
        return DayCosts(
            day=day.isoformat(),
            timezone=timezone,
            currency=self.currency,
            status="provisional",
            sums=_sums(self.whole),
            by_channel={channel: _sums(part) for channel, part in sorted(self.by_channel.items())},
            by_category=_named_sums(self.by_category),
            by_market=_named_sums(self.by_market),
            by_campaign=_named_sums(self.by_campaign),
            unpriced=self.unpriced,
            unknown_amount=self.unknown_amount,
            provider_billed=self.billed,
            provider_differences=self.differences,
            card_amounts=dict(sorted(self.card_amounts.items())),
            exchanges={name: self.exchanges[name] for name in sorted(self.card_amounts)},
            undelivered=self.undelivered,
            in_window=self.in_window,
            unverified=self.unverified,
            counts=dict(sorted(self.counts.items())),
            reached=self.reached.text,
            by_template=dict(sorted(self.by_template.items())),
            by_author=dict(sorted(self.by_author.items())),
        )


def each_once(entries: Iterable[LedgerEntry]) -> Iterator[LedgerEntry]:
    """The messages of one moment, in the order in which they are settled: of several entries of one the one that
    holds."""
    messages = one_a_message(entries)
    for name in messages if len(messages) == 1 else sorted(messages):
        yield messages[name]


def one_a_message(entries: Iterable[LedgerEntry]) -> dict[str, LedgerEntry]:
    """Of the entries of one moment the one that holds of each message, by the suffix of its id: all that is left of
    the id where the contact was erased."""
    messages: dict[str, LedgerEntry] = {}
    for entry in entries:
        name = suffix_of(entry.message_id)
        known = messages.get(name)
        messages[name] = entry if known is None else max(known, entry, key=_precedence)
    return messages


def _converted(micro: int, exchange: Exchange | None) -> int:
    return micro if exchange is None else exchange.of(micro)


def _part(parts: dict[str, PartSums], name: str) -> PartSums:
    if name not in parts:
        parts[name] = PartSums()
    return parts[name]


def _named_sums(parts: Mapping[str, PartSums]) -> dict[str, CountedAmount]:
    return {
        name: CountedAmount(sum(part.messages.values()), sum(part.fees.values()))
        for name, part in sorted(parts.items())
    }


def _sums(part: PartSums) -> Sums:
    return Sums(dict(part.messages), dict(part.fees))


def last_closed_day(now_ms: int) -> date:
    """The last day that is closed: over wherever an organization may be, for half a day or more. What comes for it from
    now on is late."""
    return local_day(now_ms, "UTC") - _LOCAL_DAYS_OPEN


def closed_at(day: date) -> int:
    """Since when the day is closed (epoch ms)."""
    return _midnight(day + _LOCAL_DAYS_OPEN, "UTC")


def open_days(now_ms: int) -> list[date]:
    """The days that are not closed and have begun somewhere, oldest first."""
    closed, newest = last_closed_day(now_ms), newest_day(now_ms)
    return [closed + timedelta(days=number) for number in range(1, (newest - closed).days + 1)]


def newest_day(now_ms: int) -> date:
    """The last day that has begun anywhere."""
    return local_day(now_ms + _FURTHEST_EAST // _MILLISECOND, "UTC")


def local_day(at: int, timezone: str) -> date:
    """The day on which the instant (epoch ms) falls in an IANA time zone."""
    return (_EPOCH + at * _MILLISECOND).astimezone(ZoneInfo(timezone)).date()


def day_bounds(day: date, timezone: str) -> tuple[int, int]:
    """Epoch ms of the day's first instant and of the next day's: 23, 24 or 25 hours apart, as the zone has it.
    Where a clock change skips midnight, the day begins with the change."""
    return _midnight(day, timezone), _midnight(day + timedelta(days=1), timezone)


def day_status(stored: DayCosts | None, computed: DayCosts, day_end: int, now_ms: int) -> DayStatus:
    """A day's status: provisional while it runs, final when first computed after it, restated when it says
    something else than once was final. ``stored``: the day as it was last saved, ``computed``: as it is now, whatever
    its status. Times are epoch ms."""
    if now_ms < day_end:
        return "provisional"
    if stored is None or stored.status == "provisional":
        return "final"
    by_market = computed.by_market if stored.by_market else {}  # a day of an earlier version tells of none
    by_campaign = computed.by_campaign if stored.by_market else {}
    tells_names = bool(stored.by_author)
    again = replace(
        computed,
        status=stored.status,
        by_market=by_market,
        by_campaign=by_campaign,
        in_window=stored.in_window,
        unverified=stored.unverified,
        counts=stored.counts,
        reached=stored.reached,
        by_template=computed.by_template if tells_names else stored.by_template,
        by_author=computed.by_author if tells_names else stored.by_author,
    )
    return stored.status if again == stored else "restated"


def _precedence(entry: LedgerEntry) -> tuple[int, bool, str]:
    return _PRECEDENCE[entry.state], entry.billed is not None, repr(astuple(entry))


def _midnight(day: date, timezone: str) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)) - _EPOCH) // _MILLISECOND


def of_channels(day: DayCosts, channels: Collection[str]) -> DayCosts:
    """What some of the channels have cost on a day. Categories, ``unpriced`` and what the provider billed are known of
    all channels together alone, and are empty here."""
    parts = {channel: sums for channel, sums in day.by_channel.items() if channel in channels}
    messages = {name: sum(each.messages[name] for each in parts.values()) for name in MESSAGE_COUNTS}
    fees: dict[str, int] = {fee: sum(each.fees[fee] for each in parts.values()) for fee in FEES}
    sums = Sums(messages, fees)
    return DayCosts(day.day, day.timezone, day.currency, day.status, sums, parts, {}, as_of=day.as_of)


def month_costs(days: Sequence[DayCosts]) -> MonthCosts:
    """The sums of the days of a month, in one currency; at least one. It is provisional while one of them is, else
    restated where one was."""
    first, statuses = days[0], {day.status for day in days}
    status: DayStatus = next(each for each in ("provisional", "restated", "final") if each in statuses)
    return MonthCosts(
        month=first.day[:7],
        timezone=first.timezone,
        currency=first.currency,
        status=status,
        days=len(days),
        sums=_total(day.sums for day in days),
        by_channel={
            name: _total(day.by_channel[name] for day in days if name in day.by_channel)
            for name in sorted({name for day in days for name in day.by_channel})
        },
        by_category=_joined(day.by_category for day in days),
        by_market=_joined(day.by_market for day in days),
        by_campaign=_joined(day.by_campaign for day in days),
        unpriced=sum(day.unpriced for day in days),
        unknown_amount=sum(day.unknown_amount for day in days),
        provider_billed=sum(day.provider_billed for day in days),
        provider_differences=sum(day.provider_differences for day in days),
        card_amounts=dict(sum((Counter(day.card_amounts) for day in days), Counter[str]())),
        undelivered=sum((day.undelivered for day in days), NOTHING),
        in_window=sum((day.in_window for day in days), NOTHING),
        unverified=sum(day.unverified for day in days),
        reached=_reached(days),
        by_template=_joined(day.by_template for day in days),
        by_author=_joined(day.by_author for day in days),
        as_of=max((day.as_of for day in days if day.as_of is not None), default=None),
    )


def _reached(days: Sequence[DayCosts]) -> str | None:
    """None where it is not known of a day on which something was sent."""
    if any(day.reached is None and (day.sums.messages["template"] or day.sums.messages["freeform"]) for day in days):
        return None
    return merged(day.reached for day in days if day.reached)


def _total(parts: Iterable[Sums]) -> Sums:
    messages, fees = message_counts(), dict[str, int](dict.fromkeys(FEES, 0))
    for part in parts:
        for name, count in part.messages.items():
            messages[name] += count
        for fee, micro in part.fees.items():
            fees[fee] += micro
    return Sums(messages, fees)


def _joined(parts: Iterable[Mapping[str, CountedAmount]]) -> dict[str, CountedAmount]:
    joined: dict[str, CountedAmount] = {}
    for part in parts:
        for name, one in part.items():
            joined[name] = joined.get(name, NOTHING) + one
    return dict(sorted(joined.items()))
