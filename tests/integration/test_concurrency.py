"""Many at once, on DynamoDB Local: moto's conditional writes say nothing about real ones."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from gate24.providers import forward
from gate24.rules.rate_limit import slot_us
from gate24.store import send_slots
from gate24.store.send_slots import Slot
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.scene import change_channel, contact_opted_in, contact_wrote, received_by_bsp, script_bsp
from tests.support.system import PHONE, TEMPLATE, TEXT, Answer, System, system

pytestmark = pytest.mark.dynamodb_local


@pytest.fixture
def gate24(tmp_path: Path, dynamodb_local: DynamoDBLocal) -> Iterator[System]:
    with system(tmp_path, dynamodb_local) as made:
        yield made


def phones(count: int) -> list[str]:
    return [f"+91987654{number:04d}" for number in range(count)]


def written_to_by(gate24: System, contacts: list[str]) -> None:
    """The contacts opted in a while ago and wrote a minute ago."""
    for phone in contacts:
        contact_opted_in(gate24, phone)
        contact_wrote(gate24, phone)


def test_a_thousand_requests_over_two_hundred_keys_reach_the_bsp_two_hundred_times(gate24: System) -> None:
    contacts = phones(20)
    written_to_by(gate24, contacts)

    def ask(number: int) -> tuple[int, Answer]:
        key = number % 200
        return key, gate24.send(TEXT | {"to": contacts[key % 20]}, f"key-{key}")

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(ask, range(1000)))
    assert {answer.status for _, answer in answers} <= {202, 409}
    assert {answer.json["code"] for _, answer in answers if answer.status == 409} <= {"request_in_progress"}
    assert len(received_by_bsp(gate24)) == 200
    first = Counter(
        key for key, answer in answers if answer.status == 202 and "idempotency-replayed" not in answer.headers
    )
    assert first == Counter(range(200))
    told = {(key, answer.text) for key, answer in answers if answer.status == 202}
    assert len(told) == 200, "a replay differs from its first answer"


def test_of_sixteen_retries_of_a_throttled_key_at_once_one_sends_its_message(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts = phones(8)
    written_to_by(gate24, contacts)
    monkeypatch.setattr(forward, "ATTEMPTS", 1)
    script_bsp(gate24, outcome="reject", status=429, count=len(contacts))
    for phone in contacts:
        assert gate24.send(TEXT | {"to": phone}, f"key-{phone}").status == 429
    for phone in contacts:
        answers = at_once(16, partial(gate24.send, TEXT | {"to": phone}, f"key-{phone}"))
        assert {answer.status for answer in answers} <= {202, 409}
        assert len({answer.text for answer in answers if answer.status == 202}) == 1
        assert len([each for each in received_by_bsp(gate24, phone) if each["message_id"]]) == 1
        (sent,) = (each for each in gate24.conversation(phone) if each["direction"] == "outbound")
        assert sent["status"] == "accepted"
        assert len(sent["attempts"]) == 2


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(work) for _ in range(count)]]


def test_labels_that_four_give_and_take_at_once_are_as_all_of_them_said(gate24: System) -> None:
    """Each of the four adds one and removes one, ten times. Who always comes too late is told to ask again."""
    contact_wrote(gate24, PHONE)
    path = f"/v1/contacts/{quote(PHONE)}/labels"

    def changes(number: int) -> None:
        for turn in range(10):
            mine = {"labels": [f"{number} at {turn}"], "instead_of": [f"{number} at {turn - 1}"]}
            while (answer := gate24.http("PUT", path, mine)).status == 503:
                assert answer.json["retryable"]
            assert answer.status == 200, answer.text

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(changes, range(4)))
    last = [f"{number} at 9" for number in range(4)]
    assert gate24.contact(PHONE)["labels"] == last
    for label in last:
        (found,) = gate24.http("GET", f"/v1/contacts?label={quote(label)}").json["data"]
        assert found["labels"] == last
    actions = gate24.http("GET", f"/v1/contacts/{quote(PHONE)}/actions?limit=100").json["data"]
    assert len(actions) == 40


def test_no_two_of_sixteen_callers_get_the_same_slot_and_none_is_left_out(gate24: System) -> None:
    interval, patience_ms, start = slot_us(50), 3_600_000, time.time_ns() // 1000

    def take() -> list[int]:
        taken: list[Slot] = [send_slots.take_slot("busy", start, interval, patience_ms) for _ in range(25)]
        assert all(slot.granted for slot in taken)
        return [slot.wait_ms for slot in taken]

    slots = sorted(wait for caller in at_once(16, take) for wait in caller)
    assert slots == [number * interval // 1000 for number in range(16 * 25)]


def test_sixteen_callers_of_one_channel_keep_to_its_rate(gate24: System) -> None:
    rate, contacts, until = 10, phones(16), threading.Event()
    written_to_by(gate24, contacts)
    change_channel(messages_per_second=rate)
    free = iter(contacts)

    def call() -> int:
        phone, sent = next(free), 0
        while not until.is_set():
            sent += gate24.send(TEXT | {"to": phone}).status == 202
        return sent

    timer = threading.Timer(6, until.set)
    timer.start()
    sent = sum(at_once(16, call))
    timer.join()
    times = sorted(_seconds(each["received_at"]) for each in received_by_bsp(gate24))
    assert len(times) == sent
    # The callers are always waiting in line, so that it is the line alone that holds them back.
    measured = (sent - 1) / (times[-1] - times[0])
    assert measured == pytest.approx(rate, rel=0.05)


def _seconds(rfc3339: str) -> float:
    return datetime.fromisoformat(rfc3339).timestamp()


def test_replies_get_through_while_a_flood_of_templates_is_shed(gate24: System) -> None:
    contacts = phones(17)
    written_to_by(gate24, contacts)
    change_channel(messages_per_second=10)
    free, over = iter(contacts[1:]), threading.Event()

    def flood() -> Counter[int]:
        phone, told = next(free), Counter[int]()
        while not over.is_set():
            answer = gate24.send(TEMPLATE | {"to": phone})
            told[answer.status] += 1
            if answer.status == 429:
                assert answer.json["code"] == "throttled"
                assert int(answer.headers["retry-after"]) >= 1
                over.wait(0.05)
        return told

    with ThreadPoolExecutor(16) as pool:
        flooding = [pool.submit(flood) for _ in range(16)]
        replies = [gate24.send(TEXT | {"to": contacts[0]}).status for _ in range(8)]
        over.set()
        told = sum((each.result() for each in flooding), Counter[int]())
    assert replies == [202] * 8
    assert told[429] > 0
    assert set(told) <= {202, 429}
