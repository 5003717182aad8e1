"""The Excel workbook of costs says what the JSON says, as numbers and dates."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gate24.api.costs_csv import HEADER
from gate24.api.costs_xlsx import MEDIA_TYPE, to_xlsx
from gate24.costs import CountedAmount, DayCosts
from gate24.rules.rollup import DayFold
from gate24.usecases.make_api_key import create_api_key
from tests.support.administration import Printed, administered
from tests.support.scene import HOUR, contact_opted_in, contact_wrote, new_number, now, rolled_up, standing_clock
from tests.support.system import GUPSHUP, META, ORG, TEMPLATE, TEXT, System, put_template, system

Sheet = list[dict[str, Any]]

NOON = datetime(2026, 11, 10, 6, 30, tzinfo=UTC)
DAYS = "from=2026-11-10&to=2026-11-12"


@pytest.fixture
def gate24(tmp_path: Path) -> Iterator[System]:
    with system(tmp_path, in_memory=True) as made, administered(made):
        yield made


@pytest.fixture
def talked(gate24: System) -> Iterator[None]:
    """Two days with messages on two channels, with and without campaigns, and one day without any."""
    with standing_clock(int(NOON.timestamp() * 1000)) as time:
        put_template(gate24, GUPSHUP)
        for tags in ({}, {"campaign": "=1+1"}, {"campaign": "admission"}):
            number = f"+{new_number()}"
            contact_opted_in(gate24, number)
            contact_wrote(gate24, number, ago=0)
            for body in (TEXT, TEMPLATE | {"tags": tags}):
                assert gate24.send(body | {"to": number}).status == 202
            time[0] += 18 * HOUR
        contact_wrote(gate24, ago=0, channel=META)
        rolled_up(gate24, "2026-11-10", "2026-11-12")
        yield


def sheets(content: bytes) -> dict[str, Sheet]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    found: dict[str, Sheet] = {}
    for sheet in book:
        assert sheet.freeze_panes == "B2", "the header and the day stay in view"
        header, *rows = sheet.iter_rows()
        names = [str(cell.value) for cell in header]
        found[sheet.title] = [dict(zip(names, [cell for cell in row], strict=True)) for row in rows]
    return found


def asked(gate24: System, path: str, key: str = "learning") -> dict[str, Sheet]:
    answer = gate24.http("GET", f"/v1/costs/{path}", headers={"Accept": MEDIA_TYPE}, key=key)
    assert (answer.status, answer.headers["content-type"]) == (200, MEDIA_TYPE), answer.text
    assert answer.headers["content-disposition"].endswith('.xlsx"')
    return sheets(answer.text.encode("latin-1"))


def same(cell: Any, told: Any) -> bool:
    """Whether the cell shows what the JSON says: nothing as an empty cell, an amount with its currency."""
    if told in (None, ""):
        return cell.value is None
    if isinstance(told, str) and cell.is_date:
        return str(cell.value.date()).startswith(told)
    if isinstance(told, str) and cell.data_type == "n":
        return "[$USD]" in cell.number_format and Decimal(str(cell.value)) == Decimal(told)
    return type(cell.value) is type(told) and cell.value == told


def flat(told: dict[str, Any]) -> dict[str, Any]:
    """A day or a month of the JSON by the columns of the CSV."""
    return {
        **{name: told[name] for name in HEADER if name in told},
        **{f"messages_{name}": count for name, count in told["messages"].items()},
        **{f"fee_{fee}": fee_amount for fee, fee_amount in told["fees"].items()},
        "provider_billed": told["provider_billed"]["count"],
        "provider_differences": told["provider_billed"]["differences"],
        "undelivered": told["undelivered"]["count"],
        "undelivered_amount": told["undelivered"]["amount"],
        "templates_in_window": told["templates_in_window"]["count"],
        "templates_in_window_amount": told["templates_in_window"]["amount"],
    }


PARTS = {
    "By category": "category",
    "By market": "market",
    "By campaign": "campaign",
    "By template": "template",
}


@pytest.mark.parametrize(
    ("path", "first", "sheet"),
    [
        (f"daily?{DAYS}", "date", "Days"),
        ("monthly?from=2026-10&to=2026-11", "month", "Months"),
    ],
)
@pytest.mark.usefixtures("talked")
def test_every_figure_of_the_json_is_in_the_workbook(gate24: System, path: str, first: str, sheet: str) -> None:
    told = gate24.http("GET", f"/v1/costs/{path}").json["data"]
    found = asked(gate24, path)
    assert list(found) == [sheet, "By channel", *PARTS, "By sender"]
    assert len(found[sheet]) == len(told) > 1
    for row, day in zip(found[sheet], told, strict=True):
        expected = flat(day) | {first: day[first], "converted": ""}
        assert row.keys() == expected.keys()
        assert [name for name, cell in row.items() if not same(cell, expected[name])] == []
        assert row[first].is_date
    for title, kind in PARTS.items():
        parts = [{first: day[first], "currency": "USD", **part} for day in told for part in day[f"by_{kind}"]]
        assert len(found[title]) == len(parts)
        for row, part in zip(found[title], parts, strict=True):
            assert all(same(cell, part[name]) for name, cell in row.items()), part
    senders = [{first: day[first], "currency": "USD", **part} for day in told for part in day["by_author"]]
    assert [part["author"] for part in senders] == [{"kind": "key", "name": "tests"}] * len(senders)
    for row, part in zip(found["By sender"], senders, strict=True):
        part["sender"] = "key: tests"
        assert all(same(cell, part[name]) for name, cell in row.items()), part
    channels = [(day, part) for day in told for part in day["by_channel"]]
    assert len(found["By channel"]) == len(channels) > 1
    for row, (day, part) in zip(found["By channel"], channels, strict=True):
        counts = {f"messages_{name}": count for name, count in part["messages"].items()}
        fees = {f"fee_{fee}": each for fee, each in part["fees"].items()}
        expected = {first: day[first], "currency": "USD", "channel": part["channel"], **counts, **fees}
        expected |= {"total": part["total"]}
        assert all(same(cell, expected[name]) for name, cell in row.items())


@pytest.mark.usefixtures("talked")
def test_the_name_of_a_campaign_is_never_a_formula(gate24: System) -> None:
    cells = [row["campaign"] for row in asked(gate24, f"daily?{DAYS}")["By campaign"]]
    assert ("=1+1", "s") in [(cell.value, cell.data_type) for cell in cells]


@pytest.mark.usefixtures("talked")
def test_a_key_of_some_channels_gets_theirs_alone(gate24: System) -> None:
    limited = create_api_key(ORG, "branch", ("read",), None, now(), (GUPSHUP,)).secret
    found = asked(gate24, f"daily?{DAYS}", limited)
    assert list(found) == ["Days", "By channel"]
    assert {row["channel"].value for row in found["By channel"]} == {GUPSHUP}
    assert {row["reached"].value for row in found["Days"]} == {None}


def test_amounts_stay_exact_and_so_do_other_currencies() -> None:
    zeros = DayFold("INR", 0).costs(NOON.date(), "Asia/Kolkata")
    day = DayCosts(
        *(zeros.day, zeros.timezone, "INR", "final", zeros.sums, {}),
        {"utility": CountedAmount(1, 123_456_789_123_456), "marketing": CountedAmount(1, 1)},
    )
    by_category = sheets(to_xlsx([day]))["By category"]
    assert [Decimal(str(row["total"].value)) for row in by_category] == [Decimal("123456789.123456"), Decimal("1E-6")]
    assert {row["total"].number_format for row in by_category} == {"[$INR] #,##0.0000##"}


def test_a_range_without_days_is_an_empty_table(gate24: System) -> None:
    found = asked(gate24, "daily?from=2100-01-01&to=2100-01-02")
    assert set(map(len, found.values())) == {0}


@pytest.mark.usefixtures("talked")
def test_the_command_writes_the_same_workbook(
    gate24: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "costs.xlsx"
    days = ("--from=2026-11-10", "--to=2026-11-12")
    assert Printed(capsys, "costs", f"--organization={ORG}", *days, f"--xlsx={file}").status == 0
    assert values(sheets(file.read_bytes())) == values(asked(gate24, f"daily?{DAYS}"))


def values(found: dict[str, Sheet]) -> dict[str, list[list[Any]]]:
    return {name: [[cell.value for cell in row.values()] for row in rows] for name, rows in found.items()}
