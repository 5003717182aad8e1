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
    """With the shards of a new stack, and with twice as many of the list of contacts."""
    found = []
    for lists in (4, 8):
        traffic = Traffic(lists=lists)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAY_SHARDS", str(traffic.days))
            patch.setenv("LIST_SHARDS", str(lists))
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
    what = f"DayShards={traffic.days} ListShards={traffic.lists}"
    return [
        *(
            Row(_GROUP, f"{what}: {name}", count, "WRU/s", None if name == "feed" else PARTITION_WRITES)
            for name, (count, _) in sorted(found.items())
        ),
        Row(_GROUP, f"{what}: the whole table", most[0], "WRU/s", is_yardstick=True),
        Row(_GROUP, f"{what}: the whole index", most[1], "WRU/s", is_yardstick=True),
    ]


PARTS: tuple[Part, ...] = (("10,000 messages a second", _rows),)
