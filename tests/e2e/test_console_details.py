"""What the console says of a contact beside the conversation: what outlives an erasure, and why sending stops early."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Locator, Page, Route, expect

from tests.support.browser import axe_violations, open_chat, row, signed_in
from tests.support.console_demo import ASHA, BIMAL, demo, phone
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, served, session, watched
from tests.support.console_people import DAY, Person

__all__ = ["browser", "context_of", "session", "watched"]
NETWORK_NOTES = True


@pytest.fixture
def server() -> Iterator[Server]:
    keys = dict.fromkeys(("demo", "asha", "bimal"), demo(10))
    with served(Server(keys, callers={"asha": ASHA, "bimal": BIMAL})) as running:
        yield running


@pytest.fixture
def page(context_of: Callable[..., BrowserContext], server: Server) -> Page:
    return signed_in(context_of().new_page(), f"{server.url}/console", "demo")


def details(page: Page, name: str) -> Locator:
    open_chat(page, name)
    expect(row(page, name).locator(".unread")).to_be_empty()  # its being read draws the details anew
    page.get_by_role("button", name="Contact details").click()
    return page.get_by_role("complementary")


@pytest.mark.parametrize(
    ("actions", "stays"),
    [
        ((), "Of this contact nothing stays."),
        (("opt_out",), "Of this contact stays: the opt-out."),
        (("block", "marketing_stop"), "Of this contact stays: the stop of marketing and the block."),
        (("opt_out", "marketing_stop", "block"), "stays: the opt-out, the stop of marketing and the block."),
    ],
)
def test_the_dialog_says_what_outlives_an_erasure(
    server: Server, page: Page, actions: tuple[str, ...], stays: str, tmp_path: Path
) -> None:
    person = server.organizations["demo"].add(Person(phone(95300), "Asha Leaving"))
    person.writes("Please erase me")
    for action in actions:
        person.consent(action, "api", channel="gupshup-1" if action == "marketing_stop" else None)
    details(page, "Asha Leaving").get_by_role("button", name="Erase").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("An opt-out, a stop of marketing and a block stay in force")
    expect(dialog).to_contain_text(stays)
    assert axe_violations(page) == []
    page.screenshot(path=tmp_path / "erase.png")


def test_of_two_answers_the_details_show_what_was_asked_for_last(server: Server, page: Page) -> None:
    person = server.organizations["demo"].people[phone(90001)]
    first: list[tuple[Route, APIResponse]] = []
    of_consents = re.compile("/consents\\b")

    def held(route: Route) -> None:
        if first:
            route.continue_()
        else:
            first.append((route, route.fetch()))

    page.route(of_consents, held)
    panel = details(page, "Sunita, Class 7")
    expect(panel.locator(".history")).to_contain_text("Loading")
    person.consent("opt_out", "api", evidence="Asked on the telephone")
    expect(panel.locator(".history")).to_contain_text("Asked on the telephone")
    route, before = first[0]
    with page.expect_event("requestfinished", lambda request: bool(of_consents.search(request.url))):
        route.fulfill(response=before)
    page.wait_for_timeout(300)
    expect(panel.locator(".history")).to_contain_text("Asked on the telephone")


def test_why_sending_stops_early_is_said_where_the_time_is(server: Server, page: Page, tmp_path: Path) -> None:
    words = "Sending stops 30 seconds before WhatsApp's 24 hours end"
    panel = details(page, "Sunita, Class 7")
    expect(panel.locator(".windows")).to_contain_text(words)
    expect(page.locator(".timer .until")).to_have_attribute("title", f"{words}, so that no message comes too late.")
    page.screenshot(path=tmp_path / "margin.png")
    person = server.organizations["demo"].add(Person(phone(95301), "Asha Late"))
    person.writes("Hello", at=time.time() - DAY + 10)  # WhatsApp's own window is open for 10 s
    person.consent("opt_in", "import", "Form", at=time.time() - 9 * DAY)
    person.activity = time.time() + 60  # so that the row is at the top
    row(page, "Asha Late").click()
    expect(page.locator(".why")).to_contain_text("The window closed on")
    expect(page.locator(".why")).to_contain_text(words)


def test_a_number_that_stops_when_whatsapp_does_needs_no_word(server: Server, page: Page) -> None:
    page.route("**/v1/me", lambda route: route.fulfill(json=without_margin(route.fetch().json())))
    page.reload()
    panel = details(page, "Sunita, Class 7")
    expect(panel.locator(".windows")).to_contain_text("left")
    expect(panel).not_to_contain_text("Sending stops")
    page.unroute_all(behavior="wait")


def without_margin(me: dict[str, object]) -> dict[str, object]:
    channels = me["channels"]
    assert isinstance(channels, list)
    return {**me, "channels": [{**each, "margin_seconds": 0} for each in channels]}


def test_whoever_may_not_record_a_consent_is_told_who_may(session: Callable[..., Page]) -> None:
    who = "A supervisor or admin can record consent and block."
    for key in ("asha", "bimal"):
        page = session(key)
        for name, instead in (("Indu, teacher", "record an opt-in"), ("Nikhil, cook", "Unblock the contact")):
            open_chat(page, name)
            expect(page.locator(".why .change")).to_contain_text(instead)
            expect(page.locator(".why .change", has_text=who)).to_have_count(1 if key == "bimal" else 0)
