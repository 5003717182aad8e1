"""Files of the repository that the docs link to are pages of the site, so that a link works without a network."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from stack.settings import ROOT

FOLDER = "repository"
_LINK = re.compile(r"(?<=\]\()(?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?(?=\))")
_LANGUAGES = {".py": "python", ".js": "javascript", ".yaml": "yaml", ".json": "json", ".toml": "toml"}


def pages(docs: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Path below docs and Markdown of every file that these pages, or the files that they link to, link to."""
    found: set[Path] = set()
    waiting = [target for page in docs for target in _linked(page)]
    while waiting:
        file = waiting.pop()
        if file not in found and file.is_file():
            found.add(file)
            waiting += _linked(file) if file.suffix == ".md" else []
    for file in sorted(found):
        yield _page_of(file), _text(file)


def with_site_links(text: str, page: Path, place: str) -> str:
    """The Markdown of a file of the repository as it stands at ``place`` below docs: its links to files lead to their
    pages."""

    def site_link(link: re.Match[str]) -> str:
        target = _target(link["target"], page)
        if target is None or (target.is_relative_to(ROOT / "docs") and page.is_relative_to(ROOT / "docs")):
            return link[0]
        below = target.relative_to(ROOT / "docs") if target.is_relative_to(ROOT / "docs") else _page_of(target)
        return posixpath.relpath(str(below), posixpath.dirname(place)) + (link["anchor"] or "")

    return _LINK.sub(site_link, text)


def _linked(page: Path) -> list[Path]:
    targets = (_target(link["target"], page) for link in _LINK.finditer(page.read_text(encoding="utf-8")))
    return [target for target in targets if target and not target.is_relative_to(ROOT / "docs")]


def _target(link: str, page: Path) -> Path | None:
    """The file of the repository that a link of the page means."""
    target = (page.parent / link).resolve()
    return target if "://" not in link and target.is_relative_to(ROOT) and target.exists() else None


def _page_of(file: Path) -> str:
    name = file.relative_to(ROOT).as_posix()
    return f"{FOLDER}/{name}" if file.suffix == ".md" else f"{FOLDER}/{name}.md"


def _text(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        return with_site_links(text, file, _page_of(file))
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`{3,}", text)), 3)
    return f"# {file.relative_to(ROOT).as_posix()}\n\n{fence}{_LANGUAGES.get(file.suffix, 'text')}\n{text}{fence}\n"
