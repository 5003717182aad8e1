"""What becomes of a send: each way in which the BSP can answer, or not answer, and what the caller is told."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gate24 import clock
from gate24.message_keys import message_key
from gate24.messages import Settlement
from gate24.providers import forward
from gate24.rules.message_status import LEASE_MS
from gate24.store import messages
from gate24.store.table import StoreError
from tests.support.bodies import meta_status
from tests.support.scene import (
    DIGITS,
    bsp_that,
    change_organization,
    contact_wrote,
    daily_costs,
    now,
    parked_records,
    put_channel_secrets,
    received_by_bsp,
    retry_parked,
    run_rollup,
    script_bsp,
    status_arrives,
    unknown_send,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, TEXT, TOKEN, System

pytestmark = [pytest.mark.slow, pytest.mark.in_memory]


@pytest.fixture(autouse=True)
def midday(gate24: System) -> None:
    """It is about noon where the organization is, so that no test runs over its midnight."""
    east = 12 - datetime.now(UTC).hour
    change_organization(timezone=f"Etc/GMT{-east:+d}" if east else "Etc/GMT")


def day(gate24: System) -> dict[str, Any]:
    """The rollup of the organization's running day."""
    today = run_rollup(organization=ORG)[-1]["date"]
    return daily_costs(gate24, today, today)[0]


ACCEPTED, REJECTED, UNKNOWN, THROTTLED = (
    (202, None),
    (502, "bsp_rejected"),
    (504, "bsp_outcome_unknown"),
    (429, "throttled"),
)
OUTCOMES = [
    # channel, what the BSP does, answer and code, status in the conversation
    (GUPSHUP, {"outcome": "accept"}, ACCEPTED, "accepted"),
    (META, {"outcome": "accept"}, ACCEPTED, "accepted"),
    *(
        (channel, {"outcome": "reject", "status": status}, REJECTED, "rejected")
        for channel in (GUPSHUP, META)
        for status in (400, 401, 403)
    ),
    (GUPSHUP, {"outcome": "accept", "body": {"status": "error", "message": "Invalid Source"}}, REJECTED, "rejected"),
    *(
        (channel, {"outcome": "reject", "status": 429, "count": 3}, THROTTLED, "rejected")
        for channel in (GUPSHUP, META)
    ),
    (GUPSHUP, {"outcome": "reject", "status": 500}, UNKNOWN, "unknown"),
    (META, {"outcome": "reject", "status": 500}, UNKNOWN, "unknown"),
    # A 503 of Gupshup's proves nothing; Meta's code 131016 says that the message was not taken.
    (GUPSHUP, {"outcome": "reject", "status": 503}, UNKNOWN, "unknown"),
    (META, {"outcome": "reject", "status": 503, "count": 3}, THROTTLED, "rejected"),
    (GUPSHUP, {"outcome": "reject", "status": 408}, UNKNOWN, "unknown"),
    (GUPSHUP, {"outcome": "timeout_before_accept"}, UNKNOWN, "unknown"),
    (GUPSHUP, {"outcome": "timeout_after_accept"}, UNKNOWN, "unknown"),
    (META, {"outcome": "timeout_after_accept"}, UNKNOWN, "unknown"),
    (GUPSHUP, {"outcome": "reset"}, UNKNOWN, "unknown"),
    (GUPSHUP, {"outcome": "accept", "body": {"status": "submitted"}}, UNKNOWN, "unknown"),
    (META, {"outcome": "accept", "body": {"messages": []}}, UNKNOWN, "unknown"),
    (GUPSHUP, {"outcome": "accept", "body": "<html>OK</html>"}, UNKNOWN, "unknown"),
]


@pytest.mark.parametrize(("channel", "outcome", "told", "status"), OUTCOMES)
def test_each_outcome_has_its_answer(
    gate24: System, channel: str, outcome: dict[str, Any], told: tuple[int, str | None], status: str
) -> None:
    contact_wrote(gate24, channel=channel)
    with bsp_that(gate24, **outcome):
        answer = gate24.send(TEXT | {"channel": channel})
    assert (answer.status, answer.json.get("code")) == told, answer.text
    assert len(received_by_bsp(gate24)) == outcome.get("count", 1)
    newest = gate24.conversation()[0]
    assert newest["status"] == status
    assert newest["text"] == "Hello"
    if answer.status != 202:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["retryable"] is (answer.status == 429)
    assert ("retry-after" in answer.headers) is (answer.status == 429)
    if answer.status != 429:
        assert answer.json["id"] == newest["id"]
    if status == "rejected":
        assert newest["cost"]["amount"] == "0"


@pytest.mark.parametrize(
    ("outcome", "counted", "total"),
    [
        ({"outcome": "accept"}, {"freeform": 1}, "0.0020"),
        ({"outcome": "reject", "status": 400}, {"failed": 1}, "0.0010"),
        ({"outcome": "reject", "status": 429, "count": 3}, {}, "0.0010"),
        ({"outcome": "reset"}, {"unknown": 1}, "0.0010"),
    ],
)
def test_only_what_was_accepted_costs_anything(
    gate24: System, outcome: dict[str, Any], counted: dict[str, int], total: str
) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, **outcome)
    gate24.send(TEXT)
    rollup = day(gate24)
    assert (
        rollup["messages"]
        == {"inbound": 1, "freeform": 0, "template": 0, "failed": 0, "refused": 0, "unknown": 0} | counted
    )
    assert rollup["total"] == total


def test_a_bsp_that_asks_for_patience_is_asked_again(gate24: System) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=429)
    assert gate24.send(TEXT).status == 202
    assert len(received_by_bsp(gate24)) == 2
    assert [each["status"] for each in gate24.conversation()] == ["accepted", "received"]


def test_a_bsp_that_cannot_be_reached_is_throttled_and_the_key_stays_free(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    once = forward._once
    monkeypatch.setattr(forward, "_once", _at(once, "http://127.0.0.1:9"))
    refused = gate24.send(TEXT, "key-1")
    assert (refused.status, refused.json["code"], refused.json["provider"]["code"]) == (429, "throttled", "unreachable")
    assert received_by_bsp(gate24) == []
    monkeypatch.setattr(forward, "_once", once)
    assert gate24.send(TEXT, "key-1").status == 202


def test_a_fault_in_the_call_of_the_bsp_is_an_unknown_outcome(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    contact_wrote(gate24)

    def fails(*args: Any, **kwargs: Any) -> None:
        raise ValueError("Invalid header value b'key'")

    monkeypatch.setattr(forward._pool, "request", fails)
    answer = gate24.send(TEXT)
    assert (answer.status, answer.json["provider"]["code"]) == (504, "ValueError")


def test_a_new_line_at_the_end_of_the_api_key_does_no_harm(gate24: System) -> None:
    put_channel_secrets(GUPSHUP, api_key="bsp-key\n", webhook_tokens=[TOKEN])
    contact_wrote(gate24)
    assert gate24.send(TEXT).status == 202


def _at(once: Callable[..., Any], base: str) -> Callable[..., Any]:
    return lambda request, *rest: once(replace(request, url=f"{base}/wa/api/v1/msg"), *rest)


def test_a_status_settles_what_was_unknown_at_meta_by_our_id(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    message = unknown_send(gate24, META).json["id"]
    sent = received_by_bsp(gate24)[0]
    assert sent["json"]["biz_opaque_callback_data"] == message
    gate24.meta_webhook(
        meta_status("sent", sent["message_id"], our_id=message, phone=DIGITS, at=now(), phone_number_id=META_NUMBER)
    )
    settled = gate24.http("GET", f"/v1/messages/{message}").json
    assert (settled["status"], settled["bsp_message_id"]) == ("sent", sent["message_id"])
    assert "code" not in settled
    assert day(gate24)["messages"]["freeform"] == 1


def test_a_status_settles_what_was_unknown_at_gupshup_where_only_one_send_can_be_meant(gate24: System) -> None:
    contact_wrote(gate24)
    message = unknown_send(gate24).json["id"]
    gs_id = received_by_bsp(gate24)[0]["message_id"]
    status_arrives(gate24, "enqueued", gs_id)
    settled = gate24.http("GET", f"/v1/messages/{message}").json
    assert (settled["status"], settled["bsp_message_id"]) == ("accepted", gs_id)
    status_arrives(gate24, "delivered", gs_id)
    assert gate24.http("GET", f"/v1/messages/{message}").json["status"] == "delivered"
    assert day(gate24)["messages"]["freeform"] == 1


def test_statuses_settle_a_send_whose_owner_died_though_nobody_asks_for_it_again(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    with monkeypatch.context() as dying:
        dying.setattr(messages, "settle", _die)
        with pytest.raises(KeyboardInterrupt):
            gate24.send(TEXT)
    gs_id = received_by_bsp(gate24)[0]["message_id"]
    status_arrives(gate24, "enqueued", gs_id)
    assert gate24.conversation()[0]["status"] == "sending"
    monkeypatch.setattr(clock, "now_ms", lambda: now() + LEASE_MS)
    status_arrives(gate24, "delivered", gs_id)
    found = gate24.conversation()[0]
    assert (found["status"], found["bsp_message_id"]) == ("delivered", gs_id)
    assert day(gate24)["messages"]["freeform"] == 1


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_two_unknown_sends_that_could_both_be_meant_stay_unknown(gate24: System) -> None:
    contact_wrote(gate24)
    first, second = (unknown_send(gate24, text=text).json["id"] for text in ("one", "two"))
    status_arrives(gate24, "enqueued", received_by_bsp(gate24)[0]["message_id"])
    shown = [gate24.http("GET", f"/v1/messages/{each}").json["status"] for each in (first, second)]
    assert shown == ["unknown", "unknown"]
    rollup = day(gate24)
    assert (rollup["messages"]["freeform"], rollup["messages"]["unknown"]) == (0, 2)
    assert (rollup["total"], rollup["unknown_amount"]) == ("0.0010", "0.0020")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Settlement("accepted", provider_id="gs-1"), ("freeform", "0.0020")),
        (Settlement("rejected", code="1002"), ("failed", "0.0010")),
    ],
    ids=["went out", "did not"],
)
def test_an_unknown_send_whose_outcome_is_learned_counts_as_what_it_was(
    gate24: System, outcome: Settlement, expected: tuple[str, str]
) -> None:
    contact_wrote(gate24)
    key = message_key(unknown_send(gate24).json["id"])
    assert key is not None
    assert day(gate24)["messages"]["unknown"] == 1
    assert messages.settle(ORG, key, outcome)
    rollup = day(gate24)
    assert (rollup["messages"]["unknown"], rollup["messages"][expected[0]]) == (0, 1)
    assert (rollup["total"], rollup["unknown_amount"]) == (expected[1], "0")


def test_a_send_whose_owner_died_is_unknown_in_its_days_costs_once_it_is_asked_for_again(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    with monkeypatch.context() as dying:
        dying.setattr(messages, "settle", _die)
        with pytest.raises(KeyboardInterrupt):
            gate24.send(TEXT, "key-1")
    monkeypatch.setattr(clock, "now_ms", lambda: now() + LEASE_MS)
    assert gate24.send(TEXT, "key-1").status == 504
    rollup = day(gate24)
    assert (rollup["messages"]["unknown"], rollup["unknown_amount"], rollup["total"]) == (1, "0.0010", "0.0010")


def test_an_unknown_send_that_failed_costs_nothing(gate24: System) -> None:
    contact_wrote(gate24)
    message = unknown_send(gate24).json["id"]
    gs_id = received_by_bsp(gate24)[0]["message_id"]
    status_arrives(gate24, "enqueued", gs_id)
    status_arrives(gate24, "failed", gs_id, code=1002, reason="Not on WhatsApp")
    assert gate24.http("GET", f"/v1/messages/{message}").json["status"] == "failed"
    rollup = day(gate24)
    assert (rollup["messages"]["failed"], rollup["messages"]["freeform"], rollup["total"]) == (1, 0, "0.0010")


@pytest.mark.parametrize(("outcome", "expected"), [({"outcome": "accept"}, 202), ({"outcome": "reset"}, 504)])
def test_a_write_that_fails_after_the_bsp_answered_is_told_as_what_it_is_and_made_later(
    gate24: System, monkeypatch: pytest.MonkeyPatch, outcome: dict[str, Any], expected: int
) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, **outcome)
    with monkeypatch.context() as broken:
        broken.setattr(messages, "settle", _fails)
        answer = gate24.send(TEXT, "key-1")
    assert answer.status == expected
    again = gate24.send(TEXT, "key-1")
    assert (again.status, again.json["code"]) == (409, "request_in_progress")
    records = parked_records(gate24)
    assert len(records) == 1
    assert retry_parked(records) == []
    replayed = gate24.send(TEXT, "key-1")
    assert (replayed.status, replayed.text) == (expected, answer.text)
    assert gate24.conversation()[0]["status"] == ("accepted" if expected == 202 else "unknown")
    assert len(received_by_bsp(gate24)) == 1


def _fails(*args: Any, **kwargs: Any) -> bool:
    raise StoreError("UpdateItem", "InternalServerError")


def test_a_late_outcome_moves_the_message_and_not_the_answer_that_the_key_got(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queued write comes after the lease, when the key was told already that nobody knows."""
    contact_wrote(gate24)
    with monkeypatch.context() as broken:
        broken.setattr(messages, "settle", _fails)
        assert gate24.send(TEXT, "key-1").status == 202
    with monkeypatch.context() as later:
        later.setattr(clock, "now_ms", lambda: now() + LEASE_MS)
        told = gate24.send(TEXT, "key-1")
    assert (told.status, told.json["code"]) == (504, "bsp_outcome_unknown")
    assert retry_parked(parked_records(gate24)) == []
    again = gate24.send(TEXT, "key-1")
    assert (again.status, again.text) == (told.status, told.text)
    assert gate24.conversation()[0]["status"] == "accepted"


def test_meta_saying_that_the_window_is_closed_closes_it(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    error = {"code": 131047, "message": "Re-engagement message", "type": "OAuthException"}
    script_bsp(gate24, outcome="reject", status=400, body={"error": error})
    rejected = gate24.send(TEXT | {"channel": META})
    assert (rejected.status, rejected.json["code"]) == (409, "window_closed")
    assert rejected.json["provider"]["code"] == "131047"
    window = gate24.window(channel=META)
    assert (window["state"], window["closed_by"]) == ("closed", "provider")
    refused = gate24.send(TEXT | {"channel": META})
    assert refused.json["code"] == "not_opted_in"
    contact_wrote(gate24, ago=0, channel=META, text="I am here")
    assert gate24.send(TEXT | {"channel": META}).status == 202


@pytest.mark.parametrize("channel", [META, GUPSHUP])
def test_a_refusal_in_the_second_in_which_the_contact_wrote_closes_the_window_too(gate24: System, channel: str) -> None:
    """The reply to a message is newer than the message, though Meta's times are whole seconds."""
    contact_wrote(gate24, ago=0, channel=channel)
    said: dict[str, Any] = {"status": "error", "code": 470, "message": "Re-engagement message"}
    if channel == META:
        said = {"error": {"code": 131047, "message": "Re-engagement message"}}
    script_bsp(gate24, outcome="reject", status=400, body=said)
    refused = gate24.send(TEXT | {"channel": channel})
    assert (refused.status, refused.json["code"]) == (409, "window_closed"), refused.json
    assert refused.json["window"]["closed_by"] == "provider"
    assert "send_freeform" not in refused.json["allowed_actions"]


def test_what_the_bsp_gets_is_the_message_and_nothing_else(gate24: System) -> None:
    contact_wrote(gate24)
    gate24.send(TEXT)
    form = received_by_bsp(gate24)[0]["form"]
    assert json.loads(form["message"]) == {"type": "text", "text": "Hello"}
    assert (form["source"], form["destination"]) == ("919876500001", DIGITS)
