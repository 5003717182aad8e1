"""Starts a stack's processes, records their ids, and ends those processes and no others."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from stack.progress import StartError

_END_SECONDS = 10.0


class Processes:
    """The processes recorded in ``<folder>/processes.json``.

    Each id is recorded with the start time of its process, so that a process which was given the same id later is
    never taken for ours.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "processes.json"

    def running(self) -> dict[str, int]:
        """Names and ids of the recorded processes that still run."""
        try:
            recorded = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        return {name: entry["pid"] for name, entry in recorded.items() if entry["began"] == _start_time(entry["pid"])}

    def start(self, name: str, command: list[str], env: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
        """Start a process in its own process group with its output in ``log``, and record it."""
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        recorded = json.loads(self._file.read_text()) if self._file.exists() else {}
        recorded[name] = {"pid": process.pid, "began": _start_time(process.pid)}
        self._file.write_text(json.dumps(recorded))
        return process

    def end(self) -> list[str]:
        """End the recorded processes with their groups. Returns the names of those that were still running."""
        ours = self.running()
        for pid in ours.values():
            _signal(pid, signal.SIGTERM)
        deadline = time.monotonic() + _END_SECONDS
        while self.running() and time.monotonic() < deadline:
            for pid in ours.values():
                _reap(pid)
            time.sleep(0.05)
        for pid in self.running().values():
            _signal(pid, signal.SIGKILL)
        self._file.unlink(missing_ok=True)
        return sorted(ours)


def _start_time(pid: int) -> str:
    """The process's start time in a system-specific form; empty if there is no such process or it is a zombie."""
    return _start_time_from_proc(pid) if Path("/proc/self/stat").exists() else _start_time_from_ps(pid)


def _start_time_from_proc(pid: int) -> str:
    """On Linux: field 22 of ``/proc/<pid>/stat`` (proc(5)), in clock ticks since boot. Slim images lack ``ps``."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    state, ticks = after_name[0], after_name[19]
    return "" if state in "ZX" else ticks


def _start_time_from_ps(pid: int) -> str:
    columns = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    ).stdout.split(maxsplit=1)
    return "" if not columns or columns[0].startswith("Z") else columns[1].strip()


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def require_free(port: int, variable: str) -> None:
    """Raises StartError if another process listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StartError(f"Port {port} is taken. Choose another one: make start {variable}={port + 100}") from error


def free_ports(count: int) -> list[int]:
    """So many ports that nothing listens on."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float) -> None:
    """Wait until ``url`` answers. Raises StartError with the end of the log if the process ends or time runs out."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise StartError(f"{url} does not answer. The end of {log}:\n{log.read_text(errors='replace')[-2000:]}")
