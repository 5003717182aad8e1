"""What is in messages of Meta's form (Cloud API, interactive messages and components of templates, read 2026-11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gate24.events import Media
from gate24.rules.content_limits import TEMPLATE_MEDIA_KINDS


def filling(components: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, ...], Media | None]:
    """The texts of the body's placeholders, and the header's file if it has one."""
    params: list[str] = []
    media = None
    for component in components:
        for parameter in component.get("parameters", ()):
            kind = parameter["type"]
            if component["type"] == "body":
                params.append(parameter["text"] if kind == "text" else parameter[kind]["fallback_value"])
            elif component["type"] == "header" and kind in TEMPLATE_MEDIA_KINDS:
                file = parameter[kind]
                media = Media(kind, file.get("link"), file.get("id"), filename=file.get("filename") or None)
    return tuple(params), media


def has_file(content: Mapping[str, Any] | None) -> bool:
    """Whether an interactive message has a file as its header."""
    header = (content or {}).get("interactive", {}).get("header", {})
    return header.get("type") in TEMPLATE_MEDIA_KINDS
