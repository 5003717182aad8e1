"""Messages that were sent around gate24: which of the contact's messages it is that the BSP knows by an id.

The first that is stored for an id takes it, so that a message stands once, however many statuses and echoes of it come
at once. A pointer holds a hash of the id and the message's place, for as long as a status may come.
"""

from __future__ import annotations

from collections.abc import Sequence

from gate24.message_keys import MessageKey, short_hash
from gate24.messages import Message
from gate24.store import keys, messages
from gate24.store.items import SentAroundItem
from gate24.store.table import Item, delete_all, get, put, put_new


def key_of(organization_id: str, contact_id: str, channel_id: str, bsp_ids: Sequence[str]) -> MessageKey | None:
    """Where the message of one of the ids stands (consistent); None if none was stored."""
    pk = keys.contact_pk(organization_id, contact_id)
    for bsp_id in bsp_ids:
        found = get(SentAroundItem, pk, _sort(channel_id, bsp_id), consistent=True)
        if found is not None:
            return keys.message_key(pk, found.message)
    return None


def take(organization_id: str, key: MessageKey, channel_id: str, bsp_ids: Sequence[str]) -> MessageKey:
    """Takes the ids for the message of that key. Returns the key under which it is to be stored: another one where a
    message of one of the ids was stored before."""
    pk = keys.contact_pk(organization_id, key.contact_id)
    message, ttl = keys.message_sort(key), key.at // 1000 + messages.TOLD_SECONDS
    items = [SentAroundItem(pk, _sort(channel_id, bsp_id), message=message, ttl=ttl) for bsp_id in bsp_ids]
    taken = message
    for number, item in enumerate(items):
        item.message = taken
        written = put_new(item)
        holder = None if written.applied else written.item(SentAroundItem)
        if holder is not None and holder.message != taken:
            taken = holder.message
            for each in items[:number]:
                each.message = taken
                put(each)
    return keys.message_key(pk, taken)


def find(organization_id: str, contact_id: str, channel_id: str, bsp_ids: Sequence[str]) -> Message | None:
    """The message of one of the ids (consistent); None if none is stored."""
    key = key_of(organization_id, contact_id, channel_id, bsp_ids)
    return None if key is None else messages.find(organization_id, key)


def forget(organization_id: str, sent: Sequence[Message]) -> None:
    """Deletes what points to the messages."""
    delete_all(
        [
            Item(keys.contact_pk(organization_id, each.key.contact_id), _sort(each.channel_id, bsp_id))
            for each in sent
            for bsp_id in sorted(filter(None, {each.provider_id, each.whatsapp_id}))
        ]
    )


def _sort(channel_id: str, bsp_id: str) -> str:
    return f"{keys.SENT_AROUND}{short_hash(channel_id, bsp_id)}"
