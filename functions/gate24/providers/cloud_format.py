"""Webhooks in Meta's format: Meta's own, and Gupshup's version 3, which passes them through with additions.

A body holds up to 1,000 updates of several numbers (Meta, webhooks overview, read 2026-11); each becomes an
event of its own with its number, and one that cannot be read does not touch the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from gate24.events import ContactRef, Event, MarketingPreference, Noted, Routed, TemplateChanged, Unrecognized
from gate24.providers.cloud_messages import parse_message
from gate24.providers.cloud_statuses import parse_status
from gate24.providers.fields import NAME_LIMIT, ident, items, mapping, text, word
from gate24.providers.template_words import template_category, template_status
from gate24.rules.phone_numbers import parse_phone, parse_user_id
from gate24.rules.times import provider_time_ms

FieldParser = Callable[[Mapping[str, Any], int, int], Iterable[Event]]
"""A change's value, the entry's own time and the time of receipt (epoch ms) to events."""

_PREFERENCES: dict[str, Literal["stop", "resume", "signup"]] = {"stop": "stop", "resume": "resume", "signup": "signup"}

# Known fields that change nothing about a contact (Meta, webhook fields, 2026-10). History and echoes hold
# old messages and our own; calls are not acted on.
_NOTED_FIELDS = frozenset(
    {
        "account_alerts",
        "account_review_update",
        "account_settings_update",
        "account_update",
        "automatic_events",
        "business_capability_update",
        "business_status_update",
        "business_username_updates",
        "calls",
        "flows",
        "group_lifecycle_update",
        "group_participants_update",
        "group_settings_update",
        "group_status_update",
        "history",
        "message_template_components_update",
        "message_template_quality_update",
        "messaging_handovers",
        "partner_solutions",
        "payment_configuration_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
        "smb_app_state_sync",
        "smb_message_echoes",
        "standby",
        "template_correct_category_detection",
        "tracking_events",
    }
)


def parse_cloud(
    body: Mapping[str, Any], received_at: int, additions: Mapping[str, FieldParser] | None = None
) -> list[Routed]:
    """All events of a body in its order, at least one. ``additions`` are a BSP's fields beside Meta's."""
    parsers = {**_FIELDS, **(additions or {})}
    routed: list[Routed] = []
    for entry in items(body.get("entry")):
        entry_at = provider_time_ms(mapping(entry).get("time"), received_at)
        changes = items(mapping(entry).get("changes"))
        if not changes:
            routed.append(Routed(Unrecognized("entry without changes", entry_at, entry)))
        for change in changes:
            routed.extend(_parse_change(mapping(change), change, entry_at, received_at, parsers))
    return routed or [Routed(Unrecognized("body without entries", received_at, body))]


def _parse_change(
    change: Mapping[str, Any], raw: Any, entry_at: int, received_at: int, parsers: Mapping[str, FieldParser]
) -> list[Routed]:
    field, value = text(change.get("field"), 64), mapping(change.get("value"))
    number_id = ident(mapping(value.get("metadata")).get("phone_number_id"))
    if field in _NOTED_FIELDS:
        return [Routed(Noted(field, entry_at), number_id)]
    parser = parsers.get(field) if field else None
    if parser is None:
        return [Routed(Unrecognized("unknown field", entry_at, raw), number_id)]
    events = all_of(lambda: parser(value, entry_at, received_at), raw, entry_at)
    return [Routed(event, number_id) for event in events]


def all_of(parse: Callable[[], Iterable[Event]], raw: Any, at: int) -> list[Event]:
    """What ``parse`` finds in ``raw``, and ``raw`` itself where it finds nothing or trips."""
    try:
        return list(parse()) or [Unrecognized("nothing in it", at, raw)]
    except Exception:  # any fault of the parser's own: raising would lose the whole batch
        return [Unrecognized("broke the parser", at, raw)]


def one_of(parse: Callable[[Any], Event], item: Any, at: int) -> Event:
    """What ``parse`` makes of an item of a list, so that a poisonous one leaves its neighbours alone."""
    return all_of(lambda: [parse(item)], item, at)[0]


def _parse_messages(value: Mapping[str, Any], entry_at: int, received_at: int) -> Iterable[Event]:
    for item in items(value.get("messages")):
        yield one_of(lambda message: parse_message(message, value, received_at), item, received_at)
    for item in items(value.get("statuses")):
        yield one_of(lambda status: parse_status(status, received_at), item, received_at)
    if items(value.get("errors")) and not items(value.get("messages")):
        yield Noted("webhook_errors", entry_at)
    if items(value.get("user_actions")):
        yield Noted("user_actions", entry_at)


def parse_preference(item: Any, received_at: int) -> Event:
    """One of ``user_preferences[]``: marketing stopped, resumed or signed up for (Meta, 2026-06; Gupshup's v2
    preference-event holds the same with ``userid``)."""
    preference = mapping(item)
    at = provider_time_ms(preference.get("timestamp"), received_at)
    phone = parse_phone(preference.get("wa_id"))
    user_id = parse_user_id(preference.get("user_id") or preference.get("userid"))
    if not (phone or user_id):
        return Unrecognized("preference without a contact", at, item)
    evidence = text(preference.get("detail"), NAME_LIMIT)
    value = _PREFERENCES.get(word(preference.get("value")) or "")
    if value is None or word(preference.get("category")) != "marketing_messages":
        return Unrecognized("unknown preference", at, item)
    return MarketingPreference(ContactRef(phone, user_id), at, value, evidence)


def _parse_preferences(value: Mapping[str, Any], _entry_at: int, received_at: int) -> Iterable[Event]:
    for item in items(value.get("user_preferences")):
        yield one_of(lambda preference: parse_preference(preference, received_at), item, received_at)


def _parse_template(value: Mapping[str, Any], entry_at: int, _received_at: int) -> Iterable[Event]:
    """A template's new status or category. A notice of a category that will change later, which has a
    ``correct_category``, and a new quality score change nothing yet."""
    event = text(value.get("event"), 64)
    announced = value.get("correct_category") is not None
    category = template_category(text(value.get("new_category") or value.get("message_template_category"), 64))
    template_id, name = ident(value.get("message_template_id")), text(value.get("message_template_name"), 512)
    if announced or (event is None and category is None):
        yield Noted("template_notice", entry_at)
    elif template_id is None and name is None:
        yield Unrecognized("template without id and name", entry_at, value)
    else:
        language = text(value.get("message_template_language"), 32)
        status = template_status(event)
        reason = text(value.get("reason"), NAME_LIMIT)
        yield TemplateChanged(
            at=entry_at,
            bsp_template_id=template_id,
            name=name,
            language=language.replace("-", "_") if language else None,
            status=status,
            category=category,
            reason=event if status is None else None if reason == "NONE" else reason,
        )


_FIELDS: dict[str, FieldParser] = {
    "messages": _parse_messages,
    "user_preferences": _parse_preferences,
    "message_template_status_update": _parse_template,
    "template_category_update": _parse_template,
}
