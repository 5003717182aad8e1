"""How fast parked events are stored: a batch of them side by side, as the function does it, and one after another."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from gate24.store import table
from tests.performance.rows import Part, Row, middle
from tests.performance.without_moto import without_moto
from tests.support.bodies import gupshup_text
from tests.support.dynamodb_local import start_dynamodb_local
from tests.support.scene import new_number, now
from tests.support.system import CONTEXT, GUPSHUP, handler, system

EVENTS, BATCH, ROUNDS = 60, 10, 3
"""``BATCH`` as in template.yaml (BatchSize)."""

TIMES = 2
"""So many times as fast is a batch to be stored as its events one after another."""

ROUND_TRIP_SECONDS = 0.005
"""What a call to DynamoDB takes on its way to and back, beside the call to DynamoDB Local."""


def _rows() -> list[Row]:
    """The lines of the table."""
    with (
        TemporaryDirectory() as folder,
        start_dynamodb_local(Path(folder)) as database,
        system(Path(folder), database, simulate=False),
        without_moto(),
    ):
        table.connection().connection.client.meta.events.register("before-send.dynamodb", _on_its_way)
        after, beside = ([_per_second(at_once) for _ in range(ROUNDS)] for at_once in (1, BATCH))
    group = "Parked events stored, by one consumer (DynamoDB Local, 5 ms for each call's way)"
    return [
        middle(group, f"a batch of {BATCH} side by side", beside, "events/s", TIMES * median(after), at_least=True),
        middle(group, "one after another", after, "events/s", is_yardstick=True),
    ]


def _per_second(at_once: int) -> float:
    """Events of as many people, handed to the function in batches. ``at_once``: how many of a batch it stores at a
    time."""
    from gate24.providers import provider
    from gate24.store import retry_queue
    from gate24.store.retry_queue import QueuedEvent
    from inbound_webhook import handler as inbound_webhook

    records = []
    for number in range(EVENTS):
        phone = new_number()
        (routed,) = provider("gupshup").parse(gupshup_text("hi", f"w.{phone}", phone, now() - 60_000), now())
        body = retry_queue.write(QueuedEvent(GUPSHUP, now(), routed.event))
        records.append({"messageId": str(number), "body": body})
    inbound_webhook._AT_ONCE = at_once
    began = time.perf_counter()
    for start in range(0, EVENTS, BATCH):
        answer = handler("inbound_webhook")({"Records": records[start : start + BATCH]}, CONTEXT)
        assert answer["batchItemFailures"] == []
    spent = time.perf_counter() - began
    inbound_webhook._AT_ONCE = BATCH
    return EVENTS / spent


def _on_its_way(**_: Any) -> None:
    time.sleep(ROUND_TRIP_SECONDS)


PARTS: tuple[Part, ...] = (("Parked events stored", _rows),)
