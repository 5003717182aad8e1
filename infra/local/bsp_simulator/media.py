"""Files: those that contacts send, a few of which are built in, and those that are uploaded at Meta.

Meta tells a file's id, by which its address is asked for; the address wants the token, too. Gupshup tells an address
that anybody may fetch for some days. Formats by developers.facebook.com (Cloud API, media) and docs.gupshup.io
(docs/media), read 2026-11.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bsp_simulator.config import Channel

DAY_MS = 24 * 3_600_000
GUPSHUP_KEEPS_MS = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class File:
    """``name``: as a document is called."""

    mime_type: str
    content: bytes = field(repr=False)
    name: str = ""


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


_SIDE = 48
_PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", _SIDE.to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0")
    + _chunk(b"IDAT", zlib.compress(_SIDE * (b"\0" + _SIDE * b"\x1f\x7a\x4d")))
    + _chunk(b"IEND", b"")
)
_FILES = Path(__file__).parent / "files"
_OGG, _MP4 = (_FILES / "voice.ogg").read_bytes(), (_FILES / "film.mp4").read_bytes()  # two seconds each, playable
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
_WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"

BUILT_IN: dict[str, File] = {
    "image": File("image/png", _PNG),
    "audio": File("audio/ogg; codecs=opus", _OGG),
    "video": File("video/mp4", _MP4),
    "document": File("application/pdf", _PDF, "form.pdf"),
    "sticker": File("image/webp", _WEBP),
}
"""What a contact sends where a message in ``POST /_sim/inbound`` names a kind of file and no more."""


class MediaStore:
    """The files by their ids. Held in memory: they go with the simulator."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def add(self, file: File) -> str:
        media_id = str(secrets.randbelow(9 * 10**14) + 10**14)
        self._files[media_id] = file
        return media_id

    def get(self, media_id: str) -> File | None:
        return self._files.get(media_id)

    def remove(self, media_id: str) -> bool:
        return self._files.pop(media_id, None) is not None


def meta_details(media_id: str, file: File, origin: str) -> dict[str, Any]:
    """The answer to ``GET /{version}/{media_id}``."""
    return {
        "url": f"{origin}/whatsapp_business/attachments/?mid={media_id}",
        "mime_type": file.mime_type.partition(";")[0],
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "file_size": len(file.content),
        "id": media_id,
        "messaging_product": "whatsapp",
    }


def content(
    channel: Channel, format_name: str, media: Mapping[str, Any], media_id: str, file: File, origin: str, at: int
) -> dict[str, Any]:
    """The type and content of a contact's file in the provider's format; ``at``: epoch ms."""
    kind = str(media["kind"])
    caption = {"caption": media["caption"]} if "caption" in media else {}
    gupshup_url = f"{origin}/wa/{channel.app or 'app'}/wa/media/{media_id}?download=false"
    if format_name == "gupshup":
        named = {"name": file.name} if file.name else {}
        payload = {"url": gupshup_url, "contentType": file.mime_type, "urlExpiry": at + GUPSHUP_KEEPS_MS}
        return {"type": "file" if kind == "document" else kind, "payload": {**payload, **named, **caption}}
    named = {"filename": file.name} if file.name else {}
    sha256 = base64.b64encode(hashlib.sha256(file.content).digest()).decode()
    part = {"id": media_id, "mime_type": file.mime_type, "sha256": sha256, **named, **caption}
    if channel.provider == "gupshup":  # Gupshup's version 3 is Meta's form with an address added
        part["url"] = gupshup_url
    return {"type": kind, kind: part}


def uploaded(content_type: str, raw: bytes, query: Mapping[str, str]) -> File | None:
    """The file in a multipart body, or None. Meta takes the other fields in the ``query``, too, as it does everywhere;
    whatsapp-api-js 6.3 writes them there."""
    _, _, boundary = content_type.partition("boundary=")
    fields: dict[str, tuple[str, bytes]] = {}
    for part in raw.split(b"--" + boundary.strip('"').encode()) if boundary else ():
        head, separator, body = part.partition(b"\r\n\r\n")
        if separator and b'name="' in head:
            name = head.split(b'name="', 1)[1].split(b'"', 1)[0].decode()
            fields[name] = (head.decode("utf-8", "replace"), body.removesuffix(b"\r\n"))
    product = query.get("messaging_product") or fields.get("messaging_product", ("", b""))[1].decode("utf-8", "replace")
    if "file" not in fields or product != "whatsapp":
        return None
    told, content = fields["file"]
    said = [line.partition(":")[2].strip() for line in told.splitlines() if line.lower().startswith("content-type:")]
    return File(said[0] if said else "application/octet-stream", content)
