"""Whether a rate card's file is in order: its form by ``rate_card.schema.json``, then what it means beside the others.

The Lambda functions read cards without asking (``gate24.rules.rate_cards``), so what is wrong has to be found before.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from gate24.costs import LedgerKind
from gate24.rules.organization_settings import currencies
from gate24.rules.rate_cards import ANY, Data, card_data, parse_card, rate_card_ids

SCHEMA = Path(__file__).with_name("rate_card.schema.json")
REFERENCES = ("based_on", "whatsapp_fees_of", "markets_of")
_OF_ITSELF = ("market", "source")
_NEEDED = ("market", "source", "name", "categories", "steps", "from")
"""Without these a row, tiers or a step says nothing."""

_SHOWN = 60
"""So many characters of a wrong value are repeated."""


def card_faults(data: Any, others: Mapping[str, Data] | None = None) -> list[str]:
    """All that is wrong with the card of a file, each with its place. ``others``: the cards beside which it is to hold,
    by id, without an earlier one of this id; those of gate24 unless they are given."""
    errors = list(_form().iter_errors(data))
    faults = [said for error in errors for said in _said(error)]
    card = _without(data, errors)
    if isinstance(card, dict):
        beside = bundled() if others is None else others
        cards = {**beside, card.get("id", ""): card}
        for check in _CHECKS:
            faults += check(card, cards)
    return faults


def bundled() -> dict[str, Data]:
    """What the files of gate24's own cards say, by id."""
    return {each: card_data(each) for each in rate_card_ids()}


@cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


@cache
def _form() -> Draft202012Validator:
    return Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


def _said(error: ValidationError) -> Iterator[str]:
    place = _place(error.absolute_path)
    if error.validator == "additionalProperties":
        yield from (f"{_place([*error.absolute_path, name])}: there is no such field." for name in _unknown(error))
    elif error.validator == "required":
        yield f"{place}: {error.message.split(chr(39))[1]} is missing."
    elif _is_of_a_name(error):
        yield f"{place}: {_short(error.instance)} cannot be a name here."
    else:
        yield f"{place} is {_short(error.instance)}, and should be {_wanted(error)}."


def _wanted(error: ValidationError) -> str:
    found: str = error.schema.get("description", "something else") if isinstance(error.schema, Mapping) else "nothing"
    return found


def _unknown(error: ValidationError) -> list[str]:
    assert isinstance(error.schema, Mapping)
    known: Mapping[str, Any] = error.schema["properties"]
    instance: Any = error.instance
    return sorted(each for each in instance if each not in known)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _place(path: Iterable[str | int]) -> str:
    """As ``fees.template.whatsapp[2].marketing``."""
    place = ""
    for step in path:
        place += f"[{step}]" if isinstance(step, int) else f".{step}" if place else step
    return place or "the card"


def _without(data: Any, errors: Iterable[ValidationError]) -> Any:
    """What is left without the parts that have not their form, so that the rest can be looked at; None where nothing
    is. What goes out of a list leaves None in its place."""
    left = deepcopy(data)
    for path in {path for error in errors for path in _wrong_parts(error)}:
        if not path:
            return None
        parent = left
        for step in path[:-1]:
            parent = parent[step] if isinstance(step, int) else (parent or {}).get(step)
        if isinstance(parent, list):
            parent[int(path[-1])] = None
        elif isinstance(parent, dict):
            parent.pop(path[-1], None)
    return left


def _wrong_parts(error: ValidationError) -> Iterator[tuple[str | int, ...]]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        yield from ((*path, name) for name in _unknown(error))
    elif _is_of_a_name(error):
        yield (*path, str(error.instance))
    elif path and path[-1] in _NEEDED and path[0] != "sources":
        yield path[:-1]
    elif path or error.validator != "required":
        yield path


def _is_of_a_name(error: ValidationError) -> bool:
    return "propertyNames" in error.absolute_schema_path


def _dates(card: Data, cards: Mapping[str, Data]) -> Iterator[str]:
    begin, end = card.get("effective_from"), card.get("effective_to")
    if begin and end and end < begin:
        yield f"effective_to: {end} is before effective_from, {begin}."


def _currency(card: Data, cards: Mapping[str, Data]) -> Iterator[str]:
    currency = card.get("currency")
    if currency is not None and currency not in currencies():
        yield f"currency: {currency} is no currency of ISO 4217, as USD and INR are."
    for name in ("based_on", "whatsapp_fees_of"):
        other = cards.get(card.get(name, ""), {})
        if currency and other.get("currency", currency) != currency:
            yield f"{name}: {card[name]} is in {other['currency']}, and this card in {currency}."


def _references(card: Data, cards: Mapping[str, Data]) -> Iterator[str]:
    for name in REFERENCES:
        if name in card and card[name] not in cards:
            yield f"{name}: there is no card {card[name]}."
        elif name in card and _comes_back(card, card[name], cards):
            yield f"{name}: {card[name]} goes by this card in turn."


def _comes_back(card: Data, to: str, cards: Mapping[str, Data]) -> bool:
    seen: set[str] = set()
    todo = [to]
    while todo:
        each = todo.pop()
        if each == card.get("id"):
            return True
        if each not in seen:
            seen.add(each)
            todo += [cards[each][name] for name in REFERENCES if each in cards and name in cards[each]]
    return False


def _sources(card: Data, cards: Mapping[str, Data]) -> Iterator[str]:
    named = [(place, row) for place, row in _rows(card)]
    named += [(name, card[name]) for name in ("markup", "media", "entry_point") if name in card]
    named += _all_tiers(card)
    for place, part in named:
        if part["source"] not in card.get("sources", {}):
            yield f"{place}.source: there is no source {part['source']}."


def _rows(card: Data) -> Iterator[tuple[str, Data]]:
    for kind, by_fee in card.get("fees", {}).items():
        for fee, rows in by_fee.items():
            yield from ((f"fees.{kind}.{fee}[{number}]", row) for number, row in enumerate(rows) if row)


def _all_tiers(card: Data) -> list[tuple[str, Data]]:
    return [(f"tiers[{number}]", each) for number, each in enumerate(card.get("tiers", ())) if each]


def _prices(card: Data, cards: Mapping[str, Data]) -> Iterator[str]:
    """A price said twice, or taken away where there is none."""
    said: Counter[tuple[str, str, str]] = Counter()
    base = _parsed(cards.get(card.get("based_on", "")), cards)
    for place, row in _rows(card):
        _, kind, fee = place.partition("[")[0].split(".")
        for category in (each for each in row if each not in _OF_ITSELF):
            key = (f"{kind}.{fee}", row["market"], category)
            said[key] += 1
            if said[key] == 2:
                yield f"{place}.{category}: this price of {row['market']} stands above already."
            before = base.fees.get(kind, {}).get(fee, {}) if base else {}
            of_market = before if row["market"] == ANY else before.get(row["market"], {})
            if row[category] is None and not (of_market if row["market"] == ANY else category in of_market):
                yield f"{place}.{category}: null takes a price of based_on away, and there is none."


def _markets(card: Data, cards: Mapping[str, Data]) -> Iterator[str]:
    first: dict[str, str] = {}
    for market, prefixes in card.get("markets", {}).items():
        for number, prefix in enumerate(prefixes):
            if prefix in first:
                yield f"markets.{market}[{number}]: {prefix or 'the rest'} is of {first[prefix]} already."
            elif prefix is not None:
                first[prefix] = market
    known = _taken(card, cards).get("markets")
    for place, part in [*_rows(card), *_all_tiers(card)]:
        if known is not None and part["market"] not in (ANY, *known):
            yield f"{place}.market: the card has no market {part['market']}."


def _tiers(card: Data, cards: Mapping[str, Data]) -> Iterator[str]:
    names = Counter(each["name"] for _, each in _all_tiers(card))
    yield from (f"tiers: there are two of the name {name}." for name, count in names.items() if count > 1)
    for place, each in _all_tiers(card):
        starts = [(number, step["from"]) for number, step in enumerate(each["steps"]) if step]
        if starts and starts[0][1] != 0:
            yield f"{place}.steps[0].from is {starts[0][1]}, and the first step begins at 0."
        for (_, before), (number, start) in pairwise(starts):
            if start <= before:
                yield f"{place}.steps[{number}].from is {start}, which is not above {before} before it."


def _whole(card: Data, cards: Mapping[str, Data]) -> Iterator[str]:
    """What the card lacks, with what it takes from others."""
    if any(card.get(name) and card[name] not in cards for name in REFERENCES):
        return
    settings = _taken(card, cards)
    for name in ("markets", "media"):
        if name not in settings:
            yield f"the card: {name} is missing, here and in the cards that it goes by."
    for kind in get_args(LedgerKind):
        for fee in ("whatsapp", "gupshup"):
            if (kind, fee) not in settings:
                yield f"fees.{kind}.{fee} is missing, here and in the cards that it goes by."
    model = card.get("model")
    if model == "CBP" and not settings.get("conversations"):
        yield "conversations is missing: a card of the model CBP says how they are opened."
    for name, of in _OF_MODELS.items():
        if model is not None and model not in of and card.get(name):
            yield f"{name}: only a card of the model {' or '.join(of)} has it."


_OF_MODELS = {"conversations": ("CBP",), "free_in_window": ("PMP",), "entry_point": ("CBP", "PMP")}


def _taken(card: Data, cards: Mapping[str, Data], seen: frozenset[str] = frozenset()) -> dict[Any, Any]:
    """The fields that the card has, itself or by others; of fees each kind and fee."""
    taken: dict[Any, Any] = {}
    for name in REFERENCES:
        other = card.get(name, "")
        if other in seen or other not in cards:
            continue
        found = _taken(cards[other], cards, seen | {other})
        if name == "whatsapp_fees_of":
            taken.pop("conversations", None)
            wanted = {"markets", "conversations", *((kind, "whatsapp") for kind in get_args(LedgerKind))}
            found = {key: value for key, value in found.items() if key in wanted}
        taken |= {"markets": found["markets"]} if name == "markets_of" and "markets" in found else found
    own = {(kind, fee): True for kind, by_fee in card.get("fees", {}).items() for fee in by_fee}
    return taken | {name: value for name, value in card.items() if name != "fees"} | own


def _holds_beside(card: Data, cards: Mapping[str, Data]) -> Iterator[str]:
    """Cards of a provider in a currency follow each other without a gap. One without an end holds until the next."""
    if any(card.get(name) is None for name in ("id", "provider", "currency", "effective_from")):
        return
    same = [each for each in cards.values() if _list_of(each) == _list_of(card)]
    ordered = sorted(same, key=lambda each: str(each["effective_from"]))
    for before, after in pairwise(ordered):
        if card not in (before, after):
            continue
        end, begin = before.get("effective_to"), after["effective_from"]
        place = "effective_from" if after is card else "effective_to"
        if begin == before["effective_from"]:
            other = before if after is card else after
            yield f"effective_from: {other['id']} holds from {begin} on, too."
        elif end and end >= begin:
            yield f"{place}: {before['id']} holds until {end}, and {after['id']} from {begin} on: they overlap."
        elif end and date.fromisoformat(end) + timedelta(days=1) < date.fromisoformat(begin):
            yield f"{place}: {before['id']} holds until {end}, and {after['id']} from {begin} on: none holds between."


def _list_of(card: Data) -> tuple[Any, Any]:
    return card.get("provider"), card.get("currency")


def _parsed(card: Data | None, cards: Mapping[str, Data]) -> Any:
    """The card with what it takes from others; None where that cannot be told for its other faults."""
    if card is None:
        return None
    try:
        return parse_card(card, lambda each: cards[each])
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


_CHECKS: tuple[Callable[[Data, Mapping[str, Data]], Iterator[str]], ...] = (
    _dates,
    _currency,
    _references,
    _sources,
    _markets,
    _prices,
    _tiers,
    _whole,
    _holds_beside,
)
