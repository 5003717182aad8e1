"""Names of things in the table: keys, ids and shards. Pure.

Everything of a person lies in one partition, named by a keyed hash of the number (or of Meta's user id), so
that no number stands in a key, one consistent query gives the gate all it needs, and erasure is the deletion
of a partition.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from gate24.events import ContactRef
from gate24.rules.phone_numbers import match_key

CONTACT = "A#CONTACT"
SUPPRESSION = "A#SUPPRESSION"
ALIAS = "A#ALIAS"
WINDOW = "A#W#"
STANDING = "A#"
"""What the gate reads of a contact: everything whose sort key starts so."""
MESSAGE = "M#"
CONSENT = "H#"
ORPHAN = "O#"

DAY_SHARDS = 8
LIST_SHARDS = 4
HOUR_MS = 3_600_000

_CONTACT_BYTES = 15
_MESSAGE_BYTES = _CONTACT_BYTES + 12


def contact_id(secret: bytes, organization_id: str, ref: ContactRef) -> str:
    """The contact's name in the table: 20 URL-safe characters. By number where there is one; the spellings of
    one Brazilian, Mexican or Argentinian number give one id."""
    identity = f"p{match_key(ref.phone)}" if ref.phone else f"u{ref.user_id}"
    digest = hmac.new(secret, f"{organization_id}\0{identity}".encode(), hashlib.sha256).digest()
    return _text(digest[:_CONTACT_BYTES])


@dataclass(frozen=True, slots=True)
class MessageKey:
    """Where a message lies. ``id`` is what the API shows: it holds the whole key, so that finding a message
    needs no index, and nothing of the number."""

    contact: str
    at: int
    mark: str

    @property
    def id(self) -> str:
        return _text(_bytes(self.contact) + self.at.to_bytes(6, "big") + bytes.fromhex(self.mark))

    @property
    def sort(self) -> str:
        return f"{MESSAGE}{self.at:013d}#{self.mark}"


def message_key(message_id: str) -> MessageKey | None:
    """The key inside an id, or None if it is not one of ours."""
    raw = _bytes(message_id) if len(message_id) == _MESSAGE_BYTES * 4 // 3 else b""
    if len(raw) != _MESSAGE_BYTES:
        return None
    at = int.from_bytes(raw[_CONTACT_BYTES : _CONTACT_BYTES + 6], "big")
    key = MessageKey(_text(raw[:_CONTACT_BYTES]), at, raw[_CONTACT_BYTES + 6 :].hex())
    return key if at < 10**13 and key.id == message_id else None


def sort_to_key(contact: str, sort: str) -> MessageKey:
    """The key of a message's item."""
    _, at, mark = sort.split("#")
    return MessageKey(contact, int(at), mark)


def mark_of(*parts: str) -> str:
    """Twelve hexadecimal digits that stand for the parts: the same parts, the same mark."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def contact_pk(organization_id: str, contact: str) -> str:
    return f"C#{organization_id}#{contact}"


def reservation_pk(organization_id: str, idempotency_key: str) -> str:
    return f"I#{organization_id}#{hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]}"


def day_partitions(organization_id: str, day: str) -> list[str]:
    """The partitions of the ledger of one local day (``YYYY-MM-DD``)."""
    return [f"L#{organization_id}#{day}#{shard}" for shard in range(DAY_SHARDS)]


def day_partition(organization_id: str, day: str, contact: str) -> str:
    return f"L#{organization_id}#{day}#{_shard(contact, DAY_SHARDS)}"


def list_partitions(organization_id: str) -> list[str]:
    """The partitions of an organization's list of contacts."""
    return [f"W#{organization_id}#{shard}" for shard in range(LIST_SHARDS)]


def list_partition(organization_id: str, contact: str) -> str:
    return f"W#{organization_id}#{_shard(contact, LIST_SHARDS)}"


def list_sort(expires_at: int, contact: str, channel_id: str) -> str:
    """A row of the list: only the hour in which the window ends, so that most messages do not move it.
    A contact without a window has hour 0 and no channel."""
    return f"{expires_at // HOUR_MS:07d}#{contact}#{channel_id}"


def _shard(text: str, count: int) -> int:
    return hashlib.sha256(text.encode()).digest()[0] % count


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        return b""
