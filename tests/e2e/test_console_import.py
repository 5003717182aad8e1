"""Importing people in real Chromium: every row says first what it would do, and then does it once."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import BrowserContext, Page, Route, ViewportSize, expect

from tests.support.browser import axe_violations, signed_in
from tests.support.console_demo import phone
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, organization, server, watched
from tests.support.console_people import Organization
from tests.support.live import until

__all__ = ["browser", "context_of", "organization", "server", "watched"]
NETWORK_NOTES = True

PHONE: ViewportSize = {"width": 360, "height": 740}
HEADS = "Phone,Name,Consent,Consent_at,Consent_source,Consent_evidence"
ROWS = [
    "+919876540001,Asha,opt_in,2026-06-15,paper form,Form 1",
    "+919876540002,Ravi,opt_in,2026-06-15,paper form,",
    "9.19877E+11,Sita,opt_in,2026-06-15,paper form,Form 3",
    "+919876540001,Asha again,opt_in,2026-06-16,paper form,Form 4",
    "98765 43219,Gita,opt_in,2026-06-15,paper form,Form 5",
    "+919876540006,=HYPERLINK(1),opt_in,last May,paper form,Form 6",
]


@pytest.fixture
def page(context_of: Callable[..., BrowserContext], server: Server) -> Page:
    return opened(context_of(accept_downloads=True), server)


def opened(context: BrowserContext, server: Server, key: str = "asha") -> Page:
    page = signed_in(context.new_page(), f"{server.url}/console", key)
    page.get_by_role("link", name="Administration").click()
    page.get_by_role("link", name="Import people").click()
    expect(page.get_by_role("heading", name="Import people")).to_be_visible()
    return page


def give(page: Page, content: str | bytes, name: str = "people.csv") -> None:
    raw = content.encode() if isinstance(content, str) else content
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": raw})


def table(*rows: str) -> str:
    return "\r\n".join((HEADS, *rows, ""))


def chip(page: Page, name: str) -> Any:
    return page.locator(".import-chips").get_by_role("button", name=name)


def downloaded(page: Page, button: str, folder: Path) -> list[list[str]]:
    with page.expect_download() as told:
        page.get_by_role("button", name=button).click()
    told.value.save_as(folder / "file.csv")
    text = (folder / "file.csv").read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("viewport", [{"width": 1400, "height": 900}, PHONE], ids=["wide", "phone"])
def test_each_row_says_what_it_would_do_and_then_does_it(
    server: Server,
    organization: Organization,
    context_of: Callable[..., BrowserContext],
    viewport: ViewportSize,
    tmp_path: Path,
) -> None:
    page = opened(context_of(viewport=viewport, accept_downloads=True), server)
    give(page, table(*ROWS))
    expect(page.get_by_text("1 person would be added or updated. Nothing is changed yet.")).to_be_visible()
    assert "+919876540001" not in organization.people
    items = page.locator(".import-rows li")
    expect(items).to_have_count(6)
    for number, words in enumerate(
        ("New", "There is no evidence", "Excel has shortened", "Row 1 has the same number", "Is +919876543219 meant?"),
    ):
        expect(items.nth(number)).to_contain_text(words)
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    chip(page, "Left out").click()
    expect(items).to_have_count(5)
    refused = downloaded(page, "The rows that are left out", tmp_path)
    assert refused[0] == ["row", "reason", *HEADS.split(",")]
    assert [row[0] for row in refused[1:]] == ["2", "3", "4", "5", "6"]
    assert refused[5][3] == "'=HYPERLINK(1)", "no cell is a formula"
    page.get_by_role("button", name="Import 1 person").click()
    expect(page.get_by_text("Done: 1 person was imported.")).to_be_visible()
    person = organization.people["+919876540001"]
    assert (person.name, [entry.evidence for entry in person.history]) == ("Asha", ["Form 1"])
    done = downloaded(page, "What was done, row by row", tmp_path)
    assert [row[3] for row in done] == ["result", "Added", "Left out", "Left out", "Left out", "Left out", "Left out"]
    assert axe_violations(page) == []


def test_numbers_of_our_own_country_are_read_when_staff_say_so(
    server: Server, organization: Organization, page: Page
) -> None:
    give(page, table(ROWS[4]))
    page.get_by_role("button", name="Yes, read them so").click()
    page.get_by_role("button", name="Import 1 person").click()
    expect(page.get_by_text("Done: 1 person was imported.")).to_be_visible()
    assert organization.people["+919876543219"].name == "Gita"


def test_what_holds_of_all_rows_is_said_once(server: Server, organization: Organization, page: Page) -> None:
    give(page, "Mobile;Name\r\n+919876540011;Asha\r\n+919876540012;Ravi\r\n")
    expect(page.get_by_text("2 people would be added")).to_be_visible()
    page.get_by_text("How the rows are read").click()
    page.get_by_label("These people agreed to be written to").check()
    page.get_by_role("button", name="Check the rows again").click()
    expect(page.get_by_label("How they agreed")).to_be_focused()
    page.get_by_label("How they agreed").select_option("website")
    page.get_by_label("What shows it").fill("List of the website, May 2026")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Check the rows again").click()
    expect(page.locator(".import-rows li").first).to_contain_text("opts in")
    page.get_by_role("button", name="Import 2 people").click()
    expect(page.get_by_text("Done: 2 people were imported.")).to_be_visible()
    said = [organization.people[f"+9198765400{number}"].history for number in (11, 12)]
    assert [[(entry.source, entry.evidence) for entry in each] for each in said] == [
        [("website", "List of the website, May 2026")]
    ] * 2


def test_a_later_opt_out_stays_and_the_rest_is_known(server: Server, organization: Organization, page: Page) -> None:
    person = organization.people[phone(90001)]
    person.consent("opt_out", "keyword", "STOP")
    give(page, table(f"{phone(90001)},Sunita,opt_in,2026-06-15,form,Form 1"))
    expect(page.locator(".import-rows li")).to_contain_text("later than this consent. That stays")
    expect(page.get_by_role("button", name="Import")).to_have_count(0)
    assert person.history[-1].action == "opt_out"


def test_an_import_is_stopped_goes_on_where_it_was_and_again_does_nothing(
    server: Server, organization: Organization, page: Page
) -> None:
    rows = [f"+9198701{number:05d},Person {number},opt_in,2026-06-15,form,Form {number}" for number in range(1000)]
    before = len(organization.people)
    give(page, table(*rows))
    start = page.get_by_role("button", name="Import 1,000 people")
    expect(start).to_be_visible()
    held: list[Route] = []
    page.route("**/v1/contacts/import", lambda route: held.append(route))

    def is_held() -> bool:
        page.wait_for_timeout(50)  # here, and not in ``until``, the page's requests are heard
        return len(held) == 1

    start.click()
    until(is_held)
    page.get_by_role("button", name="Stop").click()
    held[0].continue_()
    expect(page.get_by_role("button", name="Go on with")).to_be_visible()
    page.unroute_all()
    imported = len(organization.people) - before
    assert 0 < imported < 1000 and imported % 200 == 0
    server.import_script = ["lost"]  # the answer, not the work
    page.get_by_role("button", name="Go on with").click()
    expect(page.get_by_text("Done: 1,000 people were imported.")).to_be_visible()
    assert len(organization.people) - before == 1000
    assert {len(organization.people[row.split(",")[0]].history) for row in rows} == {1}
    page.get_by_role("button", name="Choose another file").click()
    give(page, table(*rows))
    expect(chip(page, "Already there")).to_contain_text("1,000")
    expect(page.get_by_role("button", name="Import")).to_have_count(0)


def test_ten_thousand_rows_stay_usable(server: Server, page: Page) -> None:
    rows = [f"+91987{number:07d},Person {number},opt_in,2026-06-15,form,Form {number}" for number in range(10_000)]
    give(page, table(*rows))
    expect(chip(page, "New")).to_contain_text("10,000", timeout=60_000)
    expect(page.locator(".import-rows li")).to_have_count(50)
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_text("Rows 51 to 100 of 10,000")).to_be_visible()
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})  # the processor's time, not that of the clock

    def worked() -> float:
        metrics = tools.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))

    before = worked()
    page.evaluate(
        """() => {
          document.querySelector('.import-pages button:last-child').click();
          return new Promise(requestAnimationFrame);
        }"""
    )
    took = worked() - before
    expect(page.get_by_text("Rows 101 to 150 of 10,000")).to_be_visible()
    assert took < 0.2


ENCODED = {
    "utf-8": table(ROWS[0].replace("Asha", "आशा")).encode(),
    "utf-8 with a mark": b"\xef\xbb\xbf" + table(ROWS[0].replace("Asha", "आशा")).encode(),
    "utf-16 with tabs": table(ROWS[0].replace("Asha", "आशा")).replace(",", "\t").encode("utf-16"),
    "utf-16 big-endian": b"\xfe\xff" + table(ROWS[0].replace("Asha", "आशा")).encode("utf-16-be"),
    "semicolons": table(ROWS[0].replace("Asha", "आशा")).replace(",", ";").encode(),
    "named separator": b"sep=;\r\n" + table(ROWS[0].replace("Asha", "आशा")).replace(",", ";").encode(),
}


@pytest.mark.parametrize("content", ENCODED.values(), ids=list(ENCODED))
def test_what_spreadsheets_write_is_read(page: Page, content: bytes) -> None:
    give(page, content)
    expect(page.locator(".import-rows li")).to_contain_text("+919876540001आशा")
    expect(page.locator(".warning")).to_have_count(0)


NO_TABLES = {
    "a workbook": (b"PK\x03\x04 rest", "This is an Excel workbook."),
    "nothing": (b"", "There are no rows in this file."),
    "no rows": (HEADS.encode(), "There are no rows in this file."),
    "an open quote": (f'{HEADS}\r\n"+91987,Asha'.encode(), "A quotation mark in this file is opened"),
    "no phone": (b"Village,Name\r\nKhed,Asha\r\n", "one of them must be called phone. It has: Village and Name"),
}


@pytest.mark.parametrize(("content", "words"), NO_TABLES.values(), ids=list(NO_TABLES))
def test_what_is_no_table_is_told(page: Page, content: bytes, words: str) -> None:
    give(page, content)
    expect(page.locator(".trouble", has_text=words)).to_be_visible()
    assert axe_violations(page) == []


def test_the_old_encoding_of_windows_is_told(page: Page) -> None:
    give(page, table(ROWS[0].replace("Asha", "André")).encode("cp1252"))
    expect(page.locator(".import-rows li")).to_contain_text("André")
    expect(page.locator(".warning")).to_contain_text("Windows-1252")


def test_an_import_is_not_for_an_agent(server: Server, context_of: Callable[..., BrowserContext]) -> None:
    page = signed_in(context_of().new_page(), f"{server.url}/console", "bimal")
    expect(page.get_by_role("link", name="Chats")).to_be_visible()
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
    page.evaluate("location.hash = '#import'")
    expect(page.get_by_role("searchbox")).to_be_visible()


def test_it_goes_in_hindi_and_by_the_keyboard(server: Server, organization: Organization, page: Page) -> None:
    page.get_by_label("Language").select_option("hi")
    expect(page.get_by_role("heading", name="आयात")).to_be_visible()
    expect(page.get_by_text("CSV फ़ाइल चुनें")).to_be_visible()
    page.locator("input[type=file]").focus()
    expect(page.locator("input[type=file]")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files({"name": "people.csv", "mimeType": "text/csv", "buffer": table(*ROWS).encode()})
    expect(page.locator(".import-rows li").nth(2)).to_contain_text("Excel ने यह नंबर छोटा कर दिया है")
    assert axe_violations(page) == []
    page.get_by_role("button", name="1 व्यक्ति का आयात करें").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("हो गया: 1 व्यक्ति का आयात हुआ।")).to_be_visible()
    assert "+919876540001" in organization.people


def test_any_table_is_read_as_python_reads_it(page: Page) -> None:
    cells = st.text(st.sampled_from('ab ,;"\n=+é'), max_size=5)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(records=st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=5))
    def reads(records: list[list[str]]) -> None:
        text = io.StringIO(newline="")
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        writer.writerow(["phone", "name", "x"])
        writer.writerows(records)
        found = page.evaluate(
            """async (text) => {
              const script = document.querySelector('script[type=module]').src;
              const { readTable } = await import(new URL('data/table_file.js', script).href);
              try { return (await readTable(new File([text], 'a.csv'))).rows; }
              catch ({ reason }) { return reason; }
            }""",
            text.getvalue(),
        )
        read = list(csv.reader(io.StringIO(text.getvalue(), newline="")))[1:]
        kept = [{"number": n, "cells": row} for n, row in enumerate(read, 1) if any(cell.strip() for cell in row)]
        assert found == (kept or "empty")

    reads()
