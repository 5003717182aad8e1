"""What the benchmarks of events out share: the table's stream, an endpoint in a process of its own, and counts of
requests to SQS. The table lies in DynamoDB Local."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from stack.settings import ROOT
from tests.support.dynamodb_local import DynamoDBLocal, start_dynamodb_local
from tests.support.live import until
from tests.support.system import System, system


@dataclass(frozen=True, slots=True)
class Told:
    """A system whose changes are told. ``url``: of an endpoint that answers 200 unless it is scripted otherwise."""

    gate24: System
    changes: Changes
    url: str

    def tell(self) -> list[dict[str, Any]]:
        """Tells what was committed; the deliveries that it queues."""
        from tests.support.hooks import queued_records
        from tests.support.stream import invoke

        assert invoke(self.changes.new()) == []
        return queued_records()

    def subscribe(self, **more: Any) -> str:
        """A webhook to the endpoint that wants every event; its id."""
        from gate24.store import subscriptions

        made = self.gate24.http("POST", "/v1/webhooks", {"url": self.url, "events": ["*"], **more})
        assert made.status == 201, made.text
        subscriptions.forget()
        return str(made.json["id"])

    def unsubscribe(self, webhook_id: str) -> None:
        from gate24.store import subscriptions

        assert self.gate24.http("DELETE", f"/v1/webhooks/{webhook_id}").status == 204
        subscriptions.forget()


@contextmanager
def telling() -> Iterator[Told]:
    """Needs Java and Maven, as DynamoDB Local does."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with start_dynamodb_local(home) as database, system(home, database) as gate24, _endpoint(home) as url:
            yield Told(gate24, Changes(database, gate24.table), url)


class Changes:
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


@contextmanager
def sqs_requests() -> Iterator[list[str]]:
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
