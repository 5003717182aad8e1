"""The inbound side: events parsed a second for each provider and format, and a webhook of 1,000 updates."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from gate24.providers import provider
from stack.settings import ROOT
from tests.performance.inbound_batch import MIXES
from tests.performance.rows import Part, Row, middle
from tests.support.bodies import Body, gupshup_status, gupshup_text, gupshup_v3, meta_status, meta_text, raw
from tests.support.dynamodb_local import start_dynamodb_local
from tests.support.table import create_table

_SECONDS, _ROUNDS = 0.5, 3
CPU_SECONDS = 2.5
"""What a batch may take of one core; by the clock it takes longer here, where the table is on the same cores."""

MEMORY_MIB = 256
"""What a batch may need in the function."""

PARSED_LEAST = 5_000
"""Events a second: 0.2 ms of each one's CPU, a fifth of what the three requests for it take."""

_BODIES: tuple[tuple[str, str, Body], ...] = (
    ("Gupshup v2, text", "gupshup", gupshup_text()),
    ("Gupshup v2, status", "gupshup", gupshup_status("delivered")),
    ("Gupshup v3, text", "gupshup", gupshup_v3(meta_text())),
    ("Gupshup v3, status", "gupshup", gupshup_v3(meta_status("delivered", gs_id="gs-1"))),
    ("Meta, text", "meta", meta_text()),
    ("Meta, status", "meta", meta_status("delivered", our_id="m-1")),
)


def _parsing() -> Iterator[Row]:
    """The floor is the JSON alone."""
    return (_parsed(*each) for each in _BODIES)


def _parsed(what: str, name: str, body: Body) -> Row:
    text, parse, received_at = raw(body), provider(name).parse, int(time.time() * 1000)
    measured = _per_second(lambda: parse(json.loads(text), received_at))
    floor = _per_second(lambda: json.loads(text))
    return middle("Webhooks parsed", what, measured, "events/s", PARSED_LEAST, median(floor), at_least=True)


def _per_second(call: Callable[[], Any]) -> list[float]:
    return [_once(call) for _ in range(_ROUNDS)]


def _once(call: Callable[[], Any]) -> float:
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < _SECONDS / _ROUNDS:
        for _ in range(100):
            call()
        done += 100
    return done / spent


_BATCH = "One webhook of 1,000 updates"


def _batch() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, start_dynamodb_local(Path(folder)) as database:
        client = database.client()
        for mix, what in MIXES.items():
            yield from _batch_of(what, [_run(client, database.endpoint, mix, number) for number in range(_ROUNDS)])


def _batch_of(what: str, runs: list[dict[str, Any]]) -> Iterator[Row]:
    group = f"{_BATCH}, {runs[0]['megabytes']:.1f} MB (on DynamoDB Local): {what}"
    for time_, it in (("first", "all stored"), ("again", "the same again")):
        clock, cpu, requests = ([each[time_][name] for each in runs] for name in ("clock", "cpu", "requests"))
        yield middle(group, it, clock, "s", is_yardstick=True)
        yield middle(group, f"{it}, CPU of the process", cpu, "s", CPU_SECONDS)
        yield middle(group, f"{it}, requests to the table", requests, "requests", is_yardstick=True)
    yield middle(group, "peak memory of the process", [each["peak_mib"] for each in runs], "MiB", MEMORY_MIB)


def _run(client: Any, endpoint: str, mix: str, number: int) -> dict[str, Any]:
    table = f"inbound-{mix}-{number}"
    create_table(client, table)
    found = subprocess.run(
        [sys.executable, "-m", "tests.performance.inbound_batch", endpoint, table, mix],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(("functions", "infra/local", "."))},
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode != 0:
        raise RuntimeError(f"the batch did not run:\n{found.stderr[-2000:]}")
    said: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])  # after what the functions log
    return said


PARTS: tuple[Part, ...] = (("Webhooks parsed", _parsing), (_BATCH, _batch))
