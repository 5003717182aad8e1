"""What a message costs, and what a day's costs need to know of it. Money is integer micro-units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from gate24.authors import Author
from gate24.lazy_dataclass import dataclass

LedgerKind = Literal["template", "freeform", "inbound"]
Fee = Literal["whatsapp", "gupshup", "media"]
LedgerState = Literal["counted", "unknown", "failed", "rejected", "refused"]

FEES: tuple[Fee, ...] = ("whatsapp", "gupshup", "media")


@dataclass(frozen=True, slots=True)
class Line:
    """One fee of a message, in micro-units."""

    fee: Fee
    micro: int


RATE_DIGITS = 10
"""A rate of exchange has as many decimals: that of a rupee in dollars keeps eight digits."""

RATE_UNITS = 10**RATE_DIGITS


def nearest(numerator: int, denominator: int) -> int:
    """The nearest whole number, halves away from zero."""
    rounded = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -rounded if numerator < 0 else rounded


@dataclass(frozen=True, slots=True)
class Exchange:
    """From one currency to another. ``rate``: how many units of the second one of the first is worth, in units of the
    last of ``RATE_DIGITS`` decimals. ``day`` (``YYYY-MM-DD``), ``source``: of the publication."""

    from_currency: str
    to_currency: str
    rate: int
    day: str
    source: str

    def of(self, micro: int) -> int:
        """An amount in micro-units of the other currency, rounded to the nearest one, halves away from zero."""
        return nearest(micro * self.rate, RATE_UNITS)

    @property
    def text(self) -> str:
        """The rate as a decimal."""
        whole, fraction = divmod(self.rate, RATE_UNITS)
        return f"{whole}.{f'{fraction:0{RATE_DIGITS}d}'.rstrip('0').ljust(4, '0')}"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a message's price rests on, beside its kind and category. ``rate_card``: the id of the card. ``market``: the
    recipient's (``pricing.market_of``), ``calling_code``: its digits, as far as markets tell them apart; empty where
    nothing tells it.
    ``media_bytes``: of its file, ``is_size_unknown``: it has one whose size is not known. ``in_window``: a template
    that went out while the session window was open. ``entry_point_hours``: the full hours since the free entry point
    began in which it was sent (``rules.entry_points``); 0 of an incoming one that came by an advertisement, else None.
    ``told``: what the provider said of its price: the pricing type
    or subtype, else ``billable`` or ``free``."""

    rate_card: str
    market: str | None = None
    calling_code: str | None = None
    media_bytes: int | None = None
    is_size_unknown: bool = False
    in_window: bool = False
    entry_point_hours: int | None = None
    told: str | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a message costs. ``unpriced``: some fee of it is not known, and is not in ``lines``. ``card``, ``exchange``:
    where it was converted, the cost in the rate card's own currency, and by which rate. ``basis``: what it rests on,
    where that is known; it is no part of the amount. ``undelivered``: what it will cost besides (micro-units) when the
    message is delivered. ``assumed``: what an estimate takes for granted (``rules.pricing.ASSUMPTIONS``).
    ``is_verified``: whether its prices were read in a publication."""

    currency: str
    lines: tuple[Line, ...]
    unpriced: bool = False
    card: Cost | None = None
    exchange: Exchange | None = None
    basis: Basis | None = field(default=None, compare=False)
    undelivered: int = field(default=0, compare=False)
    assumed: tuple[str, ...] = field(default=(), compare=False)
    is_verified: bool = field(default=True, compare=False)

    @property
    def total(self) -> int:
        """Micro-units."""
        return sum(line.micro for line in self.lines)

    def of(self, fee: Fee) -> int:
        """Micro-units of one fee; 0 where it is not there."""
        return sum(line.micro for line in self.lines if line.fee == fee)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What one message means for the costs. ``at``: epoch ms, by the provider's clock for inbound
    messages, by ours for outbound ones. Fees are micro-units of
    ``currency``. ``billed``: what the BSP says it deducted for (its category, or billable), None where it said
    nothing; ``deducted``: whether it says that it charged; ``billed_differs``: that this is not what we reckoned
    (``rules.ledger.differs``); ``reckoned``: that, where the deduction corrected it (``rules.ledger.corrected``).
    ``campaign``: the tag of that name that the send had. ``delivered``: a delivery or a reading was told.
    ``conversation``: that in which it is (``rules.conversations``), on a card that has such. ``template``: the name of
    the template that went out. ``author``: who sent it, ``provider`` where that was around gate24. The
    others are as ``Basis`` has them, and None in entries of an earlier version, as those two are."""

    message_id: str
    at: int
    channel_id: str
    kind: LedgerKind
    state: LedgerState
    category: str | None = None
    whatsapp: int = 0
    gupshup: int = 0
    media: int = 0
    currency: str = "USD"
    unpriced: bool = False
    billed: str | None = None
    billed_differs: bool = False
    rate_card: str | None = None
    market: str | None = None
    campaign: str | None = None
    calling_code: str | None = None
    media_bytes: int | None = None
    is_size_unknown: bool = False
    in_window: bool = False
    entry_point_hours: int | None = None
    told: str | None = None
    delivered: bool = False
    conversation: str | None = None
    deducted: bool | None = None
    reckoned: str | None = None
    template: str | None = None
    author: Author | None = None
    stored: str | None = field(default=None, compare=False, repr=False)


DayStatus = Literal["provisional", "final", "restated"]

MESSAGE_COUNTS = ("inbound", "freeform", "template", "failed", "refused", "unknown")
"""Each message of a day counts under exactly one of these."""


def message_counts(known: Mapping[str, int] | None = None) -> dict[str, int]:
    """A count for each of ``MESSAGE_COUNTS``; 0 for those that are not known, as of an earlier version's day."""
    return dict.fromkeys(MESSAGE_COUNTS, 0) | dict(known or {})


@dataclass(frozen=True, slots=True)
class Sums:
    """Messages by ``MESSAGE_COUNTS`` and fees by ``FEES`` (micro-units) of a day or of some part of it."""

    messages: Mapping[str, int]
    fees: Mapping[str, int]

    @property
    def total(self) -> int:
        """Micro-units."""
        return sum(self.fees.values())


@dataclass(frozen=True, slots=True)
class CountedAmount:
    """Some messages, and what they cost (micro-units)."""

    count: int = 0
    micro: int = 0

    def __add__(self, other: CountedAmount) -> CountedAmount:
        return CountedAmount(self.count + other.count, self.micro + other.micro)


NOTHING = CountedAmount()


@dataclass(frozen=True, slots=True)
class MonthCount:
    """How many messages of a calendar month count in a tier of prices (``rules.settlement``): ``before`` a day, and
    ``after`` it. ``marks``: the messages of the day, each with its time (epoch ms) and suffix, after which another step
    of the tier holds, and which."""

    before: int = 0
    after: int = 0
    marks: tuple[tuple[int, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DayCosts:
    """What an organization's local day (``YYYY-MM-DD``) has cost. ``unpriced``: billed messages of which some fee
    is not known or is in another currency. ``unknown_amount``: what the sends whose outcome is not known would cost if
    they went out (micro-units), which is in no other sum. ``provider_billed``: messages of which the BSP said what it
    deducted for, ``provider_differences``: those where that is not what we reckoned. ``card_amounts``: by currency of a
    rate card other than ``currency`` what the messages cost in it (micro-units), which is in the sums converted by the
    rate of ``exchanges``. ``by_market``: of what counts, as far as it is known; ``by_campaign``: of what has such a
    tag, with the empty name for what has none of the first ``CAMPAIGNS_MOST`` of the day. ``undelivered``:
    what was sent and is charged in part when it is delivered, and that part, which is in no other sum. ``in_window``:
    templates that went out while the session window was open, and what they cost more than freeforms would have.
    ``unverified``: what counts by a price that nobody has read in a publication. ``counts``: by tier of prices how many
    messages of the month there are (``rules.settlement``). ``reached``: the persons to whom something went out
    (``rules.reached``), None where that is not known. ``by_template``, ``by_author``: of the templates, and of all that
    was sent, by ``Author.text``; ``NOT_KNOWN`` and ``OTHERS`` are names of their own. ``as_of``: when the reading of
    its ledger began (epoch ms), which is no part of what it says."""

    day: str
    timezone: str
    currency: str
    status: DayStatus
    sums: Sums
    by_channel: Mapping[str, Sums]
    by_category: Mapping[str, CountedAmount]
    unpriced: int = 0
    unknown_amount: int = 0
    provider_billed: int = 0
    provider_differences: int = 0
    card_amounts: Mapping[str, int] = field(default_factory=dict)
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    by_market: Mapping[str, CountedAmount] = field(default_factory=dict)
    by_campaign: Mapping[str, CountedAmount] = field(default_factory=dict)
    undelivered: CountedAmount = NOTHING
    in_window: CountedAmount = NOTHING
    unverified: int = 0
    counts: Mapping[str, MonthCount] = field(default_factory=dict)
    reached: str | None = None
    by_template: Mapping[str, CountedAmount] = field(default_factory=dict)
    by_author: Mapping[str, CountedAmount] = field(default_factory=dict)
    as_of: int | None = field(default=None, compare=False)


CAMPAIGNS_MOST = 200
"""Of a day, by name: a day is one item, and a tag may have any text."""

TEMPLATES_MOST = AUTHORS_MOST = 150
NAMES_BYTES = 20_000
"""Of a day, by name, for the same reason, and so many bytes of JSON of all names of either: an item has at most 400 KB,
of which campaigns in other letters than Latin may take 310."""

NOT_KNOWN = ""
"""The template or the author of entries of an earlier version, and of what was sent around gate24 the template."""

OTHERS = "#others"
"""All templates or authors of a day beyond the first ones; no name of a template and no ``Author.text`` is so."""


@dataclass(frozen=True, slots=True)
class MonthCosts:
    """What an organization's local month (``YYYY-MM``) has cost in a currency: the sums of its days. ``days``: how many
    of them there are so far."""

    month: str
    timezone: str
    currency: str
    status: DayStatus
    days: int
    sums: Sums
    by_channel: Mapping[str, Sums]
    by_category: Mapping[str, CountedAmount]
    by_market: Mapping[str, CountedAmount]
    by_campaign: Mapping[str, CountedAmount]
    unpriced: int
    unknown_amount: int
    provider_billed: int
    provider_differences: int
    card_amounts: Mapping[str, int]
    undelivered: CountedAmount
    in_window: CountedAmount
    unverified: int
    reached: str | None = None
    by_template: Mapping[str, CountedAmount] = field(default_factory=dict)
    by_author: Mapping[str, CountedAmount] = field(default_factory=dict)
    as_of: int | None = field(default=None, compare=False)
