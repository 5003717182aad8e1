"""People who hide their number: Meta's user id names them wherever a number would.

"Wherever a phone number names a person (`to`, `{phone}` in a path), Meta's business-scoped user id (`IN.1234...`) does
too: people who hide their number can be answered, blocked, exported and erased." (contract, section 3)
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.bodies import gupshup_message, meta_message, meta_preference, meta_status, meta_text
from tests.support.scene import (
    HOUR,
    MINUTE,
    change_channel,
    contact_opted_in,
    new_number,
    now,
    parked_records,
    post_webhook,
    received_by_bsp,
    script_bsp,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, TEMPLATE, TEXT, Answer, System, put_template, system

MEDIA: dict[str, Any] = {"type": "media", "media": {"kind": "image", "url": "https://files.example.org/a.png"}}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all; each test has a contact of its own."""
    with system(tmp_path_factory.mktemp("user_ids"), in_memory=True) as made:
        yield made


def new_user_id() -> str:
    return f"IN.{new_number()}"


def writes(gate24: System, phone: str | None, user_id: str | None, ago: int = MINUTE, text: str = "Namaste") -> None:
    """A message on Meta's channel; its provider id tells who wrote and when."""
    body = meta_text(text, f"wamid.{phone}.{user_id}.{ago}", phone, now() - ago, META_NUMBER, user_id)
    post_webhook(gate24, META, body)


def changes_user_id(gate24: System, old: str, new: str, ago: int) -> None:
    """Meta, system messages webhook reference, 2026-08-11: ``previous_user_id``."""
    part = {"type": "user_changed_user_id", "user_id": new, "previous_user_id": old, "body": "changed"}
    body = meta_message("system", part, message_id=f"wamid.{old}.{new}", phone=None, at=now() - ago)
    body["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = META_NUMBER
    post_webhook(gate24, META, body)


def sends(gate24: System, to: str, body: dict[str, Any] = TEXT, channel: str = META) -> Answer:
    return gate24.send(body | {"to": to, "channel": channel})


def last_recipient(gate24: System) -> dict[str, Any]:
    """Whom the provider was told to send to at last."""
    call = received_by_bsp(gate24)[-1]
    told = call["json"] if "json" in call else call["form"]
    return {name: told[name] for name in ("to", "recipient", "destination") if name in told}


# One person, one contact


FIRST = {
    "the number first": (("phone",), ("phone", "user_id")),
    "the user id first": (("user_id",), ("phone", "user_id")),
    "both at once": (("phone", "user_id"),),
}
"""What each message of a person tells, in their order."""


@pytest.mark.parametrize("first", FIRST)
def test_both_names_give_the_same_contact_conversation_window_and_consent(shared: System, first: str) -> None:
    phone, user_id = new_number(), new_user_id()
    for hours, told in enumerate(FIRST[first]):
        writes(shared, phone if "phone" in told else None, user_id if "user_id" in told else None, (3 - hours) * HOUR)
    shared.http("POST", f"/v1/contacts/{user_id}/consents", {"action": "opt_in", "source": "form"})
    sends(shared, user_id)
    names = (f"+{phone}", user_id)
    by_phone, by_user_id = (shared.contact(name) for name in names)
    for each in (by_phone, by_user_id):
        del each["server_time"]
        each["windows"] = [window["window"]["expires_at"] for window in each["windows"]]
    assert by_phone == by_user_id
    assert (by_phone["phone"], by_phone["user_id"], by_phone["user_ids"]) == (f"+{phone}", user_id, [user_id])
    assert by_phone["consent"]["status"] == "opted_in"
    conversations = [[each["id"] for each in shared.conversation(name)] for name in names]
    assert conversations[0] == conversations[1] and len(conversations[0]) >= 2
    histories = [shared.http("GET", f"/v1/contacts/{name}/consents").json["data"] for name in names]
    assert histories[0] == histories[1] and len(histories[0]) == 1
    listed = shared.http("GET", f"/v1/contacts?q={user_id}").json["data"]
    assert [each["phone"] for each in listed] == [f"+{phone}"]


@pytest.mark.parametrize("told_by", ["a status of a message to the number", "a preference"])
def test_the_user_id_stands_for_the_number_once_anything_tells_both(shared: System, told_by: str) -> None:
    """Meta, statuses reference (2026-09): ``recipient_id`` and ``recipient_user_id`` where a number was sent to;
    user_preferences webhook reference (2026-06): ``wa_id`` and ``user_id``."""
    phone, user_id = new_number(), new_user_id()
    contact_opted_in(shared, phone, HOUR)
    sent = sends(shared, f"+{phone}", TEMPLATE).json
    if told_by == "a preference":
        preference = meta_preference("resume", phone, now(), user_id=user_id)
        preference["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = META_NUMBER
        post_webhook(shared, META, preference)
    else:
        told: dict[str, Any] = {"recipient_user_id": user_id, "phone_number_id": META_NUMBER}
        post_webhook(shared, META, meta_status("sent", sent["bsp_message_id"], sent["id"], phone, now(), **told))
    assert shared.contact(user_id)["phone"] == f"+{phone}"
    writes(shared, None, user_id, 0, "STOP")
    assert sends(shared, f"+{phone}", TEMPLATE).json["code"] == "opted_out"
    listed = shared.http("GET", f"/v1/contacts?q={user_id}").json["data"]
    assert [each["phone"] for each in listed] == [f"+{phone}"]


def test_a_late_status_brings_nobody_back_who_was_erased(shared: System) -> None:
    phone, user_id = new_number(), new_user_id()
    writes(shared, phone, None)
    sent = sends(shared, f"+{phone}").json
    shared.http("DELETE", f"/v1/contacts/{phone}")
    told: dict[str, Any] = {"recipient_user_id": user_id, "phone_number_id": META_NUMBER}
    post_webhook(shared, META, meta_status("sent", sent["bsp_message_id"], sent["id"], phone, now(), **told))
    for name in (phone, user_id):
        assert shared.http("GET", f"/v1/contacts/{name}").status == 404


@pytest.mark.parametrize("recorded_first", [True, False], ids=["consent, then the number", "the number, then consent"])
def test_what_staff_record_under_a_user_id_holds_for_the_number(shared: System, recorded_first: bool) -> None:
    phone, user_id = new_number(), new_user_id()
    opt_out = {"action": "opt_out", "source": "call"}
    if recorded_first:
        assert shared.http("POST", f"/v1/contacts/{user_id}/consents", opt_out).status == 201
        assert shared.http("PUT", f"/v1/contacts/{user_id}/block").status == 200
    writes(shared, phone, user_id, HOUR)
    if not recorded_first:
        assert shared.http("POST", f"/v1/contacts/{user_id}/consents", opt_out).status == 201
        assert shared.http("PUT", f"/v1/contacts/{user_id}/block").status == 200
    contact = shared.contact(phone)
    assert (contact["consent"]["status"], contact["blocked"]) == ("opted_out", True)
    assert sends(shared, f"+{phone}").json["code"] == sends(shared, user_id).json["code"] == "blocked"
    assert shared.http("DELETE", f"/v1/contacts/{user_id}/block").json["phone"] == f"+{phone}"
    assert sends(shared, f"+{phone}").json["code"] == "opted_out"


@pytest.mark.parametrize("order", ["the message first", "the change first"])
def test_a_changed_user_id_keeps_consent_block_conversation_and_is_sent_to(shared: System, order: str) -> None:
    old, new = new_user_id(), new_user_id()
    writes(shared, None, old, 4 * HOUR, "before")
    shared.http("POST", f"/v1/contacts/{old}/consents", {"action": "opt_in", "source": "form"})
    shared.http("PUT", f"/v1/contacts/{old}/block")
    if order == "the change first":
        changes_user_id(shared, old, new, 3 * HOUR)
    writes(shared, None, new, 2 * HOUR, "after")
    if order == "the message first":
        changes_user_id(shared, old, new, 3 * HOUR)
    for name in (old, new):
        contact = shared.contact(name)
        assert (contact["phone"], contact["user_id"], contact["user_ids"]) == (None, new, sorted((old, new)))
        assert (contact["blocked"], contact["consent"]["status"]) == (True, "opted_in")
        assert [each["text"] for each in shared.conversation(name)] == ["after", "before"]
    assert shared.http("DELETE", f"/v1/contacts/{new}/block").json["blocked"] is False
    assert sends(shared, old).status == 202
    assert last_recipient(shared) == {"recipient": new}
    listed = shared.http("GET", "/v1/contacts?limit=100").json["data"]
    assert [each["user_id"] for each in listed if {old, new} & set(each["user_ids"])] == [new]


# Sending


@pytest.mark.parametrize("body", [TEXT, MEDIA, TEMPLATE], ids=["text", "media", "template"])
def test_who_hides_the_number_is_answered_by_user_id(shared: System, body: dict[str, Any]) -> None:
    """Meta, messages reference: ``recipient`` (since 2026-07, read 2026-11)."""
    user_id = new_user_id()
    writes(shared, None, user_id)
    checked = shared.check(body | {"to": user_id, "channel": META}).json
    assert checked["decision"] == "allow"
    # India's prices (Meta's list of 2026-10-01) by the user id's country: utility and service alike.
    assert checked["cost"]["amount"] == "0.0014"
    sent = sends(shared, user_id, body)
    assert (sent.status, sent.json["cost"]["amount"]) == (202, "0.0014")
    assert last_recipient(shared) == {"recipient": user_id}
    message = shared.conversation(user_id)[0]
    assert (message["id"], message["to"]) == (sent.json["id"], user_id)
    assert shared.http("GET", f"/v1/messages/{sent.json['id']}").json["to"] == user_id
    told: dict[str, Any] = {"recipient_id": None, "recipient_user_id": user_id, "phone_number_id": META_NUMBER}
    post_webhook(shared, META, meta_status("delivered", sent.json["bsp_message_id"], at=now(), **told))
    assert shared.conversation(user_id)[0]["status"] == "delivered"


@pytest.mark.parametrize("named", ["phone", "user_id"])
def test_a_message_goes_to_the_number_where_it_is_known(shared: System, named: str) -> None:
    """Meta takes a number for every kind of message; ``to`` wins over ``recipient`` (messages reference)."""
    phone, user_id = new_number(), new_user_id()
    writes(shared, phone, user_id)
    sent = sends(shared, {"phone": f"+{phone}", "user_id": user_id}[named])
    assert (sent.status, last_recipient(shared)) == (202, {"to": f"+{phone}"})
    assert shared.conversation(user_id)[0]["to"] == f"+{phone}"


def test_gupshup_cannot_send_to_a_user_id_and_nothing_is_sent(shared: System) -> None:
    """Gupshup, support article 55873677826713 (read 2026-11): "Sending message to BSUID (coming soon)"."""
    user_id, phone = new_user_id(), new_number()
    body = gupshup_message("text", {"text": "hi"}, f"wamid.{user_id}", at=now() - MINUTE, user_id=user_id)
    del body["payload"]["source"], body["payload"]["sender"]["phone"]
    post_webhook(shared, GUPSHUP, body)
    before = len(received_by_bsp(shared))
    refused = sends(shared, user_id, channel=GUPSHUP)
    assert (refused.status, refused.json["code"]) == (422, "not_supported_by_provider")
    assert "user id" in refused.json["detail"] and refused.json["retryable"] is False
    assert shared.check(TEXT | {"to": user_id}).json["code"] == "not_supported_by_provider"
    window = next(each for each in shared.contact(user_id)["windows"] if each["channel"] == GUPSHUP)
    assert window["may"]["open"]["code"] == "not_supported_by_provider"
    newest = shared.conversation(user_id)[0]
    assert (newest["status"], newest["code"]) == ("refused", "not_supported_by_provider")
    body = gupshup_message("text", {"text": "me"}, f"wamid.2.{user_id}", phone, now(), user_id=user_id)
    post_webhook(shared, GUPSHUP, body)
    assert len(received_by_bsp(shared)) == before
    assert sends(shared, user_id, channel=GUPSHUP).status == 202
    assert last_recipient(shared) == {"destination": phone}


def test_no_authentication_template_goes_to_a_user_id(shared: System) -> None:
    """Meta, error 131062 (read 2026-11)."""
    user_id = new_user_id()
    assert put_template(shared, META, ORG, "login_code", category="authentication").status == 200
    writes(shared, None, user_id)
    code = {"type": "template", "template": {"name": "login_code", "language": "en", "params": ["123456"]}}
    refused = sends(shared, user_id, code)
    assert (refused.status, refused.json["code"]) == (422, "not_supported_by_provider")


@pytest.mark.parametrize("code", [131061, 131062])
def test_metas_own_refusal_of_a_user_id_is_told_in_words(shared: System, code: int) -> None:
    """Meta, error codes (read 2026-11): recipient by user id not supported for this message."""
    user_id = new_user_id()
    writes(shared, None, user_id)
    script_bsp(shared, outcome="reject", status=400, body={"error": {"code": code, "message": "No"}})
    refused = sends(shared, user_id)
    assert (refused.status, refused.json["provider"]["code"]) == (502, str(code))
    assert shared.conversation(user_id)[0]["failure"]["kind"] == "invalid"


def test_a_key_repeated_after_the_number_showed_up_gives_the_first_answer(shared: System) -> None:
    phone, user_id = new_number(), new_user_id()
    writes(shared, None, user_id, HOUR)
    first = shared.send(TEXT | {"to": user_id, "channel": META}, f"key-{user_id}")
    writes(shared, phone, user_id, MINUTE)
    again = shared.send(TEXT | {"to": user_id, "channel": META}, f"key-{user_id}")
    assert (again.text, again.headers["idempotency-replayed"]) == (first.text, "true")
    other = shared.send(TEXT | {"to": f"+{phone}", "channel": META}, f"key-{user_id}")
    assert other.json["code"] == "idempotency_key_reused"


def test_the_limit_of_a_pair_counts_what_went_to_the_user_id(shared: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate24.rules.rate_limit.CONTACT_BURST", 2)
    change_channel(META, pair_limit=True)
    phone, user_id = new_number(), new_user_id()
    writes(shared, None, user_id, HOUR)
    assert sends(shared, user_id).status == 202
    writes(shared, phone, user_id, MINUTE)
    assert sends(shared, f"+{phone}").status == 202
    assert [sends(shared, name).status for name in (f"+{phone}", user_id)] == [429, 429]


def test_somebody_never_heard_of_has_not_opted_in(shared: System) -> None:
    user_id = new_user_id()
    assert shared.http("GET", f"/v1/contacts/{user_id}").status == 404
    assert sends(shared, user_id).json["code"] == "not_opted_in"
    assert shared.contact(user_id)["user_id"] == user_id


@pytest.mark.parametrize("written", ["in.1234", "IN.", "IN.12 34", "INX.1234", "IN-1234", "IN.ENT.1234"])
def test_what_is_no_user_id_is_refused(shared: System, written: str) -> None:
    assert sends(shared, written).json["code"] == "recipient_invalid"
    assert shared.http("GET", f"/v1/contacts/{written.replace(' ', '%20')}").json["code"] == "recipient_invalid"


# Erasure


@pytest.mark.parametrize("named", ["phone", "user_id"])
def test_erasing_by_either_name_erases_the_person(shared: System, named: str) -> None:
    phone, user_id = new_number(), new_user_id()
    writes(shared, None, user_id, 2 * HOUR, "STOP")
    writes(shared, phone, user_id, HOUR)
    assert sends(shared, user_id).status == 202
    assert shared.http("DELETE", f"/v1/contacts/{ {'phone': phone, 'user_id': user_id}[named] }").status == 204
    for name in (phone, user_id):
        assert shared.http("GET", f"/v1/contacts/{name}").status == 404
    left = json.dumps(shared.items(), default=str)
    assert phone not in left and user_id not in left
    assert sends(shared, user_id).json["code"] == sends(shared, f"+{phone}").json["code"] == "opted_out"
    assert not parked_records(shared)


@pytest.mark.parametrize("named", ["phone", "user_id"])
@pytest.mark.parametrize("blocked", ["before the erasure", "after the erasure"])
def test_a_block_of_somebody_erased_can_be_lifted_and_brings_nothing_back(
    shared: System, blocked: str, named: str
) -> None:
    """ "an opt-out survives it as a keyed hash" (contract, section 3): so does a block, and so it can be lifted."""
    phone, user_id = new_number(), new_user_id()
    name = {"phone": phone, "user_id": user_id}[named]
    writes(shared, None, user_id, 2 * HOUR, "Hello" if blocked.startswith("before") else "STOP")
    writes(shared, phone, user_id, HOUR, "Hello again" if blocked.startswith("before") else "STOP")
    if blocked.startswith("before"):
        shared.http("PUT", f"/v1/contacts/{phone}/block")
    shared.http("DELETE", f"/v1/contacts/{phone}")
    if blocked.startswith("after"):
        assert shared.http("PUT", f"/v1/contacts/{name}/block").status == 204
    for each in (phone, user_id):
        assert shared.check(TEXT | {"to": f"+{phone}", "channel": META}).json["code"] == "blocked", each
        assert shared.http("GET", f"/v1/contacts/{each}").status == 404
    assert shared.http("DELETE", f"/v1/contacts/{name}/block").status == 204
    for each in (phone, user_id):
        assert shared.http("GET", f"/v1/contacts/{each}").status == 404
        assert shared.http("DELETE", f"/v1/contacts/{each}/block").status == 404
    left = json.dumps(shared.items(), default=str)
    assert phone not in left and user_id not in left
    writes(shared, phone, user_id, MINUTE)
    contact = shared.contact(phone)
    refused = "none" if blocked.startswith("before") else "opted_out"
    assert (contact["blocked"], contact["consent"]["status"]) == (False, refused)


def test_nobody_who_was_never_known_can_be_unblocked(shared: System) -> None:
    for name in (new_number(), new_user_id()):
        assert shared.http("DELETE", f"/v1/contacts/{name}/block").status == 404


# Numbers that the plans do not have


@pytest.mark.parametrize(
    ("number", "source"),
    [
        ("22997123456", "Benin went from eight digits to ten on 2024-11-30 (ARCEP Benin)"),
        ("22507123456", "Ivory Coast went from eight digits to ten on 2021-01-31 (ARTCI)"),
    ],
    ids=["Benin", "Ivory Coast"],
)
def test_a_sender_whose_number_has_an_old_form_is_a_person_to_every_route(
    shared: System, number: str, source: str
) -> None:
    writes(shared, number, None)
    for written in (f"+{number}", f"00{number}", number):
        assert shared.contact(written)["phone"] == f"+{number}", source
        assert [each["text"] for each in shared.conversation(written)][-1] == "Namaste"
        assert sends(shared, written).status == 202
        assert last_recipient(shared) == {"to": f"+{number}"}
    assert shared.http("POST", f"/v1/contacts/{number}/consents", {"action": "opt_in", "source": "form"}).status == 201
    assert shared.http("PUT", f"/v1/contacts/{number}/block").json["blocked"] is True
    assert sends(shared, f"+{number}").json["code"] == "blocked"
    assert shared.http("DELETE", f"/v1/contacts/{number}").status == 204
    assert shared.http("GET", f"/v1/contacts/{number}").status == 404
    assert shared.http("DELETE", f"/v1/contacts/{number}/block").status == 204
