"""Exchange rates are imported from a bank's file and shown."""

import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gate24.rules.rollup import local_day
from tests.support.administration import Printed, administered
from tests.support.scene import contact_wrote, now, run_rollup
from tests.support.system import ORG, System, system
from tests.unit.test_published_rates import ECB, RBI


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[System]:
    with system(tmp_path, simulate=False, in_memory=True) as made, administered(made):
        yield made


def test_rates_are_imported_shown_and_imported_again_without_a_change(
    deployed: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rbi.csv").write_text(RBI)
    with zipfile.ZipFile(tmp_path / "ecb.zip", "w") as packed:
        packed.writestr("eurofxref-hist.csv", ECB)
    imported = Printed(capsys, "rates", "import", "ecb", str(tmp_path / "ecb.zip"))
    assert (imported.status, imported.out) == (
        0,
        "Days from 2023-12-07 to 2023-12-08: 2 new, 0 changed, 0 unchanged.\n",
    )
    assert Printed(capsys, "rates", "import", "rbi", str(tmp_path / "rbi.csv")).status == 0
    shown = Printed(capsys, "rates", "show", "USD", "INR", "--day=2023-12-10", "--json")
    assert json.loads(shown.out) == {
        "from": "USD",
        "to": "INR",
        "rate": "83.4067922427",
        "day": "2023-12-08",
        "source": "European Central Bank, euro reference rates",
    }
    shown = Printed(capsys, "rates", "show", "USD", "INR", "--day=2022-10-03")
    assert shown.out == "1 USD = 81.5522 INR (Financial Benchmarks India, reference rates, 2022-09-30)\n"
    before = deployed.items()
    again = Printed(capsys, "rates", "import", "ecb", str(tmp_path / "ecb.zip"))
    assert again.out == "Days from 2023-12-07 to 2023-12-08: 0 new, 0 changed, 2 unchanged.\n"
    assert deployed.items() == before


def test_a_corrected_day_replaces_its_own_rates_alone(
    deployed: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ecb.csv"
    file.write_text(ECB)
    Printed(capsys, "rates", "import", "ecb", str(file))
    file.write_text(ECB.replace("1.0777", "1.0800"))
    assert "0 new, 1 changed, 1 unchanged" in Printed(capsys, "rates", "import", "ecb", str(file)).out
    assert "1 EUR = 1.0800 USD" in Printed(capsys, "rates", "show", "EUR", "USD", "--day=2023-12-08").out
    assert "1 EUR = 1.0780 USD" in Printed(capsys, "rates", "show", "EUR", "USD", "--day=2023-12-07").out


def test_what_has_no_rate_or_an_old_one_is_said(
    deployed: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ecb.csv").write_text(ECB)
    none = Printed(capsys, "rates", "show", "USD", "INR", "--day=2026-11-20")
    assert (none.status, none.out) == (2, "")
    assert "There is no rate from USD to INR of 2026-11-20 or before." in none.err
    Printed(capsys, "rates", "import", "ecb", str(tmp_path / "ecb.csv"))
    old = Printed(capsys, "rates", "show", "USD", "INR", "--day=2026-11-20")
    assert "is of 2023-12-08, 1078 days before 2026-11-20; at most 45 are taken." in old.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty or larger than 50 MB."),
        (b"\xd0\xcf\x11\xe0", "is no text in UTF-8: save a spreadsheet as CSV first."),
        (
            ECB.replace("USD", "US").encode(),
            "Line 1: the column 'US' is no currency of ISO 4217. Nothing was imported.",
        ),
        (b"PK\x05\x06" + bytes(18), "is no zip of one CSV file"),
    ],
)
def test_another_file_is_refused_and_nothing_is_written(
    deployed: System, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    (tmp_path / "file").write_bytes(content)
    before = deployed.items()
    refused = Printed(capsys, "rates", "import", "ecb", str(tmp_path / "file"))
    assert (refused.status, refused.out) == (2, "")
    assert said in refused.err
    assert deployed.items() == before


def test_each_days_total_is_shown_in_another_currency_by_its_own_rate_or_not_at_all(
    deployed: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        contact_wrote(deployed, ago=0)
    today = local_day(now(), "Asia/Kolkata")
    run_rollup()
    asked = ["costs", "--organization", ORG, "--from", str(today - timedelta(days=1)), "--to", str(today)]
    stated = Printed(capsys, *asked, "--json").json["data"]
    assert stated[1]["total"] == "0.0030"
    without = Printed(capsys, *asked, "--in=INR", "--json")
    assert without.status == 1
    assert [day["converted"] for day in json.loads(without.out)["data"]] == [None, None]
    assert "There is no rate from USD to INR" in without.err
    published = today - timedelta(days=3)
    (tmp_path / "rbi.csv").write_text(f"Date,Currency Pairs,Rate\n{published},INR / 1 USD,81.5522\n")
    Printed(capsys, "rates", "import", "rbi", str(tmp_path / "rbi.csv"))
    shown = Printed(capsys, *asked, "--in=INR", "--json")
    assert shown.status == 0
    exchange = {
        "rate": "81.5522",
        "day": str(published),
        "source": "Financial Benchmarks India, reference rates",
    }
    data = json.loads(shown.out)["data"]
    assert [day.pop("converted") for day in data] == [
        {"total": "0", "currency": "INR", "exchange": exchange},
        {"total": "0.244657", "currency": "INR", "exchange": exchange},
    ]
    assert data == stated
    table = Printed(capsys, *asked, "--in=INR").out.splitlines()
    assert table[0].split()[-4:] == ["IN", "INR", "RATE", "OF"]
    assert table[2].split()[-3:] == ["0.244657", "81.5522", str(published)]
    own = Printed(capsys, *asked, "--in=USD", "--json").json["data"]
    assert own[1]["converted"] == {"total": "0.0030", "currency": "USD", "exchange": None}
