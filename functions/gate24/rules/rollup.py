"""One organization's day of costs: the fold of the ledger entries of its messages. Pure.

A message is billed once, by its id, whatever number of entries tell of it and in whatever order they come; so
the same entries always give the same day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gate24.costs import (
    FEES,
    MESSAGE_COUNTS,
    CategorySum,
    DayCosts,
    DayStatus,
    LedgerEntry,
    LedgerKind,
    LedgerState,
    Sums,
)

_PRECEDENCE: dict[LedgerState, int] = {"counted": 0, "refused": 1, "rejected": 2, "failed": 3}
"""Of two entries of one message the later stage holds: what ended as failed costs nothing."""

_UNCHARGED: dict[LedgerState, str] = {"failed": "failed", "rejected": "failed", "refused": "refused"}

_CATEGORY: dict[LedgerKind, str] = {"inbound": "inbound", "freeform": "service", "template": "unknown"}
"""The bucket of a message whose category is not known."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(slots=True)
class _Adding:
    """Messages and fees (micro-units) of some part of a day while they are added up."""

    messages: Counter[str] = field(default_factory=Counter)
    fees: Counter[str] = field(default_factory=Counter)

    def sums(self) -> Sums:
        return Sums({name: self.messages[name] for name in MESSAGE_COUNTS}, {fee: self.fees[fee] for fee in FEES})


def fold(entries: Iterable[LedgerEntry], day: date, timezone: str, currency: str) -> DayCosts:
    """The day's costs: each message in exactly one of ``MESSAGE_COUNTS``, those that cost nothing (failed, rejected
    by the BSP, refused by the gate) without fees and out of every kind's count. ``unpriced`` counts the billed
    messages of which some fee is not known or is in another currency."""
    messages: dict[str, LedgerEntry] = {}
    for entry in entries:
        known = messages.get(entry.message_id)
        messages[entry.message_id] = entry if known is None else max(known, entry, key=_precedence)

    whole = _Adding()
    by_channel: dict[str, _Adding] = {}
    by_category: dict[str, _Adding] = {}
    unpriced = billed = differences = 0
    for entry in messages.values():
        counted = entry.state == "counted"
        priced = entry.currency == currency
        parts = [whole, by_channel.setdefault(entry.channel_id, _Adding())]
        if counted:
            parts.append(by_category.setdefault(entry.category or _CATEGORY[entry.kind], _Adding()))
            unpriced += entry.unpriced or not priced
        for part in parts:
            part.messages[entry.kind if counted else _UNCHARGED[entry.state]] += 1
            if counted and priced:
                part.fees.update(whatsapp=entry.whatsapp, gupshup=entry.gupshup, media=entry.media)
        billed += entry.billed is not None
        differences += entry.billed_differs
    return DayCosts(
        day=day.isoformat(),
        timezone=timezone,
        currency=currency,
        status="provisional",
        sums=whole.sums(),
        by_channel={channel: part.sums() for channel, part in sorted(by_channel.items())},
        by_category={
            category: CategorySum(part.messages.total(), part.fees.total())
            for category, part in sorted(by_category.items())
        },
        unpriced=unpriced,
        provider_billed=billed,
        provider_differences=differences,
    )


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
    return stored.status if replace(computed, status=stored.status) == stored else "restated"


def _precedence(entry: LedgerEntry) -> tuple[int, bool, str]:
    return _PRECEDENCE[entry.state], entry.billed is not None, repr(astuple(entry))


def _midnight(day: date, timezone: str) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)) - _EPOCH) // _MILLISECOND
