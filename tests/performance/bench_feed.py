"""What reading the feed costs, and the schedule that tells which windows close: capacity units as DynamoDB Local counts
them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.performance.bench_capacity import counted
from tests.performance.events_out import Told, telling
from tests.performance.rows import Part, Row
from tests.support.scene import HOUR, MINUTE, SECOND, contact_wrote, new_number, now, standing_clock
from tests.support.system import ORG

EVENTS, CLOSING = 100, 10
CALLS_MOST, NOTHING_NEW = 2 * EVENTS + 4, 2.5
"""Requests to DynamoDB, two for each event and a few; and read units of a question to which nothing is new."""

_READS_A_MINUTE, _WRITES_A_MINUTE = 6, 1
"""Units that a minute costs for an organization that is heard, whether windows close or not (docs/events.md)."""


def _feed() -> Iterator[Row]:
    group = "Events out: GET /v1/events, beside the bare query of as many events (the floor; DynamoDB Local)"
    with telling() as told:
        _keep_events(now())
        people = _new_people(told)
        after, nothing_new = _to_the_end(told, "")
        for what, writers in ((f"{EVENTS} contacts", people), ("one contact", people[:1])):
            for number in range(EVENTS):
                contact_wrote(told.gate24, writers[number % len(writers)], ago=SECOND)
            told.tell()
            with counted() as units:
                assert len(_read(told, after)["data"]) == EVENTS
            floor = _bare_query(told)
            after, nothing_new = _to_the_end(told, after)
            # One unit for each 4 KB of the feed, and one or two for each event told.
            yield Row(group, f"{EVENTS} events of {what}: reads", units.reads, "RRU", floor + 2 * EVENTS, floor)
            yield Row(group, f"{EVENTS} events of {what}: requests to DynamoDB", units.calls, "", CALLS_MOST, 1)
    yield Row(group, "a question to which nothing is new: reads", nothing_new, "RRU", NOTHING_NEW)


def _to_the_end(told: Told, after: str) -> tuple[str, float]:
    """The cursor after everything, and the read units of asking there."""
    while True:
        with counted() as units:
            answer = _read(told, after)
        after = f"&after={answer['next_cursor']}"
        if not answer["data"]:
            return after, units.reads


def _new_people(told: Told) -> list[str]:
    """Whose windows are open already, and who were told of."""
    people = [new_number() for _ in range(EVENTS)]
    for phone in people:
        contact_wrote(told.gate24, phone, ago=MINUTE)
    told.tell()
    return people


def _keep_events(since: int) -> None:
    from gate24.store import organizations

    organizations.keep_events(ORG, since)


def _read(told: Told, after: str) -> dict[str, Any]:
    from gate24.store import feed

    with standing_clock(now() + feed.BEHIND_MS):  # so long a reader stays behind
        answer = told.gate24.http("GET", f"/v1/events?limit={EVENTS}{after}")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def _bare_query(told: Told) -> float:
    """The read units of as many events of the feed as they lie there."""
    from gate24.store import keys

    answer = told.gate24.dynamodb.query(
        TableName=told.gate24.table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": keys.feed_pk(ORG, now())}},
        ConsistentRead=True,
        Limit=EVENTS,
        ReturnConsumedCapacity="TOTAL",
    )
    return float(answer["ConsumedCapacity"]["CapacityUnits"])


def _windows() -> Iterator[Row]:
    """Of as many windows as close in one minute. A minute is idle in which none does; its floor is one in which nobody
    hears of the organization."""
    from gate24.usecases.close_windows import DueTimes, close_windows

    start, due = now() - 48 * HOUR, DueTimes()
    end = start + 24 * HOUR - 30 * SECOND
    group = "Events out: close_windows, a minute's run (the floor: nobody hears of the organization; DynamoDB Local)"

    def run(at: int) -> int:
        with standing_clock(at):
            return close_windows(at, lambda: False, due)

    with telling() as told:
        run(start)
        with counted() as unheard:
            run(start)
        _keep_events(start)
        with standing_clock(start):
            for number in range(CLOSING):
                contact_wrote(told.gate24, new_number(), ago=number)
        run(end - 10 * MINUTE)
        with counted() as idle:
            run(end - 9 * MINUTE)
        with counted() as closing:
            assert run(end) == CLOSING
        told.changes.new()
    yield Row(group, "idle: writes", idle.writes, "WRU", _WRITES_A_MINUTE, unheard.writes)
    yield Row(group, "idle: reads", idle.reads, "RRU", _READS_A_MINUTE, unheard.reads)
    writes, reads = _WRITES_A_MINUTE + CLOSING, _READS_A_MINUTE + CLOSING
    yield Row(group, f"{CLOSING} windows close: writes", closing.writes, "WRU", writes, unheard.writes)
    yield Row(group, f"{CLOSING} windows close: reads", closing.reads, "RRU", reads, unheard.reads)


PARTS: tuple[Part, ...] = (("Events out: the feed", _feed), ("Events out: windows that close", _windows))
