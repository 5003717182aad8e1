"""docs/administration.md takes a newcomer from nothing to the first message on a started stack: its lines are run as
they stand, but for ids and numbers, which a stack has once."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from stack.settings import ROOT
from tests.e2e.test_tutorial import printed
from tests.support.page_shell import blocks

PAGE = (ROOT / "docs" / "administration.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## From nothing to the first message\n")[2].partition("\n## ")[0]


def of_its_own(text: str) -> str:
    """The same text, with ids and numbers that no earlier run has used."""
    own, digits = secrets.token_hex(4), f"{secrets.randbelow(10**5):05d}"
    for each in ("reading-trust", "ReadingApp"):
        text = text.replace(each, f"{each}-{own}")
    for each in ("reading-meta", "reading"):
        text = text.replace(f"{each} ", f"{each}-{own} ").replace(f'"{each}"', f'"{each}-{own}"')
    return text.replace("+9198765432", f"+9198{digits}2").replace("1000000000000", f"10000000{digits}")


@pytest.mark.usefixtures("stack")
def test_a_newcomer_gets_from_nothing_to_the_first_message_through_both_providers() -> None:
    outputs = printed([block.text for block in blocks(of_its_own(SECTION))])
    created, _, _, messages = outputs
    assert created.count("Webhook URL:") == 2
    at_gupshup, at_meta, contacts, sent = (json.loads(line) for line in messages.splitlines() if line)
    assert at_gupshup["statuses"] == at_meta["statuses"] == [200]
    people: list[dict[str, Any]] = contacts["data"]
    assert sorted(each["name"] for each in people) == ["Asha", "Ravi"]
    opened = [[window["window"]["state"] for window in each["windows"]].count("open") for each in people]
    assert opened == [1, 1], "each wrote to one number"
    assert (sent["status"], sent["sent_as"]) == ("accepted", "freeform")
