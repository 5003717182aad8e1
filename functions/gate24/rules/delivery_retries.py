"""When a delivery that failed is tried again, when an endpoint is left alone, and when it counts as failing. Pure."""

from __future__ import annotations

from gate24.subscriptions import EndpointHealth

_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000

DELAYS_MS = (
    *(5 * _SECOND, 30 * _SECOND),
    *(1 * _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE),
    *(1 * _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 10 * _HOUR),
)
"""Before the second attempt, the third and so on: 13 attempts within 26 to 31 hours. Short ones first, since most
failures are a deployment or a moment's overload; the last ones leave a night and a morning to mend it."""

JITTER = 0.2
"""A delay is up to so much longer, so that what failed together does not come back together; never shorter, so that all
of them are more than 24 hours."""

GIVEN_UP_AFTER_MS = 32 * _HOUR
"""From the first failure: later than the last attempt, whatever the jitter. Behind an endpoint that is cut off
deliveries wait without attempts of their own, and end now, too."""

CUT_OFF_FROM = 10
"""Failures in a row. From then on one delivery at a time probes, and the others wait in the table."""

PROBE_PAUSES_MS = (_MINUTE, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE)
"""From the cut to the first probe, and then from each probe that failed to the next; the last one from then on."""

PROBE_MS = 2 * _MINUTE
"""So long a probe may take from its queueing to its end; then another one goes out."""

FAILING_AFTER_MS = 3 * _DAY
"""From the first failure in a row to the last one."""

SECRET_OVERLAP_MS = _DAY
"""So long after a rotation the old secret signs along."""

EARLIER_SECRETS_MOST = 10
"""That sign along at once: each is a signature in the header, and none ends before its time."""

BEHIND_AFTER_MS = 5 * _MINUTE
"""An event that has waited so long in the queue waits on in the table: of a FIFO queue SQS looks only at the first
120,000 messages (its quotas, read 2026-11), so that one endpoint's backlog would hide everybody else's events, and it
keeps none longer than its retention."""

BEHIND_KEPT_MS = 10 * _MINUTE
"""So long after the last event that was put off an endpoint for which nothing waits is no longer behind: the index,
which says what waits, is a moment late."""

INDEX_LATE_MS = 5 * _SECOND
"""What is put off is not queued before: by then the index has what was put off before it."""

QUEUED_AGAIN_AFTER_MS = _HOUR
"""What was queued out of a backlog and has had no attempt after so long is queued once more: the queue may have lost
it."""

DELIVERY_KEPT_MS = 7 * _DAY
"""What became of a delivery, and what waits, is kept as long as the event itself."""


def next_attempt_at(attempts: int, first_failed_at: int, now: int, chance: float) -> int | None:
    """When to try again after so many attempts, the last of them failed ``now`` (epoch ms); None where it was the last.
    ``chance``: a random number from 0 to 1, for the jitter."""
    if attempts > len(DELAYS_MS) or is_given_up(first_failed_at, now):
        return None
    return now + round(DELAYS_MS[attempts - 1] * (1 + JITTER * chance))


def is_given_up(first_failed_at: int, now: int) -> bool:
    return now - first_failed_at >= GIVEN_UP_AFTER_MS


def next_probe_at(health: EndpointHealth, now: int, was_probe: bool) -> int | None:
    """When the endpoint, which has just failed once more, is to be probed; None where that stays as it is. ``health``:
    with this failure in it. What was under way while the endpoint was cut off does not put the probe off."""
    if was_probe or (health.failures >= CUT_OFF_FROM and health.cut_off_until is None):
        return now + PROBE_PAUSES_MS[min(health.probes, len(PROBE_PAUSES_MS) - 1)]
    return None


def is_failing(health: EndpointHealth) -> bool:
    """Whether the endpoint has failed for days: said to the organization, and by an alarm."""
    if health.failing_since is None or health.failed_at is None:
        return False
    return health.failed_at - health.failing_since >= FAILING_AFTER_MS
