"""Tells of what was committed: each record of the table's stream becomes events, which are written into the feed and
queued for whoever subscribed to them.

An organization that nobody listens for costs nothing but the call: its records are dropped by configuration that the
process remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gate24.channels import DEFAULT_MARGIN_SECONDS
from gate24.feed import FeedEvent
from gate24.lazy_dataclass import dataclass
from gate24.observability import logger
from gate24.rules.feed_events import events_of
from gate24.store import feed, organizations, stream, untold_changes
from gate24.store.stream import Record
from gate24.store.table import StoreError


def _nobody(organization_id: str, channel_id: str | None) -> bool:
    return False


def _nowhere(organization_id: str, events: Sequence[FeedEvent]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Those who are called. ``is_wanted``: whether anybody of the organization subscribed to events of that channel
    (None: to those of no channel). ``queue``: queues the organization's events for each of them."""

    is_wanted: Callable[[str, str | None], bool] = _nobody
    queue: Callable[[str, Sequence[FeedEvent]], object] = _nowhere


NO_DELIVERIES = Deliveries()


def tell_change(record: Record, deliveries: Deliveries = NO_DELIVERIES) -> int:
    """Tells of a record of the stream; returns how many events it makes. Repeating it changes nothing in the feed, and
    queues the same events again. StoreError where they could not be written."""
    organization_id = stream.organization_of(record)
    if organization_id is None or not is_heard(organization_id, deliveries):
        return 0
    change = stream.change_of(record)
    if change is None:
        return 0
    is_kept = organizations.events_since(organization_id) is not None
    events = [
        event
        for event in events_of(change, _margin_ms)
        if is_kept or deliveries.is_wanted(organization_id, event.channel_id)
    ]
    if events:
        feed.write(events)
        deliveries.queue(organization_id, events)
    return len(events)


def tell_or_keep(record: Record, deliveries: Deliveries = NO_DELIVERIES) -> None:
    """Tells of a record of the stream. Where the code trips on it, its place is kept instead, which rings an alarm.
    StoreError where table or queue are away: the record is to be told again, before those that come after it."""
    try:
        tell_change(record, deliveries)
    except StoreError:
        raise
    except Exception as error:  # a fault of ours
        name = type(error).__name__
        logger.error("change_poisonous", extra={"sequence_number": stream.number_of(record), "error": name})
        untold_changes.keep(record, name)


def is_heard(organization_id: str, deliveries: Deliveries) -> bool:
    """Whether anybody hears of the organization's events."""
    if organizations.events_since(organization_id) is not None:
        return True
    channels = (None, *(channel.id for channel in organizations.channels(organization_id)))
    return any(deliveries.is_wanted(organization_id, channel_id) for channel_id in channels)


def _margin_ms(channel_id: str) -> int:
    channel = organizations.channel(channel_id)
    return 1000 * (channel.margin_seconds if channel is not None else DEFAULT_MARGIN_SECONDS)
