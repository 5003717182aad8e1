"""The composer in real Chromium: what cannot be sent cannot be clicked, and every refusal has its reason once."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.support.browser import axe_violations, box, open_chat, signed_in
from tests.support.console_demo import demo, phone
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, served, watched
from tests.support.held_requests import held_back

__all__ = ["browser", "context_of", "watched"]
NETWORK_NOTES = True


SEND = re.compile("^Send")
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def server() -> Iterator[Server]:
    with served(Server({"demo": demo(10)})) as running:
        yield running


@pytest.fixture
def page(context_of: Callable[..., BrowserContext], server: Server) -> Page:
    return signed_in(context_of().new_page(), f"{server.url}/console", "demo")


def test_a_template_that_the_gate_refuses_cannot_be_sent_and_says_so_once(server: Server, page: Page) -> None:
    person = server.organizations["demo"].people[phone(90004)]
    # What the console was told is older than the opt-out.
    person.may = {"freeform": False, "template": True, "marketing": True, "code": "window_closed"}
    person.consent("opt_out", "keyword", "STOP")
    open_chat(page, "Harish, volunteer")
    page.get_by_label("Template", exact=True).select_option(label="shivir_suchna (hi, utility)")
    page.get_by_label("Value 1").fill("Harish")
    composer = page.locator(".composer")
    expect(composer).to_contain_text("The contact has opted out.")
    send = page.get_by_role("button", name="Send template")
    expect(send).to_be_disabled()
    assert composer.inner_text().count("opted out") == 1
    page.keyboard.press("Enter")
    assert composer.inner_text().count("opted out") == 1
    assert server.asked("POST", "/v1/messages") == []
    assert axe_violations(page) == []
    person.may = person.may | {"marketing": False}  # what may be sent has changed: the gate is asked anew
    person.consent("opt_in", "console", "By telephone", at=time.time() + 1)
    expect(send).to_be_enabled()
    expect(composer).not_to_contain_text("opted out")


def test_a_text_that_the_gate_refuses_cannot_be_sent(server: Server, page: Page) -> None:
    person = server.organizations["demo"].people[phone(90001)]
    person.may = {"freeform": True, "template": True, "marketing": True, "code": None}
    person.consent("block", "console")
    open_chat(page, "Sunita, Class 7")
    box(page).fill("Hello")
    composer = page.locator(".composer")
    expect(composer).to_contain_text("The contact is blocked. Unblock the contact first.")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    page.keyboard.press("Enter")
    assert composer.inner_text().count("is blocked") == 1
    assert server.asked("POST", "/v1/messages") == []


def test_a_refusal_gives_way_to_what_the_contact_is_now(server: Server, page: Page) -> None:
    person = server.organizations["demo"].people[phone(90001)]
    person.may = {"freeform": True, "template": True, "marketing": True, "code": None}
    open_chat(page, "Sunita, Class 7")
    page.route("**/v1/messages/check", lambda route: route.abort())
    box(page).fill("Hello")
    person.consent("opt_out", "keyword", "STOP", at=time.time() + 1)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".outcome")).to_contain_text("The contact has opted out.")
    person.may = None
    expect(page.locator(".composer")).to_have_attribute("data-mode", "opted_out")
    expect(page.locator(".outcome")).to_be_empty()
    expect(page.locator(".why")).to_contain_text("Opted out on")
    expect(box(page)).to_have_value("Hello")


@pytest.mark.parametrize(
    ("provider", "kind", "shown"),
    [
        (
            {"name": "gupshup", "code": "1013", "details": "Invalid Destination"},
            "unreachable",
            ["Gupshup says: “Invalid Destination” (code 1013)", "cannot be reached on WhatsApp", "Check the number."],
        ),
        (
            {"name": "meta", "details": "(#131053) Media upload error"},
            "media",
            ["Meta says: “(#131053) Media upload error”", "The file could not be fetched", "Check the file"],
        ),
        ({"name": "meta", "code": "99"}, "unknown", ["Meta gives the code 99.", "Change the message or try"]),
        ({"name": "gupshup"}, None, ["Change the message or try again later"]),
    ],
)
def test_a_rejection_is_explained_where_it_happened(
    server: Server, page: Page, provider: dict[str, str], kind: str | None, shown: list[str]
) -> None:
    server.script = ["bsp_rejected"]
    server.organizations["demo"].rejection = provider
    server.organizations["demo"].failure_kind = kind
    open_chat(page, "Sunita, Class 7")
    box(page).fill("Hello")
    page.get_by_role("button", name="Send", exact=True).click()
    for words in ("Nothing was sent.", *shown):
        expect(page.locator(".outcome")).to_contain_text(words)
    expect(page.locator(".outcome")).not_to_contain_text("can be sent")
    expect(box(page)).to_have_value("Hello")
    assert axe_violations(page) == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://example.org/roof.jpg", "must begin with https://"),
        ("roof.jpg", "must begin with https://"),
        ("https://example.org/our roof.jpg", "a space in the address"),
        ("https://me:secret@example.org/roof.jpg", "must not contain a user name"),
        ("https://example.org/छत.jpg", "only have the letters a to z"),
        ("https://", "not a whole address"),
        ("https:///roof.jpg", "not a whole address"),
    ],
)
def test_an_address_that_is_refused_says_why_and_what_to_do(page: Page, address: str, words: str) -> None:
    open_chat(page, "Sunita, Class 7")
    page.get_by_role("button", name="File", exact=True).click()
    page.get_by_text("By its address on the internet").click()
    field = page.get_by_label("Address (https://…)")
    field.fill(address)
    field.blur()
    expect(page.locator(".part-form")).to_contain_text(words)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile(re.escape(words)))
    expect(page.get_by_role("button", name="Send file")).to_be_disabled()
    assert axe_violations(page) == []
    field.fill("https://example.org/roof.jpg?size=2")
    expect(page.locator(".part-form")).not_to_contain_text(words)
    expect(page.get_by_role("button", name="Send file")).to_be_enabled()
    field.fill("htt")
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_what_the_server_says_of_an_address_is_shown(server: Server, page: Page) -> None:
    fault = {"pointer": "/media/url", "detail": "answers with a page, not with a file"}
    body = {"code": "payload_invalid", "detail": "No.", "allowed_actions": ["correct_request"], "errors": [fault]}
    page.route("**/v1/messages", lambda route: route.fulfill(status=400, json=body))
    open_chat(page, "Sunita, Class 7")
    page.get_by_role("button", name="File", exact=True).click()
    page.get_by_text("By its address on the internet").click()
    page.get_by_label("Address (https://…)").fill("https://example.org/roof.jpg")
    page.get_by_role("button", name="Send file").click()
    expect(page.locator(".outcome")).to_contain_text("Address of the file: \u2068answers with a page, not with a file")


BODIES = [
    ("Namaste {{1}}, the camp is on {{2}}.", ["Value 1, after “Namaste”", "Value 2, after “the camp is on”"]),
    ("{{1}}, your order is ready.", ["Value 1, before “your order is ready”"]),
    ("Pay *{{1}}* by {{2}}\n{{3}}", ["Value 1, after “Pay”", "Value 2, after “by”", "Value 3"]),
    ("{{2}} and {{1}}", ["Value 1, after “and”", "Value 2, before “and”"]),
    ("Hello {{first_name}}, it is {{day}}.", ["Value 1: first name", "Value 2: day"]),
    ("नमस्ते {{1}}, शिविर {{2}} को है।", ["Value 1, after “नमस्ते”", "Value 2, after “शिविर”"]),
    (None, ["Value 1", "Value 2"]),
]


@pytest.mark.parametrize(("body", "labels"), BODIES)
def test_each_value_of_a_template_is_labelled_by_the_words_around_it(
    server: Server, page: Page, body: str | None, labels: list[str]
) -> None:
    organization = server.organizations["demo"]
    organization.templates = [replace(organization.templates[0], body=body, params=len(labels))]
    open_chat(page, "Harish, volunteer")
    page.get_by_label("Template", exact=True).select_option(label="camp_reminder (en, utility)")
    expect(page.locator(".part-fields label")).to_have_text(labels)
    values = [f"value{index}" for index in range(len(labels))]
    for label, value in zip(labels, values, strict=True):
        page.get_by_label(label, exact=True).fill(value)
    if body:
        for value in values:
            expect(page.locator(".template-preview")).to_contain_text(value)
        expect(page.locator(".template-preview")).not_to_contain_text("{{")
    page.get_by_role("button", name="Send template").click()
    expect(page.get_by_label("Template", exact=True)).to_have_value("")
    (sent,) = server.asked("POST", "/v1/messages")
    assert sent.body and sent.body["template"]["params"] == values


@pytest.mark.parametrize("options", [{"viewport": PHONE, "has_touch": True}, {}], ids=["phone", "desktop"])
def test_there_is_one_button_that_sends(
    server: Server, context_of: Callable[..., BrowserContext], options: dict[str, Any]
) -> None:
    page = signed_in(context_of(**options).new_page(), f"{server.url}/console", "demo")
    open_chat(page, "Sunita, Class 7")
    buttons = page.locator(".composer").get_by_role("button", name=SEND)
    box(page).fill("At ten")
    expect(buttons).to_have_text(["Send"])
    page.get_by_role("button", name="Templates").click()
    expect(buttons).to_have_text(["Send template"])
    expect(box(page)).to_be_hidden()
    page.get_by_role("button", name="File", exact=True).click()
    expect(buttons).to_have_text(["Send file"])
    assert axe_violations(page) == []
    page.get_by_role("button", name="File", exact=True).click()
    expect(buttons).to_have_text(["Send"])
    expect(box(page)).to_have_value("At ten")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()


def test_on_a_slow_link_it_is_said_that_a_message_is_on_its_way(server: Server, page: Page) -> None:
    open_chat(page, "Sunita, Class 7")
    with held_back(page, "**/v1/messages"):
        with page.expect_request("**/v1/messages"), held_back(page, "**/v1/messages/check"):
            box(page).fill("Come at nine")
            box(page).press("Enter")
            expect(page.locator(".outcome")).to_have_text("Sending…")
        expect(page.locator(".outcome")).to_have_text("Sending…")
    expect(page.locator(".message").last).to_contain_text("Come at nine")
    expect(page.locator(".outcome")).to_have_text("")


def test_escape_closes_the_templates_that_were_just_opened_and_not_the_chat(page: Page) -> None:
    open_chat(page, "Sunita, Class 7")
    templates = page.get_by_role("button", name="Templates")
    for focus_on_button in (False, True):
        templates.click()
        expect(page.get_by_label("Template", exact=True)).to_be_focused()
        if focus_on_button:
            templates.focus()
        page.keyboard.press("Escape")
        expect(page.get_by_label("Template", exact=True)).to_have_count(0)
        expect(box(page)).to_be_focused()
    expect(page.get_by_role("heading", name="Sunita, Class 7")).to_be_visible()


@pytest.mark.parametrize("leaving", ["Escape", "another template", "another chat"])
def test_whoever_leaves_or_changes_a_template_while_the_gate_is_asked_sends_nothing(
    server: Server, page: Page, leaving: str
) -> None:
    open_chat(page, "Sunita, Class 7")
    page.get_by_role("button", name="Templates").click()
    template = page.get_by_label("Template", exact=True)
    template.select_option(label="camp_reminder (en, utility)")
    page.get_by_label("Value 1, after “Namaste”").fill("Sunita")
    with held_back(page, "**/v1/messages/check"):
        with page.expect_request("**/v1/messages/check"):
            page.get_by_label("Value 2, after “health camp is on”").fill("Wednesday")
            page.get_by_role("button", name="Send template").click()
        if leaving == "Escape":
            page.get_by_label("Value 1, after “Namaste”").press("Escape")
            expect(template).to_have_count(0)
        elif leaving == "another template":
            template.select_option("")
        else:
            open_chat(page, "Ravi, driver")
    page.wait_for_timeout(3_000)
    assert server.asked("POST", "/v1/messages") == []


def test_a_template_that_is_chosen_while_another_one_is_sent_stays_chosen(server: Server, page: Page) -> None:
    organization = server.organizations["demo"]
    first = replace(organization.templates[0], body="The camp is on Sunday.", params=0)
    organization.templates = [first, replace(first, name="camp_moved", body="The camp is on Monday.")]
    on_their_way: list[Route] = []
    page.route("**/v1/messages", lambda route: on_their_way.append(route))
    open_chat(page, "Harish, volunteer")
    template = page.get_by_label("Template", exact=True)
    template.select_option(label="camp_reminder (en, utility)")
    with page.expect_request("**/v1/messages"):
        page.get_by_role("button", name="Send template").click()
    template.select_option(label="camp_moved (en, utility)")
    on_their_way[0].continue_()
    expect(page.locator(".message").last).to_contain_text("The camp is on Sunday.")
    expect(page.get_by_role("button", name="Send template")).to_be_enabled()
    expect(page.locator(".template-preview")).to_contain_text("The camp is on Monday.")
    assert len(server.asked("POST", "/v1/messages")) == 1


def test_no_key_in_the_closed_list_of_members_hands_the_chat_over(server: Server, page: Page) -> None:
    open_chat(page, "Sunita, Class 7")
    members = page.get_by_label(re.compile("^Who answers"))
    for key in ("PageDown", "ArrowDown", "b"):
        members.focus()
        page.keyboard.press(key)
        page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    assert not [each for each in server.requests if each.path.endswith("/assignee")]
