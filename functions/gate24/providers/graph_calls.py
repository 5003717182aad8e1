"""Meta's Graph API as its callers know it: a send in Meta's words becomes one in gate24's, and an outcome becomes an
answer or an error of Meta's.

Source: developers.facebook.com, WhatsApp Cloud API, messages and error codes, read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from gate24.providers.fields import items, json_object, mapping, text
from gate24.providers.interface import ProviderAnswer
from gate24.rules.content_limits import MEDIA_KINDS
from gate24.rules.json_text import read_json

SAME_WORDS = ("interactive", "location", "contacts", "reaction")
"""What gate24 calls as Meta does, content included."""

TRACKER = "biz_opaque_callback_data"
"""The caller's own label. Meta gets gate24's id in its place, so it is kept as a tag of this name."""


_PAYMENT = "a template with a url button leads to a page where the order is paid or followed"

OTHER_INTERACTIVES = {
    "carousel": "an image under which a link is (cta_url) for each card, or a list of products (product_list)",
    "order_details": "a link (cta_url) leads to a page where the order is paid",
    "order_status": "a text tells how the order stands",
}
"""Kinds of interactive messages that Meta has and gate24 does not send, and what can be sent instead."""

OTHER_COMPONENTS = {
    "carousel": "a template with one image and a url button leads to all that the cards would show",
    "order_status": _PAYMENT,
}
"""Components of templates likewise."""

OTHER_BUTTONS = {
    "order_details": _PAYMENT,
    "spm": "a template with a product in its header (product) shows one",
    "voice_call": "a template with the phone number in its text is called from the chat",
}
"""Buttons of templates likewise."""

OTHER_HEADERS = {"gif": "a header with a video (video) shows the same"}
"""What stands in the header of templates likewise."""

_TAP_TARGET = "tap_target_configuration"

_CALLERS_OWN = frozenset({"data", "flow_action_data"})
"""What a flow is given: the caller's own JSON, passed on as it is."""


class GraphError(NamedTuple):
    """``status`` of HTTP, ``code`` and ``title`` as Meta has them. ``is_transient``: the same call may succeed
    later."""

    status: int
    code: int
    title: str
    is_transient: bool = False


INVALID_PARAMETER = GraphError(400, 100, "Invalid parameter")
RE_ENGAGEMENT = GraphError(400, 131047, "Re-engagement message")
PAYMENT = GraphError(400, 131042, "Business eligibility payment issue")
UNDELIVERABLE = GraphError(400, 131026, "Message undeliverable")
STOPPED = GraphError(400, 131050, "User has stopped receipt of messages from this business")
NO_TEMPLATE = GraphError(404, 132001, "Template does not exist in the translation")
UNAVAILABLE = GraphError(500, 131016, "Service unavailable", is_transient=True)

ERRORS: dict[str, GraphError] = {
    "payload_invalid": INVALID_PARAMETER,
    "idempotency_key_missing": INVALID_PARAMETER,
    "idempotency_key_reused": INVALID_PARAMETER,
    "unauthorized": GraphError(401, 190, "Invalid OAuth access token"),
    "scope_missing": GraphError(403, 10, "Application does not have permission for this action"),
    "not_found": GraphError(404, 100, "Unsupported request: there is no such object, or gate24 does not pass it on"),
    "window_closed": RE_ENGAGEMENT,
    "not_opted_in": RE_ENGAGEMENT,
    "opted_out": STOPPED,
    "marketing_stopped": STOPPED,
    "budget_exceeded": PAYMENT,
    "blocked": GraphError(400, 130403, "Business has blocked this user"),
    "number_changed": UNDELIVERABLE,
    "recipient_invalid": GraphError(400, 131009, "Parameter value is not valid"),
    "text_too_long": GraphError(400, 131009, "Parameter value is not valid"),
    "template_not_found": NO_TEMPLATE,
    "template_not_approved": NO_TEMPLATE,
    "template_params_mismatch": GraphError(400, 132000, "Number of parameters does not match the expected number"),
    "media_type": GraphError(400, 131053, "Media upload error"),
    "media_too_large": GraphError(400, 131053, "Media upload error"),
    "url_not_allowed": GraphError(400, 131053, "Media upload error"),
    "not_supported_by_provider": GraphError(400, 131051, "Unsupported message type"),
    "request_in_progress": UNAVAILABLE,
    "throttled": GraphError(400, 130429, "Rate limit hit", is_transient=True),
    "unavailable": UNAVAILABLE,
    "bsp_rejected": GraphError(400, 131000, "Something went wrong"),
    "bsp_outcome_unknown": GraphError(504, 131000, "Something went wrong"),
}
"""What each refusal of the gate becomes. A client that knows Meta's codes does the right thing by them: a freeform to
somebody who has not opted in and has no open window is what Meta itself refuses with 131047."""

TEMPLATE_ERRORS: dict[str, GraphError] = {"not_opted_in": STOPPED}
"""What else a refused template becomes: another template would be refused, too."""


def unsupported(body: Mapping[str, Any]) -> str | None:
    """Why gate24 does not send what Meta would, as a sentence; None where it does. A field that says who may get the
    message must not be left out silently."""
    if body.get("recipient_type") not in (None, "individual"):
        return "gate24 sends to one person: recipient_type must be individual."
    if body.get("recipient_identity_key_hash") is not None:
        return "gate24 does not pass on recipient_identity_key_hash."
    kind = mapping(_content(body, "interactive")).get("type")
    if isinstance(kind, str) and kind in OTHER_INTERACTIVES:
        return f"gate24 does not send interactive messages of the type {kind}: {OTHER_INTERACTIVES[kind]}."
    for component in items(mapping(_content(body, "template")).get("components")):
        if other := _other_part(mapping(component)):
            return f"gate24 does not send templates with {other}."
    return None


def _other_part(component: Mapping[str, Any]) -> str | None:
    """What of a template's component gate24 does not send, in words."""
    kind, button = (str(component.get(name)).lower() for name in ("type", "sub_type"))
    if kind in OTHER_COMPONENTS:
        return f"a component of the type {kind}: {OTHER_COMPONENTS[kind]}"
    if kind == "button" and button in OTHER_BUTTONS:
        return f"a button of the type {button}: {OTHER_BUTTONS[button]}"
    inside = {str(mapping(each).get("type")).lower() for each in items(component.get("parameters"))}
    others = sorted(inside & OTHER_HEADERS.keys()) if kind == "header" else []
    return f"a header of the type {others[0]}: {OTHER_HEADERS[others[0]]}" if others else None


def read_send(body: Mapping[str, Any]) -> dict[str, Any]:
    """The send in the words of ``POST /v1/messages``, without the channel. What it does not know stays as it is, so
    that the schema refuses it by its name."""
    kind = text(body.get("type"), 64) or "text"
    content = _content(body, kind)
    to = recipient(body)
    digits = text(to, 256)
    send: dict[str, Any] = {"to": f"+{digits}" if digits is not None and digits.isdecimal() else to, "type": kind}
    if kind == "text":
        send["text"] = content
    elif kind in MEDIA_KINDS:
        send["type"] = "media"
        send["media"] = {"kind": kind, **_media(mapping(content))}
    elif kind == "template":
        send["template"] = _template(mapping(content))
    else:
        send[kind] = content
    if body.get("context") is not None:
        send["context"] = body["context"]
    if tracker := text(body.get(TRACKER), 256):
        send["tags"] = {TRACKER: tracker}
    return send


def is_read_mark(body: Mapping[str, Any]) -> bool:
    """Whether a call of ``/messages`` marks a message as read, with or without the sign that somebody is typing."""
    return body.get("status") == "read"


def page_at(answer: bytes, address: str, api_key: str | None) -> bytes:
    """An answer that leads to further pages, these at ``address``: Meta names its own, with the channel's token in them
    (Graph API, paginated results, read 2026-11). ``api_key``: the caller's, where it was sent in the address."""
    page = dict(json_object(answer))
    paging = mapping(page.get("paging"))
    named = {name: paging[name] for name in ("next", "previous") if isinstance(paging.get(name), str)}
    if not named:
        return answer
    own = [] if api_key is None else [("access_token", api_key)]
    for name, url in named.items():
        asked = parse_qsl(url.partition("?")[2], keep_blank_values=True)
        query = [(key, value) for key, value in asked if key != "access_token"]
        named[name] = f"{address}?{urlencode([*own, *query])}"
    page["paging"] = {**paging, **named}
    return json.dumps(page).encode("ascii")


def accepted(provider_id: str, to: Any, phone: str | None) -> dict[str, Any]:
    """Meta's answer. ``to``: as the caller wrote it; ``phone``: E.164, None for a user id."""
    contact = {"input": to, "wa_id": phone.removeprefix("+")} if phone else {"input": to, "user_id": to}
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": provider_id}]}


def error(
    code: str, detail: str, request_id: str, said: ProviderAnswer | None = None, is_template: bool = False
) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the body of a refusal with gate24's ``code``; KeyError for one that is not in ``ERRORS``.
    Where the provider refused, its own code and words (``said``)."""
    kind = TEMPLATE_ERRORS.get(code, ERRORS[code]) if is_template else ERRORS[code]
    own = said.code if code == "bsp_rejected" and said is not None and (said.code or "").isdecimal() else None
    number, title = (int(own), said.reason or kind.title) if own and said else (kind.code, kind.title)
    content = {
        "message": title if title.startswith(f"(#{number})") else f"(#{number}) {title}",
        "type": "OAuthException",
        "code": number,
        "error_data": {"messaging_product": "whatsapp", "details": detail},
        "fbtrace_id": request_id,
        **({"is_transient": True} if kind.is_transient else {}),
    }
    return kind.status, {"error": content}


def recipient(body: Mapping[str, Any]) -> Any:
    """As the caller wrote it: a number, mostly without its ``+``, or a user id. The number wins, as at Meta."""
    to = body.get("to")
    return body.get("recipient") if to is None else to


def _content(body: Mapping[str, Any], kind: str) -> Any:
    """What is under ``kind``, in one spelling. As Meta does, takes JSON written as text (the contact cards of
    whatsapp-api-js 6.3, ``action`` of Chatwoot), null for a field that is not there and a number for a flow's id
    (pywa 4.5)."""
    content = body.get(kind)
    try:
        content = _without_nulls(_from_text(content))
        if isinstance(content, dict) and "action" in content:
            content["action"] = _from_text(content["action"])
    except (ValueError, RecursionError):
        return content
    parameters = mapping(mapping(mapping(content).get("action")).get("parameters"))
    if isinstance(parameters, dict) and (flow_id := text(parameters.get("flow_id"), 256)):
        parameters["flow_id"] = flow_id
    return content


def _from_text(value: Any) -> Any:
    return read_json(value) if isinstance(value, str) and value[:1] in ("{", "[") else value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: each if name in _CALLERS_OWN else _without_nulls(each)
            for name, each in value.items()
            if each is not None
        }
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _media(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"url" if name == "link" else name: value for name, value in content.items()}


def _template(content: Mapping[str, Any]) -> dict[str, Any]:
    """``language.policy`` is Meta's old field, always "deterministic". Meta takes the types of components in capitals,
    too, as its list of templates has them (pywa 4.5 sends them so)."""
    template = {**content, "language": mapping(content.get("language")).get("code")}
    if isinstance(components := content.get("components"), list):
        template["components"] = [_component(each) for each in components]
    return template


def _component(component: Any) -> Any:
    if not isinstance(component, dict):
        return component
    names = {name: component[name] for name in ("type", "sub_type") if isinstance(component.get(name), str)}
    named = component | {name: value.lower() for name, value in names.items()}
    if named.get("type") == _TAP_TARGET and isinstance(component.get("parameters"), list):
        named["parameters"] = [_with_list(each) for each in component["parameters"]]
    return named


def _with_list(parameter: Any) -> Any:
    """Meta has a list of one there, whatsapp-api-js 6.3 writes what would be in it."""
    target = mapping(parameter).get(_TAP_TARGET)
    return {**parameter, _TAP_TARGET: [target]} if isinstance(target, dict) else parameter
