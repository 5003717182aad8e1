"""How fast a channel and a contact may be sent to. Pure: given the times, says how long to wait.

A channel's limit is a line of slots, one every 1/rate seconds, in which every send of every process takes the
next. Whoever would have to wait too long is refused; a reply may wait longer than a template, so a flood of
templates never keeps replies out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

PATIENCE_MS: dict[Literal["freeform", "template"], int] = {"freeform": 4_000, "template": 500}
"""How far ahead a send may take its slot. The difference is the share of the line that is kept for replies."""

PAIR_INTERVAL_MS = 6_000
PAIR_BURST = 45
"""Meta, error 131056 (read 2026-11): one message every 6 seconds to one user, up to 45 at once on credit."""

PAIR_HORIZON_MS = PAIR_INTERVAL_MS * PAIR_BURST


def interval_us(rate_per_second: int) -> int:
    """Microseconds between two slots."""
    return 1_000_000 // max(1, rate_per_second)


def pair_wait_ms(sent: Iterable[int], now: int) -> int:
    """How long to wait before writing to the contact again; 0 means now. As many as the burst may go out within
    the time in which that many would go one by one, which keeps to both of Meta's numbers.

    ``sent``: when the contact was sent to within ``PAIR_HORIZON_MS`` (epoch ms).
    """
    burst = sorted(sent)[-PAIR_BURST:]
    return max(0, burst[0] + PAIR_HORIZON_MS - now) if len(burst) == PAIR_BURST else 0
