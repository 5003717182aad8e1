"""The tasks of every day take the steps that the docs say, in real Chromium, and none more than elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from stack.settings import ROOT
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, session, watched
from tests.support.console_pictures import IMAGES, demo_server
from tests.support.console_tasks import TASKS, Hand, Task

__all__ = ["browser", "context_of", "session", "watched"]

NETWORK_NOTES = True
COLUMNS = ("gate24", "Glific", "Chatwoot")


@pytest.fixture
def server() -> Iterator[Server]:
    with demo_server() as running:
        yield running


def told(task: Task) -> dict[str, int | None]:
    """The steps by the docs' table; none where another has no way to do it."""
    lines = (ROOT / "docs" / "console.md").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"| {task.name} |"))
    cells = [cell.strip() for cell in line.strip("|").split("|")][1:4]
    numbers = (re.match(r"\*{0,2}(\d+)", cell) for cell in cells)
    return {column: int(found[1]) if found else None for column, found in zip(COLUMNS, numbers, strict=True)}


@pytest.mark.parametrize("name", TASKS)
def test_it_takes_the_steps_that_the_docs_say(session: Callable[..., Page], name: str) -> None:
    page = session("demo")
    expect(page.locator(".row").first).to_be_visible()
    hand = Hand(page)
    TASKS[name].do(hand)
    steps = told(TASKS[name])
    assert hand.steps == steps["gate24"]
    assert all(hand.steps <= theirs for theirs in (steps["Glific"], steps["Chatwoot"]) if theirs is not None)


@pytest.mark.parametrize("name", TASKS)
def test_each_has_its_picture(name: str) -> None:
    assert f"images/task-{name}.webp" in (ROOT / "docs" / "console.md").read_text()
    assert (IMAGES / f"task-{name}.webp").read_bytes()[8:12] == b"WEBP"
