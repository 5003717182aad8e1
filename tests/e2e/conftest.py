"""The started stack, as ``stack.json`` describes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stack.settings import Settings
from tests.support.live import until
from tests.support.requirement import missing

ZONES = (UTC, ZoneInfo("Asia/Kolkata"))
LONGEST = timedelta(minutes=2)
"""So long a test takes at most that compares days."""


@pytest.fixture(scope="session")
def stack() -> dict[str, Any]:
    """The running stack (contract, section 1). ``make test`` starts one; by hand: ``make start DETACH=1``."""
    file = Settings.from_env().stack_file
    if not file.exists():
        missing(f"No stack runs ({file} is not there): make start DETACH=1")
    description: dict[str, Any] = json.loads(file.read_text())
    return description


def _same_day() -> bool:
    """Whether no day, and so no month and no year, begins soon."""
    return all(datetime.now(zone).date() == (datetime.now(zone) + LONGEST).date() for zone in ZONES)


@pytest.fixture
def same_day() -> None:
    """For what compares days: shortly before a day begins, in UTC or where the organizations are, it waits for it."""
    until(_same_day, seconds=2 * LONGEST.total_seconds())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)
