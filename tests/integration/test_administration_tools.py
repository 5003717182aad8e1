"""``./gate24 consents``, ``templates`` and ``rollup``."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gate24.api import contact_rows
from gate24.api.render import rfc3339
from gate24.providers import template_lists
from gate24.store import secrets
from infra.admin.simulator import Simulator
from tests.support.administration import Printed, administered
from tests.support.scene import (
    HOUR,
    change_channel,
    contact_opted_out,
    contact_wrote,
    daily_costs,
    new_number,
    now,
    put_channel_secrets,
)
from tests.support.system import GUPSHUP, META, ORG, OTHER_ORG, TOKEN, System, system

APP_ID = "3f1d0b8e-6f7e-4b0a-9a55-0c1d2e3f4a5b"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("administration-tools")


@pytest.fixture(scope="module")
def deployed(folder: Path) -> Iterator[System]:
    with system(folder) as made, administered(made):
        yield made


def keys(gate24: System) -> list[str]:
    return [item["pk"]["S"] for item in gate24.items() if item["pk"]["S"].startswith("KEY#")]


def test_consents_are_tried_and_then_imported_without_a_key(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    phone, file, before = new_number(), tmp_path / "consents.csv", deployed.items()
    file.write_text(f"phone,action,source\n{phone},opt_in,camp\n12,opt_in,camp\n")
    asked = ("consents", "import", str(file), "--organization", ORG)
    tried = Printed(capsys, *asked, "--dry-run", "--json")
    assert tried.status == 1
    assert tried.json == {
        "dry_run": True,
        "recorded": 1,
        "already_known": 0,
        "outdated": 0,
        "rejected": 1,
        "outdated_rows": [],
        "rejected_rows": [{"row": 2, "reason": "phone is no phone number: '12'"}],
    }
    assert deployed.items() == before
    assert [each.name for each in tmp_path.iterdir()] == ["consents.csv"]
    imported = Printed(capsys, *asked)
    assert imported.status == 1
    assert imported.out.splitlines() == [
        f"Rejected rows, with reasons: {file}.rejected.csv",
        "1 recorded, 0 already known, 1 rejected",
    ]
    history = deployed.http("GET", f"/v1/contacts/{phone}/consents").json["data"]
    assert [each["source"] for each in history] == ["camp"]
    assert keys(deployed) == [item["pk"]["S"] for item in before if item["pk"]["S"].startswith("KEY#")]


def test_a_consent_that_is_older_than_what_the_contact_said_is_no_failure(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    phone, file = new_number(), tmp_path / "consents.csv"
    contact_opted_out(deployed, phone, HOUR)
    file.write_text(f"phone,action,at\n{phone},opt_in,2025-11-01T10:00:00Z\n")
    asked = ("consents", "import", str(file), "--organization", ORG)
    tried = Printed(capsys, *asked, "--dry-run")
    assert (tried.status, tried.out.splitlines()[0].partition(" on ")[0]) == (
        0,
        "Row 1: outdated: the contact opted out",
    )
    imported = Printed(capsys, *asked)
    assert (imported.status, imported.out) == (0, "0 recorded, 0 already known, 1 outdated, 0 rejected\n")
    assert deployed.contact(phone)["consent"]["status"] == "opted_out"
    assert [each.name for each in tmp_path.iterdir()] == ["consents.csv"]


def imported(capsys: pytest.CaptureFixture[str], file: Path, rows: str) -> dict[str, Any]:
    """What became of the rows: how many of which outcome."""
    file.write_text(f"phone,action,at,source,evidence\n{rows}\n")
    found = Printed(capsys, "consents", "import", str(file), "--organization", ORG, "--json").json
    return {name: count for name, count in found.items() if name not in ("dry_run", "rejected_file") and count}


def test_each_row_of_consents_that_is_not_taken_is_told_with_its_reason(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    new, stopped, changed, file = new_number(), new_number(), new_number(), tmp_path / "consents.csv"
    contact_opted_out(deployed, stopped, 10 * HOUR)
    contact_opted_out(deployed, changed, 100 * HOUR)
    rows = [
        f'+91 {new[3:8]} {new[8:]},opt_in,{rfc3339(now() - 30 * HOUR)},camp,"form 17, page 2"',
        f"{stopped},opt_in,{rfc3339(now() - 40 * HOUR)},camp,old form",
        f"{stopped},opt_in,,camp,undated form",
        f"{changed},opt_in,{rfc3339(now() - 50 * HOUR)},,",
        "12,opt_in,,,",
        f"{new},maybe,,,",
        f"{new},opt_in,yesterday,,",
        f"{new},opt_in,2999-01-01T00:00:00Z,,",
        ",opt_in,,,",
        f"{new},opt_in,,,,,surplus",
    ]
    file.write_text("\n".join(("phone,action,at,source,evidence", *rows)), encoding="utf-8-sig")
    asked = ("consents", "import", str(file), "--organization", ORG)
    tried = Printed(capsys, *asked, "--dry-run", "--json").json
    counts = {"recorded": 2, "already_known": 0, "outdated": 1, "rejected": 7}
    assert {name: tried[name] for name in counts} == counts
    (outdated,) = tried["outdated_rows"]
    assert outdated["row"] == 2 and outdated["reason"].startswith("the contact opted out on ")
    reasons = {each["row"]: each["reason"] for each in tried["rejected_rows"]}
    assert reasons.pop(3).endswith(": say in the column at when the contact opted in")
    assert reasons == {
        5: "phone is no phone number: '12'",
        6: "action is 'maybe', and must be opt_in or opt_out",
        7: "at is no time like 2026-11-22T10:00:00+05:30: 'yesterday'",
        8: "at is in the future: '2999-01-01T00:00:00Z'",
        9: "phone is empty",
        10: "more cells than columns",
    }
    done = Printed(capsys, *asked, "--json").json
    assert {name: done[name] for name in counts} == counts
    with (tmp_path / "consents.csv.rejected.csv").open(newline="", encoding="utf-8") as written:
        assert [int(each["row"]) for each in csv.DictReader(written)] == [3, *range(5, 11)]
    assert deployed.contact(changed)["consent"]["status"] == "opted_in"
    assert deployed.contact(stopped)["consent"]["status"] == "opted_out"


def test_consents_have_the_date_that_the_file_says_or_that_of_the_import_and_count_once(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    dated, undated, file = new_number(), new_number(), tmp_path / "consents.csv"
    rows = f"{dated},opt_in,2026-01-02 10:00,camp,form 7\n{undated},opt-out,,,"
    began = now()
    assert imported(capsys, file, rows) == {"recorded": 2}
    history = deployed.http("GET", f"/v1/contacts/{dated}/consents").json["data"]
    assert [(each["action"], each["at"], each["source"], each["evidence"]) for each in history] == [
        ("opt_in", "2026-01-02T04:30:00.000Z", "camp", "form 7")
    ]
    consent = deployed.contact(undated)["consent"]
    assert (consent["status"], consent["source"]) == ("opted_out", "import")
    assert consent["at"] >= rfc3339(began)
    before = deployed.items()
    assert imported(capsys, file, rows) == {"already_known": 2}
    assert deployed.items() == before


def test_a_consent_without_a_date_does_not_overrule_an_opt_out_and_a_later_one_does(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    phone, file = new_number(), tmp_path / "consents.csv"
    contact_opted_out(deployed, phone, HOUR)
    assert imported(capsys, file, f"{phone},opt_in,,camp,") == {"rejected": 1}
    assert "say in the column at when the contact opted in" in (tmp_path / "consents.csv.rejected.csv").read_text()
    assert imported(capsys, file, f"{phone},opt_in,{rfc3339(now() - 1000)},camp,") == {"recorded": 1}
    assert deployed.contact(phone)["consent"]["status"] == "opted_in"
    assert imported(capsys, file, f"{phone},,,camp,") == {"rejected": 1}


def test_what_somebody_agreed_to_after_an_erasure_is_taken_and_nothing_before_it(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    phone, file = new_number(), tmp_path / "consents.csv"
    assert imported(capsys, file, f"{phone},opt_in,{rfc3339(now() - HOUR)},camp,") == {"recorded": 1}
    assert deployed.http("DELETE", f"/v1/contacts/{phone}").status in (202, 204)
    assert imported(capsys, file, f"{phone},opt_in,{rfc3339(now() - HOUR)},camp,") == {"outdated": 1}
    assert deployed.http("GET", f"/v1/contacts/{phone}").status == 404
    assert imported(capsys, file, f"{phone},opt_in,,camp,") == {"recorded": 1}
    assert deployed.contact(phone)["consent"]["status"] == "opted_in"


def test_consents_of_people_who_hide_their_number_are_imported(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    user, file = f"IN.{new_number()[1:]}", tmp_path / "consents.csv"
    assert imported(capsys, file, f"{user},opt_in,,camp,") == {"recorded": 1}
    assert deployed.http("GET", f"/v1/contacts/{user}").json["consent"]["status"] == "opted_in"
    assert imported(capsys, file, f"{user},opt_in,,camp,") == {"already_known": 1}


def test_an_import_of_consents_that_is_broken_off_does_not_say_that_nothing_was_done(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "consents.csv"
    file.write_text(f"phone,action\n{new_number()},opt_in\n")

    def broken_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(contact_rows, "import_contacts", broken_off)
    printed = Printed(capsys, "consents", "import", str(file), "--organization", ORG)
    assert (printed.status, printed.err.splitlines()[-1]) == (
        1,
        "gate24: Not finished. Run the same command again to continue.",
    )


def test_templates_of_a_channel_are_synced_with_the_channels_own_key(
    deployed: System, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "bsp.json"
    config = json.loads(path.read_text())
    listed = [
        {"id": "t-1", "elementName": "visit", "languageCode": "en", "status": "APPROVED", "data": "Dear {{1}}"},
        {"id": "t-2", "elementName": "cards", "languageCode": "en", "status": "APPROVED", "templateType": "CAROUSEL"},
    ]
    config["channels"][0] |= {"templates": listed, "app_id": "app-1"}
    path.write_text(json.dumps(config))
    printed = Printed(capsys, "templates", "sync", GUPSHUP, "--app-id", "app-1")
    assert (printed.status, printed.out.splitlines()) == (
        1,
        [
            "entered  visit (en): approved",
            "skipped  cards (en): templates of type CAROUSEL are not supported",
            "withdrawn  reminder (en): the provider no longer lists it",
            "1 entered, 1 skipped, 1 withdrawn",
        ],
    )
    data = deployed.http("GET", "/v1/templates").json["data"]
    assert [each["bsp_template_id"] for each in data if each["name"] == "visit"] == ["t-1"]
    config["channels"][0]["app_id"] = APP_ID
    path.write_text(json.dumps(config))
    assert Printed(capsys, "channel", "set", GUPSHUP, "--app-id", APP_ID, "--json").json["app_id"] == APP_ID
    printed = Printed(capsys, "templates", "sync", GUPSHUP, "--json")
    assert [each["name"] for each in printed.json["data"]] == ["visit", "cards"], "the channel's own id is asked for"
    change_channel(GUPSHUP, app_id=None)
    config["channels"][0]["app_id"] = ""  # the simulator knows the app by its name then, and so does the command
    path.write_text(json.dumps(config))
    assert deployed.simulator is not None
    with administered(deployed, Simulator(deployed.simulator.url, path)):
        printed = Printed(capsys, "templates", "sync", GUPSHUP, "--json")
    assert [each["name"] for each in printed.json["data"]] == ["visit", "cards"]
    put_channel_secrets(GUPSHUP, webhook_tokens=[TOKEN])
    secrets.forget()
    printed = Printed(capsys, "templates", "sync", GUPSHUP, "--app-id", "app-1")
    assert (printed.status, "secret set learning-gupshup api-key" in printed.err) == (2, True)


def test_templates_of_an_account_at_meta_are_synced_page_by_page(
    deployed: System, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "bsp.json"
    config = json.loads(path.read_text())
    channel = next(each for each in config["channels"] if each["id"] == META)
    header = {"type": "HEADER", "format": "IMAGE"}
    facts = {"language": "en_US", "status": "APPROVED", "category": "UTILITY"}
    body = {"type": "BODY", "text": "Dear {{name}}, {{day}} for {{name}}"}
    listed = [
        facts | {"id": "11", "name": "poster", "category": "MARKETING", "components": [header, body]},
        facts | {"id": "12", "name": "cards", "components": [body, {"type": "CAROUSEL"}]},
        facts | {"id": "13", "name": "where", "components": [header | {"format": "LOCATION"}, body]},
        facts | {"id": "14", "name": "odd", "status": "MELTED", "components": [body]},
        {"id": "15", "elementName": "reminder", "languageCode": "hi", "status": "PAUSED", "data": "Class {{1}}"},
        facts | {"name": "nameless", "components": [body]},
    ]
    channel |= {"templates": listed, "waba_id": "100000000000009"}
    path.write_text(json.dumps(config))
    monkeypatch.setattr(template_lists, "_PAGE", 2)
    printed = Printed(capsys, "templates", "sync", META, "--waba-id", "100000000000009")
    assert (printed.status, printed.out.splitlines()) == (
        1,
        [
            "entered  poster (en_US): approved",
            "skipped  cards (en_US): templates with CAROUSEL are not supported",
            "skipped  where (en_US): headers of format LOCATION are not supported",
            "skipped  odd (en_US): its status MELTED or category UTILITY is unknown",
            "entered  reminder (hi): paused",
            "skipped  nameless (en_US): it has no id, no name or no language",
            "withdrawn  reminder (en): the provider no longer lists it",
            "2 entered, 4 skipped, 1 withdrawn",
        ],
    )
    data = deployed.http("GET", "/v1/templates?limit=100").json["data"]
    assert {each["name"]: each for each in data if each["channel"] == META}["poster"] == {
        "channel": META,
        "name": "poster",
        "bsp_template_id": "11",
        "language": "en_US",
        "category": "marketing",
        "status": "approved",
        "params": 2,
        "media": "image",
        "body": body["text"],
    }
    assert deployed.simulator is not None
    with administered(deployed, Simulator(deployed.simulator.url, path)):
        assert len(Printed(capsys, "templates", "sync", META, "--json").json["data"]) == 6
    printed = Printed(capsys, "templates", "sync", META, "--waba-id", "7")
    assert (printed.status, "Meta answered 400 to the request for the list (" in printed.err) == (1, True)
    assert "look them up" in printed.err
    assert "Run the same command again" not in printed.err
    with administered(deployed, Simulator(deployed.simulator.url, path)):
        printed = Printed(capsys, "templates", "sync", META, "--waba-id", "7")
    assert (printed.status, "On the local stack leave --waba-id out" in printed.err) == (1, True)
    printed = Printed(capsys, "templates", "sync", META)
    assert (printed.status, "Give --waba-id" in printed.err) == (2, True)


def test_days_are_computed_for_one_organization_or_all(deployed: System, capsys: pytest.CaptureFixture[str]) -> None:
    contact_wrote(deployed, new_number(), HOUR)
    printed = Printed(capsys, "rollup", "--organization", ORG, "--json")
    assert printed.status == 0
    assert {day["organization"] for day in printed.json["days"]} == {ORG}
    day = next(day for day in printed.json["days"] if day["total"] != "0")
    stored = daily_costs(deployed, day["date"], day["date"])
    assert [(each["date"], each["total"]) for each in stored] == [(day["date"], day["total"])]
    lines = Printed(capsys, "rollup", "--from", "2026-11-01", "--to", "2026-11-01").out.splitlines()
    assert lines[0].split() == ["ORGANIZATION", "DAY", "STATUS", "TOTAL", "CHANGED"]
    assert [line.split()[:2] for line in lines[1:]] == [[OTHER_ORG, "2026-11-01"], [ORG, "2026-11-01"]]


WRONG = [
    ["consents", "import", "nowhere.csv", "--organization", ORG],
    ["consents", "import", __file__, "--organization", ORG],
    ["consents", "import", __file__],
    ["templates", "sync", GUPSHUP],
    ["templates", "sync", "nothing", "--app-id", "a"],
    ["templates", "sync", META, "--app-id", "a"],
    ["rollup", "--from", "2026-11-01"],
    ["rollup", "--from", "2026-11-02", "--to", "2026-11-01"],
    ["rollup", "--from", "2026-11-31", "--to", "2026-12-01"],
    ["rollup", "--organization", "nobody"],
    ["rollup", "--from", "2026-11-01", "--to", "2999-01-01"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=lambda arguments: " ".join(arguments[:2] + arguments[3:]))
def test_what_is_asked_wrongly_is_refused_with_2_and_changes_nothing(
    deployed: System, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    before = deployed.items()
    printed = Printed(capsys, *arguments)
    assert (printed.status, printed.out) == (2, "")
    assert printed.err.startswith("gate24: ")
    assert deployed.items() == before


def test_an_unknown_organization_gets_no_key(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file, before = tmp_path / "consents.csv", deployed.items()
    file.write_text("phone,action\n")
    printed = Printed(capsys, "consents", "import", str(file), "--organization", "nobody")
    assert (printed.status, printed.err) == (2, "gate24: There is no organization nobody.\n")
    assert deployed.items() == before
