"""The provider's bill against the ledger: each message of either side is in one of four classes, with the likely
reason. Pure.

A message is on our side where it counts in its day's costs, and on theirs where the provider told of it, in a billing
event or in a line of its bill. One that is on neither (refused, rejected, failed or of unknown outcome, and never
billed) is no line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, field
from typing import Any, Literal, NamedTuple, TypeVar

from gate24.costs import Exchange, LedgerEntry, LedgerKind, MonthCount
from gate24.events import Pricing
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import message_key, suffix_of
from gate24.rules.ledger import as_reckoned, deduction, differs
from gate24.rules.settlement import conversation_of, is_in_conversation, is_in_entry_point, settled

Verdict = Literal["matched", "different", "only_ours", "only_theirs"]
VERDICTS: tuple[Verdict, ...] = ("matched", "different", "only_ours", "only_theirs")

EVENTS_LATE_MS = 60 * 60_000
"""So late a billing event may be (Gupshup, partner-docs, v3-billing-events, read 2026-11: up to 60 minutes at peak)."""

MATCHED_LATER_MS = 24 * 3_600_000
"""For so long a billing event may still find its message (``match_waiting_statuses.HELD_FOR_MS``)."""

EDGE_MS = 14 * 3_600_000
"""So near to the ends of a period another time zone may count a message to a day outside: half the way from the date
line. It is the likely reason only where the period is several times as long."""

_SHORT_MS = 4 * EDGE_MS

REASONS: Mapping[str, str] = {
    "channel_tells_none": "The channel's number is billed by Meta itself, which sends no billing events: the price is "
    "that of its statuses.",
    "inbound": "An incoming message: WhatsApp charges nothing for it, and no billing event tells of the BSP's own fee.",
    "no_whatsapp_fee": "gate24 reckons no WhatsApp fee, only the BSP's own, of which no billing event tells.",
    "not_told_yet": "Sent less than an hour ago: a billing event may be 60 minutes late.",
    "no_event": "No billing event came: the message was not delivered yet, or the webhook at the BSP does not send "
    "billing events.",
    "erased": "The message was erased with its contact, and the provider's id with it.",
    "not_in_ledger": "No message of this id is in the period's ledger: it was sent around gate24 and no status told of "
    "it, or it was erased, or it stands on a day outside the period.",
    "not_matched_yet": "Less than a day old: the message may still be told of.",
    "names_nobody": "The billing event names no recipient, so that its message could not be looked for.",
    "category_changed": "The provider counts it in another category.",
    "free_entry_point": "Free at the provider: the conversation began at an ad or a page (free entry point).",
    "free_in_window": "Free at the provider: sent within the customer service window, or within the month's free ones.",
    "free_at_provider": "The provider charged nothing, and does not say why.",
    "no_free_entry_point": "The provider charged for it; gate24 took it to be free, as the person had come by an ad.",
    "charged_at_provider": "The provider charged for it, and gate24 reckons no WhatsApp fee.",
    "failed_after_billing": "Billed, and failed: gate24 counts nothing for what failed.",
    "rejected_but_billed": "Billed, though it was refused or rejected.",
    "outcome_unknown": "Billed, so it went out: gate24 was told of no outcome and counts nothing yet.",
    "unpriced": "The channel's rate card has no price for it.",
    "told_twice": "Several lines of the bill name this message.",
    "price_differs": "Another price: another rate card, a volume tier, a markup or an exchange rate.",
    "other_currency": "Its rate card is in a currency that cannot be compared with the bill's.",
    "free": "It costs nothing, and the bill does not name it.",
    "period_edge": "Less than 14 hours from an end of the period: another time zone may count it to a day outside.",
    "outside_period": "The bill dates it outside the period.",
    "not_in_bill": "The bill does not name it: it was not delivered, or is in the bill of another number or time.",
    "count_differs": "Another number of messages. Meta counts those that were delivered, whoever sent them.",
    "day_boundary": "The days' numbers differ and the period's do not: the provider's day begins at another hour.",
}
"""By code: in words. The docs list the same (``docs/reconciliation.md``)."""

_CATEGORY: Mapping[LedgerKind, str | None] = {"inbound": "inbound", "freeform": "service", "template": None}
"""Of a message whose category nobody told."""

_FREE_ENTRY = frozenset({"referral_conversion", "free_entry_point", "fep"})
_FREE_IN_WINDOW = frozenset({"utility", "service"})


class OurCost(NamedTuple):
    """What a message costs by our ledger: WhatsApp's, the BSP's and the file's fee in micro-units of ``currency``."""

    fees: tuple[int, int, int]
    currency: str

    @property
    def whatsapp(self) -> int:
        return self.fees[0]

    def total(self, whatsapp_only: bool = False) -> int:
        return self.whatsapp if whatsapp_only else sum(self.fees)

    def stated(self, exchange: Exchange, whatsapp_only: bool = False) -> int:
        """In another currency, fee by fee as a day's costs are."""
        fees = self.fees[:1] if whatsapp_only else self.fees
        return sum(exchange.of(micro) for micro in fees)


NO_COUNTS: Mapping[str, MonthCount] = {}


def our_cost(entry: LedgerEntry, counts: Mapping[str, MonthCount] = NO_COUNTS) -> OurCost:
    """What our side counts for the message, beside the others of its month; nothing unless it counts. ``counts``: those
    of its day, as that was stated. Of a message in a conversation it is not read whether the one that opened it is
    paid: it is taken to be."""
    if entry.state != "counted":
        return OurCost((0, 0, 0), entry.currency)
    found = settled(entry, counts, is_in_conversation(entry) and opens_none(entry))
    return OurCost((found.whatsapp, found.gupshup, entry.media), entry.currency)


def opens_none(entry: LedgerEntry) -> bool:
    """Whether it joined a conversation that was open already."""
    return conversation_of(entry) != suffix_of(entry.message_id)


class Side(NamedTuple):
    """One side of a line. ``charged``: whether there is a WhatsApp fee, or for a bill an amount; None where it is not
    said. ``micro``: the amount in the currency of the reconciliation, None where it is not known. ``card``: our amount
    in the rate card's own currency (micro-units and the currency), where that is another one."""

    category: str | None
    charged: bool | None
    micro: int | None = None
    messages: int = 1
    card: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A message, or a group of them, on one side or on both. ``at``: epoch ms. ``row``: of the provider's file.
    ``reckoned``: our side before a billing event corrected it, without an amount."""

    verdict: Verdict
    reason: str | None
    day: str
    ours: Side | None = None
    theirs: Side | None = None
    at: int | None = None
    message_id: str | None = None
    provider_id: str | None = None
    channel_id: str | None = None
    kind: LedgerKind | None = None
    market: str | None = None
    row: int | None = None
    reckoned: Side | None = None


def our_side(
    entry: LedgerEntry,
    currency: str,
    exchange: Exchange | None,
    whatsapp_only: bool = False,
    counts: Mapping[str, MonthCount] = NO_COUNTS,
) -> Side:
    """Our side of the message, stated in a currency. ``exchange``: by which what is in another one is converted; None
    where it cannot be. ``whatsapp_only``: without the BSP's own fees. ``counts``: as ``our_cost`` takes them."""
    cost = our_cost(entry, counts)
    category, total = entry.category or _CATEGORY[entry.kind], cost.total(whatsapp_only)
    if cost.currency == currency:
        return Side(category, cost.whatsapp > 0, total)
    stated = None if exchange is None else cost.stated(exchange, whatsapp_only)
    return Side(category, cost.whatsapp > 0, stated, card=(total, cost.currency))


def reckoned_side(entry: LedgerEntry, counts: Mapping[str, MonthCount] = NO_COUNTS) -> Side | None:
    """What was reckoned before a billing event changed it; None where none did. ``counts``: as ``our_cost`` takes
    them."""
    before = as_reckoned(entry)
    if (before.category, before.whatsapp) == (entry.category, entry.whatsapp):
        return None
    return Side(before.category, our_cost(before, counts).whatsapp > 0)


class Finding(NamedTuple):
    verdict: Verdict
    reason: str | None = None


def is_on_our_side(entry: LedgerEntry) -> bool:
    return entry.state == "counted"


def is_erased(entry: LedgerEntry) -> bool:
    """Whether the message went with its contact: its id is not whole any more."""
    return message_key(entry.message_id) is None


def against_event(
    entry: LedgerEntry, tells_deductions: bool, now: int, counts: Mapping[str, MonthCount] = NO_COUNTS
) -> Finding | None:
    """The message against its billing event. ``tells_deductions``: whether the channel's provider sends such.
    ``now``: epoch ms. ``counts``: as ``our_cost`` takes them. None where it is on neither side."""
    if entry.billed is None:
        if not is_on_our_side(entry):
            return None
        asked = _Unbilled(entry, tells_deductions, now - entry.at)
        return Finding("only_ours", _first(_NO_EVENT, asked))
    said, before = deduction(entry), as_reckoned(entry)
    cost = our_cost(before, counts)
    if not differs(cost.whatsapp, before.category, said):
        return Finding("matched")
    return Finding("different", _first(_DIFFERENT, _Compared(before, cost.whatsapp, said)))


def of_lonely_event(age: int, names_somebody: bool) -> Finding:
    """A billing event that found no message. ``age``: in ms."""
    if not names_somebody:
        return Finding("only_theirs", "names_nobody")
    return Finding("only_theirs", "not_matched_yet" if age < MATCHED_LATER_MS else "not_in_ledger")


def plain_category(name: str | None) -> str | None:
    """Meta writes authentication-international and authentication_international."""
    return name and name.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Billed:
    """What the lines of a bill say of one message: ``micro`` all together, of ``lines``."""

    category: str | None
    micro: int
    lines: int = 1
    charged: bool | None = None

    @property
    def is_charged(self) -> bool:
        return self.micro > 0 if self.charged is None else self.charged


def against_bill(entry: LedgerEntry, ours: int | None, billed: Billed | None, start: int, end: int) -> Finding | None:
    """The message against the lines of a bill that name it. ``ours``: what our side counts for it, in the bill's
    currency; None where it cannot be stated in that. ``start``, ``end``: of the period (epoch ms)."""
    if billed is None:
        if not is_on_our_side(entry):
            return None
        return Finding("only_ours", _first(_NOT_IN_BILL, _Unnamed(entry, ours, start, end)))
    compared = _Compared(entry, ours or 0, Pricing(category=billed.category, billable=billed.is_charged))
    if ours == billed.micro and billed.lines == 1 and not compared.is_other_category:
        return Finding("matched")
    if ours is None:
        return Finding("different", "other_currency")
    if billed.lines > 1:
        return Finding("different", "told_twice")
    return Finding("different", _first(_DIFFERENT, compared))


@dataclass(frozen=True, slots=True)
class Group:
    """Messages of one day, market and category; None where the bill does not tell them apart by that."""

    day: str
    market: str | None
    category: str | None


class Amount(NamedTuple):
    """Messages and what they cost in the bill's currency (micro-units)."""

    messages: int = 0
    micro: int = 0

    def plus(self, other: Amount) -> Amount:
        return Amount(self.messages + other.messages, self.micro + other.micro)


NOTHING = Amount()


def group_lines(ours: Mapping[Group, Amount], theirs: Mapping[Group, Amount], first: str, last: str) -> Iterable[Line]:
    """The groups of both sides, in order. ``first``, ``last``: the days of the period, both included."""
    by_kind, by_day = _Balance(lambda group: (group.market, group.category)), _Balance(lambda g: (g.day, g.market))
    for balance in (by_kind, by_day):
        balance.add(ours, 1)
        balance.add({group: each for group, each in theirs.items() if first <= group.day <= last}, -1)
    for group in sorted({*ours, *theirs}, key=lambda each: tuple(part or "" for part in astuple(each))):
        own, other = ours.get(group), theirs.get(group)
        finding = _of_group(own, other, first <= group.day <= last)
        if finding.reason in ("count_differs", "not_in_bill", "not_in_ledger"):
            if by_kind.is_even(group):
                finding = finding._replace(reason="day_boundary")
            elif by_day.is_even(group):
                finding = finding._replace(reason="category_changed")
        yield Line(
            finding.verdict,
            finding.reason,
            group.day,
            ours=None if own is None else Side(group.category, own.micro > 0, own.micro, own.messages),
            theirs=None if other is None else Side(group.category, other.micro > 0, other.micro, other.messages),
            market=group.market,
        )


def _of_group(ours: Amount | None, theirs: Amount | None, is_in_period: bool) -> Finding:
    if ours is None:
        return Finding("only_theirs", "not_in_ledger" if is_in_period else "outside_period")
    if theirs is None:
        return Finding("only_ours", "not_in_bill" if ours.micro else "free")
    if ours == theirs:
        return Finding("matched")
    return Finding("different", "price_differs" if ours.messages == theirs.messages else "count_differs")


@dataclass(slots=True)
class _Balance:
    """How many more messages one side has than the other, by some part of their groups."""

    part: Callable[[Group], tuple[str | None, ...]]
    found: dict[tuple[str | None, ...], int] = field(default_factory=dict)

    def add(self, amounts: Mapping[Group, Amount], sign: int) -> None:
        for group, amount in amounts.items():
            key = self.part(group)
            self.found[key] = self.found.get(key, 0) + sign * amount.messages

    def is_even(self, group: Group) -> bool:
        return self.found.get(self.part(group)) == 0


@dataclass(slots=True)
class Cell:
    """The lines of one class and reason. ``ours``, ``theirs``: how many messages each side has in them, and their
    amounts (micro-units). ``charged``, ``free``: how many the provider says it charged, or not. ``others``: our amounts
    that could not be stated in the currency of the reconciliation, by their own."""

    lines: int = 0
    ours: int = 0
    ours_micro: int = 0
    theirs: int = 0
    theirs_micro: int = 0
    charged: int = 0
    free: int = 0
    others: dict[str, int] = field(default_factory=dict)

    def add(self, other: Cell) -> None:
        for name in ("lines", "ours", "ours_micro", "theirs", "theirs_micro", "charged", "free"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for currency, micro in other.others.items():
            self.others[currency] = self.others.get(currency, 0) + micro


@dataclass(slots=True)
class Tally:
    """What was found so far, by class and reason."""

    cells: dict[tuple[Verdict, str | None], Cell] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        cell = Cell(lines=1)
        if line.ours is not None:
            cell.ours, cell.ours_micro = line.ours.messages, line.ours.micro or 0
            if line.ours.micro is None and line.ours.card is not None:
                micro, currency = line.ours.card
                cell.others[currency] = micro
        if line.theirs is not None:
            cell.theirs, cell.theirs_micro = line.theirs.messages, line.theirs.micro or 0
            cell.charged = line.theirs.messages if line.theirs.charged else 0
            cell.free = line.theirs.messages if line.theirs.charged is False else 0
        self.cells.setdefault((line.verdict, line.reason), Cell()).add(cell)

    def of_class(self, verdict: Verdict) -> Cell:
        found = Cell()
        for (each, _), cell in self.cells.items():
            if each == verdict:
                found.add(cell)
        return found

    @property
    def total(self) -> Cell:
        found = Cell()
        for cell in self.cells.values():
            found.add(cell)
        return found

    @property
    def by_reason(self) -> list[tuple[Verdict, str, Cell]]:
        """In the order of the classes, the most frequent first."""
        found = [(verdict, reason, cell) for (verdict, reason), cell in self.cells.items() if reason is not None]
        return sorted(found, key=lambda each: (VERDICTS.index(each[0]), -each[2].lines, each[1]))

    def to_json(self) -> list[list[Any]]:
        """As JSON data, for whoever goes on with it."""
        return [[VERDICTS.index(verdict), reason, *astuple(cell)] for (verdict, reason), cell in self.cells.items()]

    @classmethod
    def from_json(cls, data: Iterable[list[Any]]) -> Tally:
        return cls({(VERDICTS[each[0]], each[1]): Cell(*each[2:]) for each in data})


@dataclass(frozen=True, slots=True)
class _Unbilled:
    """A message of which no billing event is known. ``age``: in ms."""

    entry: LedgerEntry
    tells_deductions: bool
    age: int


@dataclass(frozen=True, slots=True)
class _Compared:
    """``ours``: micro-units of what is compared."""

    entry: LedgerEntry
    ours: int
    said: Pricing

    @property
    def is_free(self) -> bool:
        return self.said.billable is False and self.ours > 0

    @property
    def is_other_category(self) -> bool:
        ours, theirs = self.entry.category, self.said.category
        return bool(ours and theirs) and plain_category(ours) != plain_category(theirs)


@dataclass(frozen=True, slots=True)
class _Unnamed:
    entry: LedgerEntry
    ours: int | None
    start: int
    end: int

    @property
    def is_at_edge(self) -> bool:
        is_near = self.entry.at < self.start + EDGE_MS or self.entry.at >= self.end - EDGE_MS
        return is_near and self.end - self.start >= _SHORT_MS


_NO_EVENT: tuple[tuple[str, Callable[[_Unbilled], bool]], ...] = (
    ("channel_tells_none", lambda each: not each.tells_deductions),
    ("inbound", lambda each: each.entry.kind == "inbound"),
    ("unpriced", lambda each: each.entry.unpriced and not each.entry.whatsapp),
    ("no_whatsapp_fee", lambda each: not each.entry.whatsapp),
    ("erased", lambda each: is_erased(each.entry)),
    ("not_told_yet", lambda each: each.age < EVENTS_LATE_MS),
    ("no_event", lambda each: True),
)
_DIFFERENT: tuple[tuple[str, Callable[[_Compared], bool]], ...] = (
    ("failed_after_billing", lambda each: each.entry.state == "failed"),
    ("rejected_but_billed", lambda each: each.entry.state in ("rejected", "refused")),
    ("outcome_unknown", lambda each: each.entry.state == "unknown"),
    ("unpriced", lambda each: each.entry.unpriced),
    ("free_entry_point", lambda each: each.is_free and each.said.category in _FREE_ENTRY),
    ("category_changed", lambda each: each.is_other_category),
    ("free_in_window", lambda each: each.is_free and (each.said.category or each.entry.category) in _FREE_IN_WINDOW),
    ("free_at_provider", lambda each: each.is_free),
    ("no_free_entry_point", lambda each: not each.ours and is_in_entry_point(each.entry)),
    ("charged_at_provider", lambda each: not each.ours),
    ("price_differs", lambda each: True),
)
_NOT_IN_BILL: tuple[tuple[str, Callable[[_Unnamed], bool]], ...] = (
    ("other_currency", lambda each: each.ours is None),
    ("free", lambda each: each.ours == 0),
    ("inbound", lambda each: each.entry.kind == "inbound"),
    ("erased", lambda each: is_erased(each.entry)),
    ("period_edge", lambda each: each.is_at_edge),
    ("not_in_bill", lambda each: True),
)
"""The likely reasons, the first that fits."""


_T = TypeVar("_T")


def _first(reasons: tuple[tuple[str, Callable[[_T], bool]], ...], asked: _T) -> str:
    return next(code for code, fits in reasons if fits(asked))
