"""What it costs to tell an organization's own software of what happens, beside storing it: capacity units as DynamoDB
Local counts them, SQS requests, Lambda invocations, and CPU beside a bare signed POST."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import itertools
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from types import SimpleNamespace
from typing import Any

import requests
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.performance.bench_capacity import Units, counted
from tests.performance.events_out import Told, sqs_requests, telling
from tests.performance.rows import Part, Row, middle
from tests.performance.without_moto import without_moto
from tests.support.bodies import gupshup_status, gupshup_text
from tests.support.scene import new_number, now, standing_clock
from tests.support.system import PHONE, TEXT, System

DELIVERIES, ROUNDS = 100, 5
"""Of which the CPU is measured, and how often."""

POLLED = 2
"""SQS requests that Lambda's poller makes for a message that it takes alone: it receives and deletes it."""

DELIVERY_MS, TIMES_THE_FLOOR = 12.0, 1.25
"""CPU of a delivery, whose five requests and signed POST a bare client makes in some 6; and of a webhook whose body is
passed on, beside one whose is not."""

_READS, _CALLS = 4, 5
"""Read units and requests of a delivery with the telling before it."""

_EVENT, _DELIVERY, _FAILED_ATTEMPT, _AFTER_FAILURE = 2, 1, 4, 3
"""Write units: an event's name and place; what became of its delivery; the same where it waits for another attempt; and
where that attempt ends the waiting."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that is told. ``act`` stores it and is the floor; ``events``: how many it is told as."""

    what: str
    act: Callable[[System], object]
    events: int


def _writes(gate24: System, phone: str = PHONE) -> None:
    """The contact writes (once more, where it is the one whose window is open)."""
    digits = phone.removeprefix("+")
    body = gupshup_text("When does the class begin?", f"wamid.{secrets.token_hex(8)}", digits, now() - 1_000)
    assert gate24.webhook(body).status == 200


def _people_write(gate24: System) -> Callable[[], None]:
    """Each call is a message of one of many people, all of whose windows are open: of one who wrote very often the
    window does not remember every message, and what it may have forgotten is looked for."""
    people = [new_number() for _ in range(DELIVERIES // ROUNDS)]
    for phone in people:
        _writes(gate24, phone)
    turns = itertools.cycle(people)
    return lambda: _writes(gate24, next(turns))


def _sends(gate24: System) -> str:
    answer = gate24.send(TEXT)
    assert answer.status == 202, answer.text
    return str(answer.json["bsp_message_id"])


def _delivered(gate24: System) -> None:
    """A status of what was sent last."""
    assert gate24.simulator is not None
    newest = gate24.simulator.requests.oldest_first()[-1]["message_id"]
    assert gate24.webhook(gupshup_status("delivered", newest, at=now())).status == 200


MESSAGE = Happening("a message of a contact", _writes, 1)
HAPPENINGS = (
    Happening("the first message of a new contact", lambda gate24: _writes(gate24, new_number()), 2),
    Happening("a send", _sends, 1),
    Happening("a status of a send", _delivered, 1),
)


def _costs() -> Iterator[Row]:
    with telling() as told:
        _writes(told.gate24)
        told.tell()  # a process that knows the organization, as most are
        yield from _cost(told, MESSAGE, 0)
        first = told.subscribe()
        _deliver(_stored_and_told(told))
        yield from _cost(told, MESSAGE, 1)
        for happening in HAPPENINGS:
            yield from _cost(told, happening, 1)
        yield from _failed_attempt(told)
        second = told.subscribe()
        yield from _cost(told, MESSAGE, 2)
        told.unsubscribe(second)
        yield from _cpu(told)
        told.unsubscribe(first)
        yield from _provider_format(told)


def _stored_and_told(told: Told) -> list[dict[str, Any]]:
    _writes(told.gate24)
    return told.tell()


def _cost(told: Told, happening: Happening, webhooks: int) -> Iterator[Row]:
    with counted() as stored:
        happening.act(told.gate24)
    with counted() as telling_units, sqs_requests() as requests:
        queued = told.tell()
    with counted() as delivering:
        _deliver(queued)
    assert len(queued) == webhooks * happening.events
    group = "Events out: telling, beside storing what is told (the floor; DynamoDB Local)"
    what = f"{happening.what}, {('no webhook', 'one webhook', 'two webhooks')[webhooks]}"
    units = _sum(telling_units, delivering)
    events = happening.events if webhooks else 0
    budget, polled = _EVENT * events + _DELIVERY * len(queued), (1 + POLLED) * len(queued)
    yield Row(group, f"{what}: writes", units.writes, "WRU", budget, _all_writes(stored))
    yield Row(group, f"{what}: reads", units.reads, "RRU", _READS * len(queued), stored.reads)
    yield Row(
        group, f"{what}: SQS requests, the poller's with them", len(requests) + POLLED * len(queued), "", polled, 0
    )
    yield Row(
        group, f"{what}: invocations, one of them for up to 100 changes", 1 + len(queued), "", 1 + events * webhooks, 1
    )


def _sum(*units: Units) -> Units:
    return Units(sum(each.reads for each in units), sum(each.writes for each in units))


def _all_writes(units: Units) -> float:
    return units.writes + units.slot_writes


def _deliver(queued: list[dict[str, Any]]) -> None:
    from tests.support.hooks import deliver

    assert deliver(queued) == []


def _failed_attempt(told: Told) -> Iterator[Row]:
    """An attempt that the endpoint answers with 503, and the schedule's run that queues the next one."""
    from tests.support.hooks import queued_records, run_schedule

    with counted() as nothing_waits:
        run_schedule()
    queued = _stored_and_told(told)
    with counted() as succeeded:
        _deliver(queued)
    queued = _stored_and_told(told)
    scripted: dict[str, Any] = {"name": "bench", "status": 503, "count": 1}
    requests.post(f"{told.url.partition('hooks')[0]}hooks-script", json=scripted, timeout=10).raise_for_status()
    with counted() as failed:
        _deliver(queued)
    with standing_clock(now() + 10_000):
        with counted() as scheduled, sqs_requests() as queueing:
            assert run_schedule()["queued"] == 1
        again = queued_records()
        with counted() as at_last:
            _deliver(again)
    group = "Events out: a failed attempt, beside one that succeeds (the floor; DynamoDB Local)"
    yield Row(group, "the attempt: writes", failed.writes, "WRU", _FAILED_ATTEMPT, succeeded.writes)
    yield Row(group, "the attempt: reads", failed.reads, "RRU", _READS, succeeded.reads)
    yield Row(group, "the attempt: requests to DynamoDB", failed.calls, "", _CALLS + 2, succeeded.calls)
    yield Row(group, "the next one, which succeeds: writes", at_last.writes, "WRU", _AFTER_FAILURE, succeeded.writes)
    group = "Events out: the minute in which it is queued again, beside one in which nothing waits (the floor)"
    yield Row(group, "writes", scheduled.writes, "WRU", 0, nothing_waits.writes)
    yield Row(group, "reads", scheduled.reads, "RRU", _READS, nothing_waits.reads)
    yield Row(group, "SQS requests, the poller's with them", len(queueing) + POLLED, "", 1 + POLLED, 0)


def _provider_format(told: Told) -> Iterator[Row]:
    """The floor of the webhook is the same one while nobody wants its body."""
    from tests.support.hooks import queued_records

    write = _people_write(told.gate24)
    with counted() as unwanted:
        write()
    with _queue_that_takes_all():
        before = _cpu_ms(write)
    told.subscribe(format="provider")
    write()
    _deliver(queued_records())
    with counted() as wanted, sqs_requests() as requests_made:
        write()
    queued = queued_records()
    with counted() as delivered:
        _deliver(queued)
    assert len(queued) == len(requests_made) == 1
    with _queue_that_takes_all():
        passing_on = _cpu_ms(write)
    group = "Events out: the provider's own body, queued before the webhook's 200 (the floor: nobody wants it)"
    yield Row(group, "the webhook: writes", _all_writes(wanted), "WRU", unwanted.writes, unwanted.writes)
    yield Row(group, "the webhook: reads", wanted.reads, "RRU", unwanted.reads, unwanted.reads)
    yield Row(group, "the webhook: SQS requests", len(requests_made), "", 1, 0)
    yield middle(group, "the webhook: CPU", passing_on, "ms", TIMES_THE_FLOOR * median(before), median(before))
    yield Row(group, "the delivery: writes", delivered.writes, "WRU", _DELIVERY)
    yield Row(group, "the delivery: reads", delivered.reads, "RRU", _READS - 1)
    yield Row(group, "the delivery: SQS requests, all of them the poller's", POLLED, "", POLLED)
    for _ in range(DELIVERIES):
        write()
    yield _delivery_cpu(told, "a delivery of the provider's own body", queued_records())


def _cpu(told: Told) -> Iterator[Row]:
    """Of ``deliver_events``, one delivery an invocation as in template.yaml."""
    write = _people_write(told.gate24)
    told.tell()
    for _ in range(DELIVERIES):
        write()
    queued = told.tell()
    with counted() as units:
        _deliver(queued[:1])
    yield _delivery_cpu(told, "a delivery", queued[1:])
    yield Row(_CPU, "a delivery: requests to DynamoDB", units.calls, "", _CALLS)


_CPU = "Events out: CPU of a delivery, beside a bare signed POST (the floor; the endpoint is another process)"


def _delivery_cpu(told: Told, what: str, queued: list[dict[str, Any]]) -> Row:
    host, _, path = told.url.removeprefix("http://").partition("/")
    body = json.dumps({"type": "message.received", "data": "x" * 1000}).encode()
    left = iter(queued)
    spent = _cpu_ms(lambda: _deliver([next(left)]), len(queued) // ROUNDS)
    bare = _cpu_ms(lambda: _bare_post(host, f"/{path}", secrets.token_hex(8), body))
    return middle(_CPU, what, spent, "ms", DELIVERY_MS, median(bare))


def _cpu_ms(work: Callable[[], object], times: int = DELIVERIES // ROUNDS) -> list[float]:
    """Milliseconds of CPU each, in several rounds."""
    found = []
    with without_moto():
        for _ in range(ROUNDS):
            began = time.process_time()
            for _ in range(times):
                work()
            found.append((time.process_time() - began) / times * 1000)
    return found


@contextmanager
def _queue_that_takes_all() -> Iterator[None]:
    """SQS answers at once inside the block, so that its emulation in this process is not counted."""
    from gate24.store.aws import sqs

    headers = HTTPHeaders.from_dict({"content-type": "application/x-amz-json-1.0"})

    def taken(request: Any, **_: Any) -> AWSResponse:
        md5 = hashlib.md5(json.loads(request.body)["MessageBody"].encode(), usedforsecurity=False).hexdigest()
        answer = json.dumps({"MessageId": "1", "MD5OfMessageBody": md5}).encode()
        return AWSResponse(request.url, 200, headers, SimpleNamespace(stream=lambda **_: iter((answer,))))

    # botocore sends nothing where a "before-send" hook gives a response; its stubs know only hooks that give none.
    events: Any = sqs().meta.events
    events.register("before-send.sqs.SendMessage", taken)
    try:
        yield
    finally:
        events.unregister("before-send.sqs.SendMessage", taken)


def _bare_post(host: str, path: str, name: str, body: bytes) -> None:
    at = str(int(time.time()))
    proof = base64.b64encode(hmac.digest(b"secret", f"{name}.{at}.".encode() + body, hashlib.sha256)).decode()
    headers = {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": f"v1,{proof}"}
    connection = http.client.HTTPConnection(host, timeout=15)
    connection.request("POST", path, body, {"content-type": "application/json", **headers})
    assert connection.getresponse().status == 200
    connection.close()


PARTS: tuple[Part, ...] = (("Events out: units and CPU", _costs),)
