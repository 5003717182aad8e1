"""``POST /_sim/inbound``: builds the webhooks for a contact's messages and posts them."""

from __future__ import annotations

import base64
import binascii
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bsp_simulator import media, short_forms
from bsp_simulator.config import Channel
from bsp_simulator.media import BUILT_IN, File, MediaStore
from bsp_simulator.message import InboundMessage, is_user_id, new_whatsapp_id
from bsp_simulator.people import People
from bsp_simulator.providers import PROVIDERS
from bsp_simulator.short_forms import SHORT_FORMS
from bsp_simulator.window import SILENT_TYPES

ENVELOPE_KEYS = frozenset({"app", "version", "object"})
"""A payload with any of these keys is a whole webhook body and is posted unchanged."""

"""Whose name was never told."""

MAX_COPIES = 1_000
LOWEST_MILLISECONDS = 100_000_000_000
"""Numbers from this one up are milliseconds: as seconds they would lie after the year 5138."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where the files of messages are put, and the address under which they are fetched."""

    store: MediaStore
    origin: str


class InboundInvalid(ValueError):
    """The request is invalid; the text names the field and the reason."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A body to post. ``contact``: whose window it opens, at ``at`` (epoch ms); None if it opens none."""

    body: dict[str, Any]
    message_id: str | None
    contact: str | None = None
    at: int = 0


def read_time(value: Any, now: int) -> int:
    """Epoch ms from epoch seconds or milliseconds (number or text) or RFC 3339; ``now`` for None."""
    if value is None:
        return now
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    if not isinstance(value, bool) and 0 < number < 1e15:
        return int(number if number >= LOWEST_MILLISECONDS else number * 1000)
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
    except (TypeError, ValueError) as error:
        raise InboundInvalid("timestamp must be epoch seconds, epoch milliseconds or RFC 3339 with a zone") from error
    return int(moment.timestamp() * 1000)


def webhooks(
    channel: Channel,
    request: dict[str, Any],
    now: int,
    files: Files | None = None,
    people: People | None = None,
) -> list[Webhook]:
    """The webhooks to post, in order. Raises InboundInvalid.

    ``messages`` is a list of texts and of objects with ``text``, ``media``, a short form or ``payload``; an object may
    override ``timestamp``, ``id``, ``name`` and ``from`` of the request. A request without ``messages`` is itself the
    one message. Messages without a timestamp are one millisecond apart. ``files``: where files of messages go.
    ``people``: who wrote before; what is told of those who write now is added.
    """
    entries = request.get("messages", [{}])
    copies = request.get("copies", 1)
    if not isinstance(entries, list) or not entries:
        raise InboundInvalid("messages must be a list with something in it")
    if not isinstance(copies, int) or isinstance(copies, bool) or not 1 <= copies <= MAX_COPIES:
        raise InboundInvalid(f"copies must be a whole number from 1 to {MAX_COPIES}")
    if request.get("version", "v2") not in ("v2", "v3"):
        raise InboundInvalid("version must be v2 or v3")
    format_name = "meta" if request.get("version") == "v3" else channel.provider
    known = People() if people is None else people
    shared = {key: value for key, value in request.items() if key != "messages"}
    made = []
    for place, entry in enumerate(entries):
        own = {"text": entry} if isinstance(entry, str) else entry
        if not isinstance(own, dict):
            raise InboundInvalid("each of messages must be a text or an object")
        made.append(_webhook(channel, format_name, {**shared, **own}, now + place, files, known))
    posted = [webhook for webhook in made for _ in range(copies)]
    if request.get("shuffle"):
        random.shuffle(posted)
    return posted


def _webhook(
    channel: Channel, format_name: str, request: dict[str, Any], now: int, files: Files | None, people: People
) -> Webhook:
    provider = PROVIDERS[format_name]
    payload, text = request.get("payload"), request.get("text")
    if isinstance(payload, dict) and ENVELOPE_KEYS & payload.keys():
        return Webhook(payload, None)
    given = [name for name in ("media", *SHORT_FORMS) if name in request]
    if [isinstance(text, str), isinstance(payload, dict)].count(True) + len(given) != 1:
        names = ", ".join(("media", *SHORT_FORMS))
        raise InboundInvalid(f"exactly one of text (a text), {names} and payload (objects) is needed")
    content = provider.text_content(text) if isinstance(text, str) else payload
    if given == ["media"]:
        content = _file_content(channel, format_name, request["media"], files, read_time(request.get("timestamp"), now))
    elif given:
        content = _short_form(format_name, given[0], request[given[0]])
    if not isinstance(content, dict) or not isinstance(content.get("type"), str):
        raise InboundInvalid('payload must have a "type", or be a whole webhook body')
    if "reply_to" in request:
        content = {**content, **short_forms.context(channel, format_name, str(request["reply_to"]))}
    contact, user_id = _sender(request)
    people.heard(channel.id, contact, user_id, str(request.get("name") or ""))
    message = InboundMessage(
        id=str(content.get("id") or request.get("id") or new_whatsapp_id()),
        contact=contact,
        user_id=user_id,
        name=people.name(contact, user_id),
        at=read_time(request.get("timestamp"), now),
        content=content,
    )
    opens = content["type"] not in SILENT_TYPES
    return Webhook(provider.inbound_body(channel, message), message.id, contact if opens else None, message.at)


def _short_form(format_name: str, name: str, part: Any) -> dict[str, Any]:
    content = short_forms.content(format_name, name, part)
    if content is None:
        raise InboundInvalid(f"{name} must be an object with {' and '.join(SHORT_FORMS[name].required)}")
    return content


def _file_content(channel: Channel, format_name: str, asked: Any, files: Files | None, at: int) -> dict[str, Any]:
    """``asked``: ``{"kind", "caption"?, "filename"?, "mime_type"?, "base64"?}``; a built-in file of the kind, or the
    bytes that are given."""
    built_in = BUILT_IN.get(str(asked.get("kind"))) if isinstance(asked, dict) else None
    if built_in is None or files is None:
        raise InboundInvalid(f"media must be an object whose kind is one of {', '.join(BUILT_IN)}")
    try:
        raw = base64.b64decode(asked["base64"], validate=True) if "base64" in asked else built_in.content
    except (binascii.Error, TypeError, ValueError):
        raise InboundInvalid("media.base64 must be base64") from None
    file = File(str(asked.get("mime_type", built_in.mime_type)), raw, str(asked.get("filename", built_in.name)))
    return media.content(channel, format_name, asked, files.store.add(file), file, files.origin, at)


def _sender(request: dict[str, Any]) -> tuple[str, str | None]:
    """The digits of the number and the user id, if any, from ``from`` and ``user_id``. Who hides the number is named by
    a user id in ``from``, and is one with it."""
    given = str(request.get("from", ""))
    if is_user_id(given):
        return given, given
    contact = "".join(char for char in given.removeprefix("+") if char not in " -()")
    if not (contact.isascii() and contact.isdigit() and len(contact) <= 20):
        raise InboundInvalid("from must be a phone number or a user id")
    user_id = request.get("user_id")
    if user_id is not None and not is_user_id(user_id):
        raise InboundInvalid("user_id must be a user id: a country, a dot, letters and digits")
    return contact, user_id


def post_all(posted: list[Webhook], post: Callable[[dict[str, Any]], int | None]) -> dict[str, Any]:
    """Posts the webhooks one after another. ``statuses`` has the HTTP status of each, null for no answer."""
    statuses = [post(webhook.body) for webhook in posted]
    return {"sent": len(posted), "statuses": statuses, "message_ids": [webhook.message_id for webhook in posted]}
