"""Every kind of message through the API: decided, sent, stored, shown, counted, replied to, forgotten and erased like a
text or a template; and contacts' messages marked as read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from gate24.store import messages, retention
from tests.support import message_rows, scene
from tests.support.bodies import gupshup_status
from tests.support.kinds import FILLINGS, KINDS, Filling, Json, Kind, buttons, interactive, menu, reply, template
from tests.support.kinds import row as list_row
from tests.support.message_rows import FILES, Row
from tests.support.row_people import file_body
from tests.support.scene import (
    HOUR,
    accepted_send,
    change_channel,
    contact_opted_in,
    contact_wrote,
    new_number,
    now,
    post_webhook,
    received_by_bsp,
    rolled_up,
    script_bsp,
)
from tests.support.system import GUPSHUP, META, TEMPLATE, TEXT, System, put_template

pytestmark = pytest.mark.in_memory

FALLBACK = {"fallback": {"template": TEMPLATE["template"]}}
SHOWN = ("text", "media", "interactive", "location", "contacts", "reaction")
BUTTONS = interactive(buttons())
PLACE = next(kind.body for kind in KINDS if kind.name == "location")


def newest_inbound(gate24: System) -> Json:
    return next(each for each in gate24.conversation() if each["direction"] == "inbound")


def named(gate24: System, kind: Kind, channel: str) -> Json:
    """The body; a reaction is to the contact's newest message, which is named by our id."""
    body = kind.body | {"channel": channel}
    if kind.names_message:
        return body | {"reaction": kind.body["reaction"] | {"message_id": newest_inbound(gate24)["id"]}}
    return body


def content_of(call: Json) -> Any:
    """What the provider got, without the recipient and our ids."""
    if "form" in call:
        got = json.loads(call["form"]["message"])
        return {name: value for name, value in got.items() if name != "msgid"}
    return {call["json"]["type"]: call["json"][call["json"]["type"]]}


@pytest.mark.parametrize("row", message_rows.sent(Kind), ids=str)
def test_each_kind_is_sent_and_shown_or_refused_and_shown(gate24: System, row: Row) -> None:
    kind, channel = row.told, row.channel
    contact_wrote(gate24, ago=HOUR, channel=channel)
    body = named(gate24, kind, channel)
    refusal = row.refusal
    checked = gate24.check(body).json
    sent = gate24.send(body)
    shown = gate24.conversation()[0]
    assert shown == gate24.http("GET", f"/v1/messages/{shown['id']}").json
    assert shown["type"] == body["type"]
    for name in SHOWN:
        asked = body.get(name)
        told = asked["body"] if name == "text" and asked else asked
        if name == "media" and told:
            told = {{"id": "media_id"}.get(field, field): value for field, value in told.items()}
            told["id"] = shown["id"]  # what GET /v1/media/{id} takes
        if name != "text" or "media" not in body:
            assert shown.get(name) == told
    if refusal is not None:
        assert (checked["decision"], checked["code"]) == ("refuse", "not_supported_by_provider")
        assert (sent.status, sent.json["code"]) == (422, "not_supported_by_provider")
        assert refusal in sent.json["detail"]
        assert (shown["status"], shown["code"]) == ("refused", "not_supported_by_provider")
        assert received_by_bsp(gate24) == []
        return
    assert (sent.status, sent.json["sent_as"], checked["decision"]) == (202, "freeform", "allow")
    assert checked["cost"] == sent.json["cost"] == shown["cost"]
    (call,) = received_by_bsp(gate24)
    got = content_of(call)
    if kind.names_message:
        assert shown["reply_to"] == newest_inbound(gate24)["id"]
        assert "wamid.in-" in json.dumps(got)
    elif channel == META:
        assert got == {kind.meta[0]: kind.meta[1]}
    else:
        assert isinstance(kind.gupshup, dict)
        assert got == {name: value for name, value in kind.gupshup.items() if name != "msgid"}
        if "msgid" in kind.gupshup:
            assert json.loads(call["form"]["message"])["msgid"] == sent.json["id"]


@pytest.mark.parametrize("row", message_rows.sent(Filling), ids=str)
def test_a_templates_components_are_sent_and_shown_or_refused_and_shown(gate24: System, row: Row) -> None:
    filling, channel = row.told, row.channel
    contact_opted_in(gate24)
    put_template(gate24, channel, name="welcome", params=filling.params, media=filling.media)
    body = template(filling.components) | {"channel": channel}
    checked, sent, shown = gate24.check(body).json, gate24.send(body), gate24.conversation()[0]
    assert shown["template"] == body["template"]
    if row.refusal is not None:
        assert (sent.status, sent.json["code"]) == (422, "not_supported_by_provider")
        assert (checked["code"], shown["code"]) == ("not_supported_by_provider",) * 2
        assert received_by_bsp(gate24) == []
        return
    assert (sent.status, sent.json["sent_as"], checked["decision"]) == (202, "template", "allow")
    assert checked["cost"] == sent.json["cost"] == shown["cost"]
    (call,) = received_by_bsp(gate24)
    if channel == META:
        assert call["json"]["template"]["components"] == filling.components
    else:
        assert json.loads(call["form"]["template"])["params"] == filling.gupshup["params"]


@pytest.mark.parametrize("row", message_rows.with_file("outbound"), ids=str)
def test_each_kind_of_file_is_uploaded_and_sent(gate24: System, row: Row) -> None:
    assert row.file is not None
    contact_wrote(gate24, ago=HOUR, channel=row.channel)
    sent = gate24.send(file_body(gate24, row))
    assert (sent.status, sent.json["sent_as"]) == (202, "freeform"), sent.text
    shown = gate24.conversation()[0]
    assert (shown["media"]["kind"], shown["media"]["mime_type"]) == (
        {"voice": "audio"}.get(row.file, row.file),
        FILES[row.file].mime_type.partition(";")[0],
    )


@pytest.mark.parametrize(
    ("components", "detail"),
    [
        ([], "takes 2 parameters, 0 were given"),
        (FILLINGS[1].components + FILLINGS[5].components, "header takes no media"),
    ],
)
def test_components_that_do_not_fit_the_registered_template_are_refused(
    gate24: System, components: list[Json], detail: str
) -> None:
    contact_opted_in(gate24)
    put_template(gate24, META, name="welcome", params=2)
    refused = gate24.send(template(components) | {"channel": META})
    assert (refused.status, refused.json["code"]) == (422, "template_params_mismatch")
    assert detail in refused.json["detail"]


FREEFORM = [kind for kind in KINDS if kind.name in ("buttons", "list", "link", "location", "contact card", "reaction")]


@pytest.mark.parametrize("kind", FREEFORM, ids=lambda kind: kind.name)
def test_outside_the_window_each_kind_is_refused_whole_or_its_fallback_goes_out(gate24: System, kind: Kind) -> None:
    contact_opted_in(gate24, ago=90 * HOUR)
    contact_wrote(gate24, ago=25 * HOUR)
    body = named(gate24, kind, GUPSHUP)
    refused = gate24.send(body)
    assert (refused.status, refused.json["code"]) == (409, "window_closed")
    shown = gate24.conversation()[0]
    assert (shown["status"], shown["code"]) == ("refused", "window_closed")
    assert shown[body["type"]] == body[body["type"]]
    checked = gate24.check(body | FALLBACK).json
    sent = gate24.send(body | FALLBACK)
    assert (sent.status, sent.json["sent_as"], checked["sent_as"]) == (202, "template", "template")
    shown = gate24.conversation()[0]
    assert (shown["type"], shown["details"]) == ("template", {"fallback_for": body["type"]})
    assert body["type"] not in shown
    assert "reply_to" not in shown
    assert "template" in received_by_bsp(gate24)[-1]["form"]


def test_the_bsps_closed_window_brings_the_fallback_of_buttons_too(gate24: System) -> None:
    contact_opted_in(gate24, ago=90 * HOUR)
    contact_wrote(gate24, ago=HOUR, channel=META)
    script_bsp(gate24, outcome="reject", status=400, body={"error": {"message": "Re-engagement", "code": 131047}})
    sent = gate24.send(BUTTONS | FALLBACK | {"channel": META})
    assert (sent.status, sent.json["sent_as"]) == (202, "template")
    assert [call["json"]["type"] for call in received_by_bsp(gate24)] == ["interactive", "template"]
    shown = gate24.conversation()[0]
    assert ("interactive" in shown, shown["details"]["fallback_for"]) == (False, "interactive")


@pytest.mark.parametrize("channel", [META, GUPSHUP])
def test_a_reply_names_a_message_of_the_conversation_by_our_id_or_the_providers(gate24: System, channel: str) -> None:
    ours = accepted_send(gate24, channel=channel)
    theirs = newest_inbound(gate24)
    told = {ours["id"]: ours["bsp_message_id"]}
    their_id = next(each.provider_id for each in stored(gate24) if each.key.id == theirs["id"])
    told[theirs["id"]] = their_id
    for our_id, provider_id in told.items():
        for name in (our_id, provider_id):
            sent = gate24.send(PLACE | {"channel": channel, "context": {"message_id": name}})
            assert sent.status == 202, sent.text
            assert gate24.conversation()[0]["reply_to"] == our_id
            call = received_by_bsp(gate24)[-1]
            if channel == META:
                assert call["json"]["context"] == {"message_id": provider_id}
            else:
                assert json.loads(call["form"]["message"])["context"] == {"msgId": provider_id}


def stored(gate24: System) -> list[Any]:
    from gate24.contacts import Stretch
    from gate24.events import ContactRef
    from gate24.store import contacts
    from tests.support.system import ORG, PHONE

    contact_id = contacts.contact_id(ORG, ContactRef(PHONE))
    return list(messages.newest_first(ORG, Stretch(contact_id)))


def test_gupshups_whatsapp_id_of_our_message_names_it_too(gate24: System) -> None:
    ours = accepted_send(gate24)
    status = gupshup_status("enqueued", ours["bsp_message_id"], "wamid.ours", at=now())
    post_webhook(gate24, GUPSHUP, status)
    sent = gate24.send(TEXT | {"context": {"message_id": "wamid.ours"}})
    assert (sent.status, gate24.conversation()[0]["reply_to"]) == (202, ours["id"])


@pytest.mark.parametrize("part", ["context", "reaction"])
def test_what_is_no_message_of_this_conversation_cannot_be_answered(gate24: System, part: str) -> None:
    other = new_number()
    elsewhere = accepted_send(gate24, other)
    contact_wrote(gate24, ago=HOUR)
    contact_wrote(gate24, ago=HOUR, channel=META)
    on_meta = newest_inbound(gate24)
    if on_meta["channel"] != META:
        on_meta = next(each for each in gate24.conversation() if each["channel"] == META)
    refused_id = gate24.send({"type": "template", "template": {"name": "none", "language": "en"}}).json["id"]
    sends = len(received_by_bsp(gate24))
    for name, detail in (
        ("wamid.nothing", "not in this conversation"),
        ("x" * 36, "not in this conversation"),
        (elsewhere["id"], "not in this conversation"),
        (elsewhere["bsp_message_id"], "not in this conversation"),
        (on_meta["id"], "another number"),
        (refused_id, "never went out"),
    ):
        if part == "context":
            body = TEXT | {"context": {"message_id": name}}
        else:
            body = {"type": "reaction", "reaction": {"message_id": name, "emoji": ""}}
        assert gate24.check(body).json["code"] == "not_supported_by_provider"
        refused = gate24.send(body)
        assert (refused.status, refused.json["code"]) == (422, "not_supported_by_provider")
        assert detail in refused.json["detail"]
        assert (gate24.conversation()[0]["status"], gate24.conversation()[0]["reply_to"]) == ("refused", name)
    assert len(received_by_bsp(gate24)) == sends


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (
            interactive(buttons(action={"buttons": [reply(title="x" * 21)]})),
            "/interactive/action/buttons/0/reply/title",
        ),
        (interactive(menu({"rows": [list_row(each) for each in range(11)]})), "/interactive/action/sections/0/rows"),
    ],
)
def test_a_title_of_21_letters_and_11_rows_are_refused_in_words_and_not_stored(
    gate24: System, body: Json, pointer: str
) -> None:
    contact_wrote(gate24)
    for refused in (gate24.send(body), gate24.check(body)):
        assert (refused.status, refused.json["code"]) == (400, "payload_invalid")
        assert [(each["pointer"], "too" in each["detail"]) for each in refused.json["errors"]] == [(pointer, True)]
    assert len(gate24.conversation()) == 1
    assert received_by_bsp(gate24) == []


def test_an_interactive_text_that_is_too_long_is_stored_as_any_text(gate24: System) -> None:
    contact_wrote(gate24)
    refused = gate24.send(interactive(buttons(body={"text": "x" * 1025})))
    assert (refused.status, refused.json["code"]) == (422, "text_too_long")
    assert len(gate24.conversation()[0]["interactive"]["body"]["text"]) == 1025


def test_a_key_answers_again_byte_for_byte_and_knows_another_body(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    body = BUTTONS | {"channel": META, "context": {"message_id": newest_inbound(gate24)["id"]}}
    first, again = gate24.send(body, "key-1"), gate24.send(body, "key-1")
    assert (first.status, again.text, again.headers["idempotency-replayed"]) == (202, first.text, "true")
    assert len(received_by_bsp(gate24)) == 1
    for other in (
        interactive(buttons(footer={"text": "x"})) | {"channel": META, "context": body["context"]},
        BUTTONS | {"channel": META},
        BUTTONS | {"channel": META, "context": {"message_id": "wamid.nothing"}},
    ):
        assert gate24.send(other, "key-1").json["code"] == "idempotency_key_reused"
    text = {"type": "text", "channel": META, "text": {"body": "Hi"}}
    assert gate24.send(text, "key-2").status == 202
    other = text | {"text": {"body": "Hi", "preview_url": False}}
    assert gate24.send(other, "key-2").json["code"] == "idempotency_key_reused"


def test_what_was_throttled_goes_out_whole_with_the_same_key(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    from gate24.providers import forward

    monkeypatch.setattr(forward, "ATTEMPTS", 1)
    contact_wrote(gate24)
    body = BUTTONS | {"context": {"message_id": newest_inbound(gate24)["id"]}}
    script_bsp(gate24, outcome="reject", status=429)
    assert gate24.send(body, "key-1").status == 429
    shown = gate24.conversation()[0]
    assert (shown["interactive"], shown["code"]) == (body["interactive"], "throttled")
    sent = gate24.send(body, "key-1")
    assert (sent.status, sent.json["id"]) == (202, shown["id"])
    again = gate24.conversation()[0]
    assert (again["interactive"], again["reply_to"]) == (shown["interactive"], shown["reply_to"])


def test_all_kinds_are_counted_and_cost_what_a_text_costs(gate24: System) -> None:
    contact_wrote(gate24)
    sent = [gate24.send(named(gate24, kind, GUPSHUP)) for kind in FREEFORM]
    assert [each.json["cost"]["amount"] for each in sent] == ["0.0010"] * len(FREEFORM)
    today = datetime.now(UTC).date()
    days = rolled_up(gate24, today - timedelta(days=1), today + timedelta(days=1))
    assert sum(day["messages"]["freeform"] for day in days) == len(FREEFORM)
    assert sum(day["unpriced"] for day in days) == 0


def test_the_fee_of_a_file_above_buttons_is_not_known(gate24: System) -> None:
    contact_wrote(gate24)
    sent = gate24.send(next(kind.body for kind in KINDS if kind.name == "buttons under an image"))
    today = datetime.now(UTC).date()
    days = rolled_up(gate24, today - timedelta(days=1), today + timedelta(days=1))
    assert (sent.status, sum(day["unpriced"] for day in days)) == (202, 1)


CONTENT_ATTRIBUTES = {"ct", "rt"}


def test_content_and_reply_are_forgotten_as_a_text_is(gate24: System) -> None:
    contact_wrote(gate24)
    sent = gate24.send(PLACE | {"context": {"message_id": newest_inbound(gate24)["id"]}})
    scene.change_organization(retention_days=30)
    item = next(each for each in gate24.items() if each.keys() >= CONTENT_ATTRIBUTES)
    organization_id, _, found = retention.message_item(item)
    assert messages.forget_content(organization_id, found)
    assert not any(CONTENT_ATTRIBUTES & each.keys() for each in gate24.items())
    shown = gate24.http("GET", f"/v1/messages/{sent.json['id']}").json
    assert (shown["type"], shown["content_kept"]) == ("location", False)
    assert not {"location", "reply_to"} & shown.keys()


def test_content_goes_with_the_person(gate24: System) -> None:
    contact_wrote(gate24)
    sent = gate24.send(PLACE)
    assert any("ct" in each for each in gate24.items())
    assert gate24.http("DELETE", "/v1/contacts/+919876543210").status == 204
    assert not any(CONTENT_ATTRIBUTES & each.keys() for each in gate24.items())
    assert gate24.http("GET", f"/v1/messages/{sent.json['id']}").status == 404


def test_content_is_stored_packed(gate24: System) -> None:
    contact_wrote(gate24)
    kind = next(each for each in KINDS if each.name == "contact card")
    gate24.send(kind.body)
    packed = next(each["ct"]["B"] for each in gate24.items() if "ct" in each)
    assert len(packed) < len(json.dumps(kind.body["contacts"]))


def mark(gate24: System, message_id: str, body: Any = None, key: str = "learning") -> Any:
    return gate24.http("POST", f"/v1/messages/{message_id}/read", body, key=key)


@pytest.mark.parametrize(
    ("body", "typing"), [(None, False), ({}, False), ({"typing": False}, False), ({"typing": True}, True)]
)
def test_a_message_of_a_contact_is_marked_as_read_at_meta(gate24: System, body: Any, typing: bool) -> None:
    contact_wrote(gate24, channel=META, ago=90 * HOUR)
    answer = mark(gate24, newest_inbound(gate24)["id"], body)
    assert (answer.status, answer.text) == (204, "")
    (call,) = received_by_bsp_at_all(gate24)
    marked = {"messaging_product": "whatsapp", "status": "read", "message_id": stored(gate24)[0].provider_id}
    assert call["json"] == marked | ({"typing_indicator": {"type": "text"}} if typing else {})
    assert len(gate24.conversation()) == 1


APP_ID = "3f1d0b8e-6f7e-4b0a-9a55-0c1d2e3f4a5b"


def gives_the_app_id(gate24: System, folder: Path) -> None:
    """To the channel at Gupshup, and to the simulator, which has heard of no id but the name before."""
    path = folder / "bsp.json"
    config = json.loads(path.read_text())
    config["channels"][0]["app_id"] = APP_ID
    path.write_text(json.dumps(config))
    change_channel(GUPSHUP, app_id=APP_ID)


@pytest.mark.parametrize("body", [None, {"typing": False}])
def test_a_message_of_a_contact_is_marked_as_read_at_gupshup_by_the_apps_id(
    gate24: System, tmp_path: Path, body: Any
) -> None:
    gives_the_app_id(gate24, tmp_path)
    contact_wrote(gate24, ago=90 * HOUR)
    answer = mark(gate24, newest_inbound(gate24)["id"], body)
    assert (answer.status, answer.text) == (204, "")
    (call,) = received_by_bsp_at_all(gate24)
    assert call["path"] == f"/wa/app/{APP_ID}/msg/{quote(str(stored(gate24)[0].provider_id), safe='')}/read"
    assert (call["form"], call["message_id"]) == ({}, None)
    assert len(gate24.conversation()) == 1


def test_gupshup_shows_nobody_that_an_answer_is_being_written_and_nothing_is_marked(
    gate24: System, tmp_path: Path
) -> None:
    gives_the_app_id(gate24, tmp_path)
    contact_wrote(gate24)
    refused = mark(gate24, newest_inbound(gate24)["id"], {"typing": True})
    assert (refused.status, refused.json["code"]) == (422, "not_supported_by_provider")
    assert "Without typing the message can be marked as read." in refused.json["detail"]
    assert received_by_bsp_at_all(gate24) == []


def test_an_app_id_that_gupshup_does_not_know_is_told_in_its_words(gate24: System) -> None:
    change_channel(GUPSHUP, app_id=APP_ID)
    contact_wrote(gate24)
    refused = mark(gate24, newest_inbound(gate24)["id"])
    assert (refused.status, refused.json["code"]) == (502, "bsp_rejected")
    assert refused.json["provider"]["details"] == "Invalid App Details"


def received_by_bsp_at_all(gate24: System) -> list[Json]:
    assert gate24.simulator is not None
    return gate24.simulator.requests.oldest_first()


def test_what_cannot_be_marked_is_told_why(gate24: System) -> None:
    ours = accepted_send(gate24)
    theirs = newest_inbound(gate24)["id"]
    assert mark(gate24, ours["id"]).json["code"] == "not_found"
    assert mark(gate24, "none").status == 404
    assert mark(gate24, theirs, key="health").status == 404
    assert mark(gate24, theirs, {"typing": 1}).json["code"] == "payload_invalid"
    assert mark(gate24, theirs, {"seen": True}).json["errors"][0]["pointer"] == "/seen"
    assert mark(gate24, theirs, key="reader").status == 403
    refused = mark(gate24, theirs)
    assert (refused.status, refused.json["code"]) == (422, "not_supported_by_provider")
    assert "The channel learning-gupshup has no app_id." in refused.json["detail"]
    assert len(received_by_bsp_at_all(gate24)) == 1
