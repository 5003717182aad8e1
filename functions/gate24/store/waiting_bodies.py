"""Providers' bodies that wait to be passed on, as they came: words of people, so they go with the people.

Beside each contact of whom a body tells lies a note of where it is, by which an erasure finds it. A body is kept while
its delivery waits or can be replayed, and no longer than ``DELIVERY_KEPT_MS``.
"""

from __future__ import annotations

from collections.abc import Sequence

from gate24.rules.delivery_retries import DELIVERY_KEPT_MS
from gate24.store import keys
from gate24.store.items import BodyMentionItem, BodyPartItem, SuppressionItem
from gate24.store.table import Item, delete_all, get, put_all, query
from gate24.subscriptions import Delivery

_PART_BYTES = 350_000
"""Of an item, with a margin below DynamoDB's 400 KB."""


def keep(delivery: Delivery, raw: bytes, now: int) -> bool:
    """Keeps the body of a delivery. False, with nothing left, where one of its people was erased meanwhile."""
    event, ttl = delivery.event, (now + DELIVERY_KEPT_MS) // 1000
    pk = _pk(delivery)
    put_all(BodyMentionItem, _mentions(delivery, ttl))  # first, so that none is without them
    parts = [raw[start : start + _PART_BYTES] for start in range(0, len(raw), _PART_BYTES)]
    put_all(BodyPartItem, [BodyPartItem(pk, f"{number:03d}", raw=part, ttl=ttl) for number, part in enumerate(parts)])
    if is_about_erased(event.organization_id, delivery.contact_ids, event.at):
        remove(delivery)
        return False
    return True


def read(delivery: Delivery) -> bytes | None:
    """The body again, or None if it is gone."""
    parts = query(BodyPartItem, _pk(delivery), consistent_read=True)
    return b"".join(part.raw for part in parts) if parts else None


def remove(delivery: Delivery) -> None:
    delete_all([*_parts(_pk(delivery)), *_mentions(delivery, None)])


def is_about_erased(organization_id: str, contact_ids: Sequence[str], received_at: int) -> bool:
    """Whether one of the people was erased since the body came (epoch ms)."""
    for contact_id in contact_ids:
        pk = keys.contact_pk(organization_id, contact_id)
        kept = get(SuppressionItem, pk, keys.SUPPRESSION, consistent=True)
        if kept is not None and (kept.erased_at or 0) >= received_at:
            return True
    return False


def erase_mentioned(mentions: Sequence[BodyMentionItem]) -> None:
    """Erases the bodies that the notes lead to; their deliveries end as dropped."""
    for mention in mentions:
        delete_all(_parts(mention.place))


def _parts(pk: str) -> list[Item]:
    return [Item(pk, each.sk) for each in query(BodyPartItem, pk, consistent_read=True)]


def _pk(delivery: Delivery) -> str:
    return keys.waiting_body_pk(delivery.event.organization_id, delivery.subscription_id, delivery.event.id)


def _mentions(delivery: Delivery, ttl: int | None) -> list[BodyMentionItem]:
    event, place = delivery.event, _pk(delivery)
    sk = f"{keys.WAITING_BODY}{event.at:013d}#{delivery.subscription_id}#{event.id}"
    return [
        BodyMentionItem(keys.contact_pk(event.organization_id, each), sk, place=place, ttl=ttl)
        for each in delivery.contact_ids
    ]
