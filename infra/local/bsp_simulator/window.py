"""The provider's own clock of the 24-hour window, as far as the simulator can know it."""

from __future__ import annotations

import threading

WINDOW_MS = 24 * 60 * 60 * 1000
SILENT_TYPES = frozenset({"reaction", "system", "unsupported", "edit", "revoke"})
"""Message types that do not open a window. For reactions Meta says neither; they are taken as not opening."""


class WindowClock:
    """Last inbound time of each contact on each channel, by the message's own timestamp.

    A contact never heard of counts as open: tests also post messages straight to the webhook, which the simulator
    does not see, and a real provider would know of those. Only a window known to have lapsed is closed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[tuple[str, str], int] = {}

    def heard(self, channel_id: str, contact: str, at: int) -> None:
        """The contact (digits) wrote on the channel at ``at``, epoch ms. Only ever moves forward."""
        with self._lock:
            key = (channel_id, contact)
            self._last[key] = max(at, self._last.get(key, at))

    def lapsed(self, channel_id: str, contact: str, now: int) -> bool:
        """Whether the contact's window is known to be over at ``now``, epoch ms."""
        with self._lock:
            last = self._last.get((channel_id, contact))
        return last is not None and now >= last + WINDOW_MS
