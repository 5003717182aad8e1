"""``POST /v1/media``: a file as multipart, or the address of one as JSON."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, NamedTuple

from gate24.api import http
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.api.send_answers import provider_json
from gate24.api.send_routes import not_taken
from gate24.channels import Channel
from gate24.observability import about
from gate24.providers.endpoint import EndpointRefused
from gate24.providers.file_download import NotDownloaded, TooLarge, download
from gate24.providers.interface import ProviderAnswer
from gate24.rules.content_limits import FILENAME_LENGTH
from gate24.rules.media_files import LARGEST_BYTES
from gate24.settings import settings
from gate24.usecases.outcomes import NotTaken
from gate24.usecases.upload_media import NotSendable, upload_media

DOWNLOAD_SECONDS = 7.0
"""With the upload to the provider after it (8 s) within the function's 20 s (template.yaml)."""

_PIECE_BYTES = 1 << 20

_PARTS = frozenset({"file", "channel"})
"""What is read of a multipart body. Other parts are left out: clients of Meta send some."""


class _Part(NamedTuple):
    """A field of a multipart body."""

    content: bytes
    filename: str | None = None
    mime_type: str | None = None


def post_media(call: Call) -> dict[str, Any]:
    content_type = http.headers_of(call.event).get("content-type", "")
    with tempfile.TemporaryFile() as file:
        if content_type.lower().startswith("multipart/form-data"):
            fields = _fields(content_type, http.raw_body(call.event))
            part = fields.get("file")
            if part is None:
                raise _invalid("/file", "is missing: the body needs a part named file")
            if "url" in fields:
                raise _invalid("/url", "stands instead of file, in a JSON body: give one of the two")
            named = fields.get("channel")
            channel = call.access.channel(None if named is None else named.content.decode("utf-8", "replace"))
            file.write(part.content)
            said_type, filename, pointer = part.mime_type, part.filename, "/file"
        else:
            body = _json_body(call)
            channel = call.access.channel(body.get("channel"))
            said_type, filename, pointer = _download(body["url"], file), body.get("filename"), "/url"
        about(channel=channel.id)
        size = file.tell()
        if not size:
            raise _invalid(pointer, "is empty")
        file.seek(0)
        try:
            return _uploaded(call, channel, file, size, filename, said_type)
        except NotSendable as error:
            raise _invalid(pointer, str(error)) from None


def _json_body(call: Call) -> dict[str, Any]:
    try:
        return call.body("MediaRequest")
    except Problem as problem:
        if problem.code != "payload_invalid" or problem.errors:
            raise
        detail = "The body is neither multipart/form-data with the parts file and channel nor a JSON object with a url."
        raise Problem("payload_invalid", detail) from None


def _uploaded(
    call: Call, channel: Channel, file: BinaryIO, size: int, filename: str | None, said_type: str | None
) -> dict[str, Any]:
    try:
        done = upload_media(channel, file, size, filename, said_type, call.now)
    except NotTaken as error:
        raise not_taken(error) from None
    if isinstance(done, ProviderAnswer):
        raise _refused(channel, done)
    told = {
        "id": done.id,
        "channel": done.channel_id,
        "mime_type": done.mime_type,
        "size_bytes": done.size_bytes,
        "expires_at": rfc3339(done.expires_at),
    }
    return http.answer(201, told)


def _download(url: str, file: BinaryIO) -> str | None:
    """Writes the file at the address; what its server says of its type. Problem where there is none."""
    try:
        got = download(url, file, LARGEST_BYTES, DOWNLOAD_SECONDS, settings().allow_loopback)
    except EndpointRefused as error:
        errors = [{"pointer": "/url", "detail": "may not be called"}]
        raise Problem("url_not_allowed", str(error), ("correct_request",), errors=errors) from None
    except TooLarge:
        detail = f"The file has more than {LARGEST_BYTES} bytes."
        raise Problem("media_too_large", detail, ("correct_request",)) from None
    except NotDownloaded as error:
        raise _invalid("/url", f"could not be fetched within {DOWNLOAD_SECONDS:.0f} seconds ({error})") from None
    if got.status != 200:
        raise _invalid("/url", f"could not be fetched: its server answered {got.status}")
    return got.mime_type


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem(
        "payload_invalid", "The request is not as documented.", errors=[{"pointer": pointer, "detail": detail}]
    )


def _refused(channel: Channel, answer: ProviderAnswer) -> Problem:
    """A file that the provider has taken without saying so harms nobody: uploading may be tried again."""
    said = provider_json(channel.provider, answer)
    if answer.outcome == "rejected":
        return Problem("bsp_rejected", "The BSP refused the file.", ("correct_request",), provider=said)
    detail = "The BSP did not take the file; try again."
    return Problem("throttled", detail, ("retry_later",), provider=said, retry_after=answer.retry_after or 1)


def _fields(content_type: str, raw: bytes) -> Mapping[str, _Part]:
    """The parts of a multipart body by their names (RFC 7578); Problem ``payload_invalid`` if it is none."""
    found = re.search(r'boundary="?([^";,]{1,70})"?', content_type)
    if found is None:
        raise _invalid("", "has no boundary in its Content-Type")
    fields = {}
    delimiter = rb"\r\n--" + re.escape(found[1].encode()) + rb"(?=--|[ \t]*\r\n)"
    for piece in re.split(delimiter, b"\r\n" + raw)[1:]:
        head, separator, content = piece.partition(b"\r\n\r\n")
        said = head.decode("utf-8", "replace")
        name = re.search(r'(?<![a-z])name="([^"]*)"', said)
        if separator and name is not None:
            if name[1] in fields and name[1] in _PARTS:
                raise _invalid(f"/{name[1]}", "is there twice")
            filename = re.search(r'filename="([^"]*)"', said)
            kind = re.search(r"^content-type:\s*([^\r\n]+)", said, re.IGNORECASE | re.MULTILINE)
            fields[name[1]] = _Part(
                content, filename[1][:FILENAME_LENGTH] if filename and filename[1] else None, kind[1] if kind else None
            )
    return fields


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {"uploadMedia": post_media}
