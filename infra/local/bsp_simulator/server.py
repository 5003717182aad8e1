"""The HTTP server: reads calls, writes replies, and holds or resets connections where a reply says so."""

from __future__ import annotations

import json
import logging
import re
import select
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from bsp_simulator import routes
from bsp_simulator.bsp import SimulatedBsp
from bsp_simulator.reply import Reply

LOGGER = logging.getLogger("bsp_simulator")
MAX_BODY_BYTES = 16 * 1024 * 1024
POLL_SECONDS = 0.05
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with a timeout of 0: closing the socket sends RST and discards unsent data."""


class Server(ThreadingHTTPServer):
    """One thread per connection. ``server_close`` joins the threads, so call ``close_connections`` first."""

    request_queue_size = 256
    daemon_threads = False

    def __init__(self, address: tuple[str, int], simulator: SimulatedBsp) -> None:
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
        """Ends all connections, which wakes the threads that wait on them."""
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                LOGGER.debug("the connection was already closed")

    def handle_error(self, request: Any, client_address: Any) -> None:
        LOGGER.debug("the client ended the connection")


class Handler(BaseHTTPRequestHandler):
    """One connection, which may carry several calls."""

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
        asked = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        label, reply = routes.answer(self.server.simulator, self.command, asked.path, headers, raw, asked.query)
        try:
            self._send_reply(reply)
        finally:
            if reply.afterwards:
                reply.afterwards()
            elapsed_ms = round((time.monotonic() - started) * 1000)
            outcome = reply.status if reply.ending == "answer" else reply.ending
            LOGGER.info("%s %s %s %d ms", self.command, label, outcome, elapsed_ms)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _serve

    def _read_body(self) -> bytes | None:
        """The body; None if it cannot be read, after replying with the reason where that is possible."""
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

    def _send_reply(self, reply: Reply) -> None:
        connected = self._wait(reply.delay_ms / 1000)
        if reply.ending == "answer" and connected:
            self._write(reply.status, reply.body, reply.content_type)
            return
        self.close_connection = True
        if reply.ending == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            # The reader keeps the socket open: close both before the server shuts the connection down normally.
            self.rfile.close()
            self.connection.close()

    def _wait(self, seconds: float) -> bool:
        """Waits. Returns False early if the client disconnects or the simulator stops, else True."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._disconnected() or self.server.simulator.stopping.wait(min(left, POLL_SECONDS)):
                return False
        return True

    def _disconnected(self) -> bool:
        try:
            readable, _, _ = select.select([self.connection], [], [], 0)
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _write(self, status: int, body: Any, content_type: str | None = None) -> None:
        text = isinstance(body, str)
        raw = (
            body.encode()
            if text
            else body
            if isinstance(body, bytes)
            else json.dumps(body, ensure_ascii=False).encode()
        )
        self.send_response(status)
        self.send_header("Content-Type", content_type or ("text/html" if text else "application/json"))
        self.send_header("Content-Length", str(len(raw)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Does nothing: ``_serve`` logs each call without anybody's phone number."""
