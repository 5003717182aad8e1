"""A warm function: CPU of each flow beside the same requests by bare clients, and which of these wait for one another.

A flow is one call of its Lambda handler. What AWS answers comes from this process (``tests.support.asked_of_aws``).
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median

from tests.performance.rows import Part, Row, middle
from tests.support.asked_of_aws import chain, cpu
from tests.support.warm_flows import FLOWS, LISTING, Flow, Scene, call_of, scene

TIMES_THE_FLOOR = 1.25
"""CPU of a flow that is called often, beside the same requests by a bare client."""

ROUND_TRIP_MS = 5
"""What a request takes within a region, about."""

_GROUP = "A warm function, beside bare clients that make the same requests (the floor)"


def rows(flows: Sequence[Flow] = (*FLOWS, LISTING)) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder)) as made:
        for flow in flows:
            yield from _measured(flow, made)


def _measured(flow: Flow, made: Scene) -> Iterator[Row]:
    with redirect_stdout(io.StringIO()):
        call = call_of(flow, made)
        found = chain(call)
    spent = cpu(call, found.made)
    sequential = found.one_after_another
    floor, aim = median(spent.bare), flow.chain_aimed_at or flow.chain
    yield middle(_GROUP, f"{flow.name}: CPU", spent.ours, "us", TIMES_THE_FLOOR * floor, floor)
    yield middle(_GROUP, f"{flow.name}: CPU, times the floor", spent.times, "x", TIMES_THE_FLOOR)
    yield Row(_GROUP, f"{flow.name}: requests", len(found.made), "", flow.requests)
    yield Row(_GROUP, f"{flow.name}: requests one after another", sequential, "", aim)
    waits = sequential * ROUND_TRIP_MS
    what = f"{flow.name}: waiting for them at {ROUND_TRIP_MS} ms each"
    yield Row(_GROUP, what, waits, "ms", aim * ROUND_TRIP_MS, spread=(waits, waits))


PARTS: tuple[Part, ...] = (("Warm functions", rows),)
