"""What a contact taps, shares or reacts with, by its short form in ``POST /_sim/inbound``: Meta's object of that name,
which becomes the message's type and content in the provider's format.

Formats by developers.facebook.com (webhooks, messages) and docs.gupshup.io (inbound messages), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bsp_simulator.config import Channel

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShortForm:
    """``required``: what the object must have. ``meta``, ``gupshup``: the message in the provider's format."""

    required: tuple[str, ...]
    meta: Callable[[Mapping[str, Any]], Content]
    gupshup: Callable[[Mapping[str, Any]], Content]


def _by_its_name(name: str) -> Callable[[Mapping[str, Any]], Content]:
    return lambda part: {"type": name, name: dict(part)}


def _interactive(name: str) -> Callable[[Mapping[str, Any]], Content]:
    return lambda part: {"type": "interactive", "interactive": {"type": name, name: dict(part)}}


def _chosen(name: str) -> Callable[[Mapping[str, Any]], Content]:
    """Gupshup tells what was behind a choice as its ``postbackText``."""

    def content(part: Mapping[str, Any]) -> Content:
        more = {each: part[each] for each in ("description",) if each in part}
        told = {"title": part["title"], "id": part["id"], "reply": part["title"], "postbackText": part["id"]}
        return {"type": name, "payload": {**told, **more}}

    return content


def _button(part: Mapping[str, Any]) -> Content:
    """A button without a payload tells its text as such."""
    return {"type": "button", "button": {"payload": part["text"], **part}}


def _button_of_gupshup(part: Mapping[str, Any]) -> Content:
    told = {"text": part["text"], "type": "button"}
    return {"type": "quick_reply", "payload": told | {"postbackText": part.get("payload", part["text"])}}


def _place(part: Mapping[str, Any]) -> Content:
    """Gupshup writes degrees as texts."""
    degrees = {name: str(part[name]) for name in ("latitude", "longitude")}
    return {"type": "location", "payload": {**part, **degrees}}


def _reaction(part: Mapping[str, Any]) -> Content:
    names = {"gsId": part["message_id"], "id": part["message_id"]}
    return {"type": "reaction", "payload": {"emoji": part.get("emoji", ""), **names}}


SHORT_FORMS: dict[str, ShortForm] = {
    "button_reply": ShortForm(("id", "title"), _interactive("button_reply"), _chosen("button_reply")),
    "list_reply": ShortForm(("id", "title"), _interactive("list_reply"), _chosen("list_reply")),
    "button": ShortForm(("text",), _button, _button_of_gupshup),
    "location": ShortForm(("latitude", "longitude"), _by_its_name("location"), _place),
    "reaction": ShortForm(("message_id",), _by_its_name("reaction"), _reaction),
}
"""By their names in the request. ``button`` is a template's quick-reply button; the other two are a message's own."""


def content(format_name: str, name: str, part: Any) -> Content | None:
    """The type and content of a message of that short form; None if ``part`` lacks something."""
    form = SHORT_FORMS[name]
    if not isinstance(part, dict) or any(part.get(each) in (None, "") for each in form.required):
        return None
    return form.meta(part) if format_name == "meta" else form.gupshup(part)


def context(channel: Channel, format_name: str, message_id: str) -> Content:
    """That the message answers another one, by the provider's id of it."""
    if format_name == "meta":
        return {"context": {"from": channel.digits, "id": message_id}}
    return {"context": {"id": message_id, "gsId": message_id}}
