"""Every kind of message and what each provider gets of it, exactly; what Gupshup has no form for is told in words."""

from __future__ import annotations

import copy
import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.api.send_routes import _media, _template
from gate24.api.validate import validate
from gate24.channels import Channel, ChannelSecrets, Organization
from gate24.events import ContactRef
from gate24.message_keys import MessageKey
from gate24.messages import CONTENT_FIELDS, Message, SendRequest
from gate24.providers.gupshup import GUPSHUP
from gate24.providers.interface import Outbound
from gate24.providers.meta import META
from gate24.rules.content_limits import text_fault
from gate24.templates import Template
from gate24.usecases.outbound_message import freeform_outbound, template_outbound
from tests.support.kinds import ANSWERED, FILLINGS, KINDS, Filling, Json, Kind, template

TO = "+919876543210"
CHANNEL = Channel(
    *("ch", "org", "meta", "+919876500001", "https://bsp.example.org", "gupshup-2021-02"),
    app="Desk",
    phone_number_id="17",
)
SECRETS = ChannelSecrets(api_key="key-1")
ORGANIZATION = Organization("org", "org", "Asia/Kolkata", "USD", frozenset(), frozenset())
QUOTED = Message(MessageKey("c" * 20, 1, "0" * 12), "inbound", "text", "ch", "received", provider_id=ANSWERED)
REGISTERED = Template("ch", "welcome", "en", "uuid-1", "utility", "approved")


def outbound(body: Json, answers: bool = False) -> Outbound:
    """The message of a valid request. ``answers``: whether it answers ``QUOTED``."""
    asked = _template(body["template"]) if "template" in body else None
    request = SendRequest(
        organization=ORGANIZATION,
        channel=CHANNEL,
        to=ContactRef(TO),
        contact_id="c" * 20,
        text=body["text"]["body"] if "text" in body else None,
        media=_media(body["media"]) if "media" in body else None,
        template=asked,
        fallback=None,
        body=body,
        fingerprint="",
        content={name: body[name] for name in CONTENT_FIELDS if name in body} or None,
        preview_url=body.get("text", {}).get("preview_url"),
    )
    if asked is not None:
        return template_outbound(request, "m-1", asked, REGISTERED)
    return freeform_outbound(request, "m-1", QUOTED if answers else None)


def meta_body(message: Outbound) -> Json:
    body: Json = json.loads(META.request(CHANNEL, SECRETS, message).body)
    assert body.pop("to") == TO
    assert (body.pop("messaging_product"), body.pop("recipient_type")) == ("whatsapp", "individual")
    assert body.pop("biz_opaque_callback_data") == "m-1"
    return body


def gupshup_form(message: Outbound) -> dict[str, Any]:
    request = GUPSHUP.request(CHANNEL, SECRETS, message)
    form: dict[str, Any] = dict(parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True))
    for name in ("message", "template", "postbackTexts"):
        if name in form:
            form[name] = json.loads(form[name])
    for name in ("channel", "source", "destination", "src.name"):
        form.pop(name)
    return {"path": request.url.removeprefix("https://bsp.example.org"), **form}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_is_valid_and_goes_to_meta_as_it_is(kind: Kind) -> None:
    assert validate("SendRequest", {"to": TO, **kind.body}) == []
    message = outbound(kind.body, kind.names_message)
    assert META.unsupported(message) is None
    name, content = kind.meta
    assert meta_body(message) == {"type": name, name: content}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_goes_to_gupshup_in_its_own_form_or_not_at_all(kind: Kind) -> None:
    message = outbound(kind.body, kind.names_message)
    if isinstance(kind.gupshup, str):
        assert kind.gupshup in (GUPSHUP.unsupported(message) or "")
    else:
        assert GUPSHUP.unsupported(message) is None
        assert gupshup_form(message) == {"path": "/wa/api/v1/msg", "message": kind.gupshup}


REPLIES = [kind for kind in KINDS if not kind.names_message]


@pytest.mark.parametrize("kind", REPLIES, ids=lambda kind: kind.name)
def test_each_kind_but_a_reaction_may_answer_a_message(kind: Kind) -> None:
    assert validate("SendRequest", {"to": TO, "context": {"message_id": ANSWERED}, **kind.body}) == []
    message = outbound(kind.body, answers=True)
    name, content = kind.meta
    assert meta_body(message) == {"context": {"message_id": ANSWERED}, "type": name, name: content}
    if not isinstance(kind.gupshup, str):
        assert gupshup_form(message)["message"] == kind.gupshup | {"context": {"msgId": ANSWERED}}


@pytest.mark.parametrize("filling", FILLINGS, ids=lambda filling: filling.name)
def test_a_templates_components_go_to_meta_as_they_are(filling: Filling) -> None:
    body = template(filling.components)
    assert validate("SendRequest", {"to": TO, **body}) == []
    assert meta_body(outbound(body)) == {
        "type": "template",
        "template": {"name": "welcome", "language": {"code": "en"}, "components": filling.components},
    }


@pytest.mark.parametrize("filling", FILLINGS, ids=lambda filling: filling.name)
def test_a_templates_components_go_to_gupshup_as_its_fields_or_not_at_all(filling: Filling) -> None:
    message = outbound(template(filling.components))
    if isinstance(filling.gupshup, str):
        assert filling.gupshup in (GUPSHUP.unsupported(message) or "")
        return
    assert GUPSHUP.unsupported(message) is None
    form = gupshup_form(message)
    assert form.pop("path") == "/wa/api/v1/template/msg"
    assert form.pop("template") == {"id": "uuid-1", "params": filling.gupshup["params"]}
    assert form == {name: value for name, value in filling.gupshup.items() if name != "params"}


BODIES = [{"to": TO, **kind.body} for kind in KINDS] + [{"to": TO, **template(each.components)} for each in FILLINGS]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def ways(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [path, *(deeper for key in keys for deeper in ways(value[key], (*path, key)))]


@st.composite
def changed_bodies(draw: st.DrawFn) -> Json:
    """A body of the table with up to three parts replaced, removed, doubled or taken from another one."""
    body: Json = copy.deepcopy(draw(st.sampled_from(BODIES)))
    for _ in range(draw(st.integers(0, 3))):
        places = [path for path in ways(body) if len(path) > 1]
        if not places:
            break
        *parents, key = draw(st.sampled_from(places))
        part: Any = body
        for parent in parents:
            part = part[parent]
        match draw(st.sampled_from(["replace", "text", "remove", "double"])):
            case "replace":
                part[key] = draw(json_values)
            case "text":
                part[key] = draw(st.text(min_size=1, max_size=24))
            case "remove":
                del part[key]
            case _:
                if isinstance(part, list):
                    part.append(copy.deepcopy(part[key]))
    return body


@given(changed_bodies())
def test_what_is_taken_never_trips_a_translation(body: Json) -> None:
    errors = validate("SendRequest", body)
    assert all(set(error) == {"pointer", "detail"} for error in errors)
    if errors:
        return
    text_fault(None, None, body.get("interactive"))
    for answers in (False, True):
        message = outbound(body, answers)
        assert META.request(CHANNEL, SECRETS, message).body
        if GUPSHUP.unsupported(message) is None:
            assert GUPSHUP.request(CHANNEL, SECRETS, message).body
