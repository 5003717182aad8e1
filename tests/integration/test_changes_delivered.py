"""From a change in the table to an organization's own software: through the stream, the queue and the endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from standardwebhooks import Webhook

from gate24.changes import Change
from gate24.feed import FeedEvent
from gate24.rules.feed_events import events_of
from gate24.store import aws
from gate24.usecases import tell_changes
from tests.support.hooks import arrived, deliver, deliveries_of, make_webhook, queued_records, script_hook
from tests.support.scene import HOUR, accepted_send, contact_opted_in, contact_wrote, records_of, status_arrives
from tests.support.stream import Listener, invoke, listening
from tests.support.system import ORG, PHONE, System


@pytest.fixture
def listener(gate24: System) -> Iterator[Listener]:
    with listening(gate24) as found:
        yield found


def heard(gate24: System, name: str = "bot") -> list[dict[str, Any]]:
    return [json.loads(hook["body"]) for hook in arrived(gate24, name)]


def test_the_endpoint_hears_what_the_feed_has_each_once_and_signed(gate24: System, listener: Listener) -> None:
    made = make_webhook(gate24)
    contact_opted_in(gate24)
    sent = accepted_send(gate24)
    status_arrives(gate24, "delivered", sent["bsp_message_id"])
    listener.stream.tell()
    assert deliver() == []
    listener.stream.tell_again()
    assert deliver() == []
    fed = listener.listen()
    assert {each["id"] for each in heard(gate24)} == {each["id"] for each in fed}
    assert len(heard(gate24)) == len(fed)
    assert {each["type"] for each in fed} >= {"message.received", "message.status", "window.opened", "consent.changed"}
    for hook in arrived(gate24):
        Webhook(made["secret"]).verify(hook["body"], hook["headers"])
    (received,) = [each for each in heard(gate24) if each["type"] == "message.received"]
    assert received["data"]["message"]["text"] == "Namaste"
    assert received["data"]["contact"]["phone"] == PHONE


def test_only_a_subscription_makes_a_change_cost_anything(gate24: System, listener: Listener) -> None:
    contact_wrote(gate24)
    listener.stream.tell()
    assert queued_records() == []


def test_of_a_person_who_was_erased_while_it_waited_nothing_is_told(gate24: System, listener: Listener) -> None:
    made = make_webhook(gate24)
    contact_wrote(gate24, ago=HOUR)
    listener.stream.tell()
    assert gate24.http("DELETE", f"/v1/contacts/{quote(PHONE)}").status == 204
    deliver()
    assert heard(gate24) == []
    assert {each["status"] for each in deliveries_of(gate24, made["id"])} == {"dropped"}
    listener.stream.tell()
    deliver()
    assert [each["type"] for each in heard(gate24)] == ["contact.erased"]


def test_what_could_not_be_queued_is_told_by_the_stream_again(
    gate24: System, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import EndpointConnectionError

    make_webhook(gate24)
    contact_wrote(gate24)

    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://queue")

    with monkeypatch.context() as outage:
        outage.setattr(aws.sqs(), "send_message", unreachable)
        with pytest.raises(AssertionError):  # the function gives the records back
            listener.stream.tell()
    listener.stream.tell_again()
    deliver()
    assert "message.received" in [each["type"] for each in heard(gate24)]


def test_a_change_on_which_the_code_trips_is_kept_and_holds_up_nobody(
    gate24: System, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_webhook(gate24)
    contact_wrote(gate24)
    listener.stream.tell()
    deliver()
    contact_opted_in(gate24)
    accepted_send(gate24)
    poisonous, *others = listener.stream.records
    assert others

    def tripped(change: Change, margin: Callable[[str], int]) -> list[FeedEvent]:
        if change.number == poisonous["dynamodb"]["SequenceNumber"]:
            raise LookupError(PHONE)
        return events_of(change, margin)

    monkeypatch.setattr(tell_changes, "events_of", tripped)
    before = len(heard(gate24))
    listener.stream.tell()
    deliver()
    assert [each["type"] for each in heard(gate24)[before:]] == ["message.received", "message.status"]
    (kept,) = [record["body"] for record in records_of("UNTOLD_CHANGES_QUEUE_URL")]
    said = json.loads(kept)
    assert said["sequence_number"] == poisonous["dynamodb"]["SequenceNumber"]
    assert (said["organization"], said["item"], said["error"]) == (ORG, "contact", "LookupError")
    assert PHONE.lstrip("+") not in kept
    assert poisonous["dynamodb"]["Keys"]["pk"]["S"] not in kept


def test_a_change_that_can_be_neither_told_nor_kept_is_told_again(
    gate24: System, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import EndpointConnectionError

    make_webhook(gate24)
    contact_wrote(gate24)

    def tripped(*_: Any) -> None:
        raise LookupError

    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://queue")

    monkeypatch.setattr(tell_changes, "events_of", tripped)
    monkeypatch.setattr(aws.sqs(), "send_message", unreachable)
    assert invoke(listener.stream.records) == [listener.stream.records[0]["dynamodb"]["SequenceNumber"]]


def test_a_third_of_the_calls_fail_and_nothing_is_lost(gate24: System, listener: Listener) -> None:
    from tests.support.hooks import run_schedule
    from tests.support.scene import now, standing_clock

    made = make_webhook(gate24, events=["message.received"])
    for _ in range(30):
        contact_wrote(gate24)
    listener.stream.tell()
    for _ in range(10):
        script_hook(gate24, status=200, count=2)
        script_hook(gate24, status=503)
    with standing_clock(now()) as clock:
        while True:
            deliver()
            if not deliveries_of(gate24, made["id"], "pending"):
                break
            clock[0] += HOUR
            run_schedule()
    assert len({each["id"] for each in heard(gate24)}) == 30
    assert len(heard(gate24)) == 40
