"""The reference of the pure core: a page for each module of the rules and of the nouns, from its docstrings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stack.settings import ROOT

FOLDER = "reference/python"
_PACKAGE = ROOT / "functions" / "gate24"


def pages(part: str) -> Iterator[tuple[str, str, str]]:
    """Title, path below docs and Markdown of the modules of a part: ``rules`` or ``nouns``."""
    folder = _PACKAGE / "rules" if part == "rules" else _PACKAGE
    for file in sorted(folder.glob("*.py")):
        if file.stem != "__init__":
            yield file.stem, f"{FOLDER}/{part}/{file.stem}.md", _page(file)


def _page(file: Path) -> str:
    module = ".".join(file.relative_to(_PACKAGE.parent).with_suffix("").parts)
    return f"# {file.stem}\n\n`{module}`\n\n::: {module}\n"
