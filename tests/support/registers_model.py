"""What must be true of one contact on one channel after some events, in a few lines of its own.

Written from the contract alone: it shares nothing with the core but the names of the answers. Times are epoch
milliseconds.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

DAY = 24 * 3_600_000
MARGIN = 30_000

MESSAGES = {"text": "Is there a class today?", "STOP": "Stop.", "START": "start!", "reaction": "\U0001f44d"}
CONSENTS = ("opted-in", "opted-out")
PREFERENCES = ("stop", "resume")
FAILURES = ("470", "1012", "131050", "1002")
STATUSES = ("enqueued", "sent", "delivered", "read", "failed")
KINDS = (*MESSAGES, *CONSENTS, *PREFERENCES, *FAILURES, *STATUSES)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a provider tells. ``number`` makes it one of its own, beside others of the kind and time. A
    failure has the time of its send."""

    kind: str
    at: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class Truth:
    """``refused``: the code for a freeform, a template and a marketing template; None where it may go."""

    window: str
    last_inbound_at: int | None
    opened_at: int | None
    closed_by: str | None
    consent: str
    unreachable: bool
    refused: tuple[str | None, str | None, str | None]
    status: str


def truth(happened: Collection[Happening], now: int) -> Truth:
    """What holds at ``now`` if all this happened."""

    def last(*kinds: str) -> int:
        return max((event.at for event in happened if event.kind in kinds), default=0)

    inbound = sorted(event.at for event in happened if event.kind in ("text", "STOP", "START"))
    newest, closed = last("text", "STOP", "START"), last("470")
    opened = None
    for at, before in zip(inbound, [None, *inbound], strict=False):
        opened = at if opened is None or (before is not None and at - before >= DAY) else opened
    shut = "provider" if closed > newest else "lapsed" if now >= newest + DAY - MARGIN else None
    is_open = bool(inbound) and shut is None

    opt_in, opt_out = last("START", "opted-in"), last("STOP", "opted-out", "1012")
    consent = "none" if not (opt_in or opt_out) else "opted_out" if opt_out >= opt_in else "opted_in"
    refused: tuple[str | None, str | None, str | None]
    if consent == "opted_out":
        may_reply = is_open and last("text") > opt_out
        refused = (None if may_reply else "opted_out", "opted_out", "opted_out")
    elif consent == "none":
        refused = (None, None, "not_opted_in") if is_open else ("not_opted_in", "not_opted_in", "not_opted_in")
    else:
        stopped = last("stop", "131050") and last("stop", "131050") >= last("resume")
        refused = (None if is_open else "window_closed", None, "marketing_stopped" if stopped else None)

    said = {event.kind for event in happened if event.kind in STATUSES}
    status = next((each for each in ("read", "delivered", "failed", "sent") if each in said), "accepted")
    return Truth(
        window="open" if is_open else "closed" if inbound else "never_opened",
        last_inbound_at=newest or None,
        opened_at=opened,
        closed_by=shut if inbound else None,
        consent=consent,
        unreachable=last("1002") > newest,
        refused=refused,
        status=status,
    )
