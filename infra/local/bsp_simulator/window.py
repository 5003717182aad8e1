"""The 24-hour window as the provider sees it, from the messages that the simulator posted."""

from __future__ import annotations

import threading

WINDOW_MS = 24 * 60 * 60 * 1000
SILENT_TYPES = frozenset({"reaction", "system", "unsupported", "edit", "revoke"})
"""Message types that do not open a window. Meta does not document reactions; here they do not open one."""


class ContactWindows:
    """The last inbound time of each contact on each channel, by the messages' own timestamps.

    An unknown contact's window counts as open: tests also post messages straight to the webhook, which a real
    provider would know and the simulator does not. Only a window that is known to have lapsed is closed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[tuple[str, str], int] = {}

    def record_inbound(self, channel_id: str, contact: str, at: int) -> None:
        """Records that the contact (digits) wrote at ``at``, epoch ms. An older time changes nothing."""
        with self._lock:
            key = (channel_id, contact)
            self._last[key] = max(at, self._last.get(key, at))

    def lapsed(self, channel_id: str, contact: str, now: int) -> bool:
        """Whether the contact's window is known to be over at ``now``, epoch ms."""
        with self._lock:
            last = self._last.get((channel_id, contact))
        return last is not None and now >= last + WINDOW_MS
