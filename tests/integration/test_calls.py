"""Voice calls through the whole system: window, conversation, costs, consent."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.bodies import Body, change, gupshup_v3, gupshup_v3_billing, meta, profile
from tests.support.scene import (
    DIGITS,
    HOUR,
    MINUTE,
    contact_opted_out,
    contact_wrote,
    epoch_ms,
    now,
    post_webhook,
    rolled_up,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, TEXT, System

pytestmark = pytest.mark.in_memory

OWN = "919876500002"


def call_body(at: int, call_id: str = "wacid.1", user_id: str | None = None, **more: Any) -> Body:
    """What Meta tells of a call of the person's at ``at`` (epoch ms)."""
    call = {"id": call_id, "from": DIGITS, "to": OWN, "event": "connect", "direction": "USER_INITIATED"}
    value = {"contacts": [profile(user_id=user_id)], "calls": [call | {"timestamp": str(at // 1000)} | more]}
    return meta(change("calls", value, META_NUMBER))


def ended(at: int, status: str = "COMPLETED", started_at: int | None = None, **more: Any) -> Body:
    """That it ended at ``at``; ``started_at``: when it was picked up."""
    times: dict[str, Any] = {}
    if started_at is not None:
        seconds = (at - started_at) // 1000
        times = {"start_time": started_at // 1000, "end_time": at // 1000, "duration": seconds}
    return call_body(at, event="terminate", status=status, **times, **more)


def our_status(at: int, status: str) -> Body:
    said = {"id": "wacid.1", "type": "call", "status": status, "timestamp": str(at // 1000), "recipient_id": DIGITS}
    return meta(change("calls", {"statuses": [said]}, META_NUMBER))


OUR_CALL = {"from": OWN, "to": DIGITS, "direction": "BUSINESS_INITIATED"}


def whole_seconds(at: int) -> int:
    return at // 1000 * 1000


# Meta, send-messages (2026-05-21): "When a WhatsApp user messages you or calls you, a 24-hour timer called a customer
# service window starts." Calling pricing: "regardless of if you accept the call or not".
@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
@pytest.mark.parametrize("status", ["COMPLETED", "FAILED"])
def test_a_persons_call_opens_the_window_at_its_begin_and_is_shown_once(
    gate24: System, order: tuple[int, ...], status: str
) -> None:
    at = whole_seconds(now() - HOUR)
    picked_up = at + 10_000 if status == "COMPLETED" else None
    told = [call_body(at), ended(at + 130_000, status, picked_up)]
    for number in (*order, *order):
        post_webhook(gate24, META, told[number])
    window = gate24.window(channel=META)
    assert (window["state"], epoch_ms(window["last_inbound_at"])) == ("open", at)
    (entry,) = gate24.conversation()
    duration = {"duration": 120} if picked_up else {}
    assert (entry["type"], entry["direction"], entry["status"]) == ("call", "inbound", "received")
    assert entry["details"] == {"direction": "user_initiated", "status": status.lower(), **duration}
    assert gate24.send(TEXT | {"channel": META}).status == 202


def test_a_call_extends_an_open_window_and_an_older_one_does_not(gate24: System) -> None:
    contact_wrote(gate24, ago=3 * HOUR, channel=META)
    at = whole_seconds(now() - HOUR)
    post_webhook(gate24, META, call_body(at))
    post_webhook(gate24, META, call_body(at - HOUR, "wacid.2"))
    window = gate24.window(channel=META)
    assert epoch_ms(window["last_inbound_at"]) == at
    assert [each["type"] for each in gate24.conversation()] == ["call", "call", "text"]


# "When a WhatsApp user accepts your call."
@pytest.mark.parametrize(
    ("told", "state", "status"),
    [
        ([("RINGING", 5), ("REJECTED", 9)], "never_opened", "rejected"),
        ([("RINGING", 5), ("ACCEPTED", 9)], "open", "accepted"),
    ],
)
def test_our_own_call_opens_the_window_when_it_is_accepted(
    gate24: System, told: list[tuple[str, int]], state: str, status: str
) -> None:
    at = whole_seconds(now() - HOUR)
    for body in [call_body(at, **OUR_CALL), *(our_status(at + after * 1000, name) for name, after in told)]:
        post_webhook(gate24, META, body)
    window = gate24.window(channel=META)
    assert window["state"] == state
    if state == "open":
        assert epoch_ms(window["last_inbound_at"]) == at + 9_000
    (entry,) = gate24.conversation()
    assert (entry["type"], entry["direction"]) == ("call", "outbound")
    assert entry["details"] == {"direction": "business_initiated", "status": status}


def test_the_end_of_our_call_proves_that_it_was_accepted(gate24: System) -> None:
    at = whole_seconds(now() - HOUR)
    post_webhook(gate24, META, ended(at + 60_000, started_at=at, **OUR_CALL))
    post_webhook(gate24, META, our_status(at, "ACCEPTED"))
    assert epoch_ms(gate24.window(channel=META)["last_inbound_at"]) == at
    (entry,) = gate24.conversation()
    assert entry["details"] == {"direction": "business_initiated", "status": "completed", "duration": 60}


def test_gupshup_passes_calls_through_in_version_3(gate24: System) -> None:
    post_webhook(gate24, GUPSHUP, gupshup_v3(call_body(now() - HOUR)))
    deduction = gupshup_v3_billing(now() - HOUR, conversation_type="call", source="gupshup", billable="false")
    post_webhook(gate24, GUPSHUP, deduction)
    assert gate24.window(channel=GUPSHUP)["state"] == "open"
    assert [each["type"] for each in gate24.conversation()] == ["call"]


# "A call is no message": Gupshup's fee of 0.0010 is "for outgoing text/media up to 64KB and all incoming text/media".
def test_a_call_costs_nothing_and_is_no_message_of_the_day(gate24: System) -> None:
    post_webhook(gate24, GUPSHUP, gupshup_v3(call_body(now() - MINUTE)))
    post_webhook(gate24, META, call_body(now() - MINUTE, "wacid.2", **OUR_CALL))
    today = datetime.now(ZoneInfo("Asia/Kolkata")).date()
    (day,) = rolled_up(gate24, today, today)
    assert float(day["total"]) == 0
    assert set(day["messages"].values()) == {0}


def test_a_call_is_not_writing_again_after_an_opt_out(gate24: System) -> None:
    contact_opted_out(gate24, ago=2 * HOUR)
    post_webhook(gate24, META, call_body(now() - HOUR))
    assert gate24.window(channel=META)["state"] == "open"
    assert gate24.send(TEXT | {"channel": META}).json["code"] == "opted_out"
    assert gate24.contact()["consent"]["status"] == "opted_out"


def test_a_caller_who_hides_the_number_and_then_shows_it_is_one_person_with_one_call(gate24: System) -> None:
    at, user_id = whole_seconds(now() - HOUR), "IN.Caller1"
    hidden: dict[str, Any] = {"from": None, "from_user_id": user_id}
    value = call_body(at, **hidden)
    value["entry"][0]["changes"][0]["value"]["contacts"] = [profile(phone=None, user_id=user_id)]
    post_webhook(gate24, META, value)
    post_webhook(gate24, META, ended(at + 60_000, started_at=at, user_id=user_id))
    (entry,) = gate24.conversation()
    assert entry["details"]["duration"] == 60
    assert epoch_ms(gate24.window(channel=META)["last_inbound_at"]) == at


def test_erasing_a_person_takes_the_calls_along(gate24: System) -> None:
    post_webhook(gate24, META, call_body(now() - HOUR))
    assert gate24.http("DELETE", f"/v1/contacts/{DIGITS}").status in (202, 204)
    assert gate24.http("GET", f"/v1/contacts/{DIGITS}").status == 404
    assert not [item for item in gate24.items() if "wacid.1" in str(item)]
