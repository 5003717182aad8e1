"""Software that calls a provider's own API at an address of ours: the same gate, the provider's words."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from gate24.api.problems import PROBLEMS
from gate24.api.routes import DROP_IN_ROUTES
from gate24.messages import CONTENT_FIELDS
from gate24.providers import graph_calls, gupshup_calls
from gate24.providers.interface import ProviderAnswer
from stack.settings import ROOT
from tests.support.bodies import gupshup_text, meta_text
from tests.support.kinds import ANSWERED, FILLINGS, KINDS, Filling, Json, Kind, buttons, flow, link, menu, reply, row
from tests.support.scene import (
    DIGITS,
    HOUR,
    MINUTE,
    bsp_that,
    contact_opted_in,
    contact_opted_out,
    contact_wrote,
    now,
    post_webhook,
    received_by_bsp,
    script_bsp,
)
from tests.support.system import GUPSHUP, KEYS, META, META_NUMBER, ORG, Answer, System, put_template

pytestmark = pytest.mark.in_memory

PHONE = f"+{DIGITS}"
HELLO = {"type": "text", "text": {"body": "Hello"}}
TEMPLATE = {
    "type": "template",
    "template": {
        "name": "reminder",
        "language": {"policy": "deterministic", "code": "en"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Asha"}]}],
    },
}


def graph(
    gate24: System, body: Any, path: str = f"{META_NUMBER}/messages", key: str | None = ORG, **headers: str
) -> Answer:
    called = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": DIGITS} | body
    return gate24.http("POST", f"/graph/v23.0/{path}", called, headers, key)


def gupshup(gate24: System, path: str = "msg", key: str = "key-learning", **form: Any) -> Answer:
    fields = {"channel": "whatsapp", "source": "919876500001", "src.name": "Learning", "destination": DIGITS}
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in form.items()}
    return gate24.http("POST", f"/gupshup/wa/api/v1/{path}", urlencode(fields | texts), {"apikey": key}, key=None)


# ---------------------------------------------------------------- Meta


def test_a_send_in_metas_words_goes_through_the_gate_and_is_answered_in_metas_words(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    answer = graph(gate24, HELLO)
    assert answer.status == 200
    sent = answer.json
    assert sent["messaging_product"] == "whatsapp"
    assert sent["contacts"] == [{"input": DIGITS, "wa_id": DIGITS}]
    (call,) = received_by_bsp(gate24)
    assert sent["messages"] == [{"id": call["message_id"]}]
    assert call["json"]["text"] == {"body": "Hello"}
    shown = gate24.conversation(PHONE)[0]
    assert (shown["direction"], shown["text"], shown["bsp_message_id"]) == ("outbound", "Hello", call["message_id"])
    assert shown["cost"]["lines"]


def is_answered(gate24: System, channel: str) -> None:
    """The contact wrote the message that some kinds name."""
    make = meta_text if channel == META else gupshup_text
    number = (META_NUMBER,) if channel == META else ()
    post_webhook(gate24, channel, make("Question", ANSWERED, DIGITS, now() - MINUTE, *number))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_in_metas_words_goes_out_as_it_was_written_and_is_shown(gate24: System, kind: Kind) -> None:
    is_answered(gate24, META)
    name, content = kind.meta
    quoted = {"context": {"message_id": ANSWERED}} if kind.names_message and name != "reaction" else {}
    answer = graph(gate24, {"type": name, name: content, **quoted})
    assert answer.status == 200, answer.text
    sent = received_by_bsp(gate24)[0]["json"]
    assert (sent["type"], sent[name], sent.get("context", {})) == (name, content, quoted.get("context", {}))
    shown = gate24.conversation(PHONE)[0]
    assert shown["type"] == kind.body["type"]
    for field in CONTENT_FIELDS:
        assert (field in shown) is (field in kind.body)


@pytest.mark.parametrize("filling", FILLINGS, ids=lambda filling: filling.name)
def test_each_part_of_a_template_in_metas_words_goes_out_as_it_was_written(gate24: System, filling: Filling) -> None:
    put_template(gate24, META, name="welcome", params=filling.params, media=filling.media)
    contact_opted_in(gate24)
    part = {"name": "welcome", "language": {"code": "en"}, "components": filling.components}
    assert graph(gate24, {"type": "template", "template": part}).status == 200
    assert received_by_bsp(gate24)[0]["json"]["template"] == part


def test_outside_the_window_metas_own_error_says_so_and_the_conversation_shows_it(gate24: System) -> None:
    contact_opted_in(gate24)
    contact_wrote(gate24, ago=25 * HOUR, channel=META)
    refused = graph(gate24, HELLO)
    assert refused.status == 400
    error = refused.json["error"]
    assert (error["code"], error["type"], error["fbtrace_id"]) == (131047, "OAuthException", "request-1")
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert "send_template" in error["error_data"]["details"]
    assert received_by_bsp(gate24) == []
    assert gate24.conversation(PHONE)[0]["code"] == "window_closed"


def test_who_never_wrote_and_never_opted_in_is_refused_as_meta_would_and_a_template_as_only_gate24_does(
    gate24: System,
) -> None:
    assert graph(gate24, HELLO).json["error"]["code"] == 131047
    put_template(gate24, META)
    assert graph(gate24, TEMPLATE).json["error"]["code"] == 131050
    assert received_by_bsp(gate24) == []


def test_who_opted_out_is_not_written_to_whatever_the_address(gate24: System) -> None:
    contact_wrote(gate24, channel=META, ago=2 * HOUR)
    contact_wrote(gate24, ago=2 * HOUR)
    contact_opted_out(gate24)
    assert graph(gate24, HELLO).json["error"]["code"] == 131050
    refused = gupshup(gate24, message=HELLO | {"text": "Hello"})
    assert (refused.status, refused.json["status"]) == (400, "error")
    assert "opted_out" in refused.json["message"]
    assert received_by_bsp(gate24) == []


def test_an_idempotency_key_is_honoured_and_without_one_a_repetition_is_a_second_message(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    first, again = (graph(gate24, HELLO, **{"Idempotency-Key": "once"}) for _ in range(2))
    assert (first.text, again.headers["idempotency-replayed"]) == (again.text, "true")
    assert len(received_by_bsp(gate24)) == 1
    assert graph(gate24, HELLO).status == graph(gate24, HELLO).status == 200
    assert len(received_by_bsp(gate24)) == 3


def test_the_same_key_at_another_address_is_no_repetition(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    assert gate24.send({**HELLO, "to": PHONE, "channel": META}, "once").status == 202
    refused = graph(gate24, HELLO, **{"Idempotency-Key": "once"})
    assert (refused.status, refused.json["error"]["code"]) == (400, 100)


def test_a_rejection_of_the_provider_keeps_its_code_and_an_unknown_outcome_is_no_refusal(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    rejection = {"error": {"message": "(#131026) Message undeliverable", "type": "OAuthException", "code": 131026}}
    script_bsp(gate24, outcome="reject", status=400, body=rejection)
    refused = graph(gate24, HELLO)
    assert (refused.status, refused.json["error"]["code"]) == (400, 131026)
    assert refused.json["error"]["message"] == "(#131026) Message undeliverable"
    with bsp_that(gate24, outcome="timeout_after_accept"):
        unknown = graph(gate24, HELLO)
    assert (unknown.status, unknown.json["error"]["code"]) == (504, 131000)
    assert "not sent again" in unknown.json["error"]["error_data"]["details"]


def test_a_wrong_key_and_a_scope_that_is_missing_are_refused_as_meta_does(gate24: System) -> None:
    for key in (None, "nobody's"):
        refused = graph(gate24, HELLO, key=key)
        assert (refused.status, refused.json["error"]["code"]) == (401, 190)
    refused = graph(gate24, HELLO, key="reader")
    assert (refused.status, refused.json["error"]["code"]) == (403, 10)


@pytest.mark.parametrize("number", ["123", META_NUMBER])
def test_another_organizations_number_is_no_object(gate24: System, number: str) -> None:
    refused = graph(gate24, HELLO, f"{number}/messages", key="health")
    assert (refused.status, refused.json["error"]["code"]) == (404, 100)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "text"},
        {"type": "text", "text": "Hello"},
        {"type": "hologram", "hologram": {}},
        {"type": ["text"]},
        {"type": "image", "image": {}},
        {"type": "contacts", "contacts": "[{"},
        {"type": "contacts", "contacts": "[" * 3000},
        {"type": "interactive", "interactive": '{"type": "button"}'},
        {"type": "text", "text": {"body": "Hello"}, "to": {"number": 1}},
        {"type": "template", "template": {"name": "reminder"}},
        {"type": "template", "template": []},
    ],
)
def test_a_body_that_is_none_of_metas_is_refused_in_words(gate24: System, wrong: dict[str, Any]) -> None:
    refused = graph(gate24, wrong)
    assert (refused.status, refused.json["error"]["code"]) == (400, 100)
    assert "/" in refused.json["error"]["error_data"]["details"]


def filled(*components: Json) -> Json:
    return {"type": "template", "template": {"name": "reminder", "language": {"code": "en"}, "components": components}}


CARDS = [{"name": {"formatted_name": "Front desk"}, "phones": [{"phone": "+91 98765 43219"}]}]


@pytest.mark.parametrize(
    ("kind", "written", "sent"),
    [
        ("contacts", json.dumps(CARDS), CARDS),
        (
            "location",
            {"latitude": 18.5, "longitude": 73.8, "name": None, "address": None},
            {"latitude": 18.5, "longitude": 73.8},
        ),
        (
            "contacts",
            [{**CARDS[0], "org": {"company": "Example NGO", "title": None}}],
            [{**CARDS[0], "org": {"company": "Example NGO"}}],
        ),
        ("interactive", buttons(action=json.dumps(buttons()["action"])), buttons()),
        (
            "interactive",
            flow(
                flow_id=17,
                flow_token=None,
                flow_action="navigate",
                flow_action_payload={"screen": "A", "data": {"a": None}},
            ),
            flow(flow_action="navigate", flow_action_payload={"screen": "A", "data": {"a": None}}),
        ),
    ],
    ids=[
        "JSON as text",
        "null for what is not there",
        "null in a list",
        "an action as text",
        "a flow's id as a number",
    ],
)
def test_what_metas_clients_write_in_their_own_way_goes_out_in_metas(
    gate24: System, kind: str, written: Any, sent: Any
) -> None:
    contact_wrote(gate24, channel=META)
    answer = graph(gate24, {"type": kind, kind: written, "context": None, "recipient": None})
    assert answer.status == 200, answer.text
    assert received_by_bsp(gate24)[0]["json"][kind] == sent


def test_a_templates_components_may_be_named_in_capitals(gate24: System) -> None:
    put_template(gate24, META, name="welcome", params=1)
    contact_opted_in(gate24)
    body = {"type": "BODY", "parameters": [{"type": "text", "text": "Asha"}]}
    code = {"type": "coupon_code", "coupon_code": "SAVE20"}
    button = {"type": "button", "sub_type": "COPY_CODE", "index": 0, "parameters": [code]}
    part = {"name": "welcome", "language": {"code": "en"}, "components": [body, button]}
    assert graph(gate24, {"type": "template", "template": part}).status == 200
    components = received_by_bsp(gate24)[0]["json"]["template"]["components"]
    assert components == [body | {"type": "body"}, button | {"sub_type": "copy_code"}]


@pytest.mark.parametrize("written", [dict, list])
def test_what_is_behind_a_tap_goes_out_as_a_list(gate24: System, written: type) -> None:
    put_template(gate24, META, params=0)
    contact_opted_in(gate24)
    target, name = {"url": "https://example.org/", "title": "Go"}, "tap_target_configuration"
    given = target if written is dict else [target]
    component = {"type": name, "parameters": [{"type": name, name: given}]}
    assert graph(gate24, filled(component)).status == 200
    (sent,) = received_by_bsp(gate24)[0]["json"]["template"]["components"]
    assert sent == {"type": name, "parameters": [{"type": name, name: [target]}]}


def test_a_null_recipient_is_none_and_a_number_wins_over_a_user_id(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    answer = graph(gate24, HELLO | {"recipient": "IN.1234567890123456"})
    assert answer.json["contacts"] == [{"input": DIGITS, "wa_id": DIGITS}]
    assert graph(gate24, HELLO | {"to": None, "recipient": "IN.1234567890123456"}).json["error"]["code"] == 131047


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (HELLO | {"recipient_type": "group"}, "recipient_type"),
        (HELLO | {"recipient_identity_key_hash": "abc"}, "recipient_identity_key_hash"),
        (
            {"type": "interactive", "interactive": {"type": "order_details", "action": {}}},
            "order_details: a link (cta_",
        ),
        ({"type": "interactive", "interactive": {"type": "order_status", "action": {}}}, "order_status: a text"),
        ({"type": "interactive", "interactive": {"type": "carousel", "action": {"cards": []}}}, "carousel: an image"),
        (filled({"type": "carousel", "cards": []}), "carousel: a template with one image"),
        (filled({"type": "ORDER_STATUS", "parameters": []}), "order_status: a template with a url button"),
        (filled({"type": "BUTTON", "sub_type": "SPM", "index": 0}), "spm: a template with a product in its header"),
        (filled({"type": "button", "sub_type": "order_details", "index": "0"}), "order_details: a template with a url"),
        (filled({"type": "button", "sub_type": "voice_call", "index": "0"}), "voice_call: a template with the phone"),
        (filled({"type": "header", "parameters": [{"type": "gif", "gif": {}}]}), "gif: a header with a video"),
    ],
)
def test_what_gate24_does_not_send_is_refused_as_an_unsupported_message_and_goes_to_nobody(
    gate24: System, body: dict[str, Any], word: str
) -> None:
    contact_wrote(gate24, channel=META)
    refused = graph(gate24, body)
    assert (refused.status, refused.json["error"]["code"]) == (400, 131051)
    assert word in refused.json["error"]["error_data"]["details"]
    assert received_by_bsp(gate24) == []


def test_a_mark_of_reading_is_passed_on_with_the_channels_token(gate24: System) -> None:
    answer = graph(gate24, {"status": "read", "message_id": "wamid.1", "typing_indicator": {"type": "text"}})
    assert (answer.status, answer.json) == (200, {"success": True})
    (call,) = received_by_bsp(gate24)  # which takes the channel's token only
    assert call["path"] == f"/v23.0/{META_NUMBER}/messages"


def test_the_profile_of_a_number_is_what_meta_says_of_it(gate24: System) -> None:
    path = f"/graph/v23.0/{META_NUMBER}/whatsapp_business_profile?fields=about,vertical"
    told = gate24.http("GET", path)  # the simulator takes the channel's token only
    assert (told.status, told.headers["content-type"]) == (200, "application/json")
    profile = {"about": "Classes for all", "vertical": "NONPROFIT", "messaging_product": "whatsapp"}
    assert told.json == {"data": [profile]}
    refused = gate24.http("GET", path, key="health")
    assert (refused.status, refused.json["error"]["code"]) == (404, 100)
    assert gate24.http("GET", path, key=None).json["error"]["code"] == 190


def test_the_key_may_stand_in_the_address_and_is_not_passed_on(gate24: System) -> None:
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1"}
    path = f"/graph/v23.0/{META_NUMBER}/messages?access_token="
    assert gate24.http("POST", f"{path}{KEYS[ORG]}", mark, key=None).json == {"success": True}
    assert KEYS[ORG] not in json.dumps(received_by_bsp(gate24))
    assert gate24.http("POST", f"{path}nobodys", mark, key=None).status == 401


def test_the_further_pages_of_a_list_are_here_and_without_the_channels_token() -> None:
    url = "https://graph.facebook.com/v23.0/1/message_templates?access_token=EAAG&limit=25&after=Q%3D"
    answer = json.dumps({"data": [{"name": "reminder"}], "paging": {"cursors": {"after": "Q="}, "next": url}}).encode()
    here = "https://gate24.example.org/graph/v23.0/1/message_templates"
    page = json.loads(graph_calls.page_at(answer, here, None))
    assert page["paging"] == {"cursors": {"after": "Q="}, "next": f"{here}?limit=25&after=Q%3D"}
    with_key = json.loads(graph_calls.page_at(answer, here, "own"))
    assert with_key["paging"]["next"] == f"{here}?access_token=own&limit=25&after=Q%3D"
    last = b'{"data": [], "paging": {"cursors": {}}}'
    assert graph_calls.page_at(last, here, None) == last
    assert graph_calls.page_at(b"<html>", here, None) == b"<html>"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "v23.0/me/accounts"),
        ("DELETE", f"v23.0/{META_NUMBER}/register"),
        ("POST", f"v23.0/{META_NUMBER}/register"),
        ("POST", "oauth/access_token"),
        ("GET", "v23.0/1/../2/subscribed_apps"),
        ("PUT", "x"),
    ],
)
def test_everything_else_is_404_in_metas_shape(gate24: System, method: str, path: str) -> None:
    refused = gate24.http(method, f"/graph/{path}")
    assert (refused.status, refused.json["error"]["type"]) == (404, "OAuthException")
    assert received_by_bsp(gate24) == []


def test_the_callers_own_label_is_kept_as_a_tag(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    graph(gate24, HELLO | {"biz_opaque_callback_data": "order 17"})
    assert gate24.conversation(PHONE)[0]["details"]["tags"] == {"biz_opaque_callback_data": "order 17"}


# ---------------------------------------------------------------- Gupshup


def test_a_send_in_gupshups_form_goes_through_the_gate_and_is_answered_as_gupshup_does(gate24: System) -> None:
    contact_wrote(gate24)
    answer = gupshup(gate24, message={"type": "text", "text": "Hello"})
    (call,) = received_by_bsp(gate24)
    assert (answer.status, answer.json) == (202, {"status": "submitted", "messageId": call["message_id"]})
    assert json.loads(call["form"]["message"]) == {"type": "text", "text": "Hello"}
    assert gate24.conversation(PHONE)[0]["text"] == "Hello"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if isinstance(kind.gupshup, dict)], ids=lambda kind: kind.name)
def test_each_kind_in_gupshups_form_goes_out_as_it_was_written_and_is_shown_as_what_it_is(
    gate24: System, kind: Kind
) -> None:
    is_answered(gate24, GUPSHUP)
    assert isinstance(kind.gupshup, dict)
    message = kind.gupshup | ({"msgid": "the caller's own"} if "msgid" in kind.gupshup else {})
    answer = gupshup(gate24, message=message)
    assert answer.status == 202, answer.text
    assert json.loads(received_by_bsp(gate24)[0]["form"]["message"]) == message
    shown = gate24.conversation(PHONE)[0]
    assert shown["type"] == kind.body["type"]
    for field in CONTENT_FIELDS:
        if field in kind.body and field != "reaction":
            assert shown[field] == kind.body[field]
    assert ("reply_to" in shown) is kind.names_message


@pytest.mark.parametrize(
    "filling", [each for each in FILLINGS if isinstance(each.gupshup, dict)], ids=lambda each: each.name
)
def test_each_part_of_a_template_in_gupshups_form_goes_out_as_it_was_written(gate24: System, filling: Filling) -> None:
    put_template(gate24, GUPSHUP, name="welcome", params=filling.params, media=filling.media, bsp_template_id="its-id")
    contact_opted_in(gate24)
    assert isinstance(filling.gupshup, dict)
    form: dict[str, Any] = {"template": {"id": "its-id", "params": filling.gupshup["params"]}}
    form |= {name: value for name, value in filling.gupshup.items() if name != "params"}
    answer = gupshup(gate24, "template/msg", **form)
    assert answer.status == 202, answer.text
    sent = received_by_bsp(gate24)[0]["form"]
    assert {name: json.loads(sent[name]) for name in form} == form


def test_a_template_is_found_by_its_id_at_gupshup(gate24: System) -> None:
    contact_opted_in(gate24)
    answer = gupshup(gate24, "template/msg", template={"id": f"{GUPSHUP}-reminder", "params": ["Asha"]})
    assert answer.status == 202
    assert json.loads(received_by_bsp(gate24)[0]["form"]["template"])["params"] == ["Asha"]
    shown = gate24.conversation(PHONE)[0]
    assert (shown["type"], shown["template"]["name"]) == ("template", "reminder")
    refused = gupshup(gate24, "template/msg", template={"id": "nobody's", "params": []})
    assert (refused.status, "template_not_found" in refused.json["message"]) == (400, True)


def test_a_template_with_a_file_in_its_header(gate24: System) -> None:
    put_template(gate24, GUPSHUP, name="form", params=0, media="document", bsp_template_id="its-id")
    contact_opted_in(gate24)
    header = {"type": "document", "document": {"link": "https://files.example.org/a.pdf", "filename": "a.pdf"}}
    assert gupshup(gate24, "template/msg", template={"id": "its-id"}, message=header).status == 202
    assert json.loads(received_by_bsp(gate24)[0]["form"]["message"]) == header


def test_outside_the_window_gupshups_caller_is_told_what_is_allowed(gate24: System) -> None:
    contact_opted_in(gate24)
    refused = gupshup(gate24, message={"type": "text", "text": "Hello"})
    assert (refused.status, refused.json["status"]) == (400, "error")
    assert refused.json["message"].startswith("window_closed")
    assert "send_template" in refused.json["message"]


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"message": "Hello"}, 400, "message must be a JSON object"),
        ({"message": {"type": "hologram"}}, 400, "message.type must be one of"),
        ({"message": {"type": "text"}}, 400, "/text/body"),
        ({"message": {"type": "text", "text": "Hello"}, "source": "919876599999"}, 400, "Invalid App Details"),
        ({"message": {"type": "text", "text": "Hello"}, "src.name": "Another"}, 400, "Invalid App Details"),
        ({"message": {"type": "text", "text": "Hello"}, "source": "919876500003"}, 400, "Invalid App Details"),
        ({"message": {"type": "text", "text": "Hello"}, "destination": "12"}, 400, "Invalid Destination"),
        ({}, 400, "message must be a JSON object"),
    ],
)
def test_a_form_that_is_none_of_gupshups_is_refused_in_words(
    gate24: System, form: dict[str, Any], status: int, said: str
) -> None:
    refused = gupshup(gate24, **form)
    assert (refused.status, refused.json["status"]) == (status, "error")
    assert said in refused.json["message"]
    assert received_by_bsp(gate24) == []


def test_a_wrong_key_is_refused_as_gupshup_does(gate24: System) -> None:
    for key in ("", "nobody's"):
        refused = gupshup(gate24, key=key, message={"type": "text", "text": "Hello"})
        assert (refused.status, refused.json) == (
            401,
            {"status": "error", "message": "Authentication Failed: The API key is missing or wrong."},
        )


def test_other_paths_of_gupshup_are_not_there(gate24: System) -> None:
    refused = gate24.http("GET", "/gupshup/wa/app/1/wallet/balance", headers={"apikey": "key-learning"}, key=None)
    assert (refused.status, refused.json["status"]) == (404, "error")


# ---------------------------------------------------------------- both


def test_every_refusal_of_the_gate_has_its_words_at_both_providers() -> None:
    said = ProviderAnswer("rejected", code="1", reason="No")
    for code in PROBLEMS.keys() - {"last_admin", "mail_not_set_up", "push_not_set_up"}:  # which no send is refused with
        status, told = graph_calls.error(code, "Why.", "request-1", said)
        assert status >= 400
        assert told["error"]["code"]
        status, told = gupshup_calls.error(code, "Why.", said)
        assert (status >= 400, told["status"]) == (True, "error")


def test_the_docs_table_says_what_each_refusal_becomes() -> None:
    text = (ROOT / "docs" / "drop-in.md").read_text()
    for code, kind in graph_calls.ERRORS.items():
        status, words = gupshup_calls.ANSWERS.get(code, (400, code))
        title = kind.title.partition(":")[0]
        assert f"| `{code}` | {kind.status}, {kind.code} {title} | {status}, {words} |" in text


def options(count: int, **changes: Any) -> list[Json]:
    return [{"type": "text", "title": f"No. {at}", "postbackText": f"id-{at}", **changes} for at in range(count)]


def choices(*options_of_each: list[Json]) -> Json:
    items = [{"title": f"Part {at}", "options": each} for at, each in enumerate(options_of_each)]
    return {"type": "list", "body": "Which?", "globalButtons": [{"type": "text", "title": "Choose"}], "items": items}


def quick_reply(*options: Json) -> Json:
    return {"type": "quick_reply", "content": {"type": "text", "text": "Coming?"}, "options": list(options)}


ROWS = [row(number) for number in range(11)]
LONG = "x" * 21
TOO_LONG, TOO_MANY = "is too long: at most 20 characters", "has too many entries: at most"
TOO_MUCH: list[tuple[str, Json, str, Json, str, str]] = [
    (
        "a button of 21 letters",
        buttons(action={"buttons": [reply(title=LONG)]}),
        "/interactive/action/buttons/0/reply/title",
        quick_reply(*options(1, title=LONG)),
        "message.options[0].title",
        TOO_LONG,
    ),
    (
        "four buttons",
        buttons(action={"buttons": [reply(number) for number in range(4)]}),
        "/interactive/action/buttons",
        quick_reply(*options(4)),
        "message.options",
        f"{TOO_MANY} 3",
    ),
    (
        "eleven rows in a section",
        menu({"title": "Mornings", "rows": ROWS}),
        "/interactive/action/sections/0/rows",
        choices(options(11)),
        "message.items[0].options",
        f"{TOO_MANY} 10",
    ),
    (
        "eleven rows in two sections",
        menu({"title": "Mornings", "rows": ROWS[:6]}, {"title": "Evenings", "rows": ROWS[6:]}),
        "/interactive/action/sections",
        choices(options(11)[:6], options(11)[6:]),
        "message.items",
        "has too many rows in all sections together: at most 10",
    ),
    (
        "a row of 25 letters",
        menu({"rows": [row(title="x" * 25)]}),
        "/interactive/action/sections/0/rows/0/title",
        choices(options(1, title="x" * 25)),
        "message.items[0].options[0].title",
        "is too long: at most 24 characters",
    ),
    (
        "a link of 21 letters",
        link(action={"name": "cta_url", "parameters": {"display_text": LONG, "url": "https://example.org"}}),
        "/interactive/action/parameters/display_text",
        {"type": "cta_url", "body": "Enrol here.", "display_text": LONG, "url": "https://example.org"},
        "message.display_text",
        TOO_LONG,
    ),
]
"""What is wrong, as Meta's object with its place, as Gupshup's with its place, and the sentence about it."""


@pytest.mark.parametrize(
    ("part", "place", "message", "field", "why"), [each[1:] for each in TOO_MUCH], ids=[each[0] for each in TOO_MUCH]
)
def test_what_is_too_long_or_too_much_is_refused_in_each_providers_shape_with_its_place_and_the_limit(
    gate24: System, part: Json, place: str, message: Json, field: str, why: str
) -> None:
    contact_wrote(gate24, channel=META)
    contact_wrote(gate24)
    at_meta = graph(gate24, {"type": "interactive", "interactive": part})
    error = at_meta.json["error"]
    assert (at_meta.status, error["code"], error["type"]) == (400, 100, "OAuthException")
    assert error["message"] == "(#100) Invalid parameter"
    assert error["error_data"]["details"].endswith(f" {place} {why}")
    at_gupshup = gupshup(gate24, message=message)
    assert (at_gupshup.status, at_gupshup.json.keys()) == (400, {"status", "message"})
    assert at_gupshup.json["status"] == "error"
    assert at_gupshup.json["message"].startswith("payload_invalid: ")
    assert at_gupshup.json["message"].endswith(f" {place} ({field}) {why}")
    assert received_by_bsp(gate24) == []


def test_a_text_that_is_too_long_is_refused_in_each_providers_shape(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    contact_wrote(gate24)
    at_meta = graph(gate24, {"type": "text", "text": {"body": 4097 * "x"}})
    assert (at_meta.status, at_meta.json["error"]["code"]) == (400, 131009)
    assert "at most 4096 characters" in at_meta.json["error"]["error_data"]["details"]
    at_gupshup = gupshup(gate24, message={"type": "text", "text": 4097 * "x"})
    assert (at_gupshup.status, at_gupshup.json["status"]) == (400, "error")
    assert at_gupshup.json["message"].startswith("text_too_long: text.body may have at most 4096 characters")
    assert received_by_bsp(gate24) == []


def test_the_docs_name_every_kind_that_meta_has_and_gate24_does_not_send() -> None:
    text = (ROOT / "docs" / "drop-in.md").read_text()
    kinds = graph_calls.OTHER_INTERACTIVES | graph_calls.OTHER_COMPONENTS | graph_calls.OTHER_BUTTONS
    assert {kind for kind in kinds | graph_calls.OTHER_HEADERS if f"`{kind}`" not in text} == set()


def test_nothing_but_these_routes_is_open() -> None:
    assert {path.split("/")[1] for _, path in DROP_IN_ROUTES} == {"graph", "gupshup"}
