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
    return replace(
        entry,
        **facts,
        currency=cost.currency,
        category=category,
        whatsapp=cost.of("whatsapp"),
        gupshup=cost.of("gupshup"),
        media=cost.of("media"),
        unpriced=cost.unpriced,
    )


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
    return replace(entry, state=_STATES.get(status, "counted"))


def with_delivery(entry: LedgerEntry, statuses: Collection[str]) -> LedgerEntry:
    """The entry by the statuses that were told, where it costs something only once it is delivered."""
    is_delivered = any(RANK.get(each, 0) >= RANK["delivered"] for each in statuses if each != "failed")
    return replace(entry, delivered=True) if is_delivered and is_settled_later(entry) else entry


def with_deduction(entry: LedgerEntry, deducted: Pricing) -> LedgerEntry:
    """The entry with what the BSP says it deducted for."""
    charged = entry.whatsapp if entry.state == "counted" else 0
    said = deducted.category or ("billable" if deducted.billable else "free")
    return replace(entry, billed=said, billed_differs=differs(charged, entry.category, deducted))


def differs(whatsapp: int, category: str | None, deducted: Pricing) -> bool:
    """Whether what the BSP deducted is not what we reckoned: a WhatsApp fee (micro-units) where it charged none or
    the other way round, or another category. What either side leaves unsaid is no difference."""
    charged = deducted.billable is not None and deducted.billable != (whatsapp > 0)
    return charged or (None not in (category, deducted.category) and category != deducted.category)
