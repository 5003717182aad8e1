"""The queue of days that are to be reckoned, one message for each organization's day.

A queued message is JSON: ``{"organization", "day", "is_asked_for", "is_changed", "fold"?}``. ``fold`` is what an
invocation that ran out of time has added up so far; it holds sums and a place in the ledger, and nothing of a person.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gate24.costs import LedgerPosition
from gate24.rules.rollup import DayFold, PartSums
from gate24.settings import settings
from gate24.store.aws import sqs

_AT_ONCE = 10
"""Messages that SQS takes in one call."""


class DaysNotQueued(Exception):
    """Some of the days could not be put into the queue; its text is the kind of fault."""


@dataclass(frozen=True, slots=True)
class QueuedDay:
    """A local day of an organization. ``is_asked_for``: by hand, so that it is stated without a message, too.
    ``is_changed``: it is noted as changed. ``fold``: what was read of it already."""

    organization_id: str
    day: date
    is_asked_for: bool = False
    is_changed: bool = False
    fold: DayFold | None = None


def put(days: Sequence[QueuedDay]) -> None:
    """Queues the days; DaysNotQueued where that fails for any of them."""
    for start in range(0, len(days), _AT_ONCE):
        entries = [
            {"Id": str(number), "MessageBody": write(day)} for number, day in enumerate(days[start : start + _AT_ONCE])
        ]
        try:
            answer = sqs().send_message_batch(QueueUrl=settings().rollup_queue_url, Entries=entries)
        except (ClientError, BotoCoreError) as error:
            raise DaysNotQueued(type(error).__name__) from None
        for refused in answer.get("Failed", ()):
            raise DaysNotQueued(refused["Code"])


def write(queued: QueuedDay) -> str:
    """A day as it stands in the queue."""
    body: dict[str, Any] = {
        "organization": queued.organization_id,
        "day": queued.day.isoformat(),
        "is_asked_for": queued.is_asked_for,
        "is_changed": queued.is_changed,
    }
    return json.dumps(body if queued.fold is None else body | {"fold": asdict(queued.fold)})


def read(text: str) -> QueuedDay:
    """A day out of the queue; ValueError, KeyError or TypeError if it is none of ours."""
    body = json.loads(text)
    return QueuedDay(
        body["organization"],
        date.fromisoformat(body["day"]),
        body["is_asked_for"],
        body["is_changed"],
        _fold(body["fold"]) if "fold" in body else None,
    )


def _fold(body: dict[str, Any]) -> DayFold:
    return DayFold(
        **{
            **body,
            "position": LedgerPosition(*body["position"]),
            "whole": PartSums(**body["whole"]),
            "by_channel": {name: PartSums(**part) for name, part in body["by_channel"].items()},
            "by_category": {name: PartSums(**part) for name, part in body["by_category"].items()},
        }
    )
