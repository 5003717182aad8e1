"""How much memory a function is to have: what a million calls cost, and how long one takes, at several sizes.

The CPU is measured here, of a warm call and of a start. Lambda gives CPU in proportion to the memory, one vCPU at
1,769 MB (Lambda developer guide, "Configure Lambda function memory", read 2026-11), and bills memory by time, so that
CPU costs the same at every size, and waiting the more the larger the function is. Requests are not in the sum: they
cost the same. A core here is taken for a vCPU there.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from decimal import Decimal
from pathlib import Path
from statistics import median
from types import MappingProxyType

from infra.operator.monthly_costs import prices
from tests.performance import bench_cold
from tests.performance.bench_warm import ROUND_TRIP_MS
from tests.performance.rows import Part, Row, middle
from tests.support.asked_of_aws import chain, cpu
from tests.support.warm_flows import FLOWS, call_of, scene

SIZES = (256, 512, 768, 1024, 1536, 1769)
WHOLE_CPU_MB = 1769

BSP_MS = 400.0
"""What a BSP takes to answer a send, about."""

MEASURED: Mapping[str, float] = MappingProxyType(
    {
        "inbound text, Gupshup": 0.0,
        "status delivered, Meta": 0.0,
        "freeform, Gupshup": BSP_MS,
        "decision, freeform": 0.0,
        "read a contact": 0.0,
        "authorizer": 0.0,
    }
)
"""Flows, with what they wait for beside AWS."""

STARTS = ("InboundWebhook", "SendGate", "ReadApi", "Authorizer")
_WARM, _START = "memory, a warm call", "memory, a start"


def duration_ms(cpu_ms: float, waits_ms: float, size: int) -> float:
    """How long work takes in a function of that many MB. No work here is done by two threads at once, so that more than
    one vCPU is of no use."""
    return cpu_ms / min(1.0, size / WHOLE_CPU_MB) + waits_ms


def dollars_a_million(milliseconds: float, size: int) -> float:
    """By the first step of the list price, nothing free."""
    price = Decimal(prices()["prices"]["lambda_gb_second"]["steps"][0][1])
    return float(price) * milliseconds * 1000 * size / 1024


def _rows(group: str, what: str, cpu: Sequence[float], waits_ms: float) -> Iterator[Row]:
    """A curve, by which a size is chosen; nothing of it has a target."""
    cpu_ms = median(cpu)
    yield middle(group, f"{what}: CPU", cpu, "ms", is_yardstick=True)
    for size in SIZES:
        found = duration_ms(cpu_ms, waits_ms, size)
        yield Row(group, f"{what}: {size} MB, takes", found, "ms", is_yardstick=True)
        yield Row(group, f"{what}: {size} MB, a million", dollars_a_million(found, size), "$", is_yardstick=True)


def _warm() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder)) as made:
        for flow in (each for each in FLOWS if each.name in MEASURED):
            with redirect_stdout(io.StringIO()):
                call = call_of(flow, made)
                found = chain(call)
            spent = [each / 1000 for each in cpu(call, found.made).ours]
            yield from _rows(_WARM, flow.name, spent, found.one_after_another * ROUND_TRIP_MS + MEASURED[flow.name])


def _starts() -> Iterator[Row]:
    """Two requests for the contact key are in none of them."""
    bench_cold.require_artifact()
    works = {name: (bench_cold.ARTIFACT / name, f"import {bench_cold.HANDLERS[name]}.handler") for name in STARTS}
    for name, times in bench_cold.in_turn(works).items():
        yield from _rows(_START, name, times, 0.0)


PARTS: tuple[Part, ...] = (("Memory sizes, warm", _warm), ("Memory sizes, starts", _starts))
