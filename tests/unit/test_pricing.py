"""What a message costs, to the last digit."""

import json
from dataclasses import replace
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.api.render import cost_json
from gate24.costs import Cost, LedgerKind
from gate24.events import Pricing
from gate24.rules.pricing import media_too_large, price
from gate24.rules.rate_cards import DIRECTORY, RateCard, calling_codes, rate_card

KB = 1024
MB = 1024 * KB
INDIA = "+919876543210"

GUPSHUP = rate_card("gupshup-2021-02")
META = rate_card("meta-2026-10-01")
MEDIA_TIERS = [
    (0, 0),
    (64 * KB, 0),
    (64 * KB + 1, 1000),
    (5 * MB, 1000),
    *((boundary, fee) for step in range(1, 20) for boundary, fee in (
        (step * 5 * MB, step * 1000),
        (step * 5 * MB + 1, (step + 1) * 1000),
    )),
    (100 * MB, 20_000),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "whatsapp", "gupshup", "text"),
    [("template", 4200, 1000, "0.0052"), ("freeform", 0, 1000, "0.0010"), ("inbound", 0, 1000, "0.0010")],
)
def test_a_message_without_a_file_costs_the_fees_of_its_kind(
    kind: LedgerKind, whatsapp: int, gupshup: int, text: str
) -> None:
    cost = price(GUPSHUP, kind, INDIA)
    assert (cost.of("whatsapp"), cost.of("gupshup"), cost.of("media")) == (whatsapp, gupshup, 0)
    assert cost_json(cost, estimate=False)["amount"] == text


@pytest.mark.parametrize("kind", ["template", "freeform"])
@pytest.mark.parametrize(("size", "fee"), MEDIA_TIERS)
def test_an_outgoing_file_is_charged_by_started_five_megabytes_above_64_kb(
    kind: LedgerKind, size: int, fee: int
) -> None:
    cost = price(GUPSHUP, kind, INDIA, media_bytes=size, has_media=True)
    assert cost.of("media") == fee
    assert cost.total == price(GUPSHUP, kind, INDIA).total + fee
    assert not cost.unpriced


@given(st.integers(min_value=0, max_value=10 * 100 * MB))
def test_an_incoming_file_of_any_size_costs_no_media_fee(size: int) -> None:
    assert price(GUPSHUP, "inbound", INDIA, media_bytes=size, has_media=True).total == 1000


@pytest.mark.parametrize("card", [GUPSHUP, META], ids=lambda card: card.id)
def test_a_file_above_100_mb_is_too_large(card: RateCard) -> None:
    assert not media_too_large(card, 100 * MB)
    assert media_too_large(card, 100 * MB + 1)


def test_a_file_of_unknown_size_leaves_the_cost_unpriced_and_an_estimate() -> None:
    cost = price(GUPSHUP, "freeform", INDIA, media_bytes=None, has_media=True)
    assert cost.unpriced
    assert cost_json(cost, estimate=False) == {
        "amount": "0.0010",
        "currency": "USD",
        "lines": [{"fee": "gupshup", "amount": "0.0010"}],
        "estimate": True,
    }


def test_an_unknown_size_does_not_matter_where_files_cost_nothing() -> None:
    assert not price(META, "freeform", INDIA, has_media=True).unpriced


def test_only_lines_with_an_amount_are_shown() -> None:
    assert cost_json(price(GUPSHUP, "template", INDIA, media_bytes=5 * MB + 1), estimate=True)["lines"] == [
        {"fee": "whatsapp", "amount": "0.0042"},
        {"fee": "gupshup", "amount": "0.0010"},
        {"fee": "media", "amount": "0.0020"},
    ]
    assert cost_json(Cost("USD", ()), estimate=False) == {
        "amount": "0",
        "currency": "USD",
        "lines": [],
        "estimate": False,
    }


@pytest.mark.parametrize(
    ("category", "text"), [("marketing", "0.0118"), ("utility", "0.0014"), ("authentication", "0.0014")]
)
def test_a_template_on_metas_card_costs_by_market_and_category(category: str, text: str) -> None:
    assert cost_json(price(META, "template", INDIA, category), estimate=True)["amount"] == text


def test_a_service_message_is_estimated_at_list_price_and_an_incoming_one_is_free_on_metas_card() -> None:
    assert price(META, "freeform", INDIA).total == 1400
    assert price(META, "inbound", INDIA).total == 0


@pytest.mark.parametrize(
    ("phone", "market"),
    [
        ("+919876543210", "India"),
        ("+9779812345678", "Nepal"),
        ("+13125550100", "North America"),
        ("+18095550100", "Rest of Latin America"),
        ("+16585550100", "Rest of Latin America"),
        ("+19395550100", "Rest of Latin America"),
        ("+12425550100", "Other"),
        ("+77012345678", "Kazakhstan"),
        ("+76012345678", "Kazakhstan"),
        ("+79012345678", "Russia"),
        ("+821012345678", "Other"),
        ("+254712345678", "Rest of Africa"),
        ("+442071838750", "United Kingdom"),
    ],
)
def test_the_longest_calling_code_names_the_market(phone: str, market: str) -> None:
    assert META.market(phone) == market


@pytest.mark.parametrize(
    ("country", "market"),
    [
        # Meta, pricing page (2026-05): the list has ISO 3166 codes for people who are known by user id alone.
        ("IN", "India"),
        ("NP", "Nepal"),
        ("US", "North America"),
        ("CA", "North America"),
        ("DO", "Rest of Latin America"),
        ("PR", "Rest of Latin America"),
        ("BS", "Other"),
        ("KZ", "Kazakhstan"),
        ("RU", "Russia"),
        ("VA", "Italy"),
        ("GB", "United Kingdom"),
        ("ZZ", "*"),
        (None, "*"),
    ],
)
def test_without_a_number_the_country_of_the_user_id_names_the_market(country: str | None, market: str) -> None:
    assert META.market(None, country) == market


def test_every_country_has_the_calling_code_of_its_numbers() -> None:
    codes = calling_codes()
    assert codes.keys() == phonenumbers.SUPPORTED_REGIONS
    for country, code in codes.items():
        assert code.startswith(str(phonenumbers.country_code_for_region(country)))
        number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
        number = number or phonenumbers.example_number(country)
        assert number is not None
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert META.market(None, country) == META.market(e164), country


def test_a_contact_without_a_number_is_unpriced_where_markets_have_their_prices() -> None:
    assert price(META, "template", None, "utility").unpriced
    assert not price(GUPSHUP, "template", None, "utility").unpriced


@pytest.mark.parametrize("category", [None, "referral_conversion", "general_purpose_ai"])
def test_a_category_without_a_price_is_unpriced_not_free(category: str | None) -> None:
    assert price(META, "template", INDIA, category).unpriced


def test_the_providers_category_wins_over_ours() -> None:
    assert price(META, "template", INDIA, "utility", pricing=Pricing(category="marketing")).total == 11_800
    assert price(META, "template", INDIA, "utility", pricing=Pricing(category="marketing_lite")).total == 11_800


@pytest.mark.parametrize(
    "free",
    [
        Pricing(category="service", type="free_customer_service"),
        Pricing(category="referral_conversion", type="free_entry_point"),
        Pricing(category="utility", type="regular", billable=False),
    ],
)
def test_what_the_provider_waived_costs_nothing_on_a_per_message_card_only(free: Pricing) -> None:
    waived = price(META, "freeform", INDIA, pricing=free)
    assert (waived.total, waived.unpriced) == (0, False)
    assert price(GUPSHUP, "template", INDIA, pricing=free).of("whatsapp") == 4200


def test_an_unknown_card_is_a_key_error() -> None:
    for name in ("no-such-card", "../rate_cards/gupshup-2021-02", ""):
        with pytest.raises(KeyError):
            rate_card(name)


CARDS = sorted(DIRECTORY.glob("*.json"))


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_every_card_is_named_dated_sourced_and_complete(path: Path) -> None:
    card = rate_card(path.stem)
    assert card.id == path.stem
    assert card.effective_from.count("-") == 2
    assert {(kind, fee) for kind in card.fees for fee in card.fees[kind]} == {
        (kind, fee) for kind in ("template", "freeform", "inbound") for fee in ("whatsapp", "gupshup")
    }
    for by_fee in card.fees.values():
        for by_market in by_fee.values():
            assert set(by_market) <= {"*", *card.markets.values()}


def test_metas_card_has_47_markets_and_no_calling_code_twice() -> None:
    data = json.loads((DIRECTORY / "meta-2026-10-01.json").read_text(encoding="utf-8"))
    prefixes = [prefix for prefixes in data["markets"].values() for prefix in prefixes]
    assert len(data["markets"]) == 47
    assert len(prefixes) == len(set(prefixes))
    for kind, categories in (("template", {"marketing", "utility", "authentication"}), ("freeform", {"service"})):
        rows = [row for row in data["fees"][kind]["whatsapp"] if "authentication_international" not in row]
        assert [row["market"] for row in rows] == list(dict.fromkeys(row["market"] for row in rows))
        assert {row["market"] for row in rows} == set(data["markets"])
        assert all(set(row) == {"market", "source", *categories} for row in rows)


GUPSHUP_TODAY = rate_card("gupshup-2026-10-01")
BOTH_WAYS = 1000
"""Gupshup's 0.001, in micro-units."""


@pytest.mark.parametrize(
    ("kind", "phone", "category", "pricing", "whatsapp", "gupshup"),
    [
        # Meta's list of 2026-10-01: India 0.0118 and 0.0014, Nepal 0.0732 and 0.0034; Gupshup: 6 % of the former
        ("template", INDIA, "marketing", None, 11_800, BOTH_WAYS + 708),
        ("template", "+9779812345678", "marketing", None, 73_200, BOTH_WAYS + 4_392),
        ("template", INDIA, "marketing_lite", None, 11_800, BOTH_WAYS),
        ("template", INDIA, "utility", None, 1_400, BOTH_WAYS),
        ("template", INDIA, "utility", Pricing("marketing"), 11_800, BOTH_WAYS + 708),
        ("template", INDIA, "marketing", Pricing("marketing", type="free_entry_point"), 0, BOTH_WAYS),
        ("freeform", INDIA, None, None, 1_400, BOTH_WAYS),
        ("freeform", INDIA, None, Pricing("service", type="free_customer_service"), 0, BOTH_WAYS),
        ("inbound", INDIA, None, None, 0, BOTH_WAYS),
    ],
)
def test_gupshups_card_of_today_is_metas_fees_and_its_own(
    kind: LedgerKind, phone: str, category: str | None, pricing: Pricing | None, whatsapp: int, gupshup: int
) -> None:
    cost = price(GUPSHUP_TODAY, kind, phone, category, pricing=pricing)
    assert (cost.of("whatsapp"), cost.of("gupshup"), cost.unpriced) == (whatsapp, gupshup, False)


def test_nobody_pays_metas_fee_for_what_is_paid_exempt() -> None:
    exempt = Pricing("service", "regular", "PMP", subtype="paid_exempt")
    assert price(META, "freeform", INDIA, pricing=exempt).total == 0
    assert price(META, "freeform", INDIA, pricing=replace(exempt, subtype=None)).total == 1_400


def test_a_markup_on_a_fee_that_is_not_known_is_not_known_either() -> None:
    card = replace(GUPSHUP_TODAY, markup={"service": 60_000, "odd": 60_000})
    assert price(card, "template", INDIA, "odd").of("gupshup") == 0
    assert price(card, "template", INDIA, "odd").unpriced


def test_a_media_fee_has_no_step_below_the_free_size() -> None:
    free = replace(GUPSHUP.media, free_bytes=10 * MB)
    assert (free.of(10 * MB), free.of(10 * MB + 1)) == (0, 3000)
