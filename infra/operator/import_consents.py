"""Imports consents from a CSV file through the API: for who has a key, and no access to AWS.

    python -m infra.operator.import_consents FILE

Columns: phone (a number with its country code, or Meta's user id), action (opt_in or opt_out), at (optional, RFC
3339), source, evidence (both optional). The API records consent at the time of the import, so ``at`` is added to the
evidence, and a row is outdated if the contact's consent changed after it. FILE.rejected.csv has the rows with something
wrong and the reasons; mended, it can be imported in its turn. FILE.progress records how far the import got, so that an
interrupted one continues from there; it is gone at the end. Importing the same file again changes nothing.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from infra.operator.api import Api, ApiUnavailable, add_arguments, gate24_api

COLUMNS = ("phone", "action", "at", "source", "evidence")
NOTES = ("row", "reason")
"""Columns of the file of rejected rows, which are passed over where it is imported in its turn."""
OUTCOMES = ("recorded", "already known", "outdated", "rejected")
_STATUS = {"opt_in": "opted_in", "opt_out": "opted_out"}
_BAR_WIDTH = 30

_AT_ONCE = 32
"""Rows that are asked for at the same time; each waits most of its time for the API."""

_CHUNK = 256
"""Rows after which the progress is saved."""

Done = tuple[str, str | None]
"""What became of a row, and why it was not taken."""


class RowRejected(Exception):
    """The row is not imported, as something in it is wrong; the text says why."""

    outcome = "rejected"


class RowOutdated(RowRejected):
    """Nothing is wrong with the row: what the contact said later stays."""

    outcome = "outdated"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file. ``fault``: why it cannot be read, or None. ``surplus``: cells without a column."""

    cells: dict[str, str]
    fault: str | None = None
    surplus: tuple[str, ...] = ()


@dataclass(slots=True)
class Progress:
    """``counts``: of the rows up to the first that is not done. ``ahead``: of those behind it, by number."""

    counts: Counter[str] = field(default_factory=Counter)
    ahead: dict[int, Done] = field(default_factory=dict)


def main(argv: list[str] | None = None) -> int:
    """Exit status. 0: all rows are imported; 1: some were rejected, or the API did not answer; 2: invalid file."""
    parser = argparse.ArgumentParser(prog="import_consents", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("file", type=Path)
    add_arguments(parser)
    arguments = parser.parse_args(argv)
    try:
        rows = list(read(arguments.file))
    except (OSError, UnicodeError, ValueError) as error:
        print(f"{arguments.file}: {error}", file=sys.stderr)
        return 2
    try:
        counts = import_rows(gate24_api(arguments), arguments.file, rows, sys.stderr)
    except ApiUnavailable as error:
        print(f"\nThe API does not answer ({error}). Run the same command again to continue.", file=sys.stderr)
        return 1
    print(summary(counts))
    if counts["rejected"]:
        print(f"Rejected rows, with reasons: {rejected_file(arguments.file)}")
    return 1 if counts["rejected"] else 0


def summary(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[each]} {each}" for each in OUTCOMES if counts[each] or each != "outdated")


def rejected_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.rejected.csv")


def progress_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.progress")


def read(file: Path) -> Iterator[Row]:
    """The rows of the file. Raises ValueError if its header is wrong."""
    with file.open(newline="", encoding="utf-8-sig") as text:
        reader = csv.DictReader(text, restkey="", restval="")
        names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        if not {"phone", "action"} <= set(names) <= {*COLUMNS, *NOTES}:
            raise ValueError(
                f"the first line must name the columns phone and action, and may name: {', '.join(COLUMNS)}"
            )
        reader.fieldnames = names
        while True:
            try:
                cells: dict[str, Any] = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row({}, f"not CSV: {error}")
                continue
            surplus = tuple(cells.pop("", ()))
            fault = "more cells than columns" if surplus else None
            yield Row({name: str(value).strip() for name, value in cells.items()}, fault, surplus)


def import_rows(api: Api, file: Path, rows: list[Row], out: TextIO) -> Counter[str]:
    """Imports the rows that no earlier run did. Returns how many were recorded, already known, outdated or rejected,
    including earlier runs. Raises ApiUnavailable; the progress is saved then."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    progress = _read_progress(file, digest)
    start = progress.counts.total()
    with (
        rejected_file(file).open("a" if start else "w", newline="", encoding="utf-8") as rejections,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        writer = csv.writer(rejections)
        if not start:
            writer.writerow((*NOTES, *COLUMNS))
        _show_progress(out, start, len(rows))
        for first in range(start, len(rows), _CHUNK):
            chunk = dict(enumerate(rows[first : first + _CHUNK], first + 1))
            try:
                _import_chunk(api, chunk, progress.ahead, pool)
            finally:  # broken off by Ctrl-C, too
                for number, row in chunk.items():
                    if number not in progress.ahead:
                        break
                    outcome, reason = progress.ahead.pop(number)
                    progress.counts[outcome] += 1
                    if outcome == "rejected":
                        writer.writerow((number, reason, *(row.cells.get(name, "") for name in COLUMNS), *row.surplus))
                rejections.flush()
                _write_progress(file, digest, progress)
            _show_progress(out, progress.counts.total(), len(rows))
    out.write("\n")
    progress_file(file).unlink(missing_ok=True)
    if not progress.counts["rejected"]:
        rejected_file(file).unlink()
    return progress.counts


def _import_chunk(api: Api, chunk: dict[int, Row], done: dict[int, Done], pool: ThreadPoolExecutor) -> None:
    """Imports the chunk's rows that are not ``done`` and notes there what became of each, those of one person one after
    the other. Raises ApiUnavailable when no row is under way any more."""
    by_person: dict[str, list[int]] = {}
    for number, row in chunk.items():
        if number not in done:
            by_person.setdefault(re.sub(r"[^\w.]", "", row.cells.get("phone", "")), []).append(number)
    is_broken = threading.Event()

    def import_person(numbers: list[int]) -> None:
        for number in numbers:
            if is_broken.is_set():
                return
            try:
                done[number] = (import_row(api, chunk[number]), None)
            except RowRejected as error:
                done[number] = (error.outcome, str(error))
            except BaseException:
                is_broken.set()
                raise

    running = [pool.submit(import_person, numbers) for numbers in by_person.values()]
    try:
        wait(running)
    except BaseException:
        is_broken.set()
        wait(running)
        raise
    for each in running:
        each.result()


def import_row(api: Api, row: Row) -> str:
    """Records the row's consent. Returns "recorded" or "already known". Raises RowRejected."""
    body = _judge(api, row)
    if body is None:
        return "already known"
    answer = api.call("POST", f"{_path(row)}/consents", body)
    if answer.status != 201:
        raise RowRejected(answer.code)
    return "recorded"


def _judge(api: Api, row: Row) -> dict[str, str] | None:
    """What is to be recorded, or None where it is known. Raises RowRejected."""
    cells = row.cells
    action, source = cells.get("action", "").lower().replace("-", "_"), cells.get("source") or "import"
    if row.fault:
        raise RowRejected(row.fault)
    if action not in _STATUS:
        raise RowRejected("action must be opt_in or opt_out")
    if not cells.get("phone"):
        raise RowRejected("no phone number")
    at = _parse_time(cells.get("at", ""))
    known = api.call("GET", _path(row))
    if known.status == 200:
        consent = known.body["consent"]
        if consent["status"] == _STATUS[action] and consent["source"] == source:
            return None
        _reject_outdated(action, at, consent)
    elif known.status != 404:
        suggestion = known.body.get("suggestion")
        raise RowRejected(known.code + (f": is {suggestion} meant?" if suggestion else ""))
    evidence = " ".join(part for part in (cells.get("evidence"), f"(as of {cells['at']})" if at else "") if part)
    return {"action": action, "source": source} | ({"evidence": evidence} if evidence else {})


def _path(row: Row) -> str:
    return f"/v1/contacts/{quote(row.cells['phone'], safe='')}"


def _reject_outdated(action: str, at: datetime | None, consent: dict[str, Any]) -> None:
    """A later consent of the contact stays. Without a time, an opt-in does not replace an opt-out; with one it may be
    seen to be the later."""
    if consent["at"] is None or consent["status"] == _STATUS[action]:
        return
    since = datetime.fromisoformat(consent["at"])
    said = f"the contact {consent['status'].replace('_', ' ')} on {consent['at']}"
    if at is not None and since >= at:
        raise RowOutdated(said)
    if at is None and action == "opt_in":
        raise RowRejected(f"{said}: say in the column at when the contact opted in")


def _parse_time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise RowRejected("at is not a time like 2026-11-22T10:00:00Z") from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    if at > datetime.now(UTC):
        raise RowRejected("at is in the future")
    return at


def _read_progress(file: Path, digest: str) -> Progress:
    """That of earlier runs with the same file."""
    try:
        noted = json.loads(progress_file(file).read_text())
    except (OSError, ValueError):
        return Progress()
    if noted["sha256"] != digest:
        return Progress()
    ahead = {int(number): (outcome, reason) for number, (outcome, reason) in noted.get("ahead", {}).items()}
    return Progress(Counter(noted["counts"]), ahead)


def _write_progress(file: Path, digest: str, progress: Progress) -> None:
    partial = file.with_name(f"{file.name}.progress.partial")
    partial.write_text(json.dumps({"sha256": digest, "counts": progress.counts, "ahead": progress.ahead}))
    partial.replace(progress_file(file))


def _show_progress(out: TextIO, done: int, total: int) -> None:
    bar = "#" * (_BAR_WIDTH * done // max(total, 1))
    out.write(f"\r[{bar:<{_BAR_WIDTH}}] {done}/{total}" + ("" if out.isatty() else "\n"))
    out.flush()


if __name__ == "__main__":
    sys.exit(main())
