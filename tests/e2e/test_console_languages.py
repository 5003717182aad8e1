"""Every language of the console fits at a desk and on a phone: nothing is cut off or wider than the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from tests.support.browser import axe_violations, signed_in
from tests.support.console_demo import ASHA, BIMAL, demo, phone
from tests.support.console_inbox import Member
from tests.support.console_mock import Server, console_languages
from tests.support.console_pages import browser, context_of, served, watched

__all__ = ["browser", "context_of", "watched"]

SIZES: dict[str, ViewportSize] = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 360, "height": 740}}
LEELA = Member("Leela Nair", "leela@example.org", "admin")
ADMINISTRATION = ("channels", "webhooks", "templates", "keywords", "unrecognized", "members", "keys", "audit", "import")

CUT_OFF = """() => [...document.querySelectorAll("button, a, label, th, h1, h2, h3, summary, .figure, .state, .tag")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((each) => !each.closest(".unseen, .row, [data-view], .sign-out"))
  .filter((each) => getComputedStyle(each).textOverflow !== "ellipsis" && getComputedStyle(each).clipPath === "none")
  .filter((each) => each.getBoundingClientRect().width > innerWidth || each.scrollWidth > each.clientWidth + 1
    && (each.matches(".figure") || getComputedStyle(each).overflowX !== "visible"))
  .map((each) => each.textContent)"""


@pytest.fixture
def server() -> Iterator[Server]:
    organization = demo(12)
    organization.members = [ASHA, BIMAL, LEELA]
    organization.administration.add_channel("gupshup-1", "failing", None, troubles=["no_webhook_secret"])
    with served(Server({"leela": organization}, callers={"leela": LEELA})) as running:
        yield running


def use_language(page: Page, language: str) -> None:
    """Chooses it and waits until all is drawn anew, which it is also where nothing changes."""
    before = page.locator(".shell").element_handle()
    page.locator(".language select").select_option(language)
    before.wait_for_element_state("hidden")


def fits(page: Page, picture: Path) -> None:
    page.screenshot(path=picture)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", console_languages())
def test_what_is_written_has_room(
    server: Server, context_of: Callable[..., BrowserContext], tmp_path: Path, language: str, size: str
) -> None:
    page = signed_in(context_of(viewport=SIZES[size]).new_page(), f"{server.url}/console", "leela")
    use_language(page, language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator(".row").first).to_be_visible()
    fits(page, tmp_path / "list.png")
    for name in (phone(90001), phone(90004), phone(90006)):  # open, closed, opted out
        page.evaluate("history.back()") if size == "phone" and name != phone(90001) else None
        page.locator(f'.row[data-contact="{name}"]').click()
        expect(page.locator(".conversation-head h2")).to_be_visible()
        expect(page.locator(".message").first).to_be_visible()
        fits(page, tmp_path / f"chat-{name[-1]}.png")
    assert axe_violations(page) == []
    page.goto(f"{server.url}/console#costs")
    expect(page.locator(".figure").first).to_be_visible()
    fits(page, tmp_path / "costs.png")
    for name in ADMINISTRATION:
        page.goto(f"{server.url}/console#admin/{name}")
        expect(page.locator(".admin-place > .later > :not(.list-note)").first).to_be_visible()
        expect(page.locator(".admin-page [aria-busy]")).to_have_count(0)
        fits(page, tmp_path / f"{name}.png")
