"""A contact's message in Meta's format (``messages[]`` of a webhook) as events.

Source: Meta, messages webhook reference, updated 2026-05, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gate24.events import UNKNOWN_TYPE, ContactRef, Echoed, Event, InboundMessage, Noted, Unrecognized
from gate24.providers.cloud_content import Content, named_type, read_content
from gate24.providers.cloud_objects import context_object, referral_object
from gate24.providers.cloud_system_messages import parse_system_message
from gate24.providers.fields import NAME_LIMIT, distinct, ident, items, mapping, text, without_none
from gate24.rules.phone_numbers import parse_user_id, provider_phone
from gate24.rules.times import provider_time_ms


def parse_message(item: Any, value: Mapping[str, Any], received_at: int) -> list[Event]:
    """The events of one message; ``value`` is the change that holds it, for its contacts and our own number.

    Whatever has an id and a sender is an inbound message, because WhatsApp opened the window. If its content cannot be
    read, it has the type ``unknown``, and the raw message follows as ``Unrecognized`` for operators to see.
    """
    message = mapping(item)
    at = provider_time_ms(message.get("timestamp"), received_at)
    message_id = ident(message.get("id"))
    if message_id is None:
        return [Unrecognized("message without id", at, item)]
    if named_type(message) == "system":
        return [parse_system_message(message, at)]
    if message.get("group_id") is not None:
        # A group has a window of its own, and gate24 does not write to groups.
        return [Noted("group_message", at)]
    sender = _sender(message, value)
    if sender is None:
        return [Unrecognized("message without a sender", at, item)]
    contact, name = sender
    own_number = provider_phone(mapping(value.get("metadata")).get("display_phone_number"))
    if own_number is not None and contact.phone == own_number:
        return [Noted("echo", at)]
    content = _content(message)
    inbound = InboundMessage(
        contact=contact,
        provider_message_id=message_id,
        at=at,
        type=content.type if content else UNKNOWN_TYPE,
        name=name,
        text=content.text if content else None,
        payloads=content.payloads if content else (),
        media=content.media if content else None,
        details=(content.details if content else {}) | _context(message),
        content={**(content.objects if content else {}), **_context_objects(message)},
        refers_to=(content.refers_to if content else ()) or _replies_to(message),
    )
    return [inbound] if content else [inbound, Unrecognized("message of unknown type", at, item)]


def parse_echo(item: Any, value: Mapping[str, Any], received_at: int, in_app: bool) -> Echoed | None:
    """A message that was sent to a contact around gate24 (``message_echoes[]``); None where it does not say whom to.

    Source: Meta, smb_message_echoes webhook reference, 2025-10-22. Some bodies name the contact as the sender.
    """
    message = mapping(item)
    message_id = ident(message.get("id"))
    own_number = provider_phone(mapping(value.get("metadata")).get("display_phone_number"))
    numbers = [provider_phone(message.get(name)) for name in ("to", "from")]
    phone = numbers[0] if numbers[0] != own_number else numbers[1]
    user_id = parse_user_id(message.get("to_user_id")) if numbers[0] != own_number else None
    if message_id is None or phone == own_number or not (phone or user_id) or message.get("to") is None is user_id:
        return None
    content = _content(message)
    return Echoed(
        contact=ContactRef(phone, user_id),
        at=provider_time_ms(message.get("timestamp"), received_at),
        bsp_ids=(message_id,),
        type=content.type if content else UNKNOWN_TYPE,
        in_app=in_app,
        text=content.text if content else None,
        media=content.media if content else None,
        details=(content.details if content else {}) | _context(message),
        content={**(content.objects if content else {}), **_context_objects(message)},
        refers_to=(content.refers_to if content else ()) or _replies_to(message),
    )


def _sender(message: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[ContactRef, str | None] | None:
    """Who wrote, and the name in the profile; None if neither a number nor a user id is readable.

    ``contacts[]`` is matched by id: its order says nothing.
    """
    number, user_id = ident(message.get("from")), parse_user_id(message.get("from_user_id"))
    profile: Mapping[str, Any] = {}
    for entry in map(mapping, items(value.get("contacts"))):
        if (number and entry.get("wa_id") == number) or (user_id and entry.get("user_id") == user_id):
            profile = mapping(entry.get("profile"))
            number = number or ident(entry.get("wa_id"))
            user_id = user_id or parse_user_id(entry.get("user_id"))
            break
    phone = provider_phone(number)
    if phone is None and user_id is None:
        return None
    return ContactRef(phone, user_id), text(profile.get("name"), NAME_LIMIT)


def _content(message: Mapping[str, Any]) -> Content | None:
    message_type = named_type(message)
    try:
        return read_content(message_type, message) if message_type else None
    except Exception:  # a fault of the parser's own must not keep the window shut
        return None


def _context_objects(message: Mapping[str, Any]) -> dict[str, Any]:
    context = context_object(mapping(message.get("context")))
    return without_none(context=context or None, referral=referral_object(mapping(message.get("referral"))) or None)


def _replies_to(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Gupshup adds to ``id`` its own id of the message of ours that is replied to, and Meta's (``gs_id``,
    ``meta_msg_id``)."""
    context = mapping(message.get("context"))
    return distinct(*(ident(context.get(name)) for name in ("gs_id", "id", "meta_msg_id")))


def _context(message: Mapping[str, Any]) -> dict[str, Any]:
    context, referral = mapping(message.get("context")), mapping(message.get("referral"))
    ad = without_none(
        source_type=text(referral.get("source_type"), 32),
        source_id=ident(referral.get("source_id")),
        source_url=text(referral.get("source_url"), 2048),
        headline=text(referral.get("headline"), NAME_LIMIT),
    )
    return without_none(
        # Gupshup adds gs_id: its own id of the message of ours that is replied to.
        reply_to=ident(context.get("gs_id")) or ident(context.get("id")),
        forwarded=True if True in (context.get("forwarded"), context.get("frequently_forwarded")) else None,
        referral=ad or None,
    )
