"""What the simulator says of a message, whichever provider it goes through."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from typing import Any

from bsp_simulator.config import Channel


@dataclass(frozen=True, slots=True)
class Send:
    """A well-formed, authorized call to send a message.

    ``contact``: the destination's digits, or Meta's user id. ``given``: the destination as the caller wrote it.
    ``category``: of its price; None for a template that the configuration does not name, for which no price is told.
    ``reference``: the caller's ``biz_opaque_callback_data``, Meta only.
    """

    channel: Channel
    contact: str
    given: str
    freeform: bool
    category: str | None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that is answered at once and sends nothing: refused as the provider would, or not a message."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that the provider has taken. ``id`` is the one in its answer, ``whatsapp_id`` WhatsApp's own."""

    send: Send
    id: str
    whatsapp_id: str


@dataclass(frozen=True, slots=True)
class FromContact:
    """A message that a contact writes. ``part``: the message's own fields in the provider's format.

    ``contact``: digits. ``at``: epoch ms.
    """

    id: str
    contact: str
    name: str
    at: int
    part: dict[str, Any]


FAILURES = {
    470: "More than 24 hours have passed since the contact last wrote",
    1002: "The number is not on WhatsApp",
    1008: "The contact is not opted in and not active",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131049: "Not delivered, to maintain healthy ecosystem engagement",
    131050: "The contact stopped marketing messages from this business",
    131053: "Media upload error",
    132015: "Template is paused",
}
"""A reason for the codes that a script is likely to name; the codes are the providers' own (read 2026-11)."""


def failure_reason(code: int) -> str:
    """A text for the code of a failure."""
    return FAILURES.get(code, "Message failed to send")


def price_type(category: str) -> tuple[str, bool]:
    """Meta's ``pricing.type`` and ``billable``: replies within the monthly free tier cost nothing (2026-10-01)."""
    return ("free_customer_service", False) if category == "service" else ("regular", True)


def new_whatsapp_id() -> str:
    """An id in the shape of WhatsApp's, which unlike a real one holds no phone number."""
    return "wamid." + base64.b64encode(os.urandom(30)).decode()
