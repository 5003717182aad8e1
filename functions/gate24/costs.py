"""What a message costs, and what a day's costs need to know of it. Money is integer micro-units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

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
class Cost:
    """What a message costs. ``unpriced``: some fee of it is not known, and is not in ``lines``. ``card``, ``exchange``:
    where it was converted, the cost in the rate card's own currency, and by which rate. ``rate_card``: the id of the
    rate card by which it was reckoned, and ``market``: the recipient's (``pricing.market_of``), where they are known;
    they are no part of the amount."""

    currency: str
    lines: tuple[Line, ...]
    unpriced: bool = False
    card: Cost | None = None
    exchange: Exchange | None = None
    rate_card: str | None = field(default=None, compare=False)
    market: str | None = field(default=None, compare=False)

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
    (``rules.ledger.differs``). ``rate_card``: the id of
    the card by which it is priced; ``market``: the recipient's. Both are None in entries of an earlier version.
    ``campaign``: the tag of that name that the send had."""

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
    deducted: bool | None = None


class LedgerPosition(NamedTuple):
    """A place in a day's ledger, which is read shard by shard, each in the order of the entries' times (epoch ms)."""

    shard: int
    at: int

    @property
    def next(self) -> LedgerPosition:
        """Where to go on after everything of this moment."""
        return LedgerPosition(self.shard, self.at + 1)


LEDGER_START = LedgerPosition(0, 0)

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
class CategorySum:
    """How many messages of a category count, and what they cost (micro-units)."""

    count: int
    micro: int


@dataclass(frozen=True, slots=True)
class DayCosts:
    """What an organization's local day (``YYYY-MM-DD``) has cost. ``unpriced``: billed messages of which some fee
    is not known or is in another currency. ``unknown_amount``: what the sends whose outcome is not known would cost if
    they went out (micro-units), which is in no other sum. ``provider_billed``: messages of which the BSP said what it
    deducted for, ``provider_differences``: those where that is not what we reckoned. ``card_amounts``: by currency of a
    rate card other than ``currency`` what the messages cost in it (micro-units), which is in the sums converted by the
    rate of ``exchanges``. ``by_market``: of what counts, as far as it is known; ``by_campaign``: of what has such a
    tag, with the empty name for what has none of the first ``CAMPAIGNS_MOST`` of the day."""

    day: str
    timezone: str
    currency: str
    status: DayStatus
    sums: Sums
    by_channel: Mapping[str, Sums]
    by_category: Mapping[str, CategorySum]
    unpriced: int = 0
    unknown_amount: int = 0
    provider_billed: int = 0
    provider_differences: int = 0
    card_amounts: Mapping[str, int] = field(default_factory=dict)
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    by_market: Mapping[str, CategorySum] = field(default_factory=dict)
    by_campaign: Mapping[str, CategorySum] = field(default_factory=dict)


CAMPAIGNS_MOST = 200
"""Of a day, by name: a day is one item, and a tag may have any text."""


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
    by_category: Mapping[str, CategorySum]
    by_market: Mapping[str, CategorySum]
    by_campaign: Mapping[str, CategorySum]
    unpriced: int
    unknown_amount: int
    provider_billed: int
    provider_differences: int
    card_amounts: Mapping[str, int]
