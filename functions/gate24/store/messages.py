"""Messages: stored once, in the order of the conversation, with what the day's ledger needs beside them.

An inbound message is stored once by its provider id; an outbound one is reserved before the BSP is called and
settled after. Times are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.condition import size

from gate24.rules.message_status import RANK
from gate24.rules.window import WINDOW_MS
from gate24.store import keys
from gate24.store.items import MessageItem, OrphanItem, ReservationItem, times
from gate24.store.keys import MessageKey
from gate24.store.table import Item, get, put_new, query, translated, update

RESERVATION_KEPT_SECONDS = 8 * 24 * 3600
"""Longer than the 7 days for which a key is promised to be honoured."""

ORPHAN_KEPT_SECONDS = 8 * 24 * 3600
"""Longer than Meta's 7 days of retries."""

_NEWEST, _LOOK_BACK = 4, 400
"""How many of a contact's newest messages are searched for the one that a status is about: first and at most."""


def _place(organization_id: str, key: MessageKey) -> dict[str, str]:
    return {"hash_key": keys.contact_pk(organization_id, key.contact), "range_key": key.sort}


def _item(organization_id: str, key: MessageKey) -> MessageItem:
    place = _place(organization_id, key)
    return MessageItem(place["hash_key"], place["range_key"])


def key_of(item: MessageItem) -> MessageKey:
    return keys.sort_to_key(item.pk.rsplit("#", 1)[1], item.sk)


def in_day(item: MessageItem, organization_id: str, day: str) -> None:
    """Puts the message into the ledger of that local day."""
    key = key_of(item)
    item.g = keys.day_partition(organization_id, day, key.contact)
    item.h = f"{key.at:013d}#{key.id}"


def add(organization_id: str, key: MessageKey, day: str | None, **fields: Any) -> bool:
    """Stores a message that is whole from the start (inbound, refused). False if it was there already."""
    item = _item(organization_id, key)
    for name, value in fields.items():
        setattr(item, name, value)
    if day is not None:
        in_day(item, organization_id, day)
    return put_new(item).applied


@dataclass(frozen=True, slots=True)
class Reserved:
    """What a reservation found. ``mine``: this call holds the key now. Else the key is somebody's: with the
    ``fingerprint`` of the body it was used for, its message and the end of its owner's lease."""

    mine: bool
    fingerprint: str
    message_id: str
    lease_until: int


def reserve(
    organization_id: str, idempotency_key: str, fingerprint: str, key: MessageKey, owner: str, lease_until: int
) -> Reserved:
    """Takes the idempotency key, or tells who has it. ``owner`` is unique to this call, so that the SDK's own
    repetition of a write that was lost on the way back is not taken for somebody else's."""
    item = ReservationItem(
        keys.reservation_pk(organization_id, idempotency_key),
        "RESERVATION",
        fingerprint=fingerprint,
        message_id=key.id,
        owner=owner,
        lease_until=lease_until,
        ttl=key.at // 1000 + RESERVATION_KEPT_SECONDS,
    )
    written = put_new(item)
    holder = None if written.applied else written.item(ReservationItem)
    if holder is None or holder.owner == owner:
        return Reserved(True, fingerprint, key.id, lease_until)
    return Reserved(False, holder.fingerprint, holder.message_id, int(holder.lease_until))


def release(organization_id: str, idempotency_key: str, owner: str) -> None:
    """Gives the key back: nothing was sent and the same request may be made again."""
    item = ReservationItem(keys.reservation_pk(organization_id, idempotency_key), "RESERVATION")
    with translated("DeleteItem"):
        from pynamodb.exceptions import DeleteError

        try:
            item.delete(ReservationItem.owner == owner)
        except DeleteError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise


def begin(organization_id: str, key: MessageKey, owner: str, lease_until: int, **fields: Any) -> bool:
    """Writes the message as ``sending``. False if somebody else already closed this key's message."""
    item = _item(organization_id, key)
    item.direction, item.status, item.owner, item.lease_until = "outbound", "sending", owner, lease_until
    for name, value in fields.items():
        setattr(item, name, value)
    written = put_new(item)
    holder = None if written.applied else written.item(MessageItem)
    return holder is None or holder.owner == owner


def settle(organization_id: str, key: MessageKey, status: str, day: str | None, **fields: Any) -> bool:
    """Ends the sending of a message, once: False if it was settled already (or is gone). ``fields``: what the
    outcome tells (provider_id, code, cost, answer, ledger, ...)."""
    item = _item(organization_id, key)
    actions = [MessageItem.status.set(status)]
    actions += [getattr(MessageItem, name).set(value) for name, value in fields.items() if value is not None]
    if day is not None:
        in_day(item, organization_id, day)
        actions += [Item.g.set(item.g), Item.h.set(item.h)]
    open_states = (
        MessageItem.status.is_in("sending", "unknown") if status != "unknown" else (MessageItem.status == "sending")
    )
    return update(item, actions, open_states).applied


def close_lost(organization_id: str, key: MessageKey, status: str, **fields: Any) -> None:
    """A reservation whose owner died: its message becomes unknown (or accepted, if a status proved it), whether
    it was begun or not, and so the owner, should it still live, can no longer begin it. One that was settled
    meanwhile takes the answer alone, if it has none. What was erased does not come back."""
    if settle(organization_id, key, status, None, **fields):
        return
    answer = [getattr(MessageItem, name).set(fields[name]) for name in ("answer", "answer_status")]
    kept = update(_item(organization_id, key), answer, Item.pk.exists() & MessageItem.answer.does_not_exist())
    if kept.applied or kept.image is not None or is_erased(organization_id, key):
        return
    add(organization_id, key, None, direction="outbound", status=status, **fields)


def keep_costs(organization_id: str, message: MessageItem) -> None:
    """What stays of a message that is erased: that it was there, and its place in the ledger, without the contact's
    key in its id."""
    key = key_of(message)
    erased = _erased_item(organization_id, key)
    erased.direction = erased.type = erased.status = "erased"
    erased.channel, erased.ledger = message.channel, message.ledger
    if message.g is not None:
        erased.g, erased.h = message.g, erased.sk
    put_new(erased)


def is_erased(organization_id: str, key: MessageKey) -> bool:
    """Whether there was a message at that key, which went with its contact."""
    item = _erased_item(organization_id, key)
    return get(MessageItem, item.pk, item.sk, consistent=True) is not None


def _erased_item(organization_id: str, key: MessageKey) -> MessageItem:
    return MessageItem(f"E#{organization_id}", f"{key.at:013d}#{keys.mark_of(key.id)}")


def find(organization_id: str, key: MessageKey) -> MessageItem | None:
    """The message at that key (consistent)."""
    place = _place(organization_id, key)
    return get(MessageItem, place["hash_key"], place["range_key"], consistent=True)


def newest_first(organization_id: str, contact: str, before: str | None = None, **kwargs: Any) -> Iterator[MessageItem]:
    """A contact's messages, newest first, read as far as they are taken. ``before``: a sort key to start under."""
    pk = keys.contact_pk(organization_id, contact)
    until = before or f"{keys.MESSAGE}~"
    condition = Item.sk.between(keys.MESSAGE, until)
    with translated("Query"):
        for item in MessageItem.query(pk, range_key_condition=condition, scan_index_forward=False, **kwargs):
            if item.sk != before:
                yield item


def opening_times(organization_id: str, contact: str, channel_id: str) -> Iterator[int]:
    """Times of the inbound messages that opened or extended the window of a channel, newest first."""
    for item in newest_first(organization_id, contact, consistent_read=True):
        if item.direction == "inbound" and item.channel == channel_id and (item.details or {}).get("opens"):
            yield key_of(item).at


def inbound_copies(organization_id: str, contacts: Iterable[str], provider_id: str, around: int) -> list[MessageItem]:
    """Where the contacts have this message of the provider's, within a day of ``around`` (consistent)."""
    first, last = (f"{keys.MESSAGE}{max(0, around + days * WINDOW_MS):013d}" for days in (-1, 1))
    return [
        item
        for contact in contacts
        for item in query(
            MessageItem,
            keys.contact_pk(organization_id, contact),
            range_key_condition=Item.sk.between(first, last),
            filter_condition=MessageItem.provider_id == provider_id,
            consistent_read=True,
        )
        if item.direction == "inbound"
    ]


def drop(items: Iterable[MessageItem]) -> None:
    """Takes away copies of a message that is stored elsewhere."""
    with translated("DeleteItem"):
        for item in items:
            item.delete()


def by_bsp_ids(organization_id: str, contacts: Iterable[str], bsp_ids: tuple[str, ...]) -> MessageItem | None:
    """The outgoing message which the BSP knows by one of the ids, among the contact's newest. Mostly it is one of
    the last few, so that reading these first costs a single read unit."""
    wanted = set(bsp_ids)
    for contact in contacts:
        for limit, at_a_time in ((_NEWEST, _NEWEST), (_LOOK_BACK, 100)):
            recent = newest_first(organization_id, contact, consistent_read=True, limit=limit, page_size=at_a_time)
            for item in recent:
                if item.direction == "outbound" and wanted & {item.provider_id, item.whatsapp_id}:
                    return item
    return None


def since(organization_id: str, contact: str, start: int) -> list[MessageItem]:
    """The contact's messages from ``start`` on, oldest first (consistent)."""
    pk = keys.contact_pk(organization_id, contact)
    condition = Item.sk.between(f"{keys.MESSAGE}{start:013d}", f"{keys.MESSAGE}~")
    return query(MessageItem, pk, range_key_condition=condition, consistent_read=True)


def add_status(item: MessageItem, status: str, at: int, **fields: Any) -> MessageItem | None:
    """Keeps a status of the message, once, with its first time. ``item``: the message as it was read; what it had
    been told by then chooses which write is tried first. Returns the message as it is then, None if it is gone."""
    one, target = MessageItem.statuses[status], MessageItem(item.pk, item.sk)
    also = [getattr(MessageItem, name).set(value) for name, value in fields.items() if value is not None]
    is_first = item.statuses is None
    while True:
        if is_first:
            condition = Item.pk.exists() & MessageItem.statuses.does_not_exist()
            written = update(target, [MessageItem.statuses.set({status: at}), *also], condition, "ALL_NEW")
        else:
            written = update(
                target, [one.set(at), *also], one.does_not_exist() & MessageItem.statuses.exists(), "ALL_NEW"
            )
        found = written.item(MessageItem)
        if written.applied or found is None or status in statuses_of(found):
            return found
        is_first = found.statuses is None


def statuses_of(item: MessageItem) -> dict[str, int]:
    """Status -> its first time."""
    return times(item.statuses)


def status_list(item: MessageItem) -> list[tuple[str, int]]:
    """The statuses in the order of their meaning."""
    said = statuses_of(item)
    return sorted(said.items(), key=lambda pair: (RANK.get(pair[0], 9), pair[1]))


def set_ledger(
    organization_id: str, item: MessageItem, ledger: str, day: str | None, cost: dict[str, Any] | None = None
) -> bool:
    """Corrects what the ledger knows of a message (it failed, it was billed, it got settled late), and its cost
    as the API shows it. False if its statuses or its ledger changed since ``item`` was read: then what was
    reckoned from it is out of date."""
    actions = [] if item.ledger == ledger else [MessageItem.ledger.set(ledger)]
    if cost is not None and item.cost != cost:
        actions.append(MessageItem.cost.set(cost))
    if day is not None and item.g is None:
        in_day(item, organization_id, day)
        actions += [Item.g.set(item.g), Item.h.set(item.h)]
    said = len(statuses_of(item))
    as_read = (
        size(MessageItem.statuses) == said  # type: ignore[no-untyped-call]
        if said
        else MessageItem.statuses.does_not_exist()
    )
    return not actions or update(item, actions, (MessageItem.ledger == item.ledger) & as_read).applied


def keep_orphan(organization_id: str, contact: str, mark: str, event: dict[str, Any], at: int) -> None:
    """A status or deduction that no message is known for yet; it waits beside the contact's messages."""
    put_new(
        OrphanItem(
            keys.contact_pk(organization_id, contact),
            f"{keys.ORPHAN}{at:013d}#{mark}",
            event=event,
            at=at,
            ttl=at // 1000 + ORPHAN_KEPT_SECONDS,
        )
    )


def orphans(organization_id: str, contact: str) -> list[OrphanItem]:
    """All waiting statuses of the contact, oldest first (consistent)."""
    pk = keys.contact_pk(organization_id, contact)
    return query(OrphanItem, pk, range_key_condition=Item.sk.startswith(keys.ORPHAN), consistent_read=True)


def drop_orphan(item: OrphanItem) -> None:
    with translated("DeleteItem"):
        item.delete()
