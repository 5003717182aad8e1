"""A delivery status in Meta's format (``statuses[]`` of a webhook) as an event.

Source: Meta, statuses reference, updated 2026-09; Gupshup, partner-docs passthrough-v3-incoming-events; read
2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from gate24.events import ContactRef, DeliveryStatus, Event, Failure, Noted, Pricing, StatusChanged, Unrecognized
from gate24.providers.cloud_calls import parse_call_status
from gate24.providers.fields import NAME_LIMIT, distinct, flag, ident, items, mapping, text, word
from gate24.providers.webhook_kinds import META, STATUS, noted_at
from gate24.rules.phone_numbers import parse_user_id, provider_phone
from gate24.rules.times import provider_time_ms

STATUSES: dict[str, DeliveryStatus] = {status: status for status in get_args(DeliveryStatus)}
"""The delivery statuses by the providers' names of them, which are gate24's own."""

_NOTED_STATUSES = noted_at(META, STATUS)


def parse_status(item: Any, received_at: int) -> Event:
    """The event of one status. Gupshup adds ``gs_id``, the status ``enqueued``, failures with ``code`` and ``reason``
    in the status itself, and the probe ``set-callback``."""
    status = mapping(item)
    at = provider_time_ms(status.get("timestamp"), received_at)
    name = word(status.get("status"))
    if name is None and status.get("type") == "set-callback":
        return Noted("set-callback", at)
    if status.get("type") == "call":
        return parse_call_status(item, received_at)
    if name in _NOTED_STATUSES:
        return Noted(f"status_{name}", at)
    if status.get("recipient_type") == "group":
        return Noted("group_status", at)
    delivery_status = STATUSES.get(name or "")
    whatsapp_id = ident(status.get("id"))
    bsp_ids = distinct(ident(status.get("gs_id")), whatsapp_id)
    our_id = ident(status.get("biz_opaque_callback_data"))
    price = mapping(status.get("pricing"))
    if delivery_status is None or not (bsp_ids or our_id):
        return Unrecognized("status unknown or without id", at, item)
    return StatusChanged(
        contact=_recipient(status),
        at=at,
        status=delivery_status,
        bsp_ids=bsp_ids,
        message_id=our_id,
        whatsapp_id=whatsapp_id if delivery_status == "enqueued" else None,
        failure=_failure(status) if delivery_status == "failed" else None,
        pricing=read_pricing(price, price.get("pricing_model"), status.get("conversation")),
    )


def _recipient(status: Mapping[str, Any]) -> ContactRef | None:
    phone = provider_phone(status.get("recipient_id"))
    user_id = parse_user_id(status.get("recipient_user_id"))
    return ContactRef(phone, user_id) if phone or user_id else None


def _failure(status: Mapping[str, Any]) -> Failure:
    error = next(map(mapping, items(status.get("errors"))), status)
    details = text(mapping(error.get("error_data")).get("details"), NAME_LIMIT)
    reason = details or text(error.get("title"), NAME_LIMIT) or text(error.get("reason"), NAME_LIMIT)
    return Failure(ident(error.get("code")) or "unknown", reason)


def read_pricing(pricing: Mapping[str, Any], model: object, conversation: object) -> Pricing | None:
    """What a status says of the price, or None. ``model`` is given apart: each provider names that field otherwise.
    ``conversation``: the object that stands beside it."""
    if not pricing:
        return None
    model_name = word(model)
    return Pricing(
        category=word(pricing.get("category")),
        type=word(pricing.get("type")),
        model=model_name.upper() if model_name else None,
        billable=flag(pricing.get("billable")),
        subtype=word(pricing.get("subtype")),
        conversation=ident(mapping(conversation).get("id")),
    )
