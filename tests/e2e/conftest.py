"""The started stack, as ``stack.json`` describes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stack.settings import Settings
from tests.support.requirement import missing


@pytest.fixture(scope="session")
def stack() -> dict[str, Any]:
    """The running stack (contract, section 1). ``make test`` starts one; by hand: ``make start DETACH=1``."""
    file = Settings.from_env().stack_file
    if not file.exists():
        missing(f"No stack runs ({file} is not there): make start DETACH=1")
    description: dict[str, Any] = json.loads(file.read_text())
    return description


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)
