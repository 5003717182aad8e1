"""What becomes of a send: each way in which the BSP can answer, or not answer, and what the caller is told."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from gate24 import clock
from gate24.providers import forward
from gate24.rules.message_status import LEASE_MS
from gate24.store import messages, organizations
from gate24.store.table import StoreError
from tests.support.bodies import gupshup_status, gupshup_text, meta_status, meta_text
from tests.support.system import CONTEXT, GUPSHUP, META, META_NUMBER, ORG, PHONE, TEXT, TOKEN, Answer, System, handler

DIGITS = PHONE.removeprefix("+")


def now() -> int:
    return int(time.time() * 1000)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits 8 seconds for a BSP that says nothing."""
    monkeypatch.setattr(forward, "READ_SECONDS", 0.4)


@pytest.fixture(autouse=True)
def midday(gate24: System) -> None:
    """It is about noon where the organization is, so that no test runs over its midnight."""
    organization = organizations.organization(ORG)
    assert organization is not None
    east = 12 - datetime.now(UTC).hour
    organizations.put_organization(replace(organization, timezone=f"Etc/GMT{-east:+d}" if east else "Etc/GMT"))


def opened(gate24: System, channel: str = GUPSHUP) -> System:
    """The contact wrote a minute ago."""
    at = now() - 60_000
    if channel == META:
        gate24.meta_webhook(meta_text(at=at, phone=DIGITS, phone_number_id=META_NUMBER))
    else:
        gate24.webhook(gupshup_text(at=at))
    return gate24


def script(gate24: System, **outcome: Any) -> None:
    assert gate24.simulator is not None
    gate24.simulator.script.add(outcome)


def requests(gate24: System) -> list[dict[str, Any]]:
    assert gate24.simulator is not None
    return list(gate24.simulator.requests.oldest_first())


def day(gate24: System) -> dict[str, Any]:
    """The rollup of the organization's running day."""
    done = handler("cost_rollup")({"organization": ORG}, CONTEXT)["days"]
    date = done[-1]["date"]
    found: dict[str, Any] = gate24.http("GET", f"/v1/costs/daily?from={date}&to={date}").json["data"][0]
    return found


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
    opened(gate24, channel)
    script(gate24, **outcome)
    answer = gate24.send(TEXT | {"channel": channel})
    assert (answer.status, answer.json.get("code")) == told, answer.text
    assert len(requests(gate24)) == outcome.get("count", 1)
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
        ({"outcome": "reset"}, {}, "0.0010"),
    ],
)
def test_only_what_was_accepted_costs_anything(
    gate24: System, outcome: dict[str, Any], counted: dict[str, int], total: str
) -> None:
    opened(gate24)
    script(gate24, **outcome)
    gate24.send(TEXT)
    rollup = day(gate24)
    assert rollup["messages"] == {"inbound": 1, "freeform": 0, "template": 0, "failed": 0, "refused": 0} | counted
    assert rollup["total"] == total


def test_a_bsp_that_asks_for_patience_is_asked_again(gate24: System) -> None:
    opened(gate24)
    script(gate24, outcome="reject", status=429)
    assert gate24.send(TEXT).status == 202
    assert len(requests(gate24)) == 2
    assert [each["status"] for each in gate24.conversation()] == ["accepted", "received"]


def test_a_bsp_that_cannot_be_reached_is_throttled_and_the_key_stays_free(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(gate24)
    once = forward._once
    monkeypatch.setattr(forward, "_once", _at(once, "http://127.0.0.1:9"))
    refused = gate24.send(TEXT, "key-1")
    assert (refused.status, refused.json["code"], refused.json["provider"]["code"]) == (429, "throttled", "unreachable")
    assert requests(gate24) == []
    monkeypatch.setattr(forward, "_once", once)
    assert gate24.send(TEXT, "key-1").status == 202


def test_a_fault_in_the_call_of_the_bsp_is_an_unknown_outcome(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(gate24)

    def fails(*args: Any, **kwargs: Any) -> None:
        raise ValueError("Invalid header value b'key'")

    monkeypatch.setattr(forward._pool, "request", fails)
    answer = gate24.send(TEXT)
    assert (answer.status, answer.json["provider"]["code"]) == (504, "ValueError")


def test_a_new_line_at_the_end_of_the_api_key_does_no_harm(gate24: System) -> None:
    boto3.client("secretsmanager").put_secret_value(
        SecretId=f"channels/{GUPSHUP}", SecretString=json.dumps({"api_key": "bsp-key\n", "webhook_tokens": [TOKEN]})
    )
    assert opened(gate24).send(TEXT).status == 202


def _at(once: Callable[..., Any], base: str) -> Callable[..., Any]:
    return lambda request, provider: once(replace(request, url=f"{base}/wa/api/v1/msg"), provider)


def lost(gate24: System, channel: str = GUPSHUP, text: str = "Hello") -> Answer:
    """A send that the BSP took and never answered."""
    script(gate24, outcome="timeout_after_accept")
    answer = gate24.send({"type": "text", "text": {"body": text}, "channel": channel})
    assert answer.status == 504
    return answer


def test_a_status_settles_what_was_unknown_at_meta_by_our_id(gate24: System) -> None:
    message = lost(opened(gate24, META), META).json["id"]
    sent = requests(gate24)[0]
    assert sent["json"]["biz_opaque_callback_data"] == message
    gate24.meta_webhook(
        meta_status("sent", sent["message_id"], our_id=message, phone=DIGITS, at=now(), phone_number_id=META_NUMBER)
    )
    settled = gate24.http("GET", f"/v1/messages/{message}").json
    assert (settled["status"], settled["bsp_message_id"]) == ("sent", sent["message_id"])
    assert "code" not in settled
    assert day(gate24)["messages"]["freeform"] == 1


def test_a_status_settles_what_was_unknown_at_gupshup_where_only_one_send_can_be_meant(gate24: System) -> None:
    message = lost(opened(gate24)).json["id"]
    gs_id = requests(gate24)[0]["message_id"]
    gate24.webhook(gupshup_status("enqueued", gs_id, at=now()))
    settled = gate24.http("GET", f"/v1/messages/{message}").json
    assert (settled["status"], settled["bsp_message_id"]) == ("accepted", gs_id)
    gate24.webhook(gupshup_status("delivered", gs_id, at=now()))
    assert gate24.http("GET", f"/v1/messages/{message}").json["status"] == "delivered"
    assert day(gate24)["messages"]["freeform"] == 1


def test_statuses_settle_a_send_whose_owner_died_though_nobody_asks_for_it_again(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(gate24)
    with monkeypatch.context() as dying:
        dying.setattr(messages, "settle", _die)
        with pytest.raises(KeyboardInterrupt):
            gate24.send(TEXT)
    gs_id = requests(gate24)[0]["message_id"]
    gate24.webhook(gupshup_status("enqueued", gs_id, at=now()))
    assert gate24.conversation()[0]["status"] == "sending"
    monkeypatch.setattr(clock, "now_ms", lambda: now() + LEASE_MS)
    gate24.webhook(gupshup_status("delivered", gs_id, at=now()))
    found = gate24.conversation()[0]
    assert (found["status"], found["bsp_message_id"]) == ("delivered", gs_id)
    assert day(gate24)["messages"]["freeform"] == 1


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_two_unknown_sends_that_could_both_be_meant_stay_unknown(gate24: System) -> None:
    opened(gate24)
    first, second = (lost(gate24, text=text).json["id"] for text in ("one", "two"))
    gate24.webhook(gupshup_status("enqueued", requests(gate24)[0]["message_id"], at=now()))
    shown = [gate24.http("GET", f"/v1/messages/{each}").json["status"] for each in (first, second)]
    assert shown == ["unknown", "unknown"]
    assert day(gate24)["messages"]["freeform"] == 0


def test_an_unknown_send_that_failed_costs_nothing(gate24: System) -> None:
    message = lost(opened(gate24)).json["id"]
    gs_id = requests(gate24)[0]["message_id"]
    gate24.webhook(gupshup_status("enqueued", gs_id, at=now()))
    gate24.webhook(gupshup_status("failed", gs_id, at=now(), code=1002, reason="Not on WhatsApp"))
    assert gate24.http("GET", f"/v1/messages/{message}").json["status"] == "failed"
    rollup = day(gate24)
    assert (rollup["messages"]["failed"], rollup["messages"]["freeform"], rollup["total"]) == (1, 0, "0.0010")


def parked(gate24: System) -> list[dict[str, Any]]:
    """What lies in the queue of parked events, as Lambda's event source would hand it on."""
    received = boto3.client("sqs").receive_message(QueueUrl=gate24.queue_url, MaxNumberOfMessages=10)
    return [{"messageId": each["MessageId"], "body": each["Body"]} for each in received.get("Messages", [])]


@pytest.mark.parametrize(("outcome", "expected"), [({"outcome": "accept"}, 202), ({"outcome": "reset"}, 504)])
def test_a_write_that_fails_after_the_bsp_answered_is_told_as_what_it_is_and_made_later(
    gate24: System, monkeypatch: pytest.MonkeyPatch, outcome: dict[str, Any], expected: int
) -> None:
    opened(gate24)
    script(gate24, **outcome)
    with monkeypatch.context() as broken:
        broken.setattr(messages, "settle", _fails)
        answer = gate24.send(TEXT, "key-1")
    assert answer.status == expected
    again = gate24.send(TEXT, "key-1")
    assert (again.status, again.json["code"]) == (409, "request_in_progress")
    records = parked(gate24)
    assert len(records) == 1
    assert handler("inbound_webhook")({"Records": records}, CONTEXT) == {"batchItemFailures": []}
    replayed = gate24.send(TEXT, "key-1")
    assert (replayed.status, replayed.text) == (expected, answer.text)
    assert gate24.conversation()[0]["status"] == ("accepted" if expected == 202 else "unknown")
    assert len(requests(gate24)) == 1


def _fails(*args: Any, **kwargs: Any) -> bool:
    raise StoreError("UpdateItem", "InternalServerError")


def test_meta_saying_that_the_window_is_closed_closes_it(gate24: System) -> None:
    opened(gate24, META)
    error = {"code": 131047, "message": "Re-engagement message", "type": "OAuthException"}
    script(gate24, outcome="reject", status=400, body={"error": error})
    rejected = gate24.send(TEXT | {"channel": META})
    assert (rejected.json["code"], rejected.json["provider"]["code"]) == ("bsp_rejected", "131047")
    window = gate24.window(channel=META)
    assert (window["state"], window["closed_by"]) == ("closed", "provider")
    refused = gate24.send(TEXT | {"channel": META})
    assert refused.json["code"] == "not_opted_in"
    gate24.meta_webhook(meta_text("I am here", "wamid.in-2", phone=DIGITS, at=now(), phone_number_id=META_NUMBER))
    assert gate24.send(TEXT | {"channel": META}).status == 202


def test_what_the_bsp_gets_is_the_message_and_nothing_else(gate24: System) -> None:
    opened(gate24)
    gate24.send(TEXT)
    form = requests(gate24)[0]["form"]
    assert json.loads(form["message"]) == {"type": "text", "text": "Hello"}
    assert (form["source"], form["destination"]) == ("919876500001", DIGITS)
