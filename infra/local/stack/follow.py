"""Shows what the functions and the simulator write, as they write it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any, TextIO

from botocore.exceptions import EndpointConnectionError

from stack.deploy import client
from stack.settings import Settings

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
        shown: set[str] = set()
        while True:
            until = _now()
            try:
                lines = [*_functions(logs, since, shown), *_simulator(simulator)]
            except EndpointConnectionError:
                print("The stack was stopped.")
                return
            for source, line in lines:
                print(f"{source:<16} {line}", flush=True)
            since = until - _LATE_MS
            time.sleep(_POLL_SECONDS)


def _functions(logs: Any, since: int, shown: set[str]) -> Iterator[tuple[str, str]]:
    fresh: set[str] = set()
    found = []
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        events = logs.filter_log_events(logGroupName=name, startTime=since)["events"]
        fresh.update(event["eventId"] for event in events)
        found += [
            (event["timestamp"], name.rpartition("/")[2].removesuffix("Logs"), event["message"].rstrip())
            for event in events
            if event["eventId"] not in shown and not event["message"].startswith(_NOT_SHOWN)
        ]
    shown.clear()
    shown.update(fresh)
    yield from ((source, message) for _, source, message in sorted(found))


def _simulator(log: TextIO) -> Iterator[tuple[str, str]]:
    yield from (("simulator", line.rstrip()) for line in log)


def _now() -> int:
    return time.time_ns() // 1_000_000
