"""Notes messages that were sent around gate24 and of which nothing tells when: only that they were delivered or read.

Such a status is held for a day (``match_waiting_statuses.HELD_FOR_MS``), because it may come before what tells of the
sending, or before our own write of the send. Then the message is noted under the earliest time that is told of it, and
marked. What tells of the sending later corrects the time and the day, and makes no second message
(``note_sent_around.tell_time``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gate24.observability import logger
from gate24.store import organizations, waiting_statuses
from gate24.store.waiting_statuses import WaitingStatus
from gate24.usecases.match_waiting_statuses import HELD_FOR_MS, settle_held


def note_held_statuses(organization_ids: Iterable[str], now: int, is_time_up: Callable[[], bool]) -> int:
    """Takes up what has been held long enough at ``now`` (epoch ms), as far as the time allows; returns how many
    statuses. RuntimeError at the end with the number of those on which it tripped: the next run takes them up again."""
    taken_up, failed = 0, 0
    for organization_id in organization_ids:
        for contact_id, held in waiting_statuses.held(organization_id, now):
            if is_time_up():
                break
            try:
                _take_up(organization_id, contact_id, held, now)
                taken_up += 1
            except Exception as error:  # whatever is wrong with one, the others are to be noted
                logger.error("held_status_not_noted", extra={"error": type(error).__name__})
                failed += 1
    if failed:
        raise RuntimeError(f"{failed} held statuses are not noted")
    return taken_up


def _take_up(organization_id: str, contact_id: str, held: WaitingStatus, now: int) -> None:
    """What still cannot be noted is held again; DynamoDB removes it some day."""
    organization, channel = organizations.organization(organization_id), organizations.channel(held.channel_id)
    if organization is None or channel is None or not settle_held(organization, channel, contact_id, held, now):
        waiting_statuses.hold(organization_id, contact_id, held, now + HELD_FOR_MS)
