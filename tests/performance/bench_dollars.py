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

from infra.operator.monthly_costs import prices
from stack.settings import ROOT
from tests.performance import bench_cold
from tests.performance.rows import Part, Row
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

Spent = Mapping[str, Mapping[str, float]]


def rows() -> Iterator[Row]:
    bench_cold.require_artifact()
    found = measured()
    for operation in DAY:
        for way, name in _WAYS.items():
            if way in found:
                yield from _of_operation(f"{name}: {operation}", found[way][operation])
    for what, counts in (*((f"a million: {name}", {name: MILLION}) for name in DAY), ("a day of a million", DAY)):
        dollars = {
            way: sum(count * _dollars(spent[name], name) for name, count in counts.items())
            for way, spent in found.items()
        }
        for way, name in _WAYS.items():
            if way in dollars:
                yield Row(_GROUP, f"{what}, {name}", float(dollars[way]), "$", floor=float(dollars["floor"]))
            else:
                yield Row(_GROUP, f"{what}, {name}", None, "", missing=bench_cold.NOT_INSTALLED)


def _of_operation(what: str, spent: Mapping[str, float]) -> Iterator[Row]:
    yield Row(_GROUP, f"{what}, CPU with the requests", spent["cpu_ms"], "ms")
    for name, unit in (("requests", ""), ("writes", "WRU"), ("reads", "RRU")):
        yield Row(_GROUP, f"{what}, {name}", spent[name], unit)


def _dollars(spent: Mapping[str, float], operation: str) -> Decimal:
    """Of one, in AWS's first step of prices."""
    share = MEMORY_MB / WHOLE_CPU_MB
    waits = spent["requests"] * ROUND_TRIP_MS + (BSP_MS if operation == "send" else 0)
    seconds = (spent["cpu_ms"] / share + waits) / 1000 * MEMORY_MB / 1024
    used = {
        "lambda_request": 1,
        "lambda_gb_second": seconds,
        "api_request": 1,
        "table_write": spent["writes"],
        "table_read": spent["reads"],
        "log_gb": spent["logged_bytes"] / 10**9,
    }
    listed = prices()["prices"]
    return sum(
        (Decimal(amount) * Decimal(listed[name]["steps"][0][1]) / listed[name]["per"] for name, amount in used.items()),
        Decimal(0),
    )


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
