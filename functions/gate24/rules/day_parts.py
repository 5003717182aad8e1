"""Under what a message counts in its day's costs, and what it costs there in the organization's currency. Pure.

The rollup, the day as it stands now and the list of a day's messages all go by it, so that they say the same.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping

from gate24.costs import NAMES_BYTES, NOT_KNOWN, OTHERS, Exchange, Fee, LedgerEntry, LedgerKind
from gate24.message_keys import short_hash
from gate24.rules.settlement import Settled

_CATEGORY: dict[LedgerKind, str] = {"inbound": "inbound", "freeform": "service", "template": "unknown"}
"""The bucket of a message whose category is not known."""


def category_of(entry: LedgerEntry) -> str:
    return entry.category or _CATEGORY[entry.kind]


def template_of(entry: LedgerEntry) -> str | None:
    """The template's name, or ``NOT_KNOWN``; None of what is no template."""
    return (entry.template or NOT_KNOWN) if entry.kind == "template" else None


def author_of(entry: LedgerEntry) -> str | None:
    """The ``text`` of who sent it, or ``NOT_KNOWN``; None of what came in."""
    if entry.kind == "inbound":
        return None
    return NOT_KNOWN if entry.author is None else entry.author.text


def under(name: str, known: Collection[str], most: int) -> str:
    """The name under which a template or an author counts beside the ``known`` ones of the day: ``OTHERS`` where that
    has no room for more."""
    return name if name in known or name == NOT_KNOWN or has_room({*known, name}, most) else OTHERS


def has_room(names: Iterable[str], most: int) -> bool:
    """Whether a day can have all these names of templates, or of authors."""
    apart = set(names) - {NOT_KNOWN, OTHERS}
    return len(apart) <= most and sum(len(json.dumps(name)) for name in apart) <= NAMES_BYTES


def is_full(names: Iterable[str], most: int) -> bool:
    """Whether a day with these names can have no other one, however short it is."""
    return len(set(names) - {NOT_KNOWN, OTHERS}) >= most


def own_fees(entry: LedgerEntry, settled: Settled) -> dict[Fee, int]:
    """By fee the micro-units of the rate card's currency."""
    return {"whatsapp": settled.whatsapp, "gupshup": settled.gupshup, "media": entry.media}


def stated_fees(own: Mapping[Fee, int], exchange: Exchange | None) -> dict[Fee, int]:
    """By fee the micro-units of the organization's currency: each of each message is rounded by itself."""
    return dict(own) if exchange is None else {fee: exchange.of(micro) for fee, micro in own.items()}


def is_priced(entry: LedgerEntry, currency: str, exchanges: Mapping[str, Exchange]) -> bool:
    """Whether its amounts can be said in the organization's currency."""
    return entry.currency == currency or entry.currency in exchanges


def author_id(text: str) -> str:
    """A short name for an author (its ``text``), so that no person's name stands in an address."""
    return short_hash("author", text)
