"""CPU of a decision and forward beside its floor.

Nothing leaves the process: DynamoDB's and the BSP's answers are given by a stub under botocore and urllib3.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from statistics import median
from types import SimpleNamespace
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.performance.rows import Part, Row, middle

ROUNDS, REPEATS = 200, 5
PHONE = "+919876543210"
FOREVER = float("inf")
REQUESTS, TIMES_THE_FLOOR, REFUSED_SHARE = 7, 1.25, 0.25
"""Of a send; its CPU beside the same requests by a bare client; and a refusal's beside a send's."""

_FORWARD = "a decision and forward, answered in process"

_HEADERS = HTTPHeaders.from_dict({"content-type": "application/x-amz-json-1.0"})


class Stub:
    """DynamoDB's answers to one send: the contact wrote a minute ago, everything else is empty and every write
    applies. Remembers what was asked of it where it is told to."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self._person = json.dumps({"Items": items, "Count": len(items), "ScannedCount": len(items)}).encode()

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        body = b"{}"
        if operation == "Query":
            body = self._person if b"A#" in request.body else b'{"Items":[],"Count":0,"ScannedCount":0}'
        raw = SimpleNamespace(stream=lambda **_: iter((body,)))
        return AWSResponse(request.url, 200, _HEADERS, raw)


def _forward() -> list[Row]:
    """The same DynamoDB requests made by a bare botocore client, and the same HTTP answered, are the floor."""
    from gate24.store import table

    table.connect("bench", b"key")
    requested = _requested()
    send = _send(requested)
    client = table.connection().connection.client
    asked: list[tuple[str, dict[str, Any]]] = []

    def remember(params: dict[str, Any], model: Any, **_: Any) -> None:
        asked.append((model.name, dict(params)))

    client.meta.events.register("before-parameter-build.dynamodb.*", remember)
    send()
    client.meta.events.unregister("before-parameter-build.dynamodb.*", remember)
    bare = botocore.session.get_session().create_client("dynamodb")
    bare.meta.events.register("before-send.dynamodb.*", Stub([]))  # type: ignore[arg-type]  # see _send

    def floor() -> None:
        for operation, params in asked:
            getattr(bare, xform_name(operation))(**params)

    gate, lowest = _cpu_us(send), _cpu_us(floor)
    refusal = _cpu_us(_refused_at_once(requested))
    group, refused = _FORWARD, "a send above the channel's bound, refused at once"
    return [
        middle(group, "CPU", gate, "us", TIMES_THE_FLOOR * median(lowest), median(lowest)),
        middle(group, "CPU, times the floor", _ratios(gate, lowest), "x", TIMES_THE_FLOOR),
        Row(group, "requests to DynamoDB", len(asked), "calls", REQUESTS),
        middle(refused, "CPU, times one that goes out", _ratios(refusal, gate), "x", REFUSED_SHARE),
        middle(refused, "CPU", refusal, "us", REFUSED_SHARE * median(gate)),
    ]


def _ratios(times: list[float], others: list[float]) -> list[float]:
    return [one / another for one, another in zip(times, others, strict=True)]


def _requested() -> Any:
    """A freeform request of an organization that this process remembers."""
    from gate24.api.access import Access
    from gate24.api.call import Call
    from gate24.api.send_routes import send_request
    from gate24.channels import Channel, ChannelSecrets, Organization
    from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT
    from gate24.store import organizations, secrets

    organization = Organization("bench", "bench", "Asia/Kolkata", "USD", DEFAULT_OPT_OUT, DEFAULT_OPT_IN)
    channel = Channel(
        *("bench-gupshup", "bench", "gupshup", "+919876500001"),
        rate_card="gupshup-2021-02",
        app="Bench",
        api_base="http://bsp.invalid",
        messages_per_second=1_000_000,
    )
    for cache in (organizations._organizations, organizations._channel_lists, secrets._remembered):
        cache.seconds = FOREVER
    organizations._organizations.put("bench", organization)
    organizations._channel_lists.put("bench", [channel])
    secrets._remembered.put(channel.id, ChannelSecrets(api_key="key"))
    body = {"to": PHONE, "type": "text", "text": {"body": "The class is on Monday at ten."}}
    event = {"body": json.dumps(body), "requestContext": {"requestId": "bench"}}
    call = Call(event, Access(organization, "bench", frozenset({"send"})), {}, 0)
    return lambda: send_request(call, call.body("SendRequest"))


def _send(requested: Callable[[], Any]) -> Callable[[], None]:
    """One send, from the body to the answer."""
    from gate24.api.send_answers import outcome_answer
    from gate24.usecases.send_message import send_message

    render = partial(outcome_answer, request_id="bench")

    from gate24.providers import forward
    from gate24.store import keys, table

    contact, wrote = requested().contact_id, time.time_ns() // 1_000_000 - 60_000
    pk = keys.contact_pk("bench", contact)
    items = [
        {"pk": {"S": pk}, "sk": {"S": keys.CONTACT}, "p": {"S": PHONE}, "f": {"N": "1"}, "oi": {"N": str(wrote)}},
        {"pk": {"S": pk}, "sk": {"S": f"{keys.WINDOW}bench-gupshup"}, "li": {"N": str(wrote)}},
    ]
    # botocore sends nothing where a "before-send" hook gives a response; its stubs know only hooks that give none.
    table.connection().connection.client.meta.events.register("before-send.dynamodb.*", Stub(items))  # type: ignore[arg-type]

    def accepted(*_: Any, **__: Any) -> Any:
        body = io.BytesIO(b'{"status":"submitted","messageId":"gs-1"}')
        return SimpleNamespace(status=202, read=body.read, release_conn=lambda: None, headers={})

    forward._pool = SimpleNamespace(request=accepted, clear=lambda: None)  # type: ignore[assignment]
    keys_used = iter(range(10**9))

    def once() -> None:
        answer = send_message(requested(), f"key-{next(keys_used)}", render).answer
        assert answer.status == 202, answer.text

    return once


def _refused_at_once(requested: Callable[[], Any]) -> Callable[[], None]:
    """A send that this process refuses because it refused the one before it."""
    from gate24.rules.channel_breaker import REFUSED_AT_ONCE_MS
    from gate24.usecases import wait_for_slot
    from gate24.usecases.outcomes import NotTaken, Outcome
    from gate24.usecases.send_message import send_message

    def never(outcome: Outcome) -> Any:
        raise AssertionError(outcome)

    def once() -> None:
        until_us = wait_for_slot._now_us() + REFUSED_AT_ONCE_MS["freeform"] * 1000
        wait_for_slot._refused["bench-gupshup", "freeform"] = (until_us, "Too many.", until_us)
        try:
            send_message(requested(), "key-refused", never)
        except NotTaken:
            return
        raise AssertionError("It was sent")

    return once


def _cpu_us(work: Callable[[], None]) -> list[float]:
    """Microseconds of CPU each, in several rounds; the best one is compared, so that a busy machine counts little."""
    found = []
    with redirect_stdout(io.StringIO()):
        work()
        for _ in range(REPEATS):
            started = time.process_time()
            for _ in range(ROUNDS):
                work()
            found.append((time.process_time() - started) / ROUNDS * 1_000_000)
    return found


PARTS: tuple[Part, ...] = ((_FORWARD, _forward),)
