"""Delivery statuses, failures and deductions: found by any of the ids, in any order, counted once."""

import itertools
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from gate24.providers.forward import forward
from tests.support.bodies import (
    gupshup_billing,
    gupshup_status,
    gupshup_text,
    gupshup_v3,
    meta_status,
    meta_text,
)
from tests.support.scene import (
    HOUR,
    accepted_send,
    contact_opted_in,
    contact_wrote,
    new_number,
    now,
    post_webhook,
    rolled_up,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, TEMPLATE, TEXT, System, system


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all; each test has a contact of its own."""
    with system(tmp_path_factory.mktemp("statuses"), in_memory=True) as made:
        yield made


def message(gate24: System, sent: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = gate24.http("GET", f"/v1/messages/{sent['id']}").json
    return found


ORDERS = list(itertools.permutations(("enqueued", "sent", "delivered", "read")))


@pytest.mark.parametrize("order", ORDERS[::5], ids="-".join)
def test_statuses_in_any_order_end_as_read(shared: System, order: tuple[str, ...]) -> None:
    phone = new_number()
    sent = accepted_send(shared, phone)
    for number, status in enumerate((*order, *order)):
        post_webhook(
            shared,
            GUPSHUP,
            gupshup_status(status, sent["bsp_message_id"], f"wamid.out-{phone}", phone, now() + number % 4),
        )
    found = message(shared, sent)
    assert found["status"] == "read"
    assert [each["status"] for each in found["statuses"]] == ["enqueued", "sent", "delivered", "read"]


@pytest.mark.parametrize(
    ("said", "shown", "cost"),
    [
        (("sent",), "sent", "0.0010"),
        (("sent", "failed"), "failed", "0"),
        (("failed", "sent"), "failed", "0"),
        (("failed", "delivered"), "delivered", "0.0010"),
        (("delivered", "failed"), "delivered", "0.0010"),
        (("read", "failed", "sent"), "read", "0.0010"),
        (("played",), "read", "0.0010"),
        (("enqueued",), "accepted", "0.0010"),
    ],
)
def test_a_failure_counts_only_below_delivered(shared: System, said: tuple[str, ...], shown: str, cost: str) -> None:
    phone = new_number()
    sent = accepted_send(shared, phone)
    for status in said:
        body = gupshup_status(status, sent["bsp_message_id"], f"wamid.out-{phone}", phone, now(), 1010, "no file")
        post_webhook(shared, GUPSHUP, body)
    found = message(shared, sent)
    assert found["status"] == shown
    assert found["cost"]["amount"] == cost
    assert ("code" in found) == (shown == "failed")


def test_a_status_is_found_by_gs_id_by_id_and_by_the_whatsapp_id_told_before(shared: System) -> None:
    phone = new_number()
    sent = accepted_send(shared, phone)
    wamid = f"wamid.out-{phone}"
    post_webhook(shared, GUPSHUP, gupshup_status("enqueued", sent["bsp_message_id"], wamid, phone, now()))
    post_webhook(shared, GUPSHUP, gupshup_status("sent", sent["bsp_message_id"], wamid, phone, now()))
    post_webhook(shared, GUPSHUP, gupshup_status("read", None, wamid, phone, now()))  # a week later there is no gsId
    v3 = meta_status("delivered", wamid, phone=phone, at=now(), gs_id=sent["bsp_message_id"])
    post_webhook(shared, GUPSHUP, gupshup_v3(v3))
    assert [each["status"] for each in message(shared, sent)["statuses"]] == ["enqueued", "sent", "delivered", "read"]


def test_a_status_under_the_whatsapp_id_alone_may_come_before_that_id_is_told(shared: System) -> None:
    phone = new_number()
    sent = accepted_send(shared, phone)
    wamid = f"wamid.out.{phone}"
    post_webhook(shared, GUPSHUP, gupshup_status("delivered", None, wamid, phone, now()))
    assert message(shared, sent)["status"] == "accepted"
    post_webhook(shared, GUPSHUP, gupshup_status("enqueued", sent["bsp_message_id"], wamid, phone, now()))
    assert message(shared, sent)["status"] == "delivered"


def test_a_status_of_meta_is_found_by_our_own_id(shared: System) -> None:
    phone = new_number()
    sent = accepted_send(shared, phone, META)
    post_webhook(
        shared, META, meta_status("delivered", "wamid.unheard-of", sent["id"], phone, now(), None, META_NUMBER)
    )
    assert message(shared, sent)["status"] == "delivered"


def test_statuses_that_come_before_our_own_write_of_the_send_are_not_lost(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gate24.usecases import send_message

    phone = new_number()

    def and_be_told_at_once(*args: Any) -> Any:
        answer = forward(*args)
        for status in ("sent", "delivered"):
            body = gupshup_status(status, answer.bsp_message_id, f"wamid.out-{phone}", phone, now())
            post_webhook(shared, GUPSHUP, body)
        return answer

    monkeypatch.setattr(send_message, "forward", and_be_told_at_once)
    sent = accepted_send(shared, phone)
    assert message(shared, sent)["status"] == "delivered"
    assert not any(item["sk"]["S"].startswith("O#") for item in shared.items())


CODES = [
    # code, channel -> freeform, template, what the contact shows
    (470, GUPSHUP, "window_closed", None, {}),
    (1004, GUPSHUP, "window_closed", None, {}),
    (131047, META, "window_closed", None, {}),
    (1012, GUPSHUP, "opted_out", "opted_out", {"status": "opted_out"}),
    (131050, META, None, None, {"marketing_stopped": True}),
    (1002, GUPSHUP, None, None, {"unreachable": True}),
    (131026, META, None, None, {"unreachable": True}),
    (1003, GUPSHUP, None, None, {}),
    (987654, GUPSHUP, None, None, {}),
]


@pytest.mark.parametrize(("code", "channel", "freeform", "template", "shows"), CODES)
def test_what_a_failure_tells_of_the_contact(
    shared: System, code: int, channel: str, freeform: str | None, template: str | None, shows: dict[str, Any]
) -> None:
    phone = new_number()
    contact_opted_in(shared, phone, 30 * HOUR)
    sent = accepted_send(shared, phone, channel)
    if channel == META:
        body = meta_status("failed", sent["bsp_message_id"], sent["id"], phone, now(), code, META_NUMBER)
    else:
        body = gupshup_status("failed", sent["bsp_message_id"], f"w.{phone}", phone, now(), code, "its own text")
    post_webhook(shared, channel, body)
    failed = message(shared, sent)
    assert (failed["status"], failed["code"], failed["cost"]["amount"]) == ("failed", str(code), "0")
    assert failed["failure"]["reason"] == ("its own text" if channel == GUPSHUP else "It was not delivered")
    contact = shared.contact(phone)
    flat = {**contact, **contact["consent"]}
    assert {name: flat[name] for name in ("unreachable", "marketing_stopped", "status")} == {
        **{"unreachable": False, "marketing_stopped": False, "status": "opted_in"},
        **shows,
    }
    to = {"to": f"+{phone}", "channel": channel}
    assert shared.check(TEXT | to).json["code"] == freeform
    assert shared.check(TEMPLATE | to).json["code"] == template
    if freeform == "window_closed":
        assert shared.window(phone, channel)["closed_by"] == "provider"
    # The next message heals what is not consent.
    time.sleep(0.01)
    again = gupshup_text("hi again", f"w2.{phone}", phone, now())
    post_webhook(
        shared,
        channel,
        again if channel == GUPSHUP else meta_text("hi again", f"w2.{phone}", phone, now() + 1000, META_NUMBER),
    )
    assert shared.window(phone, channel)["state"] == "open"
    assert shared.contact(phone)["unreachable"] is False
    assert shared.check(TEXT | to).json["decision"] == "allow"


def billed(gate24: System) -> tuple[int, int]:
    today = date.today()
    billed = [day["provider_billed"] for day in rolled_up(gate24, today - timedelta(days=1), today + timedelta(days=1))]
    assert len(billed) == 3
    return sum(day["count"] for day in billed), sum(day["differences"] for day in billed)


@pytest.mark.parametrize(("billable", "differences"), [(False, 0), (True, 1)])
@pytest.mark.parametrize("early", [False, True])
def test_a_deduction_that_is_not_what_we_reckoned_is_counted(
    shared: System, billable: bool, differences: int, early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gate24.usecases import send_message

    phone, before = new_number(), billed(shared)

    def deduct(gs_id: str) -> None:
        body = gupshup_billing(gs_id, billable, now(), category="service")
        body["payload"]["references"]["destination"] = phone
        for _ in range(2):
            post_webhook(shared, GUPSHUP, body)

    def and_deduct_at_once(*args: Any) -> Any:
        answer = forward(*args)
        assert answer.bsp_message_id is not None
        deduct(answer.bsp_message_id)
        return answer

    if early:
        monkeypatch.setattr(send_message, "forward", and_deduct_at_once)
    sent = accepted_send(shared, phone)
    if not early:
        deduct(sent["bsp_message_id"])
    after = billed(shared)
    assert (after[0] - before[0], after[1] - before[1]) == (1, differences)


def test_a_failure_of_a_message_sent_elsewhere_still_tells_of_a_known_contact(shared: System) -> None:
    phone, stranger = new_number(), new_number()
    contact_wrote(shared, phone, HOUR)
    for each in (phone, stranger):
        post_webhook(
            shared, GUPSHUP, gupshup_status("failed", f"elsewhere-{each}", f"w.{each}", each, now(), 470, "late")
        )
    assert shared.window(phone)["closed_by"] == "provider"
    assert shared.http("GET", f"/v1/contacts/{stranger}").status == 404
