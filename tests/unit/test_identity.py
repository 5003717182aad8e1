from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.rules.phone_numbers import match_key, parse_phone, parse_user_id


@pytest.mark.parametrize(
    "written",
    [
        "+919876543210",
        "919876543210",
        "00919876543210",
        "+91 98765 43210",
        "+91-98765-43210",
        "+91 (98765) 43210",
        "  +91.98765.43210 ",
        "+91\u00a098765\u201343210",
        "+९१९८७६५४३२१०",
        919876543210,
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_every_way_to_write_a_number_gives_the_same_e164(written: object, strict: bool) -> None:
    assert parse_phone(written, strict) == "+919876543210"


@pytest.mark.parametrize(
    "written",
    [
        "918x98xx21x4",
        "91XXXXX4",
        "91****873",
        "callbackSetPhone",
        "<SENDER_PHONE>",
        "+1 800 FLOWERS",
        "++919876543210",
        "91987+6543210",
        "",
        "   ",
        "0",
        "00",
        "12345",
        "+0123456789",
        "9" * 30,
        "9" * 100_000,
        None,
        True,
        91.5,
        [],
        {"phone": "919876543210"},
        "+919876543210;ext=5",
        "²³⁴⁵⁶⁷⁸⁹⁰",
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_what_is_no_number_is_none(written: object, strict: bool) -> None:
    assert parse_phone(written, strict) is None


def test_a_webhooks_number_needs_only_a_possible_length() -> None:
    assert parse_phone("15550000001") == "+15550000001"
    assert parse_phone("15550000001", strict=True) is None


def test_a_callers_trunk_zero_is_dropped() -> None:
    assert parse_phone("+91 098765 43210", strict=True) == "+919876543210"


def test_a_local_number_without_its_area_code_is_not_taken() -> None:
    assert parse_phone("+15550783") is None


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    "number",
    ["+551187654321", "+5511987654321", "+5215512345678", "+525512345678", "+5491123456789", "+541123456789"],
)
def test_both_forms_of_a_number_with_aliases_are_taken_and_never_rewritten(number: str, strict: bool) -> None:
    assert parse_phone(number, strict) == number
    assert parse_phone(number.removeprefix("+"), strict) == number


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+5511987654321", "+551187654321"),
        ("+5215512345678", "+525512345678"),
        ("+5491123456789", "+541123456789"),
    ],
)
def test_aliases_of_brazil_mexico_and_argentina_match(one: str, other: str) -> None:
    assert match_key(one) == match_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+551132345678", "+5511932345678"),
        ("+551132345678", "+551132345679"),
        ("+919876543210", "+919876543211"),
        ("+13105550101", "+3105550101"),
        ("+5215512345678", "+521551234567"),
    ],
)
def test_different_people_do_not_match(one: str, other: str) -> None:
    assert match_key(one) != match_key(other)


@given(st.from_regex(r"\+[1-9][0-9]{5,14}", fullmatch=True))
def test_a_match_key_is_its_own_match_key(number: str) -> None:
    assert match_key(match_key(number)) == match_key(number)


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_none(written: str) -> None:
    number = parse_phone(written)
    assert number is None or parse_phone(number) == number


@pytest.mark.parametrize("given_id", ["IN.Ab12", "US.13491208655302741918", "IN." + "a" * 128])
def test_a_user_id_is_kept_as_it_is(given_id: str) -> None:
    assert parse_user_id(given_id) == given_id


@pytest.mark.parametrize(
    "given_id", ["uUS.1349", "in.ab12", "IN.", "IN." + "a" * 129, "IN.a b", "919876543210", "", None, 7]
)
def test_what_is_no_user_id_is_none(given_id: object) -> None:
    assert parse_user_id(given_id) is None
