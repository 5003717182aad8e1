"""The HTTP side: routes, bodies, keep-alive, and connections that are left hanging or broken on purpose."""

from __future__ import annotations

import json
import logging
import re
import select
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bsp_simulator import routes
from bsp_simulator.reply import Reply

if TYPE_CHECKING:
    from bsp_simulator.simulator import BspSimulator

LOGGER = logging.getLogger("bsp_simulator")
MAX_BODY_BYTES = 16 * 1024 * 1024
POLL_SECONDS = 0.05
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER on with no time to linger: closing sends RST and drops what was not sent."""


class Server(ThreadingHTTPServer):
    """A thread a connection. Threads are joined at the end, so their connections have to be closed before."""

    request_queue_size = 256
    daemon_threads = False

    def __init__(self, address: tuple[str, int], simulator: BspSimulator) -> None:
        super().__init__(address, Handler)
        self.simulator = simulator
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Wakes every thread that waits for its client."""
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                LOGGER.debug("connection was closed already")

    def handle_error(self, request: Any, client_address: Any) -> None:
        LOGGER.debug("connection ended by its client")


class Handler(BaseHTTPRequestHandler):
    """One connection, with as many calls as its client makes on it."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "bsp-simulator"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 300

    def _serve(self) -> None:
        started = time.monotonic()
        raw = self._read_body()
        if raw is None:
            return
        path = urlsplit(self.path).path
        headers = {name.lower(): value for name, value in self.headers.items()}
        label, reply = routes.answer(self.server.simulator, self.command, path, headers, raw)
        try:
            self._end(reply)
        finally:
            if reply.afterwards:
                reply.afterwards()
            took = round((time.monotonic() - started) * 1000)
            outcome = reply.status if reply.ending == "answer" else reply.ending
            LOGGER.info("%s %s %s %d ms", self.command, label, outcome, took)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _serve

    def _read_body(self) -> bytes | None:
        """The body; None if it could not be taken, which is answered then."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not re.fullmatch(r"[0-9]{1,12}", length):
            self.close_connection = True
            self._write(411, {"error": "a body needs a Content-Length"})
            return None
        if int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            self._write(413, {"error": f"a body may have {MAX_BODY_BYTES} bytes"})
            return None
        raw = self.rfile.read(int(length))
        if len(raw) < int(length):
            self.close_connection = True
            return None
        return raw

    def _end(self, reply: Reply) -> None:
        here = self._wait(reply.delay_ms / 1000)
        if reply.ending == "answer" and here:
            self._write(reply.status, reply.body)
            return
        self.close_connection = True
        if reply.ending == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            # The reader holds the socket open; both have to go before the server's own orderly shutdown.
            self.rfile.close()
            self.connection.close()

    def _wait(self, seconds: float) -> bool:
        """Waits, but not for a client that has left. Whether it is still there."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._gone() or self.server.simulator.stopping.wait(min(left, POLL_SECONDS)):
                return False
        return True

    def _gone(self) -> bool:
        try:
            readable, _, _ = select.select([self.connection], [], [], 0)
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _write(self, status: int, body: Any) -> None:
        text = isinstance(body, str)
        raw = body.encode() if text else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if text else "application/json")
        self.send_header("Content-Length", str(len(raw)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: every call has its own line already, which tells nobody's number."""
