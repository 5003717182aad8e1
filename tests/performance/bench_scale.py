"""The write units of the hottest partitions under 10,000 messages a second: the figures of docs/scale.md."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gate24.settings import shards
from tests.performance.rows import Part, Row
from tests.support.scale_model import PARTITION_WRITES, STEADY_AFTER, Traffic, Units, hottest, seconds, total

SECONDS = 30
_GROUP = "10,000 messages a second"


def _rows() -> list[Row]:
    """With the shards of a new stack, and with more for lists of contacts and feeds."""
    found = []
    for traffic in (Traffic(), Traffic(lists=8, feeds=16)):
        with pytest.MonkeyPatch.context() as patch:
            for name, value in traffic.environment.items():
                patch.setenv(name, value)
            shards.cache_clear()
            found += _hottest(traffic)
        shards.cache_clear()
    return found


def _hottest(traffic: Traffic) -> list[Row]:
    most = (0, 0)

    def looked_at() -> Iterator[Units]:
        nonlocal most
        for units in seconds(traffic, SECONDS):
            most = max(most, total(units))
            yield units

    found = hottest(looked_at(), STEADY_AFTER)
    what = f"DayShards={traffic.days} ListShards={traffic.lists} FeedShards={traffic.feeds}"
    return [
        *(
            Row(_GROUP, f"{what}: {name}", count, "WRU/s", PARTITION_WRITES if traffic.feeds > 1 else None)
            for name, (count, _) in sorted(found.items())
        ),
        Row(_GROUP, f"{what}: the whole table", most[0], "WRU/s", is_yardstick=True),
        Row(_GROUP, f"{what}: the whole index", most[1], "WRU/s", is_yardstick=True),
    ]


PARTS: tuple[Part, ...] = (("10,000 messages a second", _rows),)
