"""Calls the endpoint of an organization's own software: only addresses of the internet, and with an end for the whole.

The name is resolved once, every address that it has is judged, and the connection goes to a judged address, so that a
name which says something else a moment later gains nothing. The certificate is checked against the name. Redirects are
not followed.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeVar
from urllib.parse import urlsplit

from gate24.lazy_dataclass import dataclass
from gate24.rules.endpoint_addresses import address_fault, url_fault

T = TypeVar("T")

CALL_SECONDS = 15.0
"""For all of a call: the name, the connection, the request and the answer."""

CONNECT_SECONDS = 5.0
"""Of one address, where a name has several."""

ANSWER_BYTES = 4096
ANSWER_SECONDS = 2.0
"""Of what follows an answer's head no more is read, and for no longer: the head says all that counts. Then the
connection is closed."""

_REDIRECTED = "The endpoint redirects, which is not followed: the webhook needs the URL that it leads to."

Resolver = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class EndpointAnswer:
    """``status``: of HTTP, or None where there was no answer. ``detail``: what was wrong, for people, or the start of
    the answer's text. ``took_ms``: how long it took."""

    status: int | None
    detail: str
    took_ms: int

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class EndpointRefused(Exception):
    """The endpoint may not be called; the text says why."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, by the machine's resolver; OSError or UnicodeError where there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def allowed_addresses(host: str, port: int, allow_loopback: bool, resolver: Resolver = resolve) -> list[str]:
    """The addresses of a host. EndpointRefused if one of them may not be called: a name that leads to the internet and
    to somewhere else is an attack. OSError or UnicodeError where it has none."""
    found = resolver(host, port)
    for address in found:
        fault = address_fault(address, allow_loopback)
        if fault:
            raise EndpointRefused(f"The host's name leads to an address that {fault}.")
    return found


def fault_of(url: str, allow_loopback: bool, seconds: float = 2.0, resolver: Resolver = resolve) -> str | None:
    """Why a webhook may not have this URL, for people, or None. A name that cannot be resolved within ``seconds`` is no
    fault: it is judged at every call anyway."""
    fault = url_fault(url, allow_loopback)
    if fault:
        return fault
    host, port = _place(url)
    try:
        found = within(seconds, lambda: allowed_addresses(host, port, allow_loopback, resolver), lambda: None)
    except EndpointRefused:
        return "names a host that leads to an address which is not of the internet"
    except (OSError, UnicodeError):
        return None
    return None if found else "names a host without an address"


def call(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    allow_loopback: bool,
    seconds: float = CALL_SECONDS,
    resolver: Resolver = resolve,
) -> EndpointAnswer:
    """Posts the body and says what came of it, within so many seconds whatever the endpoint does. Never raises."""
    started = time.monotonic()
    opened = Connection()

    def say(status: int | None, detail: str) -> EndpointAnswer:
        return EndpointAnswer(status, detail, round((time.monotonic() - started) * 1000))

    fault = url_fault(url, allow_loopback)
    if fault:
        return say(None, f"The URL {fault}.")
    try:
        status, text = within(
            seconds, lambda: _post(url, headers, body, allow_loopback, resolver, opened, started + seconds), opened.end
        )
        return say(status, _REDIRECTED if 300 <= status < 400 else text)
    except EndpointRefused as error:
        return say(None, str(error))
    except Exception as error:  # of any kind: it is one failed attempt
        return say(None, _words(error, seconds))


class Connection:
    """The socket of a call, which another thread may end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_ended = False

    def holds(self, connected: socket.socket) -> None:
        with self._lock:
            self._socket = connected
            if not self._is_ended:
                return
        self.end()
        raise TimeoutError

    def end(self) -> None:
        with self._lock:
            self._is_ended = True
            ending = self._socket
        if ending is not None:
            with contextlib.suppress(OSError):
                ending.shutdown(socket.SHUT_RDWR)


def within(seconds: float, work: Callable[[], T], give_up: Callable[[], None]) -> T:
    """What the work returns or raises; TimeoutError once the time is over. It runs in a thread of its own: looking up a
    name has no time limit in Python, and an endpoint that sends a byte now and then fails no read."""
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="endpoint-call", daemon=True)
    thread.start()
    thread.join(seconds)
    if done:
        return done[0]
    if failed:
        raise failed[0]
    give_up()
    raise TimeoutError


def _post(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    allow_loopback: bool,
    resolver: Resolver,
    opened: Connection,
    until: float,
) -> tuple[int, str]:
    host, port = _place(url)
    addresses = allowed_addresses(host, port, allow_loopback, resolver)
    sock = connected(addresses, port, until)
    try:
        opened.holds(sock)
        parts = urlsplit(url)
        if parts.scheme == "https":
            sock.settimeout(max(0.1, until - time.monotonic()))
            sock = _tls().wrap_socket(sock, server_hostname=host)
            opened.holds(sock)
        connection = http.client.HTTPConnection(parts.netloc)
        connection.sock = sock
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body=body, headers=dict(headers))
        answer = connection.getresponse()
        sock.settimeout(ANSWER_SECONDS)
        return answer.status, _start_of(answer).decode("utf-8", "replace")
    finally:
        sock.close()


def _start_of(answer: http.client.HTTPResponse) -> bytes:
    """The start of the answer's body, as far as it comes."""
    until, read = time.monotonic() + ANSWER_SECONDS, b""
    with contextlib.suppress(OSError, http.client.HTTPException):
        while len(read) < ANSWER_BYTES and time.monotonic() < until:
            more = answer.read1(ANSWER_BYTES - len(read))
            if not more:
                break
            read += more
    return read


def connected(addresses: list[str], port: int, until: float) -> socket.socket:
    """A connection to the first of the judged addresses that takes one."""
    error: OSError = OSError("no address")
    for address in addresses:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            sock = socket.create_connection((address, port), timeout=min(CONNECT_SECONDS, left))
        except OSError as failed:
            error = failed
            continue
        sock.settimeout(max(0.1, until - time.monotonic()))
        return sock
    raise error


def _place(url: str) -> tuple[str, int]:
    """Host and port of a URL without faults."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


@cache
def _tls() -> ssl.SSLContext:
    """The system's certificate authorities; made once, since reading them takes tens of milliseconds."""
    return ssl.create_default_context()


def _words(error: Exception, seconds: float) -> str:
    """What is said of a call without an answer. No text of the error goes in that could name an address."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate is not valid: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return "No encrypted connection could be made (TLS)."
    if isinstance(error, TimeoutError):
        return f"The endpoint did not answer within {seconds:.0f} seconds."
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return "The host's name cannot be resolved."
    if isinstance(error, ConnectionRefusedError):
        return "The endpoint takes no connection on this port."
    if isinstance(error, http.client.LineTooLong) or type(error) is http.client.HTTPException:  # or too many lines
        return "The head of the endpoint's answer is too long."
    if isinstance(error, (http.client.HTTPException, ConnectionError)):
        return "The endpoint ended the connection without a whole answer."
    return f"The endpoint could not be reached ({type(error).__name__})."
