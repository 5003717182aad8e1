"""Tells of what was committed: each record of the table's stream becomes events, which are written into the feed and
queued for whoever subscribed to them.

An organization that nobody listens for costs nothing but the call: its records are dropped by configuration that the
process remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from gate24 import at_once
from gate24.channels import DEFAULT_MARGIN_SECONDS
from gate24.feed import FeedEvent
from gate24.lazy_dataclass import dataclass
from gate24.observability import logger
from gate24.rules.feed_events import events_of
from gate24.store import feed, organizations, stream, untold_changes
from gate24.store.feed import NamedEvent
from gate24.store.stream import Record
from gate24.store.table import StoreError

T = TypeVar("T")


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


@dataclass(slots=True)
class _Telling:
    """The ``number``-th record of a batch with what is to be told of it. ``places``: of the events in the feed.
    ``fault``: on what the code tripped."""

    number: int
    record: Record
    organization_id: str = ""
    events: Sequence[FeedEvent] = ()
    places: Sequence[str] = ()
    fault: str | None = None


@dataclass(slots=True)
class _Lane:
    """What has to be told one after another. ``told``: how many of it are. ``named``: of the next one the last event,
    which has a name and no place. ``after``: the last place. ``is_over``: whether the next one cannot be told now."""

    tellings: Sequence[_Telling]
    told: int = 0
    named: NamedEvent | None = None
    after: str = ""
    is_over: bool = False

    @property
    def next(self) -> _Telling:
        return self.tellings[self.told]


@dataclass(slots=True)
class _Batch:
    """``failed``: which records cannot be told now, as far as is known, and why."""

    deliveries: Deliveries
    failed: list[tuple[int, str]]

    def is_before(self, number: int) -> bool:
        """Whether it ends before that record, so that it is not begun."""
        return any(failed < number for failed, _ in self.failed)


def tell_changes(records: Sequence[Record], deliveries: Deliveries = NO_DELIVERIES) -> str | None:
    """Tells of a batch of the stream; the stream's number of the first record that is to be told again, with all that
    come after it, because table or queue are away; None where there is none. Repeating it changes nothing in the feed,
    and queues the same events again.

    What changed in one partition, such as all of a contact, is told one after another, and that of several at once. So
    whatever failed, of nobody is a later change told before an earlier one. A record on which the code trips is kept
    aside, which rings an alarm: it would hold up everybody whose changes stand in the same shard."""
    batch = _Batch(deliveries, [])
    tellings: list[_Telling] = []
    for number, record in enumerate(records):
        try:
            tellings.append(_telling(number, record, deliveries))
        except StoreError as error:
            batch.failed.append((number, str(error)))
            break
    for each in tellings:
        each.places = [feed.take_place(event) for event in each.events]
    lanes = _lanes(tellings)
    while lanes:
        at_once.for_each(lambda lane: _name(lane, batch), lanes)
        named = sorted((lane for lane in lanes if lane.named is not None), key=lambda lane: lane.next.number)
        parts = [named[first : first + feed.PLACED_MOST] for first in range(0, len(named), feed.PLACED_MOST)]
        at_once.for_each(lambda part: _place(part, batch), parts)
        at_once.for_each(lambda lane: _queue(lane, batch), [lane for lane in lanes if not lane.is_over])
        lanes = [lane for lane in lanes if not lane.is_over and lane.told < len(lane.tellings)]
    if not batch.failed:
        return None
    first, reason = min(batch.failed)
    number_of_it = stream.number_of(records[first])
    logger.error("change_not_told", extra={"sequence_number": number_of_it, "error": reason})
    return number_of_it


def _telling(number: int, record: Record, deliveries: Deliveries) -> _Telling:
    """What the record makes; StoreError where what it takes for it could not be read."""
    try:
        organization_id = stream.organization_of(record)
        if organization_id is None or not is_heard(organization_id, deliveries):
            return _Telling(number, record)
        change = stream.change_of(record)
        if change is None:
            return _Telling(number, record)
        is_kept = organizations.events_since(organization_id) is not None
        events = [
            event
            for event in events_of(change, _margin_ms)
            if is_kept or deliveries.is_wanted(organization_id, event.channel_id)
        ]
    except StoreError:
        raise
    except Exception as error:  # a fault of ours
        return _Telling(number, record, fault=type(error).__name__)
    return _Telling(number, record, organization_id, events)


def _lanes(tellings: Sequence[_Telling]) -> list[_Lane]:
    left = [each for each in tellings if each.events or each.fault is not None]
    lanes: dict[str, list[_Telling]] = {}
    lane_of_event: dict[str, str] = {}
    is_one = False
    for each in left:
        pk = each.record["dynamodb"]["Keys"]["pk"]["S"]
        lanes.setdefault(pk, []).append(each)
        # Under two identities of a person it is the same event, which is written once.
        is_one = is_one or any(lane_of_event.setdefault(event.id, pk) != pk for event in each.events)
    return [_Lane(left)] if is_one else [_Lane(lane) for lane in lanes.values()]


@contextmanager
def _noted(lane: _Lane, batch: _Batch) -> Iterator[None]:
    """Notes what fails of the lane's next record."""
    try:
        yield
    except StoreError as error:
        lane.is_over = True
        batch.failed.append((lane.next.number, str(error)))
    except Exception as error:  # a fault of ours
        lane.named, lane.next.fault = None, type(error).__name__


def _name(lane: _Lane, batch: _Batch) -> None:
    """Names the events of the next record, and writes their places but for that of the last one."""
    telling = lane.next
    lane.named, lane.is_over = None, batch.is_before(telling.number)
    if telling.fault is None and not lane.is_over:
        with _noted(lane, batch):
            lane.after = feed.write(telling.events[:-1], telling.places, lane.after)
            lane.named = feed.name(telling.events[-1], telling.places[-1], lane.after)


def _place(lanes: Sequence[_Lane], batch: _Batch) -> None:
    """Writes the place of each lane's event."""
    named = [lane.named for lane in lanes if lane.named is not None]
    try:
        feed.place(named)
    except Exception:  # of some of them; where it was done, it is done once more
        for lane, each in zip(lanes, named, strict=True):
            lane.is_over = batch.is_before(lane.next.number)
            if not lane.is_over:
                with _noted(lane, batch):
                    feed.place([each])
    for lane, each in zip(lanes, named, strict=True):
        lane.after = each.place


def _queue(lane: _Lane, batch: _Batch) -> None:
    """Queues the events of the next record, or keeps it where the code tripped on it: so it is told."""
    telling = lane.next
    if telling.fault is None:
        with _noted(lane, batch):
            batch.deliveries.queue(telling.organization_id, telling.events)
    if telling.fault is not None:
        with _noted(lane, batch):
            extra = {"sequence_number": stream.number_of(telling.record), "error": telling.fault}
            logger.error("change_poisonous", extra=extra)
            untold_changes.keep(telling.record, telling.fault)
    if not lane.is_over:
        lane.told += 1


def is_heard(organization_id: str, deliveries: Deliveries) -> bool:
    """Whether anybody hears of the organization's events."""
    if organizations.events_since(organization_id) is not None:
        return True
    channels = (None, *(channel.id for channel in organizations.channels(organization_id)))
    return any(deliveries.is_wanted(organization_id, channel_id) for channel_id in channels)


def _margin_ms(channel_id: str) -> int:
    channel = organizations.channel(channel_id)
    return 1000 * (channel.margin_seconds if channel is not None else DEFAULT_MARGIN_SECONDS)
