"""Files at Meta, for software that knows no other address than ours: ``GET /{version}/{media_id}`` tells where a file
is, in Meta's words but for the address, which is one of ours that the same API key fetches. Meta's own would want the
channel's token, which is nobody else's."""

from __future__ import annotations

import secrets
import tempfile
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from gate24.api import http
from gate24.api.problems import Problem
from gate24.channels import Channel
from gate24.observability import about
from gate24.providers.endpoint import EndpointRefused
from gate24.providers.fields import mapping
from gate24.providers.file_download import NotDownloaded, TooLarge, download
from gate24.providers.forward import HttpAnswer, relay
from gate24.providers.interface import HttpRequest
from gate24.providers.media_calls import FileAddress, NoAnswer, NoFile, graph_address
from gate24.rules.json_text import read_json
from gate24.rules.media_files import LARGEST_BYTES
from gate24.settings import settings
from gate24.store import media_files
from gate24.store.secrets import channel_secrets

DOWNLOAD_SECONDS = 8.0
"""With the question to Meta before it (10 s at most) within the function's 20 s (template.yaml)."""

ANSWERED_BYTES = 4 * 2**20
"""Lambda answers with 6 MB, in which a file is base64. A larger one is put into the bucket for a day at most."""

_TOKEN_SECONDS = 300


def describe(event: Mapping[str, Any], channels: Sequence[Channel], version: str, media_id: str) -> dict[str, Any]:
    """Meta's answer about a file. ``channels``: those whose file it may be; the first that Meta shows it to tells.
    Each is asked for files of its own number alone (``graph_address``)."""
    told: HttpAnswer | None = None
    for channel in channels:
        token = {"Authorization": f"Bearer {channel_secrets(channel.id).api_key}"}
        node = f"{channel.api_base}/{quote(version, safe='')}/{media_id}"
        told = relay(HttpRequest("GET", f"{node}?phone_number_id={channel.phone_number_id}", token, b""))
        if told is not None and told.status == 200:
            about(channel=channel.id)
            return http.answer(200, _with_our_address(event, told.body, channel, version, media_id))
    if told is None:
        raise Problem("unavailable", "The provider did not answer in time.", retry_after=1)
    return http.answer(told.status, told.body.decode("utf-8", "replace"), content_type=told.content_type)


def _with_our_address(
    event: Mapping[str, Any], body: bytes, channel: Channel, version: str, media_id: str
) -> dict[str, Any]:
    try:
        told = dict(mapping(read_json(body)))
    except (ValueError, RecursionError):
        raise Problem("unavailable", "The provider's answer cannot be read.", retry_after=1) from None
    if not all(isinstance(told.get(name), str) for name in ("url", "mime_type")):
        raise Problem("not_found", "The id is not that of a file.")  # whatever else the channel's token opens
    api_url = http.api_url(event, "/graph/")
    own = f"{api_url}/graph/{version}/{media_id}/file?phone_number_id={channel.phone_number_id}"
    return {**told, "url": own}


def give_file(channel: Channel, media_id: str) -> dict[str, Any]:
    """The file itself, or a redirect to it where it is too large for an answer."""
    about(channel=channel.id)
    try:
        address = graph_address(channel, channel_secrets(channel.id), media_id)
    except NoFile:
        raise Problem("not_found", "The provider has no such file.") from None
    except NoAnswer:
        raise Problem("unavailable", "The provider did not say where the file is.", retry_after=1) from None
    with tempfile.TemporaryFile() as file:
        try:
            got = download(
                address.url, file, LARGEST_BYTES, DOWNLOAD_SECONDS, settings().allow_loopback, address.headers
            )
        except TooLarge:
            raise Problem("media_too_large", f"The file has more than {LARGEST_BYTES} bytes.") from None
        except EndpointRefused as error:
            raise Problem("url_not_allowed", str(error)) from None
        except NotDownloaded:
            raise Problem("unavailable", "The file did not come in time.", retry_after=1) from None
        if got.status != 200:
            raise Problem("unavailable", f"The provider's file server answered {got.status}.", retry_after=1)
        file.seek(0)
        if got.size_bytes <= ANSWERED_BYTES:
            return _file_answer(file.read(), _type(address, got.mime_type))
        name = f"passed-on/{channel.organization_id}/{secrets.token_hex(20)}"
        media_files.put(name, file, _type(address, got.mime_type))
    return http.answer(302, None, {"location": media_files.address_for_provider(name, _TOKEN_SECONDS)})


def _type(address: FileAddress, served: str | None) -> str:
    said = address.mime_type or served or ""
    return said if said.isascii() and said.isprintable() and said else "application/octet-stream"


def _file_answer(content: bytes, mime_type: str) -> dict[str, Any]:
    """An attachment: nothing of it is shown at the address where the console is."""
    headers = {"content-disposition": "attachment", "x-content-type-options": "nosniff"}
    answer = http.answer(200, None, headers, content_type=mime_type)
    return answer | {"body": b64encode(content).decode(), "isBase64Encoded": True}
