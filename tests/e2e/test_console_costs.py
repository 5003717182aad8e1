"""The console's costs in real Chromium, against an API in memory: every figure on the page is the API's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from io import BytesIO
from operator import itemgetter
from typing import Any

import httpx
import openpyxl
import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.support.browser import Watched, axe_violations
from tests.support.browser import signed_in as browser_signed_in
from tests.support.console_costs import NOT_CONVERTED, PAGE_DAYS
from tests.support.console_demo import demo
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, served, watched
from tests.support.live import until

__all__ = ["browser", "context_of", "watched"]

pytestmark = pytest.mark.usefixtures("same_day")

Json = dict[str, Any]
Figures = dict[str, Decimal]
KINDS = ("inbound", "freeform", "template")
PARTS = ("Spending", "Budget", "What if", "Provider's bill")
NOTICES = ("unpriced", "unknown", "undelivered", "differences", "in_window", "unverified", "provisional", "restated")


@pytest.fixture
def server() -> Iterator[Server]:
    with served(Server({"demo": demo(30)})) as running:
        yield running


@pytest.fixture
def page(context_of: Callable[..., BrowserContext], server: Server) -> Page:
    return opened(context_of().new_page(), server)


def opened(page: Page, server: Server) -> Page:
    """The costs, as they are shown at first."""
    browser_signed_in(page, f"{server.url}/console", "demo")
    page.get_by_role("link", name="Costs", exact=True).click()
    settled(page)
    return page


def settled(page: Page) -> None:
    """What the part asked for at first is there."""
    expect(page.locator(".costs-part .costs-body")).to_be_attached()
    expect(page.locator(".costs-part [aria-busy]")).to_have_count(0)


def part(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Parts of the costs").get_by_role("link", name=name).click()


def shown_part(page: Page, name: str) -> None:
    """Opens it, and asks where it answers a question only."""
    part(page, name)
    if name in ("What if", "Provider's bill"):
        page.get_by_role("button", name="Compare").click()
    expect(page.locator(".cost-card").first).to_be_visible()
    expect(page.locator(".costs-part [aria-busy]")).to_have_count(0)


def api(server: Server, path: str, **query: str) -> Json:
    headers = {"authorization": "Bearer demo"}
    answer = httpx.get(f"{server.url}/v1/costs/{path}", params=query, headers=headers, timeout=60)
    body: Json = answer.json()
    return body


def with_today(server: Server, days: list[Json]) -> list[Json]:
    """The days, the last of which is today as it is live."""
    return [*days[:-1], api(server, "live")]


def pages(server: Server, path: str, **query: str) -> list[Json]:
    found = [api(server, path, **query)]
    while found[-1]["next_cursor"]:
        found.append(api(server, path, **query, cursor=found[-1]["next_cursor"]))
    return found


def shown_days(page: Page) -> dict[str, str]:
    """The range that the fields show."""
    return {
        name: page.get_by_label(label, exact=True).input_value() for name, label in (("from", "From"), ("to", "To"))
    }


FIGURES = """() => [...document.querySelectorAll(".costs [data-figure]")].map((each) =>
    [each.dataset.figure, each.textContent])"""

LEFT_OVER = r"""() => {
    const elsewhere = "[data-figure], time, svg, .readout, .month, .hint, .progress-words, bdi, select, h2, thead, "
        + ".about";
    const walker = document.createTreeWalker(document.querySelector(".costs"), NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const node = walker.currentNode;
        const text = node.textContent;
        if (/(?<![a-z\d])\d/.test(text) && !node.parentElement.closest(elsewhere)) found.push(text);
    }
    return found;
}"""


def figures(page: Page) -> Figures:
    """What is shown, by name. Each stands there once."""
    found: list[list[str]] = page.evaluate(FIGURES)
    names = [name for name, _ in found]
    assert len(names) == len(set(names))
    # "1 INR = " and the like: what has a number beside a figure would be a figure nobody compares.
    assert [text for text in page.evaluate(LEFT_OVER) if not text.startswith("1 INR")] == []
    return {name: value(text) for name, text in found}


def value(text: str) -> Decimal:
    number = Decimal(re.sub(r"[^\d.]", "", text))
    return -number if "-" in text else number


def amounts(expected: Mapping[str, Any]) -> Figures:
    return {name: Decimal(each) for name, each in expected.items()}


def total(rows: list[Json], of: Callable[[Json], Any]) -> Decimal:
    return sum((Decimal(of(row)) for row in rows), Decimal())


def spending(rows: list[Json], today: str | None = None) -> Figures:
    """What the page says of days or months, from the API's answer."""
    found: Figures = amounts({"today": rows[-1]["total"]}) if today else {}
    found["total"] = total(rows, lambda row: row["total"])
    found["messages"] = total(rows, lambda row: sum(row["messages"][kind] for kind in KINDS))
    fees = [row["fees"] for row in rows]
    found |= {f"fees/{fee}": total(fees, itemgetter(fee)) for fee in fees[0]}
    found["billed/count"] = total(rows, lambda row: row["provider_billed"]["count"])
    found["billed/differences"] = total(rows, lambda row: row["provider_billed"]["differences"])
    found |= _parts(rows) | _notices(rows)
    for row in rows:
        at = row.get("date") or row["month"]
        found |= amounts({f"{at}/total": row["total"], f"{at}/differences": row["provider_billed"]["differences"]})
        found |= amounts({f"{at}/fees/{fee}": each for fee, each in row["fees"].items()})
        found |= amounts({f"{at}/messages/{kind}": each for kind, each in row["messages"].items()})
        converted = row.get("converted", [])
        found |= amounts({f"{at}/rate/{each['card']['currency']}": each["exchange"]["rate"] for each in converted})
        own = row.get("converted_from") or [each["card"] for each in converted]
        found |= amounts({f"{at}/own/{each['currency']}": each["amount"] for each in own})
        for each in own:
            name = f"own/{each['currency']}"
            found[name] = found.get(name, Decimal()) + Decimal(each["amount"])
    return found


def _named(group: str, part: Json) -> str:
    name = part[group]
    return f"{name['kind']}#{name['name']}" if group == "author" else name or ""


def _parts(rows: list[Json]) -> Figures:
    found: Figures = {}
    for group in ("channel", "category", "template", "author", "market", "campaign"):
        for each in (each for row in rows for each in row[f"by_{group}"]):
            name = f"by_{group}/{_named(group, each)}"
            count = each["count"] if group != "channel" else sum(each["messages"][kind] for kind in KINDS)
            found[f"{name}/count"] = found.get(f"{name}/count", Decimal()) + count
            found[f"{name}/total"] = found.get(f"{name}/total", Decimal()) + Decimal(each["total"])
    return found


def _notices(rows: list[Json]) -> Figures:
    counts: dict[str, Callable[[Json], Any]] = {
        "unpriced": lambda row: row["unpriced"],
        "unknown": lambda row: row["messages"]["unknown"],
        "undelivered": lambda row: row["undelivered"]["count"],
        "differences": lambda row: row["provider_billed"]["differences"],
        "in_window": lambda row: row["templates_in_window"]["count"],
        "unverified": lambda row: row["unverified"],
        "provisional": lambda row: int(row["status"] == "provisional"),
        "restated": lambda row: int(row["status"] == "restated"),
    }
    beside: dict[str, Callable[[Json], Any]] = {
        "unknown": lambda row: row["unknown_amount"],
        "undelivered": lambda row: row["undelivered"]["amount"],
        "in_window": lambda row: row["templates_in_window"]["amount"],
    }
    found = {f"{name}/count": total(rows, of) for name, of in counts.items()}
    found |= {f"{name}/amount": total(rows, of) for name, of in beside.items()}
    return {name: each for name, each in found.items() if found[f"{name.split('/')[0]}/count"]}


def test_every_figure_of_days_is_the_apis(server: Server, page: Page) -> None:
    # A range that begins in the month before: all that a day may say is in it.
    earlier = server.organizations["demo"].costs[-40].day
    page.get_by_label("From", exact=True).fill(earlier)
    expect(page.locator(f'time[datetime="{earlier}"]').first).to_be_attached()
    days = with_today(server, api(server, "daily", **shown_days(page))["data"])
    assert len(days) == 40
    page.get_by_text("Exchange rates").first.click()
    assert figures(page) == spending(days, today=days[-1]["date"])
    assert {name for name in NOTICES if page.locator(f"[data-notice={name}]").count()} == set(NOTICES)
    expect(page.get_by_role("table", name="Costs per day").locator("tbody tr")).to_have_count(40)


def test_every_figure_of_months_is_the_apis(server: Server, page: Page) -> None:
    page.get_by_role("button", name="Months").click()
    expect(page.get_by_role("table", name="Costs per month")).to_be_visible()
    range_of = {name: page.get_by_label(f"{name.title()} month").input_value() for name in ("from", "to")}
    months = api(server, "monthly", **range_of)["data"]
    assert len(months) >= 2
    assert figures(page) == spending(months)
    expect(page.get_by_role("group", name="Cost per month, by fee")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.path().read_text().startswith("month,timezone,currency,status,total,")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    sheet = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes())).active
    assert sheet is not None and sheet.max_row == len(months) + 1
    page.get_by_label("From month").select_option(months[-1]["month"])
    expect(page.get_by_role("table", name="Costs per month").locator("tbody tr")).to_have_count(1)
    assert figures(page) == spending(months[-1:])


def test_every_figure_of_budgets_is_the_apis(server: Server, page: Page) -> None:
    part(page, "Budget")
    expect(page.locator(".cost-card")).to_have_count(3)
    answer = api(server, "budget")
    expected: Figures = {}
    for budget in (answer["organization"], *answer["channels"]):
        key, forecast = budget.get("channel", "organization"), budget["forecast"]
        expected |= amounts({f"{key}/spent": budget["spent"]})
        if forecast["amount"]:
            expected |= amounts({f"{key}/forecast": forecast["amount"], f"{key}/days": forecast["days"]})
        if budget["budget"] is not None:
            expected |= amounts({f"{key}/budget": budget["budget"], f"{key}/share": budget["share"]})
            expected |= amounts({f"{key}/shares/{share}": share for share in budget["shares"]})
            reached = page.locator(f'[data-figure^="{key}/shares/"]', has_text="% reached")
            expect(reached).to_have_count(len(budget["reached"]))
        on = page.locator(f'[data-day="{key}/reached_on"]')
        assert [each.get_attribute("datetime") for each in on.all()] == [*filter(None, [budget["budget_reached_on"]])]
    assert figures(page) == expected
    expect(page.get_by_text("none set")).to_have_count(1)
    for _ in range(2):  # on the first of a month yesterday, and with it the last month, may still change
        page.get_by_role("button", name="Previous month").click()
    expect(page.get_by_text("the month is over").first).to_be_visible()
    assert server.asked("GET", "/v1/costs/budget")[-1].query["month"] < answer["month"]


def test_every_figure_of_what_if_is_the_apis(server: Server, page: Page) -> None:
    part(page, "What if")
    page.get_by_label("Price list").select_option("meta-2026-10-01")
    page.get_by_label("From", exact=True).fill(server.organizations["demo"].costs[-30].day)
    asked = {"card": "meta-2026-10-01", **shown_days(page)}
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("Compared from")).to_be_visible()
    answers = pages(server, "what-if", **asked)
    assert len(answers) == -(-30 // PAGE_DAYS)
    lines = [line for answer in answers for line in answer["lines"]]
    expected: Figures = {
        name: total(answers, itemgetter(name)) for name in ("cost", "what_if", "difference", "unpriced")
    }
    expected["count"] = total(lines, itemgetter("count"))
    for line in lines:
        kind = "|".join(line[name] or "" for name in ("channel", "kind", "category", "market"))
        for key in (f"kinds/{kind}", f"days/{line['date']}"):
            for name in ("count", "cost", "what_if", "difference"):
                expected[f"{key}/{name}"] = expected.get(f"{key}/{name}", Decimal()) + Decimal(line[name])
    assert figures(page) == expected


def test_every_figure_of_the_providers_bill_is_the_apis(server: Server, page: Page) -> None:
    part(page, "Provider's bill")
    page.get_by_label("From", exact=True).fill(server.organizations["demo"].costs[-30].day)
    page.get_by_label("Show messages").select_option(label="All")
    asked = {"class": "all", "limit": "100", **shown_days(page)}
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("All days are compared")).to_be_visible()
    answers = pages(server, "reconciliation", **asked)
    assert len(answers) > 2
    summary = answers[-1]["summary"]
    groups = [(f"classes/{each['class']}", each) for each in summary["classes"]]
    groups += [(f"reasons/{each['class']}/{each['code']}", each) for each in summary["reasons"]]
    expected: Figures = {}
    for key, each in groups:
        expected |= amounts({f"{key}/count": each["count"], f"{key}/amount": each["ours"]["amount"]})
        told = {"told": "count", "charged": "charged", "free": "free"}
        expected |= amounts({f"{key}/{name}": each["theirs"][of] for name, of in told.items()})
    expected |= amounts({f"unconverted/{each['currency']}": each["amount"] for each in summary["unconverted"]})
    lines = [line for answer in answers for line in answer["data"]]
    for index, line in enumerate(lines):
        if line["ours"]:
            expected |= amounts({f"lines/{index}/ours/amount": line["ours"]["amount"]})
        if line["ours"] and "card" in line["ours"]:
            expected |= amounts({f"lines/{index}/ours/card": line["ours"]["card"]["amount"]})
    assert figures(page) == expected
    rows = page.get_by_role("table", name="Messages").locator("tbody tr")
    expect(rows).to_have_count(len(lines))
    page.get_by_label("Show messages").select_option(label="Different")
    page.get_by_role("button", name="Compare").click()
    expect(rows).to_have_count(sum(line["class"] == "different" for line in lines))
    expect(rows.first).to_contain_text("The provider counts it in another category.")
    expect(rows.first).to_contain_text("before: utility, charged")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    text = download.value.path().read_text().splitlines()
    assert len(text) == len(lines) + 1
    assert sum(line.startswith("class,") for line in text) == 1


def test_pages_are_followed_until_somebody_stops_or_leaves(server: Server, page: Page) -> None:
    """The second page is held back, so that the first can be looked at."""
    part(page, "What if")
    page.get_by_label("From", exact=True).fill(server.organizations["demo"].costs[-60].day)
    held: list[Route] = []
    page.route(re.compile("what-if.*cursor="), lambda route: held.append(route))

    def are_held(count: int) -> None:
        """A page is asked for once the one before it is shown."""

        def look() -> bool:
            page.wait_for_timeout(50)  # here, and not in ``until``, the page's requests are heard
            return len(held) >= count

        until(look)
        assert len(held) == count

    progress = page.locator(".progress-words")
    page.get_by_role("button", name="Compare").click()
    expect(progress).to_have_text(f"{PAGE_DAYS} of 60 days compared…")
    are_held(1)
    expect(page.get_by_role("table", name="Per day").locator("tbody tr")).to_have_count(PAGE_DAYS)
    page.get_by_role("button", name="Stop").click()
    expect(progress).to_have_text("Stopped. What was read until then is shown.")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    page.get_by_role("button", name="Compare").click()
    expect(progress).to_have_text(f"{PAGE_DAYS} of 60 days compared…")
    are_held(2)
    held[0].abort()
    held[1].continue_()
    expect(progress).to_have_text(f"{2 * PAGE_DAYS} of 60 days compared…")
    are_held(3)
    part(page, "Budget")
    expect(page.locator(".cost-card")).to_have_count(3)
    page.unroute_all()
    part(page, "What if")
    expect(page.get_by_label("Price list")).to_be_visible()
    assert len(server.asked("GET", "/v1/costs/what-if")) == 3
    page.get_by_role("button", name="Compare").click()
    expect(progress).to_have_text(re.compile("Compared from"))


def test_what_cannot_be_compared_is_said(server: Server, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    part(page, "What if")
    page.get_by_label("Price list").select_option(NOT_CONVERTED)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("alert").filter(has_text="cannot be converted")).to_be_visible()
    page.get_by_label("To", exact=True).fill("2020-01-01")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("Choose two days")).to_be_visible()
    assert len(server.asked("GET", "/v1/costs/what-if")) == 1


def test_a_tall_day_leaves_the_others_to_be_seen(page: Page) -> None:
    bars = page.get_by_role("group", name=re.compile("Cost per day, by fee"))
    heights: list[float] = bars.evaluate(
        """svg => [...svg.querySelectorAll(".day-bar")].map((bar) => [...bar.querySelectorAll(".series")]
            .reduce((sum, part) => sum + part.getBBox().height, 0)).filter(Boolean)"""
    )
    assert len(heights) >= 1
    assert min(heights) > 15 < max(heights) < 180
    expect(bars.locator(".cut")).to_have_count(bars.locator("text", has_text="$2").count())


def test_a_key_of_some_channels_sees_what_these_cost(server: Server, context_of: Callable[..., BrowserContext]) -> None:
    server.organizations["demo"].is_limited = True
    page = opened(context_of().new_page(), server)
    days = with_today(server, api(server, "daily", **shown_days(page))["data"])
    assert figures(page)["total"] == total(days, lambda row: row["total"])
    for gone in ("By category", "Differences from the provider's bill"):
        expect(page.get_by_text(gone, exact=True)).to_have_count(0)
    expect(page.get_by_role("heading", name="By our number")).to_be_visible()
    part(page, "Budget")
    expect(page.locator(".cost-card")).to_have_count(2)


def test_without_costs_the_page_says_so(server: Server, context_of: Callable[..., BrowserContext]) -> None:
    server.organizations["demo"].costs = []
    page = opened(context_of().new_page(), server)
    expect(page.get_by_text("No costs for this time yet.")).to_be_visible()
    part(page, "Budget")
    expect(page.get_by_text("known once a day of the month is over").first).to_be_visible()
    part(page, "What if")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("There is no message that costs something")).to_be_visible()


def test_the_costs_code_is_loaded_when_they_are_opened(
    server: Server, context_of: Callable[..., BrowserContext]
) -> None:
    page = context_of().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    browser_signed_in(page, f"{server.url}/console", "demo")
    expect(page.locator(".row").first).to_be_visible()
    assert [url for url in asked if "cost" in url] == []
    page.get_by_role("link", name="Costs", exact=True).click()
    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()
    assert any(url.endswith("/styles/costs.css") for url in asked)
    page.get_by_role("link", name="Chats", exact=True).click()
    expect(page.locator(".row").first).to_be_visible()
    count = len([url for url in asked if url.endswith(".js")])
    page.get_by_role("link", name="Costs", exact=True).click()
    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()
    assert len([url for url in asked if url.endswith(".js")]) == count


def test_the_parts_are_reached_by_keyboard_and_history(page: Page) -> None:
    page.get_by_role("link", name="Budget").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="What if")).to_have_attribute("aria-current", "page")
    page.get_by_label("Price list").focus()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Compare":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("Compared from")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="Spending")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing(server: Server, context_of: Callable[..., BrowserContext], scheme: str, width: int) -> None:
    page = opened(context_of(color_scheme=scheme, viewport={"width": width, "height": 760}).new_page(), server)
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        found[name] = axe_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert page.evaluate("(costs => costs.scrollWidth <= costs.clientWidth)(document.querySelector('.costs'))"), (
            name
        )

    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()
    look("days")
    page.get_by_role("button", name="Months").click()
    expect(page.get_by_role("table", name="Costs per month")).to_be_visible()
    look("months")
    for name in PARTS[1:]:
        shown_part(page, name)
        look(name)
    assert {name: violations for name, violations in found.items() if violations} == {}


@pytest.mark.parametrize("width", [360, 1280])
def test_the_figures_of_a_dear_year_make_no_part_scroll_sideways(
    server: Server, context_of: Callable[..., BrowserContext], width: int
) -> None:
    """Wide tables scroll in their own box, whatever the figures of the day are."""
    page = opened(context_of(viewport={"width": width, "height": 760}).new_page(), server)
    for name in PARTS:
        shown_part(page, name)
        scrolls = page.evaluate(
            """() => {
              const costs = document.querySelector(".costs");
              for (const figure of costs.querySelectorAll("[data-figure]")) figure.textContent = "₹1,23,45,678.123456";
              return costs.scrollWidth > costs.clientWidth;
            }"""
        )
        assert not scrolls, name


def test_hindi_has_words_for_all_of_it(server: Server, page: Page) -> None:
    page.get_by_label("Language").select_option("hi")
    expect(page.get_by_role("table", name="हर दिन का ख़र्च")).to_be_visible()
    names = page.locator(".costs-head .chip").all_inner_texts()
    for name in names:
        page.locator(".costs-head .chip", has_text=re.compile(f"^{name}$")).click()
        expect(page.locator(".costs-part").locator(".figures, .cost-card, .about").first).to_be_visible()
        words = page.locator(".costs").inner_text()
        assert not re.findall(r"\b[a-z_]+\.[a-z_]+\b", words)
        assert not re.findall(r"\b(?:the|and|not|of|is)\b", words)
