"""The frame of the console's administration in real Chromium: who sees it, its pages, address, focus and title."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from tests.e2e.test_console_languages import use_language
from tests.support.browser import axe_violations, signed_in
from tests.support.console_demo import ASHA, BIMAL, demo
from tests.support.console_inbox import Member
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, served, watched

__all__ = ["browser", "context_of", "watched"]

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1400, "height": 900}
EVENT = {"type": "message", "payload": {"type": "poll", "source": "919876543210", "text": "<b>Namaste</b>"}}


@pytest.fixture
def server() -> Iterator[Server]:
    organization = demo(5)
    reader = demo(1, scopes=("read", "send"))
    now = int(time.time() * 1000)
    reasons = ("message of unknown type", "unknown_number", "not_recorded_KeyError", "message without id", "not_whole")
    for number in range(30):
        organization.administration.add_unrecognized(
            reasons[number % 5], EVENT | {"number": number}, now - (30 - number) * 60_000, copies=number % 3
        )
    keys = {"demo": organization, "asha": reader, "bimal": reader, "reader": reader}
    with served(Server(keys, callers={"asha": ASHA, "bimal": BIMAL, "admin": Member("Gita", None)})) as running:
        yield running


@pytest.fixture
def opened(context_of: Callable[..., BrowserContext], server: Server) -> Callable[..., Page]:
    def open_page(size: ViewportSize = DESK, language: str = "en", key: str = "demo") -> Page:
        page = signed_in(context_of(viewport=size).new_page(), f"{server.url}/console", key)
        use_language(page, language)
        return page

    return open_page


def title(place: str) -> re.Pattern[str]:
    """After a while it says, too, how many need an answer."""
    return re.compile(rf"^(\(\d+\) )?{re.escape(place)} · gate24$")


@pytest.mark.parametrize("key", ["asha", "bimal", "reader"])
def test_nobody_sees_it_who_may_open_none_of_its_pages(opened: Callable[..., Page], server: Server, key: str) -> None:
    page = opened(key=key)
    expect(page.get_by_role("link", name="Chats")).to_be_visible()
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
    page.goto(f"{server.url}/console#admin/unrecognized")
    page.reload()
    expect(page).to_have_url(f"{server.url}/console#chats")
    assert server.asked("GET", "/v1/unrecognized") == []


def test_a_page_stays_open_when_the_console_is_loaded_anew_and_back_leads_back(
    opened: Callable[..., Page], server: Server
) -> None:
    page = opened()
    page.get_by_role("link", name="Administration").click()
    page.get_by_role("navigation", name="Pages of the administration").get_by_text("Not understood").click()
    expect(page).to_have_url(f"{server.url}/console#admin/unrecognized")
    expect(page.get_by_role("heading", name="Not understood")).to_be_focused()
    expect(page).to_have_title(title("Not understood · Administration"))
    page.reload()
    expect(page.get_by_role("heading", name="Not understood")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(26)
    page.get_by_role("link", name="Chats").click()
    expect(page).to_have_title(title("Chats"))
    page.go_back()
    expect(page.get_by_role("heading", name="Not understood")).to_be_visible()
    page.goto(f"{server.url}/console#admin/nothing")
    expect(page.get_by_role("navigation", name="Pages of the administration")).to_be_visible()
    expect(page.locator(".admin-page h2")).not_to_be_empty()


def test_a_phone_shows_the_list_first_and_a_way_back(opened: Callable[..., Page]) -> None:
    page = opened(PHONE)
    page.get_by_role("link", name="Administration").click()
    listed = page.get_by_role("navigation", name="Pages of the administration")
    expect(listed).to_be_visible()
    expect(page.locator(".admin-page")).to_be_hidden()
    assert axe_violations(page) == []
    listed.get_by_role("link", name="Not understood").click()
    expect(listed).to_be_hidden()
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".admin-back").click()
    expect(listed.get_by_role("link", name="Not understood")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Not understood")).to_be_focused()


@pytest.mark.parametrize("language", ["en", "hi"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_what_was_not_understood_can_be_read_as_text_alone(
    opened: Callable[..., Page], server: Server, size: ViewportSize, language: str, tmp_path: Path
) -> None:
    server.organizations["demo"].administration.part_letters = 60
    page = opened(size, language)
    page.goto(f"{server.url}/console#admin/unrecognized")
    rows = page.get_by_role("table").locator("tbody").get_by_role("row")
    expect(rows).to_have_count(25)
    page.get_by_role("button", name={"en": "Show more", "hi": "और दिखाएँ"}[language]).click()
    expect(rows).to_have_count(30)
    assert axe_violations(page) == []
    page.screenshot(path=tmp_path / f"unrecognized_{size['width']}_{language}.png")
    rows.first.get_by_role("button").focus()
    page.keyboard.press("Enter")
    shown = page.get_by_role("dialog")
    expect(shown.locator("code")).to_contain_text('"type": "message"')
    while (more := shown.get_by_role("button", name={"en": "Show more", "hi": "और दिखाएँ"}[language])).is_visible():
        before = len(shown.locator("code").inner_text())
        more.click()
        page.wait_for_function(
            "before => document.querySelector('dialog code').textContent.length > before", arg=before
        )
    expect(shown.locator("code")).to_contain_text("<b>Namaste</b>")
    expect(shown.locator("code b")).to_have_count(0)
    assert axe_violations(page) == []
    page.screenshot(path=tmp_path / f"event_{size['width']}_{language}.png")
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_where_nothing_came_that_was_not_understood_it_says_so(opened: Callable[..., Page], server: Server) -> None:
    server.organizations["demo"].administration.unrecognized = []
    page = opened()
    page.get_by_role("link", name="Administration").click()
    page.get_by_role("navigation", name="Pages of the administration").get_by_text("Not understood").click()
    expect(page.get_by_text("Nothing here: everything that came was understood.")).to_be_visible()
