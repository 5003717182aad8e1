"""Writes that could not be made after the BSP had answered, made later from the queue."""

from __future__ import annotations

from typing import Any

from gate24.api import http
from gate24.settings import queue, settings
from gate24.store import configuration, keys, messages
from gate24.store import retry_queue as parking
from gate24.usecases.apply_status import adopt_orphans


def queue_settlement(organization_id: str, channel_id: str, message_id: str, settlement: dict[str, Any]) -> None:
    """Queues the settling of a message; raises botocore's error where that fails, too."""
    message = {
        "repair": {
            "organization": organization_id,
            "channel": channel_id,
            "message": message_id,
            "settlement": settlement,
        }
    }
    parking.park(queue(), settings().parked_events_queue, message)


def repair(job: dict[str, Any]) -> None:
    """Settles the message, and gives it the statuses that came meanwhile. Repeating it changes nothing."""
    key = keys.message_key(job["message"])
    organization = configuration.organization(job["organization"])
    channel = configuration.channel(job["channel"])
    if key is None or organization is None or channel is None:
        raise LookupError("repair")
    messages.settle(organization.id, key, **job["settlement"])
    adopt_orphans(organization, channel, key.contact, http.now_ms())
