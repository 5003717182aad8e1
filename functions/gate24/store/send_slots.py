"""What all sends of a channel share, whichever process makes them: the slots of its rate limit, how many sends are
under way, and whether the channel is cut off. One conditional write a send takes the slot and decides on the other two;
only one send in ten, and those around a failure, write once more when they end."""

from __future__ import annotations

from typing import Literal

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gate24.lazy_dataclass import dataclass
from gate24.rules import channel_breaker as breaker
from gate24.store.items import SendSlotsItem
from gate24.store.table import StoreError, delete, update

_TRIES = 6

_next_us, _under_way, _number = SendSlotsItem.next_us, SendSlotsItem.under_way, SendSlotsItem.number
_points, _failed_us, _cut_off = SendSlotsItem.points, SendSlotsItem.failed_us, SendSlotsItem.cut_off_until_us


@dataclass(frozen=True, slots=True)
class Slot:
    """``granted``: whether the slot is taken. ``wait_ms``: until the slot, or until it is worth asking again.
    ``starts_us``: when the slot is (epoch microseconds).
    ``refused``: why it is not granted, if it is not the rate limit. ``number`` counts the channel's slots;
    ``points`` are those that it had, and ``probe_until_us`` is there where the send is a probe
    (``rules.channel_breaker``)."""

    granted: bool
    wait_ms: int
    refused: Literal["cut_off", "too_many"] | None = None
    number: int = 0
    points: int = 0
    probe_until_us: int | None = None
    starts_us: int = 0


def take_slot(
    channel_id: str, now_us: int, slot_us: int, longest_wait_ms: int, most_under_way: int | None = None
) -> Slot:
    """Takes the channel's next slot if it is at most ``longest_wait_ms`` away, no more than ``most_under_way`` sends
    are under way and the channel is not cut off, or this send is its probe. ``slot_us``: microseconds from one slot to
    the next."""
    latest = now_us + longest_wait_ms * 1000
    next_us, seen = 0, SendSlotsItem()
    for _ in range(_TRIES):
        probe_until_us = None
        actions: list[Action] = [_number.set((_number | 0) + 1)]
        room: Condition | None = None
        if seen.cut_off_until_us is not None:
            if seen.cut_off_until_us > now_us:
                return Slot(False, (seen.cut_off_until_us - now_us) // 1000, "cut_off")
            probe_until_us = now_us + breaker.PROBE_MS * 1000
            actions += [_cut_off.set(probe_until_us), _under_way.set(1)]
            room = _cut_off == seen.cut_off_until_us
        elif most_under_way is not None and (seen.under_way or 0) >= most_under_way:
            all_ended = next_us + breaker.ENDED_BY_MS * 1000 <= now_us  # by functions that crashed, too
            if not all_ended:
                return Slot(False, breaker.TOO_MANY_RETRY_MS, "too_many")
            actions.append(_under_way.set(1))
            room = _cut_off.does_not_exist() & (_next_us == next_us)
        else:
            actions.append(_under_way.set((_under_way | 0) + 1))
            room = _cut_off.does_not_exist()
            if most_under_way is not None:
                room &= _under_way.does_not_exist() | (_under_way < most_under_way)
        if next_us > now_us:
            actions.append(_next_us.set(_next_us + slot_us))
            in_time = (_next_us > now_us) & (_next_us <= latest)
        else:
            actions.append(_next_us.set(now_us + slot_us))
            in_time = _next_us.does_not_exist() | (_next_us <= now_us)
        written = update(_item(channel_id), actions, in_time & room, "ALL_NEW")
        seen = written.item(SendSlotsItem) or SendSlotsItem()
        next_us = seen.next_us or 0
        if written.applied:
            wait_ms = max(0, (next_us - slot_us - now_us) // 1000)
            starts_us = now_us + wait_ms * 1000
            return Slot(True, wait_ms, None, seen.number or 0, seen.points or 0, probe_until_us, starts_us)
        if next_us > latest:
            return Slot(False, (next_us - latest) // 1000)
    raise StoreError("UpdateItem", "slot_contended")


def send_ended(
    channel_id: str,
    slot: Slot,
    is_answered: bool | None,
    now_us: int,
    counted_every: int = breaker.ENDS_COUNTED_EVERY,
) -> bool:
    """The send that took the slot is over. ``is_answered``: whether the BSP answered, None where it was not asked.
    Returns whether the channel is cut off now because of it. Mostly this writes nothing; StoreError where a write is
    needed and fails."""
    if slot.number and slot.number % counted_every == 0:
        ended = counted_every
        update(_item(channel_id), [_under_way.set(_under_way - ended)], _under_way >= ended)
    if is_answered is False:
        return _failed(channel_id, slot, now_us)
    if is_answered and slot.probe_until_us is not None:
        update(
            _item(channel_id),
            [_cut_off.remove(), _points.remove(), _failed_us.remove()],
            _cut_off == slot.probe_until_us,
        )
    elif is_answered and slot.points > 0:
        update(_item(channel_id), [_points.set(_points + breaker.ANSWERED_POINTS)], _points > 0)
    return False


def _failed(channel_id: str, slot: Slot, now_us: int) -> bool:
    """Counts a call without an answer, and cuts the channel off where that is one too many; whether it did."""
    item, more = _item(channel_id), breaker.FAILED_POINTS
    is_recent = _failed_us > now_us - breaker.FORGOTTEN_AFTER_MS * 1000
    counted = update(item, [_points.set((_points | 0) + more), _failed_us.set(now_us)], is_recent, "ALL_NEW")
    if not counted.applied:
        update(item, [_points.set(more), _failed_us.set(now_us)])
    points = (found.points or 0) if counted.applied and (found := counted.item(SendSlotsItem)) else more
    is_cut_off = slot.probe_until_us is not None or breaker.is_cut_off(points)
    if is_cut_off:
        update(item, [_cut_off.set(now_us + breaker.PAUSE_MS * 1000)])
    return is_cut_off


def forget(channel_id: str) -> None:
    """Takes away what is known of a deleted channel's sends."""
    delete(_item(channel_id))


def _item(channel_id: str) -> SendSlotsItem:
    return SendSlotsItem(f"R#{channel_id}", "LINE")
