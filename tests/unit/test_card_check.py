"""The check of a rate card's file names everything that is wrong, each with its place."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gate24.rules.rate_cards import CATEGORIES, DIRECTORY, card_data, parse_card
from infra.admin.card_check import bundled, card_faults, schema
from tests.support.administration import Printed

Change = Callable[[dict[str, Any]], Any]
AMOUNT = 'should be an amount as text, from 0 on, with at most six decimals, as "0.0118"'
INDIA = "fees.template.whatsapp[11]"
OTHERS = {card: data for card, data in bundled().items() if card != "meta-2026-10-01"}


def card() -> dict[str, Any]:
    return deepcopy(dict(card_data("meta-2026-10-01")))


def rows(data: dict[str, Any]) -> Any:
    return data["fees"]["template"]["whatsapp"]


def set_in(*path: str | int, to: Any) -> Change:
    def change(data: dict[str, Any]) -> None:
        part: Any = data
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = to

    return change


def fee(to: Any) -> Change:
    return set_in("fees", "template", "whatsapp", 11, "marketing", to=to)


def tiers(*starts: Any) -> Change:
    return set_in("tiers", 0, "steps", to=[{"from": start} for start in starts])


FAULTS: list[tuple[str, Change, str]] = [
    ("a day that is none", set_in("effective_from", to="2026-02-30"), "effective_from is"),
    ("a day with its time", set_in("effective_to", to="2026-12-31T00:00"), "effective_to is"),
    ("an end before the beginning", set_in("effective_to", to="2026-09-30"), "effective_to: 2026-09-30 is before"),
    ("a day of another list", set_in("effective_from", to="2026-09-30"), "effective_from: meta-2026-07-01 holds until"),
    ("a day without a list", set_in("effective_from", to="2026-10-02"), "on: none holds between."),
    ("an entry point of no hour", set_in("entry_point", "hours", to=0), "entry_point.hours is 0"),
    ("an entry point above all", set_in("entry_point", "hours", to=169), "hours from the answer on, at most 168"),
    ("an entry point from nowhere", set_in("entry_point", "source", to="no"), "entry_point.source: there is no source"),
    ("an entry point of 2021", set_in("model", to="NBP"), "entry_point: only a card of the model CBP or PMP has it."),
    (
        "the day of another list",
        set_in("effective_from", to="2026-07-01"),
        "meta-2026-07-01 holds from 2026-07-01 on, too",
    ),
    ("a negative fee", fee("-0.01"), f'{INDIA}.marketing is "-0.01", and {AMOUNT}'),
    ("a seventh decimal", fee("0.0000001"), f'{INDIA}.marketing is "0.0000001", and {AMOUNT}'),
    ("a number as a fee", fee(0.0118), f"{INDIA}.marketing is 0.0118, and {AMOUNT}"),
    ("a word as a fee", fee("free"), f'{INDIA}.marketing is "free", and {AMOUNT}'),
    ("a comma in a fee", fee("0,01"), f'{INDIA}.marketing is "0,01", and {AMOUNT}'),
    ("an exponent in a fee", fee("1e-3"), f'{INDIA}.marketing is "1e-3", and {AMOUNT}'),
    ("null without a card before", fee(None), f"{INDIA}.marketing: null takes a price of based_on away"),
    (
        "an unknown market",
        lambda data: rows(data)[11].update(market="Goa"),
        f"{INDIA}.market: the card has no market Goa.",
    ),
    (
        "an unknown market of tiers",
        set_in("tiers", 0, "market", to="Goa"),
        "tiers[0].market: the card has no market Goa.",
    ),
    ("an unknown category", lambda data: rows(data)[11].update(promo="1"), f"{INDIA}.promo: there is no such field."),
    ("an unknown category of tiers", set_in("tiers", 0, "categories", to=["promo"]), "tiers[0].categories[0] is"),
    ("an unknown field", lambda data: data.update(vat="0.18"), "vat: there is no such field."),
    ("an unknown kind", lambda data: data["fees"].update(call={}), "fees.call: there is no such field."),
    (
        "an unknown fee",
        lambda data: data["fees"]["template"].update(bsp=[]),
        "fees.template.bsp: there is no such field.",
    ),
    ("a row without a source", lambda data: rows(data)[11].pop("source"), f"{INDIA}: source is missing."),
    ("an unknown source", lambda data: rows(data)[11].update(source="x"), f"{INDIA}.source: there is no source x."),
    ("an unknown source of files", set_in("media", "source", to="x"), "media.source: there is no source x."),
    ("an unknown source of tiers", set_in("tiers", 1, "source", to="x"), "tiers[1].source: there is no source x."),
    ("a source without a date", lambda data: data["sources"]["list"].pop("date"), "sources.list: date is missing."),
    ("a source of a strange month", set_in("sources", "list", "date", to="2026-13"), 'sources.list.date is "2026-13"'),
    ("a source that may be verified", set_in("sources", "list", "verified", to="yes"), "sources.list.verified is"),
    (
        "a row without a price",
        lambda data: rows(data).append({"market": "India", "source": "list"}),
        "whatsapp[56] is {",
    ),
    ("a price twice", lambda data: rows(data).append(rows(data)[11]), "this price of India stands above already."),
    ("a currency of no country", set_in("currency", to="ABC"), "currency: ABC is no currency of ISO 4217"),
    ("a currency in small letters", set_in("currency", to="usd"), 'currency is "usd"'),
    ("a model of another age", set_in("model", to="XYZ"), 'model is "XYZ"'),
    ("another provider", set_in("provider", to="twilio"), 'provider is "twilio"'),
    ("tiers that do not begin at 0", tiers(1, 5), "tiers[0].steps[0].from is 1, and the first step begins at 0."),
    ("tiers that do not ascend", tiers(0, 5, 5), "tiers[0].steps[2].from is 5, which is not above 5 before it."),
    ("tiers from half a message on", tiers(0, 0.5), "tiers[0].steps[1].from is 0.5"),
    ("tiers without a step", tiers(), "tiers[0].steps is []"),
    ("tiers of one name", set_in("tiers", 1, "name", to="free service messages"), "tiers: there are two of the name"),
    ("tiers of everybody", set_in("tiers", 0, "per", to="country"), 'tiers[0].per is "country"'),
    (
        "a calling code twice",
        lambda data: data["markets"]["Other"].append("91"),
        "markets.Other[21]: 91 is of India already.",
    ),
    ("a calling code with a plus", lambda data: data["markets"]["India"].append("+91"), 'markets.India[1] is "+91"'),
    ("the rest twice", lambda data: data["markets"]["Peru"].append(""), "the rest is of Peru already."),
    ("a market that is any", set_in("markets", "*", to=["999"]), 'markets: "*" cannot be a name here.'),
    ("fees of no card", set_in("whatsapp_fees_of", to="meta-1999"), "whatsapp_fees_of: there is no card meta-1999."),
    ("fees of itself", set_in("whatsapp_fees_of", to="meta-2026-10-01"), "meta-2026-10-01 goes by this card in turn."),
    (
        "fees in a circle",
        set_in("whatsapp_fees_of", to="gupshup-2026-10-01"),
        "gupshup-2026-10-01 goes by this card in turn.",
    ),
    (
        "fees in another currency",
        set_in("based_on", to="meta-inr-2026-07-01"),
        "based_on: meta-inr-2026-07-01 is in INR",
    ),
    ("markets of no card", set_in("markets_of", to="x"), "markets_of: there is no card x."),
    ("no fees of what comes in", lambda data: data["fees"].pop("inbound"), "fees.inbound.whatsapp is missing"),
    ("no markets", lambda data: data.pop("markets"), "the card: markets is missing, here and in the cards"),
    ("no model", lambda data: data.pop("model"), "the card: model is missing."),
    (
        "conversations without their model",
        set_in("conversations", to={"hours": 24, "opens_by": "any"}),
        "of the model CBP has",
    ),
    (
        "their model without conversations",
        set_in("model", to="CBP"),
        "conversations is missing: a card of the model CBP",
    ),
    ("a steps' size of nothing", set_in("media", "step_bytes", to=0), "media.step_bytes is 0"),
]


@pytest.mark.parametrize(("change", "said"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_fault_is_named_with_its_place(change: Change, said: str) -> None:
    data = card()
    assert card_faults(data, OTHERS) == []
    change(data)
    assert any(said in each for each in card_faults(data, OTHERS)), card_faults(data, OTHERS)


def test_all_faults_are_named_at_once() -> None:
    data = card()
    for change in (
        fee("-1"),
        tiers(3),
        set_in("currency", to="ABC"),
        set_in("sources", "B b", to={}),
        set_in("x", to=1),
    ):
        change(data)
    rows(data)[12]["market"] = "Goa"
    assert card_faults(data, OTHERS) == [
        "x: there is no such field.",
        'sources: "B b" cannot be a name here.',
        "sources.B b: name is missing.",
        "sources.B b: date is missing.",
        "sources.B b: verified is missing.",
        f'{INDIA}.marketing is "-1", and {AMOUNT}; or null where a price of based_on holds no more and '
        "the new one is not known.",
        "currency: ABC is no currency of ISO 4217, as USD and INR are.",
        "fees.template.whatsapp[12].market: the card has no market Goa.",
        "tiers[0].steps[0].from is 3, and the first step begins at 0.",
    ]


def test_the_schema_is_one_and_has_the_categories_of_prices() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$defs"]["category"]["enum"] == list(CATEGORIES)
    for part in ("row", "amounts"):
        assert set(CATEGORIES) <= set(schema()["$defs"][part]["properties"])


def test_an_end_that_was_forgotten_is_a_gap_and_a_list_without_an_end_is_none() -> None:
    data = dict(card_data("meta-2026-07-01"))
    others = {name: each for name, each in bundled().items() if name != "meta-2026-07-01"}
    assert card_faults(data | {"effective_to": None}, others) == []
    assert card_faults(data | {"effective_to": "2026-08-31"}, others) == [
        "effective_to: meta-2026-07-01 holds until 2026-08-31, and meta-2026-10-01 from 2026-10-01 on: "
        "none holds between."
    ]
    assert card_faults(data | {"effective_to": "2026-10-01"}, others) == [
        "effective_to: meta-2026-07-01 holds until 2026-10-01, and meta-2026-10-01 from 2026-10-01 on: they overlap."
    ]


@pytest.mark.parametrize("data", [None, [], "", 0, {}, {"id": None}, {"fees": {"template": []}}, {"sources": [1]}])
def test_what_is_no_card_has_faults(data: Any) -> None:
    assert card_faults(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def places(part: Any, *path: str | int) -> list[tuple[str | int, ...]]:
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    return [path, *(place for step, each in inner for place in places(each, *path, step))]


SMALL = sorted(card for card in bundled() if len(json.dumps(bundled()[card])) < 3000)


@given(st.data(), st.sampled_from(SMALL), JSON)
def test_whatever_stands_anywhere_is_either_a_fault_or_a_card_that_can_be_read(
    data: st.DataObject, name: str, value: Any
) -> None:
    changed = deepcopy(dict(card_data(name)))
    path = data.draw(st.sampled_from([place for place in places(changed) if place]))
    set_in(*path, to=value)(changed)
    others = {card: each for card, each in bundled().items() if card != name}
    if not card_faults(changed, others):
        parse_card(changed, lambda each: others[each])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "new.json is no JSON: Expecting value"),
        (b"rates", "new.json is no JSON: Expecting value"),
        (b"\xff\xfe{}", "new.json is no JSON: "),
        (b'{"id": 1, "id": 2}', "new.json is no JSON: 'id' stands twice in an object."),
        (b'{"id": NaN}', "new.json is no JSON: NaN is no number of JSON."),
        (b"[" * 200_000, "new.json is no JSON: "),
        (b"[]", "the card is [], and should be a rate card"),
        (b"{}", "the card: sources is missing."),
    ],
    ids=["empty", "text", "utf-16", "twice", "NaN", "deep", "a list", "an object"],
)
def test_a_file_that_is_no_card_is_refused(
    content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new.json").write_bytes(content)
    refused = Printed(capsys, "rates", "check", str(tmp_path / "new.json"))
    assert refused.status == 2
    assert said in refused.err


def test_a_file_of_100_mb_is_refused_unread(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (tmp_path / "new.json").open("wb") as file:
        file.truncate(100_000_000)
    refused = Printed(capsys, "rates", "check", str(tmp_path / "new.json"))
    assert (refused.status, refused.err) == (2, "gate24: new.json is larger than 1 MB, and no rate card is.\n")


def test_the_file_is_named_as_the_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new.json").write_bytes((DIRECTORY / "meta-2026-10-01.json").read_bytes())
    refused = Printed(capsys, "rates", "check", str(tmp_path / "new.json"))
    assert (refused.status, refused.err.splitlines()[1:]) == (
        2,
        ["  id: the file of the card meta-2026-10-01 is named meta-2026-10-01.json."],
    )
