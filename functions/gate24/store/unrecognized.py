"""Authentic events that were not understood: kept raw for a set time, and listed for staff."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode, b64encode
from typing import Any

from gate24.store import keys
from gate24.store.items import DocumentItem
from gate24.store.table import Item, put_new, query, translated

KEPT_SECONDS = 30 * 24 * 3600
_LARGEST = 300_000
"""Bytes of a kept event, with a margin below DynamoDB's 400 KB; what is larger is packed, and what is still too
large is cut."""


def keep(organization_id: str, channel_id: str, reason: str, raw: Any, received_at: int) -> None:
    """Keeps a raw event; the same event out of the queue again is the same item."""
    text = _as_text(raw)
    body: dict[str, Any] = {"channel": channel_id, "reason": reason, "at": received_at}
    packed = b64encode(gzip.compress(text.encode())).decode() if len(json.dumps(text)) > _LARGEST else ""
    if not packed:
        body["raw"] = text
    else:
        body |= {"packed": packed} if len(packed) <= _LARGEST else {"raw": text[: _LARGEST // 2], "cut": True}
    sk = f"{received_at:013d}#{keys.mark_of(channel_id, text)}"
    put_new(DocumentItem(f"U#{organization_id}", sk, body=body, ttl=received_at // 1000 + KEPT_SECONDS))


def _as_text(raw: Any) -> str:
    """As JSON in ASCII: a lone surrogate, which a body may hold, is not UTF-8."""
    try:
        return json.dumps(raw, default=str)
    except RecursionError:
        return json.dumps("nested too deeply")


def newest(organization_id: str, limit: int, before: str | None = None) -> tuple[list[dict[str, Any]], str | None]:
    """Kept events, newest first, and where to go on (None: nowhere)."""
    with translated("Query"):
        condition = Item.sk < before if before else None
        found = DocumentItem.query(
            f"U#{organization_id}", range_key_condition=condition, scan_index_forward=False, limit=limit
        )
        items = list(found)
    return [_shown(item.body) for item in items], items[-1].sk if len(items) == limit else None


def forget(organization_id: str, needles: list[str]) -> int:
    """Deletes the kept events in which one of the texts occurs (a person's number or id); how many."""
    gone = 0
    for item in query(DocumentItem, f"U#{organization_id}"):
        text = _text(item.body)
        if any(needle in text for needle in needles):
            with translated("DeleteItem"):
                item.delete()
            gone += 1
    return gone


def _text(body: dict[str, Any]) -> str:
    return gzip.decompress(b64decode(body["packed"])).decode() if "packed" in body else str(body["raw"])


def _shown(body: dict[str, Any]) -> dict[str, Any]:
    text = _text(body)
    try:
        raw = json.loads(text)
    except ValueError:
        raw = text
    return {"channel": body["channel"], "reason": body["reason"], "at": body["at"], "raw": raw}
