"""Files in the console: pictures are drawn, sound and film are played, the rest is downloaded; nothing of it runs."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bsp_simulator.media import BUILT_IN
from tests.support.browser import Watched, axe_violations, chromium, open_chat, signed_in, watched_contexts
from tests.support.console_demo import demo, phone
from tests.support.console_mock import Server
from tests.support.console_people import Person
from tests.support.held_requests import held_back

PNG = f"data:image/png;base64,{base64.b64encode(BUILT_IN['image'].content).decode()}"


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server({"demo": demo(3)}).start()
    running.files["picture"] = PNG
    yield running
    running.stop()
    assert running.faults == []


@pytest.fixture
def page(server: Server) -> Iterator[Page]:
    watched = Watched(server.url.split("/")[2])
    with chromium() as browser, watched_contexts(browser, watched) as make:
        yield signed_in(make().new_page(), f"{server.url}/console", "demo")


def chat(server: Server, page: Page, *media: dict[str, Any]) -> None:
    person = server.organizations["demo"].add(Person(phone(95020), "Asha Photos"))
    for each in media:
        person.writes(None, type=each["kind"], media=each)
    open_chat(page, "Asha Photos")
    expect(page.locator(".message")).to_have_count(len(media))


def kept(media_id: str, kind: str, mime_type: str, **more: Any) -> dict[str, Any]:
    return {"id": media_id, "kind": kind, "mime_type": mime_type, "fetch": "kept", **more}


def test_a_picture_is_drawn_in_a_place_that_does_not_move(server: Server, page: Page) -> None:
    frame = page.locator(".picture")
    with held_back(page, "**/v1/media/picture*"):
        chat(server, page, kept("picture", "image", "image/png", caption="Our roof"))
        before = frame.bounding_box()
    picture = frame.locator("img")
    expect(picture).to_have_attribute("alt", "Our roof")
    expect(picture).to_have_js_property("naturalWidth", 48)
    after = frame.bounding_box()
    assert before is not None and after is not None
    assert (before["width"], before["height"]) == (after["width"], after["height"])
    assert axe_violations(page) == []


def test_what_is_no_picture_sound_or_film_is_offered_and_never_shown(server: Server, page: Page) -> None:
    svg = kept("svg", "image", "image/svg+xml")
    html = kept("html", "document", "text/html", filename="<script>document.title=1</script>.html")
    chat(server, page, svg, html, kept("pdf", "document", "application/pdf", filename="form.pdf"))
    expect(page.get_by_role("button", name="form.pdf", exact=True)).to_be_visible()
    assert page.locator(".message img, .message audio, .message video, .message iframe").count() == 0
    assert server.asked("GET", "/v1/media/svg") == []  # nothing is asked for before somebody wants it
    page.locator(".message .download button").first.click()
    expect(page.locator(".message").first).to_contain_text("could not be loaded")
    assert page.title().endswith("Chats · gate24")  # before it stands how many wait, once that is loaded


def test_the_size_of_a_file_stands_apart_from_its_name(server: Server, page: Page, tmp_path: Path) -> None:
    pdf = kept("pdf", "document", "application/pdf", filename="form.pdf", size_bytes=1200)
    at_provider = {"id": "17", "kind": "document", "media_id": "9001", "filename": "form.pdf", "size_bytes": 1200}
    chat(server, page, pdf, at_provider)
    for file in page.locator(".message .file").all():
        # Both at once: the list may be scrolling.
        name, size = file.evaluate(
            "file => ['bdi', '.size'].map((part) => file.querySelector(part).getBoundingClientRect().toJSON())"
        )
        assert 4 <= size["x"] - (name["x"] + name["width"]) <= 16
        assert abs(size["y"] - name["y"]) < name["height"]
    page.locator(".conversation").screenshot(path=tmp_path / "files.png")


def test_sound_and_film_are_loaded_when_somebody_wants_them(server: Server, page: Page) -> None:
    chat(server, page, kept("voice", "audio", "audio/ogg"), kept("film", "video", "video/mp4"))
    assert server.asked("GET", "/v1/media/voice") == []
    page.get_by_role("button", name="Play audio").click()
    expect(page.locator(".message").first).to_contain_text("could not be loaded")
    assert len(server.asked("GET", "/v1/media/voice")) == 1
    expect(page.get_by_role("button", name="Play video")).to_be_visible()


def test_a_file_that_is_not_there_is_told_in_words(server: Server, page: Page) -> None:
    states = {"pending": "being fetched", "too_large": "100 MB", "expired": "any more", "not_fetched": "not be loaded"}
    chat(server, page, *({"id": each, "kind": "image", "fetch": each} for each in states))
    for place, words in enumerate(states.values()):
        expect(page.locator(".message").nth(place)).to_contain_text(words)


def test_a_file_that_gate24_does_not_have_is_a_link_as_before(server: Server, page: Page) -> None:
    chat(server, page, {"kind": "image", "url": "https://files.example.org/a.png"})
    expect(page.locator(".message a.file")).to_have_attribute("href", "https://files.example.org/a.png")


def test_a_file_that_only_the_provider_has_is_fetched_when_somebody_wants_to_see_it(server: Server, page: Page) -> None:
    there, gone = ({"id": each, "kind": "image", "media_id": "1234567890"} for each in ("picture", "gone"))
    server.to_fetch = ["picture"]
    chat(server, page, there, gone)
    buttons = page.locator(".message .download").get_by_role("button", name="Image")
    expect(buttons).to_have_count(2)
    assert server.asked("GET", "/v1/media/picture") == []  # nor does the provider hear of it
    with held_back(page, "**/v1/media/picture*"):
        page.route("**/v1/media/picture*", lambda route: route.continue_(), times=1)  # it is the second that waits
        buttons.first.click()
        expect(page.locator(".message .download").first).to_contain_text("being fetched")
    expect(page.locator(".message .download img")).to_have_js_property("naturalWidth", 48)
    assert [each.path for each in server.requests if "/media/" in each.path] == ["/v1/media/picture"] * 3
    assert axe_violations(page) == []
    buttons.last.click()
    expect(page.locator(".message").last).to_contain_text("could not be loaded")


def test_each_kind_of_file_has_an_icon_of_its_own(server: Server, page: Page, tmp_path: Path) -> None:
    kinds: tuple[dict[str, Any], ...] = (
        {"kind": "image"},
        {"kind": "video"},
        {"kind": "audio"},
        {"kind": "audio", "voice": True},
        {"kind": "document", "filename": "form.pdf"},
        {"kind": "sticker"},
    )
    chat(server, page, *({"url": f"https://files.example.org/{place}", **each} for place, each in enumerate(kinds)))
    drawn = page.locator(".message .file .icon").evaluate_all("icons => icons.map((icon) => icon.innerHTML)")
    assert len(drawn) == len(kinds) == len(set(drawn))
    page.locator(".conversation").screenshot(path=tmp_path / "icons.png")
