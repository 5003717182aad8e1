"""Every row of ``message_rows`` is looked at in the console, as the API answers it: buttons are buttons, a reply has
its quote, a reaction is on its message, a picture is drawn, sound and film are played."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import WAIT_MS, Watched, axe_violations, chromium, signed_in, watched_contexts
from tests.support.console_demo import demo
from tests.support.console_mock import Server
from tests.support.message_rows import FILES, ROWS, Sight
from tests.support.row_people import Conversation, Shown, add_people, conversations
from tests.support.system import system


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[Conversation]:
    with system(tmp_path_factory.mktemp("rows"), in_memory=True) as gate24:
        return conversations(gate24)


@pytest.fixture(scope="module")
def server(told: list[Conversation]) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.setenv("MEDIA_ORIGIN", "http://127.0.0.1:*")  # the page may take sound and film from the bucket alone
        organization = demo(0)
        running = Server({"demo": organization}).start()
    add_people(running, organization, told)
    yield running
    running.stop()
    assert running.faults == []


@pytest.fixture(scope="module")
def page(server: Server) -> Iterator[Page]:
    watched = Watched(server.url.split("/")[2])
    with chromium() as browser, watched_contexts(browser, watched) as make:
        yield signed_in(make(viewport={"width": 900, "height": 900}).new_page(), f"{server.url}/console", "demo")
    assert watched.complaints == []


def looked_at(page: Page, one: Conversation) -> None:
    page.locator(".row", has=page.get_by_text(one.name, exact=True)).click()
    expect(page.get_by_role("heading", name=one.name, exact=True)).to_be_visible()
    older = page.get_by_role("button", name="Show older messages")
    expect(page.locator(".message").first).to_be_visible()
    while older.is_visible():
        before = page.locator(".message").count()
        older.click()
        expect(page.locator(".message")).not_to_have_count(before)


@pytest.mark.parametrize("person", list(dict.fromkeys(row.person for row in ROWS)))
def test_each_row_is_seen_as_what_it_is(page: Page, told: list[Conversation], person: str, tmp_path: Path) -> None:
    one = next(each for each in told if each.name == person)
    assert [shown.row for shown in one.shown] == [row for row in ROWS if row.person == person]
    looked_at(page, one)
    faults = []
    for shown in one.shown:
        message = page.locator(f'.message[data-id="{shown.message_id}"]')
        try:
            look(page, shown, message)
        except AssertionError as fault:
            faults.append(f"{shown.row}: {fault}")
        if message.count():
            message.screenshot(path=tmp_path / f"{re.sub(r'[^a-z0-9]+', '-', str(shown.row).lower())}.png")
    assert faults == []
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    on_a_phone_in_the_dark(page, tmp_path / "phone.png")


def on_a_phone_in_the_dark(page: Page, picture: Path) -> None:
    """The same conversation."""
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 760})
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".conversation").screenshot(path=picture)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 900, "height": 900})


def see(message: Locator, sight: Sight) -> None:
    found = message.locator(sight.selector)
    expect(found).to_have_text([re.compile(rf"^{re.escape(each)}") for each in sight.words])
    if sight.href is not None:
        expect(found.last).to_have_attribute("href", re.compile(rf"^{re.escape(sight.href)}"))
        expect(found.last).to_have_attribute("rel", "noopener noreferrer")


def look(page: Page, shown: Shown, message: Locator) -> None:
    row = shown.row
    expect(message).to_be_attached()
    message.scroll_into_view_if_needed()
    for sight in row.sights:
        see(message, sight)
    if row.answered is not None:
        see(page.locator(f'.message[data-id="{shown.answered_id}"]'), row.answered)
    if row.refusal is not None:
        expect(message).to_have_attribute("data-status", "refused")
        expect(message.locator(".reason")).to_contain_text(
            "The provider can't send this: it has no message of this kind"
        )
    elif not row.is_about_another:
        expect(message).not_to_have_attribute("data-status", "refused")
    if row.file in ("image", "sticker"):
        expect(message.locator("img")).to_have_js_property("complete", True)
        expect(message.locator("img")).not_to_have_js_property("naturalWidth", 0)
    elif row.file in ("voice", "audio", "video"):
        assert plays(page, message, FILES[row.file].mime_type.partition("/")[0]) > 0


def plays(page: Page, message: Locator, main: str) -> Any:
    """How far the sound or film came, once its button was pressed: the element plays by itself then."""
    message.locator(".player button").click()
    player = message.locator(main)
    came = player.evaluate(
        """(element, limit) => new Promise((resolve, reject) => {
          const end = performance.now() + limit;
          const look = () => {
            const { currentTime, error } = element;
            if (currentTime > 0.1) resolve(currentTime);
            else if (error || performance.now() > end) reject(new Error(error?.message ?? "stands still"));
            else setTimeout(look, 20);
          };
          look();
        })""",
        WAIT_MS,
    )
    if main == "video":
        assert player.evaluate("film => film.videoWidth") > 0
    return came
