"""A bot's endpoint that fails by plan and remembers each call. Standard Webhooks' own library verifies who calls."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from tests.support.live import Live

_FAILURES = (500, 302, None, 429, 503)
"""What a call that fails is answered, in turn; None: nothing, the connection ends."""

_HEEDED_SECONDS = 6
"""A new webhook is heeded within five seconds."""


@dataclass(frozen=True, slots=True)
class Call:
    """A verified call. ``at``: by the monotonic clock, when it came; ``number``: how many came before it."""

    at: float
    number: int
    webhook_id: str
    body: bytes
    is_acknowledged: bool

    @property
    def message(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)["data"]["message"]
        return found


@contextlib.contextmanager
def subscribed(live: Live, url: str) -> Iterator[tuple[str, str]]:
    """A webhook that hears of what contacts write, heeded by now; its id and secret."""
    made = live.api("POST", "/v1/webhooks", {"url": url, "events": ["message.received"]})
    assert made.status_code == 201, made.text
    try:
        time.sleep(_HEEDED_SECONDS)
        yield made.json()["id"], made.json()["secret"]
    finally:
        live.api("DELETE", f"/v1/webhooks/{made.json()['id']}")


class UnsteadyEndpoint:
    """``fails``: whether a call fails, by its webhook-id, how many calls of that id and how many of any came before.
    ``before_answer``: what happens between hearing and a 2xx, by the number of the call."""

    def __init__(self, fails: Callable[[str, int, int], bool], before_answer: Callable[[int], None]) -> None:
        self.secret = ""
        self.calls: list[Call] = []
        self.unverified = 0
        self.refused = 0
        """Connections that ended at once, since the endpoint was down."""
        self._fails, self._before_answer = fails, before_answer
        self._is_down = False
        self._lock, self._of_id = threading.Lock(), defaultdict[str, int](int)

    @contextlib.contextmanager
    def listening(self) -> Iterator[str]:
        """Takes calls until the block ends; gives its URL."""
        server = _Server(self)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/hook"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Within the block every connection ends before it says anything."""
        self._is_down = True
        try:
            yield
        finally:
            self._is_down = False

    def takes_connection(self) -> bool:
        with self._lock:
            self.refused += self._is_down
            return not self._is_down

    def hear(self, headers: dict[str, str], body: bytes) -> int | None:
        """What the call is answered."""
        try:
            Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            self.unverified += 1
            return 401
        name, at = headers["webhook-id"], time.monotonic()
        with self._lock:
            number, before = len(self.calls), self._of_id[name]
            is_failure = self._fails(name, before, number)
            self._of_id[name] += 1
            self.calls.append(Call(at, number, name, body, not is_failure))
        if is_failure:
            return _FAILURES[number % len(_FAILURES)]
        self._before_answer(number)
        return 204


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, endpoint: UnsteadyEndpoint) -> None:
        self.endpoint = endpoint
        super().__init__(("127.0.0.1", 0), _Handler)

    def verify_request(self, request: object, client_address: object) -> bool:
        return self.endpoint.takes_connection()

    def handle_error(self, request: object, client_address: object) -> None:
        """Who called is gone, as when its function was killed."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status = self.server.endpoint.hear({name.lower(): value for name, value in self.headers.items()}, body)
        if status is None:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(status)
        if status == 302:
            self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass
