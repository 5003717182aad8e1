"""A contact's message in Gupshup's version 2 format, as an event.

Source: docs.gupshup.io/docs/inbound-messages, text, media, interactive, other; read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gate24.events import ContactRef, Event, InboundMessage, Media, Unrecognized
from gate24.providers.cloud_messages import LIST_LIMIT, MEDIA_KINDS, contact_cards, location
from gate24.providers.fields import NAME_LIMIT, ident, items, kept, mapping, text
from gate24.rules.phone_numbers import parse_phone, parse_user_id

# Gupshup's name to gate24's, where they differ.
_TYPES = {"file": "document", "contact": "contacts", "quick_reply": "button_reply", "unknown": "unsupported"}


def parse_message(body: Mapping[str, Any], at: int) -> Event:
    """The event of a body of type ``message`` or ``order``. ``at`` is the envelope's time: the message itself
    carries none."""
    payload = mapping(body.get("payload"))
    sender, part = mapping(payload.get("sender")), mapping(payload.get("payload"))
    message_id, said = ident(payload.get("id")), text(payload.get("type"), 64)
    # sender.phone is blank now and then, and missing where the person hides the number.
    phone = parse_phone(sender.get("phone")) or parse_phone(payload.get("source"))
    user_id = parse_user_id(sender.get("userId"))
    if message_id is None or said is None:
        return Unrecognized("message without type or id", at, body)
    if phone is None and user_id is None:
        return Unrecognized("message without a sender", at, body)
    kind = _kind(body, said, part)
    return InboundMessage(
        contact=ContactRef(phone, user_id),
        provider_message_id=message_id,
        at=at,
        type=kind,
        name=text(sender.get("name"), NAME_LIMIT),
        text=_readable(kind, part),
        media=_media(kind, part) if kind in MEDIA_KINDS else None,
        details=_details(kind, part) | _context(mapping(payload.get("context"))),
    )


def _kind(body: Mapping[str, Any], said: str, part: Mapping[str, Any]) -> str:
    if body.get("type") == "order":
        return "order"
    # A tap on a template's button comes as quick_reply or as text (docs.gupshup.io/docs/interactive shows both).
    if said in ("quick_reply", "text") and part.get("type") == "button":
        return "button"
    return _TYPES.get(said, said)


def _readable(kind: str, part: Mapping[str, Any]) -> str | None:
    if kind in MEDIA_KINDS:
        return None
    if kind == "reaction":
        return text(part.get("emoji"), 64)
    return text(part.get("text")) or text(part.get("title"))


def _media(kind: str, part: Mapping[str, Any]) -> Media:
    return Media(
        kind=kind,
        url=text(part.get("url"), 2048),
        media_id=ident(part.get("id")),
        mime_type=text(part.get("contentType"), NAME_LIMIT),
        caption=text(part.get("caption")),
        filename=text(part.get("name"), NAME_LIMIT),
    )


def _details(kind: str, part: Mapping[str, Any]) -> dict[str, Any]:
    if kind in MEDIA_KINDS:
        return kept(url_expires_at=text(part.get("urlExpiry"), 32))
    if kind == "location":
        return location(part)
    if kind == "contacts":
        return {"contacts": contact_cards(part.get("contacts"))}
    if kind == "reaction":
        return kept(reaction_to=ident(part.get("gsId")) or ident(part.get("id")))
    return kept(
        reply_id=ident(part.get("id")),
        payload=text(part.get("postbackText"), NAME_LIMIT),
        description=text(part.get("description"), NAME_LIMIT),
    )


def _context(context: Mapping[str, Any]) -> dict[str, Any]:
    order = mapping(mapping(context.get("catalog")).get("order"))
    goods = [
        kept(
            id=ident(good.get("id")),
            quantity=text(good.get("quantity"), 32),
            price=text(good.get("amount"), 32),
            currency=text(good.get("currency"), 8),
        )
        for good in map(mapping, items(order.get("items"))[:LIST_LIMIT])
    ]
    return kept(
        # gsId is our own id of the message replied to; it may be null, empty or absent.
        reply_to=ident(context.get("gsId")) or ident(context.get("gs_id")) or ident(context.get("id")),
        forwarded=True if True in (context.get("forwarded"), context.get("frequently_forwarded")) else None,
        items=goods or None,
    )
