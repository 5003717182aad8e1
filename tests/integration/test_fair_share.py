"""One organization's flood takes no other organization's sends away, and what is refused of it costs little."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Literal

import boto3
import pytest

from gate24.channels import DEFAULT_SENDS_AT_ONCE
from gate24.providers.interface import ProviderAnswer
from gate24.rules.channel_breaker import MOST_UNDER_WAY, ends_counted_every, most_under_way
from gate24.store import organizations, send_slots, table
from gate24.store.items import DocumentItem, SendSlotsItem
from gate24.store.table import get
from gate24.usecases import send_message, wait_for_slot
from tests.support.scene import change_channel, contact_wrote, new_number
from tests.support.system import GUPSHUP, ORG, OTHER, OTHER_ORG, TEXT, TOKEN, Answer, System

ACCEPTS = ProviderAnswer("accepted", bsp_message_id="id-1")
CHANNELS, EXECUTIONS, SENDS_AT_ONCE, FLOOD = 12, 40, 24, 84
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")


def set_sends_at_once(most: int) -> None:
    found = organizations.organization(ORG)
    assert found is not None
    organizations.put_organization(replace(found, sends_at_once=most))


def many_channels() -> list[str]:
    """With those that the organization has, ``CHANNELS``."""
    like = organizations.channel(GUPSHUP)
    assert like is not None
    names = [f"flood-{number}" for number in range(CHANNELS - len(organizations.channels(ORG)))]
    for number, name in enumerate(names):
        organizations.put_channel(replace(like, id=name, business_number=f"+9198765010{number:02d}", pair_limit=False))
        body = {"api_key": "bsp-key", "webhook_tokens": [TOKEN]}
        boto3.client("secretsmanager").create_secret(Name=f"channels/{name}", SecretString=json.dumps(body))
    return names


class Account:
    """An account's executions, all functions together; whoever finds none is turned away as Lambda does it.

    The BSP of the flood's channels does not answer until it is told to, that of others at once."""

    def __init__(self, gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
        self._gate24, self._free = gate24, threading.Semaphore(EXECUTIONS)
        self._answers, self._lock, self.hanging = threading.Event(), threading.Lock(), 0
        monkeypatch.setattr(send_message, "forward", self._forward)

    def send(self, body: dict[str, Any], key: str) -> int:
        if not self._free.acquire(blocking=False):
            return 503
        try:
            return self._gate24.send(TEXT | body, key=key).status
        finally:
            self._free.release()

    def bsp_answers(self) -> None:
        self._answers.set()

    def _forward(self, *_: Any) -> ProviderAnswer:
        if threading.current_thread() is not threading.main_thread():
            with self._lock:
                self.hanging += 1
            self._answers.wait()
        return ACCEPTS


@pytest.mark.slow
def test_an_organization_whose_channels_all_hang_leaves_others_what_they_need(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_sends_at_once(SENDS_AT_ONCE)
    channels, phone, neighbour = many_channels(), new_number(), new_number()
    for channel in channels:
        contact_wrote(gate24, phone, channel=channel)
    contact_wrote(gate24, neighbour, channel=OTHER)
    account = Account(gate24, monkeypatch)
    with ThreadPoolExecutor(EXECUTIONS) as pool:
        wanted = ({"to": f"+{phone}", "channel": channels[number % len(channels)]} for number in range(FLOOD))
        flood = [pool.submit(account.send, body, ORG) for body in wanted]
        try:
            while account.hanging + sum(each.done() for each in flood) < FLOOD and account.hanging < EXECUTIONS:
                time.sleep(0.05)
            others = [account.send({"to": f"+{neighbour}", "channel": OTHER}, OTHER_ORG) for _ in range(10)]
        finally:
            account.bsp_answers()
    assert others == [202] * 10
    assert 0 < account.hanging <= SENDS_AT_ONCE
    told = [each.result() for each in flood]
    assert told.count(202) == account.hanging
    assert [account.send({"to": f"+{phone}", "channel": each}, ORG) for each in channels] == [202] * len(channels)


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """The names of the calls to DynamoDB."""
    calls, events = list[str](), table.connection().connection.client.meta.events

    def note(request: Any, **_: Any) -> None:
        calls.append(request.headers["X-Amz-Target"].decode().rpartition(".")[2])

    events.register("before-send.dynamodb", note)
    yield calls
    events.unregister("before-send.dynamodb", note)


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_us = time.time_ns() // 1000
        monkeypatch.setattr(wait_for_slot, "_now_us", lambda: self.now_us)
        monkeypatch.setattr(send_message, "forward", lambda *_: ACCEPTS)

    def later(self, ms: int) -> None:
        self.now_us += ms * 1000


@pytest.fixture
def clock(gate24: System, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def all_are_under_way(clock: Clock) -> list[send_slots.Slot]:
    most = MOST_UNDER_WAY["freeform"]
    slots = [send_slots.take_slot(GUPSHUP, clock.now_us, 1, 4000, most) for _ in range(most)]
    clock.later(10)
    return slots


def is_throttled(answer: Answer) -> bool:
    told = (answer.status, answer.json["code"], answer.json["retryable"])
    return told == (429, "throttled", True) and int(answer.headers["retry-after"]) >= 1


def test_a_flood_above_the_bound_writes_nothing_and_its_keys_stay_free(
    gate24: System, clock: Clock, asked: list[str]
) -> None:
    contact_wrote(gate24)
    first = gate24.send(TEXT, "answered")
    slots = all_are_under_way(clock)
    refused = gate24.send(TEXT, "key-0")
    assert is_throttled(refused)
    before = gate24.items()
    asked.clear()
    for number in range(1, 11):
        assert is_throttled(gate24.send(TEXT, f"key-{number}"))
    assert [name for name in asked if name in WRITES] == []
    assert len(asked) <= 2 * 10  # the caller's API key, which API Gateway remembers, and the idempotency key
    assert gate24.items() == before
    again = gate24.send(TEXT, "answered")
    assert (again.status, again.text, again.headers["idempotency-replayed"]) == (202, first.text, "true")
    for slot in slots:
        send_slots.send_ended(GUPSHUP, slot, None, clock.now_us)
    clock.later(1000 * int(refused.headers["retry-after"]))
    assert [gate24.send(TEXT, f"key-{number}").status for number in range(11)] == [202] * 11


def test_a_refusal_is_remembered_for_its_channel_and_for_a_moment_only(gate24: System, clock: Clock) -> None:
    contact_wrote(gate24)
    contact_wrote(gate24, channel=OTHER)
    slots = all_are_under_way(clock)
    assert is_throttled(gate24.send(TEXT))
    assert gate24.send(TEXT | {"channel": OTHER}, key=OTHER_ORG).status == 202
    for slot in slots:
        send_slots.send_ended(GUPSHUP, slot, None, clock.now_us)
    assert is_throttled(gate24.send(TEXT))
    clock.later(1000)
    assert gate24.send(TEXT).status == 202


@pytest.mark.parametrize("most", [2, 4, 40])
def test_sends_that_end_make_room_whatever_the_bound(gate24: System, clock: Clock, most: int) -> None:
    set_sends_at_once(most)
    change_channel(pair_limit=False)
    contact_wrote(gate24)
    for _ in range(12):
        assert gate24.send(TEXT).status == 202
        clock.later(10)
    item = get(SendSlotsItem, f"R#{GUPSHUP}", "LINE", consistent=True)
    assert item is not None
    assert (item.under_way or 0) <= most // 2 // 8


@pytest.mark.parametrize(
    ("sends_at_once", "channels", "freeform", "template", "every"),
    [
        (DEFAULT_SENDS_AT_ONCE, 1, 80, 60, 10),
        (DEFAULT_SENDS_AT_ONCE, 2, 80, 60, 10),
        (DEFAULT_SENDS_AT_ONCE, 4, 40, 30, 5),
        (DEFAULT_SENDS_AT_ONCE, 20, 8, 6, 1),
        (DEFAULT_SENDS_AT_ONCE, 400, 1, 1, 1),
        (1600, 20, 80, 60, 10),
    ],
)
def test_an_organizations_bound_is_shared_out_among_its_channels(
    sends_at_once: int, channels: int, freeform: int, template: int, every: int
) -> None:
    kinds: list[Literal["freeform", "template"]] = ["freeform", "template"]
    assert [most_under_way(kind, sends_at_once, channels) for kind in kinds] == [freeform, template]
    assert ends_counted_every(sends_at_once, channels) == every


@pytest.mark.parametrize("most", [0, -1, 1.5, True])
def test_a_bound_that_makes_no_sense_is_refused(gate24: System, most: Any) -> None:
    with pytest.raises(ValueError, match="sends_at_once"):
        set_sends_at_once(most)


def test_an_organization_that_was_stored_without_a_bound_has_the_usual_one(gate24: System) -> None:
    item = get(DocumentItem, f"ORG#{ORG}", "ORGANIZATION", consistent=True)
    assert item is not None
    del item.body["sends_at_once"]
    item.save()
    organizations.forget()
    found = organizations.organization(ORG)
    assert found is not None
    assert found.sends_at_once == DEFAULT_SENDS_AT_ONCE
