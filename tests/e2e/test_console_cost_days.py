"""A day of the costs in real Chromium: today as of now, bars that say what the table says, and the messages behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.test_console_costs import api, figures, opened, part, settled, value, with_today
from tests.e2e.test_console_languages import use_language
from tests.support.browser import Watched, axe_violations
from tests.support.console_costs import MORE_LIVE
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, watched
from tests.support.console_people import Person

from tests.e2e.test_console_costs import server  # isort: skip

__all__ = ["browser", "context_of", "server", "watched"]

pytestmark = pytest.mark.usefixtures("same_day")

Json = dict[str, Any]


@pytest.fixture
def page(context_of: Callable[..., BrowserContext], server: Server) -> Page:
    return shown(opened(context_of().new_page(), server))


def shown(page: Page) -> Page:
    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()
    return page


def days_of(server: Server) -> list[str]:
    return [day.day for day in server.organizations["demo"].costs]


def bars(page: Page) -> Locator:
    return page.get_by_role("group", name=re.compile("Cost per day, by fee")).locator(".day-bar")


def day_row(page: Page, day: str) -> Locator:
    return page.get_by_role("table", name="Costs per day").locator(f'tr[data-key="{day}"]')


def of_day(page: Page) -> Locator:
    """With its sums and its messages, which come one after the other."""
    found = page.locator(".cost-day")
    expect(found.get_by_role("table")).to_be_visible()
    expect(found.locator("[aria-busy]")).to_have_count(0)
    expect(found.locator('[data-figure="day/total"]')).to_be_visible()
    return found


def rows(page: Page) -> Locator:
    return page.get_by_role("table", name="Messages of the day").locator("tbody tr")


def words(page: Page) -> Locator:
    return page.locator(".cost-day .progress-words")


def all_shown(page: Page) -> list[Json]:
    """Goes on to the last message; what the rows say."""
    more = page.get_by_role("button", name="Show more messages")
    while more.is_visible():
        before = rows(page).count()
        more.click()
        expect(rows(page).nth(before)).to_be_visible()
    expect(words(page)).to_contain_text(re.compile(r"^(All )?\d"))
    found: list[Json] = page.evaluate(
        """() => [...document.querySelectorAll(".cost-day tbody tr")].map((row) =>
            Object.fromEntries([...row.querySelectorAll("[data-figure]")].map((each) =>
                [each.dataset.figure.split("/").slice(2).join("/"), each.textContent])))"""
    )
    return found


def test_what_last_month_cost_and_on_what_takes_two_clicks(server: Server, page: Page) -> None:
    """From the list of chats: Costs (which ``opened`` clicked), Previous month."""
    page.get_by_role("button", name="Previous month").click()
    this_month = days_of(server)[-1][:7]
    expect(page.locator(f'tr[data-key^="{this_month}"]')).to_have_count(0)
    days = api(server, "daily", **{"from": days_of(server)[0], "to": days_of(server)[-1]})["data"]
    month = page.get_by_label("From", exact=True).input_value()[:7]
    expected = sum((Decimal(day["total"]) for day in days if day["date"].startswith(month)), Decimal())
    assert month < this_month
    assert figures(page)["total"] == expected > 0
    for name in ("By our number", "By category", "By template", "By who sent it"):
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_role("table", name="By who sent it")).to_contain_text("Software: newsletter")
    expect(page.get_by_role("table", name="By who sent it")).to_contain_text("Asha Rao")


def test_today_is_as_of_now_and_can_be_fetched_anew(server: Server, page: Page) -> None:
    today = days_of(server)[-1]
    (stated,) = api(server, "daily", **{"from": today, "to": today})["data"]
    found = figures(page)
    assert found["today"] == Decimal(stated["total"]) + MORE_LIVE * Decimal("0.0010")
    assert found["total"] == sum(
        (Decimal(day["total"]) for day in with_today(server, api(server, "daily", **days_from(page))["data"])),
        Decimal(),
    )
    expect(page.locator(".figure", has_text="Today").locator(".as-of")).to_have_text(re.compile(r"^As of \d+:\d\d"))
    asked = len(server.asked("GET", "/v1/costs/live"))
    page.get_by_role("button", name="Refresh").click()
    # What is said to who hears the page, with what came shortly before it.
    expect(page.locator("#live")).to_contain_text("Today's figures are up to date.")
    expect(page.get_by_role("button", name="Refresh")).to_be_focused()
    assert len(server.asked("GET", "/v1/costs/live")) == asked + 1
    assert figures(page)["today"] == found["today"]


def days_from(page: Page) -> dict[str, str]:
    return {name: page.get_by_label(name.title(), exact=True).input_value() for name in ("from", "to")}


def test_where_today_cannot_be_had_live_its_last_figure_is_shown_with_its_time(
    server: Server, context_of: Callable[..., BrowserContext], watched: Watched
) -> None:
    watched.network_notes = True
    page = context_of().new_page()
    page.route("**/v1/costs/live*", lambda route: route.abort())
    shown(opened(page, server))
    today = days_of(server)[-1]
    (stated,) = api(server, "daily", **{"from": today, "to": today})["data"]
    assert figures(page)["today"] == Decimal(stated["total"])
    as_of = page.locator(".figure", has_text="Today").locator(".as-of")
    expect(as_of).to_have_attribute("datetime", stated["as_of"])
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator("#live")).to_contain_text("could not be fetched")


def test_a_bar_says_the_tables_figures_whether_pointed_at_or_focused(server: Server, page: Page) -> None:
    chart = page.locator(".chart-figure", has_text="Cost per day, by fee")
    count = bars(page).count()
    assert chart.locator('.day-bar[tabindex="0"]').count() == 1, "one stop of the Tab key"
    day = bars(page).nth(count // 2)
    key = day.get_attribute("data-key")
    assert key
    told = [each.inner_text() for each in day_row(page, key).locator("td [data-figure]").all()]
    total, fees = told[0], [each for each in told if not each.startswith("₹")][1:4]
    day.locator(".hit").hover()
    expect(chart.locator(".readout")).to_contain_text(total)
    pointed = chart.locator(".readout").inner_text()
    for figure in (total, *fees):
        assert figure in pointed
    chart.locator('.day-bar[tabindex="0"]').focus()
    page.keyboard.press("Home")
    expect(bars(page).first).to_be_focused()
    for _ in range(count // 2):
        page.keyboard.press("ArrowRight")
    expect(day).to_be_focused()
    assert chart.locator(".readout").inner_text() == pointed
    label = day.get_attribute("aria-label") or ""
    assert [*map(str.strip, re.split(r"\s{2,}|\n", pointed))] == label.split(", ")
    assert chart.locator('.day-bar[tabindex="0"]').count() == 1
    page.keyboard.press("End")
    expect(bars(page).last).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(bars(page).last).to_be_focused()


@pytest.mark.parametrize("way", ["click on the bar", "Enter on the bar", "click in the table", "Enter in the table"])
def test_a_day_opens_its_messages_and_back_is_the_same_place(server: Server, page: Page, way: str) -> None:
    number = min(4, bars(page).count() - 1)  # the month may have just begun
    day = bars(page).nth(number).get_attribute("data-key") or ""
    opener = bars(page).nth(number) if "bar" in way else day_row(page, day).get_by_role("button")
    opener.scroll_into_view_if_needed()
    if "click" in way:
        (opener.locator(".hit") if "bar" in way else opener).click()
    else:
        opener.focus()
        page.keyboard.press("Enter")
    top = page.evaluate("document.querySelector('.costs').scrollTop")
    expect(of_day(page).get_by_role("heading", level=2)).to_be_focused()
    assert day in (of_day(page).locator("h2 time").get_attribute("datetime") or "")
    stated = api(server, "live", day=day)
    assert value(page.locator('[data-figure="day/total"]').inner_text()) == Decimal(stated["total"])
    assert "+91" not in page.url and day not in page.url
    assert top == 0, "a day begins at its top"
    page.get_by_role("button", name="Back to the days").click()
    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()
    expect(opener).to_be_focused()
    expect(opener).to_be_in_viewport()
    page.go_back()
    expect(of_day(page)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()


def test_the_messages_of_a_day_add_up_to_it_by_whatever_is_chosen(server: Server, page: Page) -> None:
    today = days_of(server)[-1]
    day_row(page, today).get_by_role("button").click()
    of_day(page)
    live = api(server, "live", day=today)
    all_of_it = all_shown(page)
    assert sum((value(row["total"]) for row in all_of_it), Decimal()) == Decimal(live["total"])
    for fee, amount in live["fees"].items():
        assert sum((value(row[f"fees/{fee}"]) for row in all_of_it), Decimal()) == Decimal(amount)
    expect(words(page)).to_have_text(f"All {len(all_of_it)} messages, together ${live['total']}.")
    for label, name, parts in (
        ("Template", "template", live["by_template"]),
        ("Sent by", "author", live["by_author"]),
        ("Kind", "category", live["by_category"]),
    ):
        found = page.locator(".cost-day .fields").get_by_label(label, exact=True)
        chosen = parts[0]
        found.select_option(chosen.get("author_id") or chosen[name])
        expect(words(page)).not_to_be_empty()
        assert sum((value(row["total"]) for row in all_shown(page)), Decimal()) == Decimal(chosen["total"])
        expect(rows(page)).to_have_count(chosen["count"])
        found.select_option("All")
    query = [request.query for request in server.asked("GET", "/v1/costs/messages")]
    assert not re.search(r"Asha|Bimal|\+91|9198", str(query)), "no person in an address"


def test_a_row_says_what_may_change_and_who_was_erased(server: Server, page: Page) -> None:
    day_row(page, days_of(server)[-1]).get_by_role("button").click()
    of_day(page)
    for number, told in (
        (1, "once delivered, also $0.0042"),
        (2, "no price known"),
        (3, "corrected by the provider's"),
    ):
        expect(rows(page).nth(number).locator("td").last).to_contain_text(told)
    expect(rows(page).nth(6)).to_contain_text("erased")
    expect(rows(page).nth(6).get_by_role("link")).to_have_count(0)
    expect(rows(page).first).to_contain_text("camp_reminder")
    expect(rows(page).first).to_contain_text("₹0.3738")


def test_a_message_opens_its_chat_at_it_and_back_is_the_row(server: Server, page: Page) -> None:
    """A message so old that it is on the fourth page of its conversation."""
    person = Person("+919876543219", "Asha Devi")
    server.organizations["demo"].add(person)
    for number in range(130):
        person.writes(f"Message {number}", at=1_700_000_000 + number * 60.0)
    day = days_of(server)[-1]
    day_row(page, day).get_by_role("button").click()
    of_day(page)
    page.locator(".cost-day .fields").get_by_label("Fee", exact=True).select_option("gupshup")
    expect(words(page)).not_to_be_empty()
    row = rows(page).nth(2)
    link = row.get_by_role("link")
    expect(link).to_have_accessible_name("Open the chat with +919876543219 at this message")
    sought = row.get_attribute("data-key")
    link.click()
    expect(page.get_by_role("heading", name="Asha Devi").first).to_be_visible()
    message = page.locator(f'.message[data-id="{sought}"]')
    expect(message).to_be_in_viewport()
    expect(message).to_be_focused()
    assert "9198" not in page.url and str(sought) not in page.url
    page.go_back()
    of_day(page)
    expect(page.locator(".cost-day .fields").get_by_label("Fee", exact=True)).to_have_value("gupshup")
    expect(page.locator(f'tr[data-key="{sought}"] a')).to_be_focused()
    page.get_by_role("button", name="Back to the days").click()
    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()


def test_another_chat_is_opened_at_its_end(server: Server, page: Page) -> None:
    day_row(page, days_of(server)[-1]).get_by_role("button").click()
    of_day(page)
    rows(page).first.get_by_role("link").click()
    expect(page.locator(".message.sought")).to_have_count(1)
    page.locator(".row").nth(3).click()
    expect(page.locator(".message").last).to_be_in_viewport()
    expect(page.locator(".message.sought")).to_have_count(0)
    assert page.evaluate("history.state.message") is None


def test_a_month_opens_its_days_and_what_is_shown_is_kept(server: Server, page: Page) -> None:
    page.get_by_role("button", name="Months").click()
    table = page.get_by_role("table", name="Costs per month")
    month = table.locator("tbody tr").nth(1)
    key = month.get_attribute("data-key") or ""
    month.get_by_role("button").click()
    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()
    expect(page.get_by_role("button", name="Days")).to_have_attribute("aria-pressed", "true")
    assert days_from(page)["from"] == f"{key}-01"
    page.get_by_role("link", name="Chats", exact=True).click()
    expect(page.locator(".row").first).to_be_visible()
    page.get_by_role("link", name="Costs", exact=True).click()
    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()
    assert days_from(page)["from"] == f"{key}-01"


def test_what_fails_is_said_and_can_be_tried_again(server: Server, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    page.route("**/v1/costs/messages*", lambda route: route.abort())
    day_row(page, days_of(server)[-1]).get_by_role("button").click()
    expect(page.locator(".cost-day").get_by_role("alert")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    of_day(page)
    expect(rows(page).first).to_be_visible()
    expect(page.locator(".cost-day").get_by_role("alert")).to_have_count(0)


def test_a_key_of_some_channels_is_asked_for_what_it_knows(
    server: Server, context_of: Callable[..., BrowserContext]
) -> None:
    server.organizations["demo"].is_limited = True
    page = opened(context_of().new_page(), server)
    day_row(page, days_of(server)[-1]).get_by_role("button").click()
    expect(of_day(page).locator(".fields label")).to_have_text(["Our number", "Fee"])


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 360)], ids=["light, wide", "dark, narrow"])
@pytest.mark.parametrize("language", ["en", "hi"])
def test_a_day_has_words_and_room_for_everybody(
    server: Server, context_of: Callable[..., BrowserContext], scheme: str, width: int, language: str
) -> None:
    page = opened(context_of(color_scheme=scheme, viewport={"width": width, "height": 800}).new_page(), server)
    use_language(page, language)
    settled(page)
    page.locator("tbody .opens").first.click()
    of_day(page)
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("(costs => costs.scrollWidth <= costs.clientWidth)(document.querySelector('.costs'))")
    if language == "hi":
        said = page.locator(".costs").inner_text()
        assert not re.findall(r"\b[a-z_]+\.[a-z_]+\b", said)
        assert not re.findall(r"\b(?:the|and|not|of|is|messages)\b", said)


def test_the_parts_are_a_click_away_from_a_day(server: Server, page: Page) -> None:
    day_row(page, days_of(server)[-1]).get_by_role("button").click()
    of_day(page)
    part(page, "Budget")
    expect(page.locator(".cost-card")).to_have_count(3)
    part(page, "Spending")
    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()
