"""Names as people write them in WhatsApp: blank ones, one dot, markup, right to left, in real Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import axe_violations, row
from tests.support.console_demo import phone
from tests.support.console_mock import Server
from tests.support.console_pages import browser
from tests.support.console_pages import lasting_page as page
from tests.support.console_pages import lasting_server as server
from tests.support.console_people import Person
from tests.support.live import until

__all__ = ["browser", "page", "server"]

BLANK = ("", "   ", "\u3164", "\u2800\u200b", ".", "~")


def open_named(server: Server, page: Page, name: str) -> Person:
    person = server.organizations["demo"].add(Person(phone(95100), name))
    person.writes("Hello")
    page.reload()
    row(page, person.phone).click()
    expect(page.locator(".conversation-head h2")).to_be_visible()
    return person


@pytest.mark.parametrize("name", BLANK)
def test_a_name_without_a_letter_gives_way_to_the_number(server: Server, page: Page, name: str) -> None:
    person = open_named(server, page, name)
    expect(row(page, person.phone).locator(".name")).to_have_text(person.phone)
    expect(page.locator(".conversation-head h2")).to_have_text(person.phone)
    expect(page.locator(".conversation-head .phone")).to_be_hidden()
    for ring in (row(page, person.phone).locator(".ring"), page.locator(".conversation-head .ring")):
        expect(ring.locator(".initials")).to_have_text("")
        expect(ring.locator(".glyph path")).to_have_count(2)
    page.get_by_role("button", name="Contact details").click()
    expect(page.get_by_role("complementary").locator(".person")).to_have_text(person.phone)
    page.get_by_role("complementary").get_by_role("button", name="Close").click()


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("<b>", "B"),
        ("*Asha* (mother)", "AM"),
        ("\u3164Ravi", "R"),
        ("आशा देवी", "आदे"),
        ("Lata \U0001f468\u200d\U0001f469\u200d\U0001f467", "L\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("\U0001f1ee\U0001f1f3", "\U0001f1ee\U0001f1f3"),
    ],
)
def test_initials_are_the_first_letters(server: Server, page: Page, name: str, initials: str) -> None:
    person = open_named(server, page, name)
    expect(row(page, person.phone).locator(".initials")).to_have_text(initials)
    expect(page.locator(".conversation-head .initials")).to_have_text(initials)
    expect(page.locator(".conversation-head h2")).to_have_text(name.strip())
    expect(row(page, person.phone).locator(".glyph path")).to_have_count(0)


def left_of_text(element: Locator) -> float:
    """Where the letters begin, whatever room the element has."""
    left = element.evaluate(
        "element => { const range = document.createRange(); range.selectNodeContents(element);"
        " return range.getBoundingClientRect().left; }"
    )
    return float(left)


@pytest.mark.parametrize("name", ["محمد علی", "דוד לוי", "فرحان"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_name_from_right_to_left_stands_beside_its_number(server: Server, page: Page, name: str, width: int) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    person = open_named(server, page, name)
    page.set_viewport_size({"width": width, "height": 800})
    head = page.locator(".conversation-head")
    expect(head.locator("h2")).to_have_css("direction", "rtl")
    expect(head.locator(".phone")).to_be_in_viewport()
    until(lambda: abs(left_of_text(head.locator("h2")) - left_of_text(head.locator(".phone"))) < 2)
    assert axe_violations(page) == []
    if width == 360:
        page.get_by_role("button", name="Back to the chats").click()
    in_list = row(page, person.phone)
    expect(in_list).to_be_visible()
    until(lambda: abs(left_of_text(in_list.locator(".name")) - left_of_text(in_list.locator(".state"))) < 2)
