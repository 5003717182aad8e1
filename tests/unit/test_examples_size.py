"""The bots of ``examples/`` are as short as ``examples/README.md`` says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stack.settings import ROOT

BOTS = sorted((ROOT / "examples").glob("*/bot.*"))
README = (ROOT / "examples" / "README.md").read_text()


@pytest.mark.parametrize("bot", BOTS, ids=lambda bot: bot.parent.name)
def test_a_bot_has_no_more_lines_than_the_readme_says_and_no_line_is_longer_than_the_projects(bot: Path) -> None:
    (promised,) = re.findall(r"at most (\d+) lines", README)
    lines = [line for line in bot.read_text().splitlines() if line.strip()]
    assert len(lines) <= int(promised) == 30
    assert max(map(len, lines)) <= 120


def test_each_bot_is_in_the_readmes_table() -> None:
    assert len(BOTS) == 4
    for bot in BOTS:
        assert f"({bot.relative_to(ROOT / 'examples')})" in README
