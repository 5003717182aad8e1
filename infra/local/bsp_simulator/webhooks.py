"""Posts webhooks: at once for a contact's message, and by a background worker for the statuses of a message."""

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
from bsp_simulator.message import Accepted
from bsp_simulator.providers import PROVIDERS
from bsp_simulator.script import Status

RETRY_AFTER_SECONDS = (0.5, 2.0, 5.0)
"""Pauses before a webhook is posted again that was not answered 2xx; after the last it is given up."""

TIMEOUT_SECONDS = 15
WORKERS = 8
KEPT = 2_000
LARGEST_KEPT_BYTES = 64 * 1024


def now_ms() -> int:
    """The simulator's clock, epoch milliseconds."""
    return time.time_ns() // 1_000_000


class WebhookPoster:
    """Posts a body to a channel's webhook with the provider's proof of origin, and remembers the answer."""

    def __init__(self) -> None:
        self.journal = Journal(KEPT)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def post(self, channel: Channel, body: dict[str, Any]) -> int | None:
        """The status with which the webhook answered; None if it gave no answer or the channel has no URL."""
        raw = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "User-Agent": f"bsp-simulator/{channel.provider}"}
        headers |= PROVIDERS[channel.provider].signed(channel, raw)
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
        kept = body if len(raw) <= LARGEST_KEPT_BYTES else None
        self.journal.add({"channel_id": channel.id, "at": rfc3339(now_ms()), "status": status, "body": kept})
        return status


@dataclass(slots=True)
class _Errand:
    """The statuses of one message that are still to be told, in their order."""

    accepted: Accepted
    statuses: list[Status]
    body: dict[str, Any] | None = None
    attempt: int = 0


class StatusWorker:
    """Tells the statuses of accepted messages, one after another for a message, many messages at a time."""

    def __init__(self, poster: WebhookPoster, channel_now: Callable[[str], Channel | None], step_ms: int) -> None:
        self._poster = poster
        self._channel_now = channel_now
        self._step = step_ms / 1000
        self._due: list[tuple[float, int, _Errand]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._stopping = False
        self._threads = [threading.Thread(target=self._run, name=f"statuses-{n}") for n in range(WORKERS)]

    def start(self) -> None:
        """Starts the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the threads; statuses not told yet are dropped."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def tell(self, accepted: Accepted, statuses: tuple[Status, ...]) -> None:
        """Has the statuses of a message told, the first after one step."""
        if statuses:
            self._push(self._step, _Errand(accepted, list(statuses)))

    def _push(self, seconds: float, errand: _Errand) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), errand))
            self._changed.notify()

    def _next(self) -> _Errand | None:
        with self._changed:
            while not self._stopping:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    def _run(self) -> None:
        while errand := self._next():
            self._take_step(errand)

    def _take_step(self, errand: _Errand) -> None:
        """Tells the errand's first status, and puts the errand back with what is left of it."""
        channel = errand.accepted.send.channel
        if errand.body is None:
            errand.body = PROVIDERS[channel.provider].status_body(errand.accepted, errand.statuses[0], now_ms())
        status: int | None = 200
        if errand.body is not None:
            status = self._poster.post(self._channel_now(channel.id) or channel, errand.body)
        if (status is None or not 200 <= status < 300) and errand.attempt < len(RETRY_AFTER_SECONDS):
            errand.attempt += 1
            self._push(RETRY_AFTER_SECONDS[errand.attempt - 1], errand)
            return
        if errand.statuses[1:]:
            self._push(self._step, _Errand(errand.accepted, errand.statuses[1:]))
