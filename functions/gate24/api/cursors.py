"""Cursors: where a list goes on. Opaque, and sealed for one organization and one list, so that they can be
neither read for keys nor carried to another tenant. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

_SEAL_BYTES = 12


def seal(secret: bytes, organization_id: str, purpose: str, position: Any) -> str:
    """A cursor for a position, which is JSON data. ``purpose`` names the list with its filters."""
    data = json.dumps(position, separators=(",", ":")).encode()
    return urlsafe_b64encode(_mac(secret, organization_id, purpose, data) + data).decode().rstrip("=")


def open_sealed(secret: bytes, organization_id: str, purpose: str, cursor: str) -> Any:
    """The position again; ValueError if the cursor is not one of this organization's for this list."""
    raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    mac, data = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
    if not hmac.compare_digest(mac, _mac(secret, organization_id, purpose, data)):
        raise ValueError("not a cursor of this list")
    return json.loads(data)


def _mac(secret: bytes, organization_id: str, purpose: str, data: bytes) -> bytes:
    text = f"cursor\0{organization_id}\0{purpose}\0".encode() + data
    return hmac.new(secret, text, hashlib.sha256).digest()[:_SEAL_BYTES]
