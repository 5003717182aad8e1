"""The console in real Chromium, against an API in memory that can be slow, gone, scripted and full."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from playwright.sync_api import Request as PageRequest

from tests.support.browser import Watched, axe_violations, box, open_chat, row
from tests.support.browser import signed_in as browser_signed_in
from tests.support.console_demo import demo, phone
from tests.support.console_mock import Request, Server
from tests.support.console_pages import browser, context_of, served, watched
from tests.support.console_people import DAY, MARGIN, Organization, Person

__all__ = ["browser", "context_of", "watched"]

FORGED = '<img src=x onerror="document.title=1"><script>document.title=2</script>'


@pytest.fixture
def server() -> Iterator[Server]:
    with served(Server({"demo": demo(30)})) as running:
        yield running


@pytest.fixture
def page(context_of: Callable[..., BrowserContext], server: Server) -> Page:
    return signed_in(context_of().new_page(), server)


def signed_in(page: Page, server: Server, key: str = "demo") -> Page:
    return browser_signed_in(page, f"{server.url}/console", key)


def closing_in(server: Server, seconds: float, name: str = "Asha Closing") -> Person:
    person = server.organizations["demo"].add(Person(phone(95000), name))
    person.writes("Is it today?", at=wrote_at(seconds))
    person.consent("opt_in", "import", "Form", at=time.time() - 9 * DAY)
    person.activity = time.time() + 60
    return person


def wrote_at(seconds: float) -> float:
    """When somebody wrote whose window closes in so many seconds."""
    return time.time() - DAY + MARGIN + seconds


def test_a_window_closes_before_the_eyes_and_the_draft_is_kept(server: Server, page: Page) -> None:
    person = closing_in(server, 300)
    open_chat(page, "Asha Closing")
    box(page).fill("Yes, at ten")
    expect(row(page, "Asha Closing")).to_have_attribute("data-state", "closing")
    person.last_inbound["gupshup-1"] = wrote_at(4)  # only now: what was done until here may have taken a while
    expect(page.locator(".timer")).to_have_attribute("data-state", "closed")
    expect(page.locator("#alert")).to_contain_text("Your draft is kept")
    expect(row(page, "Asha Closing")).to_have_attribute("data-state", "closed")
    expect(box(page)).to_have_value("Yes, at ten")
    expect(box(page)).not_to_be_editable()
    expect(page.locator(".why")).to_be_focused()
    chosen = page.get_by_label("Template", exact=True).input_value()
    page.keyboard.type("camp")
    expect(page.get_by_label("Template", exact=True)).to_have_value(chosen)


def test_the_ring_closes_without_an_answer_of_the_server(server: Server, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    person = closing_in(server, 300)
    page.get_by_role("button", name=re.compile("^Open")).click()
    open_chat(page, "Asha Closing")
    expect(page.locator(".message")).to_have_count(1)
    row(page, "Asha Closing").focus()
    person.last_inbound["gupshup-1"] = wrote_at(7)
    expect(page.locator(".timer")).to_contain_text(re.compile(" s left|Closed"))  # the page has heard of it
    server.offline = True
    expect(page.locator(".timer")).to_have_attribute("data-state", "closed")
    expect(row(page, "Asha Closing")).to_have_count(0)
    expect(row(page, "Sunita, Class 7")).to_be_focused()
    expect(page.locator(".banner")).to_contain_text("can't be reached")


def test_a_contact_who_writes_appears_and_can_be_answered(server: Server, page: Page) -> None:
    open_chat(page, "Harish, volunteer")
    expect(page.locator(".composer")).to_have_attribute("data-mode", "shut")
    server.organizations["demo"].people[phone(90004)].writes("I am here again")
    expect(page.locator(".message").last).to_contain_text("I am here again")
    expect(page.locator(".timer")).to_have_attribute("data-state", "open")
    box(page).fill("Welcome back")
    expect(page.locator(".text-form .send-line")).to_contain_text("about $0.0010")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message").last).to_contain_text("Welcome back")
    expect(box(page)).to_have_value("")


def test_a_template_is_previewed_priced_and_sent(server: Server, page: Page) -> None:
    open_chat(page, "Harish, volunteer")
    page.get_by_label("Template", exact=True).select_option(label="camp_reminder (en, utility)")
    page.get_by_label("Value 1, after “Namaste”").fill("Harish")
    page.get_by_label("Value 2, after “health camp is on”").fill("Wednesday")
    expect(page.locator(".template-preview")).to_contain_text("Namaste Harish, the health camp is on Wednesday")
    expect(page.locator(".part-form .send-line")).to_contain_text("about $0.0052")
    page.get_by_role("button", name="Send template").click()
    expect(page.locator(".message").last).to_contain_text("camp_reminder")
    sent = server.asked("POST", "/v1/messages")[0].body
    assert sent and sent["template"]["params"] == ["Harish", "Wednesday"]


def test_whoever_opted_out_or_is_blocked_is_explained(page: Page) -> None:
    open_chat(page, "Farhan, Class 8")
    expect(page.locator(".why")).to_contain_text(re.compile("Opted out on .*by keyword.*START", re.DOTALL))
    expect(box(page)).to_be_hidden()
    open_chat(page, "Nikhil, cook")
    expect(page.locator(".why")).to_contain_text("Unblock")
    open_chat(page, "आशा देवी")
    expect(box(page)).to_be_editable()


def test_what_may_be_sent_is_what_the_server_says_and_nothing_else(server: Server, page: Page) -> None:
    person = server.organizations["demo"].people[phone(90001)]
    may: dict[str, Any] = {"freeform": False, "template": True, "marketing": False, "code": "window_closed"}
    person.may = may
    open_chat(page, "Sunita, Class 7")
    expect(page.locator(".timer")).to_have_attribute("data-state", "open")
    expect(page.locator(".composer")).to_have_attribute("data-mode", "shut")
    may |= {"freeform": False, "template": False, "code": "opted_out"}
    expect(page.locator(".timer")).to_have_attribute("data-state", "opted_out")
    expect(page.locator(".composer")).to_have_attribute("data-mode", "opted_out")
    may |= {"code": "blocked"}
    expect(row(page, "Sunita, Class 7")).to_have_attribute("data-state", "blocked")
    may |= {"code": "number_changed"}
    expect(row(page, "Sunita, Class 7")).to_have_attribute("data-state", "number_changed")
    expect(page.locator(".why")).to_contain_text("The person has another number now.")
    may |= {"code": "not_opted_in"}
    expect(page.locator(".composer")).to_have_attribute("data-mode", "no_consent")
    may |= {"freeform": True, "template": True, "marketing": True, "code": None}
    expect(page.locator(".composer")).to_have_attribute("data-mode", "open")
    expect(row(page, "Sunita, Class 7")).to_have_attribute("data-state", "open")


def test_a_marketing_template_is_offered_once_it_may_be_sent(server: Server, page: Page) -> None:
    person = server.organizations["demo"].add(Person(phone(95003), "Asha Reader"))
    person.writes("Hello")
    open_chat(page, "Asha Reader")
    page.get_by_role("button", name="Templates").click()
    picker = page.get_by_label("Template", exact=True)
    appeal = picker.get_by_role("option", name="annual_appeal (en, marketing)")
    expect(appeal).to_be_disabled()
    expect(page.locator(".part-form")).to_contain_text("can't be sent to this contact. The contact has not opted in.")
    picker.select_option(label="camp_reminder (en, utility)")
    page.get_by_label("Value 1").fill("Asha")
    person.consent("opt_in", "import", "Form")
    expect(appeal).to_be_enabled()
    expect(page.locator(".part-form")).not_to_contain_text("can't be sent")
    expect(page.get_by_label("Value 1")).to_have_value("Asha")


def test_whoever_opted_out_and_wrote_again_is_not_offered_templates(page: Page) -> None:
    open_chat(page, "आशा देवी")
    expect(page.get_by_role("button", name="Templates")).to_be_disabled()
    expect(page.locator(".why")).to_contain_text("you may answer, but not send templates")


def test_a_number_that_the_person_left_is_locked_until_somebody_writes_from_it(server: Server, page: Page) -> None:
    organization = server.organizations["demo"]
    open_chat(page, "Sunita, Class 7")
    box(page).fill("Come at ten")
    organization.change_number(organization.people[phone(90001)], phone(90101))
    expect(page.locator(".timer")).to_have_attribute("data-state", "number_changed")
    expect(page.locator("#alert")).to_contain_text("The person has another number now")
    expect(page.locator(".timer")).to_contain_text(re.compile("Number changed.*since"))
    expect(page.locator(".composer")).to_have_attribute("data-mode", "number_changed")
    why = re.compile("another number since .*look for the name.*until somebody writes from it", re.DOTALL)
    expect(page.locator(".why")).to_contain_text(why)
    expect(page.locator(".message-list .list-note")).to_have_text("No messages yet.")
    expect(page.locator(".message")).to_have_count(0)
    expect(page.get_by_role("region", name=f"Chat with {phone(90001)}")).not_to_contain_text(phone(90101))
    expect(box(page)).not_to_be_editable()
    expect(box(page)).to_have_value("Come at ten")
    expect(page.get_by_role("button", name="Templates")).to_be_hidden()
    page.get_by_role("button", name="Contact details").click()
    details = page.get_by_role("complementary")
    expect(details.locator(".facts")).to_contain_text(re.compile("Number changed.*another number since"))
    expect(details.locator(".history").first).to_contain_text("Nothing recorded")
    organization.people[phone(90001)].writes("Who is this?")
    expect(page.locator(".timer")).to_have_attribute("data-state", "open")
    expect(details.locator(".facts")).not_to_contain_text("Number changed")
    expect(page.locator(".message")).to_have_count(1)
    expect(box(page)).to_be_editable()
    row(page, "Sunita, Class 7").click()
    expect(page.locator(".conversation-head .phone")).to_have_text(phone(90101))
    expect(page.locator(".message").last).to_contain_text("The bus leaves at nine.")


def test_a_message_to_a_number_that_the_person_left_says_why_it_was_not_sent(page: Page) -> None:
    expect(row(page, phone(90010))).to_contain_text("Number changed")
    open_chat(page, phone(90010))
    expect(page.locator(".message").last).to_have_attribute("data-status", "refused")
    expect(page.locator(".message").last).to_contain_text("The person has another number now")


def test_a_marketing_stop_is_shown_with_the_number_that_it_is_about(server: Server, page: Page) -> None:
    organization = server.organizations["demo"]
    organization.channels = ("gupshup-1", "gupshup-2")
    stopped, other = (channel.business_number for channel in organization.channel_list())
    organization.templates += [replace(each, channel_id="gupshup-2") for each in organization.templates]
    person = organization.people[phone(90001)]
    person.writes("Hello", channel="gupshup-2", at=time.time() - 300)
    page.reload()
    open_chat(page, "Sunita, Class 7")
    page.get_by_label("Our number").select_option("gupshup-1")
    page.get_by_role("button", name="Templates").click()
    appeal = page.get_by_role("option", name="annual_appeal (en, marketing)")
    expect(appeal).to_be_enabled()
    page.get_by_role("button", name="Contact details").click()
    details = page.get_by_role("complementary")
    person.consent("marketing_stop", "whatsapp_settings", channel="gupshup-1")
    expect(appeal).to_be_disabled()
    expect(page.locator(".part-form")).to_contain_text(f"stopped marketing messages from {stopped} in WhatsApp")
    expect(details.locator(".facts")).to_contain_text(f"stopped marketing messages from {stopped} in WhatsApp")
    entry = details.locator(".history li").first
    expect(entry).to_contain_text("Marketing stopped")
    expect(entry).to_contain_text(f"in WhatsApp's settingsMarketing from {stopped}")
    page.get_by_label("Our number").select_option("gupshup-2")
    expect(appeal).to_be_enabled()
    expect(page.locator(".conversation")).not_to_contain_text("stopped marketing messages")
    person.consent("marketing_stop", "provider", channel="gupshup-2")
    expect(details.locator(".facts")).to_contain_text(f"marketing messages from {stopped}, {other} in WhatsApp")


WRITES_AND_SENDS = """box => {
  box.value = "Hello";
  box.dispatchEvent(new InputEvent("input", { bubbles: true }));
  box.form.requestSubmit();
}"""


def test_the_dry_run_refuses_before_anything_is_sent(server: Server, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    open_chat(page, "Sunita, Class 7")
    person = server.organizations["demo"].people[phone(90001)]
    person.consent("opt_out", "keyword", "STOP")
    # At one moment: nothing was asked before, and the page has heard of nothing.
    page.locator(".text-form textarea").evaluate(WRITES_AND_SENDS)
    expect(page.locator(".composer")).to_contain_text(re.compile("opted out", re.IGNORECASE))
    expect(box(page)).to_have_value("Hello")
    assert server.asked("POST", "/v1/messages") == []


def test_a_rejection_keeps_the_text_and_says_why(server: Server, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    server.script = ["bsp_rejected"]
    open_chat(page, "Sunita, Class 7")
    box(page).fill("Take a blanket")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".outcome")).to_contain_text("Nothing was sent")
    expect(box(page)).to_have_value("Take a blanket")
    expect(page.locator(".message").last).to_have_attribute("data-status", "rejected")


def test_an_unknown_outcome_looks_unknown_and_is_not_offered_again(
    server: Server, page: Page, watched: Watched
) -> None:
    watched.network_notes = True
    server.script = ["bsp_outcome_unknown"]
    open_chat(page, "Ravi, driver")
    box(page).fill("At noon")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message").last).to_have_attribute("data-status", "unknown")
    expect(page.locator(".message").last).to_contain_text("not known whether this was sent")
    expect(page.locator(".message").last.get_by_role("button")).to_have_count(0)
    expect(box(page)).to_have_value("")


def test_a_lost_answer_is_asked_for_with_the_same_key(server: Server, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    server.script = ["lost"]
    open_chat(page, "Sunita, Class 7")
    box(page).fill("Only once")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(box(page)).to_have_value("")
    keys = {request.headers["idempotency-key"] for request in server.asked("POST", "/v1/messages")}
    assert len(keys) == 1 and len(server.asked("POST", "/v1/messages")) >= 2
    expect(page.locator(".message", has_text="Only once")).to_have_count(1)


def test_no_answer_at_all_is_unknown_until_the_server_is_asked_again(
    server: Server, page: Page, watched: Watched
) -> None:
    watched.network_notes = True
    open_chat(page, "Sunita, Class 7")
    box(page).fill("Into the void")
    server.offline = True
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".attempts .message")).to_have_attribute("data-status", "unknown")
    server.offline = False
    page.get_by_role("button", name="Ask the server again").click()
    expect(page.locator(".messages .message", has_text="Into the void")).to_have_count(1)
    assert len({request.headers["idempotency-key"] for request in server.asked("POST", "/v1/messages")}) == 1


def test_a_clock_that_is_a_day_off_changes_nothing(server: Server, context_of: Callable[..., BrowserContext]) -> None:
    for shift in (-DAY, DAY):
        context = context_of()
        context.add_init_script(
            f"const shift = {shift * 1000}; {{ const Real = Date; window.Date = class extends Real {{"
            " constructor(...a) { a.length ? super(...a) : super(Real.now() + shift); }"
            " static now() { return Real.now() + shift; } }; }"
        )
        page = signed_in(context.new_page(), server)
        expect(row(page, "Sunita, Class 7")).to_contain_text("22 h left")
        state = row(page, "Meena, mother").locator(".state")
        expect(state).to_have_text(re.compile("^1[0-2] min left"))  # 12, where it takes no minute
        expect(row(page, "Harish, volunteer")).to_contain_text("Closed")


def test_markup_emoji_and_long_texts_are_only_text(server: Server, page: Page) -> None:
    long = ("नमस्ते👩‍👩‍👧‍👦 " * 400)[:4096]
    person = server.organizations["demo"].add(Person(phone(95001), FORGED))
    person.writes(FORGED)
    person.writes(long)
    person.writes(
        "مرحبا, call 112", type="document", media={"kind": "document", "url": "javascript:alert(1)", "filename": FORGED}
    )
    row(page, "<img src=x").click()
    expect(page.locator(".message")).to_have_count(3)
    expect(page.locator(".message").nth(0).locator(".text")).to_have_js_property("textContent", FORGED)
    expect(page.locator(".message").nth(1).locator(".text")).to_have_js_property("textContent", long)
    assert page.locator(".message a").count() == 0
    assert page.locator("#app img, #app script").count() == 0
    assert re.fullmatch(r"(\(\d+\) )?Chats · gate24", page.title())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_very_long_text_is_cut_and_shown_whole_when_asked_for(server: Server, page: Page) -> None:
    long = "नमस्ते, " * 2000
    person = server.organizations["demo"].add(Person(phone(95003), "Asha Writer"))
    person.writes(long)
    open_chat(page, "Asha Writer")
    message = page.locator(".message").first
    expect(message.locator(".text")).to_have_js_property("textContent", long[:4096])
    message.get_by_role("button", name="Show the whole message").click()
    expect(message.get_by_role("button")).to_have_count(0)
    expect(message.locator(".text")).to_have_js_property("textContent", long)
    person.writes("Did you read it?")
    expect(page.locator(".message")).to_have_count(2)
    expect(message.locator(".text")).to_have_js_property("textContent", long)


LATER = ("25", "50")
"""So many contacts the console asks for where it looks some seconds later what has changed, and who waits."""


def listed(server: Server) -> list[Request]:
    """What the list asked for at first, since the last sign-in or reload."""
    begun = max(index for index, each in enumerate(server.requests) if each.path == "/v1/me")
    asked = [each for each in server.requests[begun:] if each.path == "/v1/contacts"]
    return [each for each in asked if each.query["limit"] not in LATER]


def test_ten_thousand_contacts_take_one_small_request(
    server: Server, context_of: Callable[..., BrowserContext]
) -> None:
    server.organizations["demo"] = demo(10_000)
    page = signed_in(context_of().new_page(), server)
    expect(page.locator(".row").first).to_be_visible()
    first = listed(server)
    assert len(first) == 1 and first[0].answer_bytes <= 50 * 1024
    assert server.asked("GET", "/v1/contacts")[0] is first[0]
    expect(page.get_by_role("button", name=re.compile("^All"))).to_contain_text("10,010")
    assert page.locator(".row").count() < 40
    viewport = page.locator(".viewport")
    for _ in range(3):
        before = page.locator(".rows").evaluate("list => list.offsetHeight")
        viewport.evaluate("element => element.scrollTop = element.scrollHeight")
        page.wait_for_function("height => document.querySelector('.rows').offsetHeight > height", arg=before)
    assert page.locator(".row").count() < 60


def test_filters_search_and_order(server: Server, page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Closing")).click()
    expect(row(page, "Meena, mother")).to_be_visible()
    expect(row(page, "Sunita, Class 7")).to_have_count(0)
    page.get_by_label("Sort by").select_option("expires_at")
    expect(page.locator(".rows > li").filter(has_text="Meena, mother")).to_have_attribute("aria-posinset", "1")
    page.get_by_role("button", name=re.compile("^All")).click()
    expect(page.get_by_label("Sort by")).to_have_value("recent")
    page.get_by_role("searchbox").fill("90004")
    expect(page.locator(".row")).to_have_count(1)
    expect(row(page, "Harish, volunteer")).to_be_visible()
    page.get_by_role("searchbox").fill("nobody at all")
    expect(page.get_by_text("Nobody found")).to_be_visible()


def test_two_tabs_are_two_sessions(server: Server, context_of: Callable[..., BrowserContext]) -> None:
    other = Organization("Other Trust")
    other.add(Person(phone(70001), "Omana Other")).writes("Hello")
    server.organizations["other"] = other
    context = context_of()
    first, second = signed_in(context.new_page(), server), signed_in(context.new_page(), server, "other")
    expect(row(second, "Omana Other")).to_be_visible()
    expect(row(first, "Sunita, Class 7")).to_be_visible()
    expect(row(first, "Omana Other")).to_have_count(0)
    second.get_by_role("button", name="Sign out").click()
    expect(second.get_by_label("API key")).to_be_visible()
    first.reload()
    expect(row(first, "Sunita, Class 7")).to_be_visible()


def test_all_of_it_by_keyboard(server: Server, page: Page) -> None:
    expect(page.locator(".row").first).to_be_visible()
    page.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    expect(row(page, "Sunita, Class 7")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(row(page, "Ravi, driver")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ravi, driver")).to_be_focused()
    for _ in range(6):
        page.keyboard.press("Tab")
        if box(page).evaluate("element => element === document.activeElement"):
            break
    expect(box(page)).to_be_focused()
    page.keyboard.type("From the keyboard")
    page.keyboard.press("Enter")
    expect(page.locator(".message").last).to_contain_text("From the keyboard")
    page.keyboard.press("Escape")
    expect(row(page, "Ravi, driver")).to_be_focused()


def test_it_shows_that_it_is_stale_and_recovers(server: Server, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    open_chat(page, "Sunita, Class 7")
    expect(page.locator(".banner")).to_be_hidden()
    server.offline = True
    expect(page.locator(".banner")).to_contain_text("You see what was known at")
    server.organizations["demo"].people[phone(90001)].writes("While you were away")
    server.offline = False
    expect(page.locator(".banner")).to_be_hidden()
    expect(page.locator(".message").last).to_contain_text("While you were away")


def test_a_slow_link_is_not_stale_and_polls_do_not_overlap(server: Server, page: Page) -> None:
    happened: list[str] = []

    def note(what: str) -> Callable[[PageRequest], None]:
        return lambda request: happened.append(what) if "/v1/contacts?" in request.url else None

    page.on("request", note("asked"))
    page.on("requestfinished", note("ended"))
    page.on("requestfailed", note("ended"))
    server.latency = 3.5  # longer than the pause between two polls
    for _ in range(2):
        with page.expect_request("**/v1/contacts?**"):
            pass
        expect(page.locator(".banner")).to_be_hidden()
    assert ("asked", "asked") not in pairwise(happened)


def test_a_revoked_key_ends_the_session(server: Server, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    open_chat(page, "Sunita, Class 7")
    server.organizations["new"] = server.organizations.pop("demo")
    expect(page.get_by_role("alert").filter(has_text="Your session has ended").first).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    assert "Sunita" not in page.locator("#app").inner_text()
    assert phone(90001)[1:] not in page.url


def test_a_wrong_key_is_told(server: Server, context_of: Callable[..., BrowserContext], watched: Watched) -> None:
    watched.network_notes = True
    page = context_of().new_page()
    page.goto(f"{server.url}/console/")
    page.get_by_label("API key").fill("not-a-key")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="not valid")).to_be_visible()


def test_nobody_is_signed_in_while_the_server_does_not_say_what_the_key_may_do(
    server: Server, context_of: Callable[..., BrowserContext], watched: Watched
) -> None:
    watched.network_notes = True
    page = context_of().new_page()
    page.route("**/v1/me", lambda route: route.fulfill(status=404, json={"code": "not_found"}))
    page.goto(f"{server.url}/console")
    page.get_by_label("API key").fill("demo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="cannot answer at the moment")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    assert server.asked("GET", "/v1/contacts") == []


def test_a_session_outlasts_a_server_that_is_out_of_order(server: Server, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    page.route("**/v1/me", lambda route: route.fulfill(status=503, json={"code": "unavailable"}))
    page.reload()
    expect(page.get_by_text("The server can't be reached.")).to_be_visible()
    page.unroute_all(behavior="wait")
    page.get_by_role("button", name="Try again").click()
    expect(row(page, "Sunita, Class 7")).to_be_visible()


def test_a_reader_reads_and_sends_nothing(server: Server, context_of: Callable[..., BrowserContext]) -> None:
    server.organizations["reader"] = demo(5, scopes=("read",))
    page = signed_in(context_of().new_page(), server, "reader")
    open_chat(page, "Sunita, Class 7")
    expect(page.locator(".composer")).to_contain_text("can read here, but not send")
    expect(box(page)).to_be_hidden()
    page.get_by_role("button", name="Contact details").click()
    expect(page.get_by_role("complementary")).to_be_visible()
    expect(page.get_by_role("button", name="Block")).to_have_count(0)


def test_consent_block_and_erasure(server: Server, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    open_chat(page, "Sunita, Class 7")
    page.get_by_role("button", name="Contact details").click()
    panel = page.get_by_role("complementary")
    panel.get_by_role("button", name="Record opt-out").click()
    page.get_by_label("Reason and evidence").fill("Asked by telephone")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(panel.locator(".history li").first).to_contain_text("Asked by telephone")
    expect(panel.get_by_role("button", name="Record opt-out")).to_have_count(0)  # the buttons are drawn anew
    panel.get_by_role("button", name="Block").click()
    page.get_by_label("Reason (kept in the history)").fill("Abusive")
    page.get_by_role("dialog").get_by_role("button", name="Block").click()
    expect(page.locator(".why")).to_contain_text("Reason: Abusive")
    expect(page.locator(".timer")).to_have_attribute("data-state", "blocked")
    panel.get_by_role("button", name="Erase").click()
    erase = page.get_by_role("button", name="Erase for good")
    expect(erase).to_be_disabled()
    page.get_by_role("dialog").get_by_role("textbox").fill(phone(90001))
    erase.click()
    expect(row(page, "Sunita, Class 7")).to_have_count(0)
    assert phone(90001) not in server.organizations["demo"].people


def test_who_hides_the_number_is_opened_answered_blocked_and_erased(
    server: Server, page: Page, watched: Watched
) -> None:
    watched.network_notes = True
    organization = server.organizations["demo"]
    organization.channels = ("gupshup-1", "meta-1")
    noor = organization.add(Person("IN.1234567890123456", "Noor", user_id="IN.1234567890123456"))
    noor.writes("May I come?", channel="meta-1", at=time.time() - 60)
    noor.writes("Is it far?", at=time.time() - 90)
    page.reload()
    page.get_by_role("searchbox").fill("IN.1234567890")
    expect(page.locator(".row")).to_have_count(1)
    open_chat(page, "Noor")
    box(page).fill("Yes, at ten")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message").last).to_contain_text("Yes, at ten")
    page.get_by_label("Our number").select_option("gupshup-1")
    expect(page.locator(".why")).to_contain_text("can only send to phone numbers")
    page.get_by_label("Our number").select_option("meta-1")
    page.get_by_role("button", name="Contact details").click()
    details = page.get_by_role("complementary")
    expect(details).to_contain_text("WhatsApp's user id")
    details.get_by_role("button", name="Block").click()
    page.get_by_role("dialog").get_by_role("button", name="Block").click()
    expect(page.locator(".composer")).to_have_attribute("data-mode", "blocked")
    details.get_by_role("button", name="Unblock").click()
    page.get_by_role("dialog").get_by_role("button", name="Unblock").click()
    expect(page.locator(".composer")).to_have_attribute("data-mode", "open")
    noor.phone = phone(90100)
    noor.writes("This is my number", channel="meta-1")
    expect(page.locator(".conversation-head .phone")).to_have_text(phone(90100))
    expect(page.locator(".row")).to_have_count(1)
    expect(row(page, phone(90100))).to_have_attribute("aria-current", "true")
    noor.phone = "IN.1234567890123456"
    expect(details).to_contain_text("WhatsApp's user id")
    details.get_by_role("button", name="Erase").click()
    erase = page.get_by_role("button", name="Erase for good")
    page.get_by_role("dialog").get_by_role("textbox").fill("1234567890123456")
    expect(erase).to_be_disabled()
    page.get_by_role("dialog").get_by_role("textbox").fill("IN.1234567890123456")
    erase.click()
    expect(page.locator(".row")).to_have_count(0)
    assert organization.find("IN.1234567890123456") is None


def test_costs_are_shown_and_downloaded(server: Server, page: Page) -> None:
    page.get_by_role("link", name="Costs").click()
    expect(page.get_by_role("table", name="Costs per day")).to_contain_text("provisional")
    expect(page.get_by_role("group", name=re.compile("Cost per day"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.path().read_text().startswith("date,timezone,currency,status,total,")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download Report to print").click()
    assert re.fullmatch(r"gate24-report-\d{4}-\d{2}\.html", download.value.suggested_filename)
    assert '<html lang="en">' in download.value.path().read_text(encoding="utf-8")
    page.get_by_role("button", name="Previous month").click()
    expect(page.locator(".figure", has_text="Today")).to_have_count(0)


def test_hindi(server: Server, page: Page) -> None:
    page.get_by_label("Language").select_option("hi")
    expect(page.get_by_role("link", name="ख़र्च")).to_be_visible()
    expect(row(page, "Sunita, Class 7")).to_contain_text("22 घंटे बाकी")
    assert page.evaluate("document.documentElement.lang") == "hi"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing(server: Server, context_of: Callable[..., BrowserContext], scheme: str, width: int) -> None:
    context = context_of(color_scheme=scheme, viewport={"width": width, "height": 760})
    page = context.new_page()
    page.goto(f"{server.url}/console")
    expect(page.get_by_label("API key")).to_be_visible()
    found = {"signin": axe_violations(page)}
    signed_in(page, server)
    expect(page.locator(".row").first).to_be_visible()
    found["list"] = axe_violations(page)
    for name in ("Sunita, Class 7", "Harish, volunteer", "Farhan, Class 8", phone(90010)):
        open_chat(page, name)
        expect(page.locator(".message").first).to_be_visible()
        if name == "Harish, volunteer":
            page.get_by_label("Template", exact=True).select_option(label="camp_reminder (en, utility)")
        found[name] = axe_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if width == 360:
            page.get_by_role("button", name="Back to the chats").click()
    open_chat(page, "Sunita, Class 7")
    page.get_by_role("button", name="Contact details").click()
    expect(page.locator(".history li").first).to_contain_text("keyword")
    found["contact"] = axe_violations(page)
    page.get_by_role("button", name="Erase").click()
    found["dialog"] = axe_violations(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Costs").click()
    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()
    found["costs"] = axe_violations(page)
    assert {view: violations for view, violations in found.items() if violations} == {}


@pytest.mark.parametrize(
    ("direction", "details", "shown"),
    [
        (
            "inbound",
            {"direction": "user_initiated", "status": "completed", "duration": 95},
            "from the contact · 1 min 35 s",
        ),
        ("inbound", {"direction": "user_initiated", "status": "failed"}, "from the contact · not answered"),
        ("inbound", {"direction": "user_initiated"}, "from the contact"),
        ("outbound", {"direction": "business_initiated", "status": "rejected"}, "to the contact · declined"),
    ],
)
def test_a_call_is_shown_as_a_call(
    server: Server, page: Page, direction: str, details: dict[str, Any], shown: str
) -> None:
    person = server.organizations["demo"].add(Person(phone(95001), "Asha Caller"))
    person.writes("Namaste")
    status = "received" if direction == "inbound" else "accepted"
    person.add({"direction": direction, "type": "call", "status": status, "details": details})
    open_chat(page, "Asha Caller")
    call = page.locator(".message").last
    expect(call.locator(".call")).to_have_text(f"Voice call {shown}")
    expect(call.locator(".status")).to_have_count(0)


def test_an_edited_message_is_shown_with_its_new_text(server: Server, page: Page) -> None:
    person = server.organizations["demo"].add(Person(phone(95002), "Asha Editor"))
    person.writes("At five", type="edit", details={"original_message_id": "wamid.1"})
    open_chat(page, "Asha Editor")
    expect(page.locator(".message").last).to_contain_text(re.compile("Edited message.*At five", re.DOTALL))


def test_a_message_whose_content_is_kept_no_longer_says_so(server: Server, page: Page) -> None:
    person = server.organizations["demo"].add(Person(phone(95003), "Asha Earlier"))
    person.writes(None, content_kept=False)
    template = {"name": "class_reminder", "language": "en"}
    person.add(
        {"direction": "outbound", "type": "template", "status": "read", "template": template, "content_kept": False}
    )
    open_chat(page, "Asha Earlier")
    expect(page.locator(".message")).to_have_count(2)
    for number, text in ((0, "What it said is no longer kept"), (1, "Template class_reminder")):
        expect(page.locator(".message").nth(number)).to_contain_text(text)
    expect(page.locator(".message").nth(1)).to_contain_text("What it said is no longer kept")
    expect(page.locator(".message .text")).to_have_count(0)


def test_a_key_that_may_only_send_is_offered_a_no_and_no_yes(
    server: Server, context_of: Callable[..., BrowserContext]
) -> None:
    server.organizations["sender"] = demo(5, scopes=("read", "send"))
    page = signed_in(context_of().new_page(), server, "sender")
    open_chat(page, "Sunita, Class 7")
    page.get_by_role("button", name="Contact details").click()
    panel = page.get_by_role("complementary")
    for name in ("Record opt-out", "Block"):
        expect(panel.get_by_role("button", name=name)).to_have_count(1)
    expect(panel.get_by_role("button", name="Record opt-in")).to_have_count(0)
    panel.get_by_role("button", name="Block").click()
    page.get_by_role("dialog").get_by_role("button", name="Block").click()
    expect(panel.get_by_role("button", name="Block", exact=True)).to_have_count(0)
    expect(panel.get_by_role("button", name="Record opt-out")).to_have_count(1)
    expect(panel.get_by_role("button", name="Unblock")).to_have_count(0)


def message(page: Page, text: str) -> Locator:
    """The last message in whose own words this is."""
    return page.locator(".message").filter(has=page.locator(f'.bubble > :not(.quote):has-text("{text}")')).last


def test_a_message_that_was_sent_around_gate24_says_so(server: Server, page: Page, tmp_path: Path) -> None:
    person = server.organizations["demo"].add(Person(phone(95006), "Asha Around"))
    person.writes("Hello", at=time.time() - 4000)
    around = {"direction": "outbound", "status": "delivered", "sent_around": True, "sent_as": "freeform"}
    guessed = person.add({**around, "type": "unknown", "at_is_estimate": True}, at=time.time() - 3000)
    person.add({**around, "type": "text", "text": "From the app"}, at=time.time() - 2000)
    person.add({**around, "type": "text", "text": "By gate24", "sent_around": None})
    open_chat(page, "Asha Around")
    messages = page.locator('.message[data-direction="outbound"]')
    for language, words, untold, estimated in (
        ("en", "Sent outside gate24", "What it said is not known", "time estimated"),
        ("hi", "gate24 के बाहर से भेजा गया", "इसमें क्या लिखा था, पता नहीं", "अनुमानित समय"),
    ):
        if language != "en":
            page.get_by_label("Language").select_option(language)
        expect(messages.nth(0)).to_contain_text(words)
        expect(messages.nth(0)).to_contain_text(untold)
        expect(messages.nth(0).locator(".meta")).to_contain_text(estimated)
        expect(messages.nth(1)).not_to_contain_text(estimated)
        expect(messages.nth(1)).to_contain_text(words)
        expect(messages.nth(1)).to_contain_text("From the app")
        expect(messages.nth(2)).not_to_contain_text(words)
        assert axe_violations(page) == []
        page.locator(".conversation").screenshot(path=tmp_path / f"around_{language}.png")
    del guessed["at_is_estimate"]
    expect(messages.nth(0)).not_to_contain_text("अनुमानित समय")


def test_a_click_on_a_quote_goes_to_the_message_that_is_answered(server: Server, page: Page) -> None:
    person = server.organizations["demo"].add(Person(phone(95005), "Asha Quoting"))
    first = person.writes("Where is it?", at=time.time() - 4000)
    for number in range(30):
        person.writes(f"Hello {number}", at=time.time() - 3000 + number)
    person.writes("I still do not know", reply_to=first["id"])
    open_chat(page, "Asha Quoting")
    asked = page.locator(".message").first
    expect(asked).not_to_be_in_viewport()
    page.locator(".message").last.get_by_role("button", name="Reply to:").click()
    expect(asked).to_be_in_viewport()
    expect(asked).to_be_focused()


def test_a_message_is_replied_to_with_its_quote(server: Server, page: Page) -> None:
    open_chat(page, "Sunita, Class 7")
    asked = message(page, "Which papers do I need")
    asked.hover()
    page.get_by_role("button", name="Reply to: Yes. Which papers").click()
    expect(box(page)).to_be_focused()
    expect(page.locator(".replying")).to_contain_text("Yes. Which papers do I need to bring?")
    page.get_by_role("button", name="Don't reply to this message").click()
    expect(page.locator(".replying")).to_have_count(0)
    page.get_by_role("button", name="Reply to: Yes. Which papers").click()
    box(page).fill("Your passport, too.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message").last.locator(".quote")).to_contain_text("Yes. Which papers do I need to bring?")
    expect(page.locator(".replying")).to_have_count(0)
    sent = server.asked("POST", "/v1/messages")[0].body
    assert sent and sent["context"] == {"message_id": asked.get_attribute("data-id")}
    box(page).fill("And the photograph.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message").last).to_contain_text("And the photograph.")
    second = server.asked("POST", "/v1/messages")[1].body
    assert second and "context" not in second


def test_a_reaction_is_chosen_shown_on_its_message_and_taken_back(server: Server, page: Page) -> None:
    open_chat(page, "Sunita, Class 7")
    asked = message(page, "Which papers do I need")
    expect(asked).to_be_visible()
    count = page.locator(".message").count()
    asked.hover()
    page.get_by_role("button", name="React to: Yes. Which papers").click()
    expect(page.get_by_role("group", name="Choose a reaction")).to_contain_text("about $0.0010")
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="Choose a reaction")).to_be_hidden()
    expect(page.get_by_role("heading", name="Sunita, Class 7")).to_be_visible()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="React with \U0001f64f").click()
    expect(asked.locator(".reactions")).to_have_text("\U0001f64f")
    assert page.locator(".message").count() == count
    asked.get_by_role("button", name="Take back our reaction").click()
    expect(asked.locator(".reactions")).to_have_count(0)
    reactions = [request.body and request.body["reaction"] for request in server.asked("POST", "/v1/messages")]
    named = asked.get_attribute("data-id")
    assert reactions == [{"message_id": named, "emoji": emoji} for emoji in ("\U0001f64f", "")]


def test_a_reaction_that_is_chosen_before_its_price_is_known_asks_once_and_is_sent(server: Server, page: Page) -> None:
    open_chat(page, "Sunita, Class 7")
    asked = message(page, "Which papers do I need")
    asked.hover()
    react = page.get_by_role("button", name="React to: Yes. Which papers")
    expect(react).to_be_visible()
    checks = len(server.asked("POST", "/v1/messages/check"))
    server.latency = 1.0
    react.click()
    page.get_by_role("button", name="React with \U0001f64f").dblclick()
    expect(asked.locator(".reactions")).to_have_text("\U0001f64f")
    assert len(server.asked("POST", "/v1/messages/check")) == checks + 1
    assert len(server.asked("POST", "/v1/messages")) == 1


def test_a_contacts_reaction_appears_on_our_message_and_goes_again(server: Server, page: Page) -> None:
    person = server.organizations["demo"].people[phone(90001)]
    open_chat(page, "Sunita, Class 7")
    ours = message(page, "The bus leaves at nine")
    named = {"message_id": ours.get_attribute("data-id")}
    person.writes("\U0001f44d", type="reaction", reaction=named | {"emoji": "\U0001f44d"})
    expect(ours.locator(".reactions")).to_contain_text("\U0001f44d")
    person.writes(None, type="reaction", reaction=named | {"emoji": ""}, at=time.time() + 1)
    expect(ours.locator(".reactions")).to_have_count(0)
    person.writes("\U0001f44d", type="reaction", reaction={"message_id": "wamid.old", "emoji": "\U0001f44d"})
    expect(page.locator(".message", has_text="Reply to an earlier message")).to_contain_text("\U0001f44d")


def test_messages_are_reached_by_arrow_keys_and_not_offered_where_nothing_can_be_sent(
    server: Server, page: Page
) -> None:
    open_chat(page, "Sunita, Class 7")
    page.get_by_role("button", name="Reply to: The bus leaves at nine").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name="Reply to: ठीक है")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".replying")).to_contain_text("The bus leaves at nine.")
    server.organizations["demo"].people[phone(90001)].consent("block", "api")
    expect(page.locator(".composer")).to_have_attribute("data-mode", "blocked")
    expect(page.locator(".replying")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^(Reply|React) to"))).to_have_count(0)


def asked_for_webhooks(server: Server) -> int:
    return len(server.asked("GET", "/v1/webhooks"))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_an_endpoint_that_fails_for_days_is_told_of_with_what_to_do(
    server: Server, context_of: Callable[..., BrowserContext], scheme: str, width: int, tmp_path: Path
) -> None:
    organization = server.organizations["demo"]
    since = "2026-11-20T04:30:00.000Z"
    failing = organization.add_webhook(status="failing", failing_since=since, is_cut_off=True, description="Our bot")
    gone = {"status": "paused", "pause_reason": "410 Gone", "failing_since": since}
    organization.add_webhook(url="https://old.example.org/in", **gone)
    organization.add_webhook(url="https://fine.example.org/")
    organization.add_webhook(url="https://resting.example.org/", status="paused")
    organization.add_deliveries("pending", 1)
    organization.add_deliveries("failed", 51)
    page = context_of(color_scheme=scheme, viewport={"width": width, "height": 760}).new_page()
    signed_in(page, server)
    expect(page.locator(".row").first).to_be_visible()
    notice = page.get_by_role("region", name="Your own software")
    told = notice.locator("details")
    expect(told).to_have_count(2)
    asked = [request.path for request in server.requests]
    assert asked.index("/v1/contacts") < asked.index("/v1/webhooks"), "the first view does not wait for it"
    expect(told.first).to_contain_text(re.compile(r"bot\.example\.org has taken no event since 20 Nov 2026, 10:00"))
    expect(told.last).to_contain_text("old.example.org asked for no more events")
    found = axe_violations(page)
    told.first.locator("summary").focus()
    page.keyboard.press("Enter")
    for words in ("Our bot", "1 event waits", "More than 50 events could not be delivered"):
        expect(told.first).to_contain_text(words)
    api = server.url + "/v1/webhooks"
    replay = (
        f'curl -X POST \'{api}/{failing["id"]}/replay\' -H "Authorization: Bearer $KEY" -d \'{{"from":"{since}"}}\''
    )
    expect(told.first.locator("pre")).to_have_text([replay])
    found += axe_violations(page)
    page.screenshot(path=tmp_path / f"endpoint_notice_{scheme}.png")
    told.first.locator("summary").click()
    told.last.locator("summary").click()
    expect(told.last.locator("pre").first).to_contain_text('-d \'{"status":"active"}\'')
    assert found + axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Language").select_option("hi")
    expect(page.get_by_role("region", name="आपका अपना सॉफ़्टवेयर")).to_contain_text("bot.example.org ने")


def test_nobody_without_the_scope_asks_for_webhooks_and_a_sound_endpoint_is_not_told_of(
    server: Server, context_of: Callable[..., BrowserContext]
) -> None:
    server.organizations["sender"] = demo(5, scopes=("read", "send"))
    server.organizations["sender"].add_webhook(status="failing", failing_since="2026-11-20T04:30:00.000Z")
    server.organizations["hearer"] = demo(5, scopes=("read", "webhooks"))
    server.organizations["hearer"].add_webhook()
    sender, hearer = (context_of().new_page() for _ in range(2))
    signed_in(sender, server, "sender")
    with hearer.expect_response("**/v1/webhooks"):
        signed_in(hearer, server, "hearer")
    assert asked_for_webhooks(server) == 1, "the sender's page is the older one, and has not asked"
    for page in (sender, hearer):
        expect(page.locator(".row").first).to_be_visible()
        expect(page.locator(".notice")).to_be_hidden()
