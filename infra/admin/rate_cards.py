"""``./gate24 rates check``, ``list`` and ``card``: the rate cards, and a file that is to become one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from gate24.rules.money import amount
from gate24.rules.rate_cards import RateCard, Source, Tiers, parse_card, rate_card, rate_card_ids
from infra.admin.card_check import bundled, card_faults
from infra.admin.command import Asked, Command
from infra.admin.outcome import Result, WronglyAsked, table_lines

_MOST_BYTES = 1_000_000
"""Meta's list of 47 markets has 16 KB."""


class Figure(NamedTuple):
    """A figure of a card: a price of a kind of message, or of the fields ``tiers``, ``markup`` and ``media``."""

    of: str
    market: str
    category: str
    amount: str
    source: Source


@click.command("check", cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def check(asked: Asked, file: Path) -> Result:
    """Check the file of a rate card before it is put among the others.

    Says all that is wrong in it with its place, also beside the other cards: a gap between two lists, days that two
    lists have, a card that it goes by and that is none.
    """
    data = _read(file)
    beside = bundled()
    if isinstance(data, dict):
        beside.pop(str(data.get("id")), None)
    faults = card_faults(data, beside)
    if isinstance(data, dict) and data.get("id", file.stem) != file.stem:
        faults.append(f"id: the file of the card {data['id']} is named {data['id']}.json.")
    if faults:
        raise WronglyAsked("\n".join([f"{file.name} is not in order:", *(f"  {each}" for each in faults)]))
    answer = _told(parse_card(data, lambda each: beside[each]))
    return Result(answer, [f"{file.name} is in order: {answer['figures']} figures, {answer['unverified']} unverified."])


@click.command("list", cls=Command)
@click.pass_obj
def list_cards(asked: Asked) -> Result:
    """List the rate cards: the days on which they hold, what they charge, and how many figures are unverified."""
    cards = [_told(rate_card(each)) for each in rate_card_ids()]
    columns = ("id", "effective_from", "effective_to", "currency", "model", "figures", "unverified")
    rows = [["" if each[name] is None else str(each[name]) for name in columns] for each in cards]
    return Result({"rate_cards": cards}, table_lines(columns, rows))


@click.command("card", cls=Command)
@click.argument("card_id", metavar="ID")
@click.pass_obj
def show_card(asked: Asked, card_id: str) -> Result:
    """Show the prices of a rate card, each with its source and its date."""
    if card_id not in rate_card_ids():
        raise WronglyAsked(f"There is no rate card {card_id}. ./gate24 rates list lists them.")
    card = rate_card(card_id)
    found = list(figures(card))
    told = _told(card)
    named = list(dict.fromkeys(each.source for each in found))
    rows = [
        (
            each.of,
            each.market,
            each.category,
            each.amount,
            str(named.index(each.source) + 1),
            each.source.date,
            "" if each.source.verified else "unverified",
        )
        for each in found
    ]
    until = f"until {card.effective_to}" if card.effective_to else "until the next list"
    lines = [
        f"{card.id}: {card.currency}, {card.model}, from {card.effective_from} {until}",
        *([f"free in the session window: {', '.join(told['free_in_window'])}"] if card.free_in_window else []),
        *(
            [f"conversations of {card.conversations.hours} hours, opened by {card.conversations.opens_by}"]
            if card.conversations
            else []
        ),
        "",
        *table_lines(("of", "market", "category", card.currency, "source", "date", ""), rows),
        "",
        *(f"source {number}: {each.name}" for number, each in enumerate(named, start=1)),
    ]
    prices = [{**each._asdict(), "source": each.source._asdict()} for each in found]
    return Result({**told, "prices": prices}, lines)


commands = [check, list_cards, show_card]


def figures(card: RateCard) -> Iterator[Figure]:
    """All figures of a card."""
    for kind, by_fee in card.fees.items():
        for fee, by_market in by_fee.items():
            for market, prices in by_market.items():
                for category, price in prices.items():
                    yield Figure(f"{kind} {fee}", market, category, amount(price.fee), price.source)
    for tiers in card.tiers:
        if tiers.source:
            yield Figure(f"tiers: {tiers.name}", tiers.market, _categories(tiers), _steps(tiers), tiers.source)
    for category, part in card.markup.items():
        yield Figure("markup", "*", category, f"{amount(part)} of the fee", card.sources["markup"])
    if card.entry_point:
        yield Figure("entry point", "*", "*", f"free for {card.entry_point.hours} hours", card.entry_point.source)
    media = card.media
    if media.step_fee:
        steps = f"{amount(media.step_fee)} for each {media.step_bytes} bytes of a file above {media.free_bytes}"
        yield Figure("media", "*", "*", steps, card.sources["media"])


def _told(card: RateCard) -> dict[str, Any]:
    found = list(figures(card))
    return {
        "id": card.id,
        "provider": card.provider,
        "currency": card.currency,
        "model": card.model,
        "effective_from": card.effective_from,
        "effective_to": card.effective_to,
        "markets": len(set(card.markets.values())),
        "free_in_window": sorted(card.free_in_window),
        "conversations": card.conversations._asdict() if card.conversations else None,
        "entry_point_hours": card.entry_point.hours if card.entry_point else None,
        "figures": len(found),
        "unverified": sum(not each.source.verified for each in found),
    }


def _categories(tiers: Tiers) -> str:
    return "*" if None in tiers.categories else ", ".join(sorted(each for each in tiers.categories if each))


def _steps(tiers: Tiers) -> str:
    """As ``0 from 0, list price from 1000 (per channel and month)``."""
    steps = (f"{'list price' if each.fee is None else amount(each.fee)} from {each.start}" for each in tiers.steps)
    return f"{', '.join(steps)} (per {tiers.per} and month)"


def _read(file: Path) -> Any:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise WronglyAsked(f"{file.name} is larger than {_MOST_BYTES // 1_000_000} MB, and no rate card is.")
        return json.loads(file.read_bytes(), object_pairs_hook=_object, parse_constant=_no_number)
    except OSError as error:
        raise WronglyAsked(f"{file.name} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:  # json.JSONDecodeError, UnicodeDecodeError
        raise WronglyAsked(f"{file.name} is no JSON: {error}.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice!r} stands twice in an object")
    return dict(pairs)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
