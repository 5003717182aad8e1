"""A message of a conversation, the id that names it, and a request to send one."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gate24.channels import Channel, Organization
from gate24.costs import Cost, LedgerEntry
from gate24.events import Media

Direction = Literal["inbound", "outbound"]
SentAs = Literal["freeform", "template"]
Stage = Literal["received", "sending", "accepted", "rejected", "refused", "unknown"]
"""What our own handling of a message has come to; what the provider says since is in its delivery statuses."""

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


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer to a send request as it was first given: its HTTP status and its body, kept for repetitions."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message, inbound, outbound or refused.

    ``statuses``: what the provider said of its delivery, each with its first time (epoch ms). ``provider_id`` and
    ``whatsapp_id``: the ids under which the provider knows it. ``owner``: the request that sends it, until
    ``lease_until`` (epoch ms). ``ledger``: what the day's costs know of it; ``in_ledger``: whether it stands in a
    day's ledger yet. ``opens_window``: whether a message of its type opens or extends the session window.
    """

    key: MessageKey
    direction: Direction
    type: str
    channel_id: str
    stage: Stage
    statuses: Mapping[str, int] = field(default_factory=dict)
    text: str | None = None
    media: Media | None = None
    template: Mapping[str, Any] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    opens_window: bool = False
    to: str | None = None
    sent_as: SentAs | None = None
    provider_id: str | None = None
    whatsapp_id: str | None = None
    code: str | None = None
    reason: str | None = None
    owner: str | None = None
    lease_until: int | None = None
    cost: Cost | None = None
    cost_is_estimate: bool = False
    ledger: LedgerEntry | None = None
    in_ledger: bool = False
    answer: StoredAnswer | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How the sending of a message ended. ``day``: the local day (``YYYY-MM-DD``) in whose ledger it stands from now
    on; None where it does not count yet."""

    stage: Stage
    day: str | None = None
    provider_id: str | None = None
    code: str | None = None
    reason: str | None = None
    ledger: LedgerEntry | None = None
    answer: StoredAnswer | None = None


@dataclass(frozen=True, slots=True)
class TemplateRequest:
    """A template as a caller asks for it: by name and language, with what fills its placeholders."""

    name: str
    language: str
    params: tuple[str, ...] = ()
    media: Media | None = None


@dataclass(frozen=True, slots=True)
class SendRequest:
    """A valid request to send. Exactly one of ``text``, ``media`` and ``template`` is there. ``body`` is the request
    as it came, ``fingerprint`` stands for the whole of it, whatever the order of its fields."""

    organization: Organization
    channel: Channel
    to: str
    contact_id: str
    text: str | None
    media: Media | None
    template: TemplateRequest | None
    fallback: TemplateRequest | None
    body: Mapping[str, Any]
    fingerprint: str

    @property
    def type(self) -> Literal["text", "media", "template"]:
        return "template" if self.template else "media" if self.media else "text"
