"""Requests of a page that are held back: what is seen meanwhile lasts for as long as a test looks at it, however slow
the machine is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route


@contextmanager
def held_back(page: Page, url: str | re.Pattern[str]) -> Iterator[list[Route]]:
    """Requests of such addresses reach the server only after it; told are those that wait. The page gives up asking
    after 20 seconds."""
    held: list[Route] = []
    is_over = False

    def on_request(route: Route) -> None:
        if is_over:
            route.fallback()
        else:
            held.append(route)

    page.route(url, on_request)
    yield held
    is_over = True
    for route in held:
        route.fallback()
