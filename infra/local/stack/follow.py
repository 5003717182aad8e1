"""Shows what the functions and the simulator write, as they write it."""

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

_NOT_SHOWN = ("START RequestId", "END RequestId", "REPORT RequestId", '{"_aws":')
"""What Lambda itself writes, and metrics in the embedded metric format."""
_POLL_SECONDS = 1.0
_LATE_MS = 5_000
"""An event can be found some time after its own time."""


def follow(settings: Settings) -> None:
    """Print new lines until Ctrl-C: the functions' from CloudWatch Logs, the simulator's from its file."""
    print(
        f"Following the log ({settings.bsp_log}, {settings.aws_log} have the rest). Ctrl-C stops the stack.\n",
        flush=True,
    )
    logs = client("logs", settings)
    with contextlib.suppress(KeyboardInterrupt), settings.bsp_log.open(errors="replace") as simulator:
        simulator.seek(0, 2)
        since = _now()
        shown: set[Line] = set()
        while True:
            until = _now()
            try:
                lines = [*_functions(logs, since, shown), *_simulator(simulator)]
            except BotoCoreError:
                print("The stack was stopped.")
                return
            for source, line in lines:
                print(f"{source:<16} {line}", flush=True)
            since = until - _LATE_MS
            time.sleep(_POLL_SECONDS)


def _functions(logs: Any, since: int, shown: set[Line]) -> Iterator[tuple[str, str]]:
    """Source and text of what is new since the last poll. MiniStack's events have no id: time and text stand
    for it."""
    found = {
        (event["timestamp"], group["logGroupName"].rpartition("/")[2].removesuffix("Logs"), event["message"].rstrip())
        for group in logs.describe_log_groups()["logGroups"]
        for event in logs.filter_log_events(logGroupName=group["logGroupName"], startTime=since)["events"]
        if not event["message"].startswith(_NOT_SHOWN)
    }
    yield from ((source, message) for _, source, message in sorted(found - shown))
    shown.clear()
    shown.update(found)


def _simulator(log: TextIO) -> Iterator[tuple[str, str]]:
    yield from (("simulator", line.rstrip()) for line in log)


def _now() -> int:
    return time.time_ns() // 1_000_000
