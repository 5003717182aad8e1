"""``make bench`` goes on, whatever of it this machine cannot run."""

from __future__ import annotations

import importlib
import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from tests.performance import bench, bench_cold, bench_console, bench_events_latency
from tests.performance.rows import Part, Row, middle
from tests.support.requirement import missing

NEEDS_JAVA = ("bench_capacity", "bench_events", "bench_feed", "bench_parked")


@pytest.fixture(autouse=True)
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the figures go."""
    monkeypatch.delenv("GATE24_REQUIRE_ALL", raising=False)
    monkeypatch.setattr(bench, "WRITTEN", tmp_path / "written" / "bench.json")
    return bench.WRITTEN


def _run(parts: Iterable[Part]) -> int:
    """Its exit status. What says that a tool is missing would skip the test if it came through."""
    try:
        return bench.run(parts)
    except pytest.skip.Exception as reason:
        raise AssertionError(f"it ended: {reason}") from None


def _measured(part: Part) -> list[Row]:
    """As ``_run``, of one part."""
    try:
        return bench.measured(*part)
    except pytest.skip.Exception as reason:
        raise AssertionError(f"it ended: {reason}") from None


def _sound() -> Iterable[Row]:
    return [Row("sound", "reads", 2, "RRU", budget=2, floor=1), middle("sound", "CPU", [3, 1, 8], "ms", budget=1)]


def _without_tool() -> NoReturn:
    missing("Java is missing")


def _breaks_off() -> Iterator[Row]:
    yield Row("breaks off", "the first", 1, "ms")
    raise ValueError("the second line\nand more")


def _over() -> Iterable[Row]:
    return [Row("over", "writes", 3, "WRU", budget=2)]


def test_a_part_without_its_tool_is_one_line_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str], written: Path
) -> None:
    assert _run([("tool", _without_tool), ("sound", _sound)]) == 0
    said = capsys.readouterr()
    assert "tool\n  not measured: Java is missing\n" in said.out
    assert "1.0 - 8.0" in said.out and "OVER" in said.out  # a time that is over does not count: it may be noise
    assert "tool ..." in said.err and "sound ..." in said.err
    rows = json.loads(written.read_text())
    assert [row["value"] for row in rows[:3]] == [None, 2, 3]
    assert "load average" in said.out and {row["group"] for row in rows[3:]} == {"This machine"}
    assert rows[0]["missing"] == "Java is missing" and rows[2]["spread"] == [1, 8]


def test_a_part_that_fails_is_told_with_what_it_measured_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _run([("breaks off", _breaks_off), ("sound", _sound)]) == 1
    said = capsys.readouterr()
    assert "the first" in said.out and "reads" in said.out
    assert "not measured: failed: ValueError: the second line\n" in said.out
    assert "Traceback" in said.err


@pytest.mark.parametrize(("parts", "status"), [([("over", _over)], 1), ([("sound", _sound)], 0)])
def test_only_capacity_units_over_their_budget_are_a_fault(parts: list[Part], status: int) -> None:
    assert _run(parts) == status


@pytest.mark.parametrize("module", [*NEEDS_JAVA, "bench_inbound"])
def test_without_java_what_needs_it_says_so(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    parts = importlib.import_module(f"tests.performance.{module}").PARTS
    for part in parts[-1:] if module == "bench_inbound" else parts:
        (row,) = _measured(part)
        assert row.value is None and "needs Java" in str(row.missing), row


def test_without_chromium_the_console_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE24_CHROMIUM", "/nowhere/chromium")
    monkeypatch.setattr(bench_console, "CONTACTS", 3)
    (row,) = _measured(bench_console.PARTS[0])
    assert row.value is None and str(row.missing).startswith("Chromium is missing"), row


def test_without_a_stack_its_page_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GATE24_STATE_DIR", str(tmp_path))
    (row,) = _measured(bench_console.PARTS[1])
    assert row.missing == "no stack runs (make start)"


def test_without_what_starts_a_stack_the_latency_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def broken(name: str) -> Iterator[None]:
        raise subprocess.CalledProcessError(1, name)
        yield

    monkeypatch.setattr(bench_events_latency, "own_stack", broken)
    (row,) = _measured(bench_events_latency.PARTS[0])
    assert row.value is None and "the stack did not start" in str(row.missing)


def test_without_a_built_artifact_cold_starts_and_sizes_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench_cold, "ARTIFACT", tmp_path)
    for part in bench_cold.PARTS:
        (row,) = _measured(part)
        assert row.missing == "nothing is built (make build)"


def test_every_benchmark_names_its_parts_once() -> None:
    names = [name for name, _ in bench._parts()]
    assert len(names) == len(set(names)) >= 12
