"""The server's clock. Use cases and handlers read it and hand the time down: rules are given ``now``."""

from __future__ import annotations

import time
from collections.abc import Callable


def now_ms() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000


def time_limit(seconds: float) -> Callable[[], bool]:
    """Tells, whenever it is asked, whether so many seconds have passed since now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end
