"""A month's report for people outside: by the API and by the command, in two languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from html import escape, unescape
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from gate24.api.costs_report import _words, language_of, report_html
from gate24.rules.exchange import Publication
from gate24.store import exchange_rates
from gate24.usecases.make_api_key import create_api_key
from tests.support.administration import Printed, administered
from tests.support.month_reports import FORGED, full_report
from tests.support.scene import (
    HOUR,
    change_organization,
    contact_opted_in,
    contact_wrote,
    new_number,
    now,
    rolled_up,
    standing_clock,
)
from tests.support.system import GUPSHUP, META, ORG, TEMPLATE, Answer, System, put_template, system

NOON = datetime(2026, 11, 10, 6, 30, tzinfo=UTC)


@pytest.fixture
def gate24(tmp_path: Path) -> Iterator[System]:
    with (
        system(tmp_path, in_memory=True) as made,
        administered(made),
        standing_clock(int(NOON.timestamp() * 1000)) as time,
    ):
        put_template(made, GUPSHUP)
        exchange_rates.save([Publication("rbi", date(2026, 11, 9), {"USD": Decimal("80")})])
        for campaign in ("admission", FORGED):
            number = f"+{new_number()}"
            contact_opted_in(made, number)
            assert made.send(TEMPLATE | {"to": number, "tags": {"campaign": campaign}}).status == 202
        contact_wrote(made, number, ago=0)
        contact_wrote(made, number, ago=0, channel=META)
        time[0] += HOUR
        rolled_up(made, "2026-11-10", "2026-11-10")
        yield made


def asked(gate24: System, query: str = "month=2026-11", key: str = "learning", **headers: str) -> Answer:
    return gate24.http("GET", f"/v1/costs/report?{query}", headers=headers, key=key)


def text_of(page: str) -> str:
    """What a reader sees of it."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)))


def test_it_says_what_the_month_says(gate24: System) -> None:
    answer = asked(gate24)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    [month] = gate24.http("GET", "/v1/costs/monthly?from=2026-11&to=2026-11").json["data"]
    text = text_of(answer.text)
    assert (month["reached"], month["cost_per_reached"]) == (2, "0.0057")
    for said in (
        *(f"USD {month['total']}", "November 2026", "Messages sent 2", "Messages received 2", "People reached 2"),
        *(f"Spent for each person reached USD {month['cost_per_reached']}", "WhatsApp (Meta) 0.0084"),
        *("admission 1 0.0052", "Updates and reminders 2 0.0104", "learning-gupshup 3", "gupshup-2021-02, in USD"),
        *("Up to 2026-11-10. Days whose figures may still change: 10.", "Days are those of the time zone Asia/Kolkata"),
    ):
        assert said in text, text


def test_a_campaigns_name_is_text_and_the_browser_is_told_to_load_nothing(gate24: System) -> None:
    answer = asked(gate24)
    assert FORGED not in answer.text and escape(FORGED) in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "<script" not in answer.text


def test_other_currencies_stand_beside_with_rate_source_and_day(gate24: System) -> None:
    change_organization(ORG, currency="INR")
    rolled_up(gate24, "2026-11-10", "2026-11-10")
    text = text_of(asked(gate24).text)
    for said in (
        "Spent in all INR 0.9120",
        "By the price list in USD: USD 0.0114.",
        "1 USD = 80.0000 INR (Financial Benchmarks India, reference rates, 2026-11-09)",
    ):
        assert said in text, text


@pytest.mark.parametrize(
    ("query", "headers", "language"),
    [
        ("", {}, "en"),
        ("", {"accept-language": "hi-IN,hi;q=0.9,en;q=0.8"}, "hi"),
        ("", {"accept-language": "ta,en"}, "en"),
        ("&language=en", {"accept-language": "hi"}, "en"),
        ("&language=hi", {}, "hi"),
    ],
)
def test_it_is_in_the_language_that_is_asked_for(
    gate24: System, query: str, headers: dict[str, str], language: str
) -> None:
    answer = asked(gate24, f"month=2026-11{query}", **headers)
    assert (answer.headers["content-language"], f'<html lang="{language}">' in answer.text) == (language, True)
    assert ("जितने लोगों तक पहुँचे 2" in text_of(answer.text)) == (language == "hi")


def test_both_languages_say_the_same_things() -> None:
    english, hindi = _words("en"), _words("hi")
    assert english.keys() == hindi.keys() and english["categories"].keys() == hindi["categories"].keys()
    assert len(english["months"]) == len(hindi["months"]) == 12
    for name, said in english.items():
        if isinstance(said, str):
            assert _places(said) == _places(hindi[name]), name
    assert language_of("") == "en"


def _places(text: str) -> set[str | None]:
    return {place for _, place, _, _ in Formatter().parse(text)} - {None}


@pytest.mark.parametrize(
    "query", ["", "month=2026-13", "month=2026", "month=0000-01", "month=2026-11&language=ta", "month=2026-11-01"]
)
def test_what_is_asked_wrongly_is_refused(gate24: System, query: str) -> None:
    answer = asked(gate24, query)
    assert (answer.status, answer.json["code"]) == (400, "payload_invalid")


@pytest.mark.parametrize("month", ["1999-01", "2026-12", "9999-12"])
def test_a_month_without_costs_is_a_page_too(gate24: System, month: str) -> None:
    assert asked(gate24, f"month={month}").status == 200


def test_a_key_of_some_channels_gets_a_report_of_theirs_alone(gate24: System) -> None:
    limited = create_api_key(ORG, "branch", ("read",), None, now(), (META,)).secret
    text = text_of(asked(gate24, key=limited).text)
    assert "This report is about some of the organization's numbers only." in text
    for hidden in (GUPSHUP, "admission", "reached", "Updates", "gupshup-2021-02"):
        assert hidden not in text, text


def test_more_campaigns_and_channels_are_folded_into_others() -> None:
    text = text_of(report_html(full_report(channels=11, campaigns=40), "en"))
    assert "Others (28) 406 49,938.00" in text, "of 40 those numbered 1 to 28, 123 rupees each"
    assert "Others (3)" in text


def test_rupees_are_grouped_by_lakh_and_small_months_have_four_decimals(gate24: System) -> None:
    report = full_report(campaigns=2000)
    assert "24,31,79,118.00" in report_html(report, "en")
    assert "USD 0.0114" in asked(gate24).text


def test_the_command_prints_the_same_page_or_writes_it(
    gate24: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = asked(gate24).text
    assert Printed(capsys, "report", ORG, "--month=2026-11").out == page
    file = tmp_path / "report.html"
    done = Printed(capsys, "report", ORG, "--month=2026-11", f"--out={file}", "--language=en", "--json")
    assert done.json == {"organization": ORG, "month": "2026-11", "language": "en", "file": str(file)}
    assert file.read_text(encoding="utf-8") == page


def test_a_file_that_cannot_be_written_is_said(
    gate24: System, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    done = Printed(capsys, "report", ORG, "--month=2026-11", f"--out={tmp_path / 'report.html'}")
    assert (done.status, "cannot be written: No space left on device" in done.err) == (1, True)
