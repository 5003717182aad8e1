"""What a process remembers of what it has read, for some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from gate24 import snapshot

T = TypeVar("T")


class TimedCache(Generic[T]):
    """Values by key, each remembered for ``seconds`` after it was read. None is not remembered, so that what is
    missing is looked for again."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._held: dict[str, tuple[float, T]] = {}
        snapshot.not_kept(self.clear)

    def get(self, key: str, read: Callable[[], T]) -> T:
        """The remembered value, or what ``read`` gives now."""
        found = self.held(key)
        if found is not None:
            return found
        value = read()
        if value is not None:
            self.put(key, value)
        return value

    def held(self, key: str) -> T | None:
        """The remembered value."""
        held = self._held.get(key)
        return held[1] if held is not None and held[0] > time.monotonic() else None

    def put(self, key: str, value: T) -> None:
        """Remembers the value, as if it had been read now."""
        self._held[key] = (time.monotonic() + self.seconds, value)

    def clear(self) -> None:
        self._held.clear()
