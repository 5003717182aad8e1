"""The docs' pictures can be taken of the console of today: what they show is still there. ``make pictures`` does it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import chromium
from tests.support.console_mock import Server
from tests.support.console_pictures import IMAGES, PICTURES, demo_server, take


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with demo_server() as running:
        yield running
        assert running.faults == []


def size(picture: Path) -> tuple[int, int]:
    """Width and height of a WebP in the extended format (RFC 9649, section 2.7): 24 bits each, less one."""
    header = picture.read_bytes()[:30]
    assert (header[:4], header[8:16]) == (b"RIFF", b"WEBPVP8X")
    return int.from_bytes(header[24:27], "little") + 1, int.from_bytes(header[27:30], "little") + 1


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_the_docs_can_be_taken_today(name: str, browser: Browser, server: Server, tmp_path: Path) -> None:
    taken = tmp_path / f"{name}.webp"
    take(browser, server, PICTURES[name], taken)
    assert size(taken) == size(IMAGES / f"{name}.webp"), "make pictures"
    assert taken.stat().st_size < 100_000


def test_all_pictures_of_the_docs_are_taken_so() -> None:
    assert {file.name for file in IMAGES.iterdir()} == {f"{name}.webp" for name in PICTURES}
