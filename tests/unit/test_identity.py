"""Phone numbers and user ids: what is taken, what is refused, and which spellings are one person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gate24.rules.numbering_plans import caller_phone, national_number
from gate24.rules.phone_numbers import match_key, parse_user_id, provider_phone, spellings

Reader = Callable[[object], str | None]


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
@pytest.mark.parametrize("read", [provider_phone, caller_phone])
def test_every_way_to_write_a_number_gives_the_same_e164(written: object, read: Reader) -> None:
    assert read(written) == "+919876543210"


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
        "1234",
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
@pytest.mark.parametrize("read", [provider_phone, caller_phone])
def test_what_is_no_number_is_none(written: object, read: Reader) -> None:
    assert read(written) is None


@pytest.mark.parametrize(
    "digits",
    [
        "12345",
        "6834002",  # Niue: the shortest numbers there are
        "15550783",
        "15550000001",  # no such area code
        "22997123456",  # Benin before 2024-11-30
        "22507123456",  # Ivory Coast before 2021-01-31
        "99912345678",  # a country code that nobody has yet
        "123456789012345",
    ],
)
def test_a_provider_may_name_a_person_by_any_5_to_15_digits(digits: str) -> None:
    assert provider_phone(digits) == f"+{digits}"
    assert provider_phone(f"+{digits}") == f"+{digits}"
    assert provider_phone(int(digits)) == f"+{digits}"


@pytest.mark.parametrize("digits", ["12345", "15550783", "15550000001", "99912345678", "123456789012345"])
def test_a_caller_may_name_only_numbers_of_a_numbering_plan(digits: str) -> None:
    assert caller_phone(digits) is None


@pytest.mark.parametrize("digits", ["1234", "1234567890123456", "0123456789", "000123456789"])
def test_other_lengths_and_leading_zeros_are_no_number_of_a_provider(digits: str) -> None:
    assert provider_phone(digits) is None
    assert provider_phone(f"+{digits}") is None


def test_a_callers_trunk_zero_is_dropped() -> None:
    assert caller_phone("+91 098765 43210") == "+919876543210"


@pytest.mark.parametrize("read", [provider_phone, caller_phone])
@pytest.mark.parametrize(
    "number",
    ["+551187654321", "+5511987654321", "+5215512345678", "+525512345678", "+5491123456789", "+541123456789"],
)
def test_both_forms_of_a_number_with_aliases_are_taken_and_never_rewritten(number: str, read: Reader) -> None:
    assert read(number) == number
    assert read(number.removeprefix("+")) == number


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


numbers = st.from_regex(r"\+(55|52|54)?[1-9][0-9]{4,12}", fullmatch=True)


@given(numbers)
def test_all_spellings_of_a_number_are_numbers_with_one_match_key(number: str) -> None:
    assert number in spellings(number)
    for spelling in spellings(number):
        assert provider_phone(spelling) == spelling
        assert spellings(spelling) == spellings(number)
        assert match_key(spelling) == match_key(number)


@given(numbers)
def test_a_match_key_is_its_own_match_key(number: str) -> None:
    assert match_key(match_key(number)) == match_key(number)


@given(st.from_regex(r"[1-9][0-9]{4,14}", fullmatch=True))
def test_a_providers_number_keeps_every_digit(digits: str) -> None:
    assert provider_phone(digits) == f"+{digits}"


@given(st.text(max_size=60) | st.from_regex(r"(\+|00)?[0-9 ().-]{4,20}", fullmatch=True) | st.integers() | st.floats())
@example("+430012000")
@pytest.mark.parametrize("read", [provider_phone, caller_phone])
def test_anything_is_a_number_or_none(read: Reader, written: object) -> None:
    number = read(written)
    assert number is None or read(number) == number


def test_a_number_of_more_than_15_digits_is_none() -> None:
    assert caller_phone("+4930000000000000") is None


@given(st.from_regex(r"\+?[0-9]{4,16}", fullmatch=True))
def test_what_a_caller_may_name_a_provider_may_name_too(written: str) -> None:
    number = caller_phone(written)
    assert number is None or provider_phone(number) == number


@pytest.mark.parametrize("given_id", ["IN.Ab12", "US.13491208655302741918", "IN." + "a" * 128])
def test_a_user_id_is_kept_as_it_is(given_id: str) -> None:
    assert parse_user_id(given_id) == given_id


@pytest.mark.parametrize(
    "given_id", ["uUS.1349", "in.ab12", "IN.", "IN." + "a" * 129, "IN.a b", "919876543210", "", None, 7]
)
def test_what_is_no_user_id_is_none(given_id: object) -> None:
    assert parse_user_id(given_id) is None


INDIA, SINGAPORE, UNITED_STATES, GERMANY = "+919876500001", "+6591234567", "+12125550100", "+4915112345678"


@pytest.mark.parametrize(
    ("written", "ours", "found"),
    [
        # Valid inside the country: TRAI, National Numbering Plan (mobiles of 10 digits from 6 to 9); IMDA, National
        # Numbering Plan (8 digits, mobiles from 8 and 9). As the library phonenumbers 9 has them.
        ("6591234567", INDIA, ("+916591234567", "+6591234567")),
        ("98765 43210", INDIA, ("+919876543210", None)),
        ("098765-43210", INDIA, ("+919876543210", None)),
        ("9198765432", INDIA, ("+919198765432", None)),
        ("91234567", SINGAPORE, ("+6591234567", None)),
        ("(212) 555-0100", UNITED_STATES, ("+12125550100", None)),
        ("0151 12345678", GERMANY, ("+4915112345678", None)),
        # With + or 00 nothing changes.
        ("+6591234567", INDIA, None),
        (" +65 9123 4567", INDIA, None),
        ("006591234567", INDIA, None),
        ("00 65 9123 4567", INDIA, None),
        ("+9198765432", INDIA, None),
        # With their country code, and no number inside the country.
        ("919876543210", INDIA, None),
        ("6591234567", SINGAPORE, None),
        ("22997123456", INDIA, None),
        ("447911123456", INDIA, None),
        # The same number in both readings: a trunk prefix that is the country code, too.
        ("12125550100", UNITED_STATES, None),
        # Valid nowhere.
        ("12345", INDIA, None),
        ("Asha", INDIA, None),
        ("", INDIA, None),
        (None, INDIA, None),
        ("9876543210", "no number", None),
    ],
)
def test_a_number_without_its_country_code_is_known_for_one(
    written: object, ours: str, found: tuple[str, str | None] | None
) -> None:
    assert national_number(written, ["+6780000", ours]) == found
