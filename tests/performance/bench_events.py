"""What it costs to tell an organization's own software of a message, beside storing the message: capacity units as
DynamoDB Local counts them, SQS requests, Lambda invocations, and CPU beside a bare signed POST."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from stack.settings import ROOT
from tests.performance.bench_capacity import Units, counted
from tests.performance.rows import Row
from tests.support.bodies import gupshup_text
from tests.support.dynamodb_local import DynamoDBLocal, start_dynamodb_local
from tests.support.live import until
from tests.support.system import System, system

DELIVERIES = 100
"""Of which the CPU is measured."""

POLLED = 2
"""SQS requests that Lambda's poller makes for a message that it takes alone: it receives and deletes it."""

_EVENT, _DELIVERY = 2, 1
"""Write units: an event's name and place; what became of its delivery."""


def rows() -> list[Row]:
    """Needs Java and Maven, as DynamoDB Local does."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with start_dynamodb_local(home) as database, system(home, database) as gate24, _endpoint(home) as url:
            changes = _Changes(database, gate24.table)
            found = _cost(gate24, changes, 0)
            for webhooks in (1, 2):
                _subscribe(gate24, url)
                found += _cost(gate24, changes, webhooks)
            return [*found, *_cpu(gate24, changes, url)]


class _Changes:
    """The table's stream, read as Lambda does."""

    def __init__(self, database: DynamoDBLocal, table: str) -> None:
        view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        arn = database.client().update_table(TableName=table, StreamSpecification=view)["TableDescription"][
            "LatestStreamArn"
        ]
        self._client: Any = boto3.client("dynamodbstreams", endpoint_url=database.endpoint)
        (shard,) = self._client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        self._iterator = self._client.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]

    def new(self) -> list[dict[str, Any]]:
        """What was committed since, as far as the function's filter lets it through."""
        from tests.support.stream import as_json, passes_the_filter

        found: list[dict[str, Any]] = []
        while True:
            page = self._client.get_records(ShardIterator=self._iterator)
            self._iterator = page["NextShardIterator"]
            if not page["Records"]:
                return found
            for record in page["Records"]:
                change = record["dynamodb"]
                change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
                for image in ("Keys", "OldImage", "NewImage"):
                    if image in change:
                        change[image] = as_json(change[image])
                told = {name: record[name] for name in ("eventName", "eventSource", "dynamodb")}
                if passes_the_filter(told):
                    found.append(told)


@contextmanager
def _endpoint(home: Path) -> Iterator[str]:
    """The simulator's receiver in a process of its own, so that its CPU is not counted."""
    ready = home / "endpoint.log"
    command = [sys.executable, "-m", "bsp_simulator", "--port", "0", "--config", str(home / "none.json")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "infra" / "local"), "PYTHONUNBUFFERED": "1"}
    with ready.open("wb") as log, subprocess.Popen(command, env=environment, stderr=log) as process:
        try:
            line = until(lambda: next((each for each in ready.read_text().splitlines() if "ready on" in each), None))
            yield f"{line.partition('ready on ')[2].partition(',')[0]}/_sim/hooks/bench"
        finally:
            process.terminate()


def _subscribe(gate24: System, url: str) -> None:
    from gate24.store import subscriptions

    made = gate24.http("POST", "/v1/webhooks", {"url": url, "events": ["message.received"]})
    assert made.status == 201, made.text
    subscriptions.forget()


def _write(gate24: System) -> None:
    """The contact writes once more, in the open window."""
    body = gupshup_text("When does the class begin?", f"wamid.{secrets.token_hex(8)}", at=int(time.time() * 1000))
    assert gate24.webhook(body).status == 200


def _cost(gate24: System, changes: _Changes, webhooks: int) -> list[Row]:
    from tests.support.hooks import queued_records

    _told(gate24, changes)  # a process that knows the organization, as most are
    with counted() as stored:
        _write(gate24)
    records = changes.new()
    with counted() as told, _sqs_requests() as requests:
        _tell(records)
    queued = queued_records()
    with counted() as delivered:
        _deliver(queued)
    assert len(queued) == webhooks
    group = "Events out: one message of a contact, beside storing it (the floor; DynamoDB Local)"
    what = ("no webhook", "one webhook", "two webhooks")[webhooks]
    writes = _EVENT * bool(webhooks) + _DELIVERY * webhooks
    sqs = len(requests) + POLLED * len(queued)
    return [
        Row(group, f"{what}: writes", _sum(told, delivered).writes, "WRU", writes, stored.writes),
        Row(group, f"{what}: reads", _sum(told, delivered).reads, "RRU", None, stored.reads),
        Row(group, f"{what}: SQS requests, the poller's with them", sqs, "", None, 0),
        Row(group, f"{what}: invocations, of the stream's one for up to 100 changes", 1 + len(queued), "", None, 1),
    ]


def _sum(*units: Units) -> Units:
    return Units(sum(each.reads for each in units), sum(each.writes for each in units))


@contextmanager
def _sqs_requests() -> Iterator[list[str]]:
    """The names of the requests that gate24 makes to SQS inside the block."""
    from gate24.store.aws import sqs

    made: list[str] = []

    def note(model: Any, **_: Any) -> None:
        made.append(model.name)

    events = sqs().meta.events
    events.register("before-call.sqs.*", note)
    try:
        yield made
    finally:
        events.unregister("before-call.sqs.*", note)


def _told(gate24: System, changes: _Changes) -> None:
    from tests.support.hooks import queued_records

    _write(gate24)
    _tell(changes.new())
    _deliver(queued_records())


def _tell(records: list[dict[str, Any]]) -> None:
    from tests.support.stream import invoke

    assert invoke(records) == []


def _deliver(queued: list[dict[str, Any]]) -> None:
    from tests.support.hooks import deliver

    assert deliver(queued) == []


def _cpu(gate24: System, changes: _Changes, url: str) -> list[Row]:
    """Of ``deliver_events``, one delivery an invocation as in template.yaml; the floor is a POST of as many bytes with
    a signature, by ``http.client``."""
    from tests.support.hooks import queued_records

    for _ in range(DELIVERIES // 2):  # two webhooks
        _write(gate24)
    _tell(changes.new())
    queued = queued_records()
    with counted() as units:
        _deliver(queued[:1])
    queued = queued[1:]
    began = time.process_time()
    _deliver(queued)
    spent = time.process_time() - began
    body = json.dumps({"type": "message.received", "data": "x" * 1000}).encode()
    host, _, path = url.removeprefix("http://").partition("/")
    began = time.process_time()
    for number in range(len(queued)):
        _bare_post(host, f"/{path}", str(number), body)
    bare = time.process_time() - began
    group = f"Events out: CPU, {len(queued)} deliveries (DynamoDB Local; the endpoint is another process)"
    return [
        Row(group, "a delivery", spent / len(queued) * 1000, "ms", floor=bare / len(queued) * 1000),
        Row(group, "DynamoDB requests of a delivery", units.calls, ""),
    ]


def _bare_post(host: str, path: str, name: str, body: bytes) -> None:
    at = str(int(time.time()))
    proof = base64.b64encode(hmac.digest(b"secret", f"{name}.{at}.".encode() + body, hashlib.sha256)).decode()
    headers = {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": f"v1,{proof}"}
    connection = http.client.HTTPConnection(host, timeout=15)
    connection.request("POST", path, body, {"content-type": "application/json", **headers})
    assert connection.getresponse().status == 200
    connection.close()
