"""Pages end by their bytes, too: Lambda's answer may have 6 MB of JSON, and contacts and the BSP choose the lengths."""

import json
import random
import string
from typing import Any

import pytest

from gate24.api import pages
from gate24.contacts import ConsentEntry
from gate24.events import ContactRef
from gate24.store import consent_history, contacts, unrecognized
from tests.support.bodies import gupshup, gupshup_text, meta_text
from tests.support.scene import HOUR, now, post_webhook
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, PHONE, Answer, System

pytestmark = [pytest.mark.slow, pytest.mark.in_memory]

LAMBDA_BYTES = 6 * 1024 * 1024
CONVERSATION = "/v1/contacts/%2B919876543210/messages"


def lambda_bytes(answer: Answer) -> int:
    """What python3.11's runtime makes of it: ASCII, the body once more as a string."""
    return len(json.dumps({"statusCode": answer.status, "headers": answer.headers, "body": answer.text}))


def all_pages(gate24: System, path: str) -> list[list[Any]]:
    """The entries of all pages; each fits into Lambda's answer."""
    found: list[list[Any]] = []
    cursor = None
    while cursor is not None or not found:
        answer = gate24.http("GET", path + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status == 200, answer.text
        assert lambda_bytes(answer) < LAMBDA_BYTES
        found.append(answer.json["data"])
        cursor = answer.json["next_cursor"]
        assert len(found) < 100
    return found


def wrote(gate24: System, text: str, number: int) -> None:
    post_webhook(gate24, GUPSHUP, gupshup_text(text, f"wamid.long-{number}", at=now() - HOUR + number))


@pytest.mark.parametrize("letter", ["न", "\\"])
def test_a_conversation_of_the_longest_messages_is_read_to_its_end(gate24: System, letter: str) -> None:
    """WhatsApp lets a person write 65,536 letters (its FAQ, read 2026-11)."""
    texts = [f"{number:02d}{letter * 65_534}" for number in range(40)]
    for number, text in enumerate(texts):
        wrote(gate24, text, number)
    found = [message for page in all_pages(gate24, f"{CONVERSATION}?limit=100") for message in page]
    assert [message["text"] for message in found] == [text[:4096] for text in reversed(texts)]
    assert all(message["text_cut"] is True for message in found)
    whole = gate24.http("GET", f"/v1/messages/{found[0]['id']}")
    assert lambda_bytes(whole) < LAMBDA_BYTES
    assert (whole.json["text"], "text_cut" in whole.json) == (texts[-1], False)


def test_a_text_as_long_as_the_gate_sends_is_whole_in_the_list(gate24: System) -> None:
    wrote(gate24, "न" * 4096, 1)
    wrote(gate24, "न" * 4097, 2)
    longer, whole = gate24.conversation()
    assert ("text_cut" in whole, whole["text"]) == (False, "न" * 4096)
    assert (longer["text_cut"], longer["text"]) == (True, "न" * 4096)


def test_a_long_caption_is_cut_too(gate24: System) -> None:
    body = meta_text(message_id="wamid.caption", at=now() - HOUR, phone_number_id=META_NUMBER)
    message = body["entry"][0]["changes"][0]["value"]["messages"][0]
    del message["text"]
    message |= {"type": "image", "image": {"id": "1", "mime_type": "image/png", "caption": "c" * 60_000}}
    post_webhook(gate24, META, body)
    (found,) = gate24.conversation()
    assert (len(found["media"]["caption"]), found["text_cut"]) == (4096, True)
    whole = gate24.http("GET", f"/v1/messages/{found['id']}").json
    assert (len(whole["media"]["caption"]), "text_cut" in whole) == (60_000, False)


def test_contacts_with_very_long_names_come_in_several_pages(gate24: System) -> None:
    """No parser keeps such a name today (256 letters); what is stored is answered nevertheless."""
    for number in range(30):
        ref = ContactRef(f"+91987650{number:04d}")
        contacts.ensure(ORG, contacts.contact_id(ORG, ref), ref, "न" * 100_000, first_at=now() - HOUR)
    found = all_pages(gate24, "/v1/contacts?limit=100")
    assert len(found) > 1
    phones = [contact["phone"] for page in found for contact in page]
    assert (len(phones), len(set(phones))) == (30, 30)


def test_a_history_of_long_evidence_comes_in_several_pages(gate24: System) -> None:
    wrote(gate24, "Namaste", 1)
    contact_id = contacts.contact_id(ORG, ContactRef(PHONE))
    for number in range(30):
        entry = ConsentEntry("opt_in", now() + number, "import", f"{number:02d}" + "x" * 300_000, "tests")
        consent_history.append(ORG, contact_id, entry)
    found = all_pages(gate24, "/v1/contacts/%2B919876543210/consents?limit=100")
    assert len(found) > 1
    assert [entry["evidence"][:2] for page in found for entry in page] == [f"{n:02d}" for n in range(29, -1, -1)]


# Events that were not understood


def text_of(gate24: System, event_id: str) -> tuple[str, bool]:
    """All parts of an event's JSON, and whether it is whole."""
    parts, cursor = [], ""
    while True:
        answer = gate24.http("GET", f"/v1/unrecognized/{event_id}{cursor}")
        assert answer.status == 200, answer.text
        assert lambda_bytes(answer) < LAMBDA_BYTES
        parts.append(answer.json["text"])
        if answer.json["next_cursor"] is None:
            return "".join(parts), answer.json["is_whole"]
        cursor = f"?cursor={answer.json['next_cursor']}"


@pytest.mark.parametrize(("letter", "count"), [("a", 5_000_000), ("न", 900_000), ('"\\', 1_000_000)])
def test_huge_events_that_were_not_understood_are_listed_and_each_is_readable(
    gate24: System, letter: str, count: int
) -> None:
    events: list[dict[str, Any]] = [{"number": number, "text": letter * count} for number in range(4)]
    for event in events:
        unrecognized.keep(ORG, GUPSHUP, "unknown_type", event, now() - HOUR + event["number"])
    post_webhook(gate24, GUPSHUP, gupshup("moon-event", {"phase": 1}, at=now()))
    listed = [event for page in all_pages(gate24, "/v1/unrecognized?limit=100") for event in page]
    assert len(listed) == 5
    assert [event["number"] for event in events] == [
        json.loads(text)["number"] for text, whole in (text_of(gate24, each["id"]) for each in reversed(listed[1:]))
    ]
    assert all(len(each["raw"]) == pages.RAW_LETTERS and each["raw_cut"] for each in listed[1:])
    text, is_whole = text_of(gate24, listed[4]["id"])
    assert (json.loads(text), is_whole) == (events[0], True)
    short = listed[0]
    assert ("raw_cut" in short, short["raw"]["type"]) == (False, "moon-event")
    assert json.loads(text_of(gate24, short["id"])[0]) == short["raw"]


def test_large_events_that_fit_into_a_page_are_whole_in_it(gate24: System) -> None:
    events: list[dict[str, Any]] = [{"number": number, "text": "न" * 400_000} for number in range(4)]
    for event in events:
        unrecognized.keep(ORG, GUPSHUP, "unknown_type", event, now() - HOUR + event["number"])
    found = all_pages(gate24, "/v1/unrecognized?limit=100")
    assert len(found) > 1
    assert [each["raw"] for page in found for each in page] == events[::-1]


def test_of_an_event_that_was_too_large_to_keep_the_beginning_is_readable_and_told_so(gate24: System) -> None:
    noise = "".join(random.Random(3).choices(string.printable, k=1_500_000))
    unrecognized.keep(ORG, GUPSHUP, "unknown_type", noise, now())
    (listed,) = gate24.http("GET", "/v1/unrecognized").json["data"]
    assert listed["raw_cut"] is True
    text, is_whole = text_of(gate24, listed["id"])
    assert (json.dumps(noise).startswith(text), len(text) > pages.RAW_LETTERS, is_whole) == (True, True, False)


def test_an_event_of_another_organization_is_not_readable(gate24: System) -> None:
    post_webhook(gate24, GUPSHUP, gupshup("moon-event", {"phase": 1}, at=now()))
    (listed,) = gate24.http("GET", "/v1/unrecognized").json["data"]
    assert gate24.http("GET", f"/v1/unrecognized/{listed['id']}").status == 200
    assert gate24.http("GET", f"/v1/unrecognized/{listed['id']}", key="health").status == 404


def test_an_event_with_half_a_surrogate_pair_breaks_no_page(gate24: System) -> None:
    """The JSON of a body may hold one; UTF-8, in which Lambda's runtime answers, may not."""
    unrecognized.keep(ORG, GUPSHUP, "unknown_type", {"text": "\ud83d"}, now())
    answer = gate24.http("GET", "/v1/unrecognized")
    assert answer.text.encode() and answer.json["data"][0]["raw"] == {"text": "\ud83d"}
