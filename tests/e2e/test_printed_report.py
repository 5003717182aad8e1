"""The report for donors in real Chromium: one page of A4, readable by everybody, with nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from gate24.api.costs_report import LANGUAGES, report_html
from tests.support.browser import axe_violations, chromium
from tests.support.month_reports import full_report

_PAGE_OF_PDF = re.compile(rb"/Type\s*/Page\b")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(params=LANGUAGES)
def page(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    file = tmp_path / "report.html"
    file.write_text(report_html(full_report(), request.param), encoding="utf-8")
    with browser.new_context() as context:
        opened = context.new_page()
        opened.goto(file.as_uri())
        yield opened


def test_a_month_of_five_channels_and_twelve_campaigns_is_one_page_of_a4(page: Page) -> None:
    assert len(_PAGE_OF_PDF.findall(page.pdf(prefer_css_page_size=True))) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_and_so_is_one_of_many_more(browser: Browser, tmp_path: Path, language: str) -> None:
    file = tmp_path / "report.html"
    file.write_text(report_html(full_report(channels=30, campaigns=200), language), encoding="utf-8")
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(file.as_uri())
        assert len(_PAGE_OF_PDF.findall(page.pdf(prefer_css_page_size=True))) == 1


def test_it_is_accessible_and_narrow_enough_for_a_phone(page: Page) -> None:
    assert axe_violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_has_no_script_and_asks_for_nothing(browser: Browser, tmp_path: Path) -> None:
    file, asked = tmp_path / "report.html", list[str]()
    file.write_text(report_html(full_report(), "en"), encoding="utf-8")
    with browser.new_context() as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        assert page.locator("script, link, img, iframe").count() == 0
    assert asked == [file.as_uri()]
