"""Downloads a file whose address somebody else has told, into a file: only from addresses of the internet, with an end
for the whole, and never more than a limit."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from functools import cache
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

from gate24.lazy_dataclass import dataclass
from gate24.providers.endpoint import Connection, EndpointRefused, allowed_addresses, connected, within
from gate24.rules.endpoint_addresses import url_fault

REDIRECTS = 3
PIECE_BYTES = 64 * 1024
READ_SECONDS = 10.0
"""Of one step: the encryption, a read. The whole has an end besides, since a server that sends a byte now and then
fails no read, and looking up a name has no time limit in Python."""

_MOVED = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """``status``: of HTTP; only with 200 is there a file."""

    status: int
    size_bytes: int = 0
    mime_type: str | None = None


class TooLarge(Exception):
    """The file has more bytes than it may have."""


class NotDownloaded(Exception):
    """There was no whole answer in time; the text says why in a word."""


def download(
    url: str, file: BinaryIO, limit: int, seconds: float, allow_loopback: bool, headers: Mapping[str, str] | None = None
) -> Downloaded:
    """Writes the file at the address. TooLarge; EndpointRefused where an address may not be called; NotDownloaded.
    ``headers`` go to the address's own host and nowhere else, wherever it leads."""
    until = time.monotonic() + seconds
    opened = Connection()

    def work() -> Downloaded:
        return _found(url, headers or {}, file, limit, until, allow_loopback, opened)

    try:
        return within(seconds, work, opened.end)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise NotDownloaded(type(error).__name__) from None


def _found(
    url: str,
    headers: Mapping[str, str],
    file: BinaryIO,
    limit: int,
    until: float,
    allow_loopback: bool,
    opened: Connection,
) -> Downloaded:
    """The file, wherever the address leads."""
    host = urlsplit(url).hostname
    for _ in range(REDIRECTS + 1):
        fault = url_fault(url, allow_loopback)
        if fault:
            raise EndpointRefused(f"The address {fault}.")
        own = headers if urlsplit(url).hostname == host else {}
        answer = _get(url, own, file, limit, until, allow_loopback, opened)
        if isinstance(answer, Downloaded):
            return answer
        url = urljoin(url, answer)
    raise NotDownloaded("too_many_redirects")


def _get(
    url: str,
    headers: Mapping[str, str],
    file: BinaryIO,
    limit: int,
    until: float,
    allow_loopback: bool,
    opened: Connection,
) -> Downloaded | str:
    """The file, or where it is."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    sock = connected(allowed_addresses(host, port, allow_loopback), port, until)
    try:
        opened.holds(sock)
        if parts.scheme == "https":
            # Held before its handshake: the socket that was held is empty from here on.
            encrypted = _tls().wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
            sock = encrypted
            opened.holds(sock)
            sock.settimeout(_left(until))
            encrypted.do_handshake()
        connection = http.client.HTTPConnection(parts.netloc)
        connection.sock = sock
        sock.settimeout(_left(until))
        connection.request(
            "GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers=dict(headers)
        )
        with connection.getresponse() as answer:
            if answer.status in _MOVED and (location := answer.getheader("location")):
                return location
            if answer.status != 200:
                return Downloaded(answer.status)
            return Downloaded(200, _written(answer, file, limit, until, sock), answer.getheader("content-type"))
    finally:
        sock.close()


def _left(until: float) -> float:
    """How long the next step may wait; TimeoutError where the end of the whole has come."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(READ_SECONDS, left)


def _written(answer: http.client.HTTPResponse, file: BinaryIO, limit: int, until: float, sock: socket.socket) -> int:
    """Writes the body and returns its size. http.client does not say where a body is shorter than it was told."""
    told, size = answer.length, 0
    if (told or 0) > limit:
        raise TooLarge
    while piece := answer.read1(PIECE_BYTES):
        size += len(piece)
        if size > limit:
            raise TooLarge
        file.write(piece)
        sock.settimeout(_left(until))
    if told is not None and size != told:
        raise TimeoutError
    return size


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
