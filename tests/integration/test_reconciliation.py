"""What the provider deducted for, against the ledger: by its billing events, through the API."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from gate24.rules.exchange import Publication
from gate24.store import exchange_rates, waiting_statuses
from gate24.usecases.make_api_key import create_api_key
from tests.support.bodies import gupshup_billing, gupshup_status, meta_status
from tests.support.scene import (
    HOUR,
    MINUTE,
    change_organization,
    contact_opted_in,
    contact_wrote,
    new_number,
    post_webhook,
    rolled_up,
    script_bsp,
    standing_clock,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, TEMPLATE, TEXT, System

pytestmark = [pytest.mark.slow, pytest.mark.in_memory]

NOON = 1_795_588_200_000
"""2026-11-25, 12:00 in Asia/Kolkata."""
DAY = "2026-11-25"
LATER = NOON + 3 * HOUR


def ask(gate24: System, key: str = "learning", first: str = DAY, last: str = DAY, **more: Any) -> dict[str, Any]:
    query = "".join(f"&{name}={value}" for name, value in more.items())
    with standing_clock(LATER):
        answer = gate24.http("GET", f"/v1/costs/reconciliation?from={first}&to={last}{query}", key=key)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def send(gate24: System, gs_id: str, body: dict[str, Any] = TEMPLATE, at: int = NOON, phone: str | None = None) -> str:
    script_bsp(gate24, outcome="accept", body={"status": "submitted", "messageId": gs_id}, statuses=[])
    with standing_clock(at):
        answer = gate24.send(body | ({"to": f"+{phone}"} if phone else {}), f"key-{gs_id}")
    assert answer.status == 202, answer.text
    sent: str = answer.json["id"]
    return sent


def billed(gate24: System, gs_id: str, billable: bool | None = True, at: int = NOON + MINUTE, **more: Any) -> None:
    with standing_clock(at):
        post_webhook(gate24, GUPSHUP, gupshup_billing(gs_id, billable, at, **more))


def by_id(found: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    return {line["provider_id"]: (line["class"], line["reason"] and line["reason"]["code"]) for line in found["data"]}


@pytest.fixture
def billed_day(gate24: System) -> System:
    """A day with a line of nearly every kind."""
    with standing_clock(NOON - HOUR):
        contact_opted_in(gate24, ago=0)
    for name in ("same", "category", "free", "entry", "failed", "untold"):
        send(gate24, f"gs-{name}")
    send(gate24, "gs-young", at=LATER - MINUTE)
    billed(gate24, "gs-same", category="utility")
    billed(gate24, "gs-category", category="marketing")
    billed(gate24, "gs-free", False, category="utility")
    billed(gate24, "gs-entry", False, category="referral_conversion")
    billed(gate24, "gs-failed", category="utility")
    with standing_clock(NOON + 2 * MINUTE):
        failed = gupshup_status("failed", "gs-failed", at=NOON + 2 * MINUTE, code=1002, reason="Not on WhatsApp")
        post_webhook(gate24, GUPSHUP, failed)
    billed(gate24, "gs-stranger", category="utility")
    return gate24


EXPECTED = {
    "gs-same": ("matched", None),
    "gs-category": ("different", "category_changed"),
    "gs-free": ("different", "free_in_window"),
    "gs-entry": ("different", "free_entry_point"),
    "gs-failed": ("different", "failed_after_billing"),
    "gs-untold": ("only_ours", "no_event"),
    "gs-young": ("only_ours", "not_told_yet"),
    "gs-stranger": ("only_theirs", "not_matched_yet"),
}


def test_each_message_is_in_one_class_with_its_reason_and_both_sides_add_up(billed_day: System) -> None:
    found = ask(billed_day)
    assert by_id(found) == EXPECTED
    assert found["next_cursor"] is None
    summary = found["summary"]
    assert summary["is_complete"] is True
    counts = {each["class"]: each["count"] for each in summary["classes"]}
    assert counts == {"matched": 1, "different": 4, "only_ours": 2, "only_theirs": 1}
    assert summary["ours"] == {"count": 7, "amount": "0.0312"}
    assert summary["theirs"] == {"count": 6, "charged": 4, "free": 2}
    with standing_clock(LATER):
        day = rolled_up(billed_day, DAY, DAY)[0]
    assert summary["ours"]["amount"] == day["total"]
    assert day["provider_billed"] == {"count": 5, "differences": 4}
    failed = next(line for line in found["data"] if line["provider_id"] == "gs-failed")
    assert failed["ours"] == {"category": "utility", "charged": False, "amount": "0", "currency": "USD"}
    assert failed["theirs"] == {"category": "utility", "charged": True, "amount": None, "currency": "USD"}


def test_pages_and_classes_show_every_line_once_and_the_sums_of_what_was_read(billed_day: System) -> None:
    seen: list[tuple[str, Any]] = []
    cursor, pages = "", 0
    while True:
        page = ask(billed_day, limit=3, **({"cursor": cursor} if cursor else {}))
        seen += list(by_id(page).items())
        pages += 1
        assert sum(each["count"] for each in page["summary"]["classes"]) == len(seen)
        if page["next_cursor"] is None:
            break
        assert page["summary"]["is_complete"] is False
        cursor = page["next_cursor"]
    assert pages >= 3
    assert len(seen) == len(EXPECTED) and dict(seen) == EXPECTED
    assert page["summary"] == ask(billed_day)["summary"]
    different = ask(billed_day, **{"class": "different"})
    assert by_id(different) == {name: each for name, each in EXPECTED.items() if each[0] == "different"}
    assert different["summary"] == page["summary"]
    foreign = billed_day.http("GET", f"/v1/costs/reconciliation?from={DAY}&to={DAY}&class=matched&cursor={cursor}")
    assert foreign.status == 400


def test_csv_has_a_line_a_row_and_a_cursor_while_more_follow(
    billed_day: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gate24.api import reconciliation

    monkeypatch.setattr(reconciliation, "_CSV_LINES", 5)
    rows: list[dict[str, str]] = []
    cursor = ""
    for _ in range(3):
        with standing_clock(LATER):
            answer = billed_day.http(
                "GET", f"/v1/costs/reconciliation?from={DAY}&to={DAY}{cursor}", headers={"Accept": "text/csv"}
            )
        assert answer.headers["content-disposition"] == f'attachment; filename="reconciliation-{DAY}-{DAY}.csv"'
        rows += csv.DictReader(io.StringIO(answer.text))
        if "x-next-cursor" not in answer.headers:
            break
        cursor = f"&cursor={answer.headers['x-next-cursor']}"
    assert {row["provider_id"]: (row["class"], row["reason"] or None) for row in rows} == EXPECTED
    assert {row["currency"] for row in rows} == {"USD"}


def test_a_request_that_may_read_no_more_goes_on_where_it_stopped(
    billed_day: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gate24.api import reconciliation

    whole = ask(billed_day)
    monkeypatch.setattr(reconciliation, "_READ_MOST", 2)
    found: dict[str, Any] = {}
    cursor: dict[str, str] = {}
    for _ in range(20):
        page = ask(billed_day, **cursor)
        found |= by_id(page)
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == EXPECTED and page["summary"] == whole["summary"]


def test_what_a_number_of_meta_sends_is_said_to_have_no_billing_events(gate24: System) -> None:
    phone = new_number()
    with standing_clock(NOON - HOUR):
        contact_opted_in(gate24, phone, ago=0)
        contact_wrote(gate24, phone, channel=META, ago=0)
        sent = gate24.send(TEXT | {"to": f"+{phone}", "channel": META}, "key-meta")
    assert sent.status == 202, sent.text
    with standing_clock(NOON):
        priced = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"}
        post_webhook(
            gate24,
            META,
            meta_status(
                "delivered",
                sent.json["bsp_message_id"],
                sent.json["id"],
                phone,
                NOON,
                None,
                META_NUMBER,
                pricing=priced,
            ),
        )
    found = ask(gate24)
    assert {(line["kind"], line["class"], line["reason"]["code"]) for line in found["data"]} == {
        ("freeform", "only_ours", "channel_tells_none"),
        ("inbound", "only_ours", "channel_tells_none"),
    }
    assert {each["channel"]: each["billing_events"] for each in found["summary"]["channels"]} == {
        GUPSHUP: True,
        META: False,
    }


def test_what_costs_no_whatsapp_fee_is_not_missed(gate24: System) -> None:
    with standing_clock(NOON):
        contact_wrote(gate24, ago=0)
    send(gate24, "gs-text", TEXT, NOON + MINUTE)
    found = ask(gate24)
    assert {(line["kind"], line["reason"]["code"]) for line in found["data"]} == {
        ("freeform", "no_whatsapp_fee"),
        ("inbound", "inbound"),
    }


def test_a_billing_event_that_names_nobody_is_found_by_when_it_came(gate24: System) -> None:
    body = gupshup_billing("gs-nobody", True, NOON)
    del body["payload"]["references"]["destination"]
    with standing_clock(NOON):
        post_webhook(gate24, GUPSHUP, body)
    assert by_id(ask(gate24)) == {"gs-nobody": ("only_theirs", "names_nobody")}
    assert ask(gate24, first="2026-11-24", last="2026-11-24")["data"] == []


def test_a_billing_event_finds_its_message_late_and_is_theirs_alone_no_more(gate24: System) -> None:
    with standing_clock(NOON - HOUR):
        contact_opted_in(gate24, ago=0)
    billed(gate24, "gs-late", category="utility", at=NOON)
    assert by_id(ask(gate24)) == {"gs-late": ("only_theirs", "not_matched_yet")}
    with standing_clock(NOON + MINUTE):
        status = gupshup_status("enqueued", "gs-late", at=NOON + MINUTE, kind="template")
        post_webhook(gate24, GUPSHUP, status)
    assert by_id(ask(gate24)) == {"gs-late": ("matched", None)}


def test_a_lonely_billing_event_is_kept_for_a_quarter_and_goes_with_the_person_and_the_organization(
    gate24: System,
) -> None:
    with standing_clock(NOON - HOUR):
        contact_opted_in(gate24, ago=0)
    billed(gate24, "gs-stranger")
    kept = [each for each in gate24.items() if each.get("g", {}).get("S", "").startswith("OB#")]
    assert [int(each["ttl"]["N"]) - NOON // 1000 > 92 * 24 * 3600 for each in kept] == [True]
    assert len(list(waiting_statuses.all_lonely_billing(ORG))) == 1
    with standing_clock(NOON + HOUR):
        assert gate24.http("DELETE", "/v1/contacts/%2B919876543210").status in (202, 204)
    assert by_id(ask(gate24)) == {}
    billed(gate24, "gs-after", at=NOON + 2 * HOUR)
    assert list(waiting_statuses.all_lonely_billing(ORG)) == []


def test_an_erased_persons_message_stays_on_our_side(gate24: System) -> None:
    with standing_clock(NOON - HOUR):
        contact_opted_in(gate24, ago=0)
    send(gate24, "gs-gone")
    send(gate24, "gs-told")
    billed(gate24, "gs-told", category="utility")
    before = ask(gate24)["summary"]
    with standing_clock(NOON + HOUR):
        assert gate24.http("DELETE", "/v1/contacts/%2B919876543210").status == 204
    after = ask(gate24)
    assert {(line["class"], line["message_id"], line["provider_id"]) for line in after["data"]} == {
        ("matched", None, None),
        ("only_ours", None, None),
    }
    assert {each["code"] for each in after["summary"]["reasons"]} == {"erased"}
    assert after["summary"]["ours"] == before["ours"]


def test_a_key_that_is_limited_to_a_channel_sees_no_other(billed_day: System) -> None:
    with standing_clock(NOON):
        contact_wrote(billed_day, channel=META, ago=0)
    of_meta, of_gupshup = (
        create_api_key(ORG, "branch", ("read",), None, LATER, (channel,)).secret for channel in (META, GUPSHUP)
    )
    assert {line["channel"] for line in ask(billed_day)["data"]} == {GUPSHUP, META}
    cursor = ask(billed_day, limit=3)["next_cursor"]  # tells the sums of all channels
    query = f"?from={DAY}&to={DAY}&limit=3&cursor={cursor}"
    assert billed_day.http("GET", f"/v1/costs/reconciliation{query}", key=of_gupshup).status == 400
    found = ask(billed_day, key=of_meta)
    assert {line["channel"] for line in found["data"]} == {META}
    assert [each["channel"] for each in found["summary"]["channels"]] == [META]
    assert by_id(ask(billed_day, key=of_gupshup)) == EXPECTED


def test_another_organization_sees_nothing_of_it(billed_day: System) -> None:
    assert ask(billed_day, key="health")["data"] == []


def test_amounts_of_a_card_in_another_currency_are_stated_with_the_cards_own(gate24: System) -> None:
    with standing_clock(NOON - HOUR):
        contact_opted_in(gate24, ago=0)
    send(gate24, "gs-1")
    billed(gate24, "gs-1", category="utility")
    change_organization(ORG, currency="INR")
    found = ask(gate24)
    own = {"amount": "0.0052", "currency": "USD"}
    assert [line["ours"] for line in found["data"]] == [{"category": "utility", "charged": True, **own}]
    assert (found["summary"]["ours"]["amount"], found["summary"]["unconverted"]) == ("0", [own])
    exchange_rates.save([Publication("rbi", date(2026, 11, 24), {"USD": Decimal("80")})])
    found = ask(gate24)
    stated = {"amount": "0.4160", "currency": "INR", "card": own}
    assert [line["ours"] for line in found["data"]] == [{"category": "utility", "charged": True, **stated}]
    assert (found["summary"]["ours"]["amount"], found["summary"]["unconverted"]) == ("0.4160", [])


@pytest.mark.parametrize(
    "query",
    [
        f"from={DAY}",
        f"from={DAY}&to=2026-11-24",
        "from=2026-11-31&to=2026-12-01",
        "from=2024-01-01&to=2026-11-25",
        f"from={DAY}&to={DAY}&class=none",
        f"from={DAY}&to={DAY}&limit=0",
        f"from={DAY}&to={DAY}&cursor=AAAA",
    ],
)
def test_what_makes_no_sense_is_refused(gate24: System, query: str) -> None:
    assert gate24.http("GET", f"/v1/costs/reconciliation?{query}").status == 400


def test_days_to_come_have_no_lines(gate24: System) -> None:
    found = ask(gate24, first="2027-01-01", last="2027-01-02")
    assert (found["data"], found["next_cursor"], found["summary"]["ours"]["count"]) == ([], None, 0)
