"""Prints the log lines of the functions and of the simulator as they are written."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any, TextIO

from botocore.exceptions import BotoCoreError

from stack.deploy import client
from stack.settings import Settings

Line = tuple[int, str, str]
"""Time in epoch ms, source, text."""

_HIDDEN = ("START RequestId", "END RequestId", "REPORT RequestId", '{"_aws":')
"""Beginnings of lines that are not printed: Lambda's own, and metrics in the embedded metric format."""
_POLL_SECONDS = 1.0
_OVERLAP_MS = 5_000
"""Each poll looks back this far, because an event can become visible later than its timestamp."""


def follow(settings: Settings) -> None:
    """Print new lines until Ctrl-C: the functions' from CloudWatch Logs, the simulator's from its log file."""
    print(
        f"Following the log (complete logs: {settings.bsp_log}, {settings.aws_log}). Ctrl-C stops the stack.\n",
        flush=True,
    )
    logs = client("logs", settings)
    with contextlib.suppress(KeyboardInterrupt), settings.bsp_log.open(errors="replace") as simulator:
        simulator.seek(0, 2)
        since = _now()
        printed: set[Line] = set()
        while True:
            until = _now()
            try:
                lines = [*_functions(logs, since, printed), *_simulator(simulator)]
            except BotoCoreError:
                print("The stack was stopped.")
                return
            for source, line in lines:
                print(f"{source:<16} {line}", flush=True)
            since = until - _OVERLAP_MS
            time.sleep(_POLL_SECONDS)


def _functions(logs: Any, since: int, printed: set[Line]) -> Iterator[tuple[str, str]]:
    """Source and text of the lines that the last poll did not have. MiniStack's events have no id, so lines are
    compared by time, source and text."""
    found = {
        (event["timestamp"], group["logGroupName"].rpartition("/")[2].removesuffix("Logs"), event["message"].rstrip())
        for group in logs.describe_log_groups()["logGroups"]
        for event in logs.filter_log_events(logGroupName=group["logGroupName"], startTime=since)["events"]
        if not event["message"].startswith(_HIDDEN)
    }
    yield from ((source, message) for _, source, message in sorted(found - printed))
    printed.clear()
    printed.update(found)


def _simulator(log: TextIO) -> Iterator[tuple[str, str]]:
    yield from (("simulator", line.rstrip()) for line in log)


def _now() -> int:
    return time.time_ns() // 1_000_000
