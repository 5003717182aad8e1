"""A contact's message in Gupshup's version 2 format as events.

Source: docs.gupshup.io/docs/inbound-messages, text, media, interactive, other; read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gate24.events import UNKNOWN_TYPE, ContactRef, Event, InboundMessage, Media, Unrecognized
from gate24.providers.cloud_content import MEDIA_TYPES, Content, contact_cards, location, read_content
from gate24.providers.cloud_objects import (
    LIST_LIMIT,
    button_object,
    contact_objects,
    context_object,
    location_object,
    order_object,
    product_item,
    reaction_object,
    referral_object,
    reply_object,
    unsupported_object,
)
from gate24.providers.fields import NAME_LIMIT, distinct, ident, items, mapping, text, without_none
from gate24.providers.webhook_kinds import GUPSHUP_V2, V2_MESSAGE, renamed_at
from gate24.rules.phone_numbers import parse_user_id, provider_phone

_RENAMED_TYPES = renamed_at(GUPSHUP_V2, V2_MESSAGE)

# Fields of the content by which its type is known where ``payload.type`` is missing, the most telling first: only a
# list reply has a description, only replies have a title.
_TYPES_BY_FIELD = {
    "contacts": "contacts",
    "latitude": "location",
    "emoji": "reaction",
    "description": "list_reply",
    "title": "button_reply",
    "text": "text",
}


def parse_message(body: Mapping[str, Any], at: int) -> list[Event]:
    """The events of a body of type ``message`` or ``order``. ``at`` is the envelope's time (epoch ms): the message has
    none of its own.

    Whatever has an id and a sender is an inbound message, because WhatsApp opened the window. If its content cannot be
    read, it has the type ``unknown``, and the raw body follows as ``Unrecognized`` for operators to see.
    """
    payload = mapping(body.get("payload"))
    sender, message_id = mapping(payload.get("sender")), ident(payload.get("id"))
    # sender.phone is sometimes blank, and missing where the person hides the number.
    phone = provider_phone(sender.get("phone")) or provider_phone(payload.get("source"))
    user_id = parse_user_id(sender.get("userId"))
    if message_id is None:
        return [Unrecognized("message without id", at, body)]
    if phone is None and user_id is None:
        return [Unrecognized("message without a sender", at, body)]
    content = _content(body, payload)
    inbound = InboundMessage(
        contact=ContactRef(phone, user_id),
        provider_message_id=message_id,
        at=at,
        type=content.type if content else UNKNOWN_TYPE,
        name=text(sender.get("name"), NAME_LIMIT),
        text=content.text if content else None,
        payloads=content.payloads if content else (),
        media=content.media if content else None,
        details=(content.details if content else {}) | _context(mapping(payload.get("context"))),
        content={**(content.objects if content else {}), **_context_objects(payload)},
        refers_to=(content.refers_to if content else ()) or _replies_to(payload),
    )
    return [inbound] if content else [inbound, Unrecognized("message of unknown type", at, body)]


def _content(body: Mapping[str, Any], payload: Mapping[str, Any]) -> Content | None:
    part = mapping(payload.get("payload"))
    named = "order" if body.get("type") == "order" else text(payload.get("type"), 64) or _type_by_content(part)
    if named is None:
        return None
    try:
        message_type = _message_type(named, part)
        if message_type == "edit":
            return _edit(part)
        media = _media(message_type, part) if message_type in MEDIA_TYPES else None
        details, payloads = _details(message_type, part), _payloads(message_type, part)
        objects, refers_to = _objects(message_type, part, payload), _refers_to(message_type, part)
        return Content(message_type, _readable(message_type, part), media, details, payloads, objects, refers_to)
    except Exception:  # a fault of the parser's own must not keep the window shut
        return None


def _edit(part: Mapping[str, Any]) -> Content:
    """Gupshup documents no edit in version 2 (searched 2026-11). Where one comes, its text is read as a text's, or as
    in Meta's format."""
    content = read_content("edit", {"edit": part})
    return content._replace(text=content.text or text(part.get("text")))


def _objects(message_type: str, part: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the message holds beside text and file, in Meta's shape. Behind a button or row stands its
    ``postbackText``, or its title; ``id`` is the organization's name of the message that had the buttons."""
    title = part.get("title") or part.get("text")
    match message_type:
        case "button":
            return {"button": button_object(part.get("text") or part.get("title"), part.get("postbackText"))}
        case "button_reply" | "list_reply":
            chosen = {**part, "id": part.get("postbackText") or title, "title": title}
            chosen = {name: chosen.get(name) for name in ("id", "title", "description")}
            return {"interactive": reply_object(message_type, chosen)}
        case "contacts":
            return {"contacts": contact_objects(part.get("contacts"))}
        case "location":
            return {"location": location_object(part)}
        case "order":
            return {"order": _order_object(part, mapping(mapping(payload.get("context")).get("catalog")))}
        case "reaction":
            return {"reaction": reaction_object(next(iter(_refers_to("reaction", part)), None), part.get("emoji"))}
        case "unsupported":
            return {"unsupported": unsupported_object(part, payload.get("errors"))}
        case _:
            return {}


def _refers_to(message_type: str, part: Mapping[str, Any]) -> tuple[str, ...]:
    return distinct(ident(part.get("gsId")), ident(part.get("id"))) if message_type == "reaction" else ()


def _order_object(part: Mapping[str, Any], catalog: Mapping[str, Any]) -> dict[str, Any]:
    goods = [
        product_item(good.get("id"), good.get("quantity"), good.get("amount"), good.get("currency"))
        for good in map(mapping, items(mapping(catalog.get("order")).get("items"))[:LIST_LIMIT])
    ]
    return order_object(catalog.get("id"), part.get("text"), goods)


def _payloads(message_type: str, part: Mapping[str, Any]) -> tuple[str, ...]:
    """What stands behind a button or row, and a second title. ``id`` is the organization's name of the message that
    had the buttons, and ``reply`` is the title with a number."""
    if message_type not in ("button", "button_reply", "list_reply"):
        return ()
    title = text(part.get("title")) if part.get("text") else None
    return distinct(text(part.get("postbackText"), NAME_LIMIT), title)


def _type_by_content(part: Mapping[str, Any]) -> str | None:
    """The type of a message that names none, or None. A file's is in its MIME type; only stickers are WebP (Meta,
    Cloud API media reference, read 2026-11)."""
    mime_type = text(part.get("contentType"), NAME_LIMIT)
    if mime_type is None:
        return next((named for field, named in _TYPES_BY_FIELD.items() if part.get(field) is not None), None)
    main_type = mime_type.partition("/")[0]
    if mime_type == "image/webp":
        return "sticker"
    return main_type if main_type in MEDIA_TYPES else "document"


def _message_type(named: str, part: Mapping[str, Any]) -> str:
    # A tap on a template's button comes as quick_reply or as text (docs.gupshup.io/docs/interactive shows both).
    if named in ("quick_reply", "text") and part.get("type") == "button":
        return "button"
    return _RENAMED_TYPES.get(named, named)


def _readable(message_type: str, part: Mapping[str, Any]) -> str | None:
    if message_type in MEDIA_TYPES:
        return None
    if message_type == "reaction":
        return text(part.get("emoji"), 64)
    return text(part.get("text")) or text(part.get("title"))


def _media(message_type: str, part: Mapping[str, Any]) -> Media:
    return Media(
        kind=message_type,
        url=text(part.get("url"), 2048),
        media_id=ident(part.get("id")),
        mime_type=text(part.get("contentType"), NAME_LIMIT),
        caption=text(part.get("caption")),
        filename=text(part.get("name"), NAME_LIMIT),
    )


def _details(message_type: str, part: Mapping[str, Any]) -> dict[str, Any]:
    if message_type in MEDIA_TYPES:
        return without_none(url_expires_at=text(part.get("urlExpiry"), 32))
    if message_type == "location":
        return location(part)
    if message_type == "contacts":
        return {"contacts": contact_cards(part.get("contacts"))}
    if message_type == "reaction":
        return without_none(reaction_to=ident(part.get("gsId")) or ident(part.get("id")))
    return without_none(
        reply_id=ident(part.get("id")),
        payload=text(part.get("postbackText"), NAME_LIMIT),
        description=text(part.get("description"), NAME_LIMIT),
    )


def _context_objects(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Gupshup documents no referral in version 2 (searched 2026-11); one in Meta's shape is read."""
    context = context_object(mapping(payload.get("context")))
    return without_none(context=context or None, referral=referral_object(mapping(payload.get("referral"))) or None)


def _replies_to(payload: Mapping[str, Any]) -> tuple[str, ...]:
    context = mapping(payload.get("context"))
    return distinct(*(ident(context.get(name)) for name in ("gsId", "gs_id", "id")))


def _context(context: Mapping[str, Any]) -> dict[str, Any]:
    order = mapping(mapping(context.get("catalog")).get("order"))
    goods = [
        without_none(
            id=ident(good.get("id")),
            quantity=text(good.get("quantity"), 32),
            price=text(good.get("amount"), 32),
            currency=text(good.get("currency"), 8),
        )
        for good in map(mapping, items(order.get("items"))[:LIST_LIMIT])
    ]
    return without_none(
        # gsId is Gupshup's id of the message of ours that is replied to; it may be null, empty or absent.
        reply_to=ident(context.get("gsId")) or ident(context.get("gs_id")) or ident(context.get("id")),
        forwarded=True if True in (context.get("forwarded"), context.get("frequently_forwarded")) else None,
        items=goods or None,
    )
