"""Sending files of this device in real Chromium: chosen, dropped, pasted, photographed; uploaded, and never run."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from bsp_simulator.media import BUILT_IN
from tests.support.browser import axe_violations, box, open_chat, signed_in
from tests.support.console_demo import demo, phone
from tests.support.console_ear import LISTEN
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, served, watched
from tests.support.console_people import HOUR
from tests.support.held_requests import held_back

__all__ = ["browser", "context_of", "watched"]
NETWORK_NOTES = True


PNG = BUILT_IN["image"].content
ROOF: FilePayload = {"name": "roof.png", "mimeType": "image/png", "buffer": PNG}
PDF: FilePayload = {"name": "form.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 form"}
MB = 1024 * 1024

GIVE = """([selector, type, files]) => {
  const transfer = new DataTransfer();
  for (const { name, mime, content } of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: mime }));
  }
  const options = { bubbles: true, cancelable: true };
  const event = type === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
    : new DragEvent(type, { ...options, dataTransfer: transfer });
  document.querySelector(selector).dispatchEvent(event);
}"""


@pytest.fixture
def server() -> Iterator[Server]:
    organization = demo(10)
    organization.channels = ("gupshup-1", "gupshup-2")
    with served(Server({"demo": organization})) as running:
        yield running


@pytest.fixture
def page(context_of: Callable[..., BrowserContext], server: Server) -> Page:
    page = signed_in(context_of().new_page(), f"{server.url}/console", "demo")
    open_chat(page, "Sunita, Class 7")
    return page


def open_form(page: Page) -> None:
    page.get_by_role("button", name="File", exact=True).click()


def send(page: Page) -> None:
    page.get_by_role("button", name="Send file").click()
    expect(page.locator(".part-form")).to_have_count(0)


def sent(server: Server) -> dict[str, Any]:
    (request,) = server.asked("POST", "/v1/messages")
    assert request.body and request.body["type"] == "media"
    media: dict[str, Any] = request.body["media"]
    return media


def given(page: Page, selector: str, event: str, *files: FilePayload) -> None:
    content = [
        {"name": f["name"], "mime": f["mimeType"], "content": base64.b64encode(f["buffer"]).decode()} for f in files
    ]
    page.evaluate(GIVE, [selector, event, content])


def test_a_photo_is_chosen_seen_and_sent(server: Server, page: Page, tmp_path: Path) -> None:
    open_form(page)
    expect(page.locator(".attachment")).to_contain_text("up to 4 MB")  # before anything is uploaded
    page.get_by_label("Choose a file").set_input_files(ROOF)
    attached = page.locator(".attached")
    expect(attached).to_contain_text("roof.png")
    expect(attached).to_contain_text("Ready to send")
    expect(attached.locator("img")).to_have_js_property("naturalWidth", 48)
    page.get_by_label("Caption").fill("Our *roof*")
    expect(page.locator(".part-form .send-line")).to_contain_text("about $")
    assert axe_violations(page) == []
    page.locator(".conversation").screenshot(path=tmp_path / "attached.png")
    send(page)
    assert sent(server) == {"kind": "image", "id": "upload-0", "size_bytes": len(PNG), "caption": "Our *roof*"}
    assert server.contents["upload-0"] == ("image/png", PNG)
    (uploaded,) = server.asked("POST", "/v1/media")
    assert uploaded.form["channel"][2] == b"gupshup-1"
    expect(page.locator(".message").last).to_contain_text("Our roof")
    expect(box(page)).to_be_focused()


def test_a_document_is_sent_under_its_name(server: Server, page: Page) -> None:
    open_form(page)
    page.get_by_label("Choose a file").set_input_files(PDF)
    expect(page.locator(".attached")).to_contain_text("Ready to send")
    expect(page.locator(".attached img")).to_have_count(0)
    send(page)
    assert sent(server) == {"kind": "document", "id": "upload-0", "size_bytes": 13, "filename": "form.pdf"}


@pytest.mark.parametrize(("selector", "event"), [(".composer textarea", "paste"), (".message-list", "drop")])
def test_a_picture_is_pasted_or_dropped(server: Server, page: Page, selector: str, event: str) -> None:
    expect(page.locator(".message").first).to_be_visible()
    page.evaluate(LISTEN)
    given(page, selector, event, ROOF, PDF)
    expect(page.locator(".attached")).to_contain_text("roof.png")
    # It stands there only until the next is said.
    page.wait_for_function("() => window.heard.some((words) => words.includes('only the first was taken'))")
    send(page)
    assert sent(server)["kind"] == "image"


def test_nothing_is_dropped_where_nothing_can_be_sent(server: Server, page: Page) -> None:
    open_chat(page, "Farhan, Class 8")
    given(page, ".message-list", "drop", ROOF)
    expect(page.locator(".attached")).to_have_count(0)
    assert server.asked("POST", "/v1/media") == []


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (
            {"name": "page.html", "mimeType": "text/html", "buffer": b"<script>document.title=1</script>"},
            "of this type",
        ),
        ({"name": "a.svg", "mimeType": "image/svg+xml", "buffer": b"<svg onload='document.title=1'/>"}, "of this type"),
        ({"name": "a.zip", "mimeType": "application/zip", "buffer": b"PK"}, "of this type"),
        ({"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"0" * (5 * MB)}, "has 5 MB, and up to 4 MB"),
        ({"name": "a.txt", "mimeType": "text/plain", "buffer": b""}, "is empty"),
    ],
)
def test_what_cannot_be_sent_is_told_before_it_is_uploaded(
    server: Server, page: Page, file: FilePayload, words: str
) -> None:
    open_form(page)
    page.get_by_label("Choose a file").set_input_files(file)
    expect(page.locator(".attachment .trouble")).to_contain_text(words)
    expect(page.get_by_role("button", name="Send file")).to_be_disabled()
    assert server.asked("POST", "/v1/media") == []
    assert page.title().endswith("gate24")
    assert axe_violations(page) == []
    page.get_by_label("Choose a file").set_input_files(PDF)
    expect(page.locator(".attachment .trouble")).to_be_empty()


def test_a_large_photo_is_made_smaller_and_a_webp_a_jpeg(server: Server, page: Page) -> None:
    large = page.evaluate_handle(
        """async () => {
          const canvas = new OffscreenCanvas(2600, 1300);
          const paper = canvas.getContext("2d");
          const noise = paper.createImageData(2600, 1300);
          for (let at = 0; at < noise.data.length; at += 65536)
            crypto.getRandomValues(noise.data.subarray(at, at + 65536));
          for (let at = 3; at < noise.data.length; at += 4) noise.data[at] = 255;
          paper.putImageData(noise, 0, 0);
          return canvas.convertToBlob({ type: "image/png" });
        }"""
    )
    open_form(page)
    page.get_by_label("Choose a file").evaluate(
        """(input, blob) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([blob], "roof.png", { type: "image/png" }));
          input.files = transfer.files;
          input.dispatchEvent(new Event("change"));
        }""",
        large,
    )
    expect(page.locator(".attached")).to_contain_text("roof.jpg")
    expect(page.locator(".attached")).to_contain_text("Ready to send")
    mime_type, content = server.contents["upload-0"]
    assert (mime_type, content[:3]) == ("image/jpeg", b"\xff\xd8\xff") and len(content) <= 4 * MB


def test_an_upload_that_fails_says_why_and_can_be_tried_again(server: Server, page: Page) -> None:
    server.upload_fault = "is text/html, which cannot be sent"
    open_form(page)
    page.get_by_label("Choose a file").set_input_files(PDF)
    expect(page.locator(".attachment .trouble")).to_contain_text("is text/html, which cannot be sent")
    server.upload_fault, server.offline = None, True
    page.get_by_label("Choose a file").set_input_files(PDF)
    expect(page.locator(".attachment .trouble")).to_contain_text("could not be uploaded")
    server.offline = False
    page.get_by_label("Choose a file").set_input_files(PDF)
    expect(page.locator(".attached")).to_contain_text("Ready to send")
    page.get_by_role("button", name="Remove the file").click()
    expect(page.locator(".attached")).to_be_hidden()
    expect(page.get_by_role("button", name="Send file")).to_be_disabled()


def test_progress_is_shown_and_another_number_gets_its_own_copy(server: Server, page: Page) -> None:
    person = server.organizations["demo"].people[phone(90001)]
    person.writes("Hello", channel="gupshup-2", at=time.time() - 5 * HOUR)
    expect(page.locator(".message", has_text="Hello")).to_be_visible()
    open_form(page)
    with held_back(page, "**/v1/media"):
        page.get_by_label("Choose a file").set_input_files(PDF)
        expect(page.get_by_role("progressbar", name="Uploading…")).to_be_visible()
        expect(page.get_by_role("button", name="Send file")).to_be_disabled()
    expect(page.locator(".attached")).to_contain_text("Ready to send")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    page.get_by_label("Our number").select_option("gupshup-2")
    page.wait_for_function("() => document.querySelector('.upload-state').textContent === 'Ready to send'")
    send(page)
    assert [each.form["channel"][2] for each in server.asked("POST", "/v1/media")] == [b"gupshup-1", b"gupshup-2"]
    assert sent(server)["id"] == "upload-1"


def test_a_phone_offers_its_camera(server: Server, context_of: Callable[..., BrowserContext], tmp_path: Path) -> None:
    context = context_of(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = signed_in(context.new_page(), f"{server.url}/console", "demo")
    open_chat(page, "Sunita, Class 7")
    open_form(page)
    camera = page.get_by_label("Take a photo")
    expect(page.locator(".photo")).to_be_visible()
    expect(camera).to_have_attribute("capture", "environment")
    camera.set_input_files(ROOF)
    expect(page.locator(".attached")).to_contain_text("Ready to send")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe_violations(page) == []
    page.screenshot(path=tmp_path / "phone.png")
    send(page)
    assert sent(server)["kind"] == "image"
