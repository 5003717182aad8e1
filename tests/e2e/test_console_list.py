"""The list of chats in real Chromium: what a row tells, filters, order and search, with an API that may be slow."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import Watched, axe_violations, box, open_chat, row, signed_in
from tests.support.console_demo import ASHA, BIMAL, phone
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, organization, page, server, session, watched
from tests.support.console_people import DAY, HOUR, MARGIN, Organization, Person
from tests.support.held_requests import held_back
from tests.support.live import until

__all__ = ["browser", "context_of", "organization", "page", "server", "session", "watched"]

Session = Callable[..., Page]
BOLD = 600
"""From this weight on letters are bold."""


def chip(page: Page, name: str) -> Any:
    return page.get_by_role("group", name="Filter the chats").get_by_role("button", name=re.compile(f"^{name}"))


def names(page: Page) -> list[str]:
    """From the top down."""
    rows = page.locator(".rows > li").all()
    placed = sorted(
        (int(each.get_attribute("aria-posinset") or 0), each.locator(".name").inner_text()) for each in rows
    )
    return [name for _, name in placed]


def weights(page: Page, who: str) -> list[int]:
    """How bold the parts of a row are, but the counter."""
    parts = row(page, who).locator(".name, .words, .by, .state, .waits, .tag, .when, .label-chip")
    return [int(each.evaluate("part => getComputedStyle(part).fontWeight")) for each in parts.all()]


def test_a_row_tells_the_last_words_whose_they_are_and_who_waits_for_how_long(
    organization: Organization, page: Page
) -> None:
    meena = row(page, "Meena, mother")
    expect(meena.locator(".preview")).to_have_text("Thank you, I will come.")
    expect(meena).to_contain_text(re.compile("1[0-2] min left · closing"))
    expect(meena.locator(".waits")).to_have_text("waits 23 h")
    sunita = row(page, "Sunita, Class 7")
    expect(sunita.locator(".preview")).to_have_text("You: The bus leaves at nine.")
    expect(sunita.locator(".waits")).to_be_empty()
    expect(sunita.locator(".label-chip")).to_have_text(["follow-up", "health camp"])
    expect(sunita.locator(".assignee")).to_have_text("AR")
    expect(sunita).to_have_accessible_name(re.compile("Sunita, Class 7.*You: The bus.*22 h left.*Assigned to Asha Rao"))
    expect(meena).to_have_accessible_name(re.compile("Meena, mother.*Thank you.*waits 23 h.*1 unread message$"))
    person = organization.people[phone(90003)]
    picture = {"kind": "image", "url": "https://files.example.org/card.jpg"}
    person.writes(None, type="image", media=picture)
    expect(meena.locator(".preview")).to_have_text("Image")
    expect(meena.locator(".preview .icon")).to_have_count(1)
    expect(meena.locator(".unread")).to_have_text("2")
    by_bimal = {"direction": "outbound", "type": "text", "text": "At\nten", "author": BIMAL.author}
    person.add({**by_bimal, "status": "accepted"}, time.time() + 1)
    expect(meena.locator(".preview")).to_have_text("Bimal Das: At ten")
    expect(meena.locator(".unread")).to_be_empty()


def test_bold_means_unread_and_nothing_else(page: Page) -> None:
    expect(row(page, "Ravi, driver").locator(".unread")).to_have_text("1")
    assert max(weights(page, "Sunita, Class 7")) < BOLD
    assert max(weights(page, "Indu, teacher")) < BOLD
    assert [weight >= BOLD for weight in weights(page, "Ravi, driver")[:1]] == [True]


def test_who_needs_an_answer_is_a_filter_sorted_by_urgency_and_stands_in_the_title(
    organization: Organization, page: Page
) -> None:
    chip(page, "Needs an answer").click()
    expect(row(page, "Sunita, Class 7")).to_have_count(0)
    expect(row(page, "Ravi, driver")).to_be_visible()
    assert names(page)[:2] == ["Meena, mother", "Ravi, driver"]
    expect(row(page, "Nikhil, cook")).to_have_count(0)
    expect(page).to_have_title(re.compile(r"^\(\d+\) Chats · gate24$"))
    count = int(page.title()[1:].partition(")")[0])
    expect(chip(page, "Needs an answer").locator(".count")).to_have_text(str(count))
    organization.people[phone(90003)].inbox.done_at = time.time()
    expect(row(page, "Meena, mother")).to_have_count(0)
    expect(page).to_have_title(f"({count - 1}) Chats · gate24")
    organization.people[phone(90003)].writes("Are you there?", at=time.time() - DAY + MARGIN + 300)
    organization.people[phone(90003)].inbox.done_at = 0
    expect(row(page, "Meena, mother")).to_be_visible()
    expect(row(page, "Meena, mother").locator("xpath=..")).to_have_attribute("aria-posinset", "1")


def test_closing_is_sorted_by_urgency_by_itself(page: Page) -> None:
    chip(page, "Closing").click()
    expect(row(page, "Sunita, Class 7")).to_have_count(0)
    expect(row(page, "Ravi, driver")).to_be_visible()
    assert names(page) == ["Meena, mother", "Ravi, driver"]
    expect(page.get_by_label("Sort by")).to_have_value("expires_at")


def test_open_is_who_may_be_answered_and_who_cannot_be_written_to_is_told_why(
    organization: Organization, page: Page
) -> None:
    chip(page, "Open").click()
    expect(row(page, "Sunita, Class 7")).to_be_visible()
    expect(row(page, "Harish, volunteer")).to_have_count(0)
    expect(row(page, "Nikhil, cook")).to_have_count(0)
    chip(page, "Can't be written to").click()
    expect(row(page, "Nikhil, cook")).to_contain_text("Blocked")
    expect(row(page, "Farhan, Class 8")).to_contain_text("Opted out")
    expect(row(page, phone(90010))).to_contain_text("Number changed")
    expect(row(page, "Indu, teacher")).to_contain_text("No opt-in")
    expect(row(page, "Sunita, Class 7")).to_have_count(0)
    organization.people[phone(90007)].consent("unblock", "api")
    organization.people[phone(90007)].writes("Again")
    expect(row(page, "Nikhil, cook")).to_have_count(0)


def test_chats_are_narrowed_to_whose_they_are_and_to_a_label(
    server: Server, organization: Organization, context_of: Callable[..., BrowserContext], page: Page
) -> None:
    organization.people[phone(90002)].inbox.assignee = BIMAL.email
    whose = page.get_by_label("Whose chats")
    whose.select_option(label="Mine")
    expect(page.locator(".row")).to_have_count(1)
    expect(row(page, "Sunita, Class 7")).to_be_visible()
    whose.hover()
    whose.select_option(label="Bimal Das")
    expect(row(page, "Ravi, driver")).to_be_visible()
    expect(page.locator(".row")).to_have_count(1)
    whose.select_option(label="Nobody's")
    expect(row(page, "Ravi, driver")).to_have_count(0)
    expect(row(page, "Meena, mother")).to_be_visible()
    page.get_by_label("Label", exact=True).select_option("pregnancy")
    expect(page.locator(".row")).to_have_count(1)
    expect(row(page, "Meena, mother")).to_be_visible()
    whose.select_option(label="Anyone's")
    page.get_by_label("Label", exact=True).select_option("health camp")
    expect(row(page, "Sunita, Class 7")).to_be_visible()
    organization.people[phone(90001)].inbox.assignee = None
    other = context_of().new_page()
    with held_back(other, "**/v1/members?*"):
        signed_in(other, f"{server.url}/console", "demo")
        expect(row(other, "Ravi, driver").locator(".assignee")).to_have_text("B")
    expect(row(other, "Ravi, driver").locator(".assignee")).to_have_text("BD")
    expect(other.get_by_label("Whose chats")).not_to_contain_text(str(ASHA.email))


def test_chips_do_not_wrap_and_the_last_is_reached(session: Session) -> None:
    for width in (360, 1280):
        page = session(viewport={"width": width, "height": 760})
        expect(page.locator(".row").first).to_be_visible()
        tops = {round(each.evaluate("chip => chip.offsetTop")) for each in page.locator(".chip").all()}
        assert len(tops) == 1
        chip(page, "Can't be written to").click()
        expect(chip(page, "Can't be written to")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_api_from_before_the_inbox_is_shown_as_far_as_it_goes(
    organization: Organization, session: Session, tmp_path: Path
) -> None:
    organization.has_inbox = False
    page = session("demo")
    expect(row(page, "Ravi, driver")).to_contain_text("closing")
    expect(page.locator(".chip:visible")).to_have_text(
        [re.compile(each) for each in ("All", "Closing", "Open", "Closed")]
    )
    expect(page.get_by_label("Whose chats")).to_be_hidden()
    assert max(weights(page, "Ravi, driver")) < BOLD
    expect(page).to_have_title("Chats · gate24")
    chip(page, "Open").click()
    expect(row(page, "Harish, volunteer")).to_have_count(0)
    expect(row(page, "Nikhil, cook")).to_have_count(0)
    open_chat(page, "Sunita, Class 7")
    expect(box(page)).to_be_editable()
    page.screenshot(path=tmp_path / "before.png")


def test_a_wide_screen_has_three_columns_and_a_narrower_one_two(session: Session) -> None:
    page = session(viewport={"width": 1240, "height": 760})
    open_chat(page, "Sunita, Class 7")
    details = page.get_by_role("complementary")
    for part in (row(page, "Sunita, Class 7"), box(page), details):
        expect(part).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Sunita, Class 7")).to_be_focused()
    details.get_by_role("button", name="Close").click()
    expect(details).to_have_count(0)
    row(page, "Ravi, driver").click()
    expect(page.get_by_role("heading", name="Ravi, driver")).to_be_focused()
    expect(details).to_have_count(0)
    page.get_by_role("button", name="Contact details").click()
    expect(details.get_by_role("heading", name="Contact details")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Ravi, driver")).to_be_focused()
    expect(details).to_be_visible()
    page.set_viewport_size({"width": 1100, "height": 760})
    expect(details).to_have_count(0)
    expect(box(page)).to_be_in_viewport()


def search(page: Page, words: str) -> None:
    page.get_by_role("searchbox").fill(words)


def note(page: Page) -> Any:
    return page.locator(".list-note")


def rows_once(of: Any, what: str) -> int:
    """How many rows there are as soon as that is done to the element: no answer can have come in between."""
    return int(of.evaluate(f"element => {{ {what}; return document.querySelectorAll('.row').length; }}"))


TYPED = """for (const letter of "{words}") {{
  element.value += letter;
  element.dispatchEvent(new InputEvent("input", {{ bubbles: true }}));
}}"""
"""Letter after letter, with no pause in between however slow the machine is."""


def test_a_search_is_asked_once_and_what_loads_is_seen(server: Server, page: Page) -> None:
    expect(row(page, "Sunita, Class 7")).to_be_visible()
    with held_back(page, re.compile("q=meena")):
        assert rows_once(page.get_by_role("searchbox"), TYPED.format(words="meena")) == 0
        expect(note(page)).to_have_text("Searching…")
        page.wait_for_timeout(1_200)
        expect(note(page)).to_have_text("Searching…")
        expect(page.locator(".row")).to_have_count(0)
    expect(row(page, "Meena, mother")).to_be_visible()
    expect(note(page)).to_be_empty()
    page.wait_for_timeout(7_000)
    asked = [each.query["q"] for each in server.asked("GET", "/v1/contacts") if "q" in each.query]
    assert asked == ["meena"]
    expect(row(page, "Meena, mother")).to_be_visible()


def test_a_search_and_the_poll_are_never_under_way_together(server: Server, page: Page) -> None:
    expect(row(page, "Sunita, Class 7")).to_be_visible()
    page.evaluate("""() => {
      const real = window.fetch, under = new Set();
      window.together = [];
      window.fetch = async (url, ...rest) => {
        const search = new URL(url).searchParams, name = search.get("q");
        const isList = new URL(url).pathname.endsWith("/v1/contacts") && name !== null;
        if (isList && under.has(name)) window.together.push(name);
        if (isList) under.add(name);
        try { return await real(url, ...rest); } finally { if (isList) under.delete(name); }
      };
    }""")
    server.latency = 0.8
    for words in ("mee", "meena", "me", "meena", "ravi"):
        search(page, words)
        page.wait_for_timeout(450)
        page.evaluate(
            "document.dispatchEvent(new Event('visibilitychange')); window.dispatchEvent(new Event('online'))"
        )
    expect(row(page, "Ravi, driver")).to_be_visible()
    page.wait_for_timeout(4_000)
    assert page.evaluate("window.together") == []


def test_the_old_answer_never_stands_under_a_new_question(page: Page) -> None:
    search(page, "meena")
    expect(row(page, "Ravi, driver")).to_have_count(0)
    expect(row(page, "Meena, mother")).to_be_visible()
    with held_back(page, re.compile("q=ravi")):
        typed = "element.value = ''; " + TYPED.format(words="ravi")
        assert rows_once(page.get_by_role("searchbox"), typed) == 0
        expect(note(page)).to_have_text("Searching…")
    expect(row(page, "Ravi, driver")).to_be_visible()
    with held_back(page, re.compile("q=ravi")):
        assert rows_once(chip(page, "Closed"), "element.click()") == 0
        expect(note(page)).to_have_text("Searching…")
    expect(note(page)).to_have_text("Nobody found with that name or number.")
    page.get_by_role("button", name="Search in all chats").click()
    expect(row(page, "Ravi, driver")).to_be_visible()
    expect(chip(page, "All")).to_have_attribute("aria-pressed", "true")


def test_nobody_is_said_to_be_nowhere_while_there_are_more_to_look_through(
    server: Server, organization: Organization, page: Page
) -> None:
    last = organization.add(Person(phone(96000), "Zubeda, tailor"))
    last.writes("Hello", at=time.time() - 20 * HOUR)
    organization.looks_through = 2
    seen: list[str] = []
    page.expose_function("noteSeen", lambda words: seen.append(words))
    page.evaluate("""() => new MutationObserver(() => window.noteSeen(document.querySelector(".list-note").textContent))
      .observe(document.querySelector(".list-note"), { childList: true, characterData: true, subtree: true })""")
    search(page, "zubeda")
    further = page.get_by_role("button", name="Search further")
    expect(note(page)).to_have_text("Nobody found so far. There are more contacts to look through.")
    asked = [each for each in server.asked("GET", "/v1/contacts") if each.query.get("q") == "zubeda"]
    assert 1 < len(asked) < 8, "it goes on by itself for some pages, and not for ever"
    while further.is_visible():
        further.click()
        expect(page.locator(".list-note").filter(has_text="Searching")).to_have_count(0)
    expect(row(page, "Zubeda, tailor")).to_be_visible()
    assert "Nobody found with that name or number." not in seen
    search(page, "nobody at all")
    while not page.get_by_text("Nobody found with that name").is_visible():
        if further.is_visible():
            further.click()
        page.wait_for_timeout(50)
    expect(further).to_have_count(0)


@pytest.mark.parametrize(("scheme", "width", "language"), [("light", 1280, "en"), ("dark", 360, "hi")])
def test_axe_finds_nothing_in_any_filter(
    session: Session, scheme: str, width: int, language: str, tmp_path: Path
) -> None:
    page = session(color_scheme=scheme, viewport={"width": width, "height": 760})
    picker = page.get_by_label("Language").element_handle()
    picker.select_option(language)
    picker.wait_for_element_state("hidden")  # all is drawn anew
    expect(page.locator(".row").first).to_be_visible()
    found = axe_violations(page)
    for each in page.locator(".chip").all():
        each.click()
        expect(page.locator(".row").first).to_be_visible()
        found += axe_violations(page)
    search(page, "zzz")
    expect(page.locator(".list-push button")).to_be_visible()
    expect(note(page)).not_to_be_empty()
    found += axe_violations(page)
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=tmp_path / "list.png")


def test_who_is_looked_at_by_keyboard_stays_where_the_list_is_polled(
    organization: Organization, page: Page, watched: Watched
) -> None:
    expect(page.locator(".row").first).to_be_visible()
    chip(page, "Needs an answer").focus()
    page.keyboard.press("Enter")
    expect(row(page, "Sunita, Class 7")).to_have_count(0)
    expect(row(page, "Ravi, driver")).to_be_visible()
    page.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(row(page, "Ravi, driver")).to_be_focused()
    organization.people[phone(90003)].inbox.done_at = time.time()
    expect(row(page, "Meena, mother")).to_have_count(0)
    expect(row(page, "Ravi, driver")).to_be_focused()


def test_the_costs_change_nothing_of_the_list(page: Page, organization: Organization) -> None:
    """Each part's style sheet is loaded with it, and stays."""
    person = organization.people[phone(90003)]
    person.add({"direction": "outbound", "type": "text", "text": "Come at ten, please. " * 8, "status": "sent"})
    words = row(page, "Meena, mother").locator(".words")
    expect(words).to_contain_text("Come at ten")
    before = words.bounding_box()
    page.get_by_role("link", name="Costs").click()
    expect(page.locator("table tbody tr").first).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
    page.get_by_role("link", name="Chats").click()
    expect(words).to_be_visible()
    until(lambda: words.bounding_box() == before)
