"""A stack ends the processes that it started, and no others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import start
from stack.processes import Processes
from stack.progress import StartError
from stack.settings import ROOT, Settings

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


@pytest.fixture
def left(tmp_path: Path) -> Iterator[int]:
    """A process that a start of the stack has begun; its id."""
    started = Processes(tmp_path).start("aws", SLEEP, dict(os.environ), tmp_path / "log")
    yield started.pid
    Processes(tmp_path).end()
    started.wait(timeout=5)


def test_a_start_after_one_that_was_killed_says_what_runs_and_what_ends_it(tmp_path: Path, left: int) -> None:
    with pytest.raises(StartError) as refused:
        start.start(Settings(tmp_path, 1, 2), Processes(tmp_path))
    assert str(refused.value) == (
        f"Left of a start that did not get to its end: MiniStack (process {left}); "
        f"{tmp_path}/stack.json is not written. If no other make start is under way, end what is left: make stop"
    )
    assert Processes(tmp_path).running() == {"aws": left}


def test_a_start_beside_a_stack_that_is_ready_names_its_description(tmp_path: Path, left: int) -> None:
    (tmp_path / "stack.json").write_text("{}")
    with pytest.raises(StartError, match=r"is running already \(.*stack\.json\)\. End it first: make stop"):
        start.start(Settings(tmp_path, 1, 2), Processes(tmp_path))


KILLED_WHILE_IT_DEPLOYS = f"""
import os, signal, sys, time
from stack import start

def begin(settings, processes):
    processes.start("aws", {SLEEP!r}, dict(os.environ), settings.aws_log)

def be_killed(settings):
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    time.sleep(60)

start.require_free = lambda *_: None
start.build = lambda: None
start.start_aws = begin
start.start_bsp = lambda *_: None
start.deploy = be_killed
sys.exit(start.main())
"""


@pytest.mark.parametrize("signalled", ["SIGTERM", "SIGHUP"])
def test_a_start_that_is_ended_ends_what_it_has_started(tmp_path: Path, signalled: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_IT_DEPLOYS, signalled],
        env=os.environ | {"GATE24_STATE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT / "infra" / "local")},
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr.strip()) == (1, "Interrupted")
    assert "Deploying template.yaml (sam deploy; about a minute) ... failed" in ran.stdout
    assert not (tmp_path / "processes.json").exists(), "nothing of it runs"
