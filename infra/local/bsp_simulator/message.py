"""Sends and messages as the simulator handles them, the same for both providers."""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from typing import Any

from bsp_simulator.config import Channel


@dataclass(frozen=True, slots=True)
class Send:
    """A well-formed, authorized call to send a message.

    ``contact``: the destination's digits, or Meta's user id. ``input``: the destination as the caller wrote it.
    ``category``: the price category; None for a template that the configuration lacks, whose statuses carry no price.
    ``reference``: the caller's ``biz_opaque_callback_data``, Meta only.
    """

    channel: Channel
    contact: str
    input: str
    freeform: bool
    category: str | None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class ImmediateAnswer:
    """The answer to a call that sends nothing: one that the provider would refuse, or a read receipt."""

    status: int
    body: dict[str, Any] | str


@dataclass(frozen=True, slots=True)
class AcceptedMessage:
    """A send that the provider accepted. ``id`` is the id in its answer, ``whatsapp_id`` is WhatsApp's.
    ``name``, ``user_id``: of the person, as far as they were told."""

    send: Send
    id: str
    whatsapp_id: str
    name: str
    user_id: str | None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message from a contact. ``content``: its type and content in the provider's format.

    ``contact``: digits, or the user id of somebody who hides the number. ``user_id``: Meta's, if it is told. ``at``:
    epoch ms.
    """

    id: str
    contact: str
    name: str
    at: int
    content: dict[str, Any]
    user_id: str | None = None


_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")


def is_user_id(value: Any) -> bool:
    """Whether it has the form of Meta's business-scoped user id."""
    return isinstance(value, str) and _USER_ID.fullmatch(value) is not None


FAILURE_REASONS = {
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
"""Reasons for the failure codes that scripts are likely to use; the codes are the providers' (read 2026-11)."""


def failure_reason(code: int) -> str:
    """The reason that a status webhook gives for a failure code."""
    return FAILURE_REASONS.get(code, "Message failed to send")


def price_type(category: str) -> tuple[str, bool]:
    """Meta's ``pricing.type`` and ``billable``: replies within the monthly free tier cost nothing (2026-10-01)."""
    return ("free_customer_service", False) if category == "service" else ("regular", True)


def new_whatsapp_id() -> str:
    """An id in WhatsApp's format. Unlike a real one, it does not contain a phone number."""
    return "wamid." + base64.b64encode(os.urandom(30)).decode()
