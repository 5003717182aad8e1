"""The key of a message, the id that holds it, and the short hashes that tell things apart."""

from __future__ import annotations

import base64
import hashlib

from gate24.lazy_dataclass import dataclass

CONTACT_ID_BYTES = 15
_AT_BYTES, _SUFFIX_BYTES = 6, 6
_ID_BYTES = CONTACT_ID_BYTES + _AT_BYTES + _SUFFIX_BYTES


@dataclass(frozen=True, slots=True)
class MessageKey:
    """Where a message stands: its contact, its time (epoch ms) and 12 hexadecimal digits of its own.

    ``id`` is what the API shows: it holds the whole key, so that finding a message needs no index, and nothing
    of the number.
    """

    contact_id: str
    at: int
    suffix: str

    @property
    def id(self) -> str:
        return id_text(_bytes(self.contact_id) + self.at.to_bytes(_AT_BYTES, "big") + bytes.fromhex(self.suffix))


def message_key(message_id: str) -> MessageKey | None:
    """The key inside an id, or None if it is not one of ours."""
    raw = _bytes(message_id) if len(message_id) == _ID_BYTES * 4 // 3 else b""
    if len(raw) != _ID_BYTES:
        return None
    contact_id, rest = id_text(raw[:CONTACT_ID_BYTES]), raw[CONTACT_ID_BYTES:]
    key = MessageKey(contact_id, int.from_bytes(rest[:_AT_BYTES], "big"), rest[_AT_BYTES:].hex())
    return key if key.at < 10**13 and key.id == message_id else None


def suffix_of(message_id: str) -> str:
    """The suffix of the key inside an id, or the id itself if it is none: a suffix alone stays as it is."""
    is_id = len(message_id) == _ID_BYTES * 4 // 3
    return _bytes(message_id[-_SUFFIX_BYTES * 4 // 3 :]).hex() if is_id else message_id


def contact_id_of(message_id: str) -> str | None:
    """The contact's id in a message's id; None of a suffix alone, which is what an erasure leaves."""
    is_id = len(message_id) == _ID_BYTES * 4 // 3
    return message_id[: CONTACT_ID_BYTES * 4 // 3] if is_id else None


def short_hash(*parts: str) -> str:
    """Twelve hexadecimal digits that stand for the parts: the same parts, the same digits."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[: 2 * _SUFFIX_BYTES]


def id_text(raw: bytes) -> str:
    """URL-safe letters of an id's bytes."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        return b""
