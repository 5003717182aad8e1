"""docs/integrate.md says of each software what to set, what is different afterwards, and when that was read."""

from __future__ import annotations

import re

import pytest

from stack.settings import ROOT

PAGE = (ROOT / "docs" / "integrate.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
SOFTWARE = ("Gupshup direct", "Meta direct", "Chatwoot", "Glific", "RapidPro and TextIt", "Turn.io")
OURS = ("Gupshup direct", "Meta direct")
"""What they have to do with is the providers' own, which is tried."""


@pytest.mark.parametrize("software", SOFTWARE)
def test_each_software_has_what_to_set_what_to_hear_by_and_what_is_different(software: str) -> None:
    section = SECTIONS[software]
    for word in ("[Ss]et", "Hear", "Different"):
        assert re.search(rf"\*\*{word}\*\*", section), word
    if software not in OURS:
        assert re.search(r"^Read 20\d\d-\d\d", section, re.MULTILINE), "a source with its date"
        assert "**Unknown**" in section


def test_each_software_of_the_table_has_its_section() -> None:
    links = re.findall(r"^\| \[?[^|]*\]\(#([a-z-]+)\)", PAGE, re.MULTILINE)
    anchors = [re.sub(r"[^a-z -]", "", name.lower()).replace(" ", "-") for name in SOFTWARE]
    assert links == anchors
