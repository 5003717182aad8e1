"""A message says of itself who is at its other end, its id at the provider, and the labels that its sender gave it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.bodies import USER_ID, gupshup_text, meta_number_change, meta_text
from tests.support.scene import HOUR, MINUTE, new_number, now, post_webhook
from tests.support.system import GUPSHUP, META, META_NUMBER, TEXT, System, system

TAGS = {"campaign": "books", "wave": "2"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all; each test has contacts of its own."""
    with system(tmp_path_factory.mktemp("messages")) as made:
        yield made


def both(gate24: System, message_id: str, person: str) -> list[dict[str, Any]]:
    """The message as its own route tells it, and as its conversation does."""
    alone = gate24.http("GET", f"/v1/messages/{message_id}")
    assert alone.status == 200, alone.text
    listed = next(each for each in gate24.conversation(person) if each["id"] == message_id)
    return [{name: value for name, value in each.items() if name != "server_time"} for each in (alone.json, listed)]


def test_an_inbound_message_names_its_sender_and_its_id_at_the_provider(shared: System) -> None:
    phone = new_number()
    post_webhook(shared, GUPSHUP, gupshup_text("Namaste", f"wamid.{phone}", phone, now() - MINUTE))
    [told] = shared.conversation(f"+{phone}")
    for each in both(shared, told["id"], f"+{phone}"):
        assert (each["contact"], each["provider_id"]) == (f"+{phone}", f"wamid.{phone}")
        assert "tags" not in each and "bsp_message_id" not in each


def test_a_sent_message_names_its_recipient_and_shows_its_labels(shared: System) -> None:
    phone = new_number()
    post_webhook(shared, GUPSHUP, gupshup_text("Namaste", f"wamid.{phone}", phone, now() - MINUTE))
    sent = shared.send(TEXT | {"to": f"+{phone}", "tags": TAGS}).json
    for each in both(shared, sent["id"], f"+{phone}"):
        assert (each["contact"], each["provider_id"], each["tags"]) == (f"+{phone}", sent["bsp_message_id"], TAGS)


def test_a_refused_message_names_even_somebody_of_whom_nothing_is_known(shared: System) -> None:
    phone = new_number()
    refused = shared.send(TEXT | {"to": f"+{phone}", "tags": TAGS})
    assert refused.json["code"] == "not_opted_in"
    told = shared.http("GET", f"/v1/messages/{refused.json['id']}").json
    assert (told["status"], told["contact"], told["tags"]) == ("refused", f"+{phone}", TAGS)
    assert "provider_id" not in told


def test_who_hides_the_number_is_named_by_the_user_id(shared: System) -> None:
    body = meta_text("Namaste", f"wamid.{USER_ID}", None, now() - MINUTE, META_NUMBER, USER_ID)
    post_webhook(shared, META, body)
    [told] = shared.conversation(USER_ID)
    assert [each["contact"] for each in both(shared, told["id"], USER_ID)] == [USER_ID] * 2


def test_a_message_from_before_a_change_of_number_names_the_person_and_not_the_stranger(shared: System) -> None:
    old, new = new_number(), new_number()
    post_webhook(shared, META, meta_text("Namaste", f"wamid.{old}", old, now() - 2 * HOUR, META_NUMBER))
    [told] = shared.conversation(f"+{old}")
    post_webhook(shared, META, meta_number_change(old, new, now() - HOUR, META_NUMBER))
    post_webhook(shared, META, meta_text("Who is this?", f"wamid.2.{old}", old, now() - MINUTE, META_NUMBER))
    assert [each["contact"] for each in both(shared, told["id"], f"+{new}")] == [f"+{new}"] * 2
    assert [each["contact"] for each in shared.conversation(f"+{old}")] == [f"+{old}"]
