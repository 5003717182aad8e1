"""The files of the ECB and of FBIL are read as they are published, or refused in words."""

from datetime import date
from decimal import Decimal

import pytest

from gate24.rules.published_rates import WrongFile, read_rates

TODAY = date(2026, 11, 26)

ECB = """Date,USD,JPY,BGN,CYP,GBP,INR,
2023-12-08,1.0777,155.53,1.9558,N/A,0.8569,89.8875,
2023-12-07,1.0780,156.00,1.9558,N/A,0.8570,N/A,
"""
RBI = """\ufeffDate,Time,Currency Pairs,Rate
30 Sep 2022,13:30:00,INR / 1 USD,81.5522
30 Sep 2022,13:30:00,INR / 1 GBP,90.7703
30 Sep 2022,13:30:00,INR / 100 JPY,56.44
"""


def test_the_ecbs_history_is_read_and_currencies_that_are_no_more_are_passed_over() -> None:
    earlier, later = read_rates("ecb", ECB, TODAY)
    assert (earlier.day, later.day) == (date(2023, 12, 7), date(2023, 12, 8))
    assert later.rates["INR"] == Decimal("89.8875")
    assert "INR" not in earlier.rates
    assert "CYP" not in later.rates


def test_indias_rates_are_read_pair_by_pair() -> None:
    [told] = read_rates("rbi", RBI, TODAY)
    assert (told.source, told.day) == ("rbi", date(2022, 9, 30))
    assert told.rates == {"USD": Decimal("81.5522"), "GBP": Decimal("90.7703"), "JPY": Decimal("0.5644")}


@pytest.mark.parametrize("day", ["2022-09-30", "30-09-2022", "30/09/2022", "30-Sep-2022", "30 SEP 2022"])
def test_a_day_is_iso_or_begins_with_the_day(day: str) -> None:
    assert read_rates("rbi", RBI.replace("30 Sep 2022", day), TODAY) == read_rates("rbi", RBI, TODAY)


@pytest.mark.parametrize(
    ("source", "text", "said"),
    [
        ("ecb", "", "The file has no rates"),
        ("ecb", "Date,USD,\n", "The file has no rates"),
        ("ecb", "Date,USD,\n2023-12-08,N/A,\n", "every cell is empty"),
        ("ecb", ECB.replace("Date", "Day"), "Line 1: the first column is 'Day', where the ECB's file has 'Date'."),
        ("ecb", ECB.replace("GBP", "GBX"), "Line 1: the column 'GBX' is no currency of ISO 4217."),
        ("ecb", ECB.replace("GBP", "USD"), "Line 1: the column USD is there twice."),
        ("ecb", ECB.replace("1.0777,", ""), "Line 2: 7 cells under 8 columns."),
        ("ecb", ECB.replace("1.0777", "-1.0777"), "Line 2: the rate '-1.0777' of USD is no number above 0"),
        ("ecb", ECB.replace("1.0777", "0"), "Line 2: the rate '0' of USD is no number above 0"),
        ("ecb", ECB.replace("1.0777", "1e3"), "Line 2: the rate '1e3' of USD is no number above 0"),
        ("ecb", ECB.replace("2023-12-07", "2023-12-08"), "Line 3: 2023-12-08 has a rate of BGN already."),
        ("ecb", ECB.replace("2023-12-08", "2026-11-27"), "Line 2: 2026-11-27 is to come."),
        ("ecb", ECB.replace("2023-12-08", "2023-13-08"), "Line 2: '2023-13-08' is no day."),
        ("ecb", ECB.replace("1.0777,155.53", "155.53,1.0777"), "USD is 1.0780 on 2023-12-07 and 155.53 on 2023-12-08."),
        ("ecb", RBI, "Line 1: the column 'Time' is no currency of ISO 4217."),
        ("rbi", ECB, "Line 1: one column has to be 'currency pair'; there are 'Date', 'USD'"),
        ("rbi", RBI.replace("Rate", "Rate,Rates"), "Line 1: one column has to be 'rate'"),
        ("rbi", RBI.replace("INR / 1 USD", "USD / 1 INR"), "Line 2: 'USD / 1 INR' is no pair as 'INR / 1 USD' is."),
        ("rbi", RBI.replace("1 USD", "1 XYZ"), "Line 2: 'INR / 1 XYZ' is no pair"),
        ("rbi", RBI.replace("30 Sep 2022", "Sep 30 2022"), "Line 2: 'Sep 30 2022' is no day."),
        ("rbi", RBI.replace("1 GBP", "1 USD"), "Line 3: 2022-09-30 has a rate of USD already."),
    ],
)
def test_a_file_with_anything_wrong_is_refused_whole(source: str, text: str, said: str) -> None:
    with pytest.raises(WrongFile) as refused:
        read_rates(source, text, TODAY)
    assert said in str(refused.value)


def test_of_many_faults_the_first_are_said_and_the_others_counted() -> None:
    lines = "".join(f"2023-11-{number:02d},none,\n" for number in range(1, 21))
    with pytest.raises(WrongFile, match=r"Line 6: .* And 15 more\.$"):
        read_rates("ecb", f"Date,USD,\n{lines}", TODAY)
