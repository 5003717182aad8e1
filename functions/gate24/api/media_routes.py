"""``GET /v1/media/{id}``: where the file of a message is, or one that was uploaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gate24.api import http
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.render import rfc3339, without_none
from gate24.events import Media
from gate24.messages import Message
from gate24.rules.media_files import UPLOAD_PREFIX, WHY_THERE_IS_NONE, fetch_state
from gate24.rules.message_content import file_of
from gate24.rules.retention import as_kept
from gate24.store import media_files, media_queue, organizations, uploads

_ASK_AGAIN_SECONDS = 5


def get_media(call: Call) -> dict[str, Any]:
    """A redirect to the file, which nobody may keep: the address holds for minutes, and what was erased meanwhile is to
    be gone."""
    media_id = call.parameters["media_id"]
    is_upload = media_id.startswith(UPLOAD_PREFIX)
    address = _uploaded(call, media_id) if is_upload else _of_message(call, media_id)
    if call.parameters["redirect"] == "false":
        return http.answer(200, address | {"server_time": rfc3339(call.now)})
    return http.answer(302, None, {"location": address["url"]}, content_type="text/plain")


def _of_message(call: Call, message_id: str) -> dict[str, Any]:
    found = call.message(message_id)
    message = None if found is None else as_kept(found, call.organization, call.now)
    file = None if message is None else file_of(message)
    if message is None or file is None:
        raise Problem("not_found", "There is no such file: no message of this id, or none with a file that is kept.")
    return _sent(call, message, file) if message.direction == "outbound" else _fetched(call, message, file)


def _fetched(call: Call, message: Message, file: Media) -> dict[str, Any]:
    state = fetch_state(message, call.now)
    if state == "pending":
        raise _being_fetched()
    if state != "kept":
        raise Problem("not_found", WHY_THERE_IS_NONE[state or "not_found"])
    return _presigned(call, media_files.name_of_message(call.organization.id, message.key), file)


def _being_fetched() -> Problem:
    detail = "The file is being fetched from the provider; ask again."
    return Problem("not_found", detail, ("retry_later",), retry_after=_ASK_AGAIN_SECONDS, retryable=True)


def _sent(call: Call, message: Message, file: Media) -> dict[str, Any]:
    """A file that we sent is where its sender said. One that only the provider has is fetched for who wants to read it:
    fetched for every message, a campaign's picture would be fetched for each of its recipients."""
    if file.media_id is not None and file.media_id.startswith(UPLOAD_PREFIX):
        return _uploaded(call, file.media_id)
    if file.url is not None:
        return without_none({"url": file.url, "mime_type": file.mime_type, "size_bytes": file.size_bytes})
    if file.fetch is not None:
        return _fetched(call, message, file)
    channel = organizations.channel(message.channel_id)
    if channel is not None and channel.provider == "gupshup":
        raise Problem("not_found", "The file was sent by its id at Gupshup, which tells nobody where it is.")
    media_queue.put(call.organization.id, message.key)
    raise _being_fetched()


def _uploaded(call: Call, upload_id: str) -> dict[str, Any]:
    upload = uploads.find(call.organization.id, upload_id, call.now)
    if upload is None or not call.access.may_use(upload.channel_id):
        raise Problem("not_found", "There is no such uploaded file, or it has expired.")
    file = Media("", mime_type=upload.mime_type, filename=upload.filename, size_bytes=upload.size_bytes)
    return _presigned(call, media_files.name_of_upload(call.organization.id, upload.id), file)


def _presigned(call: Call, name: str, file: Media) -> dict[str, Any]:
    return without_none(
        {
            "url": media_files.address(name, file.mime_type, file.filename),
            "expires_at": rfc3339(call.now + media_files.ADDRESS_SECONDS * 1000),
            "mime_type": file.mime_type,
            "size_bytes": file.size_bytes,
        }
    )


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {"getMedia": get_media}
