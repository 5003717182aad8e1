"""``./gate24 contacts import``: contacts of another software, with their consents and open windows."""

import csv
import io
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import pytest

from gate24.api import contact_rows
from gate24.api.contact_rows import FORMATS, Done, Reading, Row
from gate24.store import aws, key_fingerprint, keys, organizations, table
from gate24.store import contact_import as stored_imports
from gate24.store.table import StoreError
from infra.admin import contact_import
from infra.admin.contact_import import Broken, Processes, progress_file, rejected_file
from infra.admin.deployment import Deployment
from infra.admin.outcome import Failed
from stack.settings import ROOT
from tests.support.administration import Printed, administered
from tests.support.bodies import meta_number_change
from tests.support.memory_table import memory_table
from tests.support.scene import HOUR, MINUTE, contact_opted_out, contact_wrote, epoch_ms, new_number, now, post_webhook
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, System, system

COLUMNS = "phone,name,consent,consent_at,consent_source,consent_evidence,last_inbound_at,channel"
Run = Callable[..., Printed]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("contacts"), simulate=False) as made, administered(made):
        yield made


@pytest.fixture(scope="module")
def moved(real: System) -> Iterator[System]:
    with memory_table(real.dynamodb):
        yield real


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda file, *more: Printed(capsys, "contacts", "import", str(file), "--organization", ORG, *more)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "contacts.csv"


def ago(ms: int) -> str:
    return (datetime.now(UTC) - timedelta(milliseconds=ms)).isoformat(timespec="seconds")


def write(file: Path, *rows: str, columns: str = COLUMNS) -> Path:
    file.write_text("\n".join((columns, *rows, "")), encoding="utf-8")
    return file


def tried(run: Run, file: Path, *more: str) -> list[tuple[str, str | None]]:
    """Outcome and reason of each row."""
    return [(each["outcome"], each["reason"]) for each in run(file, "--dry-run", "--json", *more).json["rows"]]


def counts(printed: Printed) -> list[int]:
    return [printed.json[name] for name in ("imported", "updated", "unchanged", "outdated", "rejected")]


def test_who_wrote_before_the_move_may_be_written_to_after_it(real: System, run: Run, file: Path) -> None:
    phone, silent, long_ago = new_number(), new_number(), new_number()
    wrote, said = ago(2 * HOUR), ago(900 * HOUR)
    write(
        file,
        f'+91 {phone[2:7]} {phone[7:]},Asha,opt_in,{said},paper form,"form 17, page 2",{wrote},{GUPSHUP}',
        f"{silent},,,,,,,",
        f"{long_ago},Ravi,,,,,{ago(30 * HOUR)},{META}",
    )
    assert counts(run(file, "--json")) == [3, 0, 0, 0, 0]
    contact = real.contact(phone)
    assert (contact["name"], contact["consent"]["status"], contact["consent"]["source"]) == (
        "Asha",
        "opted_in",
        "paper form",
    )
    assert epoch_ms(contact["consent"]["at"]) == epoch_ms(said)
    window = real.window(phone)
    assert (window["state"], epoch_ms(window["expires_at"])) == ("open", (epoch_ms(wrote) or 0) + 24 * HOUR)
    may = real.check({"to": f"+{phone}", "channel": GUPSHUP, "type": "text", "text": {"body": "Hello"}}).json
    assert may["decision"] == "allow"
    (entry,) = real.http("GET", f"/v1/contacts/{phone}/consents").json["data"]
    assert (entry["action"], entry["evidence"], entry["actor"]) == ("opt_in", "form 17, page 2", "contacts import")
    assert real.window(long_ago, META)["state"] == "closed"
    assert real.contact(silent)["windows"][0]["window"]["state"] == "never_opened"
    listed = {each["phone"] for each in real.http("GET", "/v1/contacts?window=open&limit=100").json["data"]}
    assert f"+{phone}" in listed and f"+{long_ago}" not in listed
    everybody = {each["phone"] for each in real.http("GET", "/v1/contacts?limit=100").json["data"]}
    assert {f"+{each}" for each in (phone, silent, long_ago)} <= everybody
    before = real.items()
    again = run(file)
    assert (again.status, again.out.splitlines()) == (
        0,
        ["Nothing was changed.", "0 imported, 0 updated, 3 unchanged, 0 rejected"],
    )
    assert real.items() == before
    assert [each.name for each in file.parent.iterdir()] == ["contacts.csv"]


GOOD = "+919876500055"
LATER = "2999-01-01T00:00:00Z"
LONG = "x" * 2001
NO_TIME = "is no time like 2026-11-22T10:00:00+05:30"
NUMBER = "phone is no phone number: "
WRONG_VALUES = [
    (",Asha,,,,,,", "phone is empty"),
    ("Asha,,,,,,,", f"{NUMBER}'Asha'"),
    ("12,,,,,,,", f"{NUMBER}'12'"),
    ("IN.919876500055abc,,,,,,,", f"{NUMBER}'IN.919876500055abc'"),
    ("98765 00055,,,,,,,", "phone: The number lacks its country code: write +919876500055."),
    (f"{GOOD},{LONG[:201]},,,,,,", "name is longer than 200 characters"),
    (f"{GOOD},,maybe,2026-11-01,form,,,", "consent is 'maybe', and must be opt_in or opt_out"),
    (f"{GOOD},,opt_in,,form,,,", "consent_at is empty: say when the consent was given"),
    (f"{GOOD},,opt_in,2026-11-01,,,,", "consent_source is empty: say where the consent was given"),
    (f"{GOOD},,,2026-11-01,,,,", "consent_at is given, but not consent: opt_in or opt_out"),
    (f"{GOOD},,,,form,,,", "consent_source is given, but not consent: opt_in or opt_out"),
    (f"{GOOD},,,,,page 2,,", "consent_evidence is given, but not consent: opt_in or opt_out"),
    (f"{GOOD},,opt_in,yesterday,form,,,", f"consent_at {NO_TIME}: 'yesterday'"),
    (f"{GOOD},,opt_in,2026-02-30,form,,,", f"consent_at {NO_TIME}: '2026-02-30'"),
    (f"{GOOD},,opt_in,2026-11-01T25:00:00Z,form,,,", f"consent_at {NO_TIME}: '2026-11-01T25:00:00Z'"),
    (f"{GOOD},,opt_in,2026-11-01T10:00:00+99:00,form,,,", f"consent_at {NO_TIME}: '2026-11-01T10:00:00+99:00'"),
    (f"{GOOD},,opt_in,{LATER},form,,,", f"consent_at is in the future: '{LATER}'"),
    (f"{GOOD},,opt_in,1999-01-01,form,,,", "consent_at is before 2009, when WhatsApp began: '1999-01-01'"),
    (
        f"{GOOD},,opt_in,2026-11-01 10:00,form,,,",
        "consent_at has no offset like +05:30, and no --timezone (by API: timezone) is given: '2026-11-01 10:00'",
    ),
    (f"{GOOD},,opt_in,2026-11-01,{LONG[:101]},,,", "consent_source is longer than 100 characters"),
    (f"{GOOD},,opt_in,2026-11-01,form,{LONG},,", "consent_evidence is longer than 2000 characters"),
    (f"{GOOD},,,,,,today,{GUPSHUP}", f"last_inbound_at {NO_TIME}: 'today'"),
    (f"{GOOD},,,,,,{LATER},{GUPSHUP}", f"last_inbound_at is in the future: '{LATER}'"),
    (
        f"{GOOD},,,,,,2026-11-01T10:00:00,{GUPSHUP}",
        "last_inbound_at has no offset like +05:30, and no --timezone (by API: timezone) is given: "
        "'2026-11-01T10:00:00'",
    ),
    (
        f"{GOOD},,,,,,2026-11-01T10:00:00Z,",
        "channel is empty: say to which the person wrote, here or by --channel (by API: channel): "
        "learning-gupshup, learning-meta",
    ),
    (
        f"{GOOD},,,,,,2026-11-01T10:00:00Z,nothing",
        "channel: there is no 'nothing'; the organization has: learning-gupshup, learning-meta",
    ),
    (f"{GOOD},,,,,,,,more", "more cells than columns"),
    (
        f"12,,maybe,yesterday,,,{LATER},{GUPSHUP}",
        f"{NUMBER}'12'; consent is 'maybe', and must be opt_in or opt_out; consent_source is empty: say where the "
        f"consent was given; consent_at {NO_TIME}: 'yesterday'; last_inbound_at is in the future: '{LATER}'",
    ),
]


def test_every_wrong_value_has_its_sentence_and_stops_no_other_row(moved: System, run: Run, file: Path) -> None:
    last = new_number()
    write(file, *(row for row, _ in WRONG_VALUES), f"{last},,,,,,,")
    expected: list[tuple[str, str | None]] = [("rejected", reason) for _, reason in WRONG_VALUES]
    assert tried(run, file) == [*expected, ("imported", None)]
    printed = run(file)
    assert (printed.status, printed.out.splitlines()) == (
        1,
        [
            f"Rejected rows, with reasons: {file}.rejected.csv",
            f"1 imported, 0 updated, 0 unchanged, {len(WRONG_VALUES)} rejected",
        ],
    )
    with rejected_file(file).open(newline="", encoding="utf-8") as text:
        found = list(csv.DictReader(text))
    assert [(each["row"], each["reason"]) for each in found] == [
        (str(number), reason) for number, (_, reason) in enumerate(WRONG_VALUES, 1)
    ]
    assert found[2]["phone"] == "12"
    lines = rejected_file(file).read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"row,reason,{COLUMNS}"
    assert all(line.endswith(f",{row}") for line, (row, _) in zip(lines[1:], WRONG_VALUES, strict=True))
    assert moved.contact(last)["phone"] == f"+{last}"
    assert moved.http("GET", f"/v1/contacts/{GOOD}").status == 404


def test_an_opt_out_of_today_needs_the_time_of_day(moved: System, run: Run, file: Path) -> None:
    today = datetime.now(ZoneInfo("Asia/Kolkata")).date().isoformat()
    write(file, f"{GOOD},,opt_out,{today},form,,,", f"{new_number()},,opt_in,{today},form,,,")
    expected = "consent_at is today: give the time of day, too, like 2026-11-22T10:00:00+05:30"
    assert tried(run, file) == [("rejected", expected), ("imported", None)]


TABLES = [
    (b"", "The first line must name the column phone"),
    (b"number,name\n", "The first line must name the column phone"),
    (b"phone,colour\n1,2\n", "The first line names 'colour'; it may name: phone, name, consent"),
    (b"phone,Optin_Time\n1,2\n", "Another format has such columns: --format glific (by API: format)."),
    (b"phone\n\xff\xfe\n", "codec can't decode"),
]


@pytest.mark.parametrize(("content", "sentence"), TABLES, ids=[sentence for _, sentence in TABLES])
def test_a_file_that_is_no_such_table_is_not_begun(
    moved: System, run: Run, file: Path, content: bytes, sentence: str
) -> None:
    file.write_bytes(content)
    printed = run(file)
    assert (printed.status, sentence in printed.err, printed.out) == (2, True, "")
    assert [each.name for each in file.parent.iterdir()] == ["contacts.csv"]


OPTIONS = [
    (["--organization", "nobody"], "There is no organization nobody."),
    (["--channel", "nothing"], f"The organization {ORG} has no channel nothing."),
    (["--time-zone", "Mars/Base"], "'Mars/Base' is no time zone like Asia/Kolkata."),
    (["--time-zone", "../etc/passwd"], "'../etc/passwd' is no time zone like Asia/Kolkata."),
    (["--processes", "0"], "0 is not in the range 1<=x<=64."),
    (["--format", "excel"], "'excel' is not one of 'plain', 'consents', 'glific', 'gupshup'"),
]


@pytest.mark.parametrize(("options", "sentence"), OPTIONS, ids=[" ".join(options) for options, _ in OPTIONS])
def test_a_wrong_option_has_its_sentence(
    moved: System, run: Run, file: Path, options: list[str], sentence: str
) -> None:
    write(file, f"{GOOD},,,,,,,")
    printed = run(file, *options)
    assert (printed.status, printed.out) == (2, "")
    assert sentence in printed.err


def test_what_holds_here_is_not_moved_back(moved: System, run: Run, file: Path) -> None:
    stopped, agreed, blocked, wrote, gone = (new_number() for _ in range(5))
    contact_opted_out(moved, stopped, 10 * HOUR)
    contact_opted_out(moved, agreed, 100 * HOUR)
    contact_wrote(moved, wrote, HOUR)
    contact_wrote(moved, gone, HOUR)
    assert moved.http("PUT", f"/v1/contacts/{blocked}/block").status == 200
    assert moved.http("DELETE", f"/v1/contacts/{gone}").status in (202, 204)
    name = moved.contact(wrote)["name"]
    rows = [
        f"{stopped},,opt_in,{ago(40 * HOUR)},form,,,",
        f"{agreed},,opt_in,{ago(50 * HOUR)},form,,,",
        f"{blocked},,opt_in,{ago(50 * HOUR)},form,,{ago(HOUR)},{GUPSHUP}",
        f"{wrote},Another,,,,,{ago(3 * HOUR)},{GUPSHUP}",
        f"{gone},Asha,opt_in,{ago(50 * HOUR)},form,,{ago(MINUTE)},{GUPSHUP}",
    ]
    before = moved.window(wrote)
    first = tried(run, write(file, *rows))
    assert [outcome for outcome, _ in first] == ["updated", "updated", "updated", "unchanged", "outdated"]
    assert re.fullmatch(r"opted out on \S+Z, and stays so", first[0][1] or "")
    assert [first[1][1], first[2][1], first[3][1]] == [None, "is blocked here, and stays so", None]
    assert re.fullmatch(r"was erased on \S+Z: the import brings nobody back", first[4][1] or "")
    assert counts(run(file, "--json")) == [0, 3, 1, 1, 0]
    assert moved.contact(stopped)["consent"]["status"] == "opted_out"
    assert moved.contact(agreed)["consent"]["status"] == "opted_in"
    assert moved.contact(blocked)["blocked"] is True
    assert (moved.contact(wrote)["name"], moved.window(wrote)["last_inbound_at"]) == (name, before["last_inbound_at"])
    assert moved.http("GET", f"/v1/contacts/{gone}").status == 404
    stored = without_audit_log(moved)
    again = run(file)
    assert (again.status, again.out.splitlines()) == (
        0,  # nothing is wrong with the file
        ["Nothing was changed.", "0 imported, 0 updated, 4 unchanged, 1 outdated, 0 rejected"],
    )
    assert without_audit_log(moved) == stored


def without_audit_log(moved: System) -> list[Any]:
    """The table's items. That somebody imported what is outdated is noted, whatever came of it."""
    return [item for item in moved.items() if not item["pk"]["S"].startswith(f"{keys.AUDIT}#")]
    assert [each.name for each in file.parent.iterdir()] == ["contacts.csv"]


def test_the_rejected_rows_are_mended_where_they_are_and_imported_again(moved: System, run: Run, file: Path) -> None:
    phone, other = new_number(), new_number()
    wrote = ago(2 * HOUR)
    write(file, f'{phone},"Asha, of the camp",opt_in,last May,form,"page\n2",{wrote},{GUPSHUP}', f"{other},,no,,,,,")
    assert counts(run(file, "--json")) == [0, 0, 0, 0, 2]
    mended = rejected_file(file)
    mended.write_text(mended.read_text(encoding="utf-8").replace(",last May,", ",2026-05-02,"), encoding="utf-8")
    assert counts(run(mended, "--json")) == [1, 0, 0, 0, 1]
    contact = moved.contact(phone)
    assert (contact["name"], contact["consent"]["status"]) == ("Asha, of the camp", "opted_in")
    assert moved.window(phone)["state"] == "open"
    with rejected_file(mended).open(newline="", encoding="utf-8") as text:
        (left,) = csv.DictReader(text)
    assert (left["row"], left["phone"], left["consent"]) == ("2", other, "no")


def test_what_is_newer_in_the_file_holds(moved: System, run: Run, file: Path) -> None:
    phone = new_number()
    contact_wrote(moved, phone, 20 * HOUR)
    write(file, f"{phone},,opt_out,{ago(HOUR)},call,,{ago(2 * HOUR)},{GUPSHUP}")
    assert counts(run(file, "--json")) == [0, 1, 0, 0, 0]
    assert moved.contact(phone)["consent"]["status"] == "opted_out"
    window = moved.window(phone)
    assert (now() - (epoch_ms(window["last_inbound_at"]) or 0)) // HOUR == 2
    assert (now() - (epoch_ms(window["opened_at"]) or 0)) // HOUR == 20  # one run of messages


def test_a_refusal_of_somebody_who_was_erased_is_kept_and_nothing_else(moved: System, run: Run, file: Path) -> None:
    gone = new_number()
    contact_wrote(moved, gone, HOUR)
    moved.http("DELETE", f"/v1/contacts/{gone}")
    write(file, f"{gone},Asha,opt_out,{ago(HOUR)},form,,,")
    assert counts(run(file, "--json")) == [0, 0, 0, 1, 0]
    assert moved.http("GET", f"/v1/contacts/{gone}").status == 404
    message = {"to": f"+{gone}", "channel": GUPSHUP, "type": "text", "text": {"body": "Hello"}}
    assert moved.check(message).json["code"] == "opted_out"


def test_what_is_older_than_an_erasure_is_not_taken_of_who_wrote_since(moved: System, run: Run, file: Path) -> None:
    phone = new_number()
    contact_wrote(moved, phone, HOUR)
    moved.http("DELETE", f"/v1/contacts/{phone}")
    contact_wrote(moved, phone, -1)
    write(file, f"{phone},Asha,opt_in,{ago(30 * HOUR)},form,,,", f"{phone},Asha,,,,,,")
    assert [outcome for outcome, _ in tried(run, file)] == ["outdated", "unchanged"]


def test_what_was_said_before_a_number_changed_hands_is_not_the_next_persons(
    moved: System, run: Run, file: Path
) -> None:
    old, new = new_number(), new_number()
    contact_wrote(moved, old, 20 * HOUR, META)
    post_webhook(moved, META, meta_number_change(old, new, now() - 10 * HOUR, META_NUMBER))
    rows = (f"{old},,opt_in,{ago(hours * HOUR)},form,,," for hours in (15, 5))
    windows = (f"{old},Asha,,,,,{ago(hours * HOUR)},{META}" for hours in (15, 5))
    write(file, *rows, f"{old},Asha,,,,,,", *windows)
    found = tried(run, file)
    assert [outcome for outcome, _ in found] == [*["outdated"] * 4, "updated"]
    expected = r"the number changed hands on \S+Z: the row may be of somebody else"
    assert re.fullmatch(expected, found[0][1] or "")
    assert counts(run(file, "--json")) == [0, 1, 0, 4, 0]
    assert [moved.contact(phone)["consent"]["status"] for phone in (old, new)] == ["none", "none"]
    assert (moved.window(old, META)["state"], moved.contact(old)["phone"]) == ("open", f"+{old}")
    assert (now() - (epoch_ms(moved.window(old, META)["last_inbound_at"]) or 0)) // HOUR == 5
    assert counts(run(file, "--json"))[1] == 0


def test_one_number_in_several_rows_is_one_contact(moved: System, run: Run, file: Path) -> None:
    phone = new_number()
    write(
        file,
        f"{phone},,opt_in,{ago(30 * HOUR)},form,,{ago(5 * HOUR)},{GUPSHUP}",
        f"+91-{phone[2:]},Asha,opt_out,{ago(20 * HOUR)},call,,{ago(3 * HOUR)},{META}",
    )
    assert counts(run(file, "--json")) == [1, 1, 0, 0, 0]
    contact = moved.contact(phone)
    assert (contact["name"], contact["consent"]["status"]) == ("Asha", "opted_out")
    assert {moved.window(phone, channel)["state"] for channel in (GUPSHUP, META)} == {"open"}
    assert counts(run(file, "--json")) == [0, 0, 2, 0, 0]


def test_who_writes_while_the_batch_is_written_is_joined_with_it(
    moved: System, run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = [new_number() for _ in range(3)]
    add_all = stored_imports.add_all

    def late(*arguments: Any) -> Any:
        contact_wrote(moved, phones[1], MINUTE)
        return add_all(*arguments)

    monkeypatch.setattr(stored_imports, "add_all", late)
    write(file, *(f"{phone},,opt_in,{ago(9 * HOUR)},form,,{ago(5 * HOUR)},{GUPSHUP}" for phone in phones))
    assert counts(run(file, "--json")) == [2, 1, 0, 0, 0]
    for phone in phones:
        assert moved.contact(phone)["consent"]["status"] == "opted_in"
        assert (now() - (epoch_ms(moved.window(phone)["last_inbound_at"]) or 0)) // HOUR == (
            0 if phone == phones[1] else 5
        )


def test_an_import_that_was_broken_off_goes_on_where_it_was(
    moved: System, run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = [new_number() for _ in range(120)]
    write(
        file, *(f"{phone},,,,,,," for phone in phones[:60]), "12,,,,,,,", *(f"{phone},,,,,,," for phone in phones[60:])
    )
    monkeypatch.setattr(contact_import, "AT_ONCE", 1)
    done, do = [0], contact_rows.take

    def breaks(*arguments: Any) -> Any:
        done[0] += 1
        if done[0] >= 4:
            raise StoreError("TransactWriteItems", "ThrottlingException")
        return do(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(contact_import, "take", breaks)
        printed = run(file)
    assert (printed.status, "Run the same command again to continue." in printed.err) == (1, True)
    assert progress_file(file).exists()
    with monkeypatch.context() as patch:  # Ctrl-C
        patch.setattr(contact_import, "take", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        printed = run(file)
    assert (printed.status, "Not finished. Run the same command again to continue." in printed.err) == (1, True)
    begun = []

    def notes(reading: Reading, batch: list[Row], dry_run: bool) -> Any:
        begun.append(batch[0].number)
        return do(reading, batch, dry_run)

    monkeypatch.setattr(contact_import, "take", notes)
    assert counts(run(file, "--json")) == [120, 0, 0, 0, 1]
    assert begun == [76, 101]
    assert len(rejected_file(file).read_text().splitlines()) == 2
    assert not progress_file(file).exists()
    assert counts(run(file, "--json")) == [0, 0, 120, 0, 1]
    progress_file(file).write_text('{"asked": "another import", "rows": 100, "rejected_bytes": 5, "counts": {}}')
    assert counts(run(file, "--json")) == [0, 0, 120, 0, 1]
    assert len(rejected_file(file).read_text().splitlines()) == 2


def test_a_file_is_read_no_further_than_it_is_imported(
    moved: System, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = [0]

    def rows(*_: object) -> Iterator[int]:
        for number in range(100_000):
            read[0] += 1
            yield number

    monkeypatch.setattr(contact_import, "rows", rows)
    monkeypatch.setattr(contact_import, "take", lambda reading, batch, dry_run: batch)
    organization = organizations.organization(ORG)
    assert organization is not None
    reading = Reading(FORMATS["plain"], organization, [], None, None, 0)
    batches = contact_import._done(file, reading, 0, True, Processes(1, lambda: None))
    next(batches)
    assert read[0] <= 2 * contact_import.AT_ONCE * stored_imports.MOST_AT_ONCE
    batches.close()  # type: ignore[attr-defined]


def test_processes_share_the_work_and_keep_the_order_of_the_rows(
    moved: System, run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a copy of the table in memory here, so that it tells its own number and writes nothing."""
    write(file, *(f"{number},,,,,,," for number in range(40)))
    connected = file.with_name("connected")
    monkeypatch.setattr(contact_import, "AT_ONCE", 2)
    monkeypatch.setattr(contact_import, "MOST_AT_ONCE", 3)

    def connect() -> None:
        with connected.open("a") as noted:
            noted.write(f"{os.getpid()}\n")

    def do(reading: Reading, batch: list[Row], dry_run: bool) -> list[Done]:
        if batch[0].number == 37 and not dry_run:
            raise StoreError("TransactWriteItems", "ThrottlingException")
        return [Done(row, "rejected", str(os.getpid())) for row in batch]

    monkeypatch.setattr(contact_import, "take", do)
    organization, told = organizations.organization(ORG), list[Done]()
    assert organization is not None
    reading = Reading(FORMATS["plain"], organization, [], None, None, 0)
    contact_import.try_run(file, reading, told.append, Processes(2, connect))
    assert [done.row.number for done in told] == list(range(1, 41))
    assert {str(done.reason) for done in told} <= set(connected.read_text().split()) - {str(os.getpid())}
    with pytest.raises(Broken, match="ThrottlingException"):
        contact_import.run(file, reading, "asked", io.StringIO(), Processes(2, connect))
    assert '"rows": 36' in progress_file(file).read_text()


def test_a_dry_run_says_of_each_row_what_would_become_of_it(moved: System, run: Run, file: Path) -> None:
    known, unknown, stored = new_number(), new_number(), moved.items()
    contact_wrote(moved, known, HOUR)
    stored = moved.items()
    write(file, f"{known},,opt_in,{ago(HOUR)},form,,,", f"{unknown},,,,,,,", "12,,,,,,,", f"{known},,,,,,,")
    printed = run(file, "--dry-run")
    assert (printed.status, printed.out.splitlines()) == (
        1,
        [
            "Row 1: updated",
            "Row 2: imported",
            "Row 3: rejected: phone is no phone number: '12'",
            "Row 4: unchanged",
            "Nothing was changed. It would be: 1 imported, 1 updated, 1 unchanged, 1 rejected",
        ],
    )
    assert moved.items() == stored
    assert [each.name for each in file.parent.iterdir()] == ["contacts.csv"]


def test_times_without_an_offset_are_of_the_zone_that_is_named(moved: System, run: Run, file: Path) -> None:
    phone, wrote = new_number(), datetime.now(ZoneInfo("Asia/Kathmandu")) - timedelta(hours=3)
    write(file, f"{phone},,,,,,{wrote:%Y-%m-%d %H:%M:%S},{GUPSHUP}")
    assert counts(run(file, "--json", "--time-zone", "Asia/Kathmandu")) == [1, 0, 0, 0, 0]
    assert epoch_ms(moved.window(phone)["last_inbound_at"]) == int(wrote.timestamp()) * 1000


def test_glifics_contacts_are_of_the_organizations_time_zone(moved: System, run: Run, file: Path) -> None:
    agreed, stopped, wrote = new_number(), new_number(), datetime.now(ZoneInfo("Asia/Kolkata")) - timedelta(hours=3)
    at = f"{wrote.year}-{wrote.month}-{wrote.day} {wrote.hour}:{wrote.minute}:{wrote.second}"
    write(
        file,
        f"7,Asha,{agreed},hsm,valid,2026-3-9 10:00:00,,{at}",
        f"8,Ravi,{stopped},none,invalid,2026-03-09T10:00:00,2026-10-01 09:00:00 UTC,",
        columns="id,name,phone,provider_status,status,optin_time,optout_time,last_message_at",
    )
    assert counts(run(file, "--json", "--format", "glific", "--channel", GUPSHUP)) == [2, 0, 0, 0, 0]
    contact = moved.contact(agreed)
    assert (contact["name"], contact["consent"]["source"]) == ("Asha", "glific")
    assert epoch_ms(contact["consent"]["at"]) == epoch_ms("2026-03-09T10:00:00+05:30")
    assert (moved.window(agreed)["state"], moved.contact(stopped)["consent"]["status"]) == ("open", "opted_out")
    assert len(moved.http("GET", f"/v1/contacts/{stopped}/consents").json["data"]) == 2
    form = write(file, f"Asha,{new_number()},english,2021-03-09,", columns="name,phone,Language,opt_in,delete")
    assert counts(run(form, "--json", "--format", "glific")) == [1, 0, 0, 0, 0]


def test_a_file_of_consents_is_taken_with_the_dates_that_it_has(moved: System, run: Run, file: Path) -> None:
    phone, said = new_number(), ago(30 * HOUR)
    write(file, f"{phone},opt_in,{said},camp,form 17", columns="phone,action,at,source,evidence")
    assert counts(run(file, "--json", "--format", "consents")) == [1, 0, 0, 0, 0]
    consent = moved.contact(phone)["consent"]
    assert (consent["status"], consent["source"], epoch_ms(consent["at"])) == ("opted_in", "camp", epoch_ms(said))


def test_gupshups_users_have_a_country_code_of_their_own(moved: System, run: Run, file: Path) -> None:
    agreed, stopped, undated, wrote = new_number(), new_number(), new_number(), now() - HOUR
    write(
        file,
        f"91,{agreed[2:]},OPT_IN,1620000000000,URL,{wrote},true",
        f"91,{stopped[2:]},OPT_OUT,1620000000,,0,false",
        "91,12,OPT_IN,1620000000,,0,false",
        f"91,{undated[2:]},OPT_OUT,0,,0,false",
        columns="countryCode,phoneCode,optinStatus,optinTimeStamp,optinSource,lastMessageTimeStamp,active",
    )
    assert counts(run(file, "--json", "--format", "gupshup", "--channel", GUPSHUP)) == [2, 0, 0, 0, 2]
    assert "phone is no phone number: '+9112'" in rejected_file(file).read_text()
    assert "optinTimeStamp is empty" in rejected_file(file).read_text()  # an opt-out is never left out in silence
    consent = moved.contact(agreed)["consent"]
    assert (consent["source"], epoch_ms(consent["at"])) == ("URL", 1_620_000_000_000)
    assert {each["window"]["state"] for each in moved.contact(agreed)["windows"]} <= {"never_opened"}
    consent = moved.contact(stopped)["consent"]
    assert (consent["status"], consent["source"], epoch_ms(consent["at"])) == (
        "opted_out",
        "gupshup",
        1_620_000_000_000,
    )


PAGE = (ROOT / "docs" / "administration.md").read_text(encoding="utf-8")
SAMPLES = dict(zip(FORMATS, re.findall(r"^```csv\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE), strict=True))


@pytest.mark.parametrize("format_name", SAMPLES)
def test_the_pages_file_of_each_format_is_imported(moved: System, run: Run, file: Path, format_name: str) -> None:
    file.write_text(SAMPLES[format_name].replace(",reading\n", f",{GUPSHUP}\n"), encoding="utf-8")
    assert counts(run(file, "--json", "--format", format_name, "--channel", GUPSHUP)) == [2, 0, 0, 0, 0]
    phones = re.findall(r"9\d{9}\b", SAMPLES[format_name].replace("98765 432", "98765432"))
    consents = [moved.contact(f"91{phone[-10:]}")["consent"] for phone in phones]
    assert [consent["status"] for consent in consents] == ["opted_in", "opted_out"]
    assert [consent["at"][:10] for consent in consents] == (
        ["2026-06-14", "2026-09-01"] if format_name == "plain" else ["2026-06-15", "2026-09-01"]
    )


def test_it_finds_contacts_by_the_stacks_key_and_by_no_other(real: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table._Shared, "contact_key", b"")
    connection = table._Shared.connection
    try:
        key_fingerprint.forget()
        here = Deployment(real.table, "f", None, contact_key_secret="contact-key")
        here.connect()
        here.connect_contacts()
        assert table.contact_key() == b"contact-key-of-the-tests"
        boto3.client("secretsmanager").create_secret(Name="another-key", SecretString="another")
        aws.forget()
        with pytest.raises(Failed, match="not_the_key_of_this_table"):
            Deployment(real.table, "f", None, contact_key_secret="another-key").connect_contacts()
    finally:
        table._Shared.connection = connection
        key_fingerprint.forget()


def test_the_page_names_the_permissions_that_it_needs(
    real: System, run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, done, client = new_number(), set[str](), table.connection().connection.client
    contact_wrote(real, known, HOUR)
    call = client._make_api_call

    def note(operation: str, asked: Any) -> Any:
        done.update(["PutItem"] if operation == "TransactWriteItems" else [operation])
        return call(operation, asked)

    monkeypatch.setattr(client, "_make_api_call", note)
    write(file, f"{known},Asha,opt_in,{ago(HOUR)},form,,{ago(MINUTE)},{GUPSHUP}", f"{new_number()},,,,,,,")
    assert counts(run(file, "--json")) == [1, 1, 0, 0, 0]
    assert counts(run(file, "--json"))[:2] == [0, 0]  # of which the audit log keeps nothing
    page = (ROOT / "docs" / "administration.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith("| `contacts import` | `dynamodb:"))
    assert done == set(re.findall(r"`(?:dynamodb:)?([A-Z]\w+)`", row))
    assert "`secretsmanager:GetSecretValue` on `contact-key`" in row
