"""Lists of what was received and posted, kept in memory up to a maximum length."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

SECRET_HEADERS = frozenset({"apikey", "authorization", "token", "cookie"})


def rfc3339(epoch_ms: int) -> str:
    """Epoch milliseconds as RFC 3339 in UTC with ``Z``."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Journal:
    """A list of numbered entries; when it is full, each new entry replaces the oldest."""

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._entries: deque[dict[str, Any]] = deque(maxlen=size)

    def add(self, entry: dict[str, Any]) -> None:
        """Appends the entry with its number as ``id``."""
        with self._lock:
            self._entries.append({"id": str(next(self._numbers)), **entry})

    def oldest_first(self) -> list[dict[str, Any]]:
        """All entries in the order in which they were added."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> int:
        """Removes all entries and returns how many there were. Numbering continues."""
        with self._lock:
            count = len(self._entries)
            self._entries.clear()
        return count


def redacted(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with lower-case names, and ``***`` for the values of secrets."""
    return {name.lower(): "***" if name.lower() in SECRET_HEADERS else value for name, value in headers.items()}
