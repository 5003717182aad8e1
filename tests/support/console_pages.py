"""Fixtures of the tests that look at the console in real Chromium, against an API in memory on which two of the
organization's people and a key work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.browser import Watched, chromium, signed_in, watched_contexts
from tests.support.console_demo import ASHA, BIMAL, demo
from tests.support.console_mock import Server
from tests.support.console_people import Organization


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def server() -> Iterator[Server]:
    """Asha's and Bimal's session, and a key, are all of one organization."""
    organization = demo(30)
    running = Server(dict.fromkeys(("asha", "bimal", "demo"), organization), callers={"asha": ASHA, "bimal": BIMAL})
    yield running.start()
    running.stop()
    assert not running.faults, running.faults[:3]


@pytest.fixture
def organization(server: Server) -> Organization:
    return server.organizations["asha"]


@pytest.fixture
def watched(server: Server) -> Iterator[Watched]:
    found = Watched(server.url.split("/")[2])
    yield found
    assert found.all() == []


@pytest.fixture
def context_of(browser: Browser, server: Server, watched: Watched) -> Iterator[Callable[..., BrowserContext]]:
    with watched_contexts(browser, watched) as make:
        yield make


@pytest.fixture
def session(context_of: Callable[..., BrowserContext], server: Server) -> Callable[..., Page]:
    """Opens a page on which somebody is signed in; ``options`` are of the browser's context."""

    def open_page(key: str = "asha", **options: Any) -> Page:
        return signed_in(context_of(**options).new_page(), f"{server.url}/console", key)

    return open_page


@pytest.fixture
def page(session: Callable[..., Page]) -> Page:
    return session()
