"""Authentic events that were not understood: kept raw for a set time, and listed for staff."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gate24.message_keys import short_hash
from gate24.store.items import DocumentItem
from gate24.store.packed_text import pack_letters, unpack_letters
from gate24.store.table import Item, delete, put_new, query, translated

KEPT_SECONDS = 30 * 24 * 3600
_LARGEST = 300_000
"""Bytes of a kept event, with a margin below DynamoDB's 400 KB; what is larger is packed, and what is still too
large is cut."""


@dataclass(frozen=True, slots=True)
class UnrecognizedEvent:
    """``at``: when it came (epoch ms). ``raw``: its JSON value, or the text of what was cut."""

    channel_id: str
    reason: str
    at: int
    raw: Any


def keep(organization_id: str, channel_id: str, reason: str, raw: Any, received_at: int) -> None:
    """Keeps a raw event; the same event out of the queue again is the same item."""
    text = _as_text(raw)
    body: dict[str, Any] = {"channel": channel_id, "reason": reason, "at": received_at}
    packed = pack_letters(text) if len(json.dumps(text)) > _LARGEST else ""
    if not packed:
        body["raw"] = text
    else:
        body |= {"packed": packed} if len(packed) <= _LARGEST else {"raw": text[: _LARGEST // 2], "cut": True}
    sk = f"{received_at:013d}#{short_hash(channel_id, text)}"
    put_new(DocumentItem(_pk(organization_id), sk, body=body, ttl=received_at // 1000 + KEPT_SECONDS))


def newest(organization_id: str, limit: int, before: str | None = None) -> tuple[list[UnrecognizedEvent], str | None]:
    """Kept events, newest first, and where to go on (None: nowhere)."""
    with translated("Query"):
        condition = Item.sk < before if before else None
        found = DocumentItem.query(
            _pk(organization_id), range_key_condition=condition, scan_index_forward=False, limit=limit
        )
        items = list(found)
    return [_event(item.body) for item in items], items[-1].sk if len(items) == limit else None


def delete_mentioning(organization_id: str, texts: list[str]) -> None:
    """Deletes the kept events in which one of the texts occurs (a person's number or id)."""
    for item in query(DocumentItem, _pk(organization_id)):
        kept = _text(item.body)
        if any(text in kept for text in texts):
            delete(item)


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


def _event(body: dict[str, Any]) -> UnrecognizedEvent:
    text = _text(body)
    try:
        raw = json.loads(text)
    except ValueError:
        raw = text
    return UnrecognizedEvent(body["channel"], body["reason"], body["at"], raw)
