"""What is wrong with the content of a send request that its JSON Schema cannot say: counts over several lists, ids that
are there twice, what is no emoji. Lengths and counts are in ``rules.content_limits``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from gate24.rules import content_limits as limits

Fault = tuple[str, str]
"""Where (JSON Pointer, RFC 6901) and what, for people. Holds no value of the request."""

_EMOJI_PART = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
    "\ufe0f?[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
)
_EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_EMOJI_PART}(\u200d{_EMOJI_PART})*",
)
"""One emoji: a flag, a keycap, or symbols that are joined (Unicode Technical Standard 51)."""


def content_faults(body: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with a send request that its schema takes."""
    faults: list[Fault] = []
    for name, check in _CHECKS.items():
        if name in body:
            faults += [(f"/{name}{pointer}", detail) for pointer, detail in check(body[name])]
    fallback = body.get("fallback")
    if fallback is not None:
        faults += [(f"/fallback/template{pointer}", detail) for pointer, detail in _template(fallback["template"])]
    return faults


def _too_large(part: Any) -> Iterator[Fault]:
    if _depth(part) > limits.CONTENT_DEPTH:
        yield "", f"is nested too deeply: at most {limits.CONTENT_DEPTH} levels"
    elif len(json.dumps(part, ensure_ascii=False).encode("utf-8", "surrogatepass")) > limits.CONTENT_BYTES:
        yield "", f"is too large: at most {limits.CONTENT_BYTES} bytes of JSON"


def _depth(part: Any) -> int:
    """How many objects and lists are in one another, counted no further than is allowed."""
    depth, level = 0, [part]
    while level and depth <= limits.CONTENT_DEPTH:
        depth += 1
        inside = (each for each in level if isinstance(each, dict | list))
        level = [member for each in inside for member in (each.values() if isinstance(each, dict) else each)]
    return depth


def _media(part: Mapping[str, Any]) -> Iterator[Fault]:
    if part.get("caption") and part["kind"] not in limits.CAPTIONED_KINDS:
        yield "/caption", f"is only for {', '.join(limits.CAPTIONED_KINDS)}"
    if "url" in part and "id" in part:
        yield "/id", "stands instead of url: give one of the two"


def _file(pointer: str, part: Mapping[str, Any]) -> Iterator[Fault]:
    """A header or a header's parameter that may be a file."""
    file = part.get(part["type"])
    if isinstance(file, dict) and part["type"] in limits.TEMPLATE_MEDIA_KINDS and ("link" in file) == ("id" in file):
        yield f"{pointer}/{part['type']}", "must have either a link or an id"


def _interactive(part: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _too_large(part)
    yield from _file("/header", part["header"]) if "header" in part else ()
    action = part["action"]
    parameters = action.get("parameters", {})
    if part["type"] == "flow" and ("flow_id" in parameters) == ("flow_name" in parameters):
        yield "/action/parameters", "must have either a flow_id or a flow_name"
    buttons = [(f"/action/buttons/{at}/reply", each["reply"]) for at, each in enumerate(action.get("buttons", ()))]
    sections = [(f"/action/sections/{at}", each) for at, each in enumerate(action.get("sections", ()))]
    rows = [(f"{place}/rows/{at}", row) for place, each in sections for at, row in enumerate(each.get("rows", ()))]
    for entries, field in ((buttons, "id"), (buttons, "title"), (rows, "id")):
        yield from _repeated(entries, field)
    if len(rows) > limits.ROWS_COUNT:
        yield "/action/sections", f"has too many rows in all sections together: at most {limits.ROWS_COUNT}"
    if sum(len(each.get("product_items", ())) for _, each in sections) > limits.PRODUCTS_COUNT:
        yield "/action/sections", f"has too many products in all sections together: at most {limits.PRODUCTS_COUNT}"
    if len(sections) > 1:
        untitled = (pointer for pointer, section in sections if "title" not in section)
        yield from ((f"{pointer}/title", "is required where there is more than one section") for pointer in untitled)


def _repeated(entries: Iterable[tuple[str, Mapping[str, Any]]], field: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for pointer, entry in entries:
        if entry[field] in seen:
            yield f"{pointer}/{field}", f"is there twice: each {field} must be another within the message"
        seen.add(entry[field])


def _location(part: Mapping[str, Any]) -> Iterator[Fault]:
    for name, limit in (("latitude", 90), ("longitude", 180)):
        if not -limit <= float(part[name]) <= limit:
            yield f"/{name}", f"must be from -{limit} to {limit} degrees"


def _reaction(part: Mapping[str, Any]) -> Iterator[Fault]:
    if part["emoji"] and not _EMOJI.fullmatch(part["emoji"]):
        yield "/emoji", "must be one emoji, or empty to take the reaction back"


def _template(part: Mapping[str, Any]) -> Iterator[Fault]:
    components = part.get("components")
    if components is None:
        return
    for name in ("params", "media"):
        if name in part:
            yield f"/{name}", "stands in components where these are given"
    yield from ((f"/components{pointer}", detail) for pointer, detail in _too_large(components))
    seen: set[tuple[str, str]] = set()
    for at, component in enumerate(components):
        pointer = f"/components/{at}"
        one = (component["type"], str(component.get("index", "")))
        if one in seen:
            yield pointer, "is there twice: one header, one body, and one component for each button"
        seen.add(one)
        for number, parameter in enumerate(component.get("parameters", ())):
            yield from _file(f"{pointer}/parameters/{number}", parameter)
            if parameter["type"] == "location":
                for inner, detail in _location(parameter["location"]):
                    yield f"{pointer}/parameters/{number}/location{inner}", detail
        names = [each.get("parameter_name") for each in component.get("parameters", ())]
        named = [name for name in names if name is not None]
        if named and len(set(named)) < len(names):
            yield f"{pointer}/parameters", "must each have another parameter_name, or none of them one"


_CHECKS: dict[str, Callable[[Any], Iterable[Fault]]] = {
    "media": _media,
    "interactive": _interactive,
    "location": _location,
    "contacts": _too_large,
    "reaction": _reaction,
    "template": _template,
}
