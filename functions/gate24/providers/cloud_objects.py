"""What a message holds beside text and file, as Meta's objects: the one shape in which both providers' are kept.

Each is copied field by field, so that what is stored and answered is bounded and has a schema. Source: Meta, messages
webhook reference, updated 2026-05; contacts messages, read 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from gate24.providers.fields import NAME_LIMIT, ident, items, mapping, text, without_none

LIST_LIMIT = 30
"""Entries kept of a list of contact cards or ordered goods."""

CARDS_LIMIT = 65_536
"""Characters of JSON kept of a message's contact cards: an item of DynamoDB holds 400 KB."""

_LONG_LIMIT, _URL_LIMIT, _BODY_LIMIT, _FLOW_LIMIT = 1024, 2048, 4096, 32_768

_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,20})?", re.ASCII)

_CARD_OBJECTS = {
    "name": ("formatted_name", "first_name", "middle_name", "last_name", "prefix", "suffix"),
    "org": ("company", "department", "title"),
}
_CARD_LISTS = {
    "phones": ("phone", "type", "wa_id"),
    "emails": ("email", "type"),
    "addresses": ("street", "city", "state", "zip", "country", "country_code", "type"),
    "urls": ("url", "type"),
}
_REPLY_TEXTS = {
    "button_reply": {"id": _LONG_LIMIT, "title": _LONG_LIMIT},
    "list_reply": {"id": _LONG_LIMIT, "title": _LONG_LIMIT, "description": NAME_LIMIT},
    "nfm_reply": {"name": NAME_LIMIT, "body": _BODY_LIMIT, "response_json": _FLOW_LIMIT},
    "call_permission_reply": {"response": NAME_LIMIT, "expiration_timestamp": 32, "response_source": NAME_LIMIT},
}
_REFERRAL_TEXTS = {
    "source_url": _URL_LIMIT,
    "source_id": NAME_LIMIT,
    "source_type": NAME_LIMIT,
    "headline": _LONG_LIMIT,
    "body": _LONG_LIMIT,
    "media_type": NAME_LIMIT,
    "image_url": _URL_LIMIT,
    "video_url": _URL_LIMIT,
    "thumbnail_url": _URL_LIMIT,
    "ctwa_clid": _LONG_LIMIT,
}


def number(value: object) -> int | float | None:
    """A finite number of at most 15 digits before the point, also one written as text (Gupshup)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        written = value.strip()
        if _DECIMAL.fullmatch(written) is None:
            return None
        return float(written) if "." in written else int(written)
    return value if abs(value) < 10**15 else None  # neither NaN nor infinite


def location_object(part: Mapping[str, Any]) -> dict[str, Any]:
    """A place."""
    return without_none(
        latitude=number(part.get("latitude")),
        longitude=number(part.get("longitude")),
        name=text(part.get("name"), NAME_LIMIT),
        address=text(part.get("address"), _LONG_LIMIT),
        url=text(part.get("url"), _URL_LIMIT),
    )


def contact_objects(cards: object) -> list[dict[str, Any]]:
    """Contact cards, as many whole ones as fit. Gupshup's are like Meta's, but for ``countryCode``."""
    kept, room = [], CARDS_LIMIT
    for card in map(_card, map(mapping, items(cards)[:LIST_LIMIT])):
        room -= len(json.dumps(card))
        if room < 0:
            break
        kept.append(card)
    return kept


def _card(card: Mapping[str, Any]) -> dict[str, Any]:
    built = {name: _texts(mapping(card.get(name)), fields) for name, fields in _CARD_OBJECTS.items()}
    lists = {
        name: [_texts(mapping(entry), fields) for entry in items(card.get(name))[:LIST_LIMIT]]
        for name, fields in _CARD_LISTS.items()
    }
    found = built | lists | {"birthday": text(card.get("birthday"), 32)}
    return {name: value for name, value in found.items() if value}


def _texts(part: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    found = {name: text(part.get(name), NAME_LIMIT) for name in fields}
    if "country_code" in found and found["country_code"] is None:
        found["country_code"] = text(part.get("countryCode"), NAME_LIMIT)
    return without_none(**found)


def order_object(catalog_id: object, note: object, goods: list[dict[str, Any]]) -> dict[str, Any]:
    """An order of ``product_item`` entries, with what the person wrote beside it."""
    return without_none(catalog_id=ident(catalog_id), text=text(note, _BODY_LIMIT), product_items=goods)


def product_item(product_id: object, quantity: object, price: object, currency: object) -> dict[str, Any]:
    """What is ordered of one product."""
    return without_none(
        product_retailer_id=ident(product_id),
        quantity=number(quantity),
        item_price=number(price),
        currency=text(currency, 8),
    )


def referral_object(part: Mapping[str, Any]) -> dict[str, Any]:
    """The advertisement or post from which the person wrote (click to WhatsApp)."""
    found = {name: text(part.get(name), limit) for name, limit in _REFERRAL_TEXTS.items()}
    greeting = text(mapping(part.get("welcome_message")).get("text"), _LONG_LIMIT)
    return without_none(**found, welcome_message={"text": greeting} if greeting else None)


def reply_object(reply_type: str, reply: Mapping[str, Any]) -> dict[str, Any]:
    """What was chosen or filled in of an interactive message: ``{"type": "button_reply", "button_reply": ...}``; of a
    type that is not known, the type alone."""
    found = {name: text(reply.get(name), limit) for name, limit in _REPLY_TEXTS.get(reply_type, {}).items()}
    return {"type": reply_type} | ({reply_type: without_none(**found)} if reply_type in _REPLY_TEXTS else {})


def button_object(title: object, payload: object) -> dict[str, Any]:
    """A tap on a template's quick reply. Without a payload of its own a button's payload is its title, as Meta tells
    it."""
    readable = text(title, _LONG_LIMIT)
    return without_none(text=readable, payload=text(payload, _LONG_LIMIT) or readable)


def reaction_object(message_id: str | None, emoji: object) -> dict[str, Any]:
    """A reaction, or with an empty ``emoji`` that it was taken back."""
    return without_none(message_id=message_id, emoji=text(emoji, 64) or "")


def unsupported_object(part: Mapping[str, Any], errors: object) -> dict[str, Any]:
    """A message that WhatsApp does not hand over: its type, and the provider's code and words for it."""
    error = mapping(next(iter(items(errors)), None))
    said = text(mapping(error.get("error_data")).get("details"), _LONG_LIMIT)
    return without_none(
        type=text(part.get("type"), 64),
        code=ident(error.get("code")),
        reason=said or text(error.get("message"), NAME_LIMIT) or text(error.get("title"), NAME_LIMIT),
    )


def context_object(context: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the message was forwarded, and the product that it asks about."""
    product = mapping(context.get("referred_product"))
    referred = without_none(
        catalog_id=ident(product.get("catalog_id")), product_retailer_id=ident(product.get("product_retailer_id"))
    )
    return without_none(
        forwarded=True if context.get("forwarded") is True else None,
        frequently_forwarded=True if context.get("frequently_forwarded") is True else None,
        referred_product=referred or None,
    )
