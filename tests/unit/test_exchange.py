"""An amount is converted by the latest rate of its day, exactly and in words where it cannot be."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.costs import Exchange
from gate24.rules.exchange import MOST_DAYS, NotConvertible, Publication, find_exchange

DAY = date(2026, 11, 20)


def ecb(day: date = DAY, **rates: str) -> Publication:
    return Publication("ecb", day, {name: Decimal(rate) for name, rate in rates.items()})


def rbi(day: date = DAY, **rates: str) -> Publication:
    return Publication("rbi", day, {name: Decimal(rate) for name, rate in rates.items()})


@pytest.mark.parametrize(
    ("published", "one", "other", "rate"),
    [
        (ecb(USD="1.25"), "EUR", "USD", "1.2500"),
        (ecb(USD="1.25"), "USD", "EUR", "0.8000"),
        (ecb(USD="1.25", INR="100"), "USD", "INR", "80.0000"),
        (ecb(USD="1.0777", INR="89.8875"), "USD", "INR", "83.4067922427"),
        (rbi(USD="81.5522"), "USD", "INR", "81.5522"),
        (rbi(USD="80"), "INR", "USD", "0.0125"),
        (rbi(USD="81.5522", EUR="80.1093"), "EUR", "USD", "0.9823070377"),
    ],
)
def test_a_rate_goes_either_way_and_through_the_sources_own_currency(
    published: Publication, one: str, other: str, rate: str
) -> None:
    assert find_exchange([published], one, other, DAY).text == rate


def test_the_latest_rate_on_the_day_or_before_it_holds() -> None:
    told = [rbi(DAY + timedelta(days=number), USD=str(80 + number)) for number in (2, -3, -1, 1)]
    found = find_exchange(told, "USD", "INR", DAY)
    assert (found.text, found.day) == ("79.0000", "2026-11-19")
    assert find_exchange(told, "USD", "INR", DAY + timedelta(days=1)).text == "81.0000"


def test_a_day_on_which_the_pair_was_not_published_is_passed_over() -> None:
    told = [ecb(DAY - timedelta(days=1), USD="1.25", INR="100"), ecb(USD="1.25")]
    assert find_exchange(told, "USD", "INR", DAY).day == "2026-11-19"


def test_of_two_sources_of_a_day_the_one_in_whose_currency_it_is_tells_the_rate() -> None:
    told = [rbi(USD="81"), ecb(USD="1.25", INR="100")]
    for order in (told, told[::-1]):
        assert find_exchange(order, "USD", "INR", DAY).source == "Financial Benchmarks India, reference rates"
        assert find_exchange(order, "EUR", "INR", DAY).text == "100.0000"


def test_a_rate_that_is_not_there_or_is_too_old_is_said_and_never_used() -> None:
    with pytest.raises(NotConvertible, match="There is no rate from USD to NPR of 2026-11-20 or before"):
        find_exchange([rbi(USD="81")], "USD", "NPR", DAY)
    with pytest.raises(NotConvertible, match="There is no rate from USD to INR"):
        find_exchange([rbi(DAY + timedelta(days=1), USD="81")], "USD", "INR", DAY)
    oldest = rbi(DAY - timedelta(days=MOST_DAYS), USD="81")
    assert find_exchange([oldest], "USD", "INR", DAY).day == "2026-10-06"
    with pytest.raises(NotConvertible, match="is of 2026-10-06, 46 days before 2026-11-21; at most 45 are taken"):
        find_exchange([oldest], "USD", "INR", DAY + timedelta(days=1))


@pytest.mark.parametrize(("micro", "converted"), [(1, 1), (2, 1), (3, 2), (5, 3), (-1, -1), (-2, -1), (0, 0)])
def test_a_half_is_rounded_away_from_zero(micro: int, converted: int) -> None:
    assert Exchange("USD", "EUR", 5_000_000_000, "2026-11-20", "a bank").of(micro) == converted


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**15))
def test_a_converted_amount_is_within_half_a_micro_unit_of_the_exact_one(micro: int, rate: int) -> None:
    exact = Fraction(micro * rate, 10**10)
    assert abs(Exchange("USD", "INR", rate, "2026-11-20", "a bank").of(micro) - exact) <= Fraction(1, 2)
