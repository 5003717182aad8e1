"""What a warm function asks of AWS in the flows that it is called for most: how much, what waits for what, and what it
is billed as."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.flow_units import check_counts
from tests.support.warm_flows import FLOWS, Flow, Scene, scene


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home: Path = tmp_path_factory.mktemp("warm")
    with scene(home) as found:
        yield found


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_flow_makes_no_more_requests_than_it_needs(made: Scene, flow: Flow) -> None:
    check_counts(made, flow)
