"""How much memory the rollup of a day takes while it reads its ledger."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

from gate24.costs import LedgerEntry
from gate24.rules.rollup import DayFold
from gate24.rules.settlement import Settlement
from gate24.store import costs
from tests.support.ledger_index import DAY, ledger_of


def fold_day() -> DayFold:
    """As ``usecases.roll_up_day`` folds it."""
    fold = DayFold("USD", begun_at=0)
    for _ in fold.read(costs.day_rows("learning", DAY.isoformat()), Settlement(fold.counts)):
        pass
    return fold


def read_whole_day() -> dict[str, LedgerEntry]:
    """The whole day at once, for comparison."""
    found = costs.entries("learning", DAY.isoformat())
    return {entry.message_id: entry for _, entries in found for entry in entries}


def peak_bytes(messages: int, work: Callable[[], object]) -> int:
    """The most bytes that Python held at a time while ``work`` read a ledger of so many messages."""
    with ledger_of(messages):
        tracemalloc.start()
        try:
            work()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
