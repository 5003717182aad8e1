"""One key is one message, however many attempts it takes: what was throttled goes on, and what the BSP refuses because
the window is closed is a refusal of ours, or goes out as its fallback."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gate24 import clock
from gate24.providers import forward
from gate24.store import messages, send_slots
from gate24.store.send_slots import Slot
from gate24.store.table import StoreError
from gate24.usecases import send_message
from stack.template import source
from tests.support.bodies import gupshup_status, meta_status
from tests.support.scene import (
    DIGITS,
    HOUR,
    MINUTE,
    SECOND,
    contact_opted_in,
    contact_opted_out,
    contact_wrote,
    now,
    parked_records,
    post_webhook,
    received_by_bsp,
    retry_parked,
    rolled_up,
    script_bsp,
    status_arrives,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, PHONE, TEMPLATE, TEXT, System, put_template

pytestmark = [pytest.mark.slow, pytest.mark.in_memory]

FALLBACK = TEXT | {"fallback": {"template": TEMPLATE["template"]}}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "ATTEMPTS", 1)


def outbound(gate24: System) -> list[dict[str, Any]]:
    """What was sent, or tried to, newest first."""
    return [each for each in gate24.conversation() if each["direction"] == "outbound"]


# The BSP says, in its answer to the send, that the window is closed


def meta_says(code: int, details: str = "Message failed to send because more than 24 hours have passed") -> Any:
    return {"error": {"code": code, "message": details, "type": "OAuthException"}}


def gupshup_says(code: int) -> Any:
    return {"status": "error", "code": code, "message": "More than 24 hours have passed"}


CLOSED = [
    # channel, HTTP status, body
    # Meta, Cloud API error codes (updated 2025-12-12): 131047, HTTP 400, "More than 24 hours have passed since the
    # recipient last replied". Gupshup, docs/error-and-status-messages (read 2026-11): 470, 1004, 1005.
    (META, 400, meta_says(131047)),
    (GUPSHUP, 400, gupshup_says(470)),
    (GUPSHUP, 400, gupshup_says(1004)),
    (GUPSHUP, 400, gupshup_says(1005)),
]


@pytest.mark.parametrize(("channel", "status", "body"), CLOSED)
@pytest.mark.parametrize(
    ("is_opted_in", "actions"),
    [(True, ["send_template", "wait_for_inbound"]), (False, ["wait_for_inbound", "record_opt_in"])],
)
def test_the_bsps_word_that_the_window_is_closed_is_the_gates(
    gate24: System,
    capsys: pytest.CaptureFixture[str],
    channel: str,
    status: int,
    body: Any,
    is_opted_in: bool,
    actions: list[str],
) -> None:
    if is_opted_in:
        contact_opted_in(gate24, ago=2 * HOUR)
    contact_wrote(gate24, ago=HOUR, channel=channel)
    script_bsp(gate24, outcome="reject", status=status, body=body)
    refused = gate24.send(TEXT | {"channel": channel}, "key-1")
    assert (refused.status, refused.json["code"]) == (409, "window_closed")
    assert (refused.json["window"]["state"], refused.json["window"]["closed_by"]) == ("closed", "provider")
    assert sorted(refused.json["allowed_actions"]) == sorted(actions)
    assert refused.json["provider"]["code"] in ("131047", "470", "1004", "1005")
    assert refused.json["retryable"] is False
    assert f"gate.divergence.{'meta' if channel == META else 'gupshup'}" in capsys.readouterr().out
    assert gate24.window(channel=channel) == refused.json["window"]
    (shown,) = outbound(gate24)
    assert (shown["id"], shown["status"], shown["code"]) == (refused.json["id"], "refused", "window_closed")
    assert shown["cost"]["amount"] == "0"
    again = gate24.send(TEXT | {"channel": channel}, "key-1")
    assert (again.status, again.text, again.headers["idempotency-replayed"]) == (409, refused.text, "true")
    assert len(received_by_bsp(gate24)) == 1
    today = datetime.now(ZoneInfo("Asia/Kolkata")).date()
    days = rolled_up(gate24, today - timedelta(days=1), today)  # the contact may have written yesterday
    assert sum(day["messages"]["refused"] for day in days) == 1
    assert sum(day["messages"]["freeform"] + day["messages"]["failed"] for day in days) == 0


@pytest.mark.parametrize(("channel", "status", "body"), CLOSED)
def test_a_declared_fallback_goes_out_where_the_bsp_says_that_the_window_is_closed(
    gate24: System, channel: str, status: int, body: Any
) -> None:
    contact_opted_in(gate24, ago=2 * HOUR)
    contact_wrote(gate24, ago=HOUR, channel=channel)
    script_bsp(gate24, outcome="reject", status=status, body=body)
    sent = gate24.send(FALLBACK | {"channel": channel}, "key-1")
    assert (sent.status, sent.json["sent_as"]) == (202, "template"), sent.text
    assert (sent.json["window"]["state"], sent.json["window"]["closed_by"]) == ("closed", "provider")
    assert len(received_by_bsp(gate24)) == 2
    (shown,) = outbound(gate24)
    assert (shown["id"], shown["status"], shown["type"]) == (sent.json["id"], "accepted", "template")
    assert (shown["cost"], shown["details"]["fallback_for"]) == (sent.json["cost"], "text")
    assert shown["bsp_message_id"] == sent.json["bsp_message_id"]
    assert [each.get("code") for each in shown["attempts"]] == ["window_closed", None]
    again = gate24.send(FALLBACK | {"channel": channel}, "key-1")
    assert (again.text, again.headers["idempotency-replayed"]) == (sent.text, "true")
    assert len(received_by_bsp(gate24)) == 2


AFTER_THE_FALLBACK = [
    # what the BSP says to the fallback, answer, status in the conversation
    ({"outcome": "reject", "status": 400}, (502, "bsp_rejected"), "rejected"),
    ({"outcome": "reject", "status": 400, "body": gupshup_says(470)}, (502, "bsp_rejected"), "rejected"),
    ({"outcome": "reset"}, (504, "bsp_outcome_unknown"), "unknown"),
    ({"outcome": "reject", "status": 429}, (429, "throttled"), "rejected"),
]


@pytest.mark.parametrize(("outcome", "told", "status"), AFTER_THE_FALLBACK)
def test_the_fallbacks_own_outcome_is_the_answer(
    gate24: System, outcome: dict[str, Any], told: tuple[int, str], status: str
) -> None:
    contact_opted_in(gate24, ago=2 * HOUR)
    contact_wrote(gate24, ago=HOUR)
    script_bsp(gate24, outcome="reject", status=400, body=gupshup_says(470))
    script_bsp(gate24, **outcome)
    answer = gate24.send(FALLBACK, "key-1")
    assert (answer.status, answer.json["code"]) == told
    assert len(received_by_bsp(gate24)) == 2
    assert [(each["type"], each["status"]) for each in outbound(gate24)] == [("template", status)]
    again = gate24.send(FALLBACK, "key-1")
    if told[0] == 429:
        assert (again.status, again.json["sent_as"]) == (202, "template")
        assert [each.get("code") for each in outbound(gate24)[0]["attempts"]] == ["window_closed", "throttled", None]
    else:
        assert again.text == answer.text


def test_where_no_time_is_left_the_fallback_stays(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    contact_opted_in(gate24, ago=2 * HOUR)
    contact_wrote(gate24, ago=HOUR)
    monkeypatch.setattr(forward, "ANSWERED_WITHIN_SECONDS", forward.CONNECT_SECONDS + forward.READ_SECONDS)
    script_bsp(gate24, outcome="reject", status=400, body=gupshup_says(470))
    refused = gate24.send(FALLBACK)
    assert (refused.status, refused.json["code"]) == (409, "window_closed")
    assert "send_template" in refused.json["allowed_actions"]
    assert len(received_by_bsp(gate24)) == 1
    assert [(each["type"], each["status"]) for each in outbound(gate24)] == [("text", "refused")]


def test_the_last_call_of_the_bsp_ends_before_lambda_ends_the_function() -> None:
    timeout = source()["Globals"]["Function"]["Timeout"]
    assert forward.BUDGET_SECONDS < forward.ANSWERED_WITHIN_SECONDS < timeout - 3 < 30


@pytest.mark.parametrize(("is_opted_in", "why"), [(True, "template_not_approved"), (False, "not_opted_in")])
def test_a_fallback_that_may_not_go_leaves_the_closed_window_and_says_why(
    gate24: System, is_opted_in: bool, why: str
) -> None:
    if is_opted_in:
        contact_opted_in(gate24, ago=2 * HOUR)
        put_template(gate24, GUPSHUP, status="paused")
    contact_wrote(gate24, ago=HOUR)
    script_bsp(gate24, outcome="reject", status=400, body=gupshup_says(470))
    refused = gate24.send(FALLBACK)
    assert (refused.status, refused.json["code"]) == (409, "window_closed")
    assert why in refused.json["errors"][0]["detail"]
    assert len(received_by_bsp(gate24)) == 1


def test_a_store_that_fails_after_the_bsp_refused_gives_the_key_back(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_opted_in(gate24, ago=2 * HOUR)
    contact_wrote(gate24, ago=HOUR)
    script_bsp(gate24, outcome="reject", status=400, body=gupshup_says(470))

    def fails(*_: Any) -> None:
        raise StoreError("Query", "InternalServerError")

    with monkeypatch.context() as broken:
        meanwhile(broken, lambda: broken.setattr(send_message, "decide_send", fails))
        assert gate24.send(FALLBACK, "key-1").status == 503
    sent = gate24.send(FALLBACK, "key-1")
    assert (sent.status, sent.json["sent_as"]) == (202, "template")
    assert [each["status"] for each in outbound(gate24)] == ["accepted"]
    assert len(received_by_bsp(gate24)) == 2


def test_who_opted_out_while_the_bsp_was_asked_gets_no_fallback(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_opted_in(gate24, ago=2 * HOUR)
    contact_wrote(gate24, ago=HOUR)
    meanwhile(monkeypatch, lambda: contact_opted_out(gate24, ago=0))
    script_bsp(gate24, outcome="reject", status=400, body=gupshup_says(470))
    assert gate24.send(FALLBACK).json["code"] == "window_closed"
    assert len(received_by_bsp(gate24)) == 1


def test_who_wrote_while_the_bsp_was_asked_may_be_answered(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    contact_wrote(gate24, ago=HOUR)
    meanwhile(monkeypatch, lambda: contact_wrote(gate24, ago=0))
    script_bsp(gate24, outcome="reject", status=400, body=gupshup_says(470))
    refused = gate24.send(TEXT)
    assert (refused.json["code"], refused.json["window"]["state"]) == ("window_closed", "open")
    assert "send_freeform" in refused.json["allowed_actions"]
    assert gate24.send(TEXT).status == 202


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Any) -> None:
    """Something happens while the BSP is asked for the first time."""

    def and_then(*args: Any) -> Any:
        answer = forward.forward(*args)
        monkeypatch.setattr(send_message, "forward", forward.forward)
        happens()
        return answer

    monkeypatch.setattr(send_message, "forward", and_then)


# A key that was given back


def test_what_was_throttled_goes_on_as_the_same_message(gate24: System) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=429, body={"status": "error", "message": "Too Many Requests"}, count=2)
    for made in (1, 2):
        assert gate24.send(TEXT, "key-1").status == 429
        (between,) = outbound(gate24)
        assert (between["status"], between["code"], between["cost"]["amount"]) == ("rejected", "throttled", "0")
        assert "failure" not in between
        attempts = [(each["code"], each["reason"]) for each in between["attempts"]]
        assert attempts == [("throttled", "Too Many Requests")] * made
    sent = gate24.send(TEXT, "key-1")
    assert (sent.status, sent.json["id"], "idempotency-replayed" in sent.headers) == (202, between["id"], False)
    (shown,) = outbound(gate24)
    assert (shown["id"], shown["status"], shown["cost"]) == (between["id"], "accepted", sent.json["cost"])
    assert [each.get("code") for each in shown["attempts"]] == ["throttled", "throttled", None]
    again = gate24.send(TEXT, "key-1")
    assert (again.text, again.headers["idempotency-replayed"]) == (sent.text, "true")
    status_arrives(gate24, "delivered", sent.json["bsp_message_id"])
    assert gate24.http("GET", f"/v1/messages/{sent.json['id']}").json["status"] == "delivered"


def test_a_message_that_went_out_at_once_has_no_attempts(gate24: System) -> None:
    contact_wrote(gate24)
    assert gate24.send(TEXT).status == 202
    assert "attempts" not in outbound(gate24)[0]


def test_a_message_that_may_not_go_any_more_is_refused_as_the_same_message(gate24: System) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=429)
    gate24.send(TEXT, "key-1")
    contact_opted_out(gate24, ago=0)
    refused = gate24.send(TEXT, "key-1")
    assert refused.json["code"] == "opted_out"
    (shown,) = outbound(gate24)
    assert (shown["id"], shown["status"], shown["code"]) == (refused.json["id"], "refused", "opted_out")
    assert [each["code"] for each in shown["attempts"]] == ["throttled"]
    assert gate24.send(TEXT, "key-1").text == refused.text


def test_a_throttle_of_our_own_after_one_of_the_bsps_keeps_the_message(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=429)
    gate24.send(TEXT, "key-1")
    with monkeypatch.context() as busy:
        busy.setattr(send_slots, "take_slot", lambda *_: Slot(False, 2000))
        assert gate24.send(TEXT, "key-1").status == 429
    (between,) = outbound(gate24)
    assert [each["code"] for each in between["attempts"]] == ["throttled"]  # the BSP was asked once
    assert gate24.send(TEXT, "key-1").json["id"] == between["id"]
    assert len(outbound(gate24)) == 1


def test_a_write_that_was_lost_on_its_way_back_leaves_one_message(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    begin = messages.begin

    def writes_and_fails(*args: Any, **kwargs: Any) -> bool:
        begin(*args, **kwargs)
        raise StoreError("PutItem", "ConnectTimeoutError")

    with monkeypatch.context() as broken:
        broken.setattr(messages, "begin", writes_and_fails)
        assert gate24.send(TEXT, "key-1").status == 503
    (between,) = outbound(gate24)
    assert (between["status"], between["code"]) == ("rejected", "unavailable")
    assert gate24.send(TEXT, "key-1").json["id"] == between["id"]
    assert len(outbound(gate24)) == len(received_by_bsp(gate24)) == 1


@pytest.mark.parametrize("is_written", [False, True])
def test_a_key_that_could_not_be_given_back_is_given_back_later(
    gate24: System, monkeypatch: pytest.MonkeyPatch, is_written: bool
) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=429)
    give_back = messages.give_back

    def fails(*args: Any) -> bool:
        if is_written:
            give_back(*args)
        raise StoreError("UpdateItem", "InternalServerError")

    with monkeypatch.context() as broken:
        broken.setattr(messages, "give_back", fails)
        assert gate24.send(TEXT, "key-1").status == 429
    records = parked_records(gate24)
    assert len(records) == 1
    if not is_written:
        assert gate24.send(TEXT, "key-1").json["code"] == "request_in_progress"
        assert retry_parked(records) == []
    sent = gate24.send(TEXT, "key-1")
    assert sent.status == 202
    assert retry_parked(records) == []  # what is told late ends no attempt but its own
    (shown,) = outbound(gate24)
    assert (shown["id"], shown["status"]) == (sent.json["id"], "accepted")
    assert [each.get("code") for each in shown["attempts"]] == ["throttled", None]


def test_a_key_that_was_given_back_may_be_used_with_another_body(gate24: System) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=429)
    gate24.send(TEXT, "key-1")
    other = TEXT | {"text": {"body": "Another text"}}
    sent = gate24.send(other, "key-1")
    assert sent.status == 202
    assert [(each["text"], each["status"]) for each in outbound(gate24)] == [
        ("Another text", "accepted"),
        ("Hello", "rejected"),
    ]
    assert gate24.send(TEXT, "key-1").json["code"] == "idempotency_key_reused"
    assert gate24.send(other, "key-1").text == sent.text
    assert len(received_by_bsp(gate24)) == 2


def test_what_was_erased_between_two_attempts_is_not_sent(gate24: System) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=429)
    gate24.send(TEXT, "key-1")
    gate24.http("DELETE", f"/v1/contacts/{PHONE}")
    for _ in range(2):
        assert gate24.send(TEXT, "key-1").json["code"] == "not_found"
    assert len(received_by_bsp(gate24)) == 1


def test_what_was_delivered_though_the_bsp_said_that_it_was_not_processed_is_not_sent_again(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    script_bsp(gate24, outcome="reject", status=503)
    assert gate24.send(TEXT | {"channel": META}, "key-1").status == 429
    (message,) = outbound(gate24)
    body = meta_status("delivered", "wamid.1", message["id"], DIGITS, now(), phone_number_id=META_NUMBER)
    post_webhook(gate24, META, body)
    sent = gate24.send(TEXT | {"channel": META}, "key-1")
    assert (sent.status, sent.json["id"]) == (202, message["id"])
    assert gate24.send(TEXT | {"channel": META}, "key-1").text == sent.text
    assert len(received_by_bsp(gate24)) == 1


@pytest.mark.parametrize("outcome", [{"outcome": "accept"}, {"outcome": "reset"}])
def test_a_message_costs_on_the_local_day_on_which_it_went_out(
    gate24: System, monkeypatch: pytest.MonkeyPatch, outcome: dict[str, Any]
) -> None:
    yesterday = datetime.now(ZoneInfo("Asia/Kolkata")).date() - timedelta(days=1)
    midnight = round(datetime(*_parts(yesterday), tzinfo=ZoneInfo("Asia/Kolkata")).timestamp() * 1000)
    contact_wrote(gate24, ago=now() - midnight + HOUR)
    script_bsp(gate24, outcome="reject", status=429)
    script_bsp(gate24, **outcome, statuses=[])
    monkeypatch.setattr(clock, "now_ms", lambda: midnight - MINUTE)
    assert gate24.send(TEXT, "key-1").status == 429
    monkeypatch.setattr(clock, "now_ms", lambda: midnight + MINUTE)
    sent = gate24.send(TEXT, "key-1")
    if sent.status != 202:
        assert (sent.status, outcome) == (504, {"outcome": "reset"})
        monkeypatch.setattr(clock, "now_ms", lambda: midnight + 2 * MINUTE)
        post_webhook(gate24, GUPSHUP, gupshup_status("enqueued", "gs-1", "w.1", DIGITS, midnight + MINUTE + SECOND))
    assert outbound(gate24)[0]["status"] == "accepted"
    days = rolled_up(gate24, yesterday - timedelta(days=1), yesterday)
    assert [day["messages"]["freeform"] for day in days] == [0, 1]
    assert [day["total"] for day in days] == ["0.0010", "0.0010"]


def _parts(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day
