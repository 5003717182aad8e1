"""Authentic events that were not understood: kept raw for a set time, and listed for staff."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gate24.events import ContactRef
from gate24.message_keys import short_hash
from gate24.store import keys
from gate24.store.items import DocumentItem, MentionItem
from gate24.store.packed_text import pack_letters, unpack_letters, unpack_start
from gate24.store.table import Item, contact_key, delete, get, put_all, put_new, query, translated

KEPT_SECONDS = 30 * 24 * 3600
_LARGEST = 300_000
"""Bytes of a kept event, with a margin below DynamoDB's 400 KB; what is larger is packed, and what is still too
large is cut."""

_NUMBERS = re.compile(r"(?<![0-9])[1-9][0-9]{4,14}(?![0-9])")
_USER_IDS = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\.[A-Za-z0-9]{1,128}(?![A-Za-z0-9])")
_MENTIONS_MOST = 60
"""Contacts beside whom an event is noted: whatever looks like a number counts, so most are nobody's."""


@dataclass(frozen=True, slots=True)
class UnrecognizedEvent:
    """``at``: when it came (epoch ms). ``text``: its JSON in ASCII, or as much of it as was asked for. ``is_whole``:
    False where it was so large that only the beginning is kept. ``position``: where it stands; later ones have greater
    ones."""

    channel_id: str
    reason: str
    at: int
    text: str
    is_whole: bool
    position: str

    @property
    def id(self) -> str:
        return self.position.replace("#", "-")


def keep(organization_id: str, channel_id: str, reason: str, raw: Any, received_at: int) -> None:
    """Keeps a raw event; the same event out of the queue again is the same item."""
    text = _as_text(raw)
    body: dict[str, Any] = {"channel": channel_id, "reason": reason, "at": received_at}
    packed = pack_letters(text) if len(json.dumps(text)) > _LARGEST else ""
    if not packed:
        body["raw"] = text
    else:
        body |= {"packed": packed} if len(packed) <= _LARGEST else {"raw": text[: _LARGEST // 2], "cut": True}
    sk, ttl = f"{received_at:013d}#{short_hash(channel_id, text)}", received_at // 1000 + KEPT_SECONDS
    put_all(MentionItem, _mentions(organization_id, text, sk, ttl))  # first, so that none is without them
    put_new(DocumentItem(_pk(organization_id), sk, body=body, ttl=ttl))


def newest(organization_id: str, before: str | None, at_a_time: int, letters: int) -> Iterator[UnrecognizedEvent]:
    """Kept events before a position, newest first, read as far as they are taken; of each so many letters."""
    condition = Item.sk < before if before else None
    with translated("Query"):
        for item in DocumentItem.query(
            _pk(organization_id), range_key_condition=condition, scan_index_forward=False, page_size=at_a_time
        ):
            yield _event(item, letters)


def event(organization_id: str, event_id: str) -> UnrecognizedEvent | None:
    """One kept event, or None."""
    item = get(DocumentItem, _pk(organization_id), event_id.replace("-", "#"))
    return None if item is None else _event(item)


def _mentions(organization_id: str, text: str, sk: str, ttl: int) -> list[MentionItem]:
    """Beside each contact whom the event may name: where it stands. So it is found when the contact is erased."""
    refs = [ContactRef(f"+{digits}") for digits in _NUMBERS.findall(text)]
    refs += [ContactRef(user_id=user_id) for user_id in _USER_IDS.findall(text)]
    contact_ids = sorted({keys.contact_id(contact_key(), organization_id, ref) for ref in refs})
    if len(contact_ids) > _MENTIONS_MOST:
        return [MentionItem(_of_many(organization_id), f"{keys.MENTION}{sk}", event=sk, ttl=ttl)]
    return [
        MentionItem(keys.contact_pk(organization_id, contact_id), f"{keys.MENTION}{sk}", event=sk, ttl=ttl)
        for contact_id in contact_ids
    ]


def delete_mentioned(organization_id: str, positions: list[str]) -> None:
    """Deletes the kept events that stand there."""
    for position in positions:
        delete(DocumentItem(_pk(organization_id), position))


def delete_among_many(organization_id: str, texts: list[str]) -> None:
    """Deletes the events that name very many contacts if one of the texts occurs in them (a person's number or id)."""
    for mention in query(MentionItem, _of_many(organization_id)):
        event = get(DocumentItem, _pk(organization_id), mention.event, consistent=True)
        if event is None or any(text in _text(event.body) for text in texts):
            delete_mentioned(organization_id, [mention.event])
            delete(mention)


def _of_many(organization_id: str) -> str:
    return f"UM#{organization_id}"


def _pk(organization_id: str) -> str:
    return f"U#{organization_id}"


def _as_text(raw: Any) -> str:
    """As JSON in ASCII: a lone surrogate, which a body may hold, is not UTF-8."""
    try:
        return json.dumps(raw, default=str)
    except RecursionError:
        return json.dumps("nested too deeply")


def _text(body: dict[str, Any]) -> str:
    return unpack_letters(body["packed"]) if "packed" in body else str(body["raw"])


def _event(item: DocumentItem, letters: int | None = None) -> UnrecognizedEvent:
    body = item.body
    if letters is not None and "packed" in body:
        text = unpack_start(b64decode(body["packed"]), letters)
    else:
        text = _text(body)[:letters]
    return UnrecognizedEvent(body["channel"], body["reason"], body["at"], text, not body.get("cut"), item.sk)
