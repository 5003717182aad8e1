"""Who did what, in the console in real Chromium: in the conversation and in the history of consents and blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import axe_violations, box, open_chat, signed_in
from tests.support.console_demo import demo, phone
from tests.support.console_inbox import Member
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, served, watched

__all__ = ["browser", "context_of", "watched"]


@pytest.fixture
def server() -> Iterator[Server]:
    with served(Server({"demo": demo(30)}, callers={"demo": Member("Asha", "asha@example.org", "admin")})) as running:
        yield running


@pytest.fixture
def page(context_of: Callable[..., BrowserContext], server: Server) -> Page:
    return signed_in(context_of(viewport={"width": 360, "height": 740}).new_page(), f"{server.url}/console", "demo")


def test_a_message_of_ours_says_who_sent_it(server: Server, page: Page) -> None:
    person = server.organizations["demo"].people[phone(90001)]
    around = {"sent_around": True, "author": {"kind": "provider", "name": None}}
    person.add({"direction": "outbound", "type": "text", "text": "From the phone", "status": "sent", **around})
    before = {"author": {"kind": "key", "name": None}}
    person.add({"direction": "outbound", "type": "text", "text": "Of last year", "status": "sent", **before})
    long_name = {"author": {"kind": "member", "name": "Venkatanarasimharajuvaripeta"}}
    person.add({"direction": "outbound", "type": "text", "text": "Tomorrow", "status": "sent", **long_name})
    open_chat(page, "Sunita, Class 7")
    box(page).fill("See you at ten")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message").last).to_contain_text("See you at ten")
    expect(page.locator(".message").last.locator(".author")).to_have_text("Asha")
    for text in ("From the phone", "Of last year"):
        expect(page.locator(".message", has_text=text).locator(".author")).to_have_count(0)
    expect(page.locator('.message[data-direction="inbound"] .author')).to_have_count(0)
    expect(page.locator(".message", has_text="Tomorrow").locator(".author")).to_have_text(long_name["author"]["name"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert axe_violations(page) == []


def test_the_history_says_who_blocked_and_who_recorded(server: Server, page: Page) -> None:
    person = server.organizations["demo"].people[phone(90001)]
    person.consent("opt_in", "paper form", "Form 17", author={"kind": "key", "name": "forms"})
    open_chat(page, "Sunita, Class 7")
    page.get_by_role("button", name="Contact details").click()
    panel = page.get_by_role("complementary")
    first = panel.locator(".history li").first
    expect(first).to_contain_text("paper form · forms")
    panel.get_by_role("button", name="Block").click()
    page.get_by_label("Reason (kept in the history)").fill("Abusive")
    page.get_by_role("dialog").get_by_role("button", name="Block").click()
    expect(first).to_contain_text("blocked by Asha")
    expect(first).not_to_contain_text("by your own software")
    panel.get_by_role("button", name="Unblock").click()
    page.get_by_role("dialog").get_by_role("button", name="Unblock").click()
    expect(first).to_contain_text("unblocked by Asha")
    assert axe_violations(page) == []


def test_a_block_of_which_nobody_is_known_says_how_it_came(server: Server, page: Page) -> None:
    server.organizations["demo"].people[phone(90001)].consent("block", "api")
    open_chat(page, "Sunita, Class 7")
    page.get_by_role("button", name="Contact details").click()
    expect(page.locator(".history li").first).to_contain_text("by your own software")
