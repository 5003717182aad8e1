"""Chromium for the tests, and what every test of a page watches: console, errors, policy, requests."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
WAIT_MS = 30_000
"""How long a page and ``expect`` wait for what is looked for."""
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

expect.set_options(timeout=WAIT_MS)

# The browser says this by itself of every answer that is not 2xx, and of none at all.
NETWORK_NOTE = "Failed to load resource"

WATCH_POLICY = """
window.policyViolations = [];
document.addEventListener("securitypolicyviolation", (event) => window.policyViolations.push(event.violatedDirective));
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("GATE24_CHROMIUM") or (CHROMIUM if Path(CHROMIUM).exists() else None)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Watched:
    """What went wrong on the pages of a context. ``network_notes`` is for tests that take the server away or are
    refused; ``others``: hosts that may be asked, too."""

    host: str
    complaints: list[str] = field(default_factory=list)
    network_notes: bool = False
    others: set[str] = field(default_factory=set)
    pages: list[Page] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(WATCH_POLICY)
        context.on("page", self.watch_page)

    def watch_page(self, page: Page) -> None:
        """One page of a context that is shared; the context has ``WATCH_POLICY``."""
        self.pages.append(page)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning") and not (self.network_notes and NETWORK_NOTE in message.text):
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        url = urlsplit(request.url)
        if url.scheme.startswith("http") and url.netloc not in {self.host, *self.others}:
            self.complaints.append(f"third party: {url.netloc}")

    def end(self) -> None:
        """Asks the pages once more for what their policy stopped; after it they may be closed."""
        self.complaints = self.all()
        self.pages = []

    def all(self) -> list[str]:
        violations = [page.evaluate("window.policyViolations") for page in self.pages if not page.is_closed()]
        return self.complaints + [f"policy: {entry}" for found in violations for entry in found]


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A desktop's, unless the options say otherwise."""
    desktop = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}
    context = browser.new_context(**(desktop | options))
    context.set_default_timeout(WAIT_MS)
    # Whoever listens only once a dialog of files is asked for may be late: the browser has then opened its own.
    context.on("page", lambda page: page.on("filechooser", lambda _: None))
    return context


@contextmanager
def watched_contexts(browser: Browser, watched: Watched) -> Iterator[Callable[..., BrowserContext]]:
    """Makes contexts by the options of ``new_context``, watches their pages and closes them in the end."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        contexts.append(new_context(browser, **options))
        watched.watch(contexts[-1])
        return contexts[-1]

    yield make
    watched.end()
    for context in contexts:
        context.close()


def key_field(page: Page) -> Locator:
    """Where an API key is entered; where staff sign in at an issuer, it is shown first."""
    field = page.locator("#key")
    field.wait_for(state="attached")
    if not field.is_visible():
        page.get_by_text("With an API key").click()
    return field


def signed_in(page: Page, console_url: str, key: str) -> Page:
    page.goto(console_url)
    key_field(page).fill(key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation")).to_be_visible()
    return page


def row(page: Page, who: str) -> Locator:
    """A contact's row in the list, by number or by a part of the name."""
    return page.locator(f'.row[data-contact="{who}"]') if who.startswith("+") else page.locator(".row", has_text=who)


def find(page: Page, phone: str) -> Locator:
    """A contact's row, searched for by the number: the list shows no other."""
    page.get_by_role("searchbox").fill(phone)
    expect(page.locator(".row")).to_have_count(1)
    return row(page, phone)


def open_chat(page: Page, name: str) -> None:
    row(page, name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def box(page: Page) -> Locator:
    """Where a message is written."""
    return page.get_by_role("textbox", name="Write to this contact")


def first_view(browser: Browser, console_url: str, key: str, folder: Path) -> dict[str, float]:
    """What the list costs at first: ``requests`` for contacts, their ``bytes`` as transferred in the body, and
    ``main_thread_ms``, the processor time of the page's main thread from signing in until the list stands."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(console_url)
    key_field(page).fill(key)
    answers: list[Any] = []
    page.on("response", lambda response: answers.append(response) if "/v1/contacts?" in response.url else None)
    browser.start_tracing(page=page, path=folder / "trace.json", categories=["toplevel", "devtools.timeline"])
    page.keyboard.press("Enter")
    # Nothing is asked of the page while it is measured: looking at it would cost it time. It asks again after 3 s.
    time.sleep(2)
    browser.stop_tracing()
    size = sum(len(answer.body()) for answer in answers)
    rows = page.locator(".row").count()
    context.close()
    events = json.loads((folder / "trace.json").read_text())["traceEvents"]
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    spent = sum(
        event.get("tdur", 0)
        for event in events
        if event["name"] == "ThreadControllerImpl::RunTask" and (event["pid"], event["tid"]) in threads
    )
    return {"requests": len(answers), "bytes": size, "rows": rows, "main_thread_ms": spent / 1000}


def axe_violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now: rule, where, and why."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", AXE_RULES)[
        "violations"
    ]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]
