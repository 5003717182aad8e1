"""The main job on the started stack: real HTTP between the BSP simulator, the API and the functions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.support.bodies import gupshup_consent, gupshup_text
from tests.support.live import HOUR, REMINDER, TEXT, Live, new_phone, now, until


@pytest.fixture
def live(stack: dict[str, Any]) -> Live:
    return Live(stack)


def test_a_contact_writes_and_is_answered(live: Live) -> None:
    phone = new_phone()
    live.inbound(phone, "When is the class?")
    assert live.window(phone)["state"] == "open"
    sent = live.send(phone, TEXT)
    assert sent.status_code == 202, sent.text
    assert sent.headers["content-type"] == "application/json"
    assert len(live.received(phone)) == 1
    steps = ["enqueued", "sent", "delivered", "read"]
    until(lambda: [each["status"] for each in live.conversation(phone)[0]["statuses"]] == steps)
    newest = live.conversation(phone)[0]
    assert newest["cost"]["amount"] == "0.0010"
    assert live.api("GET", f"/v1/messages/{sent.json()['id']}").json()["status"] == "read"


def _with_status(message: dict[str, Any], status: str) -> dict[str, Any] | None:
    return message if message["status"] == status else None


def test_when_the_window_is_shut_only_a_template_goes_out(live: Live) -> None:
    phone = new_phone()
    live.opt_in(phone)
    live.inbound(phone, timestamp=now() - 25 * HOUR)
    refused = live.send(phone, TEXT)
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "window_closed"
    assert refused.json()["allowed_actions"][0] == "send_template"
    sent = live.send(phone, REMINDER)
    assert (sent.status_code, sent.json()["sent_as"]) == (202, "template")
    fallback = live.send(phone, TEXT | {"fallback": {"template": REMINDER["template"]}})
    assert (fallback.status_code, fallback.json()["sent_as"]) == (202, "template")
    assert [each["type"] for each in live.conversation(phone)] == ["template", "template", "text", "text"]


def test_meta_is_answered_the_same_way(live: Live) -> None:
    phone = new_phone()
    live.inbound(phone, provider="meta")
    sent = live.send(phone, TEXT, provider="meta")
    assert sent.status_code == 202, sent.text
    assert live.received(phone)[0]["json"]["biz_opaque_callback_data"] == sent.json()["id"]
    until(lambda: _with_status(live.conversation(phone)[0], "read"))


def test_a_template_entered_by_the_api_keeps_its_category_and_its_price(live: Live) -> None:
    phone, name = new_phone(), f"camp_{new_phone().removeprefix('+')}"
    template = {
        "channel": live.channel("meta")["id"],
        "bsp_template_id": "9000000001",
        "language": "en",
        "category": "marketing",
        "status": "approved",
        "params": 0,
        "media": None,
    }
    assert live.api("PUT", f"/v1/templates/{name}", template).status_code == 200
    live.opt_in(phone)
    sent = live.send(phone, {"type": "template", "template": {"name": name, "language": "en"}}, provider="meta")
    assert (sent.status_code, sent.json()["cost"]["amount"]) == (202, "0.0118")
    read = until(lambda: _with_status(live.conversation(phone)[0], "read"))
    assert read["cost"]["amount"] == "0.0118"


def test_a_key_sends_once_and_gives_its_answer_again(live: Live) -> None:
    phone = new_phone()
    live.inbound(phone)
    first, again = (live.send(phone, TEXT, key=f"once-{phone}") for _ in range(2))
    assert (again.status_code, again.text) == (202, first.text)
    assert again.headers["Idempotency-Replayed"] == "true"
    reused = live.send(phone, {"type": "text", "text": {"body": "Other"}}, key=f"once-{phone}")
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    assert len(live.received(phone)) == 1


def test_a_thousand_requests_over_two_hundred_keys_reach_the_bsp_two_hundred_times(live: Live) -> None:
    phones = [new_phone() for _ in range(20)]
    for phone in phones:
        assert live.webhook(gupshup_text(message_id=f"wamid.{phone}", phone=phone[1:], at=now())).status_code == 200
    keys = [(phones[number % 20], f"storm-{phones[0]}-{number % 200}") for number in range(1000)]

    def once(pair: tuple[str, str]) -> int:
        phone, key = pair
        for _ in range(60):
            answer = live.send(phone, TEXT, key=key)
            if answer.status_code == 202:
                return 202
            is_the_gateways = answer.status_code >= 500 and "code" not in answer.json()  # it could reach no function
            said = answer.json().get("code")
            assert is_the_gateways or said in ("request_in_progress", "throttled"), answer.text
            until_retry = float(answer.headers.get("Retry-After", "1"))
            _pause(until_retry)
        return answer.status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(once, keys)) == {202}
    assert sum(len(live.received(phone)) for phone in phones) == 200


def _pause(seconds: float) -> None:
    import time

    time.sleep(min(seconds, 2.0))


def test_opted_out_and_back(live: Live) -> None:
    phone = new_phone()
    live.inbound(phone, "STOP")
    assert live.contact(phone)["consent"]["status"] == "opted_out"
    assert live.send(phone, TEXT).json()["code"] == "opted_out"
    live.inbound(phone, "I have a question")
    assert live.send(phone, TEXT).status_code == 202
    assert live.send(phone, REMINDER).json()["code"] == "opted_out"
    live.inbound(phone, "Start!")
    assert live.send(phone, REMINDER).status_code == 202


def test_a_days_costs_stand_in_a_rollup_and_a_late_event_restates_them(live: Live) -> None:
    organization = Live(live.stack, 1)
    zone = ZoneInfo(organization.organization["timezone"])
    day = (datetime.now(zone) - timedelta(days=3)).date()
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=zone).astimezone(UTC).timestamp() * 1000)
    phone = new_phone()
    organization.inbound(phone, timestamp=noon)
    range_of_days = {"from": day.isoformat(), "to": day.isoformat()}
    organization.rollup(organization="health", **range_of_days)
    first = _day(organization, day.isoformat())
    assert first["status"] in ("final", "restated")
    organization.rollup(organization="health", **range_of_days)
    assert _day(organization, day.isoformat()) == first
    organization.inbound(phone, timestamp=noon + 60_000)
    organization.rollup(organization="health", **range_of_days)
    restated = _day(organization, day.isoformat())
    assert restated["status"] == "restated"
    assert restated["messages"]["inbound"] == first["messages"]["inbound"] + 1


def _day(live: Live, day: str) -> Any:
    return live.api("GET", f"/v1/costs/daily?from={day}&to={day}").json()["data"][0]


@pytest.mark.parametrize(
    ("outcome", "status", "code", "shown"),
    [
        ({"outcome": "reject", "status": 400}, 502, "bsp_rejected", "rejected"),
        ({"outcome": "reject", "status": 500}, 504, "bsp_outcome_unknown", "unknown"),
        ({"outcome": "reset"}, 504, "bsp_outcome_unknown", "unknown"),
        ({"outcome": "timeout_before_accept"}, 504, "bsp_outcome_unknown", "unknown"),
        ({"outcome": "reject", "status": 429, "count": 9}, 429, "throttled", "rejected"),
    ],
)
def test_what_the_bsp_does_is_told_as_it_is(
    live: Live, outcome: dict[str, Any], status: int, code: str, shown: str
) -> None:
    phone = new_phone()
    live.inbound(phone)
    live.script(phone, **outcome)
    answer = live.send(phone, TEXT)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    newest = live.conversation(phone)[0]
    assert newest["status"] == shown
    assert newest["cost"]["amount"] == "0" or shown == "unknown"


def test_a_send_that_timed_out_after_it_was_accepted_is_settled_by_its_statuses(live: Live) -> None:
    phone = new_phone()
    live.inbound(phone)
    live.script(phone, outcome="timeout_after_accept")
    assert live.send(phone, TEXT).json()["code"] == "bsp_outcome_unknown"
    until(lambda: _with_status(live.conversation(phone)[0], "read"))
    assert len(live.received(phone)) == 1


def test_a_webhook_without_its_secret_is_refused_and_leaves_nothing(live: Live) -> None:
    phone = new_phone()
    body = gupshup_text(phone=phone[1:], at=now())
    for headers in ({}, {"X-Webhook-Token": "wrong"}):
        assert requests.post(live.channel()["webhook_url"], json=body, headers=headers, timeout=60).status_code == 401
    assert live.api("GET", f"/v1/contacts/{phone}").status_code == 404
    url = f"{live.channel()['webhook_url']}?token={live.channel()['webhook_token']}"
    assert requests.post(url, json=body, timeout=60).status_code == 200
    for raw in ("not json", "[1]"):
        assert requests.post(url, data=raw, timeout=60).status_code == 400


def test_metas_handshake_gives_the_challenge_back(live: Live) -> None:
    channel = live.channel("meta")
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": channel["verify_token"]}
    answer = requests.get(channel["webhook_url"], params=query, timeout=60)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    query["hub.verify_token"] = "wrong"
    assert requests.get(channel["webhook_url"], params=query, timeout=60).status_code == 401


def test_organizations_do_not_see_each_other(live: Live) -> None:
    phone, other = new_phone(), Live(live.stack, 1)
    live.inbound(phone)
    assert other.api("GET", f"/v1/contacts/{phone}").status_code == 404
    body = {"to": phone, "channel": live.channel()["id"], **TEXT}
    assert other.api("POST", "/v1/messages", body, {"Idempotency-Key": f"x-{phone}"}).status_code == 404


def test_erasure_leaves_nothing_but_the_opt_out(live: Live) -> None:
    phone = new_phone()
    live.webhook(gupshup_text("My name is secret", f"wamid.{phone}", phone[1:], now() - HOUR))
    live.webhook(gupshup_consent("opted-out", phone[1:], now()))
    assert live.api("DELETE", f"/v1/contacts/{phone}").status_code == 204
    assert live.api("GET", f"/v1/contacts/{phone}").status_code == 404
    assert live.send(phone, REMINDER).json()["code"] == "opted_out"
