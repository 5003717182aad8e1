"""The retry queue: what could not be stored when it came, so that nothing is lost.

A queued message is JSON, packed where it is large: an event (``{"channel", "received_at", "kind", "event"}``), or the
settling of a send whose outcome could not be written (``{"repair": {...}}``).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gate24.events import Event
from gate24.message_keys import MessageKey, message_key
from gate24.messages import FailedAttempt, Settlement, StoredAnswer
from gate24.settings import settings
from gate24.store import event_format, ledger_format
from gate24.store.aws import sqs
from gate24.store.packed_text import pack_letters, unpack_letters

PACKED_FROM = 100_000
LARGEST = 900_000
"""Bytes; SQS takes 1 MiB (since January 2026)."""


class NotQueued(Exception):
    """The message could not be put into the queue; its text is the kind of fault."""


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


Queued = QueuedEvent | QueuedSettlement | QueuedErasure


def put(message: Queued, delay_seconds: int = 0) -> None:
    """Sends one message to the queue, to be taken after so many seconds; NotQueued where that fails or the message is
    too large."""
    text = write(message)
    if len(text) > LARGEST:
        raise NotQueued("too_large")
    try:
        sqs().send_message(QueueUrl=settings().retry_queue_url, MessageBody=text, DelaySeconds=delay_seconds)
    except (ClientError, BotoCoreError) as error:
        raise NotQueued(type(error).__name__) from None


def write(message: Queued) -> str:
    """A message as it stands in the queue."""
    if isinstance(message, QueuedErasure):
        return json.dumps({"erase": {"organization": message.organization_id, "erasure": message.erasure_id}})
    data = _event_data(message) if isinstance(message, QueuedEvent) else _settlement_data(message)
    text = json.dumps(data, default=str)
    return json.dumps({"packed": pack_letters(text)}) if len(text) > PACKED_FROM else text


def read(text: str) -> Queued:
    """A message out of the queue; ValueError, KeyError or TypeError if it is none of ours."""
    data = json.loads(text)
    if "packed" in data:
        data = json.loads(unpack_letters(data["packed"]))
    if "erase" in data:
        return QueuedErasure(data["erase"]["organization"], data["erase"]["erasure"])
    if "repair" in data:
        return _settlement(data["repair"])
    return QueuedEvent(data["channel"], data["received_at"], event_format.load(data))


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
        failed_attempts=tuple(FailedAttempt(**each) for each in said.get("failed_attempts", ())),
        owner=said.get("owner"),
    )
    return QueuedSettlement(data["organization"], data["channel"], key, settlement)
