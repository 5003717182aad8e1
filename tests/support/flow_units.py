"""Capacity units of the warm flows: as a real table tells them (``ReturnConsumedCapacity``), and as the table in memory
counts them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from tests.performance.bench_capacity import counted
from tests.support.asked_of_aws import ROUND_TRIP_SECONDS, chain
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.warm_flows import FLOWS, Flow, Scene, call_of, scene

OF_A_STREAM = ("a change told to one webhook", "a delivery")
"""Flows that begin with a record of the stream, which only the table in memory makes here."""

OF_THE_TABLE: tuple[Flow, ...] = tuple(flow for flow in FLOWS if flow.name not in OF_A_STREAM)


@dataclass(frozen=True, slots=True)
class Spent:
    """Capacity units of one call."""

    reads: float | None
    writes: float


def told_by(database: DynamoDBLocal, folder: Path, flows: Iterable[Flow] = OF_THE_TABLE) -> dict[str, Spent]:
    """By flow; see ``bench_capacity.Units``."""
    found = {}
    with scene(folder, database) as made:
        for flow in flows:
            with redirect_stdout(io.StringIO()):
                call = call_of(flow, made)
                with counted() as units:
                    call()
            found[flow.name] = Spent(units.reads, units.writes + units.slot_writes)
    return found


def in_memory(folder: Path, flows: Iterable[Flow] = OF_THE_TABLE) -> dict[str, Spent]:
    """By flow."""
    with scene(folder) as made:
        return {flow.name: in_scene(made, flow) for flow in flows}


def in_scene(made: Scene, flow: Flow) -> Spent:
    """As the table in memory counts it."""
    assert made.held is not None
    with redirect_stdout(io.StringIO()):
        call = call_of(flow, made)
        before = made.held.usage
        call()
    used = made.held.usage.since(before)
    return Spent(used.read_units, used.write_units)


def check_counts(made: Scene, flow: Flow) -> None:
    """Its requests, how many of them wait for one another, and its units are those that ``flow`` says. A machine that
    stands still between two requests makes the second look as if it had waited: then each is given longer."""
    assert made.held is not None
    for seconds in (ROUND_TRIP_SECONDS, 10 * ROUND_TRIP_SECONDS, 50 * ROUND_TRIP_SECONDS):
        call = call_of(flow, made)
        before = made.held.usage
        found = chain(call, seconds)
        used = made.held.usage.since(before)
        if found.one_after_another == flow.chain:
            break
    assert (len(found.made), found.one_after_another) == (flow.requests, flow.chain), found.operations
    assert (used.write_units, used.read_units) == (flow.writes, flow.reads), found.operations
