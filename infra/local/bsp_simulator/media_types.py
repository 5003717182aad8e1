"""What WhatsApp takes as files, and what Meta says where one is of another type.

Sources: developers.facebook.com, Cloud API, media and error codes; Meta's own sentences as reported in
chatwoot/chatwoot#10428 and #12713 (131053) and fbsamples/whatsapp-api-examples#10 (100), read 2026-11.
"""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bsp_simulator.media import File, MediaStore

UPLOADED = (
    *("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg", "audio/opus"),
    *("application/vnd.ms-powerpoint", "application/msword"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    *("application/pdf", "text/plain", "application/vnd.ms-excel"),
    *("image/jpeg", "image/png", "image/webp", "video/mp4", "video/3gpp"),
)
"""In the order in which Meta names them."""

SENT: dict[str, tuple[str, ...]] = {
    "image": ("image/png", "image/jpeg"),
    "video": ("video/mp4", "video/3gpp"),
    "audio": ("audio/ogg; codecs=opus", "audio/mpeg", "audio/amr", "audio/mp4", "audio/aac"),
    "sticker": ("image/webp",),
}
"""Kind -> types, as Meta names them. A document may be of any type."""

_BY_CONTENT: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\s*<(!doctype html|html|head|body|script)[\s>]", re.IGNORECASE), "text/html"),
    (re.compile(rb"MZ|\x7fELF"), "application/octet-stream"),
)


class _Named(NamedTuple):
    """A file that a send names, by its id or its address."""

    kind: str
    media_id: Any = None
    url: Any = None


def type_of(file: File) -> str:
    """What the file was said to be, unless it is a page or a program."""
    shown = (mime_type for pattern, mime_type in _BY_CONTENT if pattern.match(file.content))
    return next(shown, file.mime_type.partition(";")[0].strip().lower())


def upload_fault(file: File) -> str | None:
    """What Meta says to an upload that it does not take."""
    mime_type = type_of(file)
    if mime_type in UPLOADED:
        return None
    return (
        f"(#100) Param file must be a file with one of the following types: {', '.join(UPLOADED)}. "
        f"Received file of type '{mime_type}'."
    )


def send_fault(store: MediaStore, body: Mapping[str, Any]) -> str | None:
    """What is wrong with a file of a send (``{"form": ...}`` or ``{"json": ...}``), as the status says that tells of
    it. The type of a file at an address is told by the end of that."""
    for named in _named(_content(body)):
        file = store.get(str(named.media_id)) if named.media_id is not None else None
        by_address = mimetypes.guess_type(urlsplit(str(named.url or "")).path)[0]
        mime_type = type_of(file) if file else by_address
        taken = SENT.get(named.kind)
        if taken and mime_type and mime_type not in {each.partition(";")[0] for each in taken}:
            kind = named.kind.capitalize()
            return f"Unsupported {kind} mime type {mime_type}. Please use one of {', '.join(taken)}."
    return None


def _content(body: Mapping[str, Any]) -> Any:
    """The message. Of a form the one field that may name files."""
    if "json" in body:
        return body["json"]
    try:
        return json.loads(body.get("form", {}).get("message", "null"))
    except ValueError:
        return None


def _named(part: Any) -> Iterator[_Named]:
    if isinstance(part, list):
        for each in part:
            yield from _named(each)
    if not isinstance(part, dict):
        return
    kind = part.get("type")
    if isinstance(kind, str) and kind in SENT and ("url" in part or "originalUrl" in part):  # Gupshup's form
        yield _Named(kind, url=part.get("originalUrl", part.get("url")))
    for name, value in part.items():
        if name in SENT and isinstance(value, dict):
            yield _Named(name, value.get("id"), value.get("link"))
        else:
            yield from _named(value)
