"""One person under a number, under Meta's user id, under another spelling, under a new number."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.bodies import gupshup_message, gupshup_text, meta_message, meta_text
from tests.support.scene import HOUR, contact_opted_in, contact_opted_out, new_number, now, post_webhook
from tests.support.system import GUPSHUP, META, META_NUMBER, TEXT, System, system


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all; each test has a contact of its own."""
    with system(tmp_path_factory.mktemp("identities"), simulate=False) as made:
        yield made


def hidden(user_id: str, text: str, message_id: str, at: int) -> Any:
    """A message of somebody who hides the number."""
    return meta_text(text, message_id, None, at, META_NUMBER, user_id)


def test_who_hides_the_number_is_a_contact_and_one_with_the_number_when_it_shows_up(shared: System) -> None:
    phone = new_number()
    user_id, at = f"IN.{phone}", (now() - 5 * HOUR) // 1000 * 1000
    post_webhook(shared, META, hidden(user_id, "STOP", f"w1.{phone}", at))
    post_webhook(shared, META, hidden(user_id, "but tell me", f"w2.{phone}", at + HOUR))
    anonymous = shared.http("GET", "/v1/contacts?limit=100").json["data"]
    assert [each["phone"] for each in anonymous if user_id in each["user_ids"]] == [None]

    post_webhook(shared, META, meta_text("my number", f"w3.{phone}", phone, at + 2 * HOUR, META_NUMBER, user_id))
    contact = shared.contact(phone)
    assert (contact["user_ids"], contact["consent"]["status"]) == ([user_id], "opted_out")
    assert [each["text"] for each in shared.conversation(phone)] == ["my number", "but tell me", "STOP"]
    window = shared.window(phone, META)
    assert window["state"] == "open" and window["opened_at"] < window["last_inbound_at"]
    listed = shared.http("GET", "/v1/contacts?limit=100").json["data"]
    assert [each["phone"] for each in listed if user_id in each["user_ids"]] == [f"+{phone}"]

    post_webhook(shared, META, hidden(user_id, "hidden again", f"w4.{phone}", at + 3 * HOUR))
    assert shared.conversation(phone)[0]["text"] == "hidden again"
    assert shared.check(TEXT | {"to": f"+{phone}", "channel": META}).json["decision"] == "allow"


def test_a_message_told_under_the_user_id_and_again_under_the_number_is_stored_once(shared: System) -> None:
    phone = new_number()
    user_id, at = f"IN.{phone}", (now() - 5 * HOUR) // 1000 * 1000
    with_number = gupshup_message("text", {"text": "hi"}, f"w1.{phone}", phone, at + 300, user_id=user_id)
    without = {"object": "whatsapp_business_account", **hidden(user_id, "hi", f"w1.{phone}", at)}
    for body in (without, with_number, without, with_number):
        post_webhook(shared, GUPSHUP, body)
    assert [each["text"] for each in shared.conversation(phone)] == ["hi"]
    assert shared.window(phone)["state"] == "open"


def test_consent_and_conversation_follow_a_change_of_number_and_the_window_does_not(shared: System) -> None:
    old, new = new_number(), new_number()
    at = (now() - 5 * HOUR) // 1000 * 1000
    contact_opted_in(shared, old, 5 * HOUR)
    post_webhook(shared, META, meta_text("hi", f"w1.{old}", old, at, META_NUMBER, f"IN.{old}"))
    system_part = {"type": "user_changed_number", "wa_id": new, "body": "changed"}
    changed = meta_message("system", system_part, message_id=f"w2.{old}", phone=old, at=at + HOUR)
    changed["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = META_NUMBER
    for _ in range(2):
        post_webhook(shared, META, changed)
    contact = shared.contact(new)
    assert (contact["phone"], contact["consent"]["status"]) == (f"+{new}", "opted_in")
    assert shared.window(new, META)["state"] == "never_opened"
    assert [each["text"] for each in shared.conversation(new)] == ["hi"]
    post_webhook(shared, META, hidden(f"IN.{old}", "it is me", f"w3.{old}", at + 2 * HOUR))
    assert shared.conversation(new)[0]["text"] == "it is me"
    assert shared.window(new, META)["state"] == "open"


@pytest.mark.parametrize(
    ("written", "other"),
    [("5511987650001", "551187650001"), ("5215512340001", "525512340001"), ("5491123450001", "541123450001")],
    ids=["Brazil", "Mexico", "Argentina"],
)
def test_spellings_of_a_number_are_one_contact_and_none_is_rewritten(shared: System, written: str, other: str) -> None:
    post_webhook(shared, GUPSHUP, gupshup_text("hi", f"w1.{written}", written, now() - HOUR))
    assert shared.window(other)["state"] == "open"
    contact_opted_out(shared, other, 0)
    contact = shared.contact(other)
    assert (contact["phone"], contact["consent"]["status"]) == (f"+{written}", "opted_out")
