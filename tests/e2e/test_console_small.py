"""The console where there is little room: a phone, its keyboard, a page at 200 % and 400 % zoom, in real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FloatRect, Page, ViewportSize, expect

from tests.support.browser import axe_violations, box, open_chat, signed_in
from tests.support.console_demo import demo, phone
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, served, watched

__all__ = ["browser", "context_of", "watched"]

PHONE: ViewportSize = {"width": 360, "height": 740}
LITTLE_ROOM = {
    "1280 x 800 at 200 %": (640, 400),
    "1024 x 768 at 200 %": (512, 384),
    "a phone with its keyboard": (360, 370),
    "1280 x 1024 at 400 %": (320, 256),
}
USABLE_PX = 120
"""Two short messages."""


@pytest.fixture
def server() -> Iterator[Server]:
    organization = demo(10)
    organization.channels = ("gupshup-1", "gupshup-2")
    with served(Server({"demo": organization})) as running:
        yield running


def opened(context: BrowserContext, server: Server, name: str) -> Page:
    page = signed_in(context.new_page(), f"{server.url}/console", "demo")
    open_chat(page, name)
    expect(page.locator(".message").first).to_be_visible()
    return page


@pytest.mark.parametrize("language", ["en", "hi"])
def test_a_phone_shows_the_contacts_number_and_names_ours(
    server: Server, context_of: Callable[..., BrowserContext], language: str, tmp_path: Path
) -> None:
    page = opened(context_of(viewport=PHONE, has_touch=True), server, "Sunita, Class 7")
    picker = page.get_by_label("Language").element_handle()
    picker.select_option(language)
    picker.wait_for_element_state("hidden")  # all is drawn anew
    expect(page.locator(".message").first).to_be_visible()
    head = page.locator(".conversation-head")
    expect(head.locator(".phone")).to_be_in_viewport()
    expect(head.locator(".phone")).to_have_text(phone(90001))
    ours = page.get_by_label({"en": "Our number", "hi": "हमारा नंबर"}[language])
    expect(ours).to_be_in_viewport()
    expect(ours.locator("option:checked")).to_have_text("+919876500000")
    places = [head.locator(part).bounding_box() for part in (".who", ".ours", ".timer", ".icon-button:last-child")]
    for index, one in enumerate(places):
        for other in places[index + 1 :]:
            assert one and other and not overlap(one, other)
    expect(head.get_by_role("heading")).to_have_js_property(
        "scrollWidth", head.get_by_role("heading").evaluate("e => e.clientWidth")
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe_violations(page) == []
    page.screenshot(path=tmp_path / f"head_{language}.png")


def overlap(one: FloatRect, other: FloatRect) -> bool:
    beside = one["x"] + one["width"] <= other["x"] + 1 or other["x"] + other["width"] <= one["x"] + 1
    above = one["y"] + one["height"] <= other["y"] + 1 or other["y"] + other["height"] <= one["y"] + 1
    return not beside and not above


@pytest.mark.parametrize("room", LITTLE_ROOM)
@pytest.mark.parametrize("name", ["Sunita, Class 7", "Harish, volunteer", "Farhan, Class 8"])
def test_the_messages_stay_readable_and_the_answer_can_be_written(
    server: Server, context_of: Callable[..., BrowserContext], room: str, name: str, tmp_path: Path
) -> None:
    width, height = LITTLE_ROOM[room]
    page = opened(context_of(viewport={"width": width, "height": height}), server, name)
    expect(page.get_by_role("toolbar", name="Work together on this chat")).to_be_attached()
    thread = page.locator(".message-list")
    assert thread.evaluate("list => list.clientHeight") >= USABLE_PX
    if name == "Sunita, Class 7":
        box(page).fill("Come at ten, please.\n" * 8)
        expect(page.locator(".text-form .send-line")).to_contain_text("$")
        assert thread.evaluate("list => list.clientHeight") >= USABLE_PX
        send = page.get_by_role("button", name="Send", exact=True)
    elif name == "Harish, volunteer":
        page.get_by_label("Template", exact=True).select_option(label="shivir_suchna (hi, utility)")
        page.get_by_label("Value 1").fill("Harish")
        expect(page.locator(".part-form .send-line")).to_contain_text("$")
        assert thread.evaluate("list => list.clientHeight") >= USABLE_PX
        send = page.get_by_role("button", name="Send template")
    else:
        send = page.locator(".why .change")
    send.evaluate("button => button.scrollIntoView({block: 'nearest'})")
    expect(send).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=tmp_path / "little_room.png")
