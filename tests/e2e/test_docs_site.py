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

import click
import pytest
from playwright.sync_api import expect

from infra.admin.cli import gate24
from stack.settings import ROOT
from tests.support.alarms import alarms
from tests.support.browser import chromium, new_context

DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))


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


def test_search_finds_an_error_without_a_server(site: Path) -> None:
    complaints: list[str] = []
    with chromium() as browser:
        page = new_context(browser).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
        page.goto((site / "index.html").as_uri())
        page.get_by_role("textbox", name="Search").click()
        page.keyboard.type("window_closed")
        found = page.locator(".md-search-result__item", has_text="The session window is closed").first
        found.get_by_role("link").first.click()
        expect(page).to_have_url(re.compile(r"/reference/api/errors\.html"))
    assert complaints == []
