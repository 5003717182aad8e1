"""What somebody looks for: a whole number however it is written, part of one, a user id, words of a name."""

import pytest

from gate24.rules.contact_query import ContactQuery, contact_query

INDIA, AMERICA = "+919876500001", "+14155550100"

WHOLE = [
    "+919876543210",
    "+91 98765 43210",
    "+91-98765-43210",
    "00919876543210",
    "00 91 (98765) 43210",
    "919876543210",
    "9876543210",
    "98765 43210",
    "09876543210",
    "+91 098765 43210",
    " ९८७६५४३२१० ",
]


@pytest.mark.parametrize("q", WHOLE)
def test_a_whole_number_is_that_number(q: str) -> None:
    found = contact_query(q, [INDIA])
    assert (found.phones[0], found.is_whole, found.words) == ("+919876543210", True, ())


def test_a_national_number_is_tried_in_the_country_of_each_channel() -> None:
    found = contact_query("(415) 555-2671", [INDIA, AMERICA])
    assert ("+14155552671" in found.phones, found.is_whole) == (True, True)


@pytest.mark.parametrize("q", ["3210", "98765", "543 210", "+91", "+91 98765", "0091 987", "98765432"])
def test_part_of_a_number_is_digits(q: str) -> None:
    found = contact_query(q, [INDIA])
    assert found.is_whole is False
    assert found.digits == "".join(char for char in q if char.isdigit())


def test_a_number_without_a_plus_that_may_be_the_end_of_another_is_not_whole() -> None:
    """The Faroe Islands have numbers of nine digits with the country code."""
    assert contact_query("298211234", [INDIA]).is_whole is False
    assert contact_query("+298211234", [INDIA]).is_whole is True


def test_words_a_user_id_and_what_has_no_words() -> None:
    assert contact_query("Asha dévi", [INDIA]) == ContactQuery(words=("asha", "devi"))
    assert contact_query("Class 7", [INDIA]).words == ("7", "class")
    assert contact_query(" IN.1234567890123456 ", [INDIA]) == ContactQuery(user_id="IN.1234567890123456", is_whole=True)
    assert contact_query("✨", [INDIA]) == ContactQuery(text="✨")
    assert contact_query("", [INDIA]) == ContactQuery()
    assert contact_query("1/2 ✨ 3", [INDIA]) == ContactQuery(digits="123")
