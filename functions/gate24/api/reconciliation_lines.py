"""How the comparison of a provider's bill with the ledger looks: in JSON, and as lines of CSV (RFC 4180)."""

from __future__ import annotations

from typing import Any

from gate24.api.costs_csv import safe_cell
from gate24.api.render import rfc3339, without_none
from gate24.rules.money import amount
from gate24.rules.reconciliation import REASONS, VERDICTS, Cell, Line, Side, Tally

HEADER = (
    *("class", "reason", "date", "at", "message_id", "provider_id", "channel", "kind"),
    *("ours_category", "ours_charged", "ours_amount", "currency", "ours_card_amount", "ours_card_currency"),
    *("theirs_category", "theirs_charged", "theirs_amount"),
)
EVENTS_HEADER = (*HEADER, "reckoned_category", "reckoned_charged")
"""Of a comparison with billing events, which may have corrected what was reckoned before."""
BILL_HEADER = (*HEADER, "market", "ours_count", "theirs_count", "line")
"""Of a comparison with a bill: ``line`` is that of its file."""


def line_json(line: Line, currency: str) -> dict[str, Any]:
    return {
        "class": line.verdict,
        "reason": None if line.reason is None else reason_json(line.reason),
        "date": line.day,
        "at": None if line.at is None else rfc3339(line.at),
        "message_id": line.message_id,
        "provider_id": line.provider_id,
        "channel": line.channel_id,
        "kind": line.kind,
        "ours": None if line.ours is None else _side_json(line.ours, currency),
        "theirs": None if line.theirs is None else _side_json(line.theirs, currency),
        **without_none({"reckoned": _reckoned_json(line.reckoned)}),
    }


def _reckoned_json(side: Side | None) -> dict[str, Any] | None:
    return None if side is None else {"category": side.category, "charged": side.charged}


def reason_json(code: str) -> dict[str, str]:
    return {"code": code, "text": REASONS[code]}


def _side_json(side: Side, currency: str) -> dict[str, Any]:
    """What could not be stated in the currency is in the rate card's own."""
    micro, shown_in, card = side.micro, currency, side.card
    if micro is None and card is not None:
        (micro, shown_in), card = card, None
    own = None if card is None else {"amount": amount(card[0]), "currency": card[1]}
    return {
        "category": side.category,
        "charged": side.charged,
        "amount": None if micro is None else amount(micro),
        "currency": shown_in,
        **without_none({"card": own}),
    }


def tally_json(tally: Tally) -> dict[str, Any]:
    """The counts and amounts of the billing events' comparison, which tell no amounts of the provider."""
    total = tally.total
    return {
        "classes": [{"class": each, **_counts_json(tally.of_class(each))} for each in VERDICTS],
        "reasons": [
            {"class": verdict, **reason_json(code), **_counts_json(cell)} for verdict, code, cell in tally.by_reason
        ],
        "ours": {"count": total.ours, "amount": amount(total.ours_micro)},
        "theirs": {"count": total.theirs, "charged": total.charged, "free": total.free},
        "unconverted": [{"amount": amount(micro), "currency": name} for name, micro in sorted(total.others.items())],
    }


def _counts_json(cell: Cell) -> dict[str, Any]:
    return {
        "count": cell.lines,
        "ours": {"count": cell.ours, "amount": amount(cell.ours_micro)},
        "theirs": {"count": cell.theirs, "charged": cell.charged, "free": cell.free},
    }


def cells(line: Line, currency: str) -> list[object]:
    """The line under ``HEADER``."""
    ours, theirs = line.ours or _NO_SIDE, line.theirs or _NO_SIDE
    card = ours.card or (None, None)
    row: list[object] = [
        *(line.verdict, line.reason, line.day, None if line.at is None else rfc3339(line.at)),
        *(line.message_id, line.provider_id, line.channel_id, line.kind),
        *(ours.category, _word(ours.charged), _money(ours.micro), currency, _money(card[0]), card[1]),
        *(theirs.category, _word(theirs.charged), _money(theirs.micro)),
    ]
    return [safe_cell("" if each is None else each) for each in row]


def events_cells(line: Line, currency: str) -> list[object]:
    """The line under ``EVENTS_HEADER``."""
    reckoned = line.reckoned or _NO_SIDE
    return [*cells(line, currency), reckoned.category or "", _word(reckoned.charged) or ""]


def bill_cells(line: Line, currency: str) -> list[object]:
    """The line under ``BILL_HEADER``."""
    counts = (line.ours.messages if line.ours else 0, line.theirs.messages if line.theirs else 0)
    return [*cells(line, currency), line.market or "", *counts, "" if line.row is None else line.row]


_NO_SIDE = Side(None, None)


def _word(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _money(micro: int | None) -> str | None:
    return None if micro is None else amount(micro)
