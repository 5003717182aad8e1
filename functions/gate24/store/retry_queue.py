"""The retry queue: what could not be stored when it came, so that nothing is lost.

A queued message is JSON, packed where it is large: an event (``{"channel", "received_at", "kind", "event"}``), the
settling of a send whose outcome could not be written (``{"repair": {...}}``), an erasure that goes on
(``{"erase": {...}}``), the deletion of an organization that does (``{"delete": {...}}``), or a whole request that could
not be verified (``{"request": {...}}``). ``v`` is the version of these formats that wrote it. Any version is read:
fields that are not known are left out. What cannot be read (``Unreadable``) stays in the queue for a version that can
read it, and goes to the dead-letter queue in the end.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, field
from hashlib import sha256
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gate24.events import Event
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import MessageKey, message_key
from gate24.messages import FailedAttempt, Settlement, StoredAnswer
from gate24.settings import settings
from gate24.store import event_format, ledger_format
from gate24.store.aws import sqs
from gate24.store.packed_text import pack_letters, unpack_letters

PACKED_FROM = 100_000
LARGEST = 900_000
"""Bytes; SQS takes 1 MiB (since January 2026)."""

LARGEST_UNVERIFIED = 256_000
"""Bytes of a request that anybody may have sent."""

VERSION = 1


class NotQueued(Exception):
    """The message could not be put into the queue; its text is the kind of fault."""


class Unreadable(Exception):
    """A message of the queue that this version cannot read. Its text names the version that wrote it."""


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event of a channel; ``received_at``: epoch ms."""

    channel_id: str
    received_at: int
    event: Event


@dataclass(frozen=True, slots=True)
class QueuedSettlement:
    """A settlement that is to be written."""

    organization_id: str
    channel_id: str
    key: MessageKey
    settlement: Settlement


@dataclass(frozen=True, slots=True)
class QueuedErasure:
    """An erasure that goes on."""

    organization_id: str
    erasure_id: str


@dataclass(frozen=True, slots=True)
class QueuedDeletion:
    """The deletion of an organization that goes on."""

    organization_id: str


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """A request to a channel's webhook that was not verified, with the part of its headers and query that may prove it.
    ``received_at``: epoch ms."""

    channel_id: str
    provider_name: str
    received_at: int
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    raw: bytes = field(repr=False)


Queued = QueuedEvent | QueuedSettlement | QueuedErasure | QueuedDeletion | QueuedRequest


def put(message: Queued, delay_seconds: int = 0) -> None:
    """Sends one message to the queue, to be taken after so many seconds; NotQueued where that fails or the message is
    too large."""
    text = write(message)
    if len(text) > (LARGEST_UNVERIFIED if isinstance(message, QueuedRequest) else LARGEST):
        raise NotQueued("too_large")
    try:
        sqs().send_message(
            QueueUrl=settings().retry_queue_url,
            MessageBody=text,
            DelaySeconds=delay_seconds,
            MessageGroupId=fairness_group(message),
        )
    except (ClientError, BotoCoreError) as error:
        raise NotQueued(type(error).__name__) from None


def fairness_group(message: Queued) -> str:
    """Whose message it is. SQS's fair queues (July 2025) let a group with many messages wait where others have few; it
    is no order, and no group is held back where there is room. What nobody has verified may name anybody's channel, and
    so is a group beside the channel's own. Hashed, since SQS takes 128 characters of ASCII."""
    if isinstance(message, QueuedErasure | QueuedDeletion):
        owner = f"organization {message.organization_id}"
    elif isinstance(message, QueuedRequest):
        owner = f"unverified {message.channel_id}"
    else:
        owner = f"channel {message.channel_id}"
    return sha256(owner.encode(errors="surrogatepass")).hexdigest()[:32]


def reach() -> None:
    """NotQueued where the queue does not answer."""
    try:
        sqs().get_queue_attributes(QueueUrl=settings().retry_queue_url, AttributeNames=["QueueArn"])
    except (ClientError, BotoCoreError) as error:
        raise NotQueued(type(error).__name__) from None


def write(message: Queued) -> str:
    """A message as it stands in the queue."""
    text = json.dumps({"v": VERSION, **_data(message)}, default=str)
    return json.dumps({"packed": pack_letters(text)}) if len(text) > PACKED_FROM else text


def read(text: str) -> Queued:
    """A message out of the queue; Unreadable if it is none that this version knows."""
    version = 0
    try:
        data = json.loads(text)
        if "packed" in data:
            data = json.loads(unpack_letters(data["packed"]))
        version = data.get("v", 0)
        if "erase" in data:
            return QueuedErasure(data["erase"]["organization"], data["erase"]["erasure"])
        if "delete" in data:
            return QueuedDeletion(data["delete"]["organization"])
        if "repair" in data:
            return _settlement(data["repair"])
        if "request" in data:
            return _request(data["request"])
        return QueuedEvent(data["channel"], data["received_at"], event_format.load(data))
    except (ValueError, LookupError, TypeError, AttributeError, zlib.error) as error:
        raise Unreadable(f"version {version}: {type(error).__name__}") from None


def _data(message: Queued) -> dict[str, Any]:
    if isinstance(message, QueuedEvent):
        return _event_data(message)
    if isinstance(message, QueuedErasure):
        return {"erase": {"organization": message.organization_id, "erasure": message.erasure_id}}
    if isinstance(message, QueuedDeletion):
        return {"delete": {"organization": message.organization_id}}
    return _settlement_data(message) if isinstance(message, QueuedSettlement) else _request_data(message)


def _request_data(message: QueuedRequest) -> dict[str, Any]:
    """The body as text where it is text, as JSON mostly is: base64 cannot be packed well."""
    try:
        body = {"text": message.raw.decode()}
    except UnicodeDecodeError:
        body = {"base64": b64encode(message.raw).decode()}
    return {
        "request": {
            "channel": message.channel_id,
            "provider": message.provider_name,
            "received_at": message.received_at,
            "headers": dict(message.headers),
            "query": dict(message.query),
            "body": body,
        }
    }


def _request(data: dict[str, Any]) -> QueuedRequest:
    body = data["body"]
    raw = body["text"].encode() if "text" in body else b64decode(body["base64"])
    return QueuedRequest(data["channel"], data["provider"], data["received_at"], data["headers"], data["query"], raw)


def _event_data(message: QueuedEvent) -> dict[str, Any]:
    return {
        "channel": message.channel_id,
        "received_at": message.received_at,
        **event_format.dump(message.event),
    }


def _settlement_data(message: QueuedSettlement) -> dict[str, Any]:
    said = message.settlement
    settlement = {
        "status": said.stage,
        "day": said.day,
        "provider_id": said.provider_id,
        "code": said.code,
        "reason": said.reason,
        "ledger": ledger_format.dump(said.ledger) if said.ledger else None,
        "answer": said.answer.text if said.answer else None,
        "answer_status": said.answer.status if said.answer else None,
        "failed_attempts": [asdict(each) for each in said.failed_attempts] or None,
        "owner": said.owner,
    }
    return {
        "repair": {
            "organization": message.organization_id,
            "channel": message.channel_id,
            "message": message.key.id,
            "settlement": {name: value for name, value in settlement.items() if value is not None},
        }
    }


def _settlement(data: dict[str, Any]) -> QueuedSettlement:
    said, key = data["settlement"], message_key(data["message"])
    if key is None:
        raise ValueError("not a message id")
    answer = StoredAnswer(said["answer_status"], said["answer"]) if "answer" in said else None
    entry = ledger_format.load(said["ledger"], key.id, key.at) if said.get("ledger") else None
    settlement = Settlement(
        said["status"],
        said.get("day"),
        said.get("provider_id"),
        said.get("code"),
        said.get("reason"),
        entry,
        answer,
        failed_attempts=tuple(
            FailedAttempt(each["at"], each["code"], each.get("reason")) for each in said.get("failed_attempts", ())
        ),
        owner=said.get("owner"),
    )
    return QueuedSettlement(data["organization"], data["channel"], key, settlement)
