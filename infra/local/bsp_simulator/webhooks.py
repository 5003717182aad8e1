"""Posts webhooks: a contact's messages at once, the statuses of a send from background threads."""

from __future__ import annotations

import heapq
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bsp_simulator.config import Channel
from bsp_simulator.journal import Journal, rfc3339
from bsp_simulator.message import AcceptedMessage
from bsp_simulator.providers import PROVIDERS
from bsp_simulator.script import Status

RETRY_AFTER_SECONDS = (0.5, 2.0, 5.0, 15.0, 45.0, 90.0)
"""Pauses before each retry of a status that was not answered with 2xx: longer than a restart of the stack takes on a
busy machine. Meta goes on for 7 days."""

TIMEOUT_SECONDS = 15
WORKERS = 8
MAX_WEBHOOKS = 2_000
MAX_RECORDED_BODY_BYTES = 64 * 1024


def now_ms() -> int:
    """The simulator's clock, epoch milliseconds."""
    return time.time_ns() // 1_000_000


class WebhookPoster:
    """Posts bodies to channels' webhooks, authenticated as by the provider, and records the answers."""

    def __init__(self) -> None:
        self.journal = Journal(MAX_WEBHOOKS)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def post(self, channel: Channel, body: dict[str, Any]) -> int | None:
        """The HTTP status of the webhook's answer; None if there was none or the channel has no URL."""
        raw = json.dumps(body, ensure_ascii=channel.provider == "meta").encode()
        headers = {"Content-Type": "application/json", "User-Agent": f"bsp-simulator/{channel.provider}"}
        headers |= PROVIDERS[channel.provider].webhook_headers(channel, raw)
        status: int | None = None
        if channel.webhook_url:
            request = urllib.request.Request(channel.webhook_url, raw, headers, method="POST")
            try:
                with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                    status = answer.status
            except urllib.error.HTTPError as error:
                status = error.code
                error.close()
            except (OSError, ValueError):
                status = None
        recorded = body if len(raw) <= MAX_RECORDED_BODY_BYTES else None
        self.journal.add({"channel_id": channel.id, "at": rfc3339(now_ms()), "status": status, "body": recorded})
        return status


@dataclass(slots=True)
class _PendingStatuses:
    """The statuses of one message that are still to be posted, in order. ``body``: the first one's, once built."""

    accepted: AcceptedMessage
    statuses: list[Status]
    body: dict[str, Any] | None = None
    attempt: int = 0


class StatusWorker:
    """Posts the statuses of accepted messages: those of one message in order, several messages at a time."""

    def __init__(self, poster: WebhookPoster, channel_now: Callable[[str], Channel | None], step_ms: int) -> None:
        self._poster = poster
        self._channel_now = channel_now
        self._step = step_ms / 1000
        self._due: list[tuple[float, int, _PendingStatuses]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._stopping = False
        self._threads = [threading.Thread(target=self._run, name=f"statuses-{n}") for n in range(WORKERS)]

    def start(self) -> None:
        """Starts the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the threads. Statuses that were not posted yet are dropped."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def schedule(self, accepted: AcceptedMessage, statuses: tuple[Status, ...]) -> None:
        """Posts the statuses of a message later: the first after one step."""
        if statuses:
            self._push(self._step, _PendingStatuses(accepted, list(statuses)))

    def _push(self, seconds: float, pending: _PendingStatuses) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), pending))
            self._changed.notify()

    def _next(self) -> _PendingStatuses | None:
        with self._changed:
            while not self._stopping:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    def _run(self) -> None:
        while pending := self._next():
            self._post_first(pending)

    def _post_first(self, pending: _PendingStatuses) -> None:
        """Posts the first status, and queues it again if it failed, or else the rest."""
        channel = pending.accepted.send.channel
        if pending.body is None:
            pending.body = PROVIDERS[channel.provider].status_body(pending.accepted, pending.statuses[0], now_ms())
        status: int | None = 200
        if pending.body is not None:
            status = self._poster.post(self._channel_now(channel.id) or channel, pending.body)
        if (status is None or not 200 <= status < 300) and pending.attempt < len(RETRY_AFTER_SECONDS):
            pending.attempt += 1
            self._push(RETRY_AFTER_SECONDS[pending.attempt - 1], pending)
            return
        if pending.statuses[1:]:
            self._push(self._step, _PendingStatuses(pending.accepted, pending.statuses[1:]))
