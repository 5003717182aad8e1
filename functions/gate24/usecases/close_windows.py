"""Tells of windows that close soon, and of those that have lapsed, in their minute.

Nothing is swept: the list of contacts knows the hour in which each window ends, so only windows of the hours in which
something is due are read. What is told is first noted in the window itself, by a conditional write that the table's
stream turns into the event: so it is told once, whatever crashes, and of a window that moved meanwhile nothing is told.
A run takes up everything that was due since the last one that came to its end.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain, islice

from gate24.channels import Channel, Organization
from gate24.lazy_dataclass import dataclass
from gate24.observability import logger
from gate24.rules.window import closing_soon_at, lapses_at
from gate24.store import contact_list, feed, organizations, windows
from gate24.usecases.tell_changes import NO_DELIVERIES, Deliveries, is_heard
from gate24.windows import Window

WORK_SECONDS = 45
"""How long a run begins another window; its function ends after 60 s (template.yaml), and the next run goes on."""

_MINUTE_MS = 60_000
_LOOK_BACK_MS = 5 * _MINUTE_MS
"""So long before the last run, too, is looked for what was due: the list is an index, and follows the windows later."""

_LOOKED_AT_IN_A_TURN = 100
"""Windows of an organization, before the next one has its turn: as many as one BatchGetItem reads."""

_REMEMBERED_MOST = 200_000


@dataclass(slots=True)
class DueTimes:
    """When the windows that a process has read are due next, by what is known of them (epoch ms). A window only ever
    ends later than was known, so it need not be read before."""

    times: dict[tuple[object, ...], int] = field(default_factory=dict)

    def of(self, key: tuple[object, ...]) -> int:
        """0 where nothing is known."""
        return self.times.get(key, 0)

    def remember(self, key: tuple[object, ...], at: int) -> None:
        if len(self.times) >= _REMEMBERED_MOST:
            self.times.clear()
        self.times[key] = at


def close_windows(
    now: int, is_time_up: Callable[[], bool], due: DueTimes, deliveries: Deliveries = NO_DELIVERIES
) -> int:
    """Notes what is due at ``now`` (epoch ms) of every organization that somebody hears; returns of how many windows.
    Organizations take turns, in any order, so that none waits for all windows of another. RuntimeError at the end with
    those that could not be done."""
    told, failed = 0, []
    organization_ids = organizations.organization_ids()
    random.shuffle(organization_ids)
    waiting = deque((each, _turns(each, now, is_time_up, due, deliveries)) for each in organization_ids)
    while waiting and not is_time_up():
        organization_id, turns = waiting.popleft()
        try:
            told += next(turns)
        except StopIteration:
            continue
        except Exception as error:  # whatever is wrong with one, the others' windows close
            logger.error("windows_not_closed", extra={"organization": organization_id, "error": type(error).__name__})
            failed.append(organization_id)
        else:
            waiting.append((organization_id, turns))
    if failed:
        raise RuntimeError(f"windows not told of: {', '.join(sorted(failed))}")
    return told


def _turns(
    organization_id: str, now: int, is_time_up: Callable[[], bool], due: DueTimes, deliveries: Deliveries
) -> Iterator[int]:
    """Looks at the organization's windows, some in each turn; tells of how many it noted something. At the end it notes
    that all is told until now."""
    organization = organizations.organization(organization_id)
    if organization is None or not is_heard(organization_id, deliveries):
        return
    until = feed.windows_told_until(organization.id)
    since = max((now if until is None else until) - _LOOK_BACK_MS, organization.events_since or 0)
    channels = {channel.id: channel for channel in organizations.channels(organization.id)}
    lead = organization.closing_soon_minutes * _MINUTE_MS
    margin = max((_margin(channel) for channel in channels.values()), default=0)
    found = chain(
        contact_list.windows_ending(organization.id, since, now + margin),
        contact_list.windows_ending(organization.id, since + lead, now + lead + margin),
    )
    while some := list(islice(found, _LOOKED_AT_IN_A_TURN)):
        places = [place for place in dict.fromkeys(some) if place[1] in channels]
        yield _tell_some(organization, channels, places, (since, now), is_time_up, due)
    feed.set_windows_told_until(organization.id, now)


def _tell_some(
    organization: Organization,
    channels: Mapping[str, Channel],
    places: Sequence[tuple[str, str]],
    span: tuple[int, int],
    is_time_up: Callable[[], bool],
    due: DueTimes,
) -> int:
    """``span``: after which time and until when it was due. Where the time is up, the run has no further turn."""
    not_known = [place for place in places if due.of(_key(organization, channels[place[1]], place[0])) <= span[1]]
    if not not_known:
        return 0
    told = 0
    for place, window in windows.read_many(organization.id, not_known).items():
        if is_time_up():
            break
        told += _tell(organization, channels[place[1]], place[0], window, span, due)
    return told


def _tell(
    organization: Organization,
    channel: Channel,
    contact_id: str,
    window: Window,
    span: tuple[int, int],
    due: DueTimes,
) -> bool:
    """Notes what is due of a window; returns whether anything was."""
    (since, now), margin, lead = span, _margin(channel), organization.closing_soon_minutes * _MINUTE_MS
    closing_at, lapsed_at = closing_soon_at(window, margin, lead), lapses_at(window, margin)
    has_lapsed = lapsed_at is not None and since < lapsed_at <= now
    closes = closing_at is not None and since < closing_at <= now and lapsed_at is not None and now < lapsed_at
    is_told = (has_lapsed or closes) and windows.mark_told(
        *(organization.id, contact_id, channel.id, window),
        closing=window.opened_at if closes else None,
        closed=window.last_inbound_at if has_lapsed else None,
    )
    if (has_lapsed or closes) and not is_told:
        return False  # it moved since it was read: the next run looks at it anew
    due.remember(
        _key(organization, channel, contact_id),
        min((at for at in (closing_at, lapsed_at) if at is not None and at > now), default=now + lead),
    )
    return is_told


def _key(organization: Organization, channel: Channel, contact_id: str) -> tuple[object, ...]:
    return (organization.id, contact_id, channel.id, organization.closing_soon_minutes, _margin(channel))


def _margin(channel: Channel) -> int:
    return channel.margin_seconds * 1000
