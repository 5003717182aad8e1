"""What is in a contact's message in Meta's format, type by type.

Source: Meta, messages webhook reference, updated 2026-05, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from gate24.events import Media
from gate24.providers.cloud_objects import (
    LIST_LIMIT,
    button_object,
    contact_objects,
    location_object,
    order_object,
    product_item,
    reaction_object,
    reply_object,
    unsupported_object,
)
from gate24.providers.fields import NAME_LIMIT, distinct, ident, items, mapping, text, without_none
from gate24.providers.webhook_kinds import INTERACTIVE, MESSAGE, META, renamed_at

MEDIA_TYPES = frozenset({"image", "video", "audio", "document", "sticker"})

_TYPES_NAMED_BY_CONTENT = MEDIA_TYPES | {
    *("text", "location", "contacts", "order", "button", "interactive", "reaction"),
    *("system", "edit", "revoke", "unsupported"),
}
"""Types whose content is in a field of the same name."""

_RENAMED_TYPES = renamed_at(META, MESSAGE)
_RENAMED_INTERACTIVE_TYPES = renamed_at(META, INTERACTIVE)

_PAYLOADS = {"button": "payload", "button_reply": "reply_id", "list_reply": "reply_id"}
"""The detail that is what the organization put behind the title of a button or row."""


class Content(NamedTuple):
    """A message's content in gate24's words: see the fields of ``events.InboundMessage``."""

    type: str
    text: str | None
    media: Media | None
    details: dict[str, Any]
    payloads: tuple[str, ...] = ()
    objects: Mapping[str, Any] = MappingProxyType({})
    refers_to: tuple[str, ...] = ()


def named_type(message: Mapping[str, Any]) -> str | None:
    """Meta's name of the message's type; without ``type``, the one that its only field of content names, or None.

    Meta's examples of locations and contacts have no ``type`` (webhook notification payload examples, as of 2025).
    """
    written = text(message.get("type"), 64)
    if written is not None:
        return written
    named = [name for name in _TYPES_NAMED_BY_CONTENT if message.get(name) is not None]
    return named[0] if len(named) == 1 else None


def read_content(message_type: str, message: Mapping[str, Any]) -> Content:
    """The content of a message of the type that Meta names ``message_type``."""
    part = mapping(message.get(message_type))
    if message_type == "edit":
        return _edit(part)
    objects, refers_to = _objects(message_type, part, message), _refers_to(message_type, part)
    if message_type == "interactive":
        message_type, readable, details = _interactive(part)
    else:
        message_type = _RENAMED_TYPES.get(message_type, message_type)
        readable, details = _readable(message_type, part), _details(message_type, part, message)
    media = _media(message_type, mapping(message.get(message_type))) if message_type in MEDIA_TYPES else None
    payload = details.get(_PAYLOADS.get(message_type, ""))
    return Content(message_type, readable, media, details, (payload,) if payload else (), objects, refers_to)


def _edit(part: Mapping[str, Any]) -> Content:
    """The new content of a message that the person changed: ``edit.message`` is as a message (Meta, edit messages
    webhook reference, updated 2026-06-11)."""
    edited = mapping(part.get("message"))
    edited_type = named_type(edited)
    original_id = without_none(original_message_id=ident(part.get("original_message_id")))
    objects, refers_to = _objects("edit", part, edited), _refers_to("edit", part)
    if edited_type is None or edited_type == "edit":
        return Content("edit", None, None, original_id, objects=objects, refers_to=refers_to)
    content = read_content(edited_type, edited)
    objects = {**content.objects, **objects}
    return Content("edit", content.text, content.media, content.details | original_id, (), objects, refers_to)


def _objects(message_type: str, part: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
    """What the message holds beside text and file, by the name of its field in a message of the API."""
    match message_type:
        case "button":
            return {"button": button_object(part.get("text"), part.get("payload"))}
        case "contacts":
            return {"contacts": contact_objects(message.get("contacts"))}
        case "edit" | "revoke":
            return {message_type: without_none(message_id=ident(part.get("original_message_id")))}
        case "interactive":
            reply_type = text(part.get("type"), 64)
            return {"interactive": reply_object(reply_type, mapping(part.get(reply_type)))} if reply_type else {}
        case "location":
            return {"location": location_object(part)}
        case "order":
            return {"order": _order_object(part)}
        case "reaction":
            return {"reaction": reaction_object(ident(part.get("message_id")), part.get("emoji"))}
        case "unsupported" | "unknown":
            return {"unsupported": unsupported_object(part, message.get("errors"))}
        case _:
            return {}


def _refers_to(message_type: str, part: Mapping[str, Any]) -> tuple[str, ...]:
    match message_type:
        case "reaction":
            return distinct(ident(part.get("message_id")))
        case "edit" | "revoke":
            return distinct(ident(part.get("original_message_id")))
        case _:
            return ()


def _order_object(part: Mapping[str, Any]) -> dict[str, Any]:
    goods = [
        product_item(
            good.get("product_retailer_id"), good.get("quantity"), good.get("item_price"), good.get("currency")
        )
        for good in map(mapping, items(part.get("product_items"))[:LIST_LIMIT])
    ]
    return order_object(part.get("catalog_id"), part.get("text"), goods)


def _readable(message_type: str, part: Mapping[str, Any]) -> str | None:
    match message_type:
        case "text":
            return text(part.get("body"))
        case "button" | "order":
            return text(part.get("text"))
        case "reaction":
            # No emoji, or an empty one, takes the reaction back.
            return text(part.get("emoji"), 64)
        case _:
            return None


def _details(message_type: str, part: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
    match message_type:
        case "button":
            return without_none(payload=text(part.get("payload"), NAME_LIMIT))
        case "reaction":
            return without_none(reaction_to=ident(part.get("message_id")))
        case "revoke":
            return without_none(original_message_id=ident(part.get("original_message_id")))
        case "location":
            return location(part)
        case "contacts":
            return {"contacts": contact_cards(message.get("contacts"))}
        case "order":
            return _order(part)
        case "unsupported":
            code = next((ident(mapping(error).get("code")) for error in items(message.get("errors"))), None)
            return without_none(code=code, unsupported_type=text(part.get("type"), 64))
        case _:
            return without_none(voice=True if part.get("voice") is True else None)


def _interactive(part: Mapping[str, Any]) -> tuple[str, str | None, dict[str, Any]]:
    """The type of the reply, its title and the rest of it."""
    reply_type = text(part.get("type"), 64)
    if reply_type is None:
        return "interactive", None, {}
    reply = mapping(part.get(reply_type))
    details = without_none(
        reply_id=ident(reply.get("id")),
        description=text(reply.get("description"), NAME_LIMIT),
        flow=text(reply.get("name"), NAME_LIMIT),
        flow_response=text(reply.get("response_json"), 32_768),
        response=text(reply.get("response"), 64),
    )
    title = text(reply.get("title"), 4096) or text(reply.get("body"), 4096)
    return _RENAMED_INTERACTIVE_TYPES.get(reply_type, reply_type), title, details


def _media(media_type: str, part: Mapping[str, Any]) -> Media:
    return Media(
        kind=media_type,
        url=text(part.get("url"), 2048),
        media_id=ident(part.get("id")),
        mime_type=text(part.get("mime_type"), NAME_LIMIT),
        caption=text(part.get("caption")),
        filename=text(part.get("filename"), NAME_LIMIT),
        sha256=text(part.get("sha256"), 64),
        voice=True if part.get("voice") is True else None,
        animated=True if part.get("animated") is True else None,
    )


def location(part: Mapping[str, Any]) -> dict[str, Any]:
    """A place, with its coordinates as decimal text: Gupshup sends strings, Meta numbers."""
    return without_none(
        latitude=_decimal(part.get("latitude")),
        longitude=_decimal(part.get("longitude")),
        name=text(part.get("name"), NAME_LIMIT),
        address=text(part.get("address"), 1024),
    )


def _decimal(value: object) -> str | None:
    return repr(value) if isinstance(value, float) else text(value, 32)


def contact_cards(cards: object) -> list[dict[str, Any]]:
    """Names and numbers of the contact cards in a message."""
    return [
        without_none(
            name=text(mapping(card.get("name")).get("formatted_name"), NAME_LIMIT),
            phones=[
                phone
                for entry in items(card.get("phones"))[:LIST_LIMIT]
                if (phone := text(mapping(entry).get("phone"), 64)) is not None
            ],
        )
        for card in map(mapping, items(cards)[:LIST_LIMIT])
    ]


def _order(part: Mapping[str, Any]) -> dict[str, Any]:
    goods = [
        without_none(
            id=ident(good.get("product_retailer_id")),
            quantity=_decimal(good.get("quantity")),
            price=_decimal(good.get("item_price")),
            currency=text(good.get("currency"), 8),
        )
        for good in map(mapping, items(part.get("product_items"))[:LIST_LIMIT])
    ]
    return without_none(catalog_id=ident(part.get("catalog_id")), items=goods)
