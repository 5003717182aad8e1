"""What MkDocs adds to ``docs/``: the generated reference, and the repository's files that are linked.

``mkdocs.yml`` names this file; ``make docs`` sets the path on which its imports are found.
"""

from __future__ import annotations

import json
import re
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

from infra.docs_site import alarm_page, api_pages, command_page, python_pages, repository_pages
from stack.settings import ROOT

DOCS = ROOT / "docs"
ASSETS = ROOT / "infra" / "docs_site" / "assets"
ICON = ROOT / "infra" / "console" / "function" / "static" / "icon.svg"

Generated = list[tuple[str, str, str]]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the generated pages at the end of the part "Reference" of the menu."""
    reference = next(part["Reference"] for part in config.nav or [] if "Reference" in part)
    reference += [
        {section: [{title: path} for title, path, _ in pages]} if len(pages) > 1 else {section: pages[0][1]}
        for section, pages in _reference().items()
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for pages in _reference().values():
        for _, path, text in pages:
            files.append(File.generated(config, path, content=text))
    for path, text in repository_pages.pages(sorted(DOCS.glob("**/*.md"))):
        files.append(File.generated(config, path, content=text, inclusion=InclusionLevel.NOT_IN_NAV))
    for asset in [*sorted(ASSETS.iterdir()), ICON]:
        files.append(File.generated(config, f"assets/{asset.name}", abs_src_path=str(asset)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    if page.file.generated_by is None:
        markdown = repository_pages.with_site_links(markdown, DOCS / page.file.src_uri, page.file.src_uri)
    return _list_items_by_four(markdown)


def _reference() -> dict[str, Generated]:
    """The sections that are generated: title, path below docs and Markdown of their pages."""
    document: dict[str, Any] = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))
    return {
        "HTTP API": list(api_pages.pages(document)),
        "Command ./gate24": [("Command", command_page.PATH, command_page.page())],
        "Alarms": [("Alarms", alarm_page.PATH, alarm_page.page())],
        "Python: rules": list(python_pages.pages("rules")),
        "Python: nouns": list(python_pages.pages("nouns")),
    }


def _list_items_by_four(markdown: str) -> str:
    """What belongs to an item of a list stands under the item's text, as GitHub takes it; Python-Markdown wants it
    indented by four columns."""
    lines, in_fence, width = [], False, 0
    for line in markdown.split("\n"):
        if line.startswith("```"):
            in_fence, width = not in_fence, 0
        elif not in_fence and (item := re.match(r"(?:\d+\.|[-*]) ", line)):
            width = len(item[0])
        elif width and line.startswith(" " * width):
            line = " " * (4 - width) + line
        elif line and not in_fence:
            width = 0
        lines.append(line)
    return "\n".join(lines)
