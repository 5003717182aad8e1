"""A message's status, from everything that was said of it. Pure.

Nothing is overwritten: each delivery status is kept once with its first time, and the status is computed from them.
So status events may come in any order and any number of times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Status = Literal[
    "received", "sending", "accepted", "sent", "delivered", "read", "failed", "rejected", "refused", "unknown"
]

RANK: dict[str, int] = {"enqueued": 1, "sent": 2, "delivered": 3, "read": 4, "played": 5}
_BY_RANK: dict[int, Status] = {1: "accepted", 2: "sent", 3: "delivered", 4: "read", 5: "read"}
_PROOF_OF_DELIVERY = 3

LEASE_MS = 45_000
"""A send that has no outcome by then was left behind by a crash (Lambda's own timeout is 20 s): it is unknown."""


def message_status(stage: str, statuses: Mapping[str, int], lease_until: int | None, now: int) -> Status:
    """The status of a message (``Message.stage``, ``.statuses``, ``.lease_until``) at ``now``. Times are epoch ms.

    A failure counts only below delivered, because a delivery proves it wrong (it may have failed on one of several
    devices).
    """
    best = max((RANK[name] for name in statuses if name in RANK), default=0)
    if "failed" in statuses and best < _PROOF_OF_DELIVERY:
        return "failed"
    if best:
        return _BY_RANK[best]
    if stage == "sending" and lease_until is not None and now >= lease_until:
        return "unknown"
    return stage  # type: ignore[return-value]


def is_undecided(stage: str, lease_until: int | None, now: int) -> bool:
    """Whether no function is left that could settle the send: its outcome is unknown, or its lease is over."""
    return stage == "unknown" or (stage == "sending" and now >= (lease_until or 0))
