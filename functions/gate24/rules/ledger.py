"""What a message means for its day's costs, from its sending to the BSP's bill. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace

from gate24.costs import Basis, Cost, LedgerEntry, LedgerKind, LedgerState
from gate24.events import Pricing
from gate24.rules.message_status import RANK, Status
from gate24.rules.settlement import is_settled_later


def new_entry(
    message_id: str,
    at: int,
    channel_id: str,
    kind: LedgerKind,
    state: LedgerState,
    cost: Cost | None,
    category: str | None = None,
    campaign: str | None = None,
) -> LedgerEntry:
    """The entry of a message with this cost (None: it costs nothing, whatever becomes of it)."""
    plain = LedgerEntry(message_id, at, channel_id, kind, state, category, campaign=campaign)
    return plain if cost is None else repriced(plain, cost, category)


def repriced(entry: LedgerEntry, cost: Cost, category: str | None) -> LedgerEntry:
    """The entry with another cost and category, in the cost's currency."""
    facts = {} if cost.basis is None else {each.name: getattr(cost.basis, each.name) for each in fields(Basis)}
    facts["market"] = facts.get("market") or entry.market
    priced = replace(
        entry,
        **facts,
        currency=cost.currency,
        category=category,
        whatsapp=cost.of("whatsapp"),
        gupshup=cost.of("gupshup"),
        media=cost.of("media"),
        unpriced=cost.unpriced,
    )
    return _compared(priced)


_STATES: dict[str, LedgerState] = {
    "failed": "failed",
    "rejected": "rejected",
    "refused": "refused",
    "unknown": "unknown",
}
"""By a message's status what it is for the costs; whatever else became of it, it counts."""


def by_status(entry: LedgerEntry, status: Status) -> LedgerEntry:
    """The entry by what became of the message: what failed costs nothing, and nobody knows what a send of unknown
    outcome costs. What was refused or rejected stays so."""
    if entry.state in ("refused", "rejected"):
        return entry
    return _compared(replace(entry, state=_STATES.get(status, "counted")))


def with_delivery(entry: LedgerEntry, statuses: Collection[str]) -> LedgerEntry:
    """The entry by the statuses that were told, where it costs something only once it is delivered."""
    is_delivered = any(RANK.get(each, 0) >= RANK["delivered"] for each in statuses if each != "failed")
    return replace(entry, delivered=True) if is_delivered and is_settled_later(entry) else entry


def corrected(entry: LedgerEntry, cost: Cost, category: str | None) -> LedgerEntry:
    """The entry with the cost and category that the BSP deducted for, and with what was reckoned before, which is
    compared with it. What a status tells of the price later holds instead: then ``reckoned`` is empty again."""
    before = entry.reckoned or f"{entry.category or ''}:{entry.whatsapp}"
    return repriced(replace(entry, reckoned=before), cost, category)


def as_reckoned(entry: LedgerEntry) -> LedgerEntry:
    """The entry with the category and WhatsApp fee that were reckoned before the BSP's deduction corrected them."""
    if entry.reckoned is None:
        return entry
    category, _, whatsapp = entry.reckoned.rpartition(":")
    return replace(entry, category=category or None, whatsapp=int(whatsapp), told=None, reckoned=None)


def with_deduction(entry: LedgerEntry, deducted: Pricing) -> LedgerEntry:
    """The entry with what the BSP says it deducted for."""
    said = deducted.category or ("free" if deducted.billable is False else "billable")
    return replace(entry, billed=said, deducted=deducted.billable, billed_differs=_is_other(entry, deducted))


def deduction(entry: LedgerEntry) -> Pricing:
    """What the BSP said that it deducted for. Where an entry does not keep whether it charged, as those of an earlier
    version do not, it follows from what was compared then, if it does."""
    category = None if entry.billed in ("billable", "free", None) else entry.billed
    if entry.deducted is not None:
        return Pricing(category=category, billable=entry.deducted)
    is_charged = _charged(entry) > 0
    if not entry.billed_differs:
        return Pricing(category=category, billable=is_charged)
    return Pricing(category=category, billable=not is_charged if category in (None, entry.category) else None)


def _charged(entry: LedgerEntry) -> int:
    return entry.whatsapp if entry.state == "counted" else 0


def _compared(entry: LedgerEntry) -> LedgerEntry:
    """The entry after a change, with whether it still is what the BSP deducted for."""
    if entry.billed is None or entry.deducted is None:
        return entry
    return replace(entry, billed_differs=_is_other(entry, deduction(entry)))


def _is_other(entry: LedgerEntry, deducted: Pricing) -> bool:
    before = as_reckoned(entry)
    return differs(_charged(before), before.category, deducted)


def differs(whatsapp: int, category: str | None, deducted: Pricing) -> bool:
    """Whether what the BSP deducted is not what we reckoned: a WhatsApp fee (micro-units) where it charged none or
    the other way round, or another category. What either side leaves unsaid is no difference."""
    charged = deducted.billable is not None and deducted.billable != (whatsapp > 0)
    return charged or (None not in (category, deducted.category) and category != deducted.category)
