"""Connections that stay open, against a service on this machine that answers byte by byte as it is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from gate24.store.connections import Connections

HEAD = b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Amzn-RequestId: 1\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=1\r\n{\r\n1\r\n}\r\n0\r\nA: b\r\n\r\n"
TO_THE_END = b"HTTP/1.0 200 OK\r\n\r\n{}"
CLOSES = b"HTTP/1.1 503 Slow\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Service:
    """``requests``: what came, each with the number of its connection. ``answers``: one a request, in small pieces;
    None closes the connection."""

    port: int
    answers: list[bytes | None]
    requests: list[tuple[int, bytes]] = field(default_factory=list)


def _serve(listener: socket.socket, service: Service) -> None:
    number = 0
    while service.answers:
        connection, _ = listener.accept()
        number += 1
        with connection:
            while service.answers:
                request = b""
                while len(request) < len(HEAD) + 4 and (more := connection.recv(1000)):
                    request += more
                if not request:
                    break
                service.requests.append((number, request))
                answer = service.answers.pop(0)
                if answer is None:
                    break
                for start in range(0, len(answer), 7):
                    connection.sendall(answer[start : start + 7])
                if b"Content-Length" not in answer and b"chunked" not in answer:
                    break


@contextmanager
def service(*answers: bytes | None) -> Iterator[tuple[Service, Connections]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Service(listener.getsockname()[1], list(answers))
        thread = threading.Thread(target=_serve, args=(listener, made), daemon=True)
        thread.start()
        connections = Connections(f"http://127.0.0.1:{made.port}/", None, 1.0, 5.0)
        yield made, connections
        connections.close()
        thread.join(5)


@pytest.mark.parametrize("answer", [OK, CHUNKED, TO_THE_END])
def test_an_answer_is_read_whole(answer: bytes) -> None:
    with service(answer) as (_, connections):
        found = connections.post(HEAD, b"body")
    assert (found.status_code, found.content) == (200, b"{}")


def test_names_of_headers_are_in_lower_case() -> None:
    with service(OK) as (_, connections):
        assert connections.post(HEAD, b"body").headers["x-amzn-requestid"] == "1"


def test_a_connection_is_used_again() -> None:
    with service(OK, CHUNKED, OK) as (made, connections):
        for _ in range(3):
            connections.post(HEAD, b"body")
    assert made.requests == [(1, HEAD + b"body")] * 3


def test_one_that_the_service_closes_is_not() -> None:
    with service(TO_THE_END, OK) as (made, connections):
        for _ in range(2):
            connections.post(HEAD, b"body")
    assert [number for number, _ in made.requests] == [1, 2]


def test_one_that_is_to_be_closed_is_not_kept() -> None:
    with service(CLOSES) as (_, connections):
        assert connections.post(HEAD, b"body").status_code == 503
        assert not connections._idle


def test_a_service_that_goes_away_is_an_error() -> None:
    with service(None) as (_, connections), pytest.raises(OSError, match="closed"):
        connections.post(HEAD, b"body")


def test_a_service_that_is_not_there_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        Connections(f"http://127.0.0.1:{port}/", None, 1.0, 1.0).post(HEAD, b"body")


def test_an_answer_that_does_not_come_in_time_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connections = Connections(f"http://127.0.0.1:{listener.getsockname()[1]}/", None, 1.0, 0.05)
        with pytest.raises(TimeoutError):
            connections.post(HEAD, b"body")


def test_what_is_no_answer_is_an_error() -> None:
    with service(b"SSH-2.0\r\n\r\nContent-Length") as (_, connections), pytest.raises(ValueError, match=r".*"):
        connections.post(HEAD, b"body")
