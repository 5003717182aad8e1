"""The queue of scripted outcomes, which decide the next sends instead of a plain acceptance."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

DEFAULT_HOLD_MS = 30_000
"""How long a call that times out is held, unless the script gives ``delay_ms``."""

MAX_COUNT = 1_000_000
MAX_DELAY_MS = 600_000
STATUSES = ("enqueued", "sent", "delivered", "read", "played")


@dataclass(frozen=True, slots=True)
class OutcomeKind:
    """What an outcome means. ``accepts``: the message is sent. ``ending``: see ``Reply``."""

    accepts: bool
    ending: str
    delay_ms: int = 0
    lowest_status: int = 200


OUTCOME_KINDS = {
    "accept": OutcomeKind(accepts=True, ending="answer"),
    "reject": OutcomeKind(accepts=False, ending="answer", lowest_status=300),
    "timeout_before_accept": OutcomeKind(accepts=False, ending="close", delay_ms=DEFAULT_HOLD_MS),
    "timeout_after_accept": OutcomeKind(accepts=True, ending="close", delay_ms=DEFAULT_HOLD_MS),
    "reset": OutcomeKind(accepts=False, ending="reset"),
}
KEYS = ("outcome", "status", "body", "count", "delay_ms", "statuses", "match")


class ScriptInvalid(ValueError):
    """A script entry is invalid; the text names the field and the reason."""


@dataclass(frozen=True, slots=True)
class Status:
    """A status to post. ``code``: the provider's error code of ``failed``, else 0. ``details``: what it says beside
    its title."""

    name: str
    code: int = 0
    details: str = ""


@dataclass(slots=True)
class Outcome:
    """An entry of the script, with ``accepts`` and ``ending`` of its ``OutcomeKind``.

    ``has_body`` tells a null body from a missing one. ``statuses`` None means the usual ones.
    """

    accepts: bool
    ending: str
    remaining: int = 1
    status: int | None = None
    has_body: bool = False
    body: Any = None
    delay_ms: int = 0
    statuses: tuple[Status, ...] | None = None
    destination: str | None = None
    channel_id: str | None = None
    source: dict[str, Any] = field(default_factory=dict)

    def matches(self, channel_id: str, destination: str) -> bool:
        """Whether this entry applies to a send on that channel to that destination (digits or user id)."""
        return self.channel_id in (None, channel_id) and self.destination in (None, destination)


def _integer(entry: dict[str, Any], key: str, default: int, lowest: int, highest: int) -> int:
    value = entry.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ScriptInvalid(f"{key} must be a whole number from {lowest} to {highest}")
    return value


def _status(item: Any) -> Status:
    if isinstance(item, str) and item in STATUSES:
        return Status(item)
    if isinstance(item, dict) and item.keys() == {"failed"} and str(item["failed"]).isdecimal():
        return Status("failed", int(item["failed"]))
    raise ScriptInvalid(f'each of statuses must be one of {", ".join(STATUSES)} or {{"failed": <the code\'s number>}}')


def read_outcome(entry: Any) -> Outcome:
    """Reads a script entry. Raises ScriptInvalid."""
    if not isinstance(entry, dict):
        raise ScriptInvalid("a script entry must be an object")
    unknown = [key for key in entry if key not in KEYS]
    if unknown:
        raise ScriptInvalid(f"unknown field {unknown[0]!r}; known are {', '.join(KEYS)}")
    name = entry.get("outcome")
    kind = OUTCOME_KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ScriptInvalid(f"outcome must be one of {', '.join(OUTCOME_KINDS)}")
    match, statuses = entry.get("match", {}), entry.get("statuses")
    if not isinstance(match, dict) or not all(
        key in ("destination", "channel_id") and isinstance(value, str) for key, value in match.items()
    ):
        raise ScriptInvalid("match must be an object with the texts destination or channel_id")
    if statuses is not None and not isinstance(statuses, list):
        raise ScriptInvalid("statuses must be a list")
    return Outcome(
        accepts=kind.accepts,
        ending=kind.ending,
        remaining=_integer(entry, "count", 1, 1, MAX_COUNT),
        status=_integer(entry, "status", 0, kind.lowest_status, 599) if "status" in entry else None,
        has_body="body" in entry,
        body=entry.get("body"),
        delay_ms=_integer(entry, "delay_ms", kind.delay_ms, 0, MAX_DELAY_MS),
        statuses=None if statuses is None else tuple(_status(item) for item in statuses),
        destination=match["destination"].lstrip("+") if "destination" in match else None,
        channel_id=match.get("channel_id"),
        source=entry,
    )


class Script:
    """The queue. A send takes the first entry that matches it; an entry with a count serves that many sends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[Outcome] = deque()

    def add(self, document: Any) -> int:
        """Queues an entry, a list of entries, or ``{"script": [...]}``; if any is invalid, none is queued."""
        if isinstance(document, dict) and document.keys() == {"script"}:
            document = document["script"]
        outcomes = [read_outcome(entry) for entry in (document if isinstance(document, list) else [document])]
        with self._lock:
            self._queue.extend(outcomes)
        return sum(outcome.remaining for outcome in outcomes)

    def take(self, channel_id: str, destination: str) -> Outcome | None:
        """Takes the outcome for a send off the queue; None if nothing is scripted for it."""
        with self._lock:
            for outcome in self._queue:
                if outcome.matches(channel_id, destination):
                    outcome.remaining -= 1
                    if not outcome.remaining:
                        self._queue.remove(outcome)
                    return outcome
        return None

    def remaining(self) -> list[dict[str, Any]]:
        """The queued entries as they were given, with the remaining counts."""
        with self._lock:
            return [{**outcome.source, "count": outcome.remaining} for outcome in self._queue]

    def clear(self) -> int:
        """Empties the queue. Returns for how many sends it still held outcomes."""
        with self._lock:
            left = sum(outcome.remaining for outcome in self._queue)
            self._queue.clear()
        return left
