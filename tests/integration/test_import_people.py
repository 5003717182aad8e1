"""``POST /v1/contacts/import``: staff import people with what they agreed to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate24.api.contact_rows import PEOPLE, Reading, RowRejected, facts_of, row_of
from gate24.channels import Channel, Organization
from gate24.store import api_keys
from gate24.store.api_keys import KeyHolder
from tests.support.scene import HOUR, contact_opted_out, contact_wrote, epoch_ms, new_number, now
from tests.support.system import GUPSHUP, ORG, Answer, System

pytestmark = pytest.mark.in_memory

COLUMNS = ["phone", "name", "consent", "consent_at", "consent_source", "consent_evidence"]
KEY = "key-consent"


@pytest.fixture(autouse=True)
def key(gate24: System) -> None:
    api_keys.put(KEY, KeyHolder(ORG, "front office", frozenset({"read", "consent"})))


def ask(gate24: System, *rows: list[str], columns: list[str] = COLUMNS, **more: Any) -> Answer:
    numbered = [{"row": number, "cells": cells} for number, cells in enumerate(rows, 1)]
    return gate24.http("POST", "/v1/contacts/import", {"columns": columns, "rows": numbered, **more}, key=KEY)


def done(gate24: System, *rows: list[str], **more: Any) -> list[tuple[str, list[str]]]:
    """Outcome of each row, and the codes of its reasons."""
    answer = ask(gate24, *rows, **more)
    assert answer.status == 200, answer.text
    return [(each["outcome"], [reason["code"] for reason in each["reasons"]]) for each in answer.json["rows"]]


def opt_in(phone: str, at: str = "2026-06-15", name: str = "Asha") -> list[str]:
    return [phone, name, "opt_in", at, "paper form", "form 17"]


def ago(ms: int) -> str:
    return (datetime.now(UTC) - timedelta(milliseconds=ms)).isoformat(timespec="seconds")


def test_a_row_says_first_what_it_would_do_and_then_does_it_once(gate24: System) -> None:
    phone = new_number()
    before = gate24.items()
    tried = ask(gate24, opt_in(phone), dry_run=True).json
    assert gate24.items() == before
    assert tried["columns"] == COLUMNS
    row = {"row": 1, "outcome": "imported", "phone": f"+{phone}", "consent": "opt_in", "reasons": []}
    assert tried["rows"] == [row]
    assert ask(gate24, opt_in(phone)).json == {**tried, "dry_run": False}
    contact = gate24.contact(phone)
    assert (contact["name"], contact["consent"]["status"], contact["consent"]["source"]) == (
        "Asha",
        "opted_in",
        "paper form",
    )
    written = gate24.items()
    assert done(gate24, opt_in(phone)) == [("unchanged", [])]
    assert gate24.items() == written


def test_who_imported_stands_in_the_history_and_in_the_trail(gate24: System) -> None:
    phone = new_number()
    ask(gate24, opt_in(phone))
    author = {"kind": "key", "name": "front office"}
    (entry,) = gate24.http("GET", f"/v1/contacts/{phone}/consents").json["data"]
    assert (entry["author"], entry["evidence"], entry["source"]) == (author, "form 17", "paper form")
    assert epoch_ms(entry["at"]) == epoch_ms("2026-06-14T18:30:00Z"), "a day begins where the organization is"
    (action,) = gate24.http("GET", f"/v1/contacts/{phone}/actions").json["data"]
    assert (action["action"], action["detail"], action["author"]) == ("add", "Asha", author)


def test_a_name_is_given_to_whom_has_none_and_nobody_is_renamed(gate24: System) -> None:
    nameless, named = new_number(), new_number()
    assert done(gate24, opt_in(nameless, name=""), opt_in(named)) == [("imported", []), ("imported", [])]
    assert done(gate24, opt_in(nameless, name="Ravi"), [named, "Another", "", "", "", ""]) == [
        ("updated", []),
        ("unchanged", []),
    ]
    assert (gate24.contact(nameless)["name"], gate24.contact(named)["name"]) == ("Ravi", "Asha")
    newest = gate24.http("GET", f"/v1/contacts/{nameless}/actions").json["data"][0]
    assert (newest["action"], newest["detail"]) == ("name", "Ravi")


def test_a_later_opt_out_stays(gate24: System) -> None:
    phone = new_number()
    contact_opted_out(gate24, phone, 10 * HOUR)
    answer = ask(gate24, opt_in(phone, ago(40 * HOUR))).json["rows"][0]
    (reason,) = answer["reasons"]
    assert (answer["outcome"], answer["consent"], reason["code"]) == ("outdated", None, "opted_out_later")
    assert epoch_ms(reason["since"]) is not None
    assert gate24.contact(phone)["consent"]["status"] == "opted_out"
    assert done(gate24, opt_in(phone, ago(HOUR))) == [("updated", [])]
    assert gate24.contact(phone)["consent"]["status"] == "opted_in"


def test_who_was_erased_comes_back_only_with_a_later_consent(gate24: System) -> None:
    phone = new_number()
    contact_wrote(gate24, phone, HOUR)
    assert gate24.http("DELETE", f"/v1/contacts/{phone}").status == 204
    assert done(gate24, opt_in(phone, ago(2 * HOUR)), dry_run=True) == [("outdated", ["erased_later"])]
    assert done(gate24, [phone, "Asha", "", "", "", ""]) == [("outdated", ["erased_later"])]
    assert gate24.http("GET", f"/v1/contacts/{phone}").status == 404


WRONG = [
    (["9.19877E+11", "", "", "", "", ""], ["phone_shortened"]),
    (["9,19877e11", "", "", "", "", ""], ["phone_shortened"]),
    (["Asha", "", "", "", "", ""], ["phone_wrong"]),
    (["", "Asha", "", "", "", ""], ["phone_missing"]),
    (["98765 00055", "", "", "", "", ""], ["country_code_missing"]),
    (["+919876500055", "", "opt_in", "2026-06-15", "form", ""], ["evidence_missing"]),
    (["+919876500055", "", "opt_in", "2026-06-15", "", "form 17"], ["source_missing"]),
    (["+919876500055", "", "opt_in", "", "form", "form 17"], ["at_missing"]),
    (["+919876500055", "", "yes", "2026-06-15", "form", "form 17"], ["consent_wrong"]),
    (["+919876500055", "", "", "2026-06-15", "", ""], ["consent_missing"]),
    (["+919876500055", "", "opt_in", "15/06/2026", "form", "form 17"], ["at_order"]),
    (["+919876500055", "", "opt_in", "2026-13-01", "form", "form 17"], ["at_wrong"]),
    (["+919876500055", "", "opt_in", "2999-01-01", "form", "form 17"], ["at_future"]),
    (["+919876500055", "x" * 201, "", "", "", ""], ["too_long"]),
    (["+919876500055", "", "", "", "", "", "more"], ["row_unreadable"]),
]


def test_every_wrong_row_has_its_code_and_stops_no_other(gate24: System) -> None:
    phone = new_number()
    found = done(gate24, *(cells for cells, _ in WRONG), opt_in(phone))
    assert found == [*(("rejected", codes) for _, codes in WRONG), ("imported", [])]
    suggestion = ask(gate24, ["98765 00055", *[""] * 5], dry_run=True).json["rows"][0]["reasons"][0]["suggestion"]
    assert suggestion == "+919876500055"


def test_what_staff_say_for_all_rows_holds_where_a_row_does_not_say_it(gate24: System) -> None:
    silent, own, stopped = new_number(), new_number(), new_number()
    said = {"consent": "opt_in", "consent_at": "2026-06-15", "consent_source": "website", "consent_evidence": "list 4"}
    rows = [[silent], [own, "", "opt_in", "2026-07-01", "", ""], [stopped, "", "opt_out", "", "", ""]]
    assert done(gate24, *rows, where_not_said=said) == [("imported", [])] * 3
    entries = {
        phone: gate24.http("GET", f"/v1/contacts/{phone}/consents").json["data"][0] for phone in (silent, own, stopped)
    }
    told = {phone: (each["action"], each["source"], each["evidence"]) for phone, each in entries.items()}
    assert told == {
        silent: ("opt_in", "website", "list 4"),
        own: ("opt_in", "website", "list 4"),
        stopped: ("opt_out", "import", None),
    }
    assert epoch_ms(entries[own]["at"]) == epoch_ms("2026-06-30T18:30:00Z")
    assert now() - (epoch_ms(entries[stopped]["at"]) or 0) < HOUR


def test_days_and_numbers_are_read_as_staff_say(gate24: System) -> None:
    one, other = new_number(), new_number()
    day = [opt_in(one, "5/11/2026"), opt_in(other, "11-5-2026 10:00")]
    assert done(gate24, day[0], day_order="day_first") == [("imported", [])]
    assert done(gate24, day[1], day_order="month_first") == [("imported", [])]
    assert epoch_ms(gate24.contact(one)["consent"]["at"]) == epoch_ms("2026-11-04T18:30:00Z")
    assert epoch_ms(gate24.contact(other)["consent"]["at"]) == epoch_ms("2026-11-05T04:30:00Z")
    national = ask(gate24, ["98765 00056"], ["919876500057"], national_numbers=True).json["rows"]
    assert [each["phone"] for each in national] == ["+919876500056", "+919876500057"]


def test_columns_are_known_in_any_order_and_case_and_others_are_passed_over(gate24: System) -> None:
    answer = ask(gate24, ["Khed", "Asha", new_number()], columns=["Village", "FULL NAME", " Mobile Number "])
    assert answer.json["columns"] == [None, "name", "phone"]
    for wrong in (
        ask(gate24, ["x"], columns=["Village"]),
        gate24.http(
            "POST",
            "/v1/contacts/import",
            {"columns": ["phone"], "rows": [{"row": 1, "cells": ["1"]}, {"row": 1, "cells": ["2"]}]},
            key=KEY,
        ),
        ask(gate24, *[["1"]] * 201),
    ):
        assert (wrong.status, wrong.json["code"]) == (400, "payload_invalid")


def test_two_hundred_rows_go_in_one_request_and_a_person_in_two_rows_is_one(gate24: System) -> None:
    rows = [opt_in(f"91987654{number:04d}") for number in range(198)]
    again = [opt_in("919876540000", "2026-07-01"), ["919876540001", "", "opt_out", "2026-08-01", "call", ""]]
    found = ask(gate24, *rows, *again).json["rows"]
    assert [each["row"] for each in found] == list(range(1, 201))
    assert {each["outcome"] for each in found} == {"imported", "updated"}
    assert gate24.contact("919876540000")["consent"]["at"].startswith("2026-06-30")
    assert gate24.contact("919876540001")["consent"]["status"] == "opted_out"
    assert {outcome for outcome, _ in done(gate24, *rows, *again, dry_run=True)} <= {"unchanged", "outdated"}


def test_whoever_may_not_record_a_consent_imports_nobody(gate24: System) -> None:
    api_keys.put("key-send", KeyHolder(ORG, "campaigns", frozenset({"read", "send"})))
    api_keys.put("key-limited", KeyHolder(ORG, "one channel", frozenset({"consent"}), channels=frozenset({GUPSHUP})))
    body = {"columns": COLUMNS, "rows": [{"row": 1, "cells": opt_in(new_number())}]}
    before = gate24.items()
    for key in ("key-send", "reader", "key-limited"):
        answer = gate24.http("POST", "/v1/contacts/import", body, key=key)
        assert (answer.status, answer.json["code"]) == (403, "unauthorized"), key
    assert gate24.items() == before


@settings(max_examples=300)
@given(
    cells=st.lists(
        st.one_of(st.text(max_size=20), st.sampled_from(["+919876543210", "opt_in", "1/2/2026"])), max_size=8
    ),
    columns=st.permutations(COLUMNS),
    order=st.sampled_from([None, "day_first", "month_first"]),
    said=st.dictionaries(st.sampled_from(COLUMNS[3:]), st.text(max_size=9)),
)
def test_whatever_a_row_says_it_is_read_or_refused_with_codes(
    cells: list[str], columns: list[str], order: Any, said: dict[str, str]
) -> None:
    organization = Organization("o", "o", "Asia/Kolkata", "USD", frozenset(), frozenset())
    channel = Channel("c", "o", "gupshup", "+919876500001", "https://bsp.example.org", "")
    reading = Reading(PEOPLE, organization, [channel], None, None, now(), order, True, said)
    try:
        contact = reading.contact(row_of(1, facts_of(columns, PEOPLE), cells))
    except RowRejected as rejected:
        assert rejected.faults and all(fault.code and fault.sentence for fault in rejected.faults)
    else:
        assert contact.ref.phone or contact.ref.user_id
        for entry in contact.said:
            assert entry.action == "opt_out" or (entry.evidence and entry.source and not contact.is_undated)
