"""The call to the BSP: short timeouts, an end for the whole of it, and a repetition only where it is certain that
nothing was sent."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from gate24 import snapshot
from gate24.lazy_dataclass import dataclass
from gate24.providers.interface import AnswerReader, HttpRequest, ProviderAnswer

CONNECT_SECONDS = 2.0
READ_SECONDS = 8.0
"""Of one read. The whole call has an end besides, since a BSP that sends a byte now and then fails no read."""

ATTEMPTS = 3
BUDGET_SECONDS = 12.0
"""No attempt begins that could take longer than this in all. With the store's calls that is far from API Gateway's
30 s. It is also well inside the window's default margin, so the window is not judged again between attempts."""

ANSWERED_WITHIN_SECONDS = 16.0
"""Counted from the request: by then the last call of the BSP has its end. Lambda ends the function after 20 s
(template.yaml), and what became of the send still has to be written and answered."""

ANSWER_BYTES = 65_536
"""Of an answer to a send no more is read: either provider's have less than 2 KB. A longer one is taken as far as it
was read, so it tells neither an id nor a code."""

RELAYED_BYTES = 4 * 2**20
"""Of an answer that is passed on: what fits into Lambda's 6 MB in base64."""

IDLE_SECONDS = 20.0
"""An idle connection may have been dropped on the way while the function was frozen, and a send on it would end
as unknown: after this long a new one is made."""

_making = threading.local()


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer of the BSP as it came."""

    status: int
    body: bytes = field(repr=False)
    content_type: str


class _Keeper:
    """Keeps an answer instead of reading it."""

    kept: HttpAnswer | None = None

    def read_answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderAnswer:
        content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
        self.kept = HttpAnswer(status, body, content_type)
        return ProviderAnswer("accepted")


class _Call:
    """A call of the BSP, made by a thread of its own: looking up a name and connecting to its addresses have no time
    limit of their own in Python. Given up before the request began, it sends nothing any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_given_up = False
        self._connection: HTTPConnection | None = None

    def begins(self, connection: HTTPConnection) -> None:
        """The request is about to go out."""
        with self._lock:
            if self._is_given_up:
                raise TimeoutError
            self._connection = connection

    def give_up(self) -> bool:
        """Ends the call. Returns whether the request may have gone out."""
        with self._lock:
            self._is_given_up = True
        sock = self._connection.sock if self._connection is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # so that its thread ends
        return self._connection is not None


class _Told(HTTPConnection):
    """A connection that tells the call when its request begins, once it is connected."""

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _making.call.begins(self)
        super().send(data)


class _ToldHTTPS(_Told, HTTPSConnection):
    pass


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Told


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _ToldHTTPS


_pool = urllib3.PoolManager(retries=False)
_pool.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
_last_used = 0.0
snapshot.not_kept(_pool.clear)

NOT_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.LocationParseError,
)


def seconds_left(started: float) -> float:
    """For calls of the BSP in a request that began then (``time.monotonic``)."""
    return min(BUDGET_SECONDS, ANSWERED_WITHIN_SECONDS - (time.monotonic() - started))


def may_be_called_again(started: float) -> bool:
    """Whether another call of the BSP, however slow, would have its end in time."""
    return seconds_left(started) >= CONNECT_SECONDS + READ_SECONDS


def forward(
    request: HttpRequest,
    provider: AnswerReader,
    budget: float = BUDGET_SECONDS,
    pause: Callable[[float], None] = time.sleep,
) -> ProviderAnswer:
    """Sends the request and says what became of it. Never raises. ``budget``: seconds for all attempts, each of which
    has its end within them.

    A failed connect, and an answer by which the BSP says that it did not process the request, are tried again
    with backoff and jitter; after the last attempt they are ``busy``. Everything that ends after the request
    went out without a whole answer is ``unknown``.
    """
    started = time.monotonic()
    if budget < READ_SECONDS:
        return ProviderAnswer("busy", code="no_time", reason="No time was left to ask the BSP.")
    last = ProviderAnswer("busy")
    for attempt in range(ATTEMPTS):
        spent = time.monotonic() - started
        seconds = min(CONNECT_SECONDS + READ_SECONDS, budget - spent)
        last = _once(request, provider, seconds, ANSWER_BYTES)
        wait = min(last.retry_after or 0.25 * 2**attempt, 4.0) * random.uniform(0.8, 1.2)
        spent = time.monotonic() - started
        if last.outcome != "busy" or attempt + 1 == ATTEMPTS or spent + wait + READ_SECONDS > budget:
            break
        pause(wait)
    return last


def relay(request: HttpRequest, budget: float = BUDGET_SECONDS) -> HttpAnswer | None:
    """The BSP's own answer to a call that sends nobody anything, asked once; None where there was none in time."""
    reader = _Keeper()
    told = _once(request, reader, min(CONNECT_SECONDS + READ_SECONDS, budget), RELAYED_BYTES)
    return reader.kept if told.outcome == "accepted" else None


def _once(request: HttpRequest, reader: AnswerReader, seconds: float, limit: int) -> ProviderAnswer:
    """One attempt, which has its end after ``seconds`` whatever the BSP does."""
    call, answers = _Call(), list[ProviderAnswer]()

    def make() -> None:
        _making.call = call
        answers.append(_made(request, reader, limit))

    thread = threading.Thread(target=make, name="bsp-call", daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers and call.give_up():
        return ProviderAnswer("unknown", code="timed_out", reason="The BSP's answer was not whole in time.")
    return answers[0] if answers else _UNREACHABLE


def _made(request: HttpRequest, reader: AnswerReader, limit: int) -> ProviderAnswer:
    global _last_used
    if time.monotonic() - _last_used > IDLE_SECONDS:
        _pool.clear()
    try:
        response = _pool.request(
            request.method,
            request.url,
            body=request.body,
            headers=dict(request.headers),
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )
        return reader.read_answer(response.status, _body(response, limit), dict(response.headers))
    except NOT_SENT:
        return _UNREACHABLE
    except Exception as error:  # of any kind: the request may have gone out, and nobody else would say so
        return ProviderAnswer("unknown", code=type(error).__name__)
    finally:
        _last_used = time.monotonic()


def _body(response: urllib3.BaseHTTPResponse, limit: int) -> bytes:
    """The answer's body up to ``limit`` bytes. The connection is used again only if nothing is left in it."""
    body = response.read(limit + 1)
    if len(body) > limit:
        response.close()
        return body[:limit]
    response.read()
    response.release_conn()
    return body


_UNREACHABLE = ProviderAnswer("busy", code="unreachable", reason="The BSP could not be reached.")
