"""Text that is stored packed: DynamoDB bills each started kilobyte of an item at every write, and a queue takes
only so much."""

from __future__ import annotations

import gzip
import zlib
from base64 import b64decode, b64encode

from pynamodb.attributes import Attribute
from pynamodb.constants import BINARY

_KNOWN = (
    b'{"type": "https://gate24.example.org/problems/bsp_rejectedbsp_outcome_unknownwindow_closed", "title": "The ", '
    b'"status": 403, "detail": "The ", "code": "not_opted_in", "request_id": "", "retryable": false, '
    b'"allowed_actions": ["send_freeform", "send_template", "wait_for_inbound", "record_opt_in"], '
    b'{"id": "", "status": "accepted", "sent_as": "templatefreeform", "bsp_message_id": "wamid.", '
    b'"window": {"state": "closednever_openedopen", "opened_at": "2026-11-22T10:00:00.000Z", '
    b'"last_inbound_at": null, "expires_at": "2026-11-22T10:00:00.000Z", "seconds_left": 0, "closed_by": "lapsed"'
    b'null}, "server_time": "2026-11-22T10:00:00.000Z", "cost": {"amount": "0.0052", "currency": "USD", "lines": '
    b'[{"fee": "whatsapp", "amount": "0.0042"}, {"fee": "gupshup", "amount": "0.0010"}], "estimate": true}}'
)
"""What answers have in common. Part of the stored format: what was packed with it is read with it, so it stays."""

_GZIP = b"\x1f\x8b"
"""How gzip begins, in which version 0.1.0 packed what waits in the queue; no deflated text begins so."""


def pack(text: str) -> bytes:
    """The text deflated (RFC 1951), with phrases that the API's answers have in common as its dictionary."""
    packer = zlib.compressobj(9, wbits=-15, zdict=_KNOWN)
    return packer.compress(text.encode()) + packer.flush()


def unpack(packed: bytes) -> str:
    """The text again."""
    if packed.startswith(_GZIP):
        return gzip.decompress(packed).decode()
    unpacker = zlib.decompressobj(wbits=-15, zdict=_KNOWN)
    return (unpacker.decompress(packed) + unpacker.flush()).decode()


def unpack_start(packed: bytes, size: int) -> str:
    """The first ``size`` bytes of an ASCII text that ``pack`` packed."""
    return zlib.decompressobj(wbits=-15, zdict=_KNOWN).decompress(packed, size).decode()


def pack_letters(text: str) -> str:
    """The packed text in base64, for JSON."""
    return b64encode(pack(text)).decode()


def unpack_letters(letters: str) -> str:
    return unpack(b64decode(letters))


class PackedAttribute(Attribute[str]):
    """A text that is stored packed."""

    attr_type = BINARY

    def serialize(self, value: str) -> bytes:
        return pack(value)

    def deserialize(self, value: bytes) -> str:
        return unpack(value)
