"""The whole system in one process, on moto."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documented import only_documented_answers
from tests.support.system import System, system


@pytest.fixture(scope="session", autouse=True)
def documented_answers() -> Iterator[None]:
    with only_documented_answers():
        yield


@pytest.fixture
def gate24(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[System]:
    """An empty system with a simulator that sends no statuses by itself. Its table is moto's; of a test that is marked
    ``in_memory``, one in memory."""
    with system(tmp_path, in_memory=request.node.get_closest_marker("in_memory") is not None) as made:
        assert made.simulator is not None
        yield made


@pytest.fixture
def log(gate24: System) -> Iterator[io.StringIO]:
    """What the functions' logger writes."""
    from gate24.observability import logger

    written, handler = io.StringIO(), logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(written)
    yield written
    handler.setStream(before)
