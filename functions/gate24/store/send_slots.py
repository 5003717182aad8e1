"""The slots of a channel's rate limit, shared by all processes: one conditional write a send."""

from __future__ import annotations

from dataclasses import dataclass

from gate24.store.items import SendSlotsItem
from gate24.store.table import StoreError, update

_TRIES = 6


@dataclass(frozen=True, slots=True)
class Slot:
    """``granted``: whether the slot is taken. ``wait_ms``: until the slot, or until it is worth asking again."""

    granted: bool
    wait_ms: int


def take_slot(channel_id: str, now_us: int, slot_us: int, longest_wait_ms: int) -> Slot:
    """Takes the channel's next slot if it is at most ``longest_wait_ms`` away. ``slot_us``: microseconds from one
    slot to the next."""
    item, free = SendSlotsItem(f"R#{channel_id}", "LINE"), SendSlotsItem.next_us
    latest = now_us + longest_wait_ms * 1000
    is_busy = False
    for _ in range(_TRIES):
        if is_busy:
            written = update(item, [free.set(free + slot_us)], (free > now_us) & (free <= latest), "UPDATED_OLD")
        else:
            written = update(item, [free.set(now_us + slot_us)], free.does_not_exist() | (free <= now_us))
        found = written.item(SendSlotsItem)
        next_us = (found.next_us if found else None) or 0
        if written.applied:
            return Slot(True, max(0, (next_us - now_us) // 1000) if is_busy else 0)
        if next_us > latest:
            return Slot(False, (next_us - latest) // 1000)
        is_busy = next_us > now_us
    raise StoreError("UpdateItem", "slot_contended")
