"""The session window: a comparison of times, never a flag.

Pure: every function is given ``now``. All times are epoch milliseconds by the provider's clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

WINDOW_MS = 24 * 60 * 60 * 1000
"""Meta, "customer service window" (send-messages page, updated 2026-05-21): 24 hours from the last message."""

CLOSING_MS = 4 * 60 * 60 * 1000
"""A window with less than this left is shown as closing (what Glific's users know: red from 4 hours)."""

ClosedBy = Literal["lapsed", "provider"]


@dataclass(frozen=True, slots=True)
class Window:
    """The registers of one (organization, channel, contact). Each only ever moves forward.

    ``last_inbound_at``: the last message that opens a window. ``last_writing_at``: the last of these that was
    not itself an opt-in or opt-out keyword. ``opened_at``: the first inbound of the unbroken run that ends in
    ``last_inbound_at``. ``provider_closed_at``: when the provider last said that it is closed.
    """

    last_inbound_at: int | None = None
    opened_at: int | None = None
    last_writing_at: int | None = None
    provider_closed_at: int | None = None


NEVER_OPENED = Window()


@dataclass(frozen=True, slots=True)
class WindowState:
    """A window as seen at one moment. ``expires_at`` is WhatsApp's own end (last inbound + 24 h); the gate
    stops ``margin_ms`` earlier. ``seconds_left`` is 0 unless open."""

    state: Literal["open", "closed", "never_opened"]
    opened_at: int | None
    last_inbound_at: int | None
    expires_at: int | None
    seconds_left: int
    closed_by: ClosedBy | None

    @property
    def is_open(self) -> bool:
        return self.state == "open"


def join(one: Window, other: Window) -> Window:
    """Both windows' registers, each at its later time. An event is a small window, too: an inbound message at
    ``t`` is ``Window(t, t, t)``. So what was told is joined in any order, any number of times, to the same end.

    ``opened_at`` is the earlier start where the two runs touch, else the later run's; a run that is known in
    pieces is put together from the messages (``opened_at``).
    """
    late, early = sorted((one, other), key=lambda window: window.last_inbound_at or 0, reverse=True)
    starts = [at for at in (late.opened_at, early.opened_at) if at is not None]
    touch = None not in (late.opened_at, early.last_inbound_at) and (
        (late.opened_at or 0) < expires_at(early.last_inbound_at or 0)
    )
    return Window(
        last_inbound_at=late.last_inbound_at,
        opened_at=min(starts) if touch and starts else late.opened_at,
        last_writing_at=later(one.last_writing_at, other.last_writing_at),
        provider_closed_at=later(one.provider_closed_at, other.provider_closed_at),
    )


def later(one: int | None, other: int | None) -> int | None:
    """The later of two times, either of which may not be there."""
    return max((at for at in (one, other) if at is not None), default=None)


def expires_at(last_inbound_at: int) -> int:
    """The exclusive end of the window: at this very millisecond it is closed."""
    return last_inbound_at + WINDOW_MS


def state_at(window: Window, now: int, margin_ms: int = 0) -> WindowState:
    """What the window is at ``now``: open while ``now < last inbound + 24 h - margin`` and the provider has
    not said since that it is closed."""
    if window.last_inbound_at is None:
        return WindowState("never_opened", None, None, None, 0, None)
    end = expires_at(window.last_inbound_at)
    closed_by = _closed_by(window, now, end - margin_ms)
    return WindowState(
        state="closed" if closed_by else "open",
        opened_at=window.opened_at if window.opened_at is not None else window.last_inbound_at,
        last_inbound_at=window.last_inbound_at,
        expires_at=end,
        seconds_left=0 if closed_by else (end - now) // 1000,
        closed_by=closed_by,
    )


def _closed_by(window: Window, now: int, end: int) -> ClosedBy | None:
    if window.provider_closed_at is not None and window.provider_closed_at > (window.last_inbound_at or 0):
        return "provider"
    return None if now < end else "lapsed"


def opened_at(inbound_times: Iterable[int]) -> int | None:
    """The first inbound of the unbroken run that ends in the newest one.

    ``inbound_times``: times of messages that opened a window, newest first; reading stops at the first gap
    of 24 hours or more, so a lazy iterable is read no further than needed.
    """
    first: int | None = None
    for at in inbound_times:
        if first is not None and first - at >= WINDOW_MS:
            break
        first = at
    return first
