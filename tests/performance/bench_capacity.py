"""Capacity units of each operation, as DynamoDB Local counts them, beside the access patterns' budget."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.performance.rows import Part, Row
from tests.support.bodies import gupshup_consent, gupshup_status, gupshup_text, meta_status, meta_text
from tests.support.dynamodb_local import start_dynamodb_local
from tests.support.scene import DIGITS, HOUR, now, queued_days
from tests.support.system import (
    CONTEXT,
    GUPSHUP,
    META,
    META_NUMBER,
    ORG,
    OTHER_ORG,
    PHONE,
    TEMPLATE,
    TEXT,
    System,
    handler,
    system,
)

READS = frozenset({"GetItem", "Query", "BatchGetItem", "Scan"})
SLOTS = "R#"
"""The channels' lines of slots: the rate limit's own items."""


@dataclass(slots=True)
class Units:
    """Capacity units. A write whose condition failed is billed like one that took place (AWS, "Working with
    items": by the item's size); DynamoDB Local does not say it, so each counts 1. A query that finds nothing is billed
    the least that such a read takes (AWS, API reference of Query); DynamoDB Local says 0, so it counts as that."""

    reads: float = 0.0
    writes: float = 0.0
    slot_writes: float = 0.0
    calls: int = 0


@contextmanager
def counted() -> Iterator[Units]:
    """Counts what the store consumes inside the block."""
    from gate24.store import table

    units, events = Units(), table.connection().connection.client.meta.events

    def ask(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"
        key = params.get("Key") or {}
        context["least"] = 1.0 if params.get("ConsistentRead") else 0.5
        context["is_slot"] = str((key.get("pk") or {}).get("S", "")).startswith(SLOTS)

    def add(parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        told = parsed.get("ConsumedCapacity") or {"CapacityUnits": 1.0}
        consumed = sum(each["CapacityUnits"] for each in (told if isinstance(told, list) else [told]))
        if model.name == "Query":
            consumed = max(consumed, context.get("least", 0.5))
        units.calls += 1
        if model.name in READS:
            units.reads += consumed
        elif context.get("is_slot"):
            units.slot_writes += consumed
        else:
            units.writes += consumed

    hooks: list[tuple[str, Callable[..., None]]] = [
        ("before-parameter-build.dynamodb.*", ask),
        ("after-call.dynamodb.*", add),
    ]
    for name, hook in hooks:
        events.register(name, hook)
    try:
        with redirect_stdout(io.StringIO()):
            yield units
    finally:
        for name, hook in hooks:
            events.unregister(name, hook)


def rows(with_rollup: bool = True) -> list[Row]:
    """Needs Java and Maven, as DynamoDB Local does. The rollup's 400 messages take most of the time."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with start_dynamodb_local(home) as database, system(home, database) as gate24:
            of_messages = [*_inbound(gate24), *_gate(gate24), *_statuses(gate24)]
            return [*of_messages, *_rollup(gate24)] if with_rollup else of_messages


def _both(what: str, work: Callable[[], Any], reads: float | None, writes: float | None) -> list[Row]:
    with counted() as units:
        work()
    return [
        Row("capacity units", f"{what}: reads", units.reads, "RRU", reads),
        Row("capacity units", f"{what}: writes", units.writes, "WRU", writes),
    ]


def _text(gate24: System, number: int, at: int) -> Callable[[], Any]:
    body = gupshup_text("When does the class begin on Monday?", f"wamid.{number}", at=at)
    return lambda: gate24.webhook(body)


def _inbound(gate24: System) -> list[Row]:
    # Within one hour, so that the bucketed list does not move.
    hour = now() // HOUR * HOUR - 2 * HOUR
    _text(gate24, 0, hour - 60 * HOUR)()
    return [
        *_both("inbound of a new contact", lambda: gate24.webhook(gupshup_text(phone="919876543299")), 2, 7),
        *_both("inbound that opens a new window", _text(gate24, 1, hour + 1), 1, 5),
        *_both("inbound, contact known", _text(gate24, 2, hour + 2), 1, 3),
        *_both("inbound, the same event again", _text(gate24, 2, hour + 2), 1, 3),
        *_both("opt-in", lambda: gate24.webhook(gupshup_consent("opted-in", at=hour)), 2, 2),
    ]


def _request(body: dict[str, Any], channel: str) -> Any:
    from gate24.api.access import Access
    from gate24.api.call import Call
    from gate24.api.send_routes import send_request
    from gate24.store import organizations

    organization = organizations.organization(ORG)
    assert organization is not None
    organizations.channels(ORG)
    event = {"body": json.dumps({"to": PHONE, "channel": channel, **body}), "requestContext": {"requestId": "bench"}}
    call = Call(event, Access(organization, "bench", frozenset({"send"})), {}, 0)
    return send_request(call, call.body("SendRequest"))


def _gate(gate24: System) -> list[Row]:
    from gate24.api.send_answers import outcome_answer
    from gate24.usecases.decide_send import decide_send
    from gate24.usecases.send_message import send_message

    def send(request: Any, key: str) -> int:
        return send_message(request, key, partial(outcome_answer, request_id="bench")).answer.status

    freeform, template = _request(TEXT, GUPSHUP), _request(TEMPLATE, GUPSHUP)
    none = _request({"type": "template", "template": {"name": "none", "language": "en"}}, GUPSHUP)
    with counted() as units:
        send(freeform, "first")
    found = [
        Row("capacity units", "send, the first in 4 minutes: writes", units.writes, "WRU", 7),
        *_both("gate decision, freeform", lambda: decide_send(freeform, now()), 1, 0),
        # The registry's entry is read anew, one unit beside the contact's: a paused template must not go out.
        *_both("gate decision, template", lambda: decide_send(template, now()), 2, 0),
    ]
    for what, request, reads in (("freeform", freeform, 3), ("template", template, 4)):
        with counted() as units:
            assert send(request, f"bench {what}") == 202
        found += [
            Row("capacity units", f"send, {what}: reads", units.reads, "RRU", reads),
            Row("capacity units", f"send, {what}: writes", units.writes, "WRU", 4),
            Row("capacity units", f"send, {what}: rate limit's slot", units.slot_writes, "WRU", 1),
        ]
    # The contact is read while the key turns out to be used; then the message.
    found += _both("send again with its key", lambda: send(freeform, "bench freeform"), 2, 1)
    found += _both("send, refused", lambda: send(none, "bench none"), 2, 4)
    return found + _flood(lambda key: send(freeform, key))


def _flood(send: Callable[[str], int]) -> list[Row]:
    """Sends above the bound of a channel: the first that a process refuses, and the next one."""
    from gate24.rules.channel_breaker import MOST_UNDER_WAY
    from gate24.store.send_slots import take_slot
    from gate24.usecases.outcomes import NotTaken

    most, found = MOST_UNDER_WAY["freeform"], list[Row]()
    while take_slot(GUPSHUP, now() * 1000, 1, 4000, most).granted:
        pass

    def refused(key: str) -> None:
        try:
            send(key)
        except NotTaken:
            return
        raise AssertionError("It was sent")

    for what, reads, writes in (("refused", 2, 4), ("refused at once", 1, 0)):
        with counted() as units:
            refused(f"bench {what}")
        name = f"send above the channel's bound, {what}"
        found += [
            Row("capacity units", f"{name}: reads", units.reads, "RRU", reads),
            Row("capacity units", f"{name}: writes", units.writes + units.slot_writes, "WRU", writes),
        ]
    return found


def _statuses(gate24: System) -> list[Row]:
    assert gate24.simulator is not None
    gs_id = gate24.simulator.requests.oldest_first()[0]["message_id"]
    for status in ("enqueued", "sent"):
        gate24.webhook(gupshup_status(status, gs_id, at=now()))
    found = _both("status event, Gupshup", lambda: gate24.webhook(gupshup_status("delivered", gs_id, at=now())), 1, 1)
    gate24.meta_webhook(meta_text(phone=DIGITS, at=now() - 1000, phone_number_id=META_NUMBER))
    sent = gate24.send(TEXT | {"channel": META}).json
    wamid = sent["bsp_message_id"]

    def told(status: str) -> Any:
        body = meta_status(status, wamid, our_id=sent["id"], phone=DIGITS, at=now(), phone_number_id=META_NUMBER)
        return gate24.meta_webhook(body)

    told("sent")
    # By Meta's cards a message costs something once it is delivered: its row of the day's ledger is written, too.
    found += _both("status event, Meta, the delivery", lambda: told("delivered"), 1, 2)
    return [*found, *_both("status event, Meta", lambda: told("read"), 1, 1)]


def _rollup(gate24: System) -> list[Row]:
    """A day of 400 messages in the other organization. The budget: every byte of its entries once, in pages of
    4 KB, at half a unit each, and no more than half a page lost in each of the shards."""
    from gate24.store import keys, shard_record

    noon = datetime.now(ZoneInfo("Asia/Kathmandu")).replace(hour=12, minute=0, second=0, microsecond=0)
    at = int(noon.timestamp() * 1000) - 48 * HOUR
    for number in range(400):
        phone = f"91987652{number % 50:04d}"
        gate24.webhook(gupshup_text(message_id=f"wamid.day-{number}", phone=phone, at=at + number), "health-gupshup")
    day = datetime.fromtimestamp(at / 1000, ZoneInfo("Asia/Kathmandu")).date().isoformat()
    size = 0
    for partition in keys.day_partitions(OTHER_ORG, day):
        size += sum(
            sum(len(name) + len(value["S"].encode()) for name, value in item.items())
            for item in gate24.dynamodb.query(
                TableName=gate24.table,
                IndexName="by_g",
                KeyConditionExpression="g = :g",
                ExpressionAttributeValues={":g": {"S": partition}},
            )["Items"]
        )
    budget = size / 4096 / 2 + len(keys.day_partitions(OTHER_ORG, day)) / 2 + 1
    event = {"organization": OTHER_ORG, "from": day, "to": day}
    shard_record.confirm(at)  # once a process
    found = _both("day rollup of 400 messages", lambda: handler("cost_rollup")(event, CONTEXT), round(budget, 1), 2)
    with counted() as units:
        handler("cost_rollup")(event, CONTEXT)
    found.append(
        Row(
            "capacity units",
            "day rollup: reads for 1,000 messages",
            units.reads * 1000 / 400,
            "RRU",
            round(budget * 1000 / 400, 1),
        )
    )
    return found + _schedule()


def _schedule() -> list[Row]:
    """A scheduled run of both organizations, when all their closed days are computed."""

    def run() -> None:
        handler("cost_rollup")({"scheduled_at": "now"}, CONTEXT)

    def queued() -> None:
        for record in queued_days():
            handler("day_rollup")({"Records": [record]}, CONTEXT)

    run()
    queued()
    found = _both("scheduled run, nothing changed, two organizations", run, 3, 0)
    queued_days()
    return found


PARTS: tuple[Part, ...] = (("Capacity units", rows),)
