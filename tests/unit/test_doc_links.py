"""Links between the docs, and from them to the repository's files, lead somewhere where GitHub shows them, too."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stack.settings import ROOT

PAGES = [*sorted((ROOT / "docs").glob("**/*.md")), *sorted(ROOT.glob("*.md")), ROOT / "examples" / "README.md"]
PAGES += [ROOT / "infra" / "local" / "bsp_simulator" / "README.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def slug(heading: str) -> str:
    """The anchor that GitHub, and the site, give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def anchors(file: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_leads_somewhere(file: Path) -> None:
    for link in LINK.findall(file.read_text(encoding="utf-8")):
        url = urlsplit(link)
        if url.scheme:
            assert url.scheme == "https" and "." in url.netloc, link
            continue
        target = (file.parent / url.path).resolve() if url.path else file
        assert target.is_relative_to(ROOT) and target.exists(), link
        assert not url.fragment or url.fragment in anchors(target), link


def test_every_picture_of_the_docs_is_shown_somewhere() -> None:
    shown = {Path(link).name for file in PAGES for link in LINK.findall(file.read_text(encoding="utf-8"))}
    assert {file.name for file in (ROOT / "docs" / "images").iterdir()} - shown == set()
