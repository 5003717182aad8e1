"""What a call that failed, or a function that was killed, left half done is finished by the repetition. These are the
faults that ``test_faults.py`` found, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ReadTimeoutError

from gate24.events import ContactRef
from gate24.store import aws, consents, contacts, erasure, identities, messages, outage, table, windows
from gate24.store.table import StoreError
from gate24.usecases import erase_contact
from tests.support.bodies import gupshup_status, meta_text
from tests.support.scene import (
    HOUR,
    MINUTE,
    SECOND,
    contact_opted_in,
    contact_wrote,
    new_number,
    now,
    parked_records,
    post_webhook,
    received_by_bsp,
    retry_parked,
    script_bsp,
    unknown_send,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, PHONE, TEMPLATE, TEXT, System


class Killed(BaseException):
    """The process is gone: no ``except Exception`` notices it."""


@contextmanager
def dying(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, after: bool = False) -> Iterator[None]:
    """The function is killed where it calls this, or right after."""
    call = getattr(module, name)

    def dies(*args: Any, **kwargs: Any) -> None:
        if after:
            call(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(module, name, dies)
        yield


def fails_once(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """The next call of this fails, as in an outage; the ones after it do not."""
    call: Callable[..., Any] = getattr(module, name)

    def fails(*_: Any, **__: Any) -> None:
        monkeypatch.setattr(module, name, call)
        raise StoreError("UpdateItem", "ThrottlingException")

    monkeypatch.setattr(module, name, fails)


def named(phone: str, user_id: str, text: str = "Hello") -> Any:
    return meta_text(text, f"wamid.{phone}", phone, now() - HOUR, META_NUMBER, user_id)


def test_a_deletion_that_is_not_answered_in_time_is_an_outage_and_no_poison(gate24: System) -> None:
    def times_out(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://aws.example.org")

    events = table.connection().connection.client.meta.events
    events.register("before-call.dynamodb.DeleteItem", times_out)
    try:
        with pytest.raises(StoreError, match="DeleteItem"):
            table.delete(table.Item("a", "b"))
    finally:
        events.unregister("before-call.dynamodb.DeleteItem", times_out)
    outage.TABLE.answered()


@pytest.mark.parametrize("call", ["_merge_contact", "_merge_window", "_take_out_of_list"])
def test_a_merge_that_was_cut_off_is_finished_when_the_message_comes_again(
    gate24: System, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    phone, user_id = new_number(), f"IN.{new_number()}"
    post_webhook(gate24, META, meta_text("hidden", "wamid.hidden", None, now() - 3 * HOUR, META_NUMBER, user_id))
    opted_out = {"action": "opt_out", "source": "phone"}
    assert gate24.http("POST", f"/v1/contacts/{user_id}/consents", opted_out).status == 201
    body = named(phone, user_id)
    with dying(monkeypatch, identities, call, after=call == "_merge_contact"):
        gate24.meta_webhook(body)
    post_webhook(gate24, META, body)
    assert gate24.contact(phone)["consent"]["status"] == "opted_out"
    assert gate24.window(phone, META)["opened_at"] < gate24.window(phone, META)["last_inbound_at"]
    listed = gate24.http("GET", "/v1/contacts").json["data"]
    assert [each["phone"] for each in listed] == [f"+{phone}"]


def test_a_user_id_that_was_linked_before_a_crash_is_shown_with_its_contact(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, user_id = new_number(), f"IN.{new_number()}"
    contact_wrote(gate24, phone, 3 * HOUR, META)
    body = named(phone, user_id)
    with dying(monkeypatch, contacts, "ensure"):
        gate24.meta_webhook(body)
    post_webhook(gate24, META, body)
    assert gate24.contact(phone)["user_id"] == user_id


def test_a_refused_stranger_has_a_contact_with_the_refusal_wherever_the_function_ends(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_once(monkeypatch, contacts, "ensure")
    assert gate24.send(TEXT, "key-1").json["code"] == "unavailable"
    assert gate24.send(TEXT, "key-1").json["code"] == "not_opted_in"
    assert [each["status"] for each in gate24.conversation()] == ["refused"]


CLOSED = {"outcome": "reject", "status": 400, "body": {"status": "error", "code": 470}}


def test_a_closed_window_that_cannot_be_noted_does_not_cost_the_declared_fallback(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_opted_in(gate24)
    contact_wrote(gate24)
    script_bsp(gate24, **CLOSED, count=2)
    fails_once(monkeypatch, windows, "change")
    body = TEXT | {"fallback": {"template": TEMPLATE["template"]}}
    assert gate24.send(body, "key-1").json["code"] == "unavailable"
    sent = gate24.send(body, "key-1")
    assert (sent.status, sent.json["sent_as"]) == (202, "template")
    assert [each["message_id"] is not None for each in received_by_bsp(gate24)] == [False, False, True]


def test_an_opt_out_of_which_a_rejection_tells_is_recorded_later_where_it_cannot_be_now(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=400, body={"status": "error", "code": 1012})
    fails_once(monkeypatch, consents, "record")
    assert gate24.send(TEXT, "key-1").json["code"] == "bsp_rejected"
    assert gate24.contact()["consent"]["status"] == "none"
    assert retry_parked(parked_records(gate24)) == []
    assert gate24.contact()["consent"]["status"] == "opted_out"


def test_an_erasure_that_could_not_be_queued_is_queued_by_whoever_asks_again(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://aws.example.org")

    contact_wrote(gate24)
    path = f"/v1/contacts/{quote(PHONE)}"
    monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", -1.0)
    with monkeypatch.context() as broken:
        broken.setattr(aws.sqs(), "send_message", unreachable)
        assert gate24.http("DELETE", path).status == 503
        assert gate24.http("DELETE", path).status == 503
    assert gate24.http("DELETE", path).status == 202
    assert len(parked_records(gate24)) == 1


def test_an_erasure_that_was_overtaken_by_a_later_one_takes_nothing_of_who_has_written_since(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24, ago=HOUR)
    path, saved = f"/v1/contacts/{quote(PHONE)}", list[Any]()
    save = erasure.save

    def keeps(organization_id: str, begun: Any) -> Any:
        saved.append(begun)
        return save(organization_id, begun)

    with dying(monkeypatch, erase_contact, "_take_out_of_sight"):
        monkeypatch.setattr(erasure, "save", keeps)
        gate24.http("DELETE", path)
    assert gate24.http("DELETE", path).status == 204
    contact_wrote(gate24, ago=0, text="again")
    erase_contact.go_on_from_queue(ORG, saved[0].id)
    assert gate24.window()["state"] == "open"
    assert [each["text"] for each in gate24.conversation()] == ["again"]


def test_a_guess_that_was_cut_off_stays_a_guess(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    contact_wrote(gate24, ago=MINUTE)
    unknown_send(gate24)
    taken = received_by_bsp(gate24)[0]["message_id"]
    told = [gupshup_status(name, taken, phone=PHONE[1:], at=now() + SECOND) for name in ("enqueued", "sent")]
    with dying(monkeypatch, messages, "add_status", after=True):
        gate24.webhook(told[0])
    for body in reversed(told):
        post_webhook(gate24, GUPSHUP, body)
    contact_id = contacts.contact_id(ORG, ContactRef(PHONE))
    (sent,) = [each for each in messages.since(ORG, contact_id, 0) if each.direction == "outbound"]
    assert (sent.provider_id, sent.provider_id_is_guess) == (taken, True)
