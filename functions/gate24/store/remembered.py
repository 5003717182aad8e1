"""Configuration that a process remembers: read anew now and then, and outliving an outage of where it is read from."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

from gate24 import snapshot
from gate24.lazy_dataclass import dataclass
from gate24.observability import count, logger
from gate24.store.outage import Service
from gate24.store.table import StoreError

T = TypeVar("T")

STALE_SECONDS = 24 * 3600.0
"""So old may a value be that cannot be read anew. What was revoked lives no longer than that, and only while nobody can
read that it was revoked."""


@dataclass(frozen=True, slots=True)
class _Held(Generic[T]):
    value: T
    read_at: float


class Remembered(Generic[T]):
    """Values by key, each read anew after ``seconds``. None is not remembered, so that what is missing is looked for
    again, and what was removed does not come back in an outage."""

    def __init__(self, service: Service, seconds: float) -> None:
        self._service, self.seconds = service, seconds
        self._held: dict[str, _Held[T]] = {}
        snapshot.not_kept(self.clear)

    def get(self, key: str, read: Callable[[], T], may_be_stale: bool = True) -> T:
        """The remembered value, or what ``read`` gives now; where that fails the last value, if it may be stale and is
        not too old. StoreError otherwise, at once where the service failed just now."""
        held, now = self._held.get(key), monotonic()
        if held is not None and now - held.read_at < self.seconds:
            return held.value
        try:
            if self._service.is_left_alone:
                raise StoreError("read", "left_alone")
            value = read()
        except StoreError as error:
            if not may_be_stale or not error.retryable or held is None or now - held.read_at >= STALE_SECONDS:
                raise
            count("configuration.stale")
            logger.warning("configuration_stale", extra={"reason": str(error), "seconds": int(now - held.read_at)})
            return held.value
        if value is None:
            self._held.pop(key, None)
        else:
            self._held[key] = _Held(value, now)
        return value

    def put(self, key: str, value: T) -> None:
        """Remembers the value, as if it had been read now."""
        self._held[key] = _Held(value, monotonic())

    def clear(self) -> None:
        self._held.clear()
        self._service.answered()
