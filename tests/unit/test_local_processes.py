"""A stack ends the processes that it started, and no others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.processes import Processes

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(SLEEP, start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_what_was_started_is_ended(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    started = processes.start("sleeper", SLEEP, dict(os.environ), tmp_path / "log")
    assert processes.running() == {"sleeper": started.pid}

    assert processes.end() == ["sleeper"]

    assert processes.running() == {}
    started.wait(timeout=5)


def test_an_id_that_was_given_to_another_process_is_left_alone(
    tmp_path: Path, stranger: subprocess.Popen[bytes]
) -> None:
    recorded = {"aws": {"pid": stranger.pid, "began": "1"}}
    (tmp_path / "processes.json").write_text(json.dumps(recorded))

    assert Processes(tmp_path).end() == []

    assert stranger.poll() is None


def test_ending_twice_is_harmless(tmp_path: Path) -> None:
    assert Processes(tmp_path).end() == []
