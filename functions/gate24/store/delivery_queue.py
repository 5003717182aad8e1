"""The queue of deliveries: one message for each event and subscription, in order for one contact and endpoint.

A queued message is JSON: ``{"v", "subscription", "event", "attempt", ...}``; a provider's body goes along packed, where
it is small enough (``fits``).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gate24.rules.delivery_lanes import lanes_of_endpoint
from gate24.settings import settings
from gate24.store import feed_format, subscriptions
from gate24.store.aws import sqs
from gate24.store.packed_text import pack_letters, unpack_letters
from gate24.subscriptions import QueuedDelivery

VERSION = 1

RAW_BYTES = 200_000
"""Of a body as it stands in the queue, packed."""


class DeliveryNotQueued(Exception):
    """A delivery could not be put into the queue; its text is the kind of fault."""


class UnreadableDelivery(Exception):
    """A message of the queue that this version cannot read."""


def put(queued: Sequence[QueuedDelivery]) -> None:
    """Queues the deliveries in their order; DeliveryNotQueued where that fails for one of them, StoreError where the
    organization's webhooks cannot be read. The same one once more within five minutes is not queued again."""
    for each in queued:
        lanes = lanes_of_endpoint(len(subscriptions.of_organization(each.event.organization_id)))
        try:
            sqs().send_message(QueueUrl=settings().delivery_queue_url, **_entry(each, lanes))
        except ClientError as error:
            raise DeliveryNotQueued(str(error.response.get("Error", {}).get("Code"))) from None
        except BotoCoreError as error:
            raise DeliveryNotQueued(type(error).__name__) from None


def fits(raw: bytes) -> bool:
    """Whether a provider's body can go along in the queue."""
    return len(_packed(raw)) <= RAW_BYTES


def group(queued: QueuedDelivery, lanes: int) -> str:
    """The order in which it stands: that of its subscription's events about some of the contacts. One execution of the
    function at a time takes from a message group."""
    return f"{queued.subscription_id}#{sha256(queued.in_order_of.encode()).digest()[0] % lanes}"


def write(queued: QueuedDelivery) -> str:
    """A delivery as it stands in the queue."""
    data: dict[str, Any] = {
        "v": VERSION,
        "subscription": queued.subscription_id,
        "event": feed_format.dump(queued.event),
        "attempt": queued.attempt,
    }
    more = {
        "replay": queued.replay,
        "is_probe": queued.is_probe,
        "due_at": queued.due_at,
        "contacts": list(queued.contact_ids),
        "raw": None if queued.raw is None else _packed(queued.raw),
    }
    return json.dumps(data | {name: value for name, value in more.items() if value})


def read(text: str) -> QueuedDelivery:
    """A delivery out of the queue; UnreadableDelivery if it is none that this version knows."""
    try:
        data = json.loads(text)
        raw = data.get("raw")
        return QueuedDelivery(
            data["subscription"],
            feed_format.load(data["event"]),
            data.get("replay", ""),
            data["attempt"],
            data.get("is_probe", False),
            data.get("due_at", 0),
            None if raw is None else unpack_letters(raw).encode("latin-1"),
            tuple(data.get("contacts", ())),
        )
    except (ValueError, LookupError, TypeError, AttributeError, zlib.error) as error:
        raise UnreadableDelivery(type(error).__name__) from None


def _packed(raw: bytes) -> str:
    """Any bytes, each as the letter of its number: a body may be no valid text."""
    return pack_letters(raw.decode("latin-1"))


def _entry(queued: QueuedDelivery, lanes: int) -> dict[str, Any]:
    name = (queued.subscription_id, queued.event.id, queued.replay, str(queued.attempt), str(queued.due_at))
    return {
        "MessageBody": write(queued),
        "MessageGroupId": group(queued, lanes),
        "MessageDeduplicationId": sha256("\0".join(name).encode()).hexdigest(),
    }
