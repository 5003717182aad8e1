"""The session window of one contact on one channel, as data. Its rules are in ``rules/window.py``.

All times are epoch milliseconds by the provider's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from gate24.inbox import Said
from gate24.lazy_dataclass import dataclass

ClosedBy = Literal["lapsed", "provider"]


@dataclass(frozen=True, slots=True)
class Window:
    """What is stored of a window. Each time only ever moves forward, but for ``opened_at``.

    ``last_inbound_at``: the last message that opens a window. ``opened_at``: the first of the unbroken run of messages
    that ends in it, each less than 24 hours after the one before. ``last_writing_at``: the last opening message that
    was not itself an opt-in or opt-out keyword. ``provider_closed_at``: when the provider last said that the window is
    closed. ``recent``: the newest inbound messages by name, each with the time that was first reported for it.

    ``entered_at``: the last message that came by an advertisement (``rules.entry_points``).

    ``said``: the newest message of the contact, of any kind. ``late_at``: when we last got one (the server's clock)
    that is older than what was read or answered by then.

    ``told_closing``: the start of the run of which it was told that the window closes soon. ``told_closed``: the last
    inbound message after which it was told that the window lapsed.
    """

    last_inbound_at: int | None = None
    opened_at: int | None = None
    last_writing_at: int | None = None
    provider_closed_at: int | None = None
    recent: Mapping[str, int] = field(default_factory=dict)
    told_closing: int | None = None
    told_closed: int | None = None
    entered_at: int | None = None
    said: Said | None = None
    late_at: int | None = None


NEVER_OPENED = Window()


@dataclass(frozen=True, slots=True)
class WindowMessage:
    """What a window needs to know of an inbound message. ``name`` stands for its provider id. ``opens``: whether a
    message of this kind opens a window. ``is_keyword``: an opt-in or opt-out keyword, which opens the window but
    is no "later inbound message". ``by_advertisement``: whether the person came by one. ``type`` and ``preview``: as a
    list shows it. ``seen_to``: up to which message staff had read or answered when it came, at ``received_at`` (the
    server's clock)."""

    name: str
    at: int
    opens: bool = True
    is_keyword: bool = False
    by_advertisement: bool = False
    type: str | None = None
    preview: str | None = None
    seen_to: int | None = None
    received_at: int | None = None


@dataclass(frozen=True, slots=True)
class WindowEffect:
    """What a message meant to its window.

    ``first_reported_at``: the time under which the message is stored, the first that was reported for it.
    ``is_known``: the window remembers the message. ``start_may_be_earlier``: a late message, so that the run may have
    begun before what the window remembers.
    """

    first_reported_at: int
    is_known: bool = False
    start_may_be_earlier: bool = False


@dataclass(frozen=True, slots=True)
class WindowState:
    """A window as seen at one moment. ``expires_at`` is WhatsApp's own end (last inbound + 24 h);
    ``gate_closes_at`` is the channel's safety margin earlier: until then the gate lets freeform messages through,
    and ``seconds_left`` counts to it (0 unless open). ``closing_at``: from then on the window counts as closing."""

    state: Literal["open", "closed", "never_opened"]
    opened_at: int | None
    last_inbound_at: int | None
    expires_at: int | None
    gate_closes_at: int | None
    closing_at: int | None
    seconds_left: int
    closed_by: ClosedBy | None
    is_closing: bool = False

    @property
    def is_open(self) -> bool:
        return self.state == "open"
