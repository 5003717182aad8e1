"""Every block of code in the docs is correct in its language, and every row of a table stands in one."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from stack.settings import ROOT
from tests.support.requirement import missing

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("**/*.md")), ROOT / "examples" / "README.md"]
BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\S*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
SHELLCHECK = Path(sys.executable).parent / "shellcheck"
OF_A_PART = "SC2034,SC2148,SC2154"
"""What is no fault in a part of a session: a variable for the next block, or of the block before, and no first line
that names the shell."""


def shell(text: str) -> None:
    for command in (["bash", "-n"], [str(SHELLCHECK), "--shell=bash", f"--exclude={OF_A_PART}", "-"]):
        checked = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def javascript(text: str) -> None:
    if shutil.which("node") is None:
        missing("Node.js is not installed: it checks the docs' JavaScript")
    command = ["node", "--check", "--input-type=module", "-"]
    checked = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def diagram(text: str) -> None:
    """Mermaid itself is JavaScript of a browser; GitHub draws it."""
    assert text.startswith("flowchart "), "another kind than those that were looked at"
    assert all(text.count(opening) == text.count(closing) for opening, closing in ("[]", "()"))


def table(text: str) -> None:
    header, *rows = csv.reader(text.splitlines(), strict=True)
    assert rows and all(len(row) == len(header) for row in rows)


CHECKS: dict[str, Callable[[str], object]] = {
    "python": lambda text: compile(text, "block", "exec"),
    "json": json.loads,
    "yaml": yaml.safe_load,
    "csv": table,
    "sh": shell,
    "js": javascript,
    "mermaid": diagram,
    "text": str,
}
BLOCKS = [
    pytest.param(found["language"], dedent(found["text"]), id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, found in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8")), 1)
]


@pytest.mark.parametrize(("language", "text"), BLOCKS)
def test_a_block_is_correct_in_its_language(language: str, text: str) -> None:
    assert language in CHECKS, "a block says its language"
    CHECKS[language](text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_block_is_left_open_or_overlooked(page: Path) -> None:
    fences = re.findall(r"^ *```", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) == 2 * len(BLOCK.findall(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_row_stands_below_the_head_of_its_table(page: Path) -> None:
    paragraphs = re.split(r"\n\s*\n", BLOCK.sub("", page.read_text(encoding="utf-8")))
    rows = [[line.strip() for line in each.splitlines() if line.strip().startswith("|")] for each in paragraphs]
    assert [table[0] for table in rows if table and not re.match(r"\|[ :|-]*-[ :|-]*\|$", "".join(table[1:2]))] == []
