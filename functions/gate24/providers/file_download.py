"""Downloads a file whose address somebody else has told, into a file: only from addresses of the internet, with an end
for the whole, and never more than a limit."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

from gate24.providers.endpoint import EndpointRefused, allowed_addresses
from gate24.rules.endpoint_addresses import url_fault

REDIRECTS = 3
PIECE_BYTES = 64 * 1024
READ_SECONDS = 10.0
"""Of one read. The whole has an end besides, since a server that sends a byte now and then fails no read."""

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
    host = urlsplit(url).hostname
    for _ in range(REDIRECTS + 1):
        fault = url_fault(url, allow_loopback)
        if fault:
            raise EndpointRefused(f"The address {fault}.")
        own = dict(headers or {}) if urlsplit(url).hostname == host else {}
        try:
            answer = _get(url, own, file, limit, until, allow_loopback)
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            raise NotDownloaded(type(error).__name__) from None
        if isinstance(answer, Downloaded):
            return answer
        url = urljoin(url, answer)
    raise NotDownloaded("too_many_redirects")


class _End:
    """Ends a connection when its time is over, whatever is being read."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self.sock = sock
        self._timer = threading.Timer(max(0.0, until - time.monotonic()), self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._timer.cancel()
        self.sock.close()


def _get(
    url: str, headers: Mapping[str, str], file: BinaryIO, limit: int, until: float, allow_loopback: bool
) -> Downloaded | str:
    """The file, or where it is."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    end = _End(_connected(allowed_addresses(host, port, allow_loopback), port), until)
    try:
        if parts.scheme == "https":
            end.sock = _tls().wrap_socket(end.sock, server_hostname=host)
        connection = http.client.HTTPConnection(parts.netloc)
        connection.sock = end.sock
        connection.request(
            "GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers=dict(headers)
        )
        answer = connection.getresponse()
        if answer.status in _MOVED and (location := answer.getheader("location")):
            return location
        if answer.status != 200:
            return Downloaded(answer.status)
        return Downloaded(200, _written(answer, file, limit, until), answer.getheader("content-type"))
    finally:
        end.close()


def _written(answer: http.client.HTTPResponse, file: BinaryIO, limit: int, until: float) -> int:
    """Writes the body and returns its size. http.client does not say where a body is shorter than it was told."""
    told, size = answer.length, 0
    if (told or 0) > limit:
        raise TooLarge
    while piece := answer.read(PIECE_BYTES):
        size += len(piece)
        if size > limit:
            raise TooLarge
        file.write(piece)
    if time.monotonic() >= until or (told is not None and size != told):
        raise TimeoutError
    return size


def _connected(addresses: list[str], port: int) -> socket.socket:
    """A connection to the first of the judged addresses that takes one."""
    failed: OSError = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=READ_SECONDS)
        except OSError as error:
            failed = error
    raise failed


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
