"""``make docs``: the site builds without a warning, has all of the reference, and can be read without a network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest

from infra.admin.cli import gate24
from stack.settings import ROOT
from tests.support.alarms import alarms

pytestmark = pytest.mark.slow

DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
PAGES = [*sorted((ROOT / "docs").glob("**/*.md")), *sorted(ROOT.glob("*.md")), ROOT / "examples" / "README.md"]
PAGES += [ROOT / "infra" / "local" / "bsp_simulator" / "README.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(["functions", "infra/local", "."]),
        "NO_MKDOCS_2_WARNING": "1",
    }
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def page(site: Path, name: str) -> str:
    return (site / name).read_text(encoding="utf-8")


def test_every_route_error_and_schema_is_in_the_reference(site: Path) -> None:
    routes = page(site, "reference/api/routes.html")
    operations = [said["operationId"] for methods in DOCUMENT["paths"].values() for said in methods.values()]
    for name in operations:
        (target,) = set(re.findall(rf'href="([\w-]+\.html)#{name}"', routes))
        assert f'id="{name}"' in page(site, f"reference/api/{target}")
    schemas = page(site, "reference/api/schemas.html")
    assert [name for name in DOCUMENT["components"]["schemas"] if f'id="{name}"' not in schemas] == []
    codes = set(re.findall(r'"code": "(\w+)"', json.dumps(DOCUMENT["paths"]))) & set(
        re.findall(r"problems/(\w+)", json.dumps(DOCUMENT))
    )
    errors = page(site, "reference/api/errors.html")
    assert codes and [code for code in codes if f'id="{code}"' not in errors] == []


def test_every_alarm_is_in_the_reference(site: Path) -> None:
    text = page(site, "reference/alarms.html")
    assert [name for name in alarms() if f"<code>{name}</code>" not in text] == []


def test_the_help_of_every_command_is_in_the_reference(site: Path) -> None:
    text = " ".join(unescape(re.sub("<[^>]+>", "", page(site, "reference/command.html"))).split())

    def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
        for each in group.commands.values():
            yield f"{name} {each.name}", each
            if isinstance(each, click.Group):
                yield from commands(each, f"{name} {each.name}")

    for name, command in commands(gate24, "./gate24"):
        assert f"{name} [OPTIONS]" in text
        assert command.help and " ".join(command.help.split()) in text


def test_every_rule_and_noun_is_in_the_reference(site: Path) -> None:
    for part, folder in (("rules", "rules"), ("nouns", ".")):
        for file in (ROOT / "functions" / "gate24" / folder).glob("*.py"):
            if file.stem != "__init__":
                text = page(site, f"reference/python/{part}/{file.stem}.html")
                public = re.findall(r"^(?:def|class) ([a-zA-Z]\w*)", file.read_text(encoding="utf-8"), re.MULTILINE)
                module = "gate24.rules." if part == "rules" else "gate24."
                assert [name for name in public if f'id="{module}{file.stem}.{name}"' not in text] == []


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    for file in site.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="?((?:https?:)?//[^">\s]+)', file.read_text()
        )
        assert loaded == [], file


def test_search_works_without_a_server(site: Path) -> None:
    assert page(site, "search/search_index.js").startswith("var __index = ")
    assert "assets/iframe-worker.js" in page(site, "index.html")
    assert (site / "assets" / "iframe-worker.js").exists()


def slug(heading: str) -> str:
    """The anchor that GitHub, and the site, give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def anchors(file: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_leads_somewhere_on_github_too(file: Path) -> None:
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
