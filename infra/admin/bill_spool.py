"""The lines of a provider's bill in a temporary file, found by the ids of their messages: a bill has millions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from gate24.rules.provider_bills import BillRow

_AT_ONCE = 10_000
_IDS_AT_ONCE = 500
"""Fewer than a statement of SQLite may have variables (32,766)."""

_COLUMNS = "line, day, micro, category, provider_id, message_id, market, messages"


class BillSpool:
    """Use it with ``with``: the file goes at its end. sqlite3.Error where it cannot be written."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="gate24-bill-")
        self._db = sqlite3.connect(Path(self._folder.name) / "bill.sqlite3", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(
            "CREATE TABLE bill (line INTEGER, day TEXT, micro INTEGER, category TEXT, provider_id TEXT, "
            "message_id TEXT, market TEXT, messages INTEGER, used INTEGER DEFAULT 0)"
        )

    def __enter__(self) -> BillSpool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        self._folder.cleanup()

    def fill(self, rows: Iterable[BillRow]) -> None:
        """All rows, once; ``take`` can be asked from then on."""
        source = iter(rows)
        while batch := list(islice(source, _AT_ONCE)):
            self._db.execute("BEGIN")
            self._db.executemany(f"INSERT INTO bill ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", batch)
            self._db.execute("COMMIT")
        for name in ("provider_id", "message_id"):
            self._db.execute(f"CREATE INDEX by_{name} ON bill ({name}) WHERE {name} IS NOT NULL")

    def take(self, wanted: Sequence[Sequence[str]]) -> list[list[BillRow]]:
        """For each message, given by all of its ids, the lines that name it; each line belongs to the first message
        that takes it."""
        ids = sorted({each for of_message in wanted for each in of_message})
        found: dict[str, dict[int, BillRow]] = {}
        for start in range(0, len(ids), _IDS_AT_ONCE):
            some = ids[start : start + _IDS_AT_ONCE]
            marks = ", ".join("?" * len(some))
            for name in ("provider_id", "message_id"):
                rows = self._db.execute(
                    f"SELECT rowid, {_COLUMNS} FROM bill WHERE {name} IN ({marks}) AND used = 0", some
                )
                for number, *cells in rows:
                    row = BillRow(*cells)
                    found.setdefault(getattr(row, name), {})[number] = row
        taken = set[int]()
        answer = []
        for of_message in wanted:
            rows_of = {number: row for each in of_message for number, row in found.get(each, {}).items()}
            own = {number: row for number, row in rows_of.items() if number not in taken}
            taken |= own.keys()
            answer.append([own[number] for number in sorted(own)])
        self._db.execute("BEGIN")
        self._db.executemany("UPDATE bill SET used = 1 WHERE rowid = ?", [(number,) for number in sorted(taken)])
        self._db.execute("COMMIT")
        return answer

    def left(self) -> Iterator[list[BillRow]]:
        """What no message took, the lines of one message together."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM bill WHERE used = 0 ORDER BY coalesce(provider_id, message_id), rowid"
        )
        for _, found in groupby((BillRow(*cells) for cells in rows), lambda row: row.provider_id or row.message_id):
            yield list(found)
