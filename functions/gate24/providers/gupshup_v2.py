"""Gupshup's own webhook format, version 2: one event a body, ``{app, timestamp, version, type, payload}``.

Source: docs.gupshup.io/docs/inbound-messages, message-events, user-event, system-events, billing-events and
partner-docs.gupshup.io, read 2026-11. The envelope's ``timestamp`` is in ms, a status's ``ts`` in s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Literal

from gate24.events import (
    Billed,
    ConsentAction,
    ConsentChanged,
    ContactRef,
    Event,
    Failure,
    Noted,
    Pricing,
    Routed,
    StatusChanged,
    TemplateChanged,
    Unrecognized,
)
from gate24.providers.cloud_format import parse_all, parse_each, parse_preference
from gate24.providers.cloud_statuses import STATUSES, read_pricing
from gate24.providers.fields import NAME_LIMIT, distinct, flag, ident, mapping, text, untimed_name, word
from gate24.providers.gupshup_messages import parse_message
from gate24.providers.template_words import template_category, template_status
from gate24.providers.webhook_kinds import GUPSHUP_V2, TYPE, V2_STATUS, V2_USER, noted_at
from gate24.rules.phone_numbers import parse_user_id, provider_phone
from gate24.rules.times import provider_time_ms

EnvelopeParser = Callable[[Mapping[str, Any], int], Iterable[Event]]
"""Makes events of a body and the time of its envelope (epoch ms)."""

_CONSENT: dict[str, ConsentAction] = {"opted-in": "opt_in", "opted-out": "opt_out"}

_NOTED_TYPES = noted_at(GUPSHUP_V2, TYPE)
_NOTED_STATUSES = noted_at(GUPSHUP_V2, V2_STATUS)
_NOTED_USER_EVENTS = noted_at(GUPSHUP_V2, V2_USER)

# What kind of message was enqueued. The documented sample shows "session" alone (docs.gupshup.io/docs/message-events,
# read 2026-11), and does not say whether a template is called so, too: so "session" tells nothing.
_SENT_AS: dict[str, Literal["freeform", "template"]] = {"template": "template"}

# The categories that a deduction's type names under conversation pricing; under message pricing it names none.
_BILLED_CATEGORIES = frozenset(
    {"marketing", "marketing_lite", "utility", "authentication", "authentication_international", "service"}
)


def parse_v2(body: Mapping[str, Any], received_at: int) -> list[Routed]:
    """The events of a body, at least one. The URL and its token say which app it is; ``app`` is ignored."""
    at = provider_time_ms(body.get("timestamp"), received_at)
    name = text(body.get("type"), 64) or ""
    if name in _NOTED_TYPES:
        return [Routed(Noted(text(mapping(body.get("payload")).get("type"), 64) or name, at), body=body)]
    parser = _PARSERS.get(name)
    if parser is None:
        return [Routed(Unrecognized("unknown type", at, body), body=body)]
    return [Routed(event, body=body) for event in parse_all(partial(parser, body, at), body, at)]


def _parse_user_event(body: Mapping[str, Any], at: int) -> Iterable[Event]:
    payload = mapping(body.get("payload"))
    kind = text(payload.get("type"), 64)
    action = _CONSENT.get(kind or "")
    phone = provider_phone(payload.get("phone"))
    if kind in _NOTED_USER_EVENTS:
        yield Noted(kind, at)
    elif action is None or phone is None:
        yield Unrecognized("user-event unknown or without a number", at, body)
    else:
        name = untimed_name(body.get("timestamp"), at)
        yield ConsentChanged(ContactRef(phone), at, action, source="user-event", name=name)


def _parse_message_event(body: Mapping[str, Any], at: int) -> Iterable[Event]:
    payload = mapping(body.get("payload"))
    inner = mapping(payload.get("payload"))
    name = word(payload.get("type")) or ""
    bsp_ids = _bsp_ids(payload)
    status = STATUSES.get(name)
    price = mapping(payload.get("pricing"))
    if name in _NOTED_STATUSES:
        yield Noted(f"status_{name}", at)
    elif status is None or not bsp_ids:
        yield Unrecognized("message-event unknown or without id", at, body)
    else:
        yield StatusChanged(
            contact=_destination(payload),
            at=provider_time_ms(inner.get("ts"), at),
            status=status,
            bsp_ids=bsp_ids,
            whatsapp_id=ident(inner.get("whatsappMessageId")),
            failure=_failure(inner) if status == "failed" else None,
            pricing=read_pricing(price, price.get("policy"), payload.get("conversation")),
            sent_as=_SENT_AS.get(word(inner.get("type")) or "") if status == "enqueued" else None,
        )


def _bsp_ids(part: Mapping[str, Any]) -> tuple[str, ...]:
    # gsId is the id that the send API answered with; where it is missing (a failure at Gupshup, enqueued, events a week
    # after the send) that is id. Version 3 writes gs_id.
    return distinct(ident(part.get("gsId")) or ident(part.get("gs_id")), ident(part.get("id")))


def _destination(part: Mapping[str, Any]) -> ContactRef | None:
    phone = provider_phone(part.get("destination"))
    user_id = parse_user_id(part.get("userId"))
    return ContactRef(phone, user_id) if phone or user_id else None


def _failure(inner: Mapping[str, Any]) -> Failure:
    return Failure(ident(inner.get("code")) or "unknown", text(inner.get("reason"), NAME_LIMIT))


def parse_billing(billing: Mapping[str, Any], at: int) -> Event:
    """The event of a deduction, in version 2 or 3."""
    deductions, references = mapping(billing.get("deductions")), mapping(billing.get("references"))
    if "call" in (deductions.get("conversation_type"), deductions.get("conversationType")):
        return Noted("billing_call", at)
    bsp_ids = _bsp_ids(references)
    if not bsp_ids:
        return Unrecognized("deduction without a message", at, billing)
    pricing_type, model = word(deductions.get("type")), word(deductions.get("model"))
    return Billed(
        contact=_destination(references),
        at=at,
        bsp_ids=bsp_ids,
        source=word(deductions.get("source")) or "unknown",
        pricing=Pricing(
            category=word(deductions.get("category")) or (pricing_type if pricing_type in _BILLED_CATEGORIES else None),
            type=pricing_type,
            model=model.upper() if model else None,
            billable=flag(deductions.get("billable")),
            conversation=ident(references.get("conversationId")),
        ),
    )


def _parse_billing_event(body: Mapping[str, Any], at: int) -> Iterable[Event]:
    yield parse_billing(mapping(body.get("payload")), at)


def _parse_template_event(body: Mapping[str, Any], at: int) -> Iterable[Event]:
    """A template's status (without ``payload.type`` in older bodies) or category. A quality score, and an
    alert of a category that will change (``current`` and ``correct``), change nothing yet."""
    payload = mapping(body.get("payload"))
    status_name = text(payload.get("status"), 64)
    category = template_category(text(mapping(payload.get("category")).get("new"), 64))
    template_id, name = ident(payload.get("id")), text(payload.get("elementName"), 512)
    if status_name is None and category is None:
        yield Noted("template_notice", at)
    elif template_id is None and name is None:
        yield Unrecognized("template without id and name", at, body)
    else:
        status = template_status(status_name)
        language = text(payload.get("languageCode"), 32)
        reason = text(payload.get("rejectedReason"), NAME_LIMIT) or text(payload.get("description"), NAME_LIMIT)
        yield TemplateChanged(
            at=at,
            bsp_template_id=template_id,
            name=name,
            language=language.replace("-", "_") if language else None,
            status=status,
            category=category,
            reason=reason or (status_name if status is None else None),
        )


def _parse_preference_event(body: Mapping[str, Any], at: int) -> Iterable[Event]:
    payload = mapping(body.get("payload"))
    preferences = mapping(payload.get("payload")).get("user_preferences", payload.get("user_preferences"))
    return parse_each(preferences, lambda item: [parse_preference(item, at)], at)


_PARSERS: dict[str, EnvelopeParser] = {
    "message": parse_message,
    "order": parse_message,
    "user-event": _parse_user_event,
    "message-event": _parse_message_event,
    "billing-event": _parse_billing_event,
    "template-event": _parse_template_event,
    "preference-event": _parse_preference_event,
}
