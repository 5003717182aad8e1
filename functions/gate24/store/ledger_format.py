"""A ledger entry as it stands beside its message: one compact JSON text without the message's id and time, which are
in the item's key. Reading a day is parse-bound, and the text is all that the index projects."""

from __future__ import annotations

import json
from typing import Any

from gate24.authors import author_of_text
from gate24.costs import Fee, LedgerEntry
from gate24.rules.day_rows import RowKind

_FEES: dict[Fee, str] = {"whatsapp": "w", "gupshup": "g", "media": "m"}
_VALUES = {
    "category": "y",
    "billed": "b",
    "rate_card": "r",
    "market": "a",
    "campaign": "t",
    "calling_code": "o",
    "media_bytes": "z",
    "told": "h",
    "conversation": "n",
    "deducted": "f",
    "reckoned": "x",
    "entry_point_hours": "j",
    "template": "l",
}
_FLAGS = {"unpriced": "p", "billed_differs": "d", "is_size_unknown": "q", "in_window": "i", "delivered": "e"}
_AUTHOR = "v"
_KNOWN = {"c", "k", "s", "u", _AUTHOR, *_FEES.values(), *_VALUES.values(), *_FLAGS.values()}

_SUMMED = _KNOWN - {_VALUES[name] for name in ("media_bytes", "conversation", "deducted", "reckoned")} - {"q"}
"""What a day's sums are made of, where the message is in no conversation that costs as one."""

_KINDS_MOST = 10_000


def dump(entry: LedgerEntry) -> str:
    """The same entry gives the same text. What a later version noted of an entry that was read stays in it."""
    short: dict[str, Any] = {"c": entry.channel_id, "k": entry.kind, "s": entry.state, "u": entry.currency}
    short |= {short_name: getattr(entry, fee) for fee, short_name in _FEES.items() if getattr(entry, fee)}
    short |= {short_name: 1 for flag, short_name in _FLAGS.items() if getattr(entry, flag)}
    short |= {short_name: value for name, short_name in _VALUES.items() if (value := getattr(entry, name)) is not None}
    short |= {_AUTHOR: entry.author.text} if entry.author is not None else {}
    before = json.loads(entry.stored) if entry.stored else {}
    short |= {name: value for name, value in before.items() if name not in _KNOWN}
    return json.dumps(short, separators=(",", ":"), ensure_ascii=False)


def load(text: str, message_id: str, at: int) -> LedgerEntry:
    short = json.loads(text)
    more: dict[str, Any] = {name: short.get(short_name) for name, short_name in _VALUES.items()}
    more |= {fee: short.get(short_name, 0) for fee, short_name in _FEES.items()}
    more |= {flag: short_name in short for flag, short_name in _FLAGS.items()}
    more["author"] = author_of_text(short[_AUTHOR]) if _AUTHOR in short else None
    fixed = (message_id, at, short["c"], short["k"], short["s"])
    return LedgerEntry(*fixed, currency=short["u"], stored=text, **more)


class Kinds:
    """The kinds of rows by their texts, each text parsed once. It is forgotten when there are too many, as of a day
    with as many sizes of files: then texts of one kind may get two, which are added up apart."""

    def __init__(self) -> None:
        self._by_text: dict[str, RowKind] = {}
        self._by_facts: dict[tuple[tuple[str, Any], ...], RowKind] = {}

    def of(self, text: str) -> RowKind:
        """The kind of a row with this text."""
        return self._by_text.get(text) or self._read(text)

    def _read(self, text: str) -> RowKind:
        facts = tuple(each for each in json.loads(text).items() if each[0] in _SUMMED)
        kind = self._by_facts.get(facts)
        if kind is None:
            if len(self._by_facts) >= _KINDS_MOST:
                self._by_facts.clear()
            kind = self._by_facts[facts] = RowKind(load(json.dumps(dict(facts)), "", 0))
        if len(self._by_text) >= _KINDS_MOST:
            self._by_text.clear()
        self._by_text[text] = kind
        return kind
