"""Text that is stored packed: DynamoDB bills each started kilobyte of an item at every write."""

from __future__ import annotations

import zlib

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


class PackedAttribute(Attribute[str]):
    """A text of the API's answers, deflated (RFC 1951) with their common phrases as its dictionary."""

    attr_type = BINARY

    def serialize(self, value: str) -> bytes:
        packer = zlib.compressobj(9, wbits=-15, zdict=_KNOWN)
        return packer.compress(value.encode()) + packer.flush()

    def deserialize(self, value: bytes) -> str:
        unpacker = zlib.decompressobj(wbits=-15, zdict=_KNOWN)
        return (unpacker.decompress(value) + unpacker.flush()).decode()
