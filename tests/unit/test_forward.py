"""The call of the BSP has an end, whatever the BSP does."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from gate24.providers import forward
from gate24.providers.gupshup import GUPSHUP
from gate24.providers.interface import HttpRequest, ProviderAnswer

BODY = b'{"status":"submitted","messageId":"gs-0001"}'
ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Bsp:
    """A server on a socket. ``received``: what came in; ``is_left``: the client closed the connection."""

    def __init__(self, behave: Callable[["Bsp", socket.socket], None]) -> None:
        self.received, self.is_left, self.is_over = b"", threading.Event(), threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._behave = behave
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self.is_over.is_set():
            connection, _ = self._listening.accept()
            with closing(connection):
                if not self.is_over.is_set():
                    self.received += connection.recv(65536)
                    self._behave(self, connection)

    def drip(self, connection: socket.socket, text: bytes) -> None:
        """Sends the text a byte at a time, and the last byte again and again."""
        try:
            for byte in text:
                connection.send(bytes([byte]))
                self.is_over.wait(0.05)
            while not self.is_over.wait(0.05):
                connection.send(text[-1:])
        except OSError:
            self.is_left.set()

    def end(self) -> None:
        self.is_over.set()
        with closing(socket.create_connection(("127.0.0.1", self.port))):
            pass
        self._thread.join()
        self._listening.close()


@pytest.fixture
def bsp() -> Iterator[Callable[..., Bsp]]:
    made: list[Bsp] = []

    def make(behave: Callable[[Bsp, socket.socket], None]) -> Bsp:
        made.append(Bsp(behave))
        return made[-1]

    yield make
    forward._pool.clear()
    for each in made:
        each.end()


def sent_to(port: int, **options: Any) -> ProviderAnswer:
    request = HttpRequest("POST", f"http://127.0.0.1:{port}/wa/api/v1/msg", {}, b"message")
    return forward.forward(request, GUPSHUP, pause=lambda _: None, **options)


def drips_its_head(server: Bsp, connection: socket.socket) -> None:
    server.drip(connection, b"HTTP/1.1 202 Accepted\r\nX-Slow: x")


def drips_its_body(server: Bsp, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 999999\r\n\r\n{")
    server.drip(connection, b" ")


def says_nothing(server: Bsp, _: socket.socket) -> None:
    server.is_over.wait()


@pytest.mark.parametrize("behave", [drips_its_head, drips_its_body])
def test_a_bsp_that_drips_its_answer_holds_the_call_no_longer_than_its_time(
    bsp: Callable[..., Bsp], monkeypatch: pytest.MonkeyPatch, behave: Any
) -> None:
    """Each read succeeds within the timeout of a read, and the answer never ends."""
    monkeypatch.setattr(forward, "CONNECT_SECONDS", 1.0)
    monkeypatch.setattr(forward, "READ_SECONDS", 0.5)
    server = bsp(behave)
    answer = sent_to(server.port)
    assert (answer.outcome, answer.code) == ("unknown", "timed_out")
    assert server.received.count(b"POST") == 1, "it is not sent again"
    assert server.is_left.wait(10), "the connection is given up, and with it the thread that read it"


@pytest.mark.parametrize("status", [202, 400])
def test_of_an_answer_without_an_end_no_more_is_read_than_its_limit(bsp: Callable[..., Bsp], status: int) -> None:
    def floods(server: Bsp, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 %d x\r\nContent-Length: 1000000000\r\n\r\n" % status + BODY[:-1])
        with contextlib.suppress(OSError):  # until the other side has had enough
            while not server.is_over.is_set():
                connection.sendall(b" " * 65_536)

    answer = sent_to(bsp(floods).port)
    assert (answer.outcome, answer.bsp_message_id) == ({202: "unknown", 400: "rejected"}[status], None)


def test_an_answer_as_long_as_the_limit_is_whole(bsp: Callable[..., Bsp]) -> None:
    body = BODY.ljust(forward.ANSWER_BYTES)

    def answers(_: Bsp, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    assert sent_to(bsp(answers).port).bsp_message_id == "gs-0001"


def test_all_attempts_together_have_their_end_within_the_budget(
    bsp: Callable[..., Bsp], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds: list[float] = []

    def once(_: Any, __: Any, each: float, ___: int) -> ProviderAnswer:
        seconds.append(each)
        return forward._UNREACHABLE

    monkeypatch.setattr(forward, "_once", once)
    now = iter((0.0, 0.0, 3.0, 3.0, 99.0))
    monkeypatch.setattr("gate24.providers.forward.time", SimpleNamespace(monotonic=lambda: next(now)))
    sent_to(9)
    assert seconds == [10.0, forward.BUDGET_SECONDS - 3.0]


def test_a_call_that_finds_no_time_left_is_not_begun(bsp: Callable[..., Bsp]) -> None:
    server = bsp(says_nothing)
    answer = sent_to(server.port, budget=forward.READ_SECONDS - 1)
    assert (answer.outcome, answer.code, server.received) == ("busy", "no_time", b"")


def test_a_call_that_is_still_looking_up_the_name_has_sent_nothing_and_never_will(
    bsp: Callable[..., Bsp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "CONNECT_SECONDS", 0.1)
    monkeypatch.setattr(forward, "READ_SECONDS", 0.1)
    monkeypatch.setattr(forward, "ATTEMPTS", 1)
    server, found = bsp(says_nothing), threading.Event()
    looked_up, threads = socket.getaddrinfo, set(threading.enumerate())

    def look_up(*args: Any, **kwargs: Any) -> Any:
        if threading.current_thread().name == "bsp-call":
            found.wait()
        return looked_up(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    answer = sent_to(server.port)
    assert (answer.outcome, answer.code) == ("busy", "unreachable")
    found.set()
    for thread in set(threading.enumerate()) - threads:
        thread.join(10)
    assert server.received == b""


def test_an_answer_in_time_is_read(bsp: Callable[..., Bsp]) -> None:
    server = bsp(lambda _, connection: connection.sendall(ANSWER))
    answer = sent_to(server.port)
    assert (answer.outcome, answer.bsp_message_id) == ("accepted", "gs-0001")
