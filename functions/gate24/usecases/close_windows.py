"""Tells of windows that close soon, and of those that have lapsed, in their minute.

Nothing is swept: the list of contacts knows the hour in which each window ends, so only windows of the hours in which
something is due are read. What is told is first noted in the window itself, by a conditional write that the table's
stream turns into the event: so it is told once, whatever crashes, and of a window that moved meanwhile nothing is told.
A run takes up everything that was due since the last one that came to its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gate24.channels import Channel, Organization
from gate24.observability import logger
from gate24.rules.window import closing_soon_at, lapses_at
from gate24.store import contact_list, feed, organizations, windows
from gate24.usecases.tell_changes import NO_DELIVERIES, Deliveries, is_heard

WORK_SECONDS = 45
"""How long a run begins another window; its function ends after 60 s (template.yaml), and the next run goes on."""

_MINUTE_MS = 60_000
_LOOK_BACK_MS = 5 * _MINUTE_MS
"""So long before the last run, too, is looked for what was due: the list is an index, and follows the windows later."""

_REMEMBERED_MOST = 200_000


@dataclass(slots=True)
class DueTimes:
    """When the windows that a process has read are due next, by what is known of them (epoch ms). A window only ever
    ends later than was known, so it need not be read before."""

    times: dict[tuple[object, ...], int] = field(default_factory=dict)

    def remember(self, key: tuple[object, ...], at: int) -> None:
        if len(self.times) >= _REMEMBERED_MOST:
            self.times.clear()
        self.times[key] = at


def close_windows(
    now: int, is_time_up: Callable[[], bool], due: DueTimes, deliveries: Deliveries = NO_DELIVERIES
) -> int:
    """Notes what is due at ``now`` (epoch ms) of every organization that somebody hears; returns of how many windows.
    RuntimeError at the end with the organizations that could not be done."""
    told, failed = 0, []
    for organization_id in organizations.organization_ids():
        try:
            organization = organizations.organization(organization_id)
            if organization is not None and is_heard(organization_id, deliveries):
                told += _close_windows_of(organization, now, is_time_up, due)
        except Exception as error:  # whatever is wrong with one, the others' windows close
            logger.error("windows_not_closed", extra={"organization": organization_id, "error": type(error).__name__})
            failed.append(organization_id)
    if failed:
        raise RuntimeError(f"windows not told of: {', '.join(failed)}")
    return told


def _close_windows_of(organization: Organization, now: int, is_time_up: Callable[[], bool], due: DueTimes) -> int:
    until = feed.windows_told_until(organization.id)
    since = max((now if until is None else until) - _LOOK_BACK_MS, organization.events_since or 0)
    channels = {channel.id: channel for channel in organizations.channels(organization.id)}
    lead = organization.closing_soon_minutes * _MINUTE_MS
    margin = max((_margin(channel) for channel in channels.values()), default=0)
    found = contact_list.windows_ending(organization.id, since, now + margin)
    found += contact_list.windows_ending(organization.id, since + lead, now + lead + margin)
    told = 0
    for contact_id, channel_id in dict.fromkeys(found):
        if is_time_up():
            return told
        if channel_id in channels:
            told += _tell(organization, channels[channel_id], contact_id, since, now, due)
    feed.set_windows_told_until(organization.id, now)
    return told


def _tell(organization: Organization, channel: Channel, contact_id: str, since: int, now: int, due: DueTimes) -> bool:
    """Notes what is due of a window; returns whether anything was."""
    lead, margin = organization.closing_soon_minutes * _MINUTE_MS, _margin(channel)
    key = (organization.id, contact_id, channel.id, lead, margin)
    if due.times.get(key, 0) > now:
        return False
    window = windows.read(organization.id, contact_id, channel.id)
    closing_at, lapsed_at = closing_soon_at(window, margin, lead), lapses_at(window, margin)
    has_lapsed = lapsed_at is not None and since < lapsed_at <= now
    closes = closing_at is not None and since < closing_at <= now and lapsed_at is not None and now < lapsed_at
    is_told = (has_lapsed or closes) and windows.mark_told(
        *(organization.id, contact_id, channel.id, window),
        closing=window.opened_at if closes else None,
        closed=window.last_inbound_at if has_lapsed else None,
    )
    due.remember(key, min((at for at in (closing_at, lapsed_at) if at is not None and at > now), default=now + lead))
    return is_told


def _margin(channel: Channel) -> int:
    return channel.margin_seconds * 1000
