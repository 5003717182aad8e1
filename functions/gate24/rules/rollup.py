"""One organization's day of costs: the fold of the ledger entries of its messages. Pure.

A message is billed once, by its id, whatever number of entries tell of it and in whatever order they come; so
the same entries always give the same rollup, byte for byte.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from gate24.events import Pricing
from gate24.rules.money import amount
from gate24.rules.pricing import FEES, Kind

State = Literal["counted", "failed", "rejected", "refused"]
Status = Literal["provisional", "final", "restated"]

MESSAGES = ("inbound", "freeform", "template", "failed", "refused")

_PRECEDENCE: dict[State, int] = {"counted": 0, "refused": 1, "rejected": 2, "failed": 3}
"""Of two entries of one message the later stage holds: what ended as failed costs nothing."""

_UNCHARGED: dict[State, str] = {"failed": "failed", "rejected": "failed", "refused": "refused"}

_CATEGORY: dict[Kind, str] = {"inbound": "inbound", "freeform": "service", "template": "unknown"}
"""The bucket of a message whose category nobody told."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What one message means for the costs. ``at``: epoch ms by the provider's clock. Fees are micro-units of
    ``currency``. ``billed``: what the BSP says it deducted for (its category, or billable), None where it said
    nothing; ``billed_differs``: that this is not what we reckoned (``billing_differs``)."""

    message_id: str
    at: int
    channel_id: str
    kind: Kind
    state: State
    category: str | None = None
    whatsapp: int = 0
    gupshup: int = 0
    media: int = 0
    currency: str = "USD"
    unpriced: bool = False
    billed: str | None = None
    billed_differs: bool = False


@dataclass(slots=True)
class Sums:
    """Messages and fees (micro-units) of some part of a day."""

    messages: Counter[str] = field(default_factory=Counter)
    fees: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Micro-units."""
        return self.fees.total()


@dataclass(slots=True)
class DayTotals:
    """A day folded up. ``unpriced``: billed messages of which some fee is not known or is in another currency."""

    day: Sums = field(default_factory=Sums)
    by_channel: dict[str, Sums] = field(default_factory=dict)
    by_category: dict[str, Sums] = field(default_factory=dict)
    unpriced: int = 0
    provider_billed: int = 0
    provider_differences: int = 0


def fold(entries: Iterable[LedgerEntry], currency: str) -> DayTotals:
    """The totals of a day's entries: each message in exactly one of ``MESSAGES``, those that cost nothing
    (failed, rejected by the BSP, refused by the gate) without fees and out of every kind's count."""
    messages: dict[str, LedgerEntry] = {}
    for entry in entries:
        known = messages.get(entry.message_id)
        messages[entry.message_id] = entry if known is None else max(known, entry, key=_precedence)

    totals = DayTotals()
    for entry in messages.values():
        counted = entry.state == "counted"
        priced = entry.currency == currency
        parts = [totals.day, totals.by_channel.setdefault(entry.channel_id, Sums())]
        if counted:
            category = entry.category or _CATEGORY[entry.kind]
            parts.append(totals.by_category.setdefault(category, Sums()))
            totals.unpriced += entry.unpriced or not priced
        for part in parts:
            part.messages[entry.kind if counted else _UNCHARGED[entry.state]] += 1
            if counted and priced:
                part.fees.update(whatsapp=entry.whatsapp, gupshup=entry.gupshup, media=entry.media)
        totals.provider_billed += entry.billed is not None
        totals.provider_differences += entry.billed_differs
    return totals


def billing_differs(whatsapp: int, category: str | None, billed: Pricing) -> bool:
    """Whether what the BSP deducted is not what we reckoned: a WhatsApp fee (micro-units) where it charged none or
    the other way round, or another category. What either side leaves unsaid is no difference."""
    charged = billed.billable is not None and billed.billable != (whatsapp > 0)
    return charged or (None not in (category, billed.category) and category != billed.category)


def local_day(at: int, timezone: str) -> date:
    """The day on which the instant (epoch ms) falls in an IANA time zone."""
    return (_EPOCH + at * _MILLISECOND).astimezone(ZoneInfo(timezone)).date()


def day_bounds(day: date, timezone: str) -> tuple[int, int]:
    """Epoch ms of the day's first instant and of the next day's: 23, 24 or 25 hours apart, as the zone has it.
    Where a clock change skips midnight, the day begins with the change."""
    return _midnight(day, timezone), _midnight(day + timedelta(days=1), timezone)


def status_of(previous: Mapping[str, Any] | None, now: Mapping[str, Any], day_end: int, now_ms: int) -> Status:
    """A rollup's status: provisional while its day runs, final when first reckoned after it, restated when it
    says something else than once was final. ``previous`` and ``now`` are as of ``rollup_json``, whatever their status;
    times are epoch ms."""
    if now_ms < day_end:
        return "provisional"
    if previous is None or previous["status"] == "provisional":
        return "final"
    same = all(previous.get(key) == value for key, value in now.items() if key != "status")
    kept: Status = previous["status"]
    return kept if same else "restated"


def rollup_json(day: date, timezone: str, currency: str, totals: DayTotals, status: Status) -> dict[str, Any]:
    """The rollup as the API shows it and the store keeps it; lists are sorted, so equal days are equal bytes."""
    return {
        "date": day.isoformat(),
        "timezone": timezone,
        "currency": currency,
        "status": status,
        "total": amount(totals.day.total),
        "messages": _messages(totals.day),
        "fees": _fees(totals.day),
        "by_channel": [
            {"channel": channel, "messages": _messages(sums), "fees": _fees(sums), "total": amount(sums.total)}
            for channel, sums in sorted(totals.by_channel.items())
        ],
        "by_category": [
            {"category": category, "count": sums.messages.total(), "total": amount(sums.total)}
            for category, sums in sorted(totals.by_category.items())
        ],
        "unpriced": totals.unpriced,
        "provider_billed": {"count": totals.provider_billed, "differences": totals.provider_differences},
    }


CSV_HEADER = (
    *("date", "timezone", "currency", "status", "total"),
    *(f"messages_{name}" for name in MESSAGES),
    *(f"fee_{fee}" for fee in FEES),
    *("unpriced", "provider_billed", "provider_differences"),
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(rollups: Iterable[Mapping[str, Any]]) -> str:
    """Daily rollups (as of ``rollup_json``) as CSV (RFC 4180) with a header row, one day a row. A cell that a
    spreadsheet would take for a formula is quoted with an apostrophe (OWASP, CSV injection)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_HEADER)
    for rollup in rollups:
        billed = rollup["provider_billed"]
        cells = (
            *(rollup[name] for name in ("date", "timezone", "currency", "status", "total")),
            *(rollup["messages"][name] for name in MESSAGES),
            *(rollup["fees"][fee] for fee in FEES),
            *(rollup["unpriced"], billed["count"], billed["differences"]),
        )
        writer.writerow([f"'{cell}" if str(cell).startswith(_FORMULA) else cell for cell in cells])
    return text.getvalue()


def _precedence(entry: LedgerEntry) -> tuple[int, bool, str]:
    return _PRECEDENCE[entry.state], entry.billed is not None, repr(astuple(entry))


def _midnight(day: date, timezone: str) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)) - _EPOCH) // _MILLISECOND


def _messages(sums: Sums) -> dict[str, int]:
    return {name: sums.messages[name] for name in MESSAGES}


def _fees(sums: Sums) -> dict[str, str]:
    return {fee: amount(sums.fees[fee]) for fee in FEES}
