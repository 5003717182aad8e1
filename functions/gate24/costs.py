"""What a message costs, and what a day's costs need to know of it. Money is integer micro-units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Cost:
    """What a message costs. ``unpriced``: some fee of it is not known, and is not in ``lines``."""

    currency: str
    lines: tuple[Line, ...]
    unpriced: bool = False

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
    nothing; ``billed_differs``: that this is not what we reckoned (``rules.ledger.differs``)."""

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
    deducted for, ``provider_differences``: those where that is not what we reckoned."""

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
