"""The whole system in one process, on moto."""

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
def gate24(tmp_path: Path) -> Iterator[System]:
    """An empty system with a simulator that sends no statuses by itself."""
    with system(tmp_path) as made:
        assert made.simulator is not None
        yield made
