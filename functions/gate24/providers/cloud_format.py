"""Webhooks in Meta's format: Meta's own, and Gupshup's version 3, which passes them through with additions.

A body holds up to 1,000 updates of several numbers (Meta, webhooks overview, read 2026-11). Each becomes an event of
its own with its number, and one that cannot be read does not affect the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from gate24.events import ContactRef, Event, MarketingPreference, Noted, Routed, TemplateChanged, Unrecognized
from gate24.providers.cloud_calls import parse_call, parse_call_status
from gate24.providers.cloud_messages import parse_echo, parse_message
from gate24.providers.cloud_statuses import parse_status
from gate24.providers.fields import NAME_LIMIT, ident, items, mapping, text, untimed_name, word
from gate24.providers.template_words import template_category, template_status
from gate24.providers.webhook_kinds import FIELD, META, noted_at
from gate24.rules.phone_numbers import parse_user_id, provider_phone
from gate24.rules.times import provider_time_ms

FieldParser = Callable[[Mapping[str, Any], int, int], Iterable[Event]]
"""Makes events of a change's value, the time of its entry and the time of receipt (both epoch ms)."""

_PREFERENCES: dict[str, Literal["stop", "resume", "signup"]] = {"stop": "stop", "resume": "resume", "signup": "signup"}

_NOTED_FIELDS = noted_at(META, FIELD)

_LISTS = ("messages", "statuses", "calls", "user_preferences", "user_actions", "errors")
"""What a change's value tells several of."""


def parse_cloud(
    body: Mapping[str, Any], received_at: int, additions: Mapping[str, FieldParser] | None = None
) -> list[Routed]:
    """All events of a body in its order, at least one. ``additions`` are a BSP's fields beside Meta's."""
    parsers = {**_FIELDS, **(additions or {})}
    routed: list[Routed] = []
    for entry in items(body.get("entry")):
        at = provider_time_ms(mapping(entry).get("time"), received_at)
        changes = items(mapping(entry).get("changes"))
        if not changes:
            routed.append(Routed(Unrecognized("entry without changes", at, entry), body={**body, "entry": [entry]}))
        for change in changes:
            for each in _parse_change(change, at, received_at, parsers):
                alone = {**entry, "changes": [_only_with(each.event, change)]}
                routed.append(replace(each, body={**body, "entry": [alone]}))
    return routed or [Routed(Unrecognized("body without entries", received_at, body), body=body)]


def _only_with(event: Event, change: Any) -> Any:
    """The change without the messages, statuses and the like beside the one that was not understood."""
    value = mapping(mapping(change).get("value"))
    if not isinstance(event, Unrecognized):
        return change
    name = next((name for name in _LISTS if any(part is event.raw for part in items(value.get(name)))), None)
    if name is None:
        return change
    others = {each: part for each, part in value.items() if each not in _LISTS}
    return {**change, "value": {**others, name: [event.raw]}}


def _parse_change(change: Any, at: int, received_at: int, parsers: Mapping[str, FieldParser]) -> list[Routed]:
    field, value = text(mapping(change).get("field"), 64), mapping(mapping(change).get("value"))
    number_id = ident(mapping(value.get("metadata")).get("phone_number_id"))
    if field in _NOTED_FIELDS:
        return [Routed(Noted(field, at), number_id)]
    parser = parsers.get(field) if field else None
    if parser is None and _holds_messages(value, field):
        parser = _parse_messages
    if parser is None:
        return [Routed(Unrecognized("unknown field", at, change), number_id)]
    events = parse_all(partial(parser, value, at, received_at), change, at)
    return [Routed(event, number_id) for event in events]


def _holds_messages(value: Mapping[str, Any], field: str | None) -> bool:
    """Whether the value of a change is that of ``messages``, though it has no field's name or an unknown one. Under an
    unknown name it needs the metadata, too: it tells which number of ours the messages belong to."""
    has_messages = bool(items(value.get("messages")) or items(value.get("statuses")))
    return has_messages and (field is None or bool(mapping(value.get("metadata"))))


def parse_all(parse: Callable[[], Iterable[Event]], raw: Any, at: int) -> list[Event]:
    """The events that ``parse`` makes of ``raw``; ``raw`` as ``Unrecognized`` if it makes none or raises."""
    try:
        return list(parse()) or [Unrecognized("nothing in it", at, raw)]
    except Exception:  # any fault of the parser's own: raising would lose the whole batch
        return [Unrecognized("broke the parser", at, raw)]


def parse_each(parts: object, parse: Callable[[Any], Iterable[Event]], at: int) -> Iterator[Event]:
    """The events of every part of a list. A part that cannot be read does not affect its neighbours."""
    for part in items(parts):
        yield from parse_all(partial(parse, part), part, at)


def _parse_messages(value: Mapping[str, Any], at: int, received_at: int) -> Iterable[Event]:
    yield from parse_each(value.get("messages"), lambda item: parse_message(item, value, received_at), received_at)
    yield from parse_each(value.get("statuses"), lambda item: [parse_status(item, received_at)], received_at)
    if items(value.get("errors")) and not items(value.get("messages")):
        yield Noted("webhook_errors", at)
    if items(value.get("user_actions")):
        yield Noted("user_actions", at)


def _parse_echoes(value: Mapping[str, Any], at: int, received_at: int, field: str, in_app: bool) -> Iterable[Event]:
    for item in items(value.get("message_echoes")):
        yield parse_echo(item, value, received_at, in_app) or Noted(field, at)
    if not items(value.get("message_echoes")):
        yield Noted(field, at)


def _parse_calls(value: Mapping[str, Any], at: int, received_at: int) -> Iterable[Event]:
    calls, statuses = value.get("calls"), value.get("statuses")
    if not items(calls) and not items(statuses):
        yield Noted("calls", at)
    yield from parse_each(calls, lambda item: [parse_call(item, value, received_at)], received_at)
    yield from parse_each(statuses, lambda item: [parse_call_status(item, received_at)], received_at)


def parse_preference(item: Any, latest: int) -> Event:
    """One of ``user_preferences[]``: marketing stopped, resumed or signed up for, at ``latest`` (epoch ms) or before
    (Meta, user_preferences webhook reference, 2026-06; Gupshup's preference-event has the same with ``userid``)."""
    preference = mapping(item)
    at = provider_time_ms(preference.get("timestamp"), latest)
    phone = provider_phone(preference.get("wa_id"))
    user_id = parse_user_id(preference.get("user_id") or preference.get("userid"))
    if not (phone or user_id):
        return Unrecognized("preference without a contact", at, item)
    evidence = text(preference.get("detail"), NAME_LIMIT)
    value = _PREFERENCES.get(word(preference.get("value")) or "")
    if value is None or word(preference.get("category")) != "marketing_messages":
        return Unrecognized("unknown preference", at, item)
    name = untimed_name(preference.get("timestamp"), at)
    return MarketingPreference(ContactRef(phone, user_id), at, value, evidence, name)


def _parse_preferences(value: Mapping[str, Any], _at: int, received_at: int) -> Iterable[Event]:
    return parse_each(value.get("user_preferences"), lambda item: [parse_preference(item, received_at)], received_at)


def _parse_template(value: Mapping[str, Any], at: int, _received_at: int) -> Iterable[Event]:
    """A template's new status or category. A notice of a category that will change later, which has a
    ``correct_category``, and a new quality score change nothing yet."""
    event = text(value.get("event"), 64)
    announced = value.get("correct_category") is not None
    category = template_category(text(value.get("new_category") or value.get("message_template_category"), 64))
    template_id, name = ident(value.get("message_template_id")), text(value.get("message_template_name"), 512)
    if announced or (event is None and category is None):
        yield Noted("template_notice", at)
    elif template_id is None and name is None:
        yield Unrecognized("template without id and name", at, value)
    else:
        language = text(value.get("message_template_language"), 32)
        status = template_status(event)
        reason = text(value.get("reason"), NAME_LIMIT)
        yield TemplateChanged(
            at=at,
            bsp_template_id=template_id,
            name=name,
            language=language.replace("-", "_") if language else None,
            status=status,
            category=category,
            reason=event if status is None else None if reason == "NONE" else reason,
        )


_FIELDS: dict[str, FieldParser] = {
    "messages": _parse_messages,
    "calls": _parse_calls,
    "message_echoes": partial(_parse_echoes, field="message_echoes", in_app=False),
    "smb_message_echoes": partial(_parse_echoes, field="smb_message_echoes", in_app=True),
    "user_preferences": _parse_preferences,
    "message_template_status_update": _parse_template,
    "template_category_update": _parse_template,
}
