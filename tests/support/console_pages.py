"""Fixtures of the tests that look at the console in real Chromium, against an API in memory.

A test module takes those that it needs, and may have a ``server`` or ``page`` of its own in their place. One whose API
refuses or breaks off says so by ``NETWORK_NOTES = True``: then what Chromium writes of that is no complaint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.browser import Watched, chromium, signed_in, watched_contexts
from tests.support.console_demo import ASHA, BIMAL, demo
from tests.support.console_mock import Server
from tests.support.console_people import Organization


@contextmanager
def served(server: Server) -> Iterator[Server]:
    """Runs the server; in the end nothing may have been asked or answered otherwise than documented."""
    server.start()
    try:
        yield server
    finally:
        server.stop()
    assert not server.faults, server.faults[:3]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def server() -> Iterator[Server]:
    """Asha's and Bimal's session, and a key, are all of one organization."""
    organization = demo(30)
    keys = dict.fromkeys(("asha", "bimal", "demo"), organization)
    with served(Server(keys, callers={"asha": ASHA, "bimal": BIMAL})) as running:
        yield running


@pytest.fixture
def organization(server: Server) -> Organization:
    return server.organizations["asha"]


@pytest.fixture
def watched(server: Server, request: pytest.FixtureRequest) -> Iterator[Watched]:
    found = Watched(server.url.split("/")[2], network_notes=getattr(request.module, "NETWORK_NOTES", False))
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


@pytest.fixture(scope="module")
def lasting_server() -> Iterator[Server]:
    """One for all tests of a module, of a key."""
    with served(Server({"demo": demo(3)})) as running:
        yield running


@pytest.fixture(scope="module")
def lasting_page(server: Server, browser: Browser) -> Iterator[Page]:
    """One for all tests of a module, which takes ``lasting_server`` as its ``server``."""
    watched = Watched(server.url.split("/")[2])
    with watched_contexts(browser, watched) as make:
        yield signed_in(make().new_page(), f"{server.url}/console", "demo")
    assert watched.all() == []
