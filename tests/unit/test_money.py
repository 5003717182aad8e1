"""Money is integer micro-units inside and exact decimal strings outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.rules.money import amount, micro


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0"),
        (1, "0.000001"),
        (100, "0.0001"),
        (1000, "0.0010"),
        (4200, "0.0042"),
        (1_234_500, "1.2345"),
        (1_000_000, "1.0000"),
        (12_345_678, "12.345678"),
        (-5200, "-0.0052"),
    ],
)
def test_an_amount_shows_at_least_four_decimals_and_never_loses_one(micros: int, text: str) -> None:
    assert amount(micros) == text
    assert micro(text) == micros


@given(st.integers(min_value=-(10**18), max_value=10**18))
def test_an_amount_read_back_is_the_same_amount(micros: int) -> None:
    assert micro(amount(micros)) == micros


@pytest.mark.parametrize("text", ["", "abc", "NaN", "sNaN", "Infinity", "1e50", "0.0000001", "1,5", "0x10"])
def test_what_is_not_an_exact_amount_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        micro(text)


def test_a_whole_number_and_an_exponent_are_amounts_too() -> None:
    assert micro("3") == 3_000_000
    assert micro("1E-3") == 1000
