"""The feed of events, for those who ask instead of being called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gate24.api import cursors, http
from gate24.api.call import Call
from gate24.api.event_bodies import Reading, body
from gate24.api.limited_keys import EVENTS_OF_CHANNELS
from gate24.api.pages import fill
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.feed import EVENT_TYPES
from gate24.store import feed, organizations, table
from gate24.store.feed import FeedPage

_PURPOSE = "events"


def list_events(call: Call) -> dict[str, Any]:
    """The next events. The first call of an organization says that its events are kept from then on. There is always a
    cursor: after the last event it leads to what comes next."""
    after, types, limit = _after(call), _types(call), call.parameters["limit"]
    since = call.organization.events_since or organizations.keep_events(call.organization.id, call.now)
    page = feed.read(call.organization.id, after, types, limit, call.now)
    data, position = fill(_bodies(call, page), limit)
    cursor = call.cursor(_PURPOSE, page.position if position is None else position)
    told = {"data": data, "next_cursor": cursor, "kept_since": rfc3339(since), "server_time": rfc3339(call.now)}
    return http.answer(200, told)


def _bodies(call: Call, page: FeedPage) -> Iterator[tuple[dict[str, Any], str]]:
    reading = Reading(call.organization, call.now)
    for event, position in page.events:
        is_split = call.access.limit is not None
        if is_split and (event.type not in EVENTS_OF_CHANNELS or not call.access.may_use(event.channel_id)):
            continue
        told = body(call.organization, event, reading)
        if told is not None:
            yield told, position


def _after(call: Call) -> str | None:
    cursor = call.parameters.get("after")
    if cursor is None:
        return None
    try:
        position: str = cursors.open_sealed(table.contact_key(), call.organization.id, _PURPOSE, cursor)
    except ValueError:
        errors = [{"pointer": "/after", "detail": "is not a cursor of this list"}]
        raise Problem("payload_invalid", "The cursor does not belong to this list.", errors=errors) from None
    return position


def _types(call: Call) -> set[str] | None:
    given = call.parameters.get("types")
    if given is None:
        return None
    types = {each.strip() for each in given.split(",")}
    unknown = sorted(types - EVENT_TYPES.keys())
    if unknown:
        errors = [{"pointer": "/types", "detail": f"has none of: {', '.join(EVENT_TYPES)}"}]
        raise Problem("payload_invalid", "There is no such type of event.", errors=errors)
    return types


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {"listEvents": list_events}
