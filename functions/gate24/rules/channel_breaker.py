"""When a channel is cut off because its BSP does not answer, and how many of its sends may be under way at once. Pure.

A call that hung without an answer adds ``FAILED_POINTS``, one with an answer, whatever it says, takes a point away
again. So a channel is cut off after ten failures in a row, or where more than a quarter of its calls fail. While it is
cut off nothing is sent; after a pause one send at a time probes, and an answer to it ends the cut.

An organization's bound is shared out among its channels: each has its own count, which its sends write anyway, and
nothing that all of them would have to write.
"""

from __future__ import annotations

from typing import Literal

FAILED_POINTS = 3
ANSWERED_POINTS = -1
CUT_OFF_FROM = 30

HUNG_MS = 3_000
"""A call without an answer that was over sooner, as where the connection was reset, held nothing up and counts not."""

FORGOTTEN_AFTER_MS = 60_000
"""Points older than the last failure by so much say nothing of now."""

PAUSE_MS = 15_000
"""From the last failure to the first probe."""

PROBE_MS = 20_000
"""So long a probe may take: Lambda ends its function by then (template.yaml). Then another one goes out."""

MOST_UNDER_WAY: dict[Literal["freeform", "template"], int] = {"freeform": 80, "template": 60}
"""Sends of one channel that wait for their slot or for the BSP. Each holds an execution of the account, of which it
has 1,000 as a rule. The difference is the share that is kept for replies. Less where the organization's bound, shared
out, leaves less (``most_under_way``)."""

TOO_MANY_RETRY_MS = 2_000
"""When to come again where too many are under way."""

ENDED_BY_MS = 20_000
"""A send is over so long after its slot, whatever became of its function."""

ENDS_COUNTED_EVERY = 10
"""One send of a channel in ten says, when it ends, that ten have ended: a tenth of a write for each send. More often
where few may be under way (``ends_counted_every``)."""

REFUSED_AT_ONCE_MS: dict[Literal["freeform", "template"], int] = {"freeform": 1_000, "template": 250}
"""So long after a refusal a process at most refuses the channel's next sends by itself: less than the channel's line
of slots is long, so that no slot stays empty for it."""


def most_under_way(sent_as: Literal["freeform", "template"], sends_at_once: int, channels: int) -> int:
    """How many sends of a channel may be under way: its share of the organization's ``sends_at_once``, one at least."""
    most = MOST_UNDER_WAY["freeform"]
    share = min(most, sends_at_once // max(1, channels))
    return max(1, share * MOST_UNDER_WAY[sent_as] // most)


def ends_counted_every(sends_at_once: int, channels: int) -> int:
    """How many sends an end stands for: at most an eighth of those that may be under way, which is by how much the
    count may be too high."""
    return min(ENDS_COUNTED_EVERY, max(1, most_under_way("freeform", sends_at_once, channels) // 8))


def check_sends_at_once(sends_at_once: int) -> None:
    """ValueError unless an organization may have so many sends under way."""
    if type(sends_at_once) is not int or sends_at_once < 1:
        raise ValueError("sends_at_once must be a whole number from 1")


def is_cut_off(points: int) -> bool:
    return points >= CUT_OFF_FROM
