"""The session window: a comparison of times, never a flag.

Pure: every function is given ``now``. What moves a window is here (``advance``, ``close``, ``merge``,
``with_start``), and the store's write executes it (``store.windows.change``). All times are epoch milliseconds by
the provider's clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from heapq import merge as merge_sorted

from gate24.inbox import Said
from gate24.windows import ClosedBy, Window, WindowEffect, WindowMessage, WindowState

WINDOW_MS = 24 * 60 * 60 * 1000
"""Meta, "customer service window" (send-messages page, updated 2026-05-21): 24 hours from the last message."""

CLOSING_MS = 4 * 60 * 60 * 1000
"""A window with less than this left counts as closing (what Glific's users know: red from 4 hours)."""

REMEMBERED_MOST, REMEMBERED_KEPT = 24, 12
"""How many inbound messages a window remembers: above the first number, the newest of the second are kept. A message
told twice with two different times (Gupshup v2 and v3 on one app) is recognized by them."""

_NOT_OPENING = "r"
"""Stands before the name of a remembered message that opens nothing (a reaction)."""


def advance(window: Window, message: WindowMessage) -> tuple[Window, WindowEffect]:
    """The window after an inbound message, and what the message meant to it. Messages may come late, twice and in
    any order."""
    name = message.name if message.opens else f"{_NOT_OPENING}{message.name}"
    last, first_reported_at = window.last_inbound_at, window.recent.get(name)
    at = message.at if first_reported_at is None else first_reported_at
    effect = WindowEffect(
        first_reported_at=at,
        is_known=first_reported_at is not None,
        start_may_be_earlier=message.opens and last is not None and at < last,
    )
    recent = window.recent if effect.is_known else _remember(window.recent, {name: at})
    entered_at = later(window.entered_at, at) if message.by_advertisement else window.entered_at
    said = window.said
    if message.type is not None and not effect.is_known:  # told again, its words may be kept no longer
        said = _newer(said, Said(at, message.type, message.preview))
    is_late = not effect.is_known and message.seen_to is not None and at <= message.seen_to
    late_at = later(window.late_at, message.received_at) if is_late else window.late_at
    if not message.opens:
        return replace(window, recent=recent, entered_at=entered_at, said=said, late_at=late_at), effect
    moved = Window(
        last_inbound_at=later(last, at),
        opened_at=_start(window, at),
        last_writing_at=window.last_writing_at if message.is_keyword else later(window.last_writing_at, at),
        provider_closed_at=window.provider_closed_at,
        recent=recent,
        told_closing=window.told_closing,
        told_closed=window.told_closed,
        entered_at=entered_at,
        said=said,
        late_at=late_at,
    )
    return moved, effect


def remembers(window: Window, name: str) -> bool:
    """Whether the window knows when the message was first told."""
    return name in window.recent or f"{_NOT_OPENING}{name}" in window.recent


def may_have_forgotten(window: Window, start: int) -> bool:
    """Whether the window may have forgotten a message of ``start`` or later: only what is older than the newest
    ``REMEMBERED_KEPT`` ever is."""
    return len(window.recent) >= REMEMBERED_KEPT and min(window.recent.values()) > start


def advance_by_call(
    window: Window, name: str, at: int, opens: bool, type: str | None = None
) -> tuple[Window, WindowEffect]:
    """The window after something was said of the call ``name`` at ``at``. ``opens``: whether it proves that WhatsApp
    opened the window. ``type``: as a list shows it, if it is the contact's call.

    All that is said of a call is one: it opens the window once, at the earliest time that was reported for it, so that
    a call's end does not extend what its begin opened, in whatever order they come. It stands in the conversation under
    the time that was reported first. A call is not writing.
    """
    noted, effect = advance(window, WindowMessage(name, at, opens=False, type=type))
    known = noted.recent.get(name)
    if not opens or (known is not None and known <= at):
        return noted, effect
    if known is None:
        opened, opening = advance(noted, WindowMessage(name, at, type=type))
        opened = replace(opened, last_writing_at=window.last_writing_at)
        return opened, replace(effect, start_may_be_earlier=opening.start_may_be_earlier)
    recent = {**noted.recent, name: at}
    begun = replace(noted, recent=recent, opened_at=at if noted.opened_at == known else noted.opened_at)
    if noted.last_inbound_at == known:
        begun = replace(begun, last_inbound_at=max(opening_times(recent)))
    return begun, effect


def close(window: Window, at: int) -> tuple[Window, bool]:
    """The window after the provider said at ``at`` that it is closed, and whether that is news: whether we thought
    otherwise."""
    last, known = window.last_inbound_at, window.provider_closed_at
    is_news = (known is None or known < at) and last is not None and last < at < expires_at(last)
    return replace(window, provider_closed_at=later(known, at)), is_news


def merge(one: Window, other: Window) -> Window:
    """The window of two contacts that turned out to be one person: each time the later one.

    ``opened_at`` is the earlier start where the two runs touch, else the later run's; a run that is known in
    pieces is put together from the messages (``with_start``).
    """
    late, early = sorted((one, other), key=lambda window: window.last_inbound_at or 0, reverse=True)
    touch = (
        late.opened_at is not None
        and early.opened_at is not None
        and early.last_inbound_at is not None
        and late.opened_at < expires_at(early.last_inbound_at)
    )
    first_told = {
        name: min(at, one.recent.get(name, at), other.recent.get(name, at))
        for name, at in {**one.recent, **other.recent}.items()
    }
    return Window(
        last_inbound_at=late.last_inbound_at,
        opened_at=_earlier(late.opened_at, early.opened_at) if touch else late.opened_at,
        last_writing_at=later(one.last_writing_at, other.last_writing_at),
        provider_closed_at=later(one.provider_closed_at, other.provider_closed_at),
        recent=_remember({}, first_told),
        told_closing=later(one.told_closing, other.told_closing),
        told_closed=later(one.told_closed, other.told_closed),
        entered_at=later(one.entered_at, other.entered_at),
        said=_newer(one.said, other.said),
        late_at=later(one.late_at, other.late_at),
    )


def with_start(window: Window, stored: Iterable[Iterable[int]]) -> Window:
    """The window with its run's true start, by what it remembers and by the stored messages that opened it
    (``stored``: their times, newest first, by contact). The start only ever moves back."""
    if window.last_inbound_at is None:
        return window
    remembered = sorted(opening_times(window.recent), reverse=True)
    times = merge_sorted([window.last_inbound_at], remembered, *stored, reverse=True)
    return replace(window, opened_at=_earlier(window.opened_at, run_start(times)))


def after(window: Window, left_at: int | None) -> Window:
    """What of the window is the present person's where somebody else left the number at ``left_at``: nothing that was
    written until then."""
    last = window.last_inbound_at
    if left_at is None or last is None or (window.opened_at or last) > left_at:
        return window
    if last <= left_at:
        return Window(recent=window.recent)
    remembered = (at for name, at in window.recent.items() if not name.startswith(_NOT_OPENING) and at > left_at)
    return Window(
        last_inbound_at=last,
        opened_at=run_start(sorted({last, *remembered}, reverse=True)),
        last_writing_at=_if_later(window.last_writing_at, left_at),
        provider_closed_at=_if_later(window.provider_closed_at, left_at),
        recent=window.recent,
        told_closing=window.told_closing,
        told_closed=window.told_closed,
        entered_at=_if_later(window.entered_at, left_at),
        said=window.said if window.said is not None and window.said.at > left_at else None,
        late_at=window.late_at,
    )


def run_start(opening_times: Iterable[int]) -> int | None:
    """The first inbound message of the unbroken run that ends in the newest one.

    ``opening_times``: times of messages that opened a window, newest first; reading stops at the first gap
    of 24 hours or more, so a lazy iterable is read no further than needed.
    """
    first: int | None = None
    for at in opening_times:
        if first is not None and first - at >= WINDOW_MS:
            break
        first = at
    return first


def expires_at(last_inbound_at: int) -> int:
    """The exclusive end of the window: at this very millisecond it is closed."""
    return last_inbound_at + WINDOW_MS


def ends_at(window: Window) -> int | None:
    """When the window ends or ended by all that is known, without the gate's margin; None if it never opened."""
    if window.last_inbound_at is None:
        return None
    end = expires_at(window.last_inbound_at)
    return end if not _is_closed_by_provider(window) else min(window.provider_closed_at or end, end)


def state_at(window: Window, now: int, margin_ms: int = 0) -> WindowState:
    """What the window is at ``now``: open while ``now < last inbound + 24 h - margin`` and the provider has
    not said since that it is closed."""
    if window.last_inbound_at is None:
        return WindowState("never_opened", None, None, None, None, None, 0, None)
    end = expires_at(window.last_inbound_at)
    gate_closes_at = end - margin_ms
    closed_by: ClosedBy | None = "provider" if _is_closed_by_provider(window) else None
    if closed_by is None and now >= gate_closes_at:
        closed_by = "lapsed"
    return WindowState(
        state="closed" if closed_by else "open",
        opened_at=window.opened_at if window.opened_at is not None else window.last_inbound_at,
        last_inbound_at=window.last_inbound_at,
        expires_at=end,
        gate_closes_at=gate_closes_at,
        closing_at=end - CLOSING_MS,
        seconds_left=0 if closed_by else (gate_closes_at - now) // 1000,
        closed_by=closed_by,
        is_closing=closed_by is None and now > end - CLOSING_MS,
    )


def closing_soon_at(window: Window, margin_ms: int, lead_ms: int) -> int | None:
    """When it is to be told that the window closes soon, ``lead_ms`` before the gate closes it; None where it never
    opened, or that was told of its run already."""
    if window.last_inbound_at is None:
        return None
    start = window.opened_at if window.opened_at is not None else window.last_inbound_at
    was_told = window.told_closing is not None and window.told_closing >= start
    return None if was_told else expires_at(window.last_inbound_at) - margin_ms - lead_ms


def lapses_at(window: Window, margin_ms: int) -> int | None:
    """When it is to be told that the window lapsed: as the gate closes it; None where it never opened, that was told,
    or the provider closed it before."""
    last = window.last_inbound_at
    if last is None or window.told_closed == last or _is_closed_by_provider(window):
        return None
    return expires_at(last) - margin_ms


def later(one: int | None, other: int | None) -> int | None:
    """The later of two times, either of which may not be there."""
    return max((at for at in (one, other) if at is not None), default=None)


def _newer(one: Said | None, other: Said | None) -> Said | None:
    """The newer of two messages. Of one and the same time what is longer: so the order in which they come does not
    matter."""
    return max((each for each in (one, other) if each is not None), key=_age, default=None)


def _age(said: Said) -> tuple[int, int, str, str]:
    return said.at, len(said.preview or ""), said.preview or "", said.type


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((at for at in (one, other) if at is not None), default=None)


def _if_later(at: int | None, than: int) -> int | None:
    return at if at is not None and at > than else None


def _is_closed_by_provider(window: Window) -> bool:
    return window.provider_closed_at is not None and window.provider_closed_at > (window.last_inbound_at or 0)


def opening_times(recent: Mapping[str, int]) -> list[int]:
    """Of the remembered messages those that open a window (epoch ms)."""
    return [at for name, at in recent.items() if not name.startswith(_NOT_OPENING)]


def _start(window: Window, at: int) -> int:
    """The start of the run once a message at ``at`` is in it; of a late one only as far as the window remembers."""
    last = window.last_inbound_at
    if last is None or at >= expires_at(last):
        return at
    start = window.opened_at if window.opened_at is not None else last
    return min(start, at) if start - at < WINDOW_MS else start


def _remember(recent: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    known = {**more, **recent}
    if len(known) <= REMEMBERED_MOST:
        return known
    newest = sorted(known, key=lambda name: (known[name], name))[-REMEMBERED_KEPT:]
    return {name: known[name] for name in newest}
