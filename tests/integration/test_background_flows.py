"""What the functions that nobody waits for ask of AWS, as ``test_warm_flows.py`` counts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.performance import bench_cold
from tests.support.background_flows import BACKGROUND, morning
from tests.support.flow_units import check_counts
from tests.support.warm_flows import FLOWS, Flow, scene


@pytest.mark.parametrize("flow", BACKGROUND, ids=lambda flow: flow.name)
def test_a_run_makes_no_more_requests_than_it_needs(tmp_path: Path, flow: Flow) -> None:
    with scene(tmp_path, at=morning()) as made:
        check_counts(made, flow)


def test_each_function_is_counted() -> None:
    assert {flow.function for flow in (*FLOWS, *BACKGROUND)} == set(bench_cold.HANDLERS.values())
