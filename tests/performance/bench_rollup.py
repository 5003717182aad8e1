"""The memory that a day's rollup takes, beside that of reading the whole day at once."""

from __future__ import annotations

from tests.performance.rows import Part, Row
from tests.support.ledger_index import ledger_of
from tests.support.rollup_memory import fold_day, peak_bytes, read_whole_day

MESSAGES = (100_000, 200_000)
PAGES_BYTES = 20_000_000
"""The page that is being added up and the one that is being read."""

_GROUP = "Day rollup, memory"


def _rows() -> list[Row]:
    """The lines of the table."""
    found = []
    for messages in MESSAGES:
        most = peak_bytes(messages, fold_day)
        found.append(Row(_GROUP, f"of {messages:,} messages", most / 1e6, "MB", budget=PAGES_BYTES / 1e6))
        found.append(Row(_GROUP, "  a message", most / messages, "bytes"))
    few = MESSAGES[0]
    whole = peak_bytes(few, read_whole_day)
    found.append(Row(_GROUP, f"for comparison, {few:,} messages read at once: a message", whole / few, "bytes"))
    with ledger_of(few) as index:
        fold_day()
    return [*found, Row(_GROUP, "reads for each 1,000 messages", index.pages * 1000 / few, "queries")]


PARTS: tuple[Part, ...] = (("Day rollup, memory", _rows),)
