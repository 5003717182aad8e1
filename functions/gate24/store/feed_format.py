"""An event of the feed as JSON: in the feed, in the queue of deliveries, and in what waits in the table."""

from __future__ import annotations

from typing import Any

from gate24.feed import FeedEvent
from gate24.message_keys import message_key


def dump(event: FeedEvent) -> dict[str, Any]:
    """The event as small JSON data. It refers to what changed and holds none of a person's words."""
    data = {
        "id": event.id,
        "type": event.type,
        "at": event.at,
        "organization": event.organization_id,
        "channel": event.channel_id,
        "contact": event.contact_id,
        "message": event.message.id if event.message is not None else None,
        "facts": dict(event.facts),
    }
    return {name: value for name, value in data.items() if value is not None and value != {}}


def load(data: dict[str, Any]) -> FeedEvent:
    """The event again; KeyError or TypeError if it is none of ours."""
    message = data.get("message")
    return FeedEvent(
        data["id"],
        data["type"],
        data["at"],
        data["organization"],
        data.get("channel"),
        data.get("contact"),
        None if message is None else message_key(message),
        data.get("facts", {}),
    )
