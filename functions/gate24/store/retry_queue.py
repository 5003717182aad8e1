"""Events on their way through a queue: what could not be stored is parked, and nothing is lost.

A parked message is JSON: ``{"channel", "received_at", "kind", "event"}``, packed where it is large.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any, get_args

from gate24.events import ContactRef, Event, Failure, Media, Pricing

_KINDS: dict[str, type] = {kind.__name__: kind for kind in get_args(Event)}
_PARTS: dict[str, type] = {
    "contact": ContactRef,
    "old": ContactRef,
    "new": ContactRef,
    "media": Media,
    "failure": Failure,
    "pricing": Pricing,
}
_PACKED_FROM = 100_000
LARGEST = 900_000
"""Bytes; SQS takes 1 MiB (since January 2026)."""


def dump(event: Event) -> dict[str, Any]:
    """An event as JSON data. Its parts are taken apart, what they hold as it came is not: it may be nested deeply."""
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    parts = {name: asdict(value) for name, value in values.items() if name in _PARTS and value is not None}
    return {"kind": type(event).__name__, "event": values | parts}


def load(data: dict[str, Any]) -> Event:
    """The event again; KeyError or TypeError if it is none of ours."""
    kind = _KINDS[data["kind"]]
    known = {field.name for field in fields(kind)}
    values = {name: _part(name, value) for name, value in data["event"].items() if name in known}
    event: Event = kind(**values)
    return event


def _part(name: str, value: Any) -> Any:
    if isinstance(value, dict) and name in _PARTS:
        return _PARTS[name](**value)
    return tuple(value) if name == "bsp_ids" else value


def park(queue: Any, queue_url: str, message: dict[str, Any]) -> None:
    """Sends one message to the queue; raises botocore's error, or ValueError where it is too large."""
    queue.send_message(QueueUrl=queue_url, MessageBody=pack(message))


def pack(message: dict[str, Any]) -> str:
    text = json.dumps(message, default=str)
    if len(text) > _PACKED_FROM:
        text = json.dumps({"packed": b64encode(gzip.compress(text.encode())).decode()})
    if len(text) > LARGEST:
        raise ValueError("an event is larger than the queue takes")
    return text


def unpack(text: str) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(text)
    if "packed" in message:
        message = json.loads(gzip.decompress(b64decode(message["packed"])))
    return message


def by_contact(events: Iterable[tuple[Any, Event]]) -> list[list[tuple[Any, Event]]]:
    """The events in groups that touch one contact each, so that groups can be stored side by side."""
    groups: dict[Any, list[tuple[Any, Event]]] = {}
    for number, pair in enumerate(events):
        ref = getattr(pair[1], "contact", None)
        groups.setdefault(ref or number, []).append(pair)
    return list(groups.values())
