"""The version is in gate24/version.py; what else tells it, agrees."""

from __future__ import annotations

import re
import tomllib

from gate24.version import VERSION
from stack.settings import ROOT


def test_the_changelogs_newest_release_is_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first, newest, *_ = re.findall(r"^## \[(.+?)\](?: - \d{4}-\d\d-\d\d)?$", text, re.MULTILINE)
    assert (first, newest) == ("Unreleased", VERSION)


def test_the_projects_metadata_reads_it_from_the_code() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        written = tomllib.load(file)
    assert "version" not in written["project"]
    assert "version" in written["project"]["dynamic"]
    assert written["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "gate24.version.VERSION"}
