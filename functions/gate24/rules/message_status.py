"""What a message's status is, folded from everything that was said of it. Pure.

Nothing is overwritten: each status is kept once with its first time, and what is shown is computed. So any
order and any number of status events end in the same state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Shown = Literal[
    "received", "sending", "accepted", "sent", "delivered", "read", "failed", "rejected", "refused", "unknown"
]

RANK: dict[str, int] = {"enqueued": 1, "sent": 2, "delivered": 3, "read": 4, "played": 5}
_SHOWN: dict[int, Shown] = {1: "accepted", 2: "sent", 3: "delivered", 4: "read", 5: "read"}
_PROOF_OF_DELIVERY = 3

LEASE_MS = 45_000
"""A send that is not settled by then has lost its owner (Lambda's own timeout is 20 s): it becomes unknown."""


def shown_status(settled: str, statuses: Mapping[str, int], lease_until: int | None, now: int) -> Shown:
    """The status as the API shows it.

    ``settled``: what our own call ended in (received, sending, accepted, rejected, refused, unknown).
    ``statuses``: the provider's statuses with their times. A failure counts only below delivered, because a
    delivery proves it wrong (it may have failed on one of several devices). Times are epoch ms.
    """
    best = max((RANK[name] for name in statuses if name in RANK), default=0)
    if "failed" in statuses and best < _PROOF_OF_DELIVERY:
        return "failed"
    if best:
        return _SHOWN[best]
    if settled == "sending" and lease_until is not None and now >= lease_until:
        return "unknown"
    return settled  # type: ignore[return-value]
