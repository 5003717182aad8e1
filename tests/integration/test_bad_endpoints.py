"""Endpoints that misbehave over real HTTP, each beside a healthy one: the healthy one hears everything meanwhile, what
was wrong is said, and nothing is lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from gate24.providers import endpoint
from gate24.store import delivery_queue, feed
from tests.support.endpoints import OK, Authority, Behaviour, drips, says, serving
from tests.support.hooks import (
    arrived,
    deliver,
    deliveries_of,
    hook_url,
    make_webhook,
    new_event,
    queued_records,
    render_all,
    tell,
    webhook,
)
from tests.support.system import System

pytestmark = pytest.mark.in_memory

TEN_MEGABYTES = 10 * 2**20


@dataclass(frozen=True)
class Bad:
    """An endpoint. ``behaves``: until the event, if it would go on for ever. ``words``: in what its deliveries say.
    ``calls``: that it gets of two events. ``seconds``: that each may take."""

    name: str
    status: int | None
    words: str
    behaves: Callable[[threading.Event], Behaviour]
    has_certificate: bool = False
    statuses: tuple[str, str] = ("pending", "pending")
    calls: int = 2
    seconds: float = endpoint.CALL_SECONDS


def ten_megabytes(head: bytes) -> Behaviour:
    def behave(connection: socket) -> None:
        connection.sendall(head)
        with suppress(OSError):  # whoever reads the start alone ends the connection
            for _ in range(TEN_MEGABYTES // 65_536):
                connection.sendall(b"x" * 65_536)

    return behave


LENGTH = b"Content-Length: %d\r\n\r\n" % TEN_MEGABYTES
MOVED = b"HTTP/1.1 301 Moved Permanently\r\nLocation: http://127.0.0.1:1/new\r\nContent-Length: 0\r\n\r\n"
GONE = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"

TOO_LONG = "The head of the endpoint's answer is too long."
SILENT = "The endpoint did not answer within 3 seconds."
REDIRECTS = "The endpoint redirects, which is not followed"
SELF_SIGNED = "The certificate is not valid: self-signed certificate."

BAD = [
    Bad("ten megabytes", 500, "xxxxx", lambda _: ten_megabytes(b"HTTP/1.1 500 Oh\r\n" + LENGTH)),
    Bad("ten megabytes of head", None, TOO_LONG, lambda _: ten_megabytes(b"HTTP/1.1 200 OK\r\n")),
    Bad("a byte now and then", None, SILENT, lambda stop: drips(OK, stop, 0.2), seconds=3.0),
    Bad("a certificate of its own", None, SELF_SIGNED, lambda _: says(OK), has_certificate=True, calls=0),
    Bad("301", 301, REDIRECTS, lambda _: says(MOVED)),
    # the first event ends it, the other one waits
    Bad("410", 410, "it wants no more events", lambda _: says(GONE), statuses=("failed", "pending"), calls=1),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_a_healthy_endpoint_hears_all_while_another_misbehaves_and_that_one_can_be_told_again(
    gate24: System, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bad: Bad
) -> None:
    render_all(monkeypatch)
    endpoint._tls.cache_clear()
    monkeypatch.setattr(endpoint, "CALL_SECONDS", bad.seconds)
    stop, healthy_is_done = threading.Event(), threading.Event()
    tls = Authority(tmp_path).self_signed() if bad.has_certificate else None
    with serving(bad.behaves(stop), tls, healthy_is_done) as server, ThreadPoolExecutor(1) as other_execution:
        try:
            scheme = "http" if tls is None else "https"
            made = make_webhook(gate24, url=f"{scheme}://127.0.0.1:{server.port}/hook")
            make_webhook(gate24, "healthy")
            events = [new_event("asha"), new_event("meena")]
            feed.write(events)
            tell(*events)
            theirs, healthys = by_webhook(queued_records(), made["id"])
            under_way = other_execution.submit(deliver, theirs)
            assert deliver(healthys) == []
            assert ids(arrived(gate24, "healthy")) == [each.id for each in events]
            healthy_is_done.set()
            assert under_way.result(60) == []  # ended, though the endpoint itself may not
        finally:
            healthy_is_done.set()
            stop.set()
    assert len([each for each in server.requests if each.startswith(b"POST /hook")]) == bad.calls

    told = sorted(
        deliveries_of(gate24, made["id"]), key=lambda each: [event.id for event in events].index(each["event_id"])
    )
    assert tuple(each["status"] for each in told) == bad.statuses
    attempted = [each["last_answer"] for each in told if each["attempts"]]
    assert attempted and all(each["status"] == bad.status and bad.words in each["detail"] for each in attempted)
    assert all(len(each["detail"]) <= 500 for each in attempted)
    assert webhook(gate24, made["id"])["status"] == ("paused" if bad.status == 410 else "active")

    path = f"/v1/webhooks/{made['id']}"
    gate24.http("PATCH", path, {"url": hook_url(gate24, "mended"), "status": "active"})
    replayed = gate24.http("POST", f"{path}/replay", {"event_ids": [each.id for each in events]})
    assert (replayed.status, replayed.json["queued"], replayed.json["not_found"]) == (202, 2, [])
    assert deliver() == []
    assert sorted(ids(arrived(gate24, "mended"))) == sorted(each.id for each in events)
    assert [each["status"] for each in deliveries_of(gate24, made["id"])] == ["delivered", "delivered"]
    assert len(arrived(gate24, "healthy")) == 2


def by_webhook(records: list[dict[str, Any]], webhook_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What is queued for that webhook, and for others."""
    mine = [each for each in records if delivery_queue.read(each["body"]).subscription_id == webhook_id]
    return mine, [each for each in records if each not in mine]


def ids(hooks: list[dict[str, Any]]) -> list[str]:
    return [each["headers"]["webhook-id"] for each in hooks]


@pytest.mark.parametrize("body", ["ten megabytes", "a byte now and then"])
def test_after_a_2xx_it_does_not_matter_what_follows(
    gate24: System, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    render_all(monkeypatch)
    monkeypatch.setattr(endpoint, "ANSWER_SECONDS", 0.3)
    stop, head = threading.Event(), b"HTTP/1.1 200 OK\r\n" + LENGTH

    def dripping(connection: socket) -> None:
        connection.sendall(head)
        drips(b"", stop, 0.1)(connection)

    with serving(dripping if body == "a byte now and then" else ten_megabytes(head)) as server:
        made = make_webhook(gate24, url=f"http://127.0.0.1:{server.port}/hook")
        tell(new_event())
        assert deliver() == []
        stop.set()
    assert [each["status"] for each in deliveries_of(gate24, made["id"])] == ["delivered"]
