"""The docs' pictures of the console: ``make pictures`` takes them anew, of the demo that the tests look at."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from stack.settings import ROOT
from tests.support.browser import chromium, new_context, open_chat, signed_in
from tests.support.console_demo import ASHA, BIMAL, demo, phone
from tests.support.console_mock import Server, add_every_kind
from tests.support.console_people import HOUR
from tests.support.console_tasks import TASKS, Hand, Task

IMAGES = ROOT / "docs" / "images"
QUALITY = 80
"""Of WebP, of 100: letters are as sharp as in PNG."""


@dataclass(frozen=True, slots=True)
class Picture:
    """``prepare``: what is done on the page, signed in, before it is taken. ``options``: of the browser's context."""

    prepare: Callable[[Page], None]
    options: dict[str, Any] = field(default_factory=dict)


def _open_chat(page: Page) -> None:
    open_chat(page, "Sunita, Class 7")
    expect(page.locator(".message").last).to_be_in_viewport()


def _closed_chat(page: Page) -> None:
    open_chat(page, "Harish, volunteer")
    page.get_by_label("Template", exact=True).select_option(label="camp_reminder (en, utility)")
    for place, value in enumerate(("Harish", "Sunday at ten")):
        page.locator(".part-fields input").nth(place).fill(value)
    expect(page.locator(".composer")).to_contain_text("Namaste Harish, the health camp is on Sunday at ten.")
    expect(page.locator(".composer")).to_contain_text("about $0.0052")


def _together(page: Page) -> None:
    open_chat(page, "Meena, mother")
    expect(page.locator(".note-item")).to_be_visible()
    expect(page.locator(".answering-note")).to_be_visible()
    expect(page.locator(".queue")).to_be_visible()
    page.locator(".message-list .scroller").evaluate("list => list.scrollTop = list.scrollHeight")


def _kinds(page: Page) -> None:
    open_chat(page, "Kavita")
    asked = page.locator(".message", has=page.locator("details .choice[data-chosen]")).first
    asked.evaluate("message => message.scrollIntoView({ block: 'center' })")
    asked.hover()
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")


def _costs(page: Page) -> None:
    page.get_by_role("link", name="Costs").click()
    expect(page.locator("table tbody tr").first).to_be_visible()


def _after(task: Task) -> Callable[[Page], None]:
    return lambda page: task.do(Hand(page))


PICTURES = {
    "chats": Picture(_open_chat),
    "closed": Picture(_closed_chat),
    "together": Picture(_together),
    "kinds": Picture(_kinds),
    "costs": Picture(_costs),
    "phone": Picture(_open_chat, {"viewport": {"width": 360, "height": 720}, "device_scale_factor": 2}),
    "chat-dark": Picture(_open_chat, {"color_scheme": "dark"}),
    **{f"task-{name}": Picture(_after(task)) for name, task in TASKS.items()},
}


@contextmanager
def demo_server() -> Iterator[Server]:
    server = Server({"demo": demo(30)})
    add_every_kind(server, "Inbound, Meta")
    kavita = next(each for each in server.organizations["demo"].people.values() if each.name == "Inbound, Meta")
    kavita.name = "Kavita"
    harish = server.organizations["demo"].people[phone(90004)]
    refused = {"status": "refused", "code": "window_closed"}
    harish.add({"direction": "outbound", "type": "text", "text": "You are welcome."} | refused, time.time() - HOUR)
    server.callers = {"demo": ASHA}
    meena = server.organizations["demo"].people[phone(90003)]
    meena.inbox.assignee = ASHA.email
    meena.inbox.act(BIMAL, "assign", ASHA.email)
    meena.inbox.note(BIMAL, "Her sister calls on Monday; please be patient with her.", time.time() - HOUR)
    meena.inbox.answering = [(BIMAL, time.time() + HOUR)]
    server.start()
    yield server
    server.stop()


def take(browser: Browser, server: Server, picture: Picture, to: Path) -> None:
    context = new_context(browser, **picture.options)
    page = signed_in(context.new_page(), f"{server.url}/console", "demo")
    expect(page.locator(".row").first).to_be_visible()
    picture.prepare(page)
    # Playwright's own screenshots are PNG, twice as large.
    taken = context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    to.write_bytes(base64.b64decode(taken["data"]))
    context.close()


def main() -> None:
    with chromium() as browser, demo_server() as server:
        for name, picture in PICTURES.items():
            take(browser, server, picture, IMAGES / f"{name}.webp")
            print(f"Taken: docs/images/{name}.webp")


if __name__ == "__main__":
    main()
