"""A request that ended before it began a message sent nothing: its key is taken over, and the message goes out once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from gate24 import clock
from gate24.rules.message_status import LEASE_MS
from gate24.store import messages, send_slots
from gate24.store.items import ReservationItem
from gate24.store.send_slots import Slot
from gate24.store.table import StoreError
from gate24.usecases.send_message import BEGUN_WITHIN_MS
from stack.template import source
from tests.integration.test_idempotency import Killer, survives
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.scene import contact_wrote, now, received_by_bsp
from tests.support.system import PHONE, TEXT, System, system

pytestmark = pytest.mark.in_memory

RESERVED, SLOT, BEGUN = 1, 2, 3
"""The writes of a send before the BSP is called, in their order."""


def after_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_ms", lambda: now() + LEASE_MS + 1000)


def outbound(gate24: System) -> list[dict[str, Any]]:
    return [each for each in gate24.conversation() if each["direction"] == "outbound"]


def reserved_message(gate24: System) -> str:
    """The id of the message that the only reservation is for."""
    name = ReservationItem.message_id.attr_name
    (found,) = [item[name]["S"] for item in gate24.items() if item["sk"]["S"] == "RESERVATION"]
    return str(found)


@pytest.mark.parametrize(
    ("n", "after"), [(RESERVED, True), (SLOT, False), (SLOT, True), (BEGUN, False)], ids=lambda value: str(value)
)
def test_a_key_whose_message_was_never_begun_is_taken_over_and_sends(
    gate24: System, monkeypatch: pytest.MonkeyPatch, n: int, after: bool
) -> None:
    contact_wrote(gate24)
    assert survives(gate24, Killer(n, after), PHONE, "key-1", TEXT) is None
    reserved = reserved_message(gate24)
    assert gate24.send(TEXT, "key-1").json["code"] == "request_in_progress"
    after_the_lease(monkeypatch)
    assert gate24.send(TEXT | {"text": {"body": "Another"}}, "key-1").json["code"] == "idempotency_key_reused"
    sent = gate24.send(TEXT, "key-1")
    assert (sent.status, sent.json["id"], "idempotency-replayed" in sent.headers) == (202, reserved, False)
    again = gate24.send(TEXT, "key-1")
    assert (again.text, again.headers["idempotency-replayed"]) == (sent.text, "true")
    assert len(received_by_bsp(gate24)) == len(outbound(gate24)) == 1


@pytest.mark.parametrize(("n", "after"), [(BEGUN, True), (BEGUN + 1, False), (BEGUN + 1, True)])
def test_a_message_that_was_begun_stays_unknown_and_is_not_sent(
    gate24: System, monkeypatch: pytest.MonkeyPatch, n: int, after: bool
) -> None:
    contact_wrote(gate24)
    assert survives(gate24, Killer(n, after), PHONE, "key-1", TEXT) is None
    calls = len(received_by_bsp(gate24))
    after_the_lease(monkeypatch)
    assert gate24.send(TEXT, "key-1").status == 504
    assert len(received_by_bsp(gate24)) == calls <= 1


def test_a_reservation_whose_answer_was_lost_sends_once_its_lease_is_over(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    reserve = messages.reserve

    def writes_and_fails(*args: Any) -> Any:
        reserve(*args)
        raise StoreError("PutItem", "ReadTimeoutError")

    with monkeypatch.context() as broken:
        broken.setattr(messages, "reserve", writes_and_fails)
        assert gate24.send(TEXT, "key-1").json["code"] == "unavailable"
    assert gate24.send(TEXT, "key-1").json["code"] == "request_in_progress"
    after_the_lease(monkeypatch)
    assert gate24.send(TEXT, "key-1").status == 202
    assert len(received_by_bsp(gate24)) == 1


@pytest.mark.parametrize("n", range(1, 8))
@pytest.mark.parametrize("after", [False, True])
def test_whoever_takes_over_may_be_killed_too(
    gate24: System, monkeypatch: pytest.MonkeyPatch, n: int, after: bool
) -> None:
    contact_wrote(gate24)
    assert survives(gate24, Killer(RESERVED, after=True), PHONE, "key-1", TEXT) is None
    after_the_lease(monkeypatch)
    survives(gate24, Killer(n, after), PHONE, "key-1", TEXT)
    monkeypatch.setattr(clock, "now_ms", lambda: now() + 2 * LEASE_MS + 2000)
    first, second = gate24.send(TEXT, "key-1"), gate24.send(TEXT, "key-1")
    assert first.status in (202, 504)
    assert (second.text, len(outbound(gate24))) == (first.text, 1)
    taken = received_by_bsp(gate24)
    assert len(taken) == 1 or (first.status, len(taken)) == (504, 0)


def test_whoever_takes_over_and_may_not_send_yet_leaves_the_same_message_to_the_next(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    assert survives(gate24, Killer(RESERVED, after=True), PHONE, "key-1", TEXT) is None
    reserved = reserved_message(gate24)
    after_the_lease(monkeypatch)
    with monkeypatch.context() as busy:
        busy.setattr(send_slots, "take_slot", lambda *_: Slot(False, 2000))
        assert gate24.send(TEXT, "key-1").status == 429
    assert gate24.send(TEXT, "key-1").json["id"] == reserved


def test_the_first_request_that_runs_on_after_it_was_taken_over_cannot_begin(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    begin, taken_over = messages.begin, []

    def meanwhile(*args: Any) -> bool:
        monkeypatch.setattr(messages, "begin", begin)
        after_the_lease(monkeypatch)
        taken_over.append(gate24.send(TEXT, "key-1"))
        return begin(*args)

    monkeypatch.setattr(messages, "begin", meanwhile)
    assert gate24.send(TEXT, "key-1").json["code"] == "request_in_progress"
    assert [answer.status for answer in taken_over] == [202]
    assert len(received_by_bsp(gate24)) == len(outbound(gate24)) == 1


def test_whoever_takes_over_just_as_the_first_request_begins_sends_nothing(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    begin, release, second = messages.begin, messages.release, []

    def meanwhile(*args: Any) -> bool:
        monkeypatch.setattr(messages, "begin", begin)

        def release_after_it_began(*named: Any, **kwargs: Any) -> None:
            monkeypatch.setattr(messages, "release", release)
            assert begin(*args)
            release(*named, **kwargs)

        monkeypatch.setattr(messages, "release", release_after_it_began)
        after_the_lease(monkeypatch)
        second.append(gate24.send(TEXT, "key-1"))
        return begin(*args)

    monkeypatch.setattr(messages, "begin", meanwhile)
    first = gate24.send(TEXT, "key-1")
    assert (first.status, [answer.json["code"] for answer in second]) == (202, ["request_in_progress"])
    assert gate24.send(TEXT, "key-1").text == first.text
    assert len(received_by_bsp(gate24)) == len(outbound(gate24)) == 1


def test_a_request_that_stood_still_for_too_long_begins_nothing(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    reserve = messages.reserve

    def stands_still(*args: Any) -> Any:
        reserved = reserve(*args)
        monkeypatch.setattr(messages, "reserve", reserve)
        monkeypatch.setattr(clock, "now_ms", lambda: now() + BEGUN_WITHIN_MS)
        return reserved

    monkeypatch.setattr(messages, "reserve", stands_still)
    refused = gate24.send(TEXT, "key-1")
    assert (refused.status, refused.json["code"], received_by_bsp(gate24)) == (503, "unavailable", [])
    assert gate24.send(TEXT, "key-1").status == 202


def test_a_request_begins_nothing_after_its_functions_end_and_long_before_the_key_is_free() -> None:
    assert source()["Globals"]["Function"]["Timeout"] * 1000 <= BEGUN_WITHIN_MS <= LEASE_MS - 20_000


@pytest.fixture
def on_dynamodb_local(tmp_path: Path, dynamodb_local: DynamoDBLocal) -> Iterator[System]:
    with system(tmp_path, dynamodb_local) as made:
        yield made


@pytest.mark.dynamodb_local
def test_of_many_that_take_over_at_once_one_sends(on_dynamodb_local: System, monkeypatch: pytest.MonkeyPatch) -> None:
    contact_wrote(on_dynamodb_local)
    for number in range(5):
        monkeypatch.setattr(clock, "now_ms", now)
        key, together = f"key-{number}", Barrier(8)
        assert survives(on_dynamodb_local, Killer(RESERVED, after=True), PHONE, key, TEXT) is None
        after_the_lease(monkeypatch)

        def ask(_: int, key: str = key, together: Barrier = together) -> tuple[int, str]:
            together.wait()
            answer = on_dynamodb_local.send(TEXT, key)
            return answer.status, answer.json.get("code", "")

        with ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(ask, range(8)))
        assert answers <= {(202, ""), (409, "request_in_progress")}
        assert (202, "") in answers
        assert len(received_by_bsp(on_dynamodb_local)) == number + 1
