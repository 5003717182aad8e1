"""Gupshup's send API as its callers know it: a form becomes a send in gate24's words, and an outcome becomes an answer
or an error of Gupshup's.

Source: docs.gupshup.io and partner-docs.gupshup.io, send APIs, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from gate24.providers.fields import items, mapping, text
from gate24.providers.gupshup_content import CONTACT_NAMES
from gate24.providers.interface import ProviderAnswer
from gate24.rules.json_text import read_json

CONTENT = ("message", "template", "postbackTexts", "disablePreview", "encode")
"""The fields that are content, and go out as they were written."""

MEDIA_URLS = {"image": "originalUrl", "video": "url", "audio": "url", "file": "url", "sticker": "url"}
"""The kinds of media of a session message, and which field has the address."""

ANSWERS: dict[str, tuple[int, str]] = {
    "unauthorized": (401, "Authentication Failed"),
    "scope_missing": (403, "Authentication Failed"),
    "not_found": (404, "Not Found"),
    "recipient_invalid": (400, "Invalid Destination"),
    "throttled": (429, "Too Many Requests"),
    "request_in_progress": (503, "Service Unavailable"),
    "unavailable": (503, "Service Unavailable"),
    "bsp_outcome_unknown": (504, "Gateway Timeout"),
}
"""Where Gupshup has words of its own. Every other refusal is 400 with gate24's code."""


_FIELDS: tuple[tuple[str, str], ...] = (
    (r"/text/body", "message.text"),
    (r"/interactive/action/buttons", "message.options"),
    (r"/interactive/action/buttons/(\d+)/reply/title", "message.options[{}].title"),
    (r"/interactive/action/buttons/(\d+)/reply/id", "message.options[{}].postbackText"),
    (r"/interactive/action/button", "message.globalButtons[0].title"),
    (r"/interactive/action/sections", "message.items"),
    (r"/interactive/action/sections/(\d+)/title", "message.items[{}].title"),
    (r"/interactive/action/sections/(\d+)/rows", "message.items[{}].options"),
    (r"/interactive/action/sections/(\d+)/rows/(\d+)/(title|description)", "message.items[{}].options[{}].{}"),
    (r"/interactive/action/sections/(\d+)/rows/(\d+)/id", "message.items[{}].options[{}].postbackText"),
    (r"/interactive/action/parameters/(display_text|url)", "message.{}"),
    (r"/location/(latitude|longitude)", "message.{}"),
)
"""Places in a send of gate24's, and the fields of the form that they are read from."""


class NotUnderstood(Exception):
    """The form is not one of Gupshup's; the text says why, without a value of it."""


def source(form: Mapping[str, str]) -> str:
    """The business number that is to send, E.164."""
    return f"+{form.get('source', '').removeprefix('+')}"


def read_session(form: Mapping[str, str]) -> dict[str, Any]:
    """A session message in the words of ``POST /v1/messages``, without the channel. NotUnderstood."""
    message = _object(form, "message")
    kind = text(message.get("type"), 64) or ""
    read = _KINDS.get(kind)
    if read is None:
        raise NotUnderstood(f"message.type must be one of: {', '.join(_KINDS)}")
    send = {"to": _destination(form), **read(message)}
    quoted = mapping(message.get("context"))
    quoted_id = quoted.get("msgId", quoted.get("message_id", quoted.get("id")))
    return send | ({"context": {"message_id": quoted_id}} if quoted_id is not None else {})


def read_template(form: Mapping[str, str], find: Callable[[str], tuple[str, str] | None]) -> dict[str, Any]:
    """A template message likewise. ``find``: a template's name and language by its id at Gupshup. NotUnderstood;
    LookupError where there is no such template."""
    template = _object(form, "template")
    found = find(text(template.get("id"), 256) or "")
    if found is None:
        raise LookupError
    name, language = found
    part: dict[str, Any] = {"name": name, "language": language, "params": template.get("params", [])}
    header = _header(_object(form, "message")) if form.get("message") else {}
    buttons = _buttons(form)
    if buttons or "components" in header:  # these have no other name, and what is named so is named whole
        part = {"name": name, "language": language, "components": [*_components(part, header), *buttons]}
    else:
        part |= header
    return {"to": _destination(form), "type": "template", "template": part}


def accepted(provider_id: str) -> dict[str, Any]:
    return {"status": "submitted", "messageId": provider_id}


def error(code: str, detail: str, said: ProviderAnswer | None = None) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the body of a refusal with gate24's ``code``. Where the provider refused, its own words
    (``said``)."""
    status, title = ANSWERS.get(code, (400, code))
    if code == "bsp_rejected" and said is not None and said.reason:
        return status, {"status": "error", "message": said.reason}
    return status, {"status": "error", "message": f"{title}: {detail}" if detail else title}


def named(pointer: str) -> str:
    """A place in a send of gate24's (JSON Pointer), with the name of the caller's own field where it has one."""
    for pattern, field in _FIELDS:
        if found := re.fullmatch(pattern, pointer):
            return f"{pointer} ({field.format(*found.groups())})"
    return pointer


def _destination(form: Mapping[str, str]) -> str:
    written = form.get("destination", "").strip()
    return f"+{written}" if written.isdecimal() else written


def _object(form: Mapping[str, str], name: str) -> Mapping[str, Any]:
    try:
        value = read_json(form.get(name, "").encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise NotUnderstood(f"{name} must be a JSON object")
    return value


def _text(message: Mapping[str, Any]) -> dict[str, Any]:
    preview = {"preview_url": message["previewUrl"]} if "previewUrl" in message else {}
    return {"type": "text", "text": {"body": message.get("text"), **preview}}


def _media(message: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(message["type"])
    address = {"id": message["id"]} if "id" in message else {"url": message.get(MEDIA_URLS[kind])}
    named = {name: message[name] for name in ("caption", "filename") if message.get(name)}
    return {"type": "media", "media": {"kind": "document" if kind == "file" else kind, **address, **named}}


def _location(message: Mapping[str, Any]) -> dict[str, Any]:
    named = ("latitude", "longitude", "name", "address")
    return {"type": "location", "location": {name: message[name] for name in named if name in message}}


def _reaction(message: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "reaction", "reaction": {"message_id": message.get("msgId"), "emoji": message.get("emoji")}}


def _link(message: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {"display_text": message.get("display_text"), "url": message.get("url")}
    interactive: dict[str, Any] = {
        "type": "cta_url",
        "body": {"text": message.get("body")},
        "action": {"name": "cta_url", "parameters": parameters},
    }
    return {"type": "interactive", "interactive": interactive | _footer(message)}


def _contact(message: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "contacts", "contacts": [_renamed(message.get("contact"))]}


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {_CONTACT_NAMES.get(name, name): _renamed(member) for name, member in value.items()}
    return [_renamed(member) for member in value] if isinstance(value, list) else value


_CONTACT_NAMES = {gupshup: meta for meta, gupshup in CONTACT_NAMES.items()}


def _footer(message: Mapping[str, Any]) -> dict[str, Any]:
    return {"footer": {"text": message["footer"]}} if message.get("footer") else {}


def _quick_reply(message: Mapping[str, Any]) -> dict[str, Any]:
    """Gupshup's quick replies are Meta's reply buttons; a button without a ``postbackText`` is known by its title."""
    content = mapping(message.get("content"))
    options = map(mapping, items(message.get("options")))
    buttons = [
        {"type": "reply", "reply": {"id": each.get("postbackText") or each.get("title"), "title": each.get("title")}}
        for each in options
    ]
    interactive: dict[str, Any] = {
        "type": "button",
        "body": {"text": content.get("text") or content.get("caption")},
        "action": {"buttons": buttons},
    }
    return {"type": "interactive", "interactive": _headed(interactive, content)}


def _headed(interactive: dict[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    kind = {"file": "document"}.get(str(content.get("type")), str(content.get("type")))
    header = text(content.get("header"))
    if kind in ("image", "video", "document"):
        named = {"filename": content["filename"]} if kind == "document" and content.get("filename") else {}
        interactive["header"] = {"type": kind, kind: {"link": content.get("url"), **named}}
    elif header is not None:
        interactive["header"] = {"type": "text", "text": header}
    if footer := text(content.get("caption") if content.get("text") else None):
        interactive["footer"] = {"text": footer}
    return interactive


def _list(message: Mapping[str, Any]) -> dict[str, Any]:
    button = next((mapping(each).get("title") for each in items(message.get("globalButtons"))), None)
    sections = [
        {
            **({"title": section["title"]} if section.get("title") else {}),
            "rows": [_row(mapping(option)) for option in items(section.get("options"))],
        }
        for section in map(mapping, items(message.get("items")))
    ]
    interactive: dict[str, Any] = {
        "type": "list",
        "body": {"text": message.get("body")},
        "action": {"button": button, "sections": sections},
    }
    if title := text(message.get("title")):
        interactive["header"] = {"type": "text", "text": title}
    return {"type": "interactive", "interactive": interactive | _footer(message)}


def _row(option: Mapping[str, Any]) -> dict[str, Any]:
    described = {"description": option["description"]} if option.get("description") else {}
    return {"id": option.get("postbackText") or option.get("title"), "title": option.get("title"), **described}


def _header(message: Mapping[str, Any]) -> dict[str, Any]:
    """The header of a template: media, which gate24 names apart, or a location."""
    kind = text(message.get("type"), 64) or ""
    content = mapping(message.get(kind))
    if kind == "location":
        place = {name: value for name, value in (content or message).items() if name != "type"}
        return {"components": [{"type": "header", "parameters": [{"type": "location", "location": place}]}]}
    named = {"filename": content["filename"]} if content.get("filename") else {}
    return {"media": {"kind": kind, "url": content.get("link"), **named}}


def _components(part: Mapping[str, Any], header: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The header and the body as Meta writes them."""
    components: list[dict[str, Any]] = list(header.get("components", []))
    if media := header.get("media"):
        kind = media["kind"]
        file = {"link" if name == "url" else name: value for name, value in media.items() if name != "kind"}
        components.append({"type": "header", "parameters": [{"type": kind, kind: file}]})
    if params := items(part.get("params")):
        components.append({"type": "body", "parameters": [{"type": "text", "text": each} for each in params]})
    return components


def _buttons(form: Mapping[str, str]) -> list[dict[str, Any]]:
    """What is behind a template's quick-reply buttons."""
    if not form.get("postbackTexts"):
        return []
    try:
        postbacks = read_json(form["postbackTexts"].encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        postbacks = None
    if not isinstance(postbacks, list):
        raise NotUnderstood("postbackTexts must be a JSON list")
    return [
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": str(each.get("index")),
            "parameters": [{"type": "payload", "payload": each.get("text")}],
        }
        for each in map(mapping, postbacks)
    ]


_KINDS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "text": _text,
    **dict.fromkeys(MEDIA_URLS, _media),
    "location": _location,
    "reaction": _reaction,
    "quick_reply": _quick_reply,
    "list": _list,
    "cta_url": _link,
    "contact": _contact,
}
"""What a session message may be."""
