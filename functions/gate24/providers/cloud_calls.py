"""Voice calls in Meta's format (the field ``calls``) as events.

Source: Meta, user-initiated and business-initiated calls, webhooks, 2025-11 to 2026-06, read 2026-11. Gupshup passes
them through in version 3 (partner-docs.gupshup.io, voice outbound guide, read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from gate24.events import Call, CallDirection, CallStatus, ContactRef, Event, Unrecognized
from gate24.providers.fields import NAME_LIMIT, ident, items, mapping, text, word
from gate24.rules.phone_numbers import parse_user_id, provider_phone
from gate24.rules.times import provider_time_ms

_DIRECTIONS: dict[str, CallDirection] = {direction: direction for direction in get_args(CallDirection)}
_STATUSES: dict[str, CallStatus] = {status: status for status in get_args(CallStatus)}

_SDP_OF: dict[str, CallDirection] = {"offer": "user_initiated", "answer": "business_initiated"}
"""Who called, by what WhatsApp sends of the connection: an offer of a person's call, an answer to ours. Meta's example
of a person's call has no direction."""

_LONGEST_MS = 24 * 60 * 60 * 1000
"""A start longer before the end is not believed: Meta's own example is years off."""


def parse_call(item: Any, value: Mapping[str, Any], received_at: int) -> Event:
    """One of ``calls[]``: it begins (``connect``) or ended (``terminate``).

    ``start_time`` is only there if the other side picked up, and nearer to the begin than the time of the event.
    """
    call = mapping(item)
    told_at = provider_time_ms(call.get("timestamp"), received_at)
    started_at = provider_time_ms(call.get("start_time"), told_at) if call.get("start_time") is not None else None
    at = started_at if started_at is not None and told_at - started_at <= _LONGEST_MS else told_at
    call_id, direction = ident(call.get("id")), _direction(call, value)
    contact, name = _other_side(call, value, direction)
    if call_id is None or contact is None:
        return Unrecognized("call without id or contact", told_at, item)
    status, seconds = _STATUSES.get(word(call.get("status")) or ""), _seconds(call.get("duration"))
    was_picked_up = status == "completed" or started_at is not None or bool(seconds)
    return Call(
        contact=contact,
        call_id=call_id,
        at=at,
        direction=direction,
        opens=direction == "user_initiated" or was_picked_up,
        name=name,
        status=status,
        seconds=seconds,
    )


def parse_call_status(item: Any, received_at: int) -> Event:
    """One of ``statuses[]`` of type ``call``: our own call rings, is accepted or rejected."""
    said = mapping(item)
    at = provider_time_ms(said.get("timestamp"), received_at)
    call_id, status = ident(said.get("id")), _STATUSES.get(word(said.get("status")) or "")
    phone, user_id = provider_phone(said.get("recipient_id")), parse_user_id(said.get("recipient_user_id"))
    if call_id is None or status is None or not (phone or user_id):
        return Unrecognized("call status unknown, or without id or contact", at, item)
    opens = status == "accepted"
    return Call(ContactRef(phone, user_id), call_id, at, "business_initiated", opens, status=status)


def _direction(call: Mapping[str, Any], value: Mapping[str, Any]) -> CallDirection:
    said = _DIRECTIONS.get(word(call.get("direction")) or "")
    by_session = _SDP_OF.get(word(mapping(call.get("session")).get("sdp_type")) or "")
    is_ours = provider_phone(call.get("from")) is not None and provider_phone(call.get("from")) == _own_number(value)
    return said or by_session or ("business_initiated" if is_ours else "user_initiated")


def _other_side(
    call: Mapping[str, Any], value: Mapping[str, Any], direction: CallDirection
) -> tuple[ContactRef | None, str | None]:
    """The person, and the name in the profile. The side that is not our number: Meta's examples of a person's call name
    the person as caller and as callee."""
    own = _own_number(value)
    sides = [
        (provider_phone(call.get(side)), parse_user_id(call.get(f"{side}_user_id")))
        for side in (("from", "to") if direction == "user_initiated" else ("to", "from"))
    ]
    phone, user_id = next(
        (side for side in sides if side != (None, None) and (not own or side[0] != own)), (None, None)
    )
    profiles = [mapping(entry) for entry in items(value.get("contacts"))]
    for profile in profiles:
        its_phone, its_user_id = provider_phone(profile.get("wa_id")), parse_user_id(profile.get("user_id"))
        is_same = its_phone == phone if phone else its_user_id == user_id if user_id else len(profiles) == 1
        if is_same and (its_phone or its_user_id):
            name = text(mapping(profile.get("profile")).get("name"), NAME_LIMIT)
            return ContactRef(phone or its_phone, user_id or its_user_id), name
    return (ContactRef(phone, user_id) if phone or user_id else None), None


def _own_number(value: Mapping[str, Any]) -> str | None:
    return provider_phone(mapping(value.get("metadata")).get("display_phone_number"))


def _seconds(value: object) -> int | None:
    said = text(value, 10)
    return int(said) if said is not None and said.isascii() and said.isdigit() else None
