"""All that is known of one person, as a document."""

from typing import Any
from urllib.parse import quote

import pytest

from gate24.store import api_keys
from gate24.store.api_keys import KeyHolder
from tests.support.bodies import gupshup, gupshup_consent, gupshup_text
from tests.support.scene import HOUR, MINUTE, now
from tests.support.system import GUPSHUP, ORG, PHONE, TEXT, System

pytestmark = [pytest.mark.slow, pytest.mark.in_memory]

PATH = f"/v1/contacts/{quote(PHONE)}/export"
OTHER = "+919876543211"
LISTS = ("consents", "notes", "actions", "unrecognized", "messages")


@pytest.fixture
def known(gate24: System) -> System:
    """A contact of whom there is something of each kind, and another one beside."""
    at = now() - HOUR
    gate24.webhook(gupshup_consent("opted-in", PHONE[1:], at - HOUR))
    for number in range(3):
        gate24.webhook(gupshup_text(f"Question {number}", f"wamid.{number}", PHONE[1:], at + number * MINUTE))
    gate24.webhook(gupshup_text("Of somebody else", "wamid.other", OTHER[1:], at))
    gate24.webhook(gupshup("user-event", {"phone": PHONE[1:], "type": "not-known-yet"}, at))
    assert gate24.send(TEXT).status == 202
    for method, path, body in (
        ("POST", "notes", {"text": "Prefers calls"}),
        ("PUT", "labels", {"labels": ["pregnancy"]}),
        ("PUT", "state", {"state": "done"}),
    ):
        answer = gate24.http(method, f"/v1/contacts/{quote(PHONE)}/{path}", body)
        assert answer.status in (200, 201), answer.text
    return gate24


def export(gate24: System, query: str = "") -> Any:
    answer = gate24.http("GET", f"{PATH}{query}")
    assert answer.status == 200, answer.text
    return answer.json


def test_it_has_all_that_is_known_and_nothing_of_others(known: System) -> None:
    found = export(known)
    assert found["next_cursor"] is None
    assert (found["contact"]["phone"], found["contact"]["labels"]) == (PHONE, ["pregnancy"])
    assert [each["action"] for each in found["consents"]] == ["opt_in"]
    assert [each["text"] for each in found["notes"]] == ["Prefers calls"]
    assert {each["action"] for each in found["actions"]} == {"label", "done"}
    assert [each.get("text") for each in found["messages"]] == ["Hello", "Question 2", "Question 1", "Question 0"]
    assert found["messages"] == known.conversation()
    (event,) = found["unrecognized"]
    assert known.http("GET", f"/v1/unrecognized/{event['id']}").status == 200
    assert "somebody else" not in str(found) and OTHER not in str(found)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_page_by_page_it_has_everything_once(known: System, limit: int) -> None:
    whole, parts = export(known), {name: list[Any]() for name in LISTS}
    cursor = ""
    while cursor is not None:
        page = export(known, f"?limit={limit}{cursor}")
        for name in LISTS:
            parts[name] += page[name]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert parts == {name: whole[name] for name in LISTS}


def test_a_key_of_some_channels_gets_none_and_nobody_gets_one_of_an_erased_person(known: System) -> None:
    limited = KeyHolder(ORG, "one number", frozenset({"read"}), channels=frozenset({GUPSHUP}))
    api_keys.put("g24_" + "l" * 43, limited)
    assert known.http("GET", PATH, key="g24_" + "l" * 43).status == 403
    assert known.http("GET", PATH, key="health").status == 404
    assert known.http("DELETE", f"/v1/contacts/{quote(PHONE)}").status in (202, 204)
    assert known.http("GET", PATH).status == 404
