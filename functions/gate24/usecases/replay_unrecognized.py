"""Replays events that were kept because they were not understood, or because the code tripped on them.

Each is read by the version that runs now, and stored as of when it came first. A replay may be repeated: what is
stored already stays as it is. Of an event that was erased meanwhile nothing is left to replay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from gate24 import clock
from gate24.channels import Channel
from gate24.events import Event, Routed, Unrecognized
from gate24.lazy_dataclass import dataclass
from gate24.observability import about, logger
from gate24.providers import provider
from gate24.store import event_format, organizations, unrecognized
from gate24.store.table import StoreError
from gate24.store.unrecognized import UnrecognizedEvent
from gate24.usecases.receive_event import TEMPLATE_NOT_REGISTERED
from gate24.usecases.receive_webhook import Poisonous, take_event

SECONDS_AT_ONCE = 8.0
"""How long one call begins with further events; the function has 20 s."""

Outcome = Literal["taken", "unrecognized", "poisonous", "gone", "failed", "not_reached"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a kept event.

    taken: it is stored, and no longer kept. unrecognized, poisonous: still. gone: it was taken or erased before, or has
    expired. failed: the table did not answer. not_reached: the time was up. ``reason``: why it was not taken.
    """

    id: str
    outcome: Outcome
    reason: str | None = None


def replay_unrecognized(organization_id: str, event_ids: Sequence[str]) -> list[Replayed]:
    """Replays the organization's events of these ids, in this order."""
    about(organization=organization_id)
    time_is_up = clock.time_limit(SECONDS_AT_ONCE)
    done = []
    for event_id in event_ids:
        replayed = Replayed(event_id, "not_reached") if time_is_up() else _replay(organization_id, event_id)
        logger.info("event_replayed", extra={"outcome": replayed.outcome, "reason": replayed.reason})
        done.append(replayed)
    return done


def _replay(organization_id: str, event_id: str) -> Replayed:
    position = unrecognized.position_of(event_id)
    try:
        kept = unrecognized.find(organization_id, position) if position else None
        if kept is None:
            return Replayed(event_id, "gone")
        tried = [_fault(channel, event, kept.at) for channel, event in _events(organization_id, kept)]
        faults = [fault for fault in tried if fault is not None]
        poison = next((fault for fault in faults if isinstance(fault, Poisonous)), None)
        if poison is not None:
            reason = unrecognized.poisonous_reason(poison.kind)
            unrecognized.keep_for_good(organization_id, kept.position, reason)
            return Replayed(event_id, "poisonous", reason)
        if faults:
            return Replayed(event_id, "poisonous" if kept.is_poisonous else "unrecognized", str(faults[0]))
        unrecognized.remove(organization_id, kept.position)
        return Replayed(event_id, "taken")
    except StoreError as error:
        return Replayed(event_id, "failed", str(error))


def _events(organization_id: str, kept: UnrecognizedEvent) -> Iterator[tuple[Channel | None, Event]]:
    """What the kept event is for this version."""
    channel = organizations.channel(kept.channel_id)
    if channel is None or channel.organization_id != organization_id:
        yield None, Unrecognized("channel_missing", kept.at, kept.raw)
    elif not isinstance(kept.again, dict):  # it was cut, or too deep
        yield channel, Unrecognized("not_whole", kept.at, kept.raw)
    elif kept.again.keys() == {"kind", "event"}:
        yield channel, _event(kept)
    else:
        for routed in provider(channel.provider).parse(kept.again, kept.at):
            yield _channel(routed, channel), routed.event


def _event(kept: UnrecognizedEvent) -> Event:
    try:
        return event_format.load(kept.again)
    except (KeyError, TypeError):
        return Unrecognized("unknown_kind", kept.at, kept.raw)


def _channel(routed: Routed, channel: Channel) -> Channel | None:
    """The channel whose number the event names. Nothing but the organization's own is known to be proven by now."""
    number = routed.phone_number_id
    if channel.provider != "meta" or number is None or number == channel.phone_number_id:
        return channel
    other = organizations.channel_by_number(number)
    return other if other is not None and other.organization_id == channel.organization_id else None


def _fault(channel: Channel | None, event: Event, received_at: int) -> Poisonous | str | None:
    """Stores the event; returns why it cannot be stored, or None."""
    if isinstance(event, Unrecognized):
        return event.reason
    if channel is None:
        return "unknown_number"
    try:
        outcome = take_event(channel, event, received_at)
    except Poisonous as error:
        return error
    return outcome if outcome == TEMPLATE_NOT_REGISTERED else None
