"""Over how many partitions a day's ledger, a list of contacts and a day of the feed are spread, and from which day on.

A plan is written ``8`` or ``8,2026-12-01:16``: 8 partitions, and 16 from that day on. It is a pure function of the day,
so functions that are deployed a minute apart agree, and nothing is moved when a count is raised.
"""

from __future__ import annotations

import re
from datetime import date

from gate24.lazy_dataclass import dataclass

_COUNT = re.compile(r"[1-9][0-9]{0,2}")
_RAISE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}):([1-9][0-9]{0,2})")


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """``counts``: each with the first day (``YYYY-MM-DD``) that it holds for, ascending; that of the first is empty."""

    counts: tuple[tuple[str, int], ...]

    def on(self, day: str) -> int:
        """How many there are on that day."""
        return next(count for first_day, count in reversed(self.counts) if first_day <= day)

    @property
    def first(self) -> int:
        return self.counts[0][1]

    @property
    def most(self) -> int:
        """How many there are after the last raise, also if that is still to come."""
        return self.counts[-1][1]

    @property
    def text(self) -> str:
        """As ``shard_plan`` reads it."""
        return ",".join(f"{day}:{count}" if day else str(count) for day, count in self.counts)

    def keeps(self, before: ShardPlan, last_day: str) -> bool:
        """Whether everything that ``before`` spread until ``last_day`` is still found: partitions are numbered from 0,
        so that a larger count has those of a smaller one."""
        days = [day for day, _ in (*self.counts, *before.counts) if day <= last_day]
        return all(self.on(day) >= before.on(day) for day in (*days, last_day))


def shard_plan(name: str, text: str, least: int, most: int) -> ShardPlan:
    """Reads a plan; ValueError says what is wrong with it. ``name``: that of the setting; ``least``, ``most``: the
    bounds of a count."""

    def refused(what: str) -> ValueError:
        return ValueError(f"{name} is {text!r}: {what}")

    counts: list[tuple[str, int]] = []
    for number, entry in enumerate(text.split(",")):
        found = _RAISE.fullmatch(entry) if number else _COUNT.fullmatch(entry)
        if found is None:
            raise refused(f"{entry!r} is not as in 8,2026-12-01:16 (a count, then days with the count from then on)")
        day, count = (found[1], int(found[2])) if number else ("", int(found[0]))
        if not least <= count <= most:
            raise refused(f"a count must be from {least} to {most}, and {count} is not")
        if day and not _is_day(day):
            raise refused(f"there is no day {day}")
        if counts:
            last_day, last_count = counts[-1]
            if day <= last_day:
                raise refused(f"the days must rise, and {day} does not come after {last_day}")
            if count <= last_count or count % last_count:
                raise refused(f"a raise must be to a multiple of the count before, and {count} is none of {last_count}")
        counts.append((day, count))
    return ShardPlan(tuple(counts))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
