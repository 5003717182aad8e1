"""Delivery statuses (and deductions) whose message has not been stored yet: they wait beside the contact's messages."""

from __future__ import annotations

from dataclasses import dataclass

from gate24.events import Billed, StatusChanged
from gate24.message_keys import short_hash
from gate24.store import event_format, keys
from gate24.store.items import WaitingStatusItem
from gate24.store.table import Item, delete, put_new, query

KEPT_SECONDS = 8 * 24 * 3600
"""Longer than Meta's 7 days of retries."""


@dataclass(frozen=True, slots=True)
class WaitingStatus:
    """``at``: the provider's time of the event (epoch ms). ``position``: where it stands among the contact's."""

    channel_id: str
    at: int
    event: StatusChanged | Billed
    position: str


def keep(organization_id: str, contact_id: str, channel_id: str, event: StatusChanged | Billed) -> None:
    """Keeps the event until its message is known; the same one twice is kept once."""
    said = event.status if isinstance(event, StatusChanged) else "billed"
    name = short_hash(channel_id, *event.bsp_ids, said)
    put_new(
        WaitingStatusItem(
            keys.contact_pk(organization_id, contact_id),
            f"{keys.WAITING_STATUS}{event.at:013d}#{name}",
            event={"channel": channel_id, **event_format.dump(event)},
            at=event.at,
            ttl=event.at // 1000 + KEPT_SECONDS,
        )
    )


def waiting(organization_id: str, contact_id: str) -> list[WaitingStatus]:
    """All that wait for messages to the contact, oldest first (consistent)."""
    pk, first = keys.contact_pk(organization_id, contact_id), Item.sk.startswith(keys.WAITING_STATUS)
    found = query(WaitingStatusItem, pk, range_key_condition=first, consistent_read=True)
    return [
        WaitingStatus(item.event["channel"], item.at, event, item.sk)
        for item in found
        if isinstance(event := event_format.load(item.event), StatusChanged | Billed)
    ]


def remove(organization_id: str, contact_id: str, status: WaitingStatus) -> None:
    delete(WaitingStatusItem(keys.contact_pk(organization_id, contact_id), status.position))
