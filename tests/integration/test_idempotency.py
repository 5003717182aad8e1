"""One key sends at most once, whatever happens to the function that sends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest

from gate24 import clock
from gate24.providers import forward
from gate24.rules.message_status import LEASE_MS
from gate24.rules.rate_cards import rate_card
from gate24.store import messages, table
from gate24.store.table import StoreError
from gate24.usecases import decide_send
from tests.support.bodies import gupshup_status
from tests.support.scene import (
    contact_opted_in,
    contact_wrote,
    now,
    post_webhook,
    received_by_bsp,
    script_bsp,
    status_arrives,
)
from tests.support.system import GUPSHUP, OTHER, PHONE, TEMPLATE, TEXT, Answer, System

pytestmark = [pytest.mark.slow, pytest.mark.in_memory]

OTHER_PHONE = "+919876543211"


def test_a_key_used_again_gives_the_first_answer_byte_for_byte(gate24: System) -> None:
    contact_wrote(gate24)
    first = gate24.send(TEXT, "key-1")
    second = gate24.send(TEXT, "key-1")
    assert (first.status, second.status) == (202, 202)
    assert second.text == first.text
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert len(received_by_bsp(gate24, PHONE)) == 1


def test_the_order_of_the_bodys_fields_is_nothing_to_the_key(gate24: System) -> None:
    contact_wrote(gate24)
    first = gate24.http("POST", "/v1/messages", {"to": PHONE, "channel": GUPSHUP, **TEXT}, {"Idempotency-Key": "key-1"})
    second = gate24.http(
        "POST", "/v1/messages", {**TEXT, "channel": GUPSHUP, "to": PHONE}, {"Idempotency-Key": "key-1"}
    )
    assert second.text == first.text


@pytest.mark.parametrize(
    "other", [{"to": OTHER_PHONE}, {"text": {"body": "Hello!"}}, {"tags": {"campaign": "x"}}, TEMPLATE]
)
def test_a_key_used_with_another_body_is_refused(gate24: System, other: dict[str, Any]) -> None:
    contact_wrote(gate24)
    first = gate24.send(TEXT, "key-1")
    body = other if other is TEMPLATE else TEXT | other
    reused = gate24.send(body, "key-1")
    assert (reused.status, reused.json["code"]) == (422, "idempotency_key_reused")
    assert gate24.send(TEXT, "key-1").text == first.text
    assert len(received_by_bsp(gate24, PHONE)) == 1
    assert received_by_bsp(gate24, OTHER_PHONE) == []


def test_a_key_belongs_to_its_organization(gate24: System) -> None:
    contact_wrote(gate24)
    contact_wrote(gate24, channel=OTHER)
    first = gate24.send(TEXT, "key-1")
    theirs = gate24.send(TEXT | {"channel": OTHER}, "key-1", key="health")
    assert (first.status, theirs.status) == (202, 202)
    assert theirs.json["id"] != first.json["id"]
    assert "idempotency-replayed" not in theirs.headers


def test_a_refusal_is_an_answer_too_and_is_given_again(gate24: System) -> None:
    refused = gate24.send(TEXT, "key-1")
    assert refused.json["code"] == "not_opted_in"
    contact_wrote(gate24)
    again = gate24.send(TEXT, "key-1")
    assert (again.status, again.text, again.headers["idempotency-replayed"]) == (refused.status, refused.text, "true")
    assert again.headers["content-type"] == "application/problem+json"
    assert gate24.send(TEXT, "key-2").status == 202
    assert [each["status"] for each in gate24.conversation()].count("refused") == 1


def test_a_rejection_and_an_unknown_outcome_are_given_again(gate24: System) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=400)
    script_bsp(gate24, outcome="reset")
    for key, status in (("key-1", 502), ("key-2", 504)):
        first = gate24.send(TEXT, key)
        again = gate24.send(TEXT, key)
        assert (first.status, again.status, again.text) == (status, status, first.text)
        assert again.headers["idempotency-replayed"] == "true"
    assert len(received_by_bsp(gate24, PHONE)) == 2


@pytest.mark.parametrize("key", [None, "", " ", "k" * 256, "schlüssel", "a\tb"])
def test_a_send_without_a_usable_key_is_refused(gate24: System, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = gate24.http("POST", "/v1/messages", {"to": PHONE, "channel": GUPSHUP, **TEXT}, headers)
    assert (answer.status, answer.json["code"]) == (400, "idempotency_key_missing")


def test_a_throttled_send_gives_the_key_back(gate24: System) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=429, count=forward.ATTEMPTS)
    assert gate24.send(TEXT, "key-1").status == 429
    sent = gate24.send(TEXT, "key-1")
    assert (sent.status, "idempotency-replayed" in sent.headers) == (202, False)


def test_a_fault_of_ours_before_the_bsp_is_called_leaves_the_key_free(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    with monkeypatch.context() as broken:
        broken.setattr(decide_send, "card_at", lambda *_: rate_card("no such card"))
        with pytest.raises(KeyError):
            gate24.send(TEXT, "key-1")
    assert received_by_bsp(gate24, PHONE) == []
    assert gate24.send(TEXT, "key-1").status == 202


def test_a_store_that_fails_before_the_bsp_is_called_leaves_the_key_free(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)

    def fails(*args: Any, **kwargs: Any) -> bool:
        raise StoreError("PutItem", "ThrottlingException")

    with monkeypatch.context() as broken:
        broken.setattr(messages, "begin", fails)
        failed = gate24.send(TEXT, "key-1")
    assert (failed.status, failed.json["code"], failed.headers["retry-after"]) == (503, "unavailable", "1")
    assert received_by_bsp(gate24, PHONE) == []
    assert gate24.send(TEXT, "key-1").status == 202


class Killed(BaseException):
    """The function's end in the middle of its work: no handler of ours may see it."""


class Killer:
    """Ends the function at the ``n``-th of its writes and calls of the BSP, ``after`` it or before."""

    def __init__(self, n: int, after: bool) -> None:
        self.left, self.after, self.struck = n, after, False

    def step(self, after: bool) -> None:
        if after is not self.after or self.struck:
            return
        self.left -= 1
        if self.left == 0:
            self.struck = True
            raise Killed


BSP_CALL = 4
"""The call of the BSP comes after the reservation, the slot and the message."""

_WRITES = ("PutItem", "UpdateItem", "DeleteItem")


@contextmanager
def deadly(killer: Killer) -> Iterator[Killer]:
    """The killer stands beside every write of the store and every call of the BSP."""
    client = table.connection().connection.client
    write, call = client._make_api_call, forward._once

    def made(operation: str, asked: Any) -> Any:
        if operation not in _WRITES:
            return write(operation, asked)
        killer.step(False)
        try:
            return write(operation, asked)
        finally:
            killer.step(True)

    def once(request: Any, reader: Any, seconds: float, limit: int) -> Any:
        killer.step(False)
        answer = call(request, reader, seconds, limit)
        killer.step(True)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_make_api_call", made)
        patch.setattr(forward, "_once", once)
        yield killer


def survives(gate24: System, killer: Killer, phone: str, key: str, body: dict[str, Any]) -> Answer | None:
    with deadly(killer):
        try:
            return gate24.send({**body, "to": phone}, key)
        except Killed:
            return None


def final(gate24: System, phone: str, key: str, body: dict[str, Any]) -> Answer:
    """The answer that the key has for good: the same bytes at each repetition."""
    first, second = (gate24.send({**body, "to": phone}, key) for _ in range(2))
    assert (second.status, second.text) == (first.status, first.text)
    assert second.headers["idempotency-replayed"] == "true"
    return first


KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "accepted": (TEXT, {"outcome": "accept"}),
    "rejected": (TEXT, {"outcome": "reject", "status": 400}),
    "unknown": (TEXT, {"outcome": "reset"}),
    "throttled": (TEXT, {"outcome": "reject", "status": 429, "count": forward.ATTEMPTS}),
    "refused": ({"type": "template", "template": {"name": "none", "language": "en"}}, {}),
    "window closed": (TEXT, {"outcome": "reject", "status": 400, "body": {"status": "error", "code": 470}}),
    "fallback": (
        TEXT | {"fallback": {"template": TEMPLATE["template"]}},
        {"outcome": "reject", "status": 400, "body": {"status": "error", "code": 470}},
    ),
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_function_killed_at_any_point_sends_nothing_twice_and_leaves_nothing_in_progress(
    gate24: System, monkeypatch: pytest.MonkeyPatch, kind: str, after: bool
) -> None:
    body, outcome = KINDS[kind]
    assert gate24.simulator is not None
    monkeypatch.setattr(forward, "ATTEMPTS", outcome.get("count", 1))
    for n in range(1, 20):
        phone, key = f"+9198765440{n:02d}", f"key-{n}"
        contact_opted_in(gate24, phone)
        contact_wrote(gate24, phone)
        monkeypatch.setattr(clock, "now_ms", now)
        gate24.simulator.script.clear()
        if outcome:
            script_bsp(gate24, **outcome)
        killer = Killer(n, after)
        survives(gate24, killer, phone, key, body)
        if not killer.struck:
            assert n > 2
            return
        gate24.simulator.script.clear()
        taken = taken_by_the_bsp(gate24, phone)
        meanwhile = gate24.send({**body, "to": phone}, key)
        assert not taken or meanwhile.status == 409 or "idempotency-replayed" in meanwhile.headers
        monkeypatch.setattr(clock, "now_ms", lambda: now() + LEASE_MS + 1000)
        all_is_well(gate24, phone, final(gate24, phone, key, body))
    raise AssertionError("the send never came to its end")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", ["accepted", "throttled", "unknown"])
def test_a_function_killed_while_it_goes_on_with_a_throttled_message_sends_nothing_twice(
    gate24: System, monkeypatch: pytest.MonkeyPatch, kind: str, after: bool
) -> None:
    body, outcome = KINDS[kind]
    assert gate24.simulator is not None
    monkeypatch.setattr(forward, "ATTEMPTS", 1)
    for n in range(1, 20):
        phone, key = f"+9198765460{n:02d}", f"key-{n}"
        contact_wrote(gate24, phone)
        monkeypatch.setattr(clock, "now_ms", now)
        gate24.simulator.script.clear()
        script_bsp(gate24, outcome="reject", status=429)
        assert gate24.send({**body, "to": phone}, key).status == 429
        script_bsp(gate24, **outcome | ({"count": 1} if "count" in outcome else {}))
        killer = Killer(n, after)
        survives(gate24, killer, phone, key, body)
        if not killer.struck:
            assert n > 3
            return
        gate24.simulator.script.clear()
        monkeypatch.setattr(clock, "now_ms", lambda: now() + LEASE_MS + 1000)
        all_is_well(gate24, phone, final(gate24, phone, key, body))
        conversation = gate24.http("GET", f"/v1/contacts/{quote(phone)}/messages").json["data"]
        assert [each["direction"] for each in conversation] == ["outbound", "inbound"], "one key is one message"
    raise AssertionError("the send never came to its end")


def taken_by_the_bsp(gate24: System, phone: str) -> list[str]:
    return [each["message_id"] for each in received_by_bsp(gate24, phone) if each["message_id"]]


def all_is_well(gate24: System, phone: str, told: Answer) -> None:
    """Nothing was sent twice, nothing is in progress, and what the BSP took is known as such in the end."""
    taken, message = taken_by_the_bsp(gate24, phone), told.json["id"]
    assert len(taken) <= 1
    conversation = gate24.http("GET", f"/v1/contacts/{quote(phone)}/messages").json["data"]
    assert "sending" not in [each["status"] for each in conversation]
    assert message in [each["id"] for each in conversation]
    if taken and told.status == 504:
        is_template = "template" in received_by_bsp(gate24, phone)[-1]["form"]
        kind = "template" if is_template else "session"
        post_webhook(gate24, GUPSHUP, gupshup_status("enqueued", taken[0], phone=phone[1:], at=now(), kind=kind))
    if taken:
        assert gate24.http("GET", f"/v1/messages/{message}").json["status"] == "accepted"


def test_the_one_who_finds_a_lost_send_may_be_killed_too(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(1, 20):
        for after in (False, True):
            phone, key = f"+9198765{40 + after}5{n:02d}", f"key-{n}-{after}"
            contact_wrote(gate24, phone)
            monkeypatch.setattr(clock, "now_ms", now)
            calls_then_dies = Killer(BSP_CALL, after=True)
            assert survives(gate24, calls_then_dies, phone, key, TEXT) is None
            assert len(received_by_bsp(gate24, phone)) == 1
            monkeypatch.setattr(clock, "now_ms", lambda: now() + LEASE_MS + 1000)
            killer = Killer(n, after)
            survives(gate24, killer, phone, key, TEXT)
            assert final(gate24, phone, key, TEXT).status == 504
            assert len(received_by_bsp(gate24, phone)) == 1
        if not killer.struck:
            return
    raise AssertionError("the second request never came to its end")


def test_a_status_that_came_before_the_lost_send_was_found_settles_it(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    assert survives(gate24, Killer(BSP_CALL, after=True), PHONE, "key-1", TEXT) is None
    gs_id = received_by_bsp(gate24, PHONE)[0]["message_id"]
    status_arrives(gate24, "enqueued", gs_id)
    monkeypatch.setattr(clock, "now_ms", lambda: now() + LEASE_MS + 1000)
    told = gate24.send(TEXT, "key-1")
    assert told.status == 504
    settled = gate24.http("GET", f"/v1/messages/{told.json['id']}").json
    assert (settled["status"], settled["bsp_message_id"]) == ("accepted", gs_id)
