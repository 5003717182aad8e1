"""What the day's rollup needs to know of one message, as it stands beside the message. Pure.

A ``LedgerEntry`` as one compact JSON text without the message's id and time, which are in the item's key:
reading a day is parse-bound, and the text is all that the index projects.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from gate24.rules.pricing import Cost, Fee, Kind
from gate24.rules.rollup import LedgerEntry, State

_FEES: dict[Fee, str] = {"whatsapp": "w", "gupshup": "g", "media": "m"}
_FLAGS = {"unpriced": "p", "billed_differs": "d"}


def entry(
    message_id: str, at: int, channel_id: str, kind: Kind, state: State, cost: Cost | None, category: str | None = None
) -> LedgerEntry:
    """The entry of a message with this cost (None: it costs nothing, whatever becomes of it)."""
    return LedgerEntry(
        message_id,
        at,
        channel_id,
        kind,
        state,
        category,
        whatsapp=cost.of("whatsapp") if cost else 0,
        gupshup=cost.of("gupshup") if cost else 0,
        media=cost.of("media") if cost else 0,
        currency=cost.currency if cost else "USD",
        unpriced=bool(cost and cost.unpriced),
    )


def priced(entry: LedgerEntry, cost: Cost, category: str | None) -> LedgerEntry:
    """The entry with another cost."""
    return replace(
        entry,
        category=category,
        whatsapp=cost.of("whatsapp"),
        gupshup=cost.of("gupshup"),
        media=cost.of("media"),
        unpriced=cost.unpriced,
    )


def dump(entry: LedgerEntry) -> str:
    short: dict[str, Any] = {"c": entry.channel_id, "k": entry.kind, "s": entry.state, "u": entry.currency}
    short |= {short_name: getattr(entry, fee) for fee, short_name in _FEES.items() if getattr(entry, fee)}
    short |= {short_name: 1 for flag, short_name in _FLAGS.items() if getattr(entry, flag)}
    short |= {name: value for name, value in (("y", entry.category), ("b", entry.billed)) if value}
    return json.dumps(short, separators=(",", ":"))


def load(text: str, message_id: str, at: int) -> LedgerEntry:
    short = json.loads(text)
    return LedgerEntry(
        message_id,
        at,
        short["c"],
        short["k"],
        short["s"],
        short.get("y"),
        currency=short["u"],
        billed=short.get("b"),
        **{fee: short.get(short_name, 0) for fee, short_name in _FEES.items()},
        **{flag: short_name in short for flag, short_name in _FLAGS.items()},
    )
