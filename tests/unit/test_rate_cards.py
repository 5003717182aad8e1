"""Every price list is there with its days and sources, and is found by what is written beside it."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from gate24.costs import LedgerKind
from gate24.rules import rate_cards
from gate24.rules.rate_cards import CATEGORIES, RateCard, Step, rate_card, rate_card_ids
from infra.admin.card_check import bundled, card_faults
from infra.admin.card_page import PAGE, with_tables
from tests.support.administration import Printed

MARKETING, UTILITY, AUTHENTICATION, SERVICE = "marketing", "utility", "authentication", "service"
INTERNATIONAL = "authentication_international"
POPCAST = "docs.popcast.ai, fees from 2023-06-01 less its 20 %"
CHATALOG = "chatalog.ai, fees until 2023-05-31 less its 20 %"
BRAZE = "Braze, decreases of 2024-08-01 in percent"
SDK = "adlanarifzr/whatsapp-sdk, src/pricing.json, commit 1b8c95c"
OCTOBER = "XploreByte, Meta's list of 2025-10-01"
JANUARY = "Intelli, Meta's list of 2026-01-01"
READERS = "independent readers of Meta's lists"
CSV = "Meta's USD list of 2026-10-01, secondary copy"
BSPS = "nextwebi.com and other Indian BSPs"

PRICES: list[tuple[str, str, str | None, int | None, str]] = [
    # card, market, category (None: a reply of 2022), micro-units, published by
    ("meta-2022-02-01", "India", None, 4_000, CHATALOG),
    ("meta-2022-02-01", "India", MARKETING, 6_600, CHATALOG),
    ("meta-2022-02-01", "Brazil", UTILITY, 50_000, CHATALOG),
    ("meta-2022-02-01", "Turkey", None, 3_000, CHATALOG),
    ("meta-2023-03-01", "India", None, 4_000, CHATALOG),
    ("meta-2023-03-01", "India", MARKETING, 6_600, CHATALOG),
    ("meta-2023-03-01", "Brazil", UTILITY, 50_000, CHATALOG),
    ("meta-2023-06-01", "India", MARKETING, 9_900, POPCAST),
    ("meta-2023-06-01", "India", SERVICE, 4_000, POPCAST),
    ("meta-2023-06-01", "France", UTILITY, 76_800, POPCAST),
    ("meta-2023-06-01", "Egypt", AUTHENTICATION, 61_800, POPCAST),
    ("meta-2023-06-01", "India", INTERNATIONAL, 28_000, "Alibaba Cloud, 2024-07-01"),
    ("meta-2023-06-01", "Indonesia", INTERNATIONAL, 136_000, "Alibaba Cloud, 2024-06-01"),
    ("meta-2024-08-01", "India", UTILITY, 1_400, "thenews-chronicle.com, 0.0042 to 0.0014"),
    ("meta-2024-08-01", "India", MARKETING, 9_900, "thenews-chronicle.com, until October"),
    ("meta-2024-08-01", "Brazil", UTILITY, 8_000, BRAZE),
    ("meta-2024-08-01", "Indonesia", UTILITY, 20_000, BRAZE),
    ("meta-2024-08-01", "Rest of Africa", UTILITY, 6_100, BRAZE),
    ("meta-2024-10-01", "India", MARKETING, 10_700, "Haptik, 2024"),
    ("meta-2024-10-01", "India", SERVICE, 4_000, "Haptik, 2024"),
    ("meta-2024-10-01", "United Kingdom", MARKETING, 52_900, "Braze: 25 % less than 0.0705"),
    ("meta-2024-11-01", "India", SERVICE, 0, "Braze, 2024-10-29"),
    ("meta-2024-11-01", "Saudi Arabia", MARKETING, 45_500, SDK),
    ("meta-2024-11-01", "Rest of Africa", UTILITY, 4_000, SDK),
    ("meta-2025-02-01", "India", MARKETING, 10_700, "Haptik, 2024, and nextwebi.com, 2025"),
    ("meta-2025-02-01", "Brazil", AUTHENTICATION, 31_500, SDK),
    ("meta-2025-02-01", "Egypt", UTILITY, 5_200, SDK),
    ("meta-2025-02-01", "Egypt", AUTHENTICATION, None, "Meta lowered it; to what was not found"),
    ("meta-2025-07-01", "India", UTILITY, 1_400, "allaboutbusinessmessaging.com, 2025"),
    ("meta-2025-07-01", "India", SERVICE, 0, "Meta, pricing page"),
    ("meta-2025-07-01", "Argentina", UTILITY, 28_900, "Braze: 10.04 % more than 0.0260"),
    ("meta-2025-07-01", "Mexico", MARKETING, 43_600, "Braze: 0.0305 is 30.08 % less"),
    ("meta-2025-07-01", "North America", AUTHENTICATION, None, "sources differ"),
    ("meta-2025-10-01", "India", MARKETING, 10_700, OCTOBER),
    ("meta-2025-10-01", "Colombia", UTILITY, 800, OCTOBER),
    ("meta-2025-10-01", "Egypt", INTERNATIONAL, 65_000, OCTOBER),
    ("meta-2026-01-01", "India", MARKETING, 11_800, JANUARY),
    ("meta-2026-01-01", "North America", UTILITY, 3_400, JANUARY),
    ("meta-2026-01-01", "France", MARKETING, 85_900, JANUARY),
    ("meta-2026-04-01", "India", INTERNATIONAL, 30_400, READERS),
    ("meta-2026-04-01", "Pakistan", UTILITY, 10_000, "Manychat, 0.0115 less its 15 %"),
    ("meta-2026-04-01", "Germany", MARKETING, 136_500, JANUARY),
    ("meta-2026-07-01", "United Kingdom", MARKETING, 63_500, READERS),
    ("meta-2026-07-01", "Poland", MARKETING, 36_600, "Manychat, 0.0421 less its 15 %"),
    ("meta-2026-07-01", "Mexico", MARKETING, 30_500, READERS),
    ("meta-2026-10-01", "India", SERVICE, 1_400, CSV),
    ("meta-2026-10-01", "Nepal", MARKETING, 73_200, CSV),
    ("meta-2026-10-01", "Pakistan", UTILITY, 15_000, CSV),
    ("meta-inr-2023-06-01", "India", MARKETING, 726_500, "not found"),
    ("meta-inr-2023-06-01", "India", INTERNATIONAL, 2_300_000, "Economic Times, 2024-07"),
    ("meta-inr-2023-06-01", "Brazil", MARKETING, None, "not found"),
    ("meta-inr-2024-08-01", "India", UTILITY, 115_000, BSPS),
    ("meta-inr-2024-08-01", "India", AUTHENTICATION, 115_000, BSPS),
    ("meta-inr-2024-08-01", "India", SERVICE, 290_600, "not found"),
    ("meta-inr-2024-10-01", "India", MARKETING, 784_600, BSPS),
    ("meta-inr-2024-10-01", "India", UTILITY, 115_000, BSPS),
    ("meta-inr-2024-10-01", "India", SERVICE, 290_600, "not found"),
    ("meta-inr-2024-11-01", "India", SERVICE, 0, "Braze, 2024-10-29"),
    ("meta-inr-2024-11-01", "India", MARKETING, 784_600, BSPS),
    ("meta-inr-2024-11-01", "France", MARKETING, None, "not found"),
    ("meta-inr-2025-07-01", "India", MARKETING, 784_600, BSPS),
    ("meta-inr-2025-07-01", "India", UTILITY, 115_000, BSPS),
    ("meta-inr-2025-07-01", "India", SERVICE, 0, "Meta, pricing page"),
    ("meta-inr-2025-10-01", "Argentina", MARKETING, 4_529_300, "XploreByte, Meta's INR list of 2025-10-01"),
    ("meta-inr-2025-10-01", "India", INTERNATIONAL, 2_300_000, "XploreByte, Meta's INR list of 2025-10-01"),
    ("meta-inr-2025-10-01", "Other", UTILITY, 564_100, "XploreByte, Meta's INR list of 2025-10-01"),
    ("meta-inr-2026-01-01", "India", MARKETING, 863_100, READERS),
    ("meta-inr-2026-01-01", "India", UTILITY, 115_000, READERS),
    ("meta-inr-2026-01-01", "France", MARKETING, None, "Meta lowered it; to what was not found"),
    ("meta-inr-2026-04-01", "India", INTERNATIONAL, 2_497_100, READERS),
    ("meta-inr-2026-04-01", "India", MARKETING, 863_100, READERS),
    ("meta-inr-2026-04-01", "Turkey", UTILITY, None, "Meta lowered it; to what was not found"),
    ("meta-inr-2026-07-01", "India", MARKETING, 863_100, READERS),
    ("meta-inr-2026-07-01", "Poland", MARKETING, None, "not found"),
    ("meta-inr-2026-07-01", "Spain", UTILITY, 1_464_800, "XploreByte, Meta's INR list of 2025-10-01"),
    ("meta-inr-2026-10-01", "India", SERVICE, 115_000, READERS),
    ("meta-inr-2026-10-01", "India", MARKETING, 863_100, READERS),
    ("meta-inr-2026-10-01", "Brazil", SERVICE, None, "not found"),
]


def kind_of(category: str | None) -> LedgerKind:
    return "freeform" if category in (None, SERVICE) else "template"


@pytest.mark.parametrize(("card", "market", "category", "micro", "published_by"), PRICES)
@pytest.mark.parametrize("provider", ["meta", "gupshup"])
def test_a_price_is_the_published_one_at_meta_and_by_gupshup(
    provider: str, card: str, market: str, category: str | None, micro: int | None, published_by: str
) -> None:
    if provider == "gupshup" and "inr" in card:
        return
    found = rate_card(card.replace("meta", provider))
    assert found.fee(kind_of(category), "whatsapp", market, category) == micro, published_by


def test_each_list_after_the_first_is_in_the_table_of_prices_three_times() -> None:
    named = [card for card, *_ in PRICES]
    for card in rate_card_ids():
        if card != "gupshup-2021-02":
            assert named.count(card.replace("gupshup", "meta")) >= 3, card


@pytest.mark.parametrize("card", [each for each in rate_card_ids() if each.startswith("gupshup")])
@pytest.mark.parametrize("kind", ["template", "freeform", "inbound"])
def test_gupshup_takes_a_tenth_of_a_cent_for_every_message_both_ways(card: str, kind: LedgerKind) -> None:
    assert rate_card(card).fee(kind, "gupshup", "India", None) == 1000
    assert rate_card(card).media.of(64 * 1024 + 1) == 1000


def test_gupshups_part_of_the_marketing_fee_begins_in_2026() -> None:
    with_markup = [each for each in rate_card_ids() if rate_card(each).markup]
    assert with_markup == [f"gupshup-2026-{day}" for day in ("01-01", "04-01", "07-01", "10-01")]
    assert all(rate_card(each).markup == {"marketing": 60_000} for each in with_markup)


@pytest.mark.parametrize(
    ("card", "market", "category", "verified"),
    [
        ("meta-2022-02-01", "India", MARKETING, False),
        ("meta-2023-06-01", "India", MARKETING, True),
        ("meta-inr-2023-06-01", "India", UTILITY, False),
        ("meta-inr-2024-08-01", "India", UTILITY, True),
        ("meta-2025-07-01", "Colombia", AUTHENTICATION, False),
        ("meta-2025-07-01", "Colombia", UTILITY, True),
        ("meta-2025-07-01", "North America", AUTHENTICATION, False),
        ("meta-2026-07-01", "Saudi Arabia", MARKETING, False),
        ("gupshup-2026-07-01", "Saudi Arabia", MARKETING, False),
        ("meta-2026-10-01", "Saudi Arabia", MARKETING, True),
    ],
)
def test_a_price_that_nobody_has_read_is_unverified_and_so_is_none(
    card: str, market: str, category: str, verified: bool
) -> None:
    assert rate_card(card).is_verified("template", "whatsapp", market, category) is verified


@pytest.mark.parametrize(
    ("phone", "markets"),
    [
        ("+263712345678", ["Other", "Rest of Africa", "Rest of Africa", "Rest of Africa"]),
        ("+48512345678", [*["Rest of Central & Eastern Europe"] * 2, "Poland", "Poland"]),
        ("+6581234567", [*["Rest of Asia Pacific"] * 2, "Singapore", "Singapore"]),
        ("+97431234567", [*["Rest of Middle East"] * 2, "Qatar", "Qatar"]),
        ("+9779812345678", [*["Rest of Asia Pacific"] * 3, "Nepal"]),
        ("+77012345678", [*["Other"] * 3, "Kazakhstan"]),
        ("+212612345678", [*["Rest of Africa"] * 3, "Morocco"]),
        ("+919876543210", ["India"] * 4),
        ("+18095550100", ["Rest of Latin America"] * 4),
        ("+14155550100", ["North America"] * 4),
    ],
)
@pytest.mark.parametrize("of", ["meta", "gupshup", "meta-inr"])
def test_a_number_is_of_the_market_of_its_day(of: str, phone: str, markets: list[str]) -> None:
    days = ("2025-07-01", "2025-10-01", "2026-07-01", "2026-10-01")
    assert [rate_card(f"{of}-{day}").market(phone) for day in days] == markets


@pytest.mark.parametrize("of", ["meta", "gupshup"])
def test_what_is_free_and_how_conversations_open_changes_with_the_lists(of: str) -> None:
    def told(day: str) -> tuple[str, str | None, list[str], list[tuple[str, frozenset[str | None]]]]:
        card = rate_card(f"{of}-{day}")
        opens = card.conversations.opens_by if card.conversations else None
        return card.model, opens, sorted(card.free_in_window), [(each.per, each.categories) for each in card.tiers]

    assert told("2022-02-01") == ("CBP", "any", [], [("organization", frozenset({None, *CATEGORIES}))])
    for day in ("2023-06-01", "2024-08-01", "2024-10-01"):
        assert told(day) == ("CBP", "category", [], [("organization", frozenset({"service"}))])
    for day in ("2024-11-01", "2025-02-01"):
        assert told(day) == ("CBP", "category", [], [])
    for day in ("2025-07-01", "2025-10-01", "2026-01-01", "2026-04-01", "2026-07-01"):
        assert told(day) == ("PMP", None, ["utility"], [])
    free, volume = rate_card(f"{of}-2026-10-01").tiers
    assert (free.market, free.per, free.steps) == ("*", "channel", (Step(0, 0), Step(1000, None)))
    assert free.categories == {"service"}
    assert volume.market == "Rest of Central & Eastern Europe"
    assert volume.steps == (Step(0, None), Step(100_000, 20_100), Step(80_000_000, 15_900))
    assert not rate_card(f"{of}-2026-10-01").free_in_window


def test_the_lists_of_a_provider_in_a_currency_follow_each_other_without_a_gap() -> None:
    by_list: dict[tuple[str, str], list[RateCard]] = {}
    for card_id in rate_card_ids():
        card = rate_card(card_id)
        by_list.setdefault((card.provider, card.currency), []).append(card)
    assert set(by_list) == {("meta", "USD"), ("meta", "INR"), ("gupshup", "USD")}
    for cards in by_list.values():
        cards.sort(key=lambda each: each.effective_from)
        assert cards[-1].effective_to is None
        for before, after in pairwise(cards):
            assert before.effective_to is not None
            assert date.fromisoformat(before.effective_to) + timedelta(1) == date.fromisoformat(after.effective_from)


def test_each_card_of_gate24_is_in_order() -> None:
    assert {card: card_faults(data) for card, data in bundled().items() if card_faults(data)} == {}


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the cards are, which is another folder with the same files."""
    for path in rate_cards.DIRECTORY.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    cached = (rate_cards.rate_card_ids, rate_cards.rate_card, rate_cards.card_data)
    monkeypatch.setattr(rate_cards, "DIRECTORY", tmp_path)
    for each in cached:
        each.cache_clear()
    yield tmp_path
    for each in cached:
        each.cache_clear()


def test_a_price_list_is_added_as_one_file(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = {
        "id": "meta-2027-01-01",
        "provider": "meta",
        "currency": "USD",
        "effective_from": "2027-01-01",
        "effective_to": None,
        "model": "PMP",
        "based_on": "meta-2026-10-01",
        "sources": {"list": {"name": "Meta's list", "date": "2026-12", "verified": True}},
        "fees": {"template": {"whatsapp": [{"market": "India", "source": "list", "marketing": "0.0120"}]}},
    }
    file = directory / "meta-2027-01-01.json"
    file.write_text(json.dumps(new), encoding="utf-8")
    checked = Printed(capsys, "rates", "check", str(file))
    assert (checked.status, checked.out) == (0, "meta-2027-01-01.json is in order: 204 figures, 1 unverified.\n")
    card = rate_card("meta-2027-01-01")
    assert card.fee("template", "whatsapp", "India", MARKETING) == 12_000
    assert card.fee("template", "whatsapp", "India", UTILITY) == 1_400
    assert card.market("+9779812345678") == "Nepal"
    assert [each.name for each in card.tiers] == ["free service messages", "volume of utility"]
    assert "meta-2027-01-01      2027-01-01" in Printed(capsys, "rates", "list").out


def test_the_commands_list_the_cards_and_show_the_source_of_each_price(capsys: pytest.CaptureFixture[str]) -> None:
    listed = Printed(capsys, "rates", "list", "--json").json["rate_cards"]
    assert [each["id"] for each in listed] == list(rate_card_ids())
    [card] = [each for each in listed if each["id"] == "gupshup-2026-04-01"]
    assert card == {
        "id": "gupshup-2026-04-01",
        "provider": "gupshup",
        "currency": "USD",
        "model": "PMP",
        "effective_from": "2026-04-01",
        "effective_to": "2026-06-30",
        "markets": 32,
        "free_in_window": ["utility"],
        "conversations": None,
        "entry_point_hours": 72,
        "figures": 113,
        "unverified": 6,
    }
    shown = Printed(capsys, "rates", "card", "gupshup-2026-04-01", "--json").json
    assert {name: shown[name] for name in card} == card
    assert {
        "of": "template whatsapp",
        "market": "India",
        "category": "authentication_international",
        "amount": "0.0304",
        "source": {
            "name": "Meta's change of India's authentication-international, 0.0280 to 0.0304, as quoted by independent "
            "readers of its page",
            "date": "2026-04",
            "verified": True,
        },
    } in shown["prices"]
    lines = Printed(capsys, "rates", "card", "meta-2022-02-01").out.splitlines()
    assert lines[:2] == [
        "meta-2022-02-01: USD, CBP, from 2022-02-01 until 2023-02-28",
        "conversations of 24 hours, opened by any",
    ]
    assert any(
        each.split() == ["template", "whatsapp", "India", "*", "0.0066", "1", "2023-05", "unverified"] for each in lines
    )
    assert any("0 from 0, list price from 1000 (per organization and month)" in each for each in lines)
    assert any(each.startswith("source 1: chatalog.ai's list") for each in lines)


def test_the_page_has_the_tables_of_the_cards() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page, "python -m infra.admin.card_page"
    assert all(f"| `{card}` |" in page for card in rate_card_ids())
