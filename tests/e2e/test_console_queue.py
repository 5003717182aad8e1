"""The queue of who waits and closes within the hour, and desktop notifications, in real Chromium."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.browser import axe_violations, row, signed_in
from tests.support.console_demo import phone
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, organization, page, server, session, watched
from tests.support.console_people import DAY, MARGIN, Organization, Person
from tests.support.held_requests import held_back

__all__ = ["browser", "context_of", "organization", "page", "server", "session", "watched"]

Session = Callable[..., Page]
MEENA = "Meena, mother"

FAKE = """
window.notified = [];
window.answer = window.answer ?? "granted";
window.Notification = class {
  static permission = "default";
  static async requestPermission() {
    window.asked = (window.asked ?? 0) + 1;
    return (Notification.permission = window.answer);
  }
  constructor(title, { body, tag }) { window.notified.push(this); Object.assign(this, { title, body, tag }); }
  close() {}
};
"""
"""The browser's notifications, of which no test can see the real ones."""


@pytest.fixture
def notifying(session: Session) -> Callable[..., Page]:
    def open_page(**options: Any) -> Page:
        page = session(**options)
        page.context.add_init_script(FAKE)
        page.reload()
        expect(row(page, MEENA)).to_be_visible()
        return page

    return open_page


def bell(page: Page) -> Locator:
    return page.get_by_role("button", name="Notifications")


def queue(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("within the hour"))


def choose(page: Page, lead: str = "never", *boxes: str) -> None:
    bell(page).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("closes in less than").select_option(label=lead)
    for name in boxes:
        dialog.get_by_role("checkbox", name=re.compile(name)).check()
    dialog.get_by_role("button", name="Save").click()


def notified(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.evaluate("window.notified.map(({ title, body }) => [title, body])")
    return found


def waits(organization: Organization, number: int, name: str, minutes: float) -> Person:
    """Somebody who waits, and whose window closes in so many minutes."""
    person = organization.add(Person(phone(number), name))
    person.writes("Is it today?", at=time.time() - DAY + MARGIN + minutes * 60)
    return person


def test_who_closes_within_the_hour_and_waits_is_one_click_with_its_count(
    server: Server, organization: Organization, page: Page
) -> None:
    waits(organization, 95001, "Zubeda, tailor", 30)
    waits(organization, 95002, "Omar, cook", 70)
    answered = waits(organization, 95003, "Tara, nurse", 20)
    answered.add({"direction": "outbound", "type": "text", "text": "Yes", "status": "read"})
    expect(row(page, MEENA)).to_be_visible()
    expect(queue(page)).to_have_text("2 to answer within the hour")
    queue(page).click()
    expect(page.locator(".row")).to_have_count(2)
    expect(row(page, MEENA).locator("xpath=..")).to_have_attribute("aria-posinset", "1")
    expect(row(page, "Zubeda, tailor")).to_be_visible()
    expect(queue(page)).to_have_attribute("aria-pressed", "true")
    assert axe_violations(page) == []
    organization.people[phone(90003)].inbox.done_at = time.time()
    expect(page.locator(".row")).to_have_count(1)
    expect(queue(page)).to_have_text("1 to answer within the hour")
    queue(page).click()
    expect(row(page, "Sunita, Class 7")).to_be_visible()
    expect(queue(page)).to_have_attribute("aria-pressed", "false")


def test_the_queue_is_asked_for_after_the_first_view_and_where_nobody_is_due_it_takes_no_room(
    server: Server, organization: Organization, page: Page
) -> None:
    organization.people[phone(90003)].inbox.done_at = time.time()
    expect(page).to_have_title(re.compile(r"^\(\d+\) "))  # it was asked for, and answered
    assert page.evaluate("""() => {
      const asked = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/v1/contacts?"));
      const queue = asked.find(({ name }) => name.includes("filter=needs_answer"));
      return asked[0] !== queue && asked[0].responseEnd < queue.startTime;
    }""")
    expect(bell(page)).to_be_visible()
    expect(page.locator(".queue")).to_be_hidden()
    assert page.locator(".queue-place").evaluate("place => place.offsetHeight") == 0


@pytest.mark.parametrize("width", [1280, 360])
def test_where_somebody_is_in_it_no_row_moves(
    server: Server, context_of: Callable[..., BrowserContext], width: int
) -> None:
    page = context_of(viewport={"width": width, "height": 740}).new_page()
    with held_back(page, re.compile("filter=needs_answer")):
        signed_in(page, f"{server.url}/console", "asha")
        expect(row(page, MEENA)).to_be_visible()
        assert not queue(page).is_visible()
        before = row(page, MEENA).bounding_box()
    expect(queue(page)).to_be_visible()
    assert row(page, MEENA).bounding_box() == before
    bottom = page.locator(".queue-place").bounding_box()
    assert bottom and bottom["y"] + bottom["height"] == 740


def test_nothing_is_asked_of_the_browser_before_a_click_and_a_no_is_told(notifying: Callable[..., Page]) -> None:
    page = notifying()
    expect(bell(page)).to_be_visible()
    assert page.evaluate("window.asked") is None
    page.evaluate("window.answer = 'denied'")
    choose(page, "30 min")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Your browser does not allow notifications")
    assert axe_violations(page) == []
    assert page.evaluate("window.asked") == 1
    assert page.evaluate("localStorage.getItem('gate24.notify')") is None
    page.evaluate("window.answer = 'granted'")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(bell(page)).to_have_attribute("data-on", "")


def test_who_is_about_to_be_out_of_reach_is_told_of_once_and_without_words(
    organization: Organization, notifying: Callable[..., Page]
) -> None:
    page = notifying()
    choose(page, "30 min")
    page.wait_for_function("() => window.notified.length === 1")
    ((title, body),) = notified(page)
    assert title == "1 contact waits for an answer"
    assert re.fullmatch(r"The first window closes in 1[0-2] min\.", body)
    waits(organization, 95001, "Zubeda, tailor", 50)
    waits(organization, 95002, "Omar, cook", 25)
    page.wait_for_function("() => window.notified.length === 2")
    assert not any("Omar" in words or "today" in words for each in notified(page) for words in each)
    page.evaluate("window.notified[1].onclick()")
    expect(queue(page)).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(11_000)
    assert len(notified(page)) == 2


def test_a_new_message_is_told_of_while_the_tab_is_hidden_with_words_where_they_were_chosen(
    organization: Organization, notifying: Callable[..., Page]
) -> None:
    page = notifying()
    choose(page, "never", "new message", "Show names")
    expect(page.get_by_role("dialog")).to_have_count(0)
    person = organization.people[phone(90001)]
    person.writes("Shall I come?")
    expect(row(page, "Sunita, Class 7").locator(".preview")).to_have_text("Shall I come?")
    assert notified(page) == []
    page.evaluate("""() => {
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    person.writes("Or tomorrow?", at=time.time() + 1)
    page.evaluate("""() => {
      Object.defineProperty(document, "hidden", { value: false, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
    }""")
    page.wait_for_function("() => window.notified.length === 1")
    assert notified(page) == [["Sunita, Class 7 wrote", "Or tomorrow?"]]
    page.evaluate("window.notified[0].onclick()")
    expect(page.get_by_role("heading", name="Sunita, Class 7")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_the_queue_and_its_dialog_in_hindi(
    organization: Organization, session: Session, scheme: str, width: int, tmp_path: Path
) -> None:
    waits(organization, 95001, "Zubeda, tailor", 30)
    page = session(color_scheme=scheme, viewport={"width": width, "height": 760})
    page.get_by_label("Language").select_option("hi")
    due = page.locator(".queue")
    expect(due).to_have_text("2 लोगों को एक घंटे के अंदर जवाब चाहिए")
    due.click()
    expect(page.locator(".row")).to_have_count(2)
    found = axe_violations(page)
    page.screenshot(path=tmp_path / "queue.png")
    page.get_by_role("button", name="सूचनाएँ").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += axe_violations(page)
    page.screenshot(path=tmp_path / "dialog.png")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
