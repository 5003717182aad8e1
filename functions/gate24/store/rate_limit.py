"""The line of slots of a channel, shared by all processes: one register, one conditional write a send."""

from __future__ import annotations

from dataclasses import dataclass

from pynamodb.attributes import NumberAttribute

from gate24.store.table import Item, StoreError, update

_TRIES = 6


class LineItem(Item):
    """``next_us``: the first free slot, epoch microseconds."""

    next_us = NumberAttribute(attr_name="x", null=True)


@dataclass(frozen=True, slots=True)
class Slot:
    """``granted``: whether the slot is taken. ``wait_ms``: until the slot, or until it is worth asking again."""

    granted: bool
    wait_ms: int


def take_slot(channel_id: str, now_us: int, interval_us: int, patience_ms: int) -> Slot:
    """Takes the channel's next slot if it is at most ``patience_ms`` away."""
    item = LineItem(f"R#{channel_id}", "LINE")
    latest = now_us + patience_ms * 1000
    busy = False
    for _ in range(_TRIES):
        if busy:
            action = LineItem.next_us.set(LineItem.next_us + interval_us)
            written = update(
                item, [action], (LineItem.next_us > now_us) & (LineItem.next_us <= latest), returns="UPDATED_OLD"
            )
        else:
            idle = LineItem.next_us.does_not_exist() | (LineItem.next_us <= now_us)
            written = update(item, [LineItem.next_us.set(now_us + interval_us)], idle)
        if written.applied:
            return Slot(True, max(0, (_next(written.image) - now_us) // 1000) if busy else 0)
        free = _next(written.image)
        if free > latest:
            return Slot(False, (free - latest) // 1000)
        busy = free > now_us
    raise StoreError("UpdateItem", "slot_contended")


def _next(image: dict[str, dict[str, str]] | None) -> int:
    return int(image["x"]["N"]) if image and "x" in image else 0
