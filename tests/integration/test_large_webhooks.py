"""A webhook that tells of many people is stored by batches of requests, and what is there in the end is what single
requests would have stored: whatever is repeated, fails or comes at the same time."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from gate24.costs import Cost
from gate24.events import ContactRef
from gate24.message_keys import MessageKey, short_hash
from gate24.messages import Message
from gate24.rules import ledger
from gate24.store import contacts, messages, outage, table
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.faults import Killed
from tests.support.many_people import PEOPLE, Asked, body_of, in_batches
from tests.support.scene import MINUTE, retry_parked, standing_clock, take_parked
from tests.support.system import META, ORG, System, system

AT = 1_790_000_000_000
Bodies = list[dict[str, Any]]


def _key(phone: str, at: int = AT) -> MessageKey:
    return MessageKey(contacts.contact_id(ORG, ContactRef(f"+{phone}")), at, short_hash(phone))


def _sent_to(people: list[str]) -> None:
    """A message to each, with its ledger; Meta's prices of it are told by a status."""
    for phone in people:
        key = _key(phone)
        entry = ledger.new_entry(key.id, key.at, META, "freeform", "counted", Cost("USD", ()))
        provider_id = f"wamid.out-{phone}"
        message = Message(key, "outbound", "text", META, "accepted", text="Hi", provider_id=provider_id, ledger=entry)
        messages.begin(ORG, message, day="2026-09-21")


def _story() -> Bodies:
    """People write for the first time, and again; statuses come by Meta's ids, and by ours."""
    sent, delivered, read = ({kind: AT + MINUTE + number} for number, kind in enumerate(("sent", "delivered", "read")))
    return [
        body_of(AT + MINUTE, "1"),
        body_of(AT + 2 * MINUTE, "2", sent | delivered),
        body_of(AT + 3 * MINUTE, "", delivered | read, {phone: _key(phone).id for phone in PEOPLE}),
        body_of(AT + 4 * MINUTE, "3", read),
    ]


def _tell(gate24: System, bodies: Bodies) -> None:
    for body in bodies:
        assert gate24.meta_webhook(body).status == 200


def _stored(gate24: System) -> list[dict[str, Any]]:
    """What there is of the people."""
    items = [item for item in gate24.items() if item["pk"]["S"].startswith("C#")]
    return sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


@pytest.fixture
def alone(tmp_path: Path) -> list[dict[str, Any]]:
    """What the story stores without batches."""
    with system(tmp_path, in_memory=True, simulate=False) as gate24, standing_clock(AT + 10 * MINUTE):
        _sent_to(PEOPLE)
        _tell(gate24, _story())
        return _stored(gate24)


@pytest.fixture(params=["in memory", pytest.param("DynamoDB Local", marks=pytest.mark.dynamodb_local)])
def gate24(request: pytest.FixtureRequest, tmp_path: Path, alone: list[dict[str, Any]]) -> Iterator[System]:
    database: DynamoDBLocal | None = None
    if request.param == "DynamoDB Local":
        database = request.getfixturevalue("dynamodb_local")
    with (
        system(tmp_path, database, simulate=False, in_memory=database is None) as made,
        standing_clock(AT + 10 * MINUTE),
    ):
        _sent_to(PEOPLE)
        yield made


def test_what_is_stored_by_batches_is_what_single_requests_store(
    gate24: System, alone: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_batches(monkeypatch)
    asked = Asked(monkeypatch)
    _tell(gate24, _story())
    assert _stored(gate24) == alone
    assert {"BatchGetItem", "BatchExecuteStatement"} <= set(asked.made)


@pytest.mark.in_memory
def test_nothing_of_many_people_is_read_or_written_by_a_request_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with system(tmp_path, in_memory=True, simulate=False) as gate24, standing_clock(AT + 10 * MINUTE):
        _sent_to(PEOPLE)
        in_batches(monkeypatch)
        asked = Asked(monkeypatch)
        _tell(gate24, _story())
    made = Counter(asked.made)
    del made["GetItem"], made["Query"]  # settings are among them
    assert made == {"BatchGetItem": 3, "BatchExecuteStatement": 13}


def test_what_is_told_again_changes_nothing(
    gate24: System, alone: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_batches(monkeypatch)
    _tell(gate24, _story())
    again = _story() + _story()
    random.Random(7).shuffle(again)
    _tell(gate24, again)
    assert _stored(gate24) == alone


class Fault:
    """Strikes the batch of that number, from 1, and each later one if it ``lasts``. ``how``: what becomes of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, number: int, how: Callable[..., Any], lasts: bool) -> None:
        self.batches = self.struck = 0
        client = table.connection().connection.client
        call, lock = client._make_api_call, threading.Lock()

        def made(operation: str, asked: Any) -> Any:
            if not operation.startswith("Batch"):
                return call(operation, asked)
            with lock:
                self.batches += 1
                strikes = self.batches == number or (lasts and self.batches > number)
                self.struck += strikes
            return how(call, operation, asked) if strikes else call(operation, asked)

        monkeypatch.setattr(client, "_make_api_call", made)


def _throttled(call: Any, operation: str, asked: Any) -> Any:
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "too fast"}}, operation)


def _refused(call: Any, operation: str, asked: Any) -> Any:
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no such permission"}}, operation)


def _lost(call: Any, operation: str, asked: Any) -> Any:
    raise ReadTimeoutError(endpoint_url="https://aws.example.org")


def _unanswered(call: Any, operation: str, asked: Any) -> Any:
    call(operation, asked)
    raise ReadTimeoutError(endpoint_url="https://aws.example.org")


def _killed_before(call: Any, operation: str, asked: Any) -> Any:
    raise Killed


def _killed_after(call: Any, operation: str, asked: Any) -> Any:
    call(operation, asked)
    raise Killed


def _half_of_it(call: Any, operation: str, asked: Any) -> Any:
    """Each other one is not done, as where a partition is too busy."""
    if operation == "BatchGetItem":
        ((name, wanted),) = asked["RequestItems"].items()
        some, left = wanted["Keys"][::2], wanted["Keys"][1::2]
        found = call(operation, {"RequestItems": {name: {**wanted, "Keys": some}}})
        return {**found, "UnprocessedKeys": {name: {**wanted, "Keys": left}}}
    statements = asked["Statements"]
    done = iter(call(operation, {"Statements": statements[::2]})["Responses"])
    busy = {"Error": {"Code": "ThrottlingError", "Message": "too fast"}}
    return {"Responses": [busy if number % 2 else next(done) for number in range(len(statements))]}


FAULTS = [_throttled, _lost, _unanswered, _half_of_it, _refused, _killed_before, _killed_after]
BATCHES = 15


@pytest.mark.slow
@pytest.mark.parametrize("how", FAULTS, ids=[each.__name__.strip("_") for each in FAULTS])
def test_whatever_batch_fails_nothing_is_lost_or_stored_twice(
    tmp_path: Path, alone: list[dict[str, Any]], how: Callable[..., Any]
) -> None:
    struck = 0
    for number in range(1, BATCHES + 1):
        with (
            system(tmp_path, in_memory=True, simulate=False) as gate24,
            standing_clock(AT + 10 * MINUTE),
            pytest.MonkeyPatch.context() as patch,
        ):
            _sent_to(PEOPLE)
            in_batches(patch)
            fault = Fault(patch, number, how, lasts=how is _refused)
            for body in _story():
                _delivered(gate24, body)
            struck += fault.struck
            assert _stored(gate24) == alone, number
            if how is _refused:  # reads, and writes: once each of a body
                assert fault.struck <= 8
    assert struck >= BATCHES


def _delivered(gate24: System, body: dict[str, Any]) -> None:
    """As the BSP does: again, while it is not answered. What was parked comes after it."""
    for _ in range(3):
        try:
            answered = gate24.meta_webhook(body).status == 200
        except Killed:
            continue
        outage.TABLE.answered()
        if answered and retry_parked(take_parked(gate24)) == []:
            return
    raise AssertionError("it was never taken")


@pytest.mark.dynamodb_local
def test_what_comes_at_the_same_time_is_stored_once(
    tmp_path: Path, dynamodb_local: DynamoDBLocal, alone: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gate24.usecases.receive_webhook.MANY", 2)
    with system(tmp_path, dynamodb_local, simulate=False) as gate24, standing_clock(AT + 10 * MINUTE):
        _sent_to(PEOPLE)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(gate24.meta_webhook, _story() * 3))
        assert {answer.status for answer in answers} == {200}
        assert retry_parked(take_parked(gate24)) == []
        assert _without_order(_stored(gate24)) == _without_order(alone)


def _without_order(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All but since when a person is known, which is when the message was written that came first."""
    return [{name: value for name, value in item.items() if name != "f"} for item in items]
