"""The lines that ``make start`` prints can be pasted at any hour and name the stack that they are of."""

from __future__ import annotations

import subprocess
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stack.settings import ROOT, Settings
from stack.usage import usage


def printed(timezone: str = "Asia/Kolkata", folder: Path = ROOT / ".local") -> list[str]:
    organization = {"id": "learning", "api_key": "key", "timezone": timezone, "channels": [{"id": "by-gupshup"}]}
    stack = {"console_url": "c", "api_url": "a", "bsp_url": "b", "organizations": [organization]}
    return usage(stack, Settings(folder, 4566, 4010)).splitlines()


@pytest.mark.parametrize("timezone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_costs_line_asks_for_the_organizations_own_day(timezone: str) -> None:
    """These two are 26 hours apart, so that at any moment one of them has another day than this machine."""
    (line,) = (line for line in printed(timezone) if "costs/daily" in line)
    before = datetime.now(ZoneInfo(timezone)).date()
    asked = subprocess.run(["bash", "-c", line.replace("curl -s", "echo")], capture_output=True, text=True, check=True)
    after = datetime.now(ZoneInfo(timezone)).date()
    assert asked.stdout.split()[0] in {f"/v1/costs/daily?from={day}&to={day}" for day in (before, after)}


def test_the_day_is_rolled_up_before_its_costs_are_asked_for() -> None:
    assert next(line for line in printed() if "rollup" in line or "costs/daily" in line) == "make -s rollup"


def test_a_second_stacks_rollup_is_its_own() -> None:
    assert "make -s rollup GATE24_STATE_DIR=.local/second" in printed(folder=ROOT / ".local" / "second")
