"""The server's clock. Use cases and handlers read it and hand the time down: rules are given ``now``."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000
