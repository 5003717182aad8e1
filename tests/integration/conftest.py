"""The whole system in one process, on moto."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate24.usecases import erase_contact, receive_webhook
from tests.support.documented import only_documented_answers
from tests.support.system import System, system


@pytest.fixture(scope="session", autouse=True)
def documented_answers() -> Iterator[None]:
    with only_documented_answers():
        yield


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    """However slow the machine is, a webhook is stored and a short conversation erased within the request, and what
    looks once more for what is left of an erasure comes after all tests."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(receive_webhook, "STORING_SECONDS", 600.0)
        patched.setattr(erase_contact, "SECONDS_AT_ONCE", 600.0)
        patched.setattr(erase_contact, "_TAKEN_OVER_AFTER_SECONDS", 900)
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
