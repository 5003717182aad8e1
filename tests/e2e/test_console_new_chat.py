"""Writing first in real Chromium: the number, what the person agreed to, a template, and each of them once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.support.browser import axe_violations
from tests.support.console_demo import phone
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, organization, page, server, session, watched
from tests.support.console_people import Organization

__all__ = ["browser", "context_of", "organization", "page", "server", "session", "watched"]
NETWORK_NOTES = True

NUMBER = "+919876543210"
WIDE: ViewportSize = {"width": 1400, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="New chat")


def begin(page: Page, number: str) -> Locator:
    page.get_by_role("button", name="New", exact=True).click()
    dialog(page).get_by_label("WhatsApp number").fill(number)
    dialog(page).get_by_role("button", name="Next").click()
    return dialog(page)


def agree(of: Locator, name: str = "") -> None:
    of.get_by_label("How they agreed").select_option("form")
    of.get_by_label("What shows it").fill("Form 17 of the camp in Pune")
    if name:
        of.get_by_label("Name").fill(name)
    of.get_by_role("button", name="Record it and choose a message").click()


def choose(of: Locator) -> Locator:
    of.get_by_label("Template", exact=True).select_option(label="shivir_suchna (hi, utility)")
    of.get_by_label("Value 1").fill("Asha")
    return of.get_by_role("button", name="Send template")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_from_the_list_to_a_sent_message(
    server: Server, organization: Organization, session: Callable[..., Page], viewport: ViewportSize
) -> None:
    page = session(viewport=viewport)
    of = begin(page, "98765 43210")
    expect(of.get_by_text("+91 98765 43210")).to_be_visible()
    expect(of.get_by_role("button", name="Record it and choose a message")).to_be_disabled()
    assert axe_violations(page) == []
    agree(of, "Asha")
    send = choose(of)
    expect(of.get_by_text("about $")).to_be_visible()
    expect(of).to_contain_text("नमस्ते Asha")
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    send.click()
    expect(of).to_be_hidden()
    expect(page.locator(".conversation .message")).to_have_count(1)
    expect(page.get_by_role("heading", name="Asha").first).to_be_visible()
    person = organization.people[NUMBER]
    (entry,) = person.history
    assert (person.name, entry.action, entry.source, entry.evidence, entry.actor) == (
        "Asha",
        "opt_in",
        "form",
        "Form 17 of the camp in Pune",
        "Asha Rao",
    )
    assert [message["template"]["name"] for message in person.messages] == ["shivir_suchna"]
    assert "+91" not in page.url and "98765" not in page.url


def test_whoever_has_a_chat_is_not_doubled(server: Server, page: Page) -> None:
    begin(page, phone(90001))
    expect(dialog(page)).to_be_hidden()
    expect(page.get_by_role("heading", name="Sunita, Class 7").first).to_be_visible()
    assert server.asked("POST", "/v1/contacts/import") == []


@pytest.mark.parametrize("wrong", ["Asha", "+91 123", "+91 10000 00000"])
def test_what_is_no_number_is_told(server: Server, page: Page, wrong: str) -> None:
    of = begin(page, wrong)
    expect(of.get_by_role("alert")).to_contain_text("There is no such phone number.")
    of.get_by_label("WhatsApp number").fill("+91 98765 43210")
    page.keyboard.press("Enter")
    expect(of.get_by_label("How they agreed")).to_be_focused()


def test_a_search_that_finds_nobody_offers_to_write_to_the_number(server: Server, page: Page) -> None:
    search = page.get_by_role("searchbox")
    search.fill("Nobody of that name")
    expect(page.get_by_text("Nobody found")).to_be_visible()
    expect(page.get_by_role("button", name="Write to")).to_have_count(0)
    search.fill(NUMBER)
    page.get_by_role("button", name="Write to +91 98765 43210").click()
    expect(dialog(page).get_by_label("How they agreed")).to_be_focused()
    assert axe_violations(page) == []


def test_who_may_not_record_a_consent_is_told_who_may(server: Server, session: Callable[..., Page]) -> None:
    page = session("bimal")
    of = begin(page, NUMBER)
    expect(of).to_contain_text("has not agreed yet")
    expect(of).to_contain_text("These colleagues can record it: Asha Rao")
    assert server.asked("POST", "/v1/contacts/import") == []
    of.get_by_role("button", name="Close").last.click()
    expect(of).to_be_hidden()


def test_the_whole_of_it_goes_by_the_keyboard_in_hindi(server: Server, organization: Organization, page: Page) -> None:
    page.get_by_label("Language").select_option("hi")
    page.get_by_role("button", name="नई", exact=True).focus()
    page.keyboard.press("Enter")
    of = page.get_by_role("dialog", name="नई चैट")
    expect(of.get_by_label("WhatsApp नंबर")).to_be_focused()
    page.keyboard.type("9876543210")
    page.keyboard.press("Enter")
    expect(of.get_by_label("सहमति कैसे दी")).to_be_focused()
    page.keyboard.press("ArrowDown")
    of.get_by_label("इसका प्रमाण").focus()
    page.keyboard.type("फ़ॉर्म 17")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(of.get_by_label("टेम्पलेट", exact=True)).to_be_focused()
    expect(of.get_by_role("option", name="shivir_suchna")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("आशा")
    page.keyboard.press("Enter")
    expect(of).to_be_hidden()
    assert organization.people[NUMBER].history[0].evidence == "फ़ॉर्म 17"
    assert len(organization.people[NUMBER].messages) == 1


def test_escape_leaves_it_and_nothing_is_done(server: Server, page: Page) -> None:
    begin(page, NUMBER)
    expect(dialog(page).get_by_label("How they agreed")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    assert server.asked("POST", "/v1/contacts/import") == []


def keys_of(server: Server) -> list[str]:
    return [request.headers["idempotency-key"] for request in server.asked("POST", "/v1/messages")]


def test_what_was_filled_in_is_there_again_but_for_a_day_that_is_today(page: Page) -> None:
    stored = "Object.keys(localStorage).filter((name) => name.startsWith('gate24.draft.')).length"
    of = begin(page, "98765 43210")
    today = of.get_by_label("When").input_value()
    of.get_by_label("Name").fill("Asha")
    page.wait_for_function(f"() => {stored} === 1")
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    of = begin(page, "98765 43210")
    expect(of.get_by_label("Name")).to_have_value("Asha")
    expect(of.get_by_label("When")).to_have_value(today)
    of.get_by_label("When").fill("2026-01-05")
    of.get_by_label("Name").fill("")
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    of = begin(page, "98765 43210")
    expect(of.get_by_label("When")).to_have_value("2026-01-05")
    of.get_by_label("When").fill(today)
    page.wait_for_function(f"() => {stored} === 0")


def test_pressing_twice_sends_and_records_once(server: Server, organization: Organization, page: Page) -> None:
    of = begin(page, NUMBER)
    of.get_by_label("How they agreed").select_option("spoken")
    of.get_by_label("What shows it").fill("Told Ravi at the camp")
    server.latency = 0.4
    of.get_by_role("button", name="Record it and choose a message").dblclick()
    send = choose(of)
    expect(of.get_by_text("about $")).to_be_visible()
    send.dblclick()
    expect(of).to_be_hidden()
    assert (len(organization.people[NUMBER].history), len(organization.people[NUMBER].messages)) == (1, 1)
    assert len(keys_of(server)) == 1


def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    server: Server, organization: Organization, page: Page
) -> None:
    of = begin(page, NUMBER)
    server.import_script = ["lost"]
    agree(of)
    send = choose(of)
    person = organization.people[NUMBER]
    assert len(person.history) == 1
    bodies = [request.body for request in server.asked("POST", "/v1/contacts/import")]
    assert len(bodies) == 2 and bodies[0] == bodies[1]
    server.script = ["lost"]
    expect(of.get_by_text("about $")).to_be_visible()
    send.click()
    expect(of).to_be_hidden()
    assert len(set(keys_of(server))) == 1 and len(keys_of(server)) == 2
    assert len(person.messages) == 1
    expect(page.locator(".conversation .message")).to_have_count(1)


def test_where_no_answer_ever_comes_only_the_same_message_can_be_repeated(
    server: Server, organization: Organization, page: Page
) -> None:
    of = begin(page, NUMBER)
    agree(of)
    send = choose(of)
    expect(of.get_by_text("about $")).to_be_visible()
    server.offline = True
    send.click()
    for _ in range(30):
        if of.get_by_text("Not known if sent").count():
            break
        page.clock.run_for(1000)
        page.wait_for_timeout(50)
    expect(of.get_by_text("Not known if sent")).to_be_visible()
    expect(send).to_be_hidden()
    server.offline = False
    of.locator(".new-chat-unanswered button").click()
    page.clock.run_for(5000)
    expect(of).to_be_hidden()
    assert len(set(keys_of(server))) == 1 and len(organization.people[NUMBER].messages) == 1


def test_a_refusal_says_why_and_nothing_is_clicked(server: Server, organization: Organization, page: Page) -> None:
    of = begin(page, NUMBER)
    agree(of)
    expect(of.get_by_label("Template", exact=True)).to_be_visible()
    organization.people[NUMBER].consent("opt_out", "keyword", "STOP")
    send = choose(of)
    expect(of).to_contain_text("The contact has opted out.")
    expect(send).to_be_disabled()
    assert keys_of(server) == []


def test_a_consent_from_before_an_opt_out_is_not_taken(
    server: Server, organization: Organization, page: Page, monkeypatch: Any
) -> None:
    of = begin(page, NUMBER)
    expect(of.get_by_label("How they agreed")).to_be_visible()  # nobody was found
    organization.add(type(next(iter(organization.people.values())))(NUMBER, "")).consent("opt_out", "keyword", "STOP")
    of.get_by_label("How they agreed").select_option("form")
    of.get_by_label("When", exact=True).fill("2026-06-15")
    of.get_by_label("What shows it").fill("Form 17")
    of.get_by_role("button", name="Record it and choose a message").click()
    expect(of.get_by_role("alert")).to_contain_text("later than this consent")
    assert [entry.action for entry in organization.people[NUMBER].history] == ["opt_out"]


def test_with_several_numbers_of_ours_one_is_chosen(
    server: Server, organization: Organization, session: Callable[..., Page]
) -> None:
    organization.channels = ("gupshup-1", "gupshup-2")
    page = session()
    page.get_by_role("button", name="New", exact=True).click()
    of = dialog(page)
    of.get_by_label("WhatsApp number").fill(NUMBER)
    of.get_by_label("From our number").select_option(label="+91 98765 00000")
    of.get_by_role("button", name="Next").click()
    agree(of)
    choose(of).click()
    expect(of).to_be_hidden()
    (sent,) = server.asked("POST", "/v1/messages")
    assert sent.body and sent.body["channel"] == "gupshup-1"
