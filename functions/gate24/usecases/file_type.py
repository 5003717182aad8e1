"""The type of a file by its content: nobody is believed where the content shows it."""

from __future__ import annotations

import re
from typing import BinaryIO, NamedTuple

import filetype

_HEAD_BYTES = 8192
"""Enough for every format that is told by its start."""


_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|script|iframe|table|style|title|div|!--)[\s>]",
    re.IGNORECASE,
)
"""WHATWG, MIME Sniffing, "identifying a resource with an unknown MIME type" (read 2026-11)."""

_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text has (the same, "binary data byte"), but for UTF-16."""


class _Container(NamedTuple):
    """Formats that begin alike. ``general``: what is shown of them where nothing tells which of them it is."""

    offset: int
    magic: bytes
    mime_types: tuple[str, ...]
    general: tuple[str | None, ...]


_OFFICE = "application/vnd.openxmlformats-officedocument."
_CONTAINERS = (
    _Container(
        0,
        b"PK\x03\x04",
        (
            f"{_OFFICE}wordprocessingml.document",
            f"{_OFFICE}spreadsheetml.sheet",
            f"{_OFFICE}presentationml.presentation",
        ),
        (None, "application/zip"),
    ),
    _Container(
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"),
        (None,),
    ),
    _Container(4, b"ftyp", ("audio/mp4", "video/mp4", "video/3gpp"), (None, "video/mp4", "video/x-m4v")),
)

_OTHER_NAMES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "video/3gp": "video/3gpp",
}
UNKNOWN = "application/octet-stream"


def file_type(file: BinaryIO) -> str | None:
    """The type that the content itself shows, or None. The file is at its start before and after."""
    return _shown(_head(file))


def sent_type(file: BinaryIO, said: str | None) -> str:
    """The type that a file is sent under: what its content shows, or what the caller says (``said``) where several
    formats begin alike or the type is none that shows itself. The file is at its start before and after."""
    head = _head(file)
    shown = _shown(head)
    plain = (said or "").partition(";")[0].strip().lower()
    plain = _OTHER_NAMES.get(plain, plain)
    for container in _CONTAINERS:
        begins_so = head.startswith(container.magic, container.offset)
        if begins_so and shown in container.general and plain in container.mime_types:
            return plain
    if shown is not None:
        return shown
    is_word_enough = re.fullmatch(r"(text|application)/[a-z0-9.+-]{1,100}", plain) and plain not in _SHOW_THEMSELVES
    return plain if is_word_enough and (not plain.startswith("text/") or _is_text(head)) else UNKNOWN


_SHOW_THEMSELVES = frozenset({"application/pdf", *(each for one in _CONTAINERS for each in one.mime_types)})


def _head(file: BinaryIO) -> bytes:
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    return head


def _shown(head: bytes) -> str | None:
    found: str | None = filetype.guess_mime(head)
    if found is None and _HTML.match(head):
        return "text/html"
    if found is None and head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE6 == 0xE2:
        return "audio/mpeg"  # a frame of layer III, of which ``filetype`` knows three headers
    return found


def _is_text(head: bytes) -> bool:
    return head[:2] in (b"\xff\xfe", b"\xfe\xff") or not _BINARY.search(head)
