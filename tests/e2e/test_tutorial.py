"""The tutorial and the README's session do on a started stack what they say: their lines are run as they stand."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stack.settings import ROOT

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STARTED = re.compile(r"^make (?:start|stop|test)\b.*\n", re.MULTILINE)
"""The stack that the test is given runs already, and goes on running."""


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def printed(commands: list[str]) -> list[str]:
    """What each of the commands printed, which are run in one shell."""
    script = "".join(f"{each}\necho; echo '=== end ==='\n" for each in commands)
    ran = subprocess.run(
        ["bash", "-c", f"set -eu\n{script}"], cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split("=== end ===\n")[:-1]


def last_answer(text: str) -> Any:
    return json.loads(text.strip().rpartition("\n")[2])


def missing_from(answer: Any, shown: Any, path: str = "") -> list[str]:
    """What of the shown JSON the answer does not have. Of an object the page may show a part, and of a list the first
    entries."""
    match shown, answer:
        case dict(), dict():
            return [
                fault
                for key in shown
                for fault in missing_from(answer.get(key, "nothing"), shown[key], f"{path}.{key}")
            ]
        case list(), list() if len(answer) >= len(shown):
            return [
                fault
                for index, each in enumerate(shown)
                for fault in missing_from(answer[index], each, f"{path}[{index}]")
            ]
        case _:
            return [] if answer == shown else [f"{path}: {answer!r}, and not {shown!r}"]


@pytest.mark.usefixtures("stack", "same_day")
def test_the_tutorial_gets_the_answers_that_it_shows() -> None:
    page = blocks(ROOT / "docs" / "tutorial.md")
    outputs = iter(printed([STARTED.sub("", text) for language, text in page if language == "sh"]))
    output, shown = "", 0
    for language, text in page:
        if language == "sh":
            output = next(outputs)
        else:
            assert missing_from(last_answer(output), json.loads(text)) == []
            shown += 1
    assert shown == 7


@pytest.mark.usefixtures("stack")
def test_the_session_of_the_readme_sends_refuses_and_counts() -> None:
    (session,) = (text for language, text in blocks(ROOT / "README.md") if language == "sh" and "_sim" in text)
    answers = [json.loads(line) for line in "".join(printed([session])).splitlines() if line.startswith("{")]
    told = [(each.get("status"), each.get("sent_as"), each.get("code")) for each in answers if "window" in each]
    assert told == [("accepted", "freeform", None), (409, None, "window_closed"), ("accepted", "template", None)]
    assert [day["currency"] for day in answers[-1]["data"]] == ["USD"] * len(answers[-1]["data"])
    assert answers[-1]["data"]
