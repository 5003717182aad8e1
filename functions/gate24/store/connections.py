"""Connections to one host that stay open: HTTP/1.1 as an AWS service speaks it to a client that sends a body and wants
one back, and no more.

The standard library's and urllib3's connections read an answer's headers with the parser for electronic mail, and take
two thirds of the CPU of a request to DynamoDB.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections import deque
from functools import cached_property
from urllib.parse import urlsplit

from gate24.lazy_dataclass import dataclass

_AT_ONCE = 65_536
_HEAD_MOST = 65_536
"""Bytes of an answer's headers."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """``headers`` have lower-case names."""

    status_code: int
    headers: dict[str, str]
    content: bytes


class Connections:
    """Connections to the host of ``url``. ``certificates``: the file with those that are trusted. Times in seconds."""

    def __init__(self, url: str, certificates: str | None, connect_seconds: float, read_seconds: float) -> None:
        parts = urlsplit(url)
        self._host, self._is_secure = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._is_secure else 80)
        self._certificates, self._connect_seconds, self._read_seconds = certificates, connect_seconds, read_seconds
        self._idle: deque[socket.socket] = deque()

    def post(self, head: bytes, body: bytes) -> HttpAnswer:
        """Sends the request, whose ``head`` ends with an empty line, and reads the answer. OSError if that fails; it is
        not known then whether the service did what was asked. ValueError where the answer cannot be understood."""
        connection = self._take()
        try:
            connection.sendall(head + body)
            answer, stays_open = _read(connection)
        except BaseException:
            connection.close()
            raise
        if stays_open:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Closes what is not in use."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> socket.socket:
        """The connection that was used last, if the service has not closed it since; else a new one."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._open()
            answers = select.poll()
            answers.register(connection, select.POLLIN)
            if not answers.poll(0):
                return connection
            connection.close()

    def _open(self) -> socket.socket:
        connection = socket.create_connection((self._host, self._port), self._connect_seconds)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._is_secure:
                connection = self._tls.wrap_socket(connection, server_hostname=self._host)
            connection.settimeout(self._read_seconds)
        except BaseException:
            connection.close()
            raise
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._certificates)


def _read(connection: socket.socket) -> tuple[HttpAnswer, bool]:
    """The answer, and whether the connection stays open."""
    head, rest = _head(connection)
    first, *lines = head.split("\r\n")
    version, status = first.split(" ", 2)[:2]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "chunked" in headers.get("transfer-encoding", "").lower():
        content, is_whole = _chunks(connection, rest), True
    elif "content-length" in headers:
        content, is_whole = _exactly(connection, rest, int(headers["content-length"])), True
    else:
        content, is_whole = _to_the_end(connection, rest), False
    stays_open = is_whole and version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return HttpAnswer(int(status), headers, content), stays_open


def _head(connection: socket.socket) -> tuple[str, bytes]:
    """The lines before the body, and what of the body came with them."""
    found = b""
    while (end := found.find(b"\r\n\r\n")) < 0:
        if len(found) > _HEAD_MOST:
            raise ValueError("The headers do not end")
        found += _more(connection)
    return found[:end].decode("latin-1"), found[end + 4 :]


def _more(connection: socket.socket, most: int = _AT_ONCE) -> bytes:
    found = connection.recv(most)
    if not found:
        raise ConnectionError("The service closed the connection")
    return found


def _exactly(connection: socket.socket, found: bytes, length: int) -> bytes:
    parts, left = [found], length - len(found)
    while left > 0:
        parts.append(_more(connection, min(left, _AT_ONCE)))
        left -= len(parts[-1])
    if left < 0:
        raise ValueError("There is more than one answer")
    return b"".join(parts)


def _chunks(connection: socket.socket, found: bytes) -> bytes:
    """A body in chunks (RFC 9112, 7.1), trailers left out."""
    whole = b""
    while True:
        line, found = _line(connection, found)
        size = int(line.partition(b";")[0], 16)
        if size == 0:
            break
        while len(found) < size + 2:
            found += _more(connection)
        whole, found = whole + found[:size], found[size + 2 :]
    while line:
        line, found = _line(connection, found)
    return whole


def _line(connection: socket.socket, found: bytes) -> tuple[bytes, bytes]:
    while (end := found.find(b"\r\n")) < 0:
        found += _more(connection)
    return found[:end], found[end + 2 :]


def _to_the_end(connection: socket.socket, found: bytes) -> bytes:
    parts = [found]
    while more := connection.recv(_AT_ONCE):
        parts.append(more)
    return b"".join(parts)
