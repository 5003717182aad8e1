"""Where a contact's file is, as its provider says it.

Meta tells a file's id, which holds for 7 days; asked for it, Meta tells an address that holds for five minutes and
wants the channel's token (Cloud API, media, read 2026-11). Gupshup tells an address that wants none and holds for 7
days (docs/media; partner docs, media management, read 2026-11).
"""

from __future__ import annotations

import secrets as secrets_module
import time
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import BinaryIO
from urllib.parse import quote

import urllib3

from gate24.channels import Channel, ChannelSecrets
from gate24.events import Media
from gate24.lazy_dataclass import dataclass
from gate24.providers.fields import mapping, text
from gate24.providers.forward import CONNECT_SECONDS, relay
from gate24.providers.interface import HttpRequest, ProviderAnswer
from gate24.providers.meta import API_VERSION, META
from gate24.rules.json_text import read_json

UPLOAD_SECONDS = 8.0
PIECE_BYTES = 64 * 1024

_NO_QUOTES = str.maketrans({'"': "_", "\\": "_", "\r": "_", "\n": "_"})

ASK_AGAIN = frozenset({401, 408, 425, 429})
"""Of the refusals (4xx) those that say nothing of the file: a token that was changed, a pace that was too fast."""


@dataclass(frozen=True, slots=True)
class FileAddress:
    """``headers``: what the address wants to see. ``mime_type`` and ``size_bytes``: as far as the provider says."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    mime_type: str | None = None
    size_bytes: int | None = None


class NoFile(Exception):
    """The provider says that there is no such file."""


class NoAnswer(Exception):
    """The provider did not say where the file is; the text says why in a word."""


def is_final(status: int) -> bool:
    """Whether a refusal is about the file, and will be the same tomorrow."""
    return 400 <= status < 500 and status not in ASK_AGAIN


class _Multipart:
    """A file with what stands around it, piece by piece: it is nowhere whole in memory. Ends with TimeoutError."""

    def __init__(self, file: BinaryIO, size_bytes: int, mime_type: str, filename: str | None, until: float) -> None:
        self.boundary = secrets_module.token_hex(16)
        name = (filename or "file").encode("ascii", "replace").decode().translate(_NO_QUOTES)
        self._head = (
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="messaging_product"\r\n\r\nwhatsapp\r\n'
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="type"\r\n\r\n{mime_type}\r\n'
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {mime_type}\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{self.boundary}--\r\n".encode()
        self._file, self._until = file, until
        self.size_bytes = len(self._head) + size_bytes + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        while piece := self._file.read(PIECE_BYTES):
            if time.monotonic() > self._until:
                raise TimeoutError
            yield piece
        yield self._tail


def upload_to_graph(
    channel: Channel, secrets: ChannelSecrets, file: BinaryIO, size_bytes: int, mime_type: str, filename: str | None
) -> ProviderAnswer:
    """Uploads the file to Meta; ``bsp_message_id`` of the answer is the file's id. Never raises."""
    body = _Multipart(file, size_bytes, _one_line(mime_type), filename, time.monotonic() + UPLOAD_SECONDS)
    headers = {
        "Authorization": f"Bearer {secrets.api_key}",
        "Content-Type": f"multipart/form-data; boundary={body.boundary}",
        "Content-Length": str(body.size_bytes),
    }
    address = f"{channel.api_base}/{API_VERSION}/{channel.phone_number_id}/media"
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=UPLOAD_SECONDS)
    try:
        with urllib3.PoolManager(retries=False) as pool:
            answer = pool.request("POST", address, body=body, headers=headers, redirect=False, timeout=timeout)
    except Exception as error:  # of any kind: it is one failed attempt
        return ProviderAnswer("unknown", code=type(error).__name__)
    try:
        media_id = text(mapping(read_json(answer.data)).get("id"), 256) if answer.status == 200 else None
    except (ValueError, RecursionError):
        media_id = None
    if media_id is not None:
        return ProviderAnswer("accepted", media_id)
    said = META.read_answer(answer.status, answer.data, dict(answer.headers))
    return ProviderAnswer("unknown") if said.outcome == "accepted" else said


def _one_line(said: str) -> str:
    return said if said.isprintable() and said.isascii() else "application/octet-stream"


def file_address(channel: Channel, secrets: ChannelSecrets, media: Media) -> FileAddress:
    """Where the file of a contact's message is. NoFile or NoAnswer."""
    if channel.provider == "gupshup":
        if media.url is None:
            raise NoFile
        return FileAddress(media.url, {}, media.mime_type)
    if media.media_id is None:
        raise NoFile
    return graph_address(channel, secrets, media.media_id)


def graph_address(channel: Channel, secrets: ChannelSecrets, media_id: str) -> FileAddress:
    """Where Meta has the file of that id, if it is of the channel's number: a token may open those of other numbers of
    the same business, too (``phone_number_id``; Cloud API, media, read 2026-11). NoFile or NoAnswer."""
    token = {"Authorization": f"Bearer {secrets.api_key}"}
    node = f"{channel.api_base}/{API_VERSION}/{quote(media_id, safe='')}"
    address = f"{node}?phone_number_id={channel.phone_number_id}"
    told = relay(HttpRequest("GET", address, token, b""))
    if told is None:
        raise NoAnswer("timed_out")
    if is_final(told.status) and told.status != 403:  # which is about the token's permissions
        raise NoFile
    try:
        body = mapping(read_json(told.body)) if told.status == 200 else {}
    except (ValueError, RecursionError):
        body = {}
    url, size = text(body.get("url"), 4096), body.get("file_size")
    if url is None:
        raise NoAnswer(f"http_{told.status}")
    return FileAddress(url, token, text(body.get("mime_type"), 128), size if isinstance(size, int) else None)
