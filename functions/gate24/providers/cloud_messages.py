"""A contact's message in Meta's format (``messages[]`` of a webhook), as an event.

Source: Meta, messages webhook reference, updated 2026-05, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gate24.events import ContactRef, Event, IdentityChanged, InboundMessage, Media, Noted, Unrecognized
from gate24.providers.fields import NAME_LIMIT, ident, items, kept, mapping, text
from gate24.rules.phone_numbers import parse_phone, parse_user_id
from gate24.rules.times import provider_time_ms

MEDIA_KINDS = frozenset({"image", "video", "audio", "document", "sticker"})

# Meta's name to gate24's, where they differ. "unknown" was the name of "unsupported" until 2023.
_TYPES = {"unknown": "unsupported"}
_INTERACTIVE_TYPES = {"nfm_reply": "flow_reply"}

_NUMBER_CHANGES = frozenset(
    {"user_changed_number", "user_changed_user_id", "customer_changed_number", "customer_changed_user_id"}
)

LIST_LIMIT = 30
"""Entries kept of a list of contact cards or ordered goods."""


def parse_message(item: Any, value: Mapping[str, Any], received_at: int) -> Event:
    """The event of one message. ``value`` is the change it stands in, for its contacts and own number."""
    message = mapping(item)
    at = provider_time_ms(message.get("timestamp"), received_at)
    kind = text(message.get("type"), 64)
    message_id = ident(message.get("id"))
    if kind is None or message_id is None:
        return Unrecognized("message without type or id", at, item)
    if kind == "system":
        return _parse_system(message, at)
    if message.get("group_id") is not None:
        # A group has a window of its own, and gate24 writes to no groups.
        return Noted("group_message", at)
    sender = _sender(message, value)
    if sender is None:
        return Unrecognized("message without a sender", at, item)
    contact, name = sender
    own_number = parse_phone(mapping(value.get("metadata")).get("display_phone_number"))
    if own_number is not None and contact.phone == own_number:
        return Noted("echo", at)
    kind, body, details = _content(kind, message)
    return InboundMessage(
        contact=contact,
        provider_message_id=message_id,
        at=at,
        type=kind,
        name=name,
        text=body,
        media=_media(kind, mapping(message.get(kind))) if kind in MEDIA_KINDS else None,
        details=details | _context(message),
    )


def _sender(message: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[ContactRef, str | None] | None:
    """Who wrote, and the name in the profile. ``contacts[]`` is matched by id, not by its place."""
    number, user_id = ident(message.get("from")), parse_user_id(message.get("from_user_id"))
    profile: Mapping[str, Any] = {}
    for entry in map(mapping, items(value.get("contacts"))):
        if (number and entry.get("wa_id") == number) or (user_id and entry.get("user_id") == user_id):
            profile = mapping(entry.get("profile"))
            number = number or ident(entry.get("wa_id"))
            user_id = user_id or parse_user_id(entry.get("user_id"))
            break
    phone = parse_phone(number)
    if phone is None and user_id is None:
        return None
    return ContactRef(phone, user_id), text(profile.get("name"), NAME_LIMIT)


def _parse_system(message: Mapping[str, Any], at: int) -> Event:
    system = mapping(message.get("system"))
    change = text(system.get("type"), 64)
    if change not in _NUMBER_CHANGES:
        return Noted(f"system_{change or 'message'}", at)
    old = ContactRef(
        parse_phone(message.get("from") or system.get("customer")), parse_user_id(system.get("previous_user_id"))
    )
    # "new_wa_id" is the older name of "wa_id" (before Graph API v12.0).
    new = ContactRef(parse_phone(system.get("wa_id") or system.get("new_wa_id")), parse_user_id(system.get("user_id")))
    nobody = ContactRef()
    if nobody in (old, new) or old == new:
        return Unrecognized("change of number without both numbers", at, message)
    return IdentityChanged(old, new, at)


def _content(kind: str, message: Mapping[str, Any]) -> tuple[str, str | None, dict[str, Any]]:
    """gate24's name of the kind, what a person would read, and the rest that is worth keeping."""
    part = mapping(message.get(kind))
    if kind == "text":
        return kind, text(part.get("body")), {}
    if kind == "button":
        return kind, text(part.get("text")), kept(payload=text(part.get("payload"), NAME_LIMIT))
    if kind == "interactive":
        return _interactive(part)
    if kind == "reaction":
        # No emoji, or an empty one, takes the reaction back.
        return kind, text(part.get("emoji"), 64), kept(reaction_to=ident(part.get("message_id")))
    if kind in ("edit", "revoke"):
        return kind, None, kept(original_message_id=ident(part.get("original_message_id")))
    if kind == "location":
        return kind, None, location(part)
    if kind == "contacts":
        return kind, None, {"contacts": contact_cards(message.get("contacts"))}
    if kind == "order":
        return kind, text(part.get("text")), _order(part)
    kind = _TYPES.get(kind, kind)
    if kind == "unsupported":
        code = next((ident(mapping(error).get("code")) for error in items(message.get("errors"))), None)
        return kind, None, kept(code=code, unsupported_type=text(mapping(message.get(kind)).get("type"), 64))
    return kind, None, kept(voice=part.get("voice") if part.get("voice") is True else None)


def _interactive(part: Mapping[str, Any]) -> tuple[str, str | None, dict[str, Any]]:
    subtype = text(part.get("type"), 64)
    if subtype is None:
        return "interactive", None, {}
    reply = mapping(part.get(subtype))
    body = text(reply.get("title"), 4096) or text(reply.get("body"), 4096)
    details = kept(
        reply_id=ident(reply.get("id")),
        description=text(reply.get("description"), NAME_LIMIT),
        flow=text(reply.get("name"), NAME_LIMIT),
        flow_response=text(reply.get("response_json"), 32_768),
        response=text(reply.get("response"), 64),
    )
    return _INTERACTIVE_TYPES.get(subtype, subtype), body, details


def _media(kind: str, part: Mapping[str, Any]) -> Media:
    return Media(
        kind=kind,
        url=text(part.get("url"), 2048),
        media_id=ident(part.get("id")),
        mime_type=text(part.get("mime_type"), NAME_LIMIT),
        caption=text(part.get("caption")),
        filename=text(part.get("filename"), NAME_LIMIT),
    )


def location(part: Mapping[str, Any]) -> dict[str, Any]:
    """A place: coordinates as decimal text, since one provider gives strings and the other numbers."""
    return kept(
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
        kept(
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
        kept(
            id=ident(good.get("product_retailer_id")),
            quantity=_decimal(good.get("quantity")),
            price=_decimal(good.get("item_price")),
            currency=text(good.get("currency"), 8),
        )
        for good in map(mapping, items(part.get("product_items"))[:LIST_LIMIT])
    ]
    return kept(catalog_id=ident(part.get("catalog_id")), items=goods)


def _context(message: Mapping[str, Any]) -> dict[str, Any]:
    context, referral = mapping(message.get("context")), mapping(message.get("referral"))
    ad = kept(
        source_type=text(referral.get("source_type"), 32),
        source_id=ident(referral.get("source_id")),
        source_url=text(referral.get("source_url"), 2048),
        headline=text(referral.get("headline"), NAME_LIMIT),
    )
    return kept(
        # Gupshup adds gs_id: its own id of the message of ours that is replied to.
        reply_to=ident(context.get("gs_id")) or ident(context.get("id")),
        forwarded=True if True in (context.get("forwarded"), context.get("frequently_forwarded")) else None,
        referral=ad or None,
    )
