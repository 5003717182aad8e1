"""Erasure: nothing of the person stays in any item or index, but a refusal under a keyed hash; costs stay."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gate24.events import ContactRef
from gate24.providers import forward
from gate24.providers.interface import ProviderAnswer
from gate24.store import contacts
from gate24.store.packed_text import unpack_letters
from gate24.usecases import erase_contact, send_message
from tests.support.bodies import (
    gupshup,
    gupshup_billing,
    gupshup_message,
    gupshup_status,
    gupshup_text,
    meta_message,
    meta_text,
)
from tests.support.scene import (
    HOUR,
    contact_opted_in,
    contact_opted_out,
    contact_wrote,
    new_number,
    now,
    parked_records,
    post_webhook,
    received_by_bsp,
    retry_parked,
    rolled_up,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, TEMPLATE, TEXT, System, system

pytestmark = pytest.mark.slow

NAME = "Meenakshi"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all, on a table in memory: moto sorts the whole table for each query. Each test has a contact of
    its own."""
    with system(tmp_path_factory.mktemp("erasure"), in_memory=True) as made:
        yield made


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine erases as far at once as a fast one."""
    monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", 600.0)


def rollups(gate24: System) -> list[dict[str, Any]]:
    """What the days say, but for whom they reached: whoever is erased is not among these any more."""
    today = date.today()
    days = rolled_up(gate24, today - timedelta(days=2), today + timedelta(days=1))
    assert len(days) == 4
    of_persons = {"status", "reached", "cost_per_reached"}
    return [{name: value for name, value in day.items() if name not in of_persons} for day in days]


def everything(gate24: System) -> str:
    """The whole table as text, packed parts unpacked."""
    texts = []
    for item in gate24.items():
        texts.append(json.dumps(item, default=str, ensure_ascii=False))
        body = json.loads(item.get("j", {}).get("S", "null"))
        if isinstance(body, dict) and "packed" in body:
            texts.append(unpack_letters(body["packed"]))
    return "\n".join(texts)


def erase(gate24: System, phone: str) -> None:
    assert gate24.http("DELETE", f"/v1/contacts/{phone}").status == 204
    assert gate24.http("GET", f"/v1/contacts/{phone}").status == 404


def a_whole_life(gate24: System, phone: str) -> None:
    """Hidden first, then with the number, another number since; messages both ways, statuses, raw events."""
    user_id, old, at = f"IN.{phone}", f"8{phone[1:]}", (now() - 6 * HOUR) // 1000 * 1000
    hidden = meta_text("hi", f"w1.{phone}", None, at, META_NUMBER, user_id)
    hidden["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = NAME
    post_webhook(gate24, META, hidden)
    post_webhook(gate24, META, meta_text("STOP", f"w2.{phone}", old, at + HOUR, META_NUMBER))
    changed = meta_message("system", {"type": "user_changed_number", "wa_id": phone}, phone=old, at=at + 2 * HOUR)
    changed["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = META_NUMBER
    post_webhook(gate24, META, changed)
    post_webhook(gate24, META, meta_text("me again", f"w3.{phone}", phone, at + 3 * HOUR, META_NUMBER, user_id))
    text = gupshup_message("text", {"text": f"I am {NAME}"}, f"w4.{phone}", phone, at + 4 * HOUR, NAME, user_id)
    post_webhook(gate24, GUPSHUP, text)
    gate24.send(TEXT | {"to": f"+{phone}"})
    gate24.send(TEMPLATE | {"to": f"+{phone}"})
    post_webhook(gate24, GUPSHUP, gupshup_status("sent", f"elsewhere-{phone}", f"w5.{phone}", phone, now()))
    billing = gupshup_billing(f"elsewhere-{phone}")
    billing["payload"]["references"]["destination"] = phone
    post_webhook(gate24, GUPSHUP, billing)
    gate24.http("PUT", f"/v1/contacts/{phone}/block", {"reason": f"asked by {NAME}"})
    post_webhook(gate24, GUPSHUP, gupshup("moon-event", {"of": phone}))
    post_webhook(gate24, GUPSHUP, gupshup("moon-event", {"of": phone, "name": NAME, "long": "x" * 900_000}))


def test_nothing_of_the_person_stays_and_no_day_costs_less(shared: System) -> None:
    phone = new_number()
    others = everything(shared)
    a_whole_life(shared, phone)
    before = rollups(shared)
    found = everything(shared)
    assert phone in found and NAME in found and phone not in others
    erase(shared, phone)
    left = everything(shared)
    for trace in (phone, f"8{phone[1:]}", NAME):
        assert trace not in left
    assert rollups(shared) == before


@pytest.mark.parametrize("refusal", ["opt-out", "block", "both", "none"])
def test_a_refusal_is_honoured_when_the_number_comes_up_again(shared: System, refusal: str) -> None:
    phone = new_number()
    user_id = f"IN.{phone}"
    first = gupshup_message("text", {"text": "hi"}, f"w1.{phone}", phone, now() - 9 * HOUR, user_id=user_id)
    post_webhook(shared, GUPSHUP, first)
    if refusal in ("opt-out", "both"):
        contact_opted_out(shared, phone, 8 * HOUR)
    if refusal in ("block", "both"):
        shared.http("PUT", f"/v1/contacts/{phone}/block")
    erase(shared, phone)
    expected = {"opt-out": "opted_out", "block": "blocked", "both": "blocked"}.get(refusal, "not_opted_in")
    assert shared.check(TEMPLATE | {"to": f"+{phone}"}).json["code"] == expected
    # Under the user id alone, and with the number again
    post_webhook(shared, META, meta_text("hi", f"w2.{phone}", None, now() - 6 * HOUR, META_NUMBER, user_id))
    listed = shared.http("GET", "/v1/contacts?limit=100").json["data"]
    status, blocked = {
        "opt-out": ("opted_out", False),
        "block": ("none", True),
        "both": ("opted_out", True),
    }.get(refusal, ("none", False))
    again = next(each for each in listed if user_id in each["user_ids"])
    assert (again["consent"]["status"], again["blocked"]) == (status, blocked)
    post_webhook(shared, META, meta_text("hi", f"w3.{phone}", phone, now() - 5 * HOUR, META_NUMBER, user_id))
    contact = shared.contact(phone)
    assert (contact["consent"]["status"], contact["blocked"]) == (status, blocked)
    assert len(shared.conversation(phone)) == 2


def test_a_refusal_that_was_taken_back_is_not_kept_by_a_second_erasure(shared: System) -> None:
    phone = new_number()
    contact_opted_out(shared, phone, 8 * HOUR)
    erase(shared, phone)
    contact_opted_in(shared, phone, 7 * HOUR)
    assert shared.contact(phone)["consent"]["status"] == "opted_in"
    erase(shared, phone)
    assert shared.check(TEMPLATE | {"to": f"+{phone}"}).json["code"] == "not_opted_in"


def test_another_spelling_of_the_number_erases_the_same_person(shared: System) -> None:
    contact_wrote(shared, "5511987651234", HOUR)
    contact_opted_out(shared, "5511987651234", HOUR)
    post_webhook(shared, GUPSHUP, gupshup("moon-event", {"of": "5511987651234"}))
    erase(shared, "551187651234")
    assert "1187651234" not in everything(shared) and "11987651234" not in everything(shared)
    assert shared.check(TEMPLATE | {"to": "+5511987651234"}).json["code"] == "opted_out"


def test_what_comes_late_of_an_erased_person_brings_nothing_back(shared: System) -> None:
    phone = new_number()
    contact_wrote(shared, phone, HOUR)
    body = TEXT | {"to": f"+{phone}"}
    sent = shared.send(body, f"key-{phone}").json
    erase(shared, phone)
    for status in ("sent", "failed"):
        post_webhook(
            shared, GUPSHUP, gupshup_status(status, sent["bsp_message_id"], f"w2.{phone}", phone, now(), 1002, "gone")
        )
    billing = gupshup_billing(sent["bsp_message_id"])
    billing["payload"]["references"]["destination"] = phone
    post_webhook(shared, GUPSHUP, billing)
    lapse_reservations(shared)
    replayed = shared.send(body, f"key-{phone}")
    assert replayed.status == 404 and replayed.json["code"] == "not_found"
    assert len(received_by_bsp(shared, phone)) == 1
    left = [item for item in shared.items() if phone in json.dumps(item, default=str)]
    assert [item["sk"]["S"][:2] for item in left if not item["sk"]["S"].startswith(("O#", "S#"))] == []
    assert shared.http("GET", f"/v1/contacts/{phone}").status == 404


def lapse_reservations(gate24: System) -> None:
    """As if every send's lease had run out."""
    for item in gate24.items():
        if item["pk"]["S"].startswith("I#"):
            key = {"pk": item["pk"], "sk": item["sk"]}
            gate24.dynamodb.update_item(
                TableName=gate24.table,
                Key=key,
                UpdateExpression="SET lu = :past",
                ExpressionAttributeValues={":past": {"N": "1"}},
            )


def test_a_message_id_says_nothing_of_the_number(shared: System) -> None:
    phone = new_number()
    contact_wrote(shared, phone, HOUR)
    message_id = shared.conversation(phone)[0]["id"]
    assert phone not in message_id and phone.encode() not in urlsafe_b64decode(message_id + "==")


STEPS = ("suppress", "hide", "erase_page", "finish")


@pytest.mark.parametrize(
    ("step", "after"), [*((step, after) for step in STEPS for after in (0, 1)), ("hide", 2), ("erase_page", 4)]
)
def test_an_erasure_that_broke_off_is_finished_by_the_next(
    shared: System, step: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = new_number()
    a_whole_life(shared, phone)
    before = rollups(shared)
    with monkeypatch.context() as broken:
        break_off(broken, step, after)
        assert shared.http("DELETE", f"/v1/contacts/{phone}").status >= 500
    assert rollups(shared) == before
    answer = shared.http("DELETE", f"/v1/contacts/{phone}")
    assert answer.status == 204
    assert shared.http("GET", f"/v1/contacts/{phone}").status == 404
    left = everything(shared)
    assert phone not in left and f"8{phone[1:]}" not in left
    assert rollups(shared) == before


def break_off(broken: pytest.MonkeyPatch, step: str, after: int) -> None:
    """The step works so many times, and then the table fails."""
    from gate24.store import erasure
    from gate24.store.table import StoreError

    calls, works = [0], getattr(erasure, step)

    def fails(*args: Any) -> Any:
        calls[0] += 1
        if calls[0] > after:
            raise StoreError("BatchWriteItem", "InternalServerError")
        return works(*args)

    broken.setattr(erasure, step, fails)


def test_an_erasure_that_nobody_asks_for_again_is_finished_from_the_queue(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in STEPS:
        phone = new_number()
        a_whole_life(shared, phone)
        before = rollups(shared)
        with monkeypatch.context() as broken:
            break_off(broken, step, 1)
            assert shared.http("DELETE", f"/v1/contacts/{phone}").status >= 500
        assert retry_parked(parked_records(shared, later=True)) == []
        left = everything(shared)
        assert phone not in left and f"8{phone[1:]}" not in left, step
        assert rollups(shared) == before


def test_a_long_conversation_is_gone_at_once_and_deleted_in_steps_and_no_day_costs_another_sum(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gate24.store import erasure

    phone = new_number()
    for number in range(60):
        post_webhook(shared, GUPSHUP, gupshup_text(f"no {number}", f"w.{phone}-{number}", phone, now() - 3 * HOUR))
    kept = shared.conversation(phone)[0]["id"]
    before = rollups(shared)
    monkeypatch.setattr(erasure, "_PAGE", 7)
    monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", 0.0)
    begun = shared.http("DELETE", f"/v1/contacts/{phone}")
    assert (begun.status, begun.json["status"]) == (202, "running")
    path, answers = f"/v1/erasures/{begun.json['erasure']}", 0
    while shared.http("GET", path).json["status"] == "running":
        for gone in (f"/v1/contacts/{phone}", f"/v1/contacts/{phone}/messages", f"/v1/messages/{kept}"):
            assert shared.http("GET", gone).status == 404
        assert rollups(shared) == before
        post_webhook(shared, GUPSHUP, gupshup_text("no 3", f"w.{phone}-3", phone, now() - 3 * HOUR))
        assert shared.http("GET", f"/v1/contacts/{phone}").status == 404
        monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", 0.001)
        assert retry_parked(parked_records(shared, later=True)) == []
        answers += 1
    assert answers > 1
    assert shared.http("GET", path).json["deleted"] >= 60
    assert phone not in everything(shared)
    assert rollups(shared) == before
    monkeypatch.undo()
    post_webhook(shared, GUPSHUP, gupshup_text("no 3", f"w.{phone}-3", phone, now() - 3 * HOUR))
    assert shared.http("GET", f"/v1/contacts/{phone}").status == 404
    contact_wrote(shared, phone, 0, text="I am back")
    assert [each["text"] for each in shared.conversation(phone)] == ["I am back"]


def test_who_writes_while_being_erased_has_a_conversation_of_what_is_new(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = new_number()
    contact_wrote(shared, phone, HOUR, text="before")
    monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", -1.0)
    assert shared.http("DELETE", f"/v1/contacts/{phone}").status == 202
    post_webhook(shared, GUPSHUP, gupshup_text("after", f"w.{phone}-after", phone, now() + 5))
    assert [each["text"] for each in shared.conversation(phone)] == ["after"]
    monkeypatch.undo()
    assert retry_parked(parked_records(shared, later=True)) == []
    assert [each["text"] for each in shared.conversation(phone)] == ["after"]
    assert shared.window(phone)["state"] == "open"


def test_messages_without_a_contact_can_be_erased(shared: System) -> None:
    """As an erasure of a version before this one left them, where it broke off."""
    phone = new_number()
    contact_wrote(shared, phone, HOUR, text=f"my number is {phone}")
    contact_id = contacts.contact_id(ORG, ContactRef(f"+{phone}"))
    for sk in ("A#CONTACT", f"A#W#{GUPSHUP}"):
        shared.dynamodb.delete_item(TableName=shared.table, Key={"pk": {"S": f"C#{ORG}#{contact_id}"}, "sk": {"S": sk}})
    before = rollups(shared)
    assert shared.http("DELETE", f"/v1/contacts/{phone}").status == 204
    assert phone not in everything(shared)
    assert rollups(shared) == before
    assert shared.http("DELETE", f"/v1/contacts/{phone}").status == 404


def test_a_send_that_is_under_way_during_the_erasure_brings_nobody_back(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, real = new_number(), forward.forward
    contact_wrote(shared, phone, HOUR)

    def erased_meanwhile(*args: Any) -> ProviderAnswer:
        answer = real(*args)
        erase(shared, phone)
        return answer

    with monkeypatch.context() as racing:
        racing.setattr(send_message, "forward", erased_meanwhile)
        assert shared.send(TEXT | {"to": f"+{phone}"}).status == 202
    assert shared.http("GET", f"/v1/contacts/{phone}").status == 404
    assert phone not in everything(shared)


@pytest.mark.parametrize("step", ["put_all", "delete", None])
def test_a_send_that_is_accepted_while_its_contact_is_erased_costs_what_it_cost(
    shared: System, step: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is stored while the erasure has read the message and not yet written what stays of it; has written
    that and not yet deleted the message; is over."""
    from gate24.store import erasure, messages

    erased, other, settle = new_number(), new_number(), messages.settle
    contact_wrote(shared, erased, HOUR)
    contact_wrote(shared, other, HOUR)
    before = cost_of_today(shared)
    assert shared.send(TEXT | {"to": f"+{other}"}).status == 202
    after_one = cost_of_today(shared)
    assert after_one > before

    def settles_while_erased(*args: Any) -> bool:
        done: list[bool] = []

        def does(*of_step: Any) -> None:
            if not done:
                done.append(settle(*args))
            real(*of_step)

        with monkeypatch.context() as racing:
            if step is not None:
                real = getattr(erasure, step)
                racing.setattr(erasure, step, does)
            erase(shared, erased)
        return done[0] if done else settle(*args)

    monkeypatch.setattr(messages, "settle", settles_while_erased)
    assert shared.send(TEXT | {"to": f"+{erased}"}).status == 202
    monkeypatch.undo()
    assert cost_of_today(shared) - after_one == after_one - before
    assert erased not in everything(shared)


def cost_of_today(gate24: System) -> Decimal:
    return sum((Decimal(day["total"]) for day in rollups(gate24)), Decimal(0))


def test_what_a_function_writes_that_read_the_contact_before_the_erasure_is_erased_by_the_queue(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gate24.store import messages

    phone, add = new_number(), messages.add
    contact_wrote(shared, phone, HOUR)

    def adds_late(*args: Any) -> bool:
        erase(shared, phone)
        return add(*args)

    with monkeypatch.context() as racing:
        racing.setattr(messages, "add", adds_late)
        contact_wrote(shared, phone, 0, text=f"call me at {phone}")
    before = rollups(shared)
    assert phone in everything(shared)
    assert retry_parked(parked_records(shared, later=True)) == []
    assert phone not in everything(shared)
    assert rollups(shared) == before
    assert shared.http("GET", f"/v1/contacts/{phone}").status == 404
