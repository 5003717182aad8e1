"""The queue of days that are to be reckoned, one message for each organization's day.

A queued message is JSON: ``{"organization", "day", "is_changed", "fold"?}``. ``fold`` is what an
invocation that ran out of time has added up so far; it holds sums, a place in the ledger and short
hashes of contacts' ids (``rules.reached``), and nothing else of a person.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gate24.costs import Exchange, message_counts
from gate24.lazy_dataclass import dataclass
from gate24.rules.reached import Reached
from gate24.rules.rollup import DayFold, PartSums
from gate24.settings import settings
from gate24.store.aws import sqs
from gate24.store.costs import counted_amounts, month_count, named_sums
from gate24.store.known_fields import known_fields


class DaysNotQueued(Exception):
    """A day could not be put into the queue; its text is the kind of fault."""


@dataclass(frozen=True, slots=True)
class QueuedDay:
    """A local day of an organization. ``is_changed``: it is noted as changed. ``fold``: what was read of it already."""

    organization_id: str
    day: date
    is_changed: bool = False
    fold: DayFold | None = None


def put(days: Iterable[QueuedDay]) -> None:
    """Queues the days; DaysNotQueued where that fails for one of them."""
    for day in days:
        try:
            sqs().send_message(QueueUrl=settings().rollup_queue_url, MessageBody=write(day))
        except ClientError as error:
            raise DaysNotQueued(str(error.response.get("Error", {}).get("Code"))) from None
        except BotoCoreError as error:
            raise DaysNotQueued(type(error).__name__) from None


def write(queued: QueuedDay) -> str:
    """A day as it stands in the queue."""
    body: dict[str, Any] = {
        "organization": queued.organization_id,
        "day": queued.day.isoformat(),
        "is_changed": queued.is_changed,
    }
    return json.dumps(body if queued.fold is None else body | {"fold": _json(queued.fold)})


def read(text: str) -> QueuedDay:
    """A day out of the queue; ValueError, KeyError or TypeError if it is none of ours. A day that an earlier version
    began, which did not count by author, begins anew."""
    body = json.loads(text)
    return QueuedDay(
        body["organization"],
        date.fromisoformat(body["day"]),
        body["is_changed"],
        _fold(body["fold"]) if "by_author" in body.get("fold", {}) else None,
    )


def _json(fold: DayFold) -> dict[str, Any]:
    return asdict(fold) | {"reached": fold.reached.text}


def _fold(body: dict[str, Any]) -> DayFold:
    parts = {name: _parts(body[name]) for name in _PARTS if name in body}
    return DayFold(
        **{
            **known_fields(DayFold, body),
            **parts,
            "by_template": named_sums(body["by_template"]),
            "by_author": named_sums(body["by_author"]),
            "whole": _part(body["whole"]),
            "exchanges": {name: Exchange(**each) for name, each in body.get("exchanges", {}).items()},
            **counted_amounts(body),
            "counts": {name: month_count(each) for name, each in body["counts"].items()},
            "reached": Reached.of(body["reached"]),
        }
    )


_PARTS = ("by_channel", "by_category", "by_market", "by_campaign")


def _parts(body: dict[str, Any]) -> dict[str, PartSums]:
    return {name: _part(part) for name, part in body.items()}


def _part(body: dict[str, Any]) -> PartSums:
    return PartSums(message_counts(body["messages"]), body["fees"])
