"""``make bench`` goes on, whatever of it this machine cannot run."""

from __future__ import annotations

import ast
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from stack.progress import StartError
from tests.performance import (
    bench,
    bench_cold,
    bench_console,
    bench_emulator,
    bench_events_latency,
    bench_parked,
    emulated,
)
from tests.performance.rows import Part, Row, middle
from tests.support import dynamodb_local, ministack
from tests.support.requirement import missing

_JAVA, _BUILT = ("needs Java", "Debian: default-jre-headless"), ("make build",)
SAYS = {
    "Capacity units": _JAVA,
    "Capacity units of a warm flow, DynamoDB Local": _JAVA,
    "Capacity units of a warm flow, MiniStack": ("MiniStack did not start", "make install"),
    "Console, first view of the list": ("Chromium is missing", "Debian: chromium"),
    "Dollars": _BUILT,
    "Events out: latency under load": ("the stack did not start", "make start"),
    "Events out: the feed": _JAVA,
    "Events out: units and CPU": _JAVA,
    "Events out: windows that close": _JAVA,
    "Memory sizes, starts": _BUILT,
    "One webhook of 1,000 updates": _JAVA,
    "Parked events stored": _JAVA,
    "Runtime Interface Emulator": _BUILT,
    "The started stack's first page": ("no stack runs", "make start"),
    "artifact, unzipped": _BUILT,
    "cold start with the contact key read; the floor is without": _BUILT,
    "cold start, CPU of the import": _BUILT,
    "cold start, other Pythons": _BUILT,
}
"""Words of the line of each part that needs a program, an artifact or a stack."""

NEEDS_NOTHING = (
    "A search for one contact",
    "10,000 messages a second",
    "Capacity units of a warm flow, in memory",
    "Day rollup",
    "Memory sizes, warm",
    "Warm functions",
    "Webhooks parsed",
    "a decision and forward, answered in process",
)


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


def test_a_row_tells_its_target_and_its_spread_or_is_named(capsys: pytest.CaptureFixture[str], written: Path) -> None:
    rows = [
        Row("sound", "no target", 1, "WRU"),
        Row("sound", "no spread", 1, "ms", 2),
        Row("sound", "neither", 1, "ms"),
        Row("sound", "a yardstick", 1, "ms", is_yardstick=True),
        Row("sound", "not there", None, "", missing="Java is missing"),
        middle("sound", "too few", [3, 1, 2], "a second", 5, at_least=True),
        middle("sound", "enough", [7, 9, 8], "a second", 5, at_least=True),
    ]
    assert _run([("sound", lambda: rows)]) == 0
    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if line.startswith("Without")] == [
        "Without its target: sound: no target",
        "Without its spread: sound: no spread",
        "Without its target and its spread: sound: neither",
    ]
    assert [row["lacks"] for row in json.loads(written.read_text())[:4]] == [
        ["target"],
        ["spread"],
        ["target", "spread"],
        [],
    ]
    assert [row.over for row in rows[-2:]] == [True, False]
    assert "UNDER" in said and ">= 5.0 a second" in said


@pytest.mark.parametrize("module", sorted(Path(bench.__file__).parent.glob("bench_*.py")), ids=lambda path: path.stem)
def test_each_row_is_given_a_target_or_says_that_it_has_none(module: Path) -> None:
    calls = [each for each in ast.walk(ast.parse(module.read_text())) if isinstance(each, ast.Call)]
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id in ("Row", "middle"):
            assert _has_target(call), f"{module.name}:{call.lineno}"


def _has_target(call: ast.Call) -> bool:
    """By its fifth argument, or by a name; what is given by a star is looked at as it runs."""
    if {each.arg for each in call.keywords} & {"budget", "missing", "is_yardstick"}:
        return True
    if any(isinstance(each, ast.Starred) for each in call.args):
        return True
    return len(call.args) > 4 and not (isinstance(call.args[4], ast.Constant) and call.args[4].value is None)


@pytest.mark.parametrize(("parts", "status"), [([("over", _over)], 1), ([("sound", _sound)], 0)])
def test_only_capacity_units_over_their_budget_are_a_fault(parts: list[Part], status: int) -> None:
    assert _run(parts) == status


@pytest.fixture
def nothing_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No program, no artifact, no stack that runs, and pip without its index."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("GATE24_CHROMIUM", "/nowhere/chromium")
    monkeypatch.setenv("GATE24_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(bench_cold, "ARTIFACT", tmp_path / "built")
    monkeypatch.setattr(bench_cold, "BESIDE", tmp_path / "beside")
    monkeypatch.setattr(bench_console, "CONTACTS", 3)
    monkeypatch.setattr(ministack, "start_aws", _does_not_start)
    monkeypatch.setattr(bench_events_latency, "own_stack", _broken)


def _does_not_start(*_: object) -> NoReturn:
    raise StartError("It did not answer.")


@contextmanager
def _broken(name: str) -> Iterator[None]:
    raise subprocess.CalledProcessError(1, name)
    yield


@pytest.mark.parametrize("name", sorted(SAYS))
def test_a_part_says_what_is_not_there_and_how_to_get_it(
    name: str, nothing_is_there: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run([(name, dict(bench._parts())[name]), ("sound", _sound)]) == 0
    said = capsys.readouterr()
    (line,) = [each for each in said.out.splitlines() if "not measured: " in each]
    assert all(each in line for each in SAYS[name]), line
    assert "reads" in said.out and "Traceback" not in said.err


def test_each_part_needs_something_or_nothing() -> None:
    names = [name for name, _ in bench._parts()]
    assert sorted(names) == sorted([*SAYS, *NEEDS_NOTHING])


def test_without_maven_what_needs_dynamodb_local_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = shutil.which("java")
    if java is None:
        missing("Java is missing (Debian: default-jre-headless)")
    (tmp_path / "java").symlink_to(java)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(dynamodb_local, "_HOME", tmp_path / "home")
    (row,) = _measured(bench_parked.PARTS[0])
    assert row.value is None and "Debian: maven" in str(row.missing)


@pytest.mark.parametrize("library", ["samcli", "awslambdaric"])
def test_without_the_emulator_or_awss_runtime_their_part_says_so(
    library: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == library else find(name))
    (tmp_path / "SendGate").mkdir()
    monkeypatch.setattr(bench_cold, "ARTIFACT", tmp_path)
    (row,) = _measured(bench_emulator.PARTS[0])
    assert (
        row.value is None and f"{library} is not installed" in str(row.missing) and "make install" in str(row.missing)
    )


def test_without_another_python_this_one_is_measured_and_the_other_told(
    nothing_is_there: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "built" / "SendGate").mkdir(parents=True)
    monkeypatch.setattr(bench_emulator, "_of_python", lambda world, name, *_: [Row(name, "INIT", 1, "ms")])
    rows = _measured(bench_emulator.PARTS[0])
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    others = [name for name in bench_emulator.PYTHONS if name != own]
    assert [row.missing for row in rows] == [
        None,
        *(f"{name} is missing (pyenv install {name[6:]})" for name in others),
    ]


def test_without_pip_s_index_only_the_conventional_way_is_missing(
    nothing_is_there: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "built" / "SendGate").mkdir(parents=True)
    monkeypatch.setattr(bench_cold, "in_turn", lambda works, *_: {name: [2.0, 1.0, 3.0] for name in works})
    rows = _measured(bench_cold.PARTS[0])
    assert [row.missing for row in rows if row.missing] == [bench_cold.NOT_INSTALLED]
    assert len([row for row in rows if row.unit == "x"]) == len(bench_cold.HANDLERS)
    assert emulated.runtime_of(sys.executable) is None


def test_every_benchmark_names_its_parts_once() -> None:
    names = [name for name, _ in bench._parts()]
    assert len(names) == len(set(names)) >= 12
