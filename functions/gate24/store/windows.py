"""Session windows: registers of one contact on one channel that only move forward, each in one conditional write.

"Condition failed" means that a newer event was there first. Times are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import merge
from typing import Any

from gate24.rules.window import WINDOW_MS, expires_at, opened_at
from gate24.store import keys, messages
from gate24.store.contacts import window_of
from gate24.store.items import WindowItem, milliseconds, times
from gate24.store.table import Item, get, update

WINDOW_KEPT_SECONDS = 90 * 24 * 3600
"""How long after its end DynamoDB may remove a window item. Nothing is decided by the removal."""

_RECENT_MOST, _RECENT_KEPT = 24, 12
"""How many of the newest inbound messages a window item remembers, so that the same message told twice with
two different times (Gupshup v2 and v3 on one app) is stored once: above the first number, the second are kept."""

_NOT_OPENING = "r"
"""Stands before the mark of a remembered message that opens nothing (a reaction)."""


@dataclass(frozen=True, slots=True)
class Told:
    """An inbound message as far as its window is concerned. ``mark`` names the message (``keys.mark_of`` its
    provider id). ``opens``: whether this kind opens a window. ``is_writing``: False for a keyword, which opens
    the window but is not "a later inbound message"."""

    at: int
    mark: str
    opens: bool = True
    is_writing: bool = True
    name: str | None = None
    user_id: str | None = None

    @property
    def remembered_as(self) -> str:
        return self.mark if self.opens else f"{_NOT_OPENING}{self.mark}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where an inbound message belongs. ``at``: the time under which it is stored (the first that we were told
    for this message). ``is_repeated``: it was told before. ``is_doubtful``: it may have been, too long ago to be
    remembered here. ``is_new_here``: the contact or one of its names was not known to this window, or the
    message is late, so that it may be the repetition that has to finish what a crash left undone. ``is_late``: a
    newer message was there before."""

    at: int
    is_repeated: bool = False
    is_doubtful: bool = False
    is_new_here: bool = False
    is_late: bool = False


def arrive(organization_id: str, contact: str, channel_id: str, told: Told) -> Arrival:
    """Moves the window's registers for one inbound message, in one write in the usual case."""
    item = _item(organization_id, contact, channel_id)
    if not told.opens:
        image = _remember(item, told)
        return _arrival(image, told, is_new_here=len(times(image.recent)) == 1)
    forward = _forward(organization_id, contact, channel_id, told)
    register, start, recent = WindowItem.last_inbound_at, WindowItem.opened_at, WindowItem.recent
    remember = recent[told.mark].set(recent[told.mark] | told.at)
    actions = [*forward, remember]
    condition = (register < told.at) & (register > told.at - WINDOW_MS) & recent.exists()
    while True:
        written = update(item, actions, condition, "ALL_OLD")
        before = written.item(WindowItem)
        if written.applied:
            break
        last = milliseconds(before.last_inbound_at) if before is not None else None
        if before is not None and last is not None and last >= told.at:
            return _late(item, before, told)
        remembers = before is not None and before.recent is not None
        actions = [*forward, remember if remembers else recent.set({told.mark: told.at})]
        condition = recent.exists() if remembers else recent.does_not_exist()
        if last is None:
            actions.append(start.set(told.at))
            condition &= register.does_not_exist()
        elif expires_at(last) <= told.at:
            actions.append(start.set(told.at))
            condition &= register <= told.at - WINDOW_MS
        else:
            condition &= (register < told.at) & (register > told.at - WINDOW_MS)
    if before is None:
        return Arrival(told.at, is_new_here=True)
    _forget_old(item, before)
    if (closed := milliseconds(before.provider_closed_at)) is not None and closed > told.at:
        _list_as_closed(item, contact, channel_id, closed)
    news = ((told.name, before.name), (told.user_id, before.user_id))
    is_new_here = before.last_inbound_at is None or any(said and said != known for said, known in news)
    return _arrival(before, told, is_new_here=is_new_here)


def _item(organization_id: str, contact: str, channel_id: str) -> WindowItem:
    return WindowItem(keys.contact_pk(organization_id, contact), f"{keys.WINDOW}{channel_id}")


def _forward(organization_id: str, contact: str, channel_id: str, told: Told) -> list[Any]:
    end = expires_at(told.at)
    actions = [
        WindowItem.last_inbound_at.set(told.at),
        WindowItem.expires_at.set(end),
        Item.ttl.set(_gone_at(told.at)),
        Item.g.set(keys.list_partition(organization_id, contact)),
        Item.h.set(keys.list_sort(end, contact, channel_id)),
    ]
    if told.is_writing:
        actions.append(WindowItem.last_writing_at.set(told.at))
    if told.name:
        actions.append(WindowItem.name.set(told.name))
    if told.user_id:
        actions.append(WindowItem.user_id.set(told.user_id))
    return actions


def _arrival(image: WindowItem, told: Told, is_new_here: bool, is_late: bool = False) -> Arrival:
    """Judged by what the window remembers. It forgets only what is older than its ``_RECENT_KEPT`` newest: if
    these reach back a day from the message, the message would still be remembered."""
    remembered = times(image.recent)
    first = remembered.get(told.remembered_as)
    doubtful = len(remembered) >= _RECENT_KEPT and min(remembered.values()) > told.at - WINDOW_MS
    return Arrival(
        at=told.at if first is None else first,
        is_repeated=first is not None and (is_late or first != told.at),
        is_doubtful=doubtful,
        is_new_here=is_new_here,
        is_late=is_late,
    )


def _remember(item: WindowItem, told: Told) -> WindowItem:
    """Only that the message was there. Returns the window as it is then."""
    recent, name = WindowItem.recent, told.remembered_as
    while True:
        written = update(item, [recent[name].set(recent[name] | told.at)], recent.exists(), "ALL_NEW")
        if not written.applied:
            first = [recent.set({name: told.at}), Item.ttl.set(Item.ttl | _gone_at(told.at))]
            written = update(item, first, recent.does_not_exist(), "ALL_NEW")
        image = written.item(WindowItem)
        if written.applied and image is not None:
            _forget_old(item, image)
            return image


def _gone_at(at: int) -> int:
    """When DynamoDB may remove a window item that was last touched by something at ``at`` (epoch seconds)."""
    return expires_at(at) // 1000 + WINDOW_KEPT_SECONDS


def _late(item: WindowItem, before: WindowItem, told: Told) -> Arrival:
    known = told.mark in times(before.recent)
    arrival = _arrival(before, told, is_new_here=True, is_late=True)
    if not known:
        first = times(_remember(item, told).recent).get(told.mark, told.at)
        arrival = Arrival(first, first != told.at, arrival.is_doubtful, is_new_here=True, is_late=True)
    if told.is_writing and (before.last_writing_at or 0) < told.at:
        _move(item, WindowItem.last_writing_at, told.at)
    return arrival


def _move(item: WindowItem, register: Any, at: int) -> None:
    update(item, [register.set(at)], register.does_not_exist() | (register < at))


def _forget_old(item: WindowItem, image: WindowItem) -> None:
    remembered = times(image.recent)
    if len(remembered) > _RECENT_MOST:
        oldest = sorted(remembered, key=lambda name: remembered[name])[:-_RECENT_KEPT]
        update(item, [WindowItem.recent[name].remove() for name in oldest])


def correct_start(organization_id: str, contacts: Iterable[str], channel_id: str) -> None:
    """After a late message: where the unbroken run really begins, from what the window of the first of the
    contacts remembers and from the messages of them all. Under one last inbound message it only ever moves back,
    so that several late messages may be told at once."""
    contacts = list(contacts)
    item = _item(organization_id, contacts[0], channel_id)
    while True:
        image = get(WindowItem, item.pk, item.sk, consistent=True)
        if image is None or image.last_inbound_at is None:
            return
        last = int(image.last_inbound_at)
        remembered = [at for name, at in times(image.recent).items() if not name.startswith(_NOT_OPENING)]
        stored = [messages.opening_times(organization_id, contact, channel_id) for contact in contacts]
        start = opened_at(merge([last], sorted(remembered, reverse=True), *stored, reverse=True))
        if start is None or start >= (image.opened_at or last):
            return
        register = WindowItem.opened_at
        unmoved = (WindowItem.last_inbound_at == last) & (register.does_not_exist() | (register > start))
        if update(item, [register.set(start)], unmoved).applied:
            return


def close_window(organization_id: str, contact: str, channel_id: str, at: int) -> bool:
    """The provider said at ``at`` that the window is closed. Returns whether we thought otherwise: the
    register moved and the last inbound message was less than a day before."""
    item = _item(organization_id, contact, channel_id)
    register = WindowItem.provider_closed_at
    actions = [register.set(at), Item.ttl.set(Item.ttl | _gone_at(at))]
    written = update(item, actions, register.does_not_exist() | (register < at), returns="ALL_NEW")
    last = window_of(written.item(WindowItem) or item).last_inbound_at
    if not written.applied or last is None or not last < at < expires_at(last):
        return False
    _list_as_closed(item, contact, channel_id, at)
    return True


def _list_as_closed(item: WindowItem, contact: str, channel_id: str, at: int) -> None:
    """In the list of contacts the window ended when the provider closed it, unless the contact wrote after that."""
    update(item, [Item.h.set(keys.list_sort(at, contact, channel_id))], WindowItem.last_inbound_at < at)


def merge_window(organization_id: str, contact: str, channel_id: str, source: WindowItem) -> None:
    """Brings the registers of a window, and what it remembers, to the same channel's window of another contact."""
    item, window = _item(organization_id, contact, channel_id), window_of(source)
    if window.last_inbound_at is not None:
        remembered = times(source.recent)
        mark = next((name for name, at in remembered.items() if at == window.last_inbound_at), None)
        mark = mark or keys.mark_of("merge", channel_id, str(window.last_inbound_at))
        arrive(organization_id, contact, channel_id, Told(window.last_inbound_at, mark, is_writing=False))
        recent = WindowItem.recent
        if remembered:
            update(item, [recent[name].set(recent[name] | at) for name, at in remembered.items()], recent.exists())
    for register, at in (
        (WindowItem.last_writing_at, window.last_writing_at),
        (WindowItem.provider_closed_at, window.provider_closed_at),
    ):
        if at is not None:
            _move(item, register, at)
