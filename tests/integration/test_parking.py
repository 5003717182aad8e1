"""What cannot be stored is parked and taken from there; an event that was answered 200 is never lost."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from gate24.events import ContactRef, Failure, IdentityChanged, StatusChanged
from gate24.message_keys import MessageKey
from gate24.messages import FailedAttempt, Settlement
from gate24.observability import logger
from gate24.rules.consent import keyword_action
from gate24.store import retry_queue, table
from gate24.store.retry_queue import Queued, QueuedEvent, QueuedRequest, QueuedSettlement
from gate24.store.table import StoreError
from gate24.usecases.retry_queued import retry_queued
from tests.support.bodies import change, every_body, gupshup_text, message, meta
from tests.support.scene import HOUR, new_number, now, parked_records, post_webhook, retry_parked
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, OTHER, TOKEN, System, system


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("parking"), simulate=False) as made:
        yield made


class Faults:
    """Makes the table refuse writes: all of them, or from the ``after``-th on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failing, self.after, self._dispatch = False, 0, table._dispatch
        monkeypatch.setattr(table, "_dispatch", self)

    def __call__(self, operation: str, kwargs: dict[str, Any]) -> Any:
        if self.failing:
            if self.after <= 0:
                raise StoreError(operation, "InternalServerError")
            self.after -= 1
        return self._dispatch(operation, kwargs)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    return Faults(monkeypatch)


@pytest.mark.parametrize("after", range(6))
def test_wherever_the_table_fails_the_event_is_parked_and_stored_whole_later(
    bare: System, faults: Faults, after: int
) -> None:
    phone = new_number()
    faults.failing, faults.after = True, after
    answer = bare.webhook(gupshup_text("STOP", f"w.{phone}", phone, now() - HOUR))
    assert (answer.status, answer.text) == (200, "")
    records = parked_records(bare)
    assert len(records) == (1 if after < 5 else 0)  # contact, window, message, consent, its history
    if records:
        assert retry_parked(records) == [records[0]["messageId"]]  # still failing: given back
    faults.failing = False
    assert retry_parked(records) == []
    assert bare.window(phone)["state"] == "open"
    assert bare.contact(phone)["consent"]["status"] == "opted_out"
    assert [each["text"] for each in bare.conversation(phone)] == ["STOP"]
    assert len(bare.http("GET", f"/v1/contacts/{phone}/consents").json["data"]) == 1


def test_when_the_queue_fails_too_the_bsp_is_asked_to_send_it_again(
    bare: System, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gate24.store import aws

    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://queue")

    phone = new_number()
    body = gupshup_text("hi", f"w.{phone}", phone, now() - HOUR)
    faults.failing = True
    monkeypatch.setattr(aws.sqs(), "send_message", unreachable)
    answer = bare.webhook(body)
    assert (answer.status, answer.json["code"], answer.json["retryable"]) == (503, "unavailable", True)
    assert phone not in answer.text
    faults.failing = False
    assert bare.webhook(body).status == 200
    assert bare.window(phone)["state"] == "open"


def test_a_webhook_whose_channel_cannot_be_read_is_parked_whole_and_stored_later(
    bare: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gate24.store import documents, organizations

    def fails(*_: Any, **__: Any) -> None:
        raise StoreError("GetItem", "InternalServerError")

    phone = new_number()
    organizations.forget()
    with monkeypatch.context() as broken:
        broken.setattr(documents, "get", fails)
        assert bare.webhook(gupshup_text("hi", f"w.{phone}", phone, now() - HOUR)).status == 200
        records = parked_records(bare)
        assert retry_parked(records) == [records[0]["messageId"]]
    assert retry_parked(records) == []
    assert [each["text"] for each in bare.conversation(phone)] == ["hi"]


def test_the_consumer_gives_back_only_what_failed(bare: System) -> None:
    phones = [new_number() for _ in range(3)]
    records = []
    for phone in phones:
        from gate24.providers import provider
        from gate24.store import retry_queue
        from gate24.store.retry_queue import QueuedEvent

        event = provider("gupshup").parse(gupshup_text("hi", f"w.{phone}", phone, now() - HOUR), now())[0].event
        body = retry_queue.write(QueuedEvent(GUPSHUP, now(), event))
        records.append({"messageId": phone, "body": body})
    unknown_channel = json.dumps(json.loads(records[1]["body"]) | {"channel": "gone"})
    records[1] = {"messageId": "no channel", "body": unknown_channel}
    records += [{"messageId": "not json", "body": "{"}, {"messageId": "no event", "body": '{"channel": "x"}'}]
    assert retry_parked(records) == ["no channel", "not json", "no event"]
    assert [bare.http("GET", f"/v1/contacts/{phone}").status for phone in phones] == [200, 404, 200]


def test_every_kind_of_event_survives_the_queue(bare: System) -> None:
    from gate24.providers import provider

    for body in every_body():
        name = "meta" if "entry" in body and "gs_app_id" not in body else "gupshup"
        for routed in provider(name).parse(body, now()):
            queued = QueuedEvent("c", 1, routed.event)
            assert retry_queue.read(retry_queue.write(queued)) == queued


def test_what_a_long_batch_has_no_time_for_is_parked_and_stored_later(
    bare: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gate24.usecases import receive_webhook

    phones = [new_number() for _ in range(5)]
    items = [message("text", {"body": "hi"}, f"w.{phone}", phone, now() - HOUR) for phone in phones]
    with monkeypatch.context() as slow:
        slow.setattr(receive_webhook, "STORING_SECONDS", -1.0)
        assert bare.meta_webhook(meta(change("messages", {"messages": items}, META_NUMBER))).status == 200
    assert [bare.http("GET", f"/v1/contacts/{phone}").status for phone in phones] == [404] * 5
    assert retry_parked(parked_records(bare)) == []
    assert [bare.window(phone, META)["state"] for phone in phones] == ["open"] * 5


def test_a_large_event_is_packed_for_the_queue(bare: System, faults: Faults) -> None:
    phone = new_number()
    faults.failing = True
    body = {"type": "moon-event", "app": "x", "payload": {"of": phone, "text": "कमल" * 200_000}}
    assert bare.webhook(body).status == 200
    records = parked_records(bare)
    assert len(records[0]["body"]) < 900_000
    faults.failing = False
    assert retry_parked(records) == []
    kept = bare.http("GET", "/v1/unrecognized").json["data"][0]
    assert kept["raw"] == body


def test_a_poisonous_event_is_kept_and_its_neighbours_are_stored(bare: System, monkeypatch: pytest.MonkeyPatch) -> None:
    from gate24.usecases import receive_message

    phones = [new_number() for _ in range(3)]

    def trips(text: str | None, organization: Any) -> Any:
        if text == "poison":
            raise LookupError("a fault of ours")
        return keyword_action(text, organization)

    monkeypatch.setattr(receive_message, "keyword_action", trips)
    texts = zip(phones, ("hi", "poison", "ho"), strict=True)
    items = [message("text", {"body": text}, f"w.{phone}", phone, now() - HOUR) for phone, text in texts]
    post_webhook(bare, META, meta(change("messages", {"messages": items}, META_NUMBER)))
    assert [bare.http("GET", f"/v1/contacts/{phone}").status for phone in phones] == [200, 404, 200]
    kept = bare.http("GET", "/v1/unrecognized").json["data"]
    assert [each["reason"] for each in kept] == ["not_recorded_LookupError"]
    assert kept[0]["raw"]["event"]["text"] == "poison"


def with_unknown_fields(data: Any) -> Any:
    """As a later version may write it: a field more in each object."""
    if isinstance(data, dict):
        return {name: with_unknown_fields(value) for name, value in data.items()} | {"later": {"field": 1}}
    return [with_unknown_fields(each) for each in data] if isinstance(data, list) else data


QUEUED: list[Queued] = [
    QueuedEvent("c", 1, IdentityChanged(ContactRef("+919876543210"), ContactRef("+919876543211"), 1)),
    QueuedEvent(
        "c", 1, StatusChanged(ContactRef("+919876543210"), 1, "failed", ("g",), failure=Failure("470", "late"))
    ),
    QueuedSettlement(
        ORG,
        GUPSHUP,
        MessageKey("A" * 20, 1, "0" * 12),
        Settlement("rejected", code="throttled", failed_attempts=(FailedAttempt(1, "throttled", "too fast"),)),
    ),
    QueuedRequest(GUPSHUP, "gupshup", 1, {"x-webhook-token": TOKEN}, {"token": TOKEN}, '{"a": "नमस्ते"}'.encode()),
    QueuedRequest(GUPSHUP, "gupshup", 1, {}, {"token": TOKEN}, b"\xff\x00"),
]


@pytest.mark.parametrize("queued", QUEUED, ids=lambda queued: type(queued).__name__)
def test_what_a_later_version_parked_is_read_without_the_fields_that_are_not_known(queued: Queued) -> None:
    """After a rollback, the older version finds what the newer one parked."""
    written = json.loads(retry_queue.write(queued))
    assert written["v"] == retry_queue.VERSION
    later = with_unknown_fields(written) | {"v": 99}
    if isinstance(queued, QueuedRequest):  # its headers and query are the sender's, whatever their names
        later["request"] |= {"headers": dict(queued.headers), "query": dict(queued.query)}
    assert retry_queue.read(json.dumps(later)) == queued
    del written["v"]
    assert retry_queue.read(json.dumps(written)) == queued, "what an earlier version parked"


UNREADABLE = [
    '{"v": 99, "kind": "MoonRose", "event": {}, "channel": "c", "received_at": 1}',
    '{"v": 99, "request": {}}',
    '{"v": 99, "repair": {"settlement": []}}',
    '{"packed": "AAAA"}',
    '{"packed": 1}',
    "[1]",
    "no JSON",
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_cannot_be_read_goes_back_until_it_is_a_dead_letter(bare: System, text: str) -> None:
    with pytest.raises(retry_queue.Unreadable, match=r"version (0|99)"):
        retry_queue.read(text)
    assert retry_parked([{"messageId": "1", "body": text}]) == ["1"]


def test_a_batch_is_stored_side_by_side_and_what_fails_alone_goes_back(
    bare: System, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = [new_number() for _ in range(10)]
    faults.failing = True
    for phone in phones:
        assert bare.webhook(gupshup_text("hi", f"w.{phone}", phone, now() - HOUR)).status == 200
    faults.failing = False
    records, all_at_once = parked_records(bare), threading.Barrier(10)

    def together(body: str) -> None:
        all_at_once.wait(30)  # broken, and every record given back, where they come one after another
        if phones[0] in body:
            raise StoreError("PutItem", "InternalServerError")
        retry_queued(body)

    monkeypatch.setattr("inbound_webhook.handler.retry_queued", together)
    failed = next(each["messageId"] for each in records if phones[0] in each["body"])
    assert retry_parked(records) == [failed]
    assert all(bare.window(phone)["state"] == "open" for phone in phones[1:])


def test_the_lines_about_records_stored_side_by_side_name_each_its_own_channel(
    bare: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, keys = threading.Barrier(2), list[tuple[str, str]]()

    def said(channel: Any, *_: Any) -> None:
        both.wait(30)
        keys.append((channel.id, logger.thread_safe_get_current_keys()["channel"]))

    monkeypatch.setattr("gate24.usecases.retry_queued.store_event", said)
    event = StatusChanged(None, now(), "sent")
    bodies = [retry_queue.write(QueuedEvent(channel, now(), event)) for channel in (GUPSHUP, META)]
    assert retry_parked([{"messageId": body, "body": body} for body in bodies]) == []
    assert sorted(keys) == [(GUPSHUP, GUPSHUP), (META, META)]


def test_parked_events_wait_in_a_group_of_their_channel_and_unverified_ones_in_another(
    bare: System, faults: Faults
) -> None:
    """SQS serves the groups of a queue in turn, so that a tenant with many messages does not hold up the others'."""
    faults.failing = True
    for channel in (GUPSHUP, GUPSHUP, OTHER):
        phone = new_number()
        assert bare.webhook(gupshup_text("hi", f"w.{phone}", phone, now() - HOUR), channel).status == 200
    for channel in (GUPSHUP, "a channel of nobody's, with a long name and नमस्ते in it" * 9):
        retry_queue.put(QueuedRequest(channel, "gupshup", now(), {}, {}, b"{}"))
    received = boto3.client("sqs").receive_message(
        QueueUrl=bare.queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    )["Messages"]
    groups = [each["Attributes"]["MessageGroupId"] for each in received]
    mine, again, others, unverified, nobodys = groups
    assert mine == again
    assert len({mine, others, unverified, nobodys}) == 4
    assert all(group.isascii() and len(group) <= 128 for group in groups)
