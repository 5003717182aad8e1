"""What is in messages of Meta's form (Cloud API, interactive messages and components of templates, read 2026-11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from gate24.events import Media
from gate24.messages import Message
from gate24.rules.content_limits import MEDIA_KINDS, TEMPLATE_MEDIA_KINDS
from gate24.rules.media_files import UPLOAD_PREFIX

_FILE_PARTS = frozenset({"media", *MEDIA_KINDS})
"""The fields whose object is a file with an id."""


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


def file_of(message: Message) -> Media | None:
    """The file of a message: its own, that of its template, or the header of its buttons."""
    if message.media is not None or message.content is None:
        return message.media
    return header_file(message.content)


def header_file(content: Mapping[str, Any]) -> Media | None:
    """The file above the text of an interactive message."""
    header = content.get("interactive", {}).get("header", {})
    kind = header.get("type")
    if kind not in TEMPLATE_MEDIA_KINDS:
        return None
    return Media(kind, header[kind].get("link"), header[kind].get("id"), filename=header[kind].get("filename"))


def fetched_file(message: Message) -> Media | None:
    """The message's file, where gate24 fetches it from the provider and keeps it under the message's own name: a
    contact's, or one that was sent by the provider's own id."""
    if message.direction == "inbound":
        return message.media
    file = file_of(message)
    if file is None or file.url is not None or file.media_id is None or file.media_id.startswith(UPLOAD_PREFIX):
        return None
    return file


class UploadPlace(NamedTuple):
    """Where a request names an uploaded file. ``kind``: as what it is to be sent; ``pointer``: JSON pointer."""

    upload_id: str
    kind: str
    pointer: str


def upload_places(part: Any, pointer: str = "") -> list[UploadPlace]:
    """All places of a request that name uploaded files."""
    found: list[UploadPlace] = []
    if isinstance(part, Mapping):
        for name, value in part.items():
            is_file = name in _FILE_PARTS and isinstance(value, Mapping)
            if is_file and str(value.get("id", "")).startswith(UPLOAD_PREFIX):
                found.append(UploadPlace(value["id"], value.get("kind", name), f"{pointer}/{name}/id"))
            else:
                found += upload_places(value, f"{pointer}/{name}")
    elif isinstance(part, list | tuple):
        for number, value in enumerate(part):
            found += upload_places(value, f"{pointer}/{number}")
    return found


def with_files(part: Any, files: Mapping[str, Media]) -> Any:
    """The part with what the provider knows the files by in place of their ids."""
    if isinstance(part, Mapping):
        return {name: _given(name, value, files) for name, value in part.items()}
    return [with_files(each, files) for each in part] if isinstance(part, list | tuple) else part


def _given(name: str, value: Any, files: Mapping[str, Media]) -> Any:
    file = files.get(value.get("id", "")) if name in _FILE_PARTS and isinstance(value, Mapping) else None
    if file is None:
        return with_files(value, files)
    own = {"id": file.media_id} if file.media_id else {"link": file.url}
    return {**{each: value[each] for each in value if each != "id"}, **own}


def media_with_file(media: Media | None, files: Mapping[str, Media]) -> Media | None:
    """The same of a message's own file."""
    file = None if media is None else files.get(media.media_id or "")
    return media if media is None or file is None else replace(media, media_id=file.media_id, url=file.url)


def has_file(content: Mapping[str, Any] | None) -> bool:
    """Whether an interactive message has a file as its header."""
    header = (content or {}).get("interactive", {}).get("header", {})
    return header.get("type") in TEMPLATE_MEDIA_KINDS
