"""The stream of a table in memory, which invokes ``tell_changes`` as Lambda does, and the feed as it is listened to."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

from gate24 import clock
from gate24.store import feed, organizations
from stack.template import source
from tests.support.memory_table import MemoryTable, Raw, memory_table
from tests.support.scene import now
from tests.support.system import CONTEXT, ORG, System, handler

Record = dict[str, Any]


class Stream:
    """``records``: what was not told yet, in order. ``clock``: the time of a change (epoch ms)."""

    def __init__(self, held: MemoryTable, clock: Callable[[], int] = now) -> None:
        self.records: list[Record] = []
        self.all: list[Record] = []
        self._clock = clock
        held.changed = self._record

    def _record(self, before: Raw | None, after: Raw | None) -> None:
        record = record_of(len(self.all) + 1, self._clock(), before, after)
        if passes_the_filter(record):
            self.all.append(record)
            self.records.append(record)

    def tell(self) -> None:
        """Everything is told that was committed."""
        while self.records:
            batch, self.records = self.records, []
            assert invoke(batch) == []

    def tell_again(self) -> None:
        """Lambda invokes the function once more with all that it told already."""
        assert invoke(self.all) == []


def record_of(number: int, at: int, before: Raw | None, after: Raw | None) -> Record:
    """The number-th record of a stream, of a change at ``at`` (epoch ms)."""
    item = after or before
    assert item is not None
    told: Record = {
        "ApproximateCreationDateTime": at // 1000,
        "Keys": {name: item[name] for name in ("pk", "sk")},
        "SequenceNumber": f"{number:021d}",
    }
    told |= {"OldImage": as_json(before)} if before is not None else {}
    told |= {"NewImage": as_json(after)} if after is not None else {}
    kind = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
    return {"eventName": kind, "eventSource": "aws:dynamodb", "dynamodb": told}


def inserted(items: list[Raw], at: int | None = None) -> list[Record]:
    """The records of a stream by which these items were written at that time (epoch ms; None: now)."""
    in_order = sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
    records = [record_of(number, at or now(), None, item) for number, item in enumerate(in_order, 1)]
    return [record for record in records if passes_the_filter(record)]


def tell_at(items: list[Raw], at: int) -> None:
    """Tells that these items were written at that time (epoch ms), with the same places in the feed each time."""
    feed.forget()
    assert invoke(inserted(items, at)) == []


def invoke(records: list[Record]) -> list[str]:
    """Invokes the function; the numbers of the records where Lambda is to go on."""
    event = json.loads(json.dumps({"Records": records}))
    answer = handler("tell_changes")(event, CONTEXT)
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def as_json(item: Raw) -> Raw:
    """An item as Lambda's JSON has it: what is binary is base64."""
    return {
        name: {"B": b64encode(value["B"]).decode()} if isinstance(value.get("B"), bytes) else value
        for name, value in item.items()
    }


@cache
def _patterns() -> list[Any]:
    mapping = source()["Resources"]["TellChanges"]["Properties"]["Events"]["Changes"]["Properties"]
    return [json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"]]


def passes_the_filter(record: Record) -> bool:
    """Whether the filter of ``template.yaml`` lets the record through (EventBridge's patterns: equality, prefix)."""
    return any(_matches(pattern, record) for pattern in _patterns())


def _matches(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_matches(each, value.get(name)) for name, each in pattern.items())
    return any(
        isinstance(value, str) and value.startswith(each["prefix"]) if isinstance(each, dict) else value == each
        for each in pattern
    )


class Listener:
    """An organization's software that reads the feed. ``heard``: all events so far, in order."""

    def __init__(self, gate24: System, stream: Stream, key: str = ORG) -> None:
        self.gate24, self.stream, self.key = gate24, stream, key
        self.heard: list[dict[str, Any]] = []
        self._cursor: str | None = None

    def listen(self, limit: int = 100) -> list[dict[str, Any]]:
        """Tells what was committed and returns what is new in the feed."""
        self.stream.tell()
        new: list[dict[str, Any]] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(feed, "BEHIND_MS", 0)  # nothing else is writing
            while True:
                after = f"&after={self._cursor}" if self._cursor else ""
                answer = self.gate24.http("GET", f"/v1/events?limit={limit}{after}", key=self.key)
                assert answer.status == 200, answer.text
                self._cursor = answer.json["next_cursor"]
                if not answer.json["data"]:
                    break
                new += answer.json["data"]
        time.sleep(0.002)  # what is written next has a later place
        self.heard += new
        return new

    def types(self) -> list[str]:
        """The types of what is new."""
        return [each["type"] for each in self.listen()]


@contextmanager
def listening(gate24: System) -> Iterator[Listener]:
    """The system's table is in memory and has a stream, and the first organization's events are kept."""
    with memory_table(gate24.dynamodb) as held:
        organizations.keep_events(ORG, clock.now_ms())
        yield Listener(gate24, Stream(held))
