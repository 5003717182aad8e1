"""What AWS bills for messages: gate24, the least that does the same to the table, and the way that guides show.

Each does its operations against DynamoDB Local in a process that has its own libraries alone, so that CPU, requests,
units and logged bytes are measured alike (``tests.performance.ways``). Prices are AWS's lists without what is free
(``infra/operator/aws_prices.json``). What comes later (rollup, events out, storage) is in docs/deploy.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from infra.operator.monthly_costs import prices
from stack.settings import ROOT
from tests.performance import bench_cold
from tests.performance.rows import Part, Row, middle
from tests.support.dynamodb_local import start_dynamodb_local
from tests.support.table import create_table

MEMORY_MB, WHOLE_CPU_MB = 1024, 1769
"""Of the functions; with the second a function has a whole vCPU (AWS, Lambda quotas, read 2026-11)."""
ROUND_TRIP_MS, BSP_MS = 5, 400
"""What a request to the table and one to the BSP are taken to need."""
MILLION = 1_000_000
DAY = {"inbound": 500_000, "send": 500_000, "status": 2_000_000}
"""A day of 1,000,000 messages: of each outgoing one come four statuses."""

_GROUP = "Dollars (AWS's list prices; gate24, the least, and the conventional way)"
_WAYS = {"ours": "gate24", "floor": "the least", "conventional": "the conventional way"}

UNITS = {"inbound": (4.0, 3.0, 2.0), "send": (7.1, 5.1, 3.0), "status": (2.0, 1.0, 1.0)}
"""Of gate24: requests, write units and read units (``tests.support.warm_flows``; one send in ten writes once more).
Its people write so often that each message is looked for under the key that it may have had."""

Spent = Mapping[str, Mapping[str, Any]]


def rows() -> Iterator[Row]:
    bench_cold.require_artifact()
    found = measured()
    for operation in DAY:
        for way in _WAYS:
            if way in found:
                usual = found.get("conventional", found["floor"])
                yield from _of_operation(way, operation, found[way][operation], usual[operation])
    for what, counts in (*((f"a million: {name}", {name: MILLION}) for name in DAY), ("a day of a million", DAY)):
        dollars = {way: _of_many(counts, spent) for way, spent in found.items()}
        target = median(dollars.get("conventional", dollars["floor"]))
        for way, name in _WAYS.items():
            if way == "ours":
                yield middle(_GROUP, f"{what}, {name}", dollars[way], "$", target, median(dollars["floor"]))
            elif way in dollars:
                yield middle(_GROUP, f"{what}, {name}", dollars[way], "$", is_yardstick=True)
            else:
                yield Row(_GROUP, f"{what}, {name}", None, "", missing=bench_cold.NOT_INSTALLED)


def _of_many(counts: Mapping[str, int], spent: Mapping[str, Any]) -> list[float]:
    """Dollars by round, the cheapest first."""
    rounds = zip(*(_dollars(spent[name], name) for name in counts), strict=True)
    return [float(sum(n * each for n, each in zip(counts.values(), one, strict=True))) for one in rounds]


def _of_operation(way: str, operation: str, spent: Mapping[str, Any], usual: Mapping[str, Any]) -> Iterator[Row]:
    """``usual``: what the conventional way spends, which is the target of the CPU."""
    what, is_ours = f"{_WAYS[way]}: {operation}", way == "ours"
    cpu, budget = f"{what}, CPU with the requests", median(usual["cpu_ms"])
    yield middle(_GROUP, cpu, spent["cpu_ms"], "ms", budget if is_ours else None, is_yardstick=not is_ours)
    names = (("requests", ""), ("writes", "WRU"), ("reads", "RRU"))
    for (name, unit), most in zip(names, UNITS[operation], strict=True):
        target = most if is_ours else None
        yield Row(_GROUP, f"{what}, {name}", spent[name], unit, target, is_yardstick=not is_ours)


def _dollars(spent: Mapping[str, Any], operation: str) -> list[Decimal]:
    """Of one, in AWS's first step of prices, by each round's CPU."""
    share = MEMORY_MB / WHOLE_CPU_MB
    waits = spent["requests"] * ROUND_TRIP_MS + (BSP_MS if operation == "send" else 0)
    listed = prices()["prices"]

    def of(cpu_ms: float) -> Decimal:
        used = {
            "lambda_request": 1,
            "lambda_gb_second": (cpu_ms / share + waits) / 1000 * MEMORY_MB / 1024,
            "api_request": 1,
            "table_write": spent["writes"],
            "table_read": spent["reads"],
            "log_gb": spent["logged_bytes"] / 10**9,
        }
        paid = (Decimal(n) * Decimal(listed[name]["steps"][0][1]) / listed[name]["per"] for name, n in used.items())
        return sum(paid, Decimal(0))

    return [of(each) for each in sorted(spent["cpu_ms"])]


def measured() -> dict[str, Spent]:
    """By way, what each of its operations spends."""
    with tempfile.TemporaryDirectory() as folder, start_dynamodb_local(Path(folder)) as database, _bsp() as bsp:
        folders = {
            "ours": bench_cold.ARTIFACT / "SendGate",
            "floor": bench_cold.plain_botocore(),
            "conventional": bench_cold.conventional(),
        }
        for way in ("ours", "floor"):
            create_table(database.client(), f"dollars-{way}")
        return {
            way: _run(way, libraries, database.endpoint, bsp)
            for way, libraries in folders.items()
            if libraries is not None
        }


def _run(way: str, libraries: Path, endpoint: str, bsp: str) -> Spent:
    code = (
        f"import sys; sys.path[:0] = [{str(libraries)!r}, {str(ROOT)!r}]; from tests.performance.ways import counting"
    )
    environment = bench_cold.environment() | {
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", f"{code}; counting.main()", way, f"dollars-{way}", bsp],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise RuntimeError(f"{way} did not run:\n{ran.stderr[-2000:]}")
    found: Spent = json.loads(ran.stdout.splitlines()[-1])
    return found


class _Taking(BaseHTTPRequestHandler):
    """A BSP that takes everything."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        answer = json.dumps({"status": "submitted", "messageId": os.urandom(8).hex()}).encode()
        self.send_response(202)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _bsp() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


PARTS: tuple[Part, ...] = (("Dollars", rows),)
