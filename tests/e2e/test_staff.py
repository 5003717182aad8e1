"""Staff of the started stack: signed in at its own OIDC provider, in the browser and over the API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, expect

from stack.settings import ROOT
from tests.support.browser import Watched, chromium, watched_contexts

OPENS = {
    "agent": ("/v1/contacts", "/v1/templates", "/v1/members"),
    "supervisor": ("/v1/costs/rate-cards", "/v1/events"),
    "admin": ("/v1/webhooks", "/v1/unrecognized"),
}
"""Routes by the least role."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def ask(stack: dict[str, Any], path: str, token: str) -> requests.Response:
    return requests.get(stack["api_url"] + path, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def status(stack: dict[str, Any], path: str, token: str) -> int:
    return ask(stack, path, token).status_code


def test_each_demo_member_may_what_its_role_says(stack: dict[str, Any]) -> None:
    roles = [each["role"] for each in stack["oidc"]["members"]]
    assert sorted(roles) == sorted(OPENS)
    for member in stack["oidc"]["members"]:
        me = ask(stack, "/v1/me", member["token"]).json()
        assert me["kind"] == "member"
        assert (me["email"], me["role"]) == (member["email"], member["role"])
        assert me["organization"]["id"] == stack["organizations"][0]["id"]
        for least, paths in OPENS.items():
            may = list(OPENS).index(member["role"]) >= list(OPENS).index(least)
            assert [status(stack, path, member["token"]) for path in paths] == [200 if may else 403] * len(paths)


def test_a_token_that_was_changed_is_refused(stack: dict[str, Any]) -> None:
    head, body, signature = stack["oidc"]["members"][0]["token"].split(".")
    assert status(stack, "/v1/me", f"{head}.{body}.{signature[::-1]}") in (401, 403)
    assert status(stack, "/v1/me", f"{head}.{body}.") in (401, 403)


def test_the_command_adds_and_removes_a_member(stack: dict[str, Any]) -> None:
    organization = stack["organizations"][1]["id"]
    added = command("member", "add", "tara@example.org", "--organization", organization, "--role", "agent")
    assert (added["email"], added["role"], added["account"]) == ("tara@example.org", "agent", None)
    listed = command("member", "list", "--organization", organization)["data"]
    assert [each["email"] for each in listed] == ["tara@example.org"]
    assert command("member", "remove", "Tara@example.org")["removed"]
    assert command("member", "list", "--organization", organization)["data"] == []


def command(*arguments: str) -> dict[str, Any]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "functions"), str(ROOT)))}
    done = subprocess.run(
        [sys.executable, "-m", "infra.admin", "--json", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_one_click_signs_a_member_in_to_the_console(stack: dict[str, Any], browser: Browser) -> None:
    issuer = stack["oidc"]["issuer"].removeprefix("http://")
    watched = Watched(stack["api_url"].split("/")[2], others={issuer})
    agent = next(each for each in stack["oidc"]["members"] if each["role"] == "agent")
    with watched_contexts(browser, watched) as make:
        page = make().new_page()
        page.goto(stack["console_url"])
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("button", name=agent["email"]).first.click()
        expect(page.get_by_role("navigation")).to_be_visible()
        expect(page.get_by_role("banner")).to_contain_text("Anita")
        expect(page.locator(".row").first).to_be_visible()
        expect(page.get_by_role("link", name="Costs")).to_have_count(0)
        assert "code=" not in page.url
    assert watched.complaints == []
