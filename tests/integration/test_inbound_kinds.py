"""What contacts send is answered whole, by named fields of the message, whichever provider tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from gate24.message_keys import message_key
from gate24.store import keys
from tests.support import message_rows
from tests.support.bodies import gupshup_message, gupshup_v3, meta_message
from tests.support.inbound_kinds import FILE, KINDS
from tests.support.media_files import fetch, file_of, queued
from tests.support.message_rows import FILES, Row
from tests.support.row_people import sends_file_of
from tests.support.scene import (
    HOUR,
    MINUTE,
    accepted_send,
    body_about,
    change_organization,
    contact_wrote,
    new_number,
    now,
    post_webhook,
)
from tests.support.system import GUPSHUP, META, ORG, System, system


@pytest.fixture(scope="module")
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all tests; each message has a contact of its own."""
    with system(tmp_path_factory.mktemp("kinds"), in_memory=True) as made:
        yield made


def told(gate24: System, channel: str, body: Any) -> dict[str, Any]:
    """The message as the API answers it, by itself and in the list, once a contact of its own has sent it."""
    phone = new_number()
    post_webhook(gate24, channel, body_about(body, phone, now() - MINUTE))
    (listed,) = gate24.conversation(f"+{phone}")
    alone: dict[str, Any] = gate24.http("GET", f"/v1/messages/{listed['id']}").json
    assert alone.items() >= listed.items()
    return alone


FIELDS = {field for kind in KINDS.values() for field in kind.content}


# "Inbound counterparts are shown whole": each kind, both providers.
@pytest.mark.parametrize("row", message_rows.received(), ids=str)
def test_a_message_of_each_kind_is_answered_by_named_fields(gate24: System, row: Row) -> None:
    form, name, channel, body = row.form, row.kind, row.channel, row.told
    found = told(gate24, channel, body)
    expected = dict(KINDS[name].content)
    for field in ("edit", "revoke") & expected.keys():  # which names a message of this contact
        expected[field] = {"message_id": found["details"]["original_message_id"]}
    is_answer = KINDS[name].refers_to and found["type"] not in ("edit", "revoke")
    has_gs_id = "gs-1" in json.dumps(body) and (form == "v2" or found["type"] != "reaction")
    named = "gs-1" if has_gs_id else "wamid.out-1"
    if "reaction" in expected:
        expected["reaction"] = expected["reaction"] | {"message_id": named}
    assert {field: found[field] for field in FIELDS & found.keys()} == expected
    assert found.get("reply_to") == (named if is_answer else None)


@pytest.mark.parametrize("row", message_rows.with_file("inbound"), ids=str)
def test_each_kind_of_file_is_fetched_and_kept(gate24: System, row: Row) -> None:
    phone = new_number()
    queued()  # of other tests
    sends_file_of(gate24, row, phone, now() - MINUTE)
    assert fetch() == []
    assert row.file is not None
    media, file = file_of(gate24, phone), FILES[row.file]
    assert (media["fetch"], media["mime_type"]) == ("kept", file.mime_type.partition(";")[0])
    assert (media["kind"], media["size_bytes"]) == ({"voice": "audio"}.get(row.file, row.file), len(file.content))


@pytest.mark.parametrize("channel", [GUPSHUP, META])
def test_a_reply_and_a_reaction_name_our_message_by_our_id(gate24: System, channel: str) -> None:
    phone = new_number()
    sent = accepted_send(gate24, phone, channel)
    bsp_id = sent["bsp_message_id"]
    if channel == GUPSHUP:
        named = {"id": "wamid.unknown", "gsId": bsp_id}
        reply = gupshup_message("text", {"text": "Yes"}, "wamid.in-a", context=named)
        reaction = gupshup_message("reaction", {"emoji": "\U0001f44d", **named}, "wamid.in-b")
    else:
        reply = meta_message("text", {"body": "Yes"}, message_id="wamid.in-a", context={"id": bsp_id})
        reaction = meta_message("reaction", {"message_id": bsp_id}, message_id="wamid.in-b")
    for body in (reply, reaction):
        post_webhook(gate24, channel, body_about(body, phone, now()))
    messages = gate24.conversation(f"+{phone}")
    (reacted,) = (message for message in messages if message["type"] == "reaction")
    assert (reacted["reaction"]["message_id"], reacted["reply_to"]) == (sent["id"], sent["id"])
    (answer,) = (message for message in messages if message.get("text") == "Yes")
    assert answer["reply_to"] == sent["id"]
    assert answer["details"]["reply_to"] == bsp_id, "as the provider names it"


def test_an_edit_names_the_contacts_own_message(gate24: System) -> None:
    phone = new_number()
    post_webhook(gate24, META, body_about(meta_message("text", {"body": "At five"}), phone, now() - MINUTE))
    (first,) = gate24.conversation(f"+{phone}")
    part = {"original_message_id": "wamid.in-1", "message": {"type": "text", "text": {"body": "At six"}}}
    for kind in ("edit", "revoke"):
        body = meta_message(kind, part, message_id=f"wamid.in-{kind}")
        post_webhook(gate24, META, body_about(body, phone, now()))
    by_type = {message["type"]: message for message in gate24.conversation(f"+{phone}")}
    assert by_type["edit"]["edit"] == by_type["revoke"]["revoke"] == {"message_id": first["id"]}
    assert "reply_to" not in by_type["edit"]


def test_what_another_person_was_sent_is_not_named(gate24: System) -> None:
    sent = accepted_send(gate24, new_number())
    phone = new_number()
    reply = gupshup_message("text", {"text": "Yes"}, context={"gsId": sent["bsp_message_id"]})
    post_webhook(gate24, GUPSHUP, body_about(reply, phone, now()))
    (found,) = gate24.conversation(f"+{phone}")
    assert found["reply_to"] == sent["bsp_message_id"]


def test_an_old_message_is_named_by_the_providers_id(gate24: System) -> None:
    """Only the newest hundred are searched, so that nobody can make a webhook expensive."""
    phone = new_number()
    sent = accepted_send(gate24, phone)
    for text in range(101):
        contact_wrote(gate24, phone, 0, text=str(text))
    reply = gupshup_message("text", {"text": "Yes"}, context={"gsId": sent["bsp_message_id"]})
    post_webhook(gate24, GUPSHUP, body_about(reply, phone, now() + 1))
    assert gate24.conversation(f"+{phone}")[0]["reply_to"] == sent["bsp_message_id"]


def test_a_files_facts_are_answered(gate24: System) -> None:
    shown = told(gate24, META, meta_message("sticker", FILE | {"animated": True}))
    assert shown["media"] == {
        "id": shown["id"],
        "fetch": "pending",
        "kind": "sticker",
        "media_id": "9001",
        "mime_type": "image/webp",
        "sha256": FILE["sha256"],
        "animated": True,
    }
    voice = told(gate24, GUPSHUP, gupshup_v3(meta_message("audio", FILE | {"voice": True})))
    assert (voice["media"]["voice"], voice["details"]["voice"]) == (True, True)


# DynamoDB bills each started KB.
@pytest.mark.parametrize("name", ["text", "text, a reply", "image", "button", "button_reply", "list_reply", "location"])
def test_a_usual_message_stays_within_a_write_unit(gate24: System, name: str) -> None:
    for channel, body in ((GUPSHUP, KINDS[name].v2), (META, KINDS[name].meta)):
        key = message_key(told(gate24, channel, body)["id"])
        assert key is not None
        where = {"pk": {"S": keys.contact_pk(ORG, key.contact_id)}, "sk": {"S": keys.message_sort(key)}}
        stored = gate24.dynamodb.get_item(TableName=gate24.table, Key=where)["Item"]
        assert 200 < sum(len(name) + size(value) for name, value in stored.items()) < 1024


def size(value: dict[str, Any]) -> int:
    """About what DynamoDB counts of a value."""
    (content,) = value.values()
    return len(content if isinstance(content, bytes) else str(content).encode())


def test_content_goes_with_its_time(gate24: System) -> None:
    phone = new_number()
    for name in ("location", "text, a reply"):
        body = body_about(KINDS[name].meta, phone, now() - 31 * 24 * HOUR)
        body["entry"][0]["changes"][0]["value"]["messages"][0]["id"] += name
        post_webhook(gate24, META, body)
    change_organization(retention_days=30)
    kept = gate24.conversation(f"+{phone}")
    change_organization(retention_days=None)
    assert len(kept) == 2
    assert all(message["content_kept"] is False for message in kept)
    assert not any(message.keys() & {"location", "reply_to", "details"} for message in kept)
