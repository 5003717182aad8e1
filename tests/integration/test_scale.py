"""10,000 messages a second over 100 organizations: no partition takes more than DynamoDB gives one, with the shards of
``docs/scale.md``; and what does not hold without them is what that page says.

Counts, the same on every machine. ``make bench`` has more seconds of it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from gate24 import clock
from gate24.settings import shards
from tests.support.bodies import gupshup_consent, meta_status, meta_text
from tests.support.memory_table import Raw, memory_table
from tests.support.scale_model import FAMILIES, PARTITION_WRITES, STEADY_AFTER, WRITES, Traffic, hottest, seconds
from tests.support.scene import now
from tests.support.system import META, META_NUMBER, TEMPLATE, TEXT, put_template, system

HOUR, DIGITS = 3_600_000, "919876543210"


def units_of(before: Raw | None, after: Raw | None) -> Counter[str]:
    """Of a write by family: those of the table, and those of the index where something of it changes."""
    item = after or before or {}
    units = Counter([FAMILIES.get(item["pk"]["S"][:2], "")])
    places = [{name: each[name]["S"] for name in "ghl" if name in each} for each in (before or {}, after or {})]
    moved = [each for each in places if "g" in each]
    if moved and places[0] != places[1]:
        count = 2 if len(moved) == 2 and (moved[0]["g"], moved[0]["h"]) != (moved[1]["g"], moved[1]["h"]) else 1
        units[FAMILIES.get(moved[-1]["g"][:2], "")] += count
    return units


def test_the_model_writes_what_the_system_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = now() // HOUR * HOUR + HOUR // 2  # what is within the hour moves no row of the list
    moment, found, units = [begun], dict[str, Counter[str]](), Counter[str]()
    monkeypatch.setattr(clock, "now_ms", lambda: moment[0])
    with system(tmp_path) as gate24, memory_table(gate24.dynamodb) as held:
        put_template(gate24, META)
        gate24.webhook(gupshup_consent("opted-in", DIGITS, begun - HOUR))
        units.clear()
        held.changed = lambda before, after: units.update(units_of(before, after))

        def of(name: str) -> None:
            found[name] = Counter(units)
            units.clear()

        def inbound(number: int) -> None:
            body = meta_text(phone=DIGITS, at=moment[0] - 60_000 + number, phone_number_id=META_NUMBER)
            body["entry"][0]["changes"][0]["value"]["messages"][0]["id"] = f"wamid.in-{number}"
            assert gate24.meta_webhook(body).status == 200

        def told(status: str) -> None:
            message = {"our_id": sent["id"], "phone": DIGITS, "at": begun, "phone_number_id": META_NUMBER}
            assert gate24.meta_webhook(meta_status(status, sent["bsp_message_id"], **message)).status == 200

        inbound(0)
        inbound(1)
        of("a new contact")
        inbound(2)
        of("inbound")
        sent = gate24.send(TEXT | {"channel": META}).json
        of("send")
        told("sent")
        of("status")
        told("delivered")
        of("delivered")
        moment[0] += 2 * HOUR
        inbound(3)
        of("inbound of another hour")
        moment[0] += 26 * HOUR
        gate24.send(TEMPLATE | {"channel": META})
        of("the first after a window")
        moment[0] += 2 * HOUR
        assert gate24.send(TEMPLATE | {"channel": META}).status == 202
        of("broadcast")
    families = {"contact": "C#", "key": "I#", "channel": "R#", "ledger": "L#", "list": "W#"}
    for operation, places in WRITES.items():
        known = {name: count for name, count in found[operation].items() if name}  # not when the API key was used last
        assert known == Counter(FAMILIES[families[place]] for place in places), operation


def hottest_of(monkeypatch: pytest.MonkeyPatch, traffic: Traffic) -> dict[str, int]:
    """By family the most write units of a partition in a second, once statuses come in."""
    for name, value in traffic.environment.items():
        monkeypatch.setenv(name, value)
    shards.cache_clear()
    try:
        found = hottest(seconds(traffic, STEADY_AFTER + 2), STEADY_AFTER)
    finally:
        monkeypatch.undo()
        shards.cache_clear()
    return {name: count for name, (count, _) in found.items()}


def test_no_partition_takes_1000_units_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    found = hottest_of(monkeypatch, Traffic(feeds=16))
    assert found.keys() == {*FAMILIES.values()}
    assert max(found.values()) < PARTITION_WRITES


def test_a_raise_makes_room_in_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busier time, for which the shards of a new stack are too few: ``docs/scale.md``."""
    busy = Traffic(messages=4_000, organizations=1, broadcast=800)
    few = hottest_of(monkeypatch, busy)
    assert min(few["index: a day's ledger"], few["index: list of contacts"]) > PARTITION_WRITES
    raised = hottest_of(monkeypatch, replace(busy, days=16, lists=16))
    assert max(raised["index: a day's ledger"], raised["index: list of contacts"]) < PARTITION_WRITES


@pytest.mark.parametrize(
    ("messages", "feeds", "is_too_much"), [(350, 1, False), (600, 1, True), (600, 2, False), (1_200, 2, True)]
)
def test_a_shard_of_a_feed_takes_1000_events_a_second(
    monkeypatch: pytest.MonkeyPatch, messages: int, feeds: int, is_too_much: bool
) -> None:
    """Half of the messages are sends, each with three statuses."""
    found = hottest_of(monkeypatch, Traffic(messages, organizations=1, broadcast=0, feeds=feeds))
    assert (found["feed"] > PARTITION_WRITES) is is_too_much
