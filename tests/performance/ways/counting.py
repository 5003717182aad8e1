"""What an operation costs, whoever does it: CPU of its process, requests to DynamoDB and their units, bytes logged.

    python -I -S -B -c "sys.path[:0] = LIBRARIES, ROOT; counting.main()" WAY TABLE BSP

``WAY`` is a module of this folder: ``floor``, ``conventional`` or ``ours``, which has ``clients()`` (botocore's, of
DynamoDB) and ``operations(table, bsp)``: by name what does one of it, given its number. Prints JSON.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from typing import Any

WARM, ROUNDS, TIMED, COUNTED = 20, 5, 30, 10
_READS = frozenset({"GetItem", "Query", "BatchGetItem"})


def main() -> None:
    way, table, bsp = sys.argv[1:]
    module = importlib.import_module(f"tests.performance.ways.{way}")
    operations: dict[str, Callable[[int], object]] = module.operations(table, bsp)
    print(json.dumps({name: _spent(work, module.clients()) for name, work in operations.items()}))


def _spent(work: Callable[[int], object], clients: list[Any]) -> dict[str, Any]:
    numbers, logged = _numbers(), io.StringIO()
    with redirect_stdout(logged):
        for _ in range(WARM):
            work(next(numbers))
        logged.seek(logged.truncate(0))
        cpu = []
        for _ in range(ROUNDS):
            began = time.process_time()
            for _ in range(TIMED):
                work(next(numbers))
            cpu.append((time.process_time() - began) / TIMED * 1000)
        size = logged.tell() / TIMED / ROUNDS
        units = _Units()
        for client in clients:
            client.meta.events.register("before-parameter-build.dynamodb.*", units.ask)
            client.meta.events.register("after-call.dynamodb.*", units.add)
        for _ in range(COUNTED):
            work(next(numbers))
        for client in clients:
            client.meta.events.unregister("before-parameter-build.dynamodb.*", units.ask)
            client.meta.events.unregister("after-call.dynamodb.*", units.add)
    return {"cpu_ms": cpu, "logged_bytes": size, **units.of_one()}


def _numbers() -> Iterator[int]:
    yield from range(10**6)


class _Units:
    def __init__(self) -> None:
        self.reads = self.writes = 0.0
        self.requests = 0

    def ask(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"
        context["least"] = 1.0 if params.get("ConsistentRead") else 0.5

    def add(self, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        told = parsed.get("ConsumedCapacity") or {"CapacityUnits": 1.0}  # a failed condition is billed, and not told
        units = sum(each["CapacityUnits"] for each in (told if isinstance(told, list) else [told]))
        if model.name == "Query":
            units = max(units, context["least"])  # of one that finds nothing DynamoDB Local says 0
        self.requests += 1
        if model.name in _READS:
            self.reads += units
        else:
            self.writes += units

    def of_one(self) -> dict[str, float]:
        return {
            "requests": self.requests / COUNTED,
            "reads": self.reads / COUNTED,
            "writes": self.writes / COUNTED,
        }
