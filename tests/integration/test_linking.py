"""One person under a number and a user id: linked once and for all, stored once, listed once."""

import pytest

from gate24.events import ContactRef
from gate24.store import contacts, identities
from gate24.store.table import StoreError
from tests.support.bodies import meta_message, meta_preference, meta_status, meta_text
from tests.support.scene import MINUTE, epoch_ms, new_number, now, post_webhook
from tests.support.system import META, META_NUMBER, ORG, TEXT, System


def writes(gate24: System, text: str, phone: str | None, user_id: str, ago: int) -> None:
    body = meta_text(text, f"wamid.{user_id}-{ago}", phone, now() - ago, META_NUMBER, user_id)
    post_webhook(gate24, META, body)


def test_an_opt_out_under_a_user_id_holds_though_a_preference_named_both(gate24: System) -> None:
    phone, user_id = new_number(), "IN.preference"
    writes(gate24, "STOP", None, user_id, 30 * MINUTE)
    post_webhook(gate24, META, meta_preference("resume", phone, now() - 20 * MINUTE, user_id=user_id))
    writes(gate24, "Hello", phone, user_id, 10 * MINUTE)
    assert gate24.contact(phone)["consent"]["status"] == "opted_out"
    writes(gate24, "I hide my number", None, user_id, MINUTE)
    listed = gate24.http("GET", "/v1/contacts").json["data"]
    assert len(listed) == 1


def test_a_link_that_broke_off_is_finished_by_the_next_message(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, user_id = new_number(), "IN.broken"
    writes(gate24, "STOP", None, user_id, 30 * MINUTE)
    with monkeypatch.context() as broken:

        def fails(*_: object, **__: object) -> None:
            raise StoreError("UpdateItem", "InternalServerError")

        broken.setattr(identities, "merge", fails)
        writes(gate24, "Hello", phone, user_id, 10 * MINUTE)
    writes(gate24, "Hello again", phone, user_id, MINUTE)
    assert gate24.contact(phone)["consent"]["status"] == "opted_out"
    found = contacts.read(ORG, contacts.contact_id(ORG, ContactRef(f"+{phone}")))
    assert found.linked == {user_id}


def test_a_late_duplicate_under_the_other_identity_is_stored_once(gate24: System) -> None:
    phone, user_id = new_number(), "IN.late"
    writes(gate24, "First", None, user_id, 90 * MINUTE)
    writes(gate24, "With my number", phone, user_id, 80 * MINUTE)
    for ago in range(10, 40):  # more than the window remembers
        writes(gate24, "more", phone, user_id, ago * MINUTE)
    conversation = gate24.http("GET", f"/v1/contacts/{phone}/messages?limit=100").json["data"]
    first = next(each for each in conversation if each["text"] == "First")
    at = epoch_ms(first["at"])
    assert at is not None
    again = meta_text("First", f"wamid.{user_id}-{90 * MINUTE}", phone, at, META_NUMBER, user_id)
    post_webhook(gate24, META, again)
    texts = [each["text"] for each in gate24.http("GET", f"/v1/contacts/{phone}/messages?limit=100").json["data"]]
    assert (texts.count("First"), len(texts)) == (1, 32)


def test_a_failure_of_a_send_to_an_earlier_number_lists_that_number_no_more(gate24: System) -> None:
    old, new, user_id = new_number(), new_number(), "IN.moved"
    writes(gate24, "Hello", old, user_id, 60 * MINUTE)
    sent = gate24.send(TEXT | {"to": f"+{old}", "channel": META}).json
    system_message = {"type": "user_changed_number", "wa_id": new, "body": "changed"}
    moved = meta_message("system", system_message, message_id="wamid.moved", phone=old, at=now() - 1000)
    moved["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = META_NUMBER
    post_webhook(gate24, META, moved)
    listed = gate24.http("GET", "/v1/contacts").json["data"]
    post_webhook(
        gate24, META, meta_status("failed", sent["bsp_message_id"], sent["id"], old, now(), 131047, META_NUMBER)
    )
    after = gate24.http("GET", "/v1/contacts").json["data"]
    assert [each["phone"] for each in after] == [each["phone"] for each in listed] == [f"+{new}"]


def test_what_a_race_left_of_a_window_keeps_no_message_out(gate24: System) -> None:
    """An item of keys alone, as an erasure or the TTL in the midst of a merge leaves it."""
    phone = new_number()
    contact_id = contacts.contact_id(ORG, ContactRef(f"+{phone}"))
    pk = {"S": f"C#{ORG}#{contact_id}"}
    gate24.dynamodb.put_item(TableName=gate24.table, Item={"pk": pk, "sk": {"S": f"A#W#{META}"}})
    writes(gate24, "Hello", phone, "IN.race", MINUTE)
    assert gate24.window(phone, META)["state"] == "open"
