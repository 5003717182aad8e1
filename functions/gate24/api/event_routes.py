"""The feed of events, for those who ask instead of being called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from gate24 import at_once
from gate24.api import cursors, http
from gate24.api.call import Call
from gate24.api.event_bodies import Reading, body
from gate24.api.limited_keys import EVENTS_OF_CHANNELS
from gate24.api.pages import fill
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.feed import EVENT_TYPES, FeedEvent
from gate24.store import feed, organizations, table
from gate24.store.feed import FeedPage

_PURPOSE = "events"
_AHEAD = 100
"""Events of which it is read together what they are about. Few pages end before: one of the largest messages."""


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
    """What the events of several contacts are about is read at once, some of them ahead."""
    wanted = [(event, position) for event, position in page.events if _may_read(call, event)]
    for begin in range(0, len(wanted), _AHEAD):
        ahead = wanted[begin : begin + _AHEAD]
        told = _told(call, [event for event, _ in ahead])
        yield from ((found, position) for event, position in ahead if (found := told[event.id]) is not None)


def _told(call: Call, events: list[FeedEvent]) -> dict[str, dict[str, Any] | None]:
    """The bodies by the events' ids; those of a contact are read one after another, the contact once."""
    lanes: dict[str | None, list[FeedEvent]] = {}
    for event in events:
        lanes.setdefault(event.contact_id, []).append(event)

    def told_of(lane: list[FeedEvent]) -> dict[str, dict[str, Any] | None]:
        reading = Reading(call.organization, call.now)
        return {event.id: body(call.organization, event, reading) for event in lane}

    *others, last = lanes.values()
    begun = [at_once.start(partial(told_of, lane)) for lane in others]
    found = told_of(last)
    for each in begun:
        found |= each()
    return found


def _may_read(call: Call, event: FeedEvent) -> bool:
    is_split = call.access.limit is not None
    return not is_split or (event.type in EVENTS_OF_CHANNELS and call.access.may_use(event.channel_id))


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
