"""The rate limits: how fast a channel and a contact may be sent to. Pure: given the times, says how long to wait.

A channel sends in slots, one every 1/n seconds for n messages a second, and every send of every process takes the
next free one. A send that would have to wait too long is refused; a reply may wait longer than a template, so that
a flood of templates never keeps replies out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

LONGEST_WAIT_MS: dict[Literal["freeform", "template"], int] = {"freeform": 4_000, "template": 500}
"""How far ahead a send may take its slot. The difference between the two is the share that is kept for replies."""

CONTACT_INTERVAL_MS = 6_000
CONTACT_BURST = 45
"""Meta, error 131056 (read 2026-11): one message every 6 seconds to one user, up to 45 at once on credit."""

CONTACT_PERIOD_MS = CONTACT_INTERVAL_MS * CONTACT_BURST


def slot_us(messages_per_second: int) -> int:
    """Microseconds from one slot to the next."""
    return 1_000_000 // max(1, messages_per_second)


def contact_wait_ms(sent: Iterable[int], now: int) -> int:
    """How long to wait before writing to the contact again; 0 means now. At most 45 messages in any 270 seconds, which
    keeps to both of Meta's numbers.

    ``sent``: when the contact was sent to within ``CONTACT_PERIOD_MS`` (epoch ms).
    """
    burst = sorted(sent)[-CONTACT_BURST:]
    return max(0, burst[0] + CONTACT_PERIOD_MS - now) if len(burst) == CONTACT_BURST else 0
