"""Imports a file of contacts: streamed, many at a time, and going on where it was broken off.

Rows with something wrong are written to FILE.rejected.csv as they stand, each with its reason, to be mended and
imported in their turn. FILE.progress says how far the import is; it is there until
the import has ended, so that the same command afterwards looks at every row again, and finds nothing new.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from io import SEEK_END, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TextIO

from gate24.api.contact_rows import NOTES, Done, Reading, Row, take
from gate24.rules.settings_table import WrongSettings
from gate24.store.contact_import import MOST_AT_ONCE
from gate24.store.table import StoreError
from infra.admin.contact_files import column_names, rows

AT_ONCE = 16
"""Batches that a process has under way at the same time. Each waits most of its time for the table."""

_SAID_EVERY_SECONDS = 1.0


class OrganizationDeleted(Exception):
    """A deletion of the organization began while the import ran, which has stopped; its text says so."""


class Broken(Exception):
    """A process could not go on; its text says why."""


@dataclass(frozen=True, slots=True)
class Processes:
    """How many processes do the work, and how each begins to use the table. One has no need of that."""

    count: int
    connect: Callable[[], None]


@dataclass(slots=True)
class Progress:
    """How far an import is. ``asked``: the file's hash and how it is read; progress of another import is not gone on
    with. ``rejected_bytes``: of the file of rejected rows that are whole."""

    asked: str
    rows: int
    rejected_bytes: int
    counts: Counter[str]


def rejected_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.rejected.csv")


def progress_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.progress")


def run(file: Path, reading: Reading, asked: str, out: TextIO, processes: Processes) -> Counter[str]:
    """Imports what an earlier run of the same import did not. Returns how many rows had which outcome, earlier runs
    included. NoSuchTable; StoreError and Broken, and then the same command goes on. OrganizationDeleted: it
    cannot go on, and its files are removed."""
    try:
        return _run(file, reading, asked, out, processes)
    except (WrongSettings, OrganizationDeleted) as error:
        progress_file(file).unlink(missing_ok=True)
        rejected_file(file).unlink(missing_ok=True)
        raise OrganizationDeleted(str(error)) from None


def _run(file: Path, reading: Reading, asked: str, out: TextIO, processes: Processes) -> Counter[str]:
    progress = _read_progress(file, asked)
    with ExitStack() as opened:
        raw = opened.enter_context(rejected_file(file).open("ab"))
        raw.truncate(progress.rejected_bytes)  # what was written after the progress was noted is written again
        raw.seek(0, SEEK_END)
        rejections = opened.enter_context(TextIOWrapper(raw, encoding="utf-8", newline="", write_through=True))
        writer = csv.writer(rejections)
        if not progress.rejected_bytes:
            writer.writerow((*NOTES, *column_names(file)))
        teller = _Teller(out, progress.rows)
        try:
            for batch in _done(file, reading, progress.rows, False, processes):
                for done in batch:
                    progress.counts[done.outcome] += 1
                    if done.outcome == "rejected":
                        writer.writerow((done.row.number, done.reason, *done.row.written))
                progress.rows += len(batch)
                progress.rejected_bytes = raw.tell()
                if teller.tell(progress.rows):
                    _write_progress(file, progress)
        except BaseException:  # Ctrl-C, too
            _write_progress(file, progress)
            raise
        teller.end(progress.rows)
    progress_file(file).unlink(missing_ok=True)
    if not progress.counts["rejected"]:
        rejected_file(file).unlink()
    return progress.counts


def try_run(file: Path, reading: Reading, told: Callable[[Done], None], processes: Processes) -> Counter[str]:
    """What an import would do; it changes nothing. ``told``: of each row, in their order. NoSuchTable, StoreError,
    Broken."""
    counts: Counter[str] = Counter()
    for batch in _done(file, reading, 0, True, processes):
        for done in batch:
            counts[done.outcome] += 1
            told(done)
    return counts


def _done(file: Path, reading: Reading, skip: int, dry_run: bool, processes: Processes) -> Iterator[list[Done]]:
    """What becomes of the rows after the first ``skip``, in their order and read as they are done."""
    remaining = islice(rows(file, reading.format), skip, None)
    with ExitStack() as opened:
        if processes.count == 1:
            threads = opened.enter_context(ThreadPoolExecutor(AT_ONCE))
            yield from _in_order(
                (threads.submit(take, reading, batch, dry_run) for batch in _batches(remaining, MOST_AT_ONCE)),
                ahead=2 * AT_ONCE,
            )
        else:
            workers = ProcessPoolExecutor(
                processes.count, multiprocessing.get_context("fork"), _begin_process, (processes.connect,)
            )
            opened.enter_context(workers)
            sheaves = _batches(remaining, MOST_AT_ONCE * AT_ONCE)
            yield from _in_order(
                (workers.submit(_do_sheaf, reading, sheaf, dry_run) for sheaf in sheaves), ahead=2 * processes.count
            )


def _in_order(submitted: Iterable[Future[list[Done]]], ahead: int) -> Iterator[list[Done]]:
    """The results in the order in which they were submitted, of which ``ahead`` are under way at the same time."""
    running: deque[Future[list[Done]]] = deque()
    try:
        for each in submitted:
            running.append(each)
            if len(running) >= ahead:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        for each in running:
            each.cancel()


def _batches(remaining: Iterable[Row], size: int) -> Iterator[list[Row]]:
    source = iter(remaining)
    while batch := list(islice(source, size)):
        yield batch


def _begin_process(connect: Callable[[], None]) -> None:
    """A connection is not shared with the process that this one was forked from, which alone hears of Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connect()


def _do_sheaf(reading: Reading, sheaf: list[Row], dry_run: bool) -> list[Done]:
    """In a process of its own: as much as there are threads for. Broken, OrganizationDeleted."""
    try:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            found = threads.map(lambda batch: take(reading, batch, dry_run), _batches(sheaf, MOST_AT_ONCE))
            return [done for batch in found for done in batch]
    except StoreError as error:
        raise Broken(str(error)) from None
    except WrongSettings as error:
        raise OrganizationDeleted(str(error)) from None


def _read_progress(file: Path, asked: str) -> Progress:
    """That of an earlier run of the same import, or the start."""
    try:
        noted = json.loads(progress_file(file).read_text())
    except (OSError, ValueError):
        return Progress(asked, 0, 0, Counter())
    if noted["asked"] != asked or not rejected_file(file).exists():
        return Progress(asked, 0, 0, Counter())
    return Progress(asked, noted["rows"], noted["rejected_bytes"], Counter(noted["counts"]))


def _write_progress(file: Path, progress: Progress) -> None:
    noted = {
        "asked": progress.asked,
        "rows": progress.rows,
        "rejected_bytes": progress.rejected_bytes,
        "counts": progress.counts,
    }
    partial = file.with_name(f"{file.name}.progress.partial")
    partial.write_text(json.dumps(noted))
    partial.replace(progress_file(file))


class _Teller:
    """Says once a second how far it is, and how fast."""

    def __init__(self, out: TextIO, begun_with: int) -> None:
        self.out, self.begun_with = out, begun_with
        self.began = self.said = time.monotonic()

    def tell(self, rows_done: int) -> bool:
        """Whether it said so."""
        now = time.monotonic()
        if now - self.said < _SAID_EVERY_SECONDS:
            return False
        self.said = now
        self.end(rows_done, "\r" if self.out.isatty() else "\n")
        return True

    def end(self, rows_done: int, end: str = "\n") -> None:
        seconds = max(time.monotonic() - self.began, 0.001)
        rate = (rows_done - self.begun_with) / seconds
        self.out.write(f"{rows_done:,} rows, {rate:,.0f} a second{end}")
        self.out.flush()
