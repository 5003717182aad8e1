"""The tables of docs/rate-cards.md, of the cards and their schema. ``python -m infra.admin.card_page`` writes them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gate24.costs import LedgerKind
from gate24.rules.rate_cards import ANY, RateCard, Source, rate_card, rate_card_ids
from infra.admin.card_check import bundled, schema
from infra.admin.rate_cards import figures

PAGE = Path(__file__).parents[2] / "docs" / "rate-cards.md"
_TABLE = re.compile(r"(<!-- table: (?P<name>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_LISTED = 8
"""So many prices are named one by one."""

_PRICED: tuple[tuple[LedgerKind, str], ...] = (
    ("template", "marketing"),
    ("template", "utility"),
    ("template", "authentication"),
    ("freeform", "service"),
)


def with_tables(page: str) -> str:
    """The page with its tables anew."""
    return _TABLE.sub(lambda found: f"{found[1]}\n{_TABLES[found['name']]()}\n\n{found[3]}", page)


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(columns)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(each)} |" for each in lines)


def _cards() -> list[RateCard]:
    return [rate_card(each) for each in rate_card_ids()]


def _list_of_cards() -> str:
    rows = []
    for card in _cards():
        found = list(figures(card))
        unverified = sum(not each.source.verified for each in found)
        until = card.effective_to or "the next list"
        markets = str(len(set(card.markets.values())) or "one price")
        days = (card.effective_from, until, card.currency, card.model)
        rows.append([f"`{card.id}`", *days, markets, str(len(found)), str(unverified or "")])
    return _table(("card", "from", "until", "currency", "model", "markets", "figures", "unverified"), rows)


def _sources() -> str:
    cards: defaultdict[Source, list[str]] = defaultdict(list)
    for card_id, data in bundled().items():
        for source in data["sources"].values():
            cards[Source(**source)].append(f"`{card_id}`")
    rows = [
        [each.name, each.date, "" if each.verified else "unverified", ", ".join(of)]
        for each, of in sorted(cards.items(), key=lambda item: (item[1][0], item[0].date))
    ]
    return _table(("source", "published or read", "", "named by the files of"), rows)


def _unverified() -> str:
    """Each once: in the first card that has it."""
    found: defaultdict[tuple[str, str, Source], list[str]] = defaultdict(list)
    seen = set()
    for card in sorted(_cards(), key=lambda each: (each.provider != "meta", each.effective_from)):
        for each in figures(card):
            if not each.source.verified and (each, card.currency) not in seen:
                seen.add((each, card.currency))
                said = f"{each.market} {each.category} {each.amount}".replace(ANY, "").strip()
                found[card.id, each.of, each.source].append(re.sub(" +", " ", said))
    rows = [
        [f"`{card}`", of, "; ".join(said) if len(said) <= _LISTED else f"{len(said)} markets", source.name]
        for (card, of, source), said in found.items()
    ]
    return _table(("from this card on", "of", "what", "why"), rows)


def _unpriced() -> str:
    rows = []
    for card in _cards():
        markets = sorted(set(card.markets.values()))
        without = {
            category: [each for each in markets if card.fee(kind, "whatsapp", each, category) is None]
            for kind, category in _PRICED
        }
        told = [f"{category}: {_named(of, markets)}" for category, of in without.items() if of]
        if card.provider == "meta" and told:
            rows.append([f"`{card.id}`", "; ".join(told)])
    return _table(("card", "without a price"), rows)


def _named(without: list[str], markets: list[str]) -> str:
    priced = [each for each in markets if each not in without]
    return f"all but {', '.join(priced)}" if len(priced) < len(without) and priced else ", ".join(without)


def _fields() -> str:
    row = schema()["$defs"]["row"]["properties"]
    rows = [*_fields_of("", schema()), *_fields_of("fees.KIND.FEE[]", {"properties": {"CATEGORY": row["*"], **row}})]
    return _table(("field", "what it is"), [each for each in rows if each[0] not in _SAME])


_SAME = {f"`fees.KIND.FEE[].{category}`" for category in (*schema()["$defs"]["category"]["enum"], ANY)}
"""The categories of a row, which are one to the reader."""


def _fields_of(place: str, part: Mapping[str, Any]) -> Iterator[list[str]]:
    for name, given in part.get("properties", {}).items():
        each = _resolved(given)
        path = f"{place}.{name}" if place else name
        needed = " Required." if name in part.get("required", ()) else ""
        yield [f"`{path}`", f"{each['description'][0].upper()}{each['description'][1:]}.{needed}"]
        if path in ("fees", "markup"):
            continue
        if each.get("type") == "array":
            yield from _fields_of(f"{path}[]", _resolved(each["items"]))
        elif isinstance(each.get("additionalProperties"), dict):
            yield from _fields_of(f"{path}.KEY", _resolved(each["additionalProperties"]))
        else:
            yield from _fields_of(path, each)


def _resolved(part: Mapping[str, Any]) -> dict[str, Any]:
    of = schema()["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else {}
    return {**of, **part}


_TABLES = {
    "cards": _list_of_cards,
    "sources": _sources,
    "unverified": _unverified,
    "unpriced": _unpriced,
    "fields": _fields,
}

if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
