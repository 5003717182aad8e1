"""Drafts in real Chromium: they outlive a reload and signing out, for whoever wrote them and for nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import box, open_chat, signed_in
from tests.support.console_demo import demo, phone
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, served, watched
from tests.support.held_requests import held_back
from tests.support.live import until

__all__ = ["browser", "context_of", "watched"]
NETWORK_NOTES = True


DRAFT = "Bring the blue card, not the old one."
DAYS_LATER = "const now = Date.now; Date.now = () => now() + {days} * 86400000;"


@pytest.fixture
def server() -> Iterator[Server]:
    organization = demo(10)
    with served(Server({"demo": organization, "colleague": organization, "other": demo(10)})) as running:
        yield running


def opened(context: BrowserContext, server: Server, key: str = "demo", name: str = "Sunita, Class 7") -> Page:
    page = signed_in(context.new_page(), f"{server.url}/console", key)
    open_chat(page, name)
    return page


def stored(page: Page) -> dict[str, Any]:
    """The drafts in localStorage, by their names there."""
    return {
        name: json.loads(value)
        for name, value in page.evaluate("Object.entries(localStorage)")
        if name.startswith("gate24.draft.")
    }


def write_draft(page: Page, words: str = DRAFT) -> None:
    box(page).fill(words)
    page.wait_for_function("() => Object.keys(localStorage).some((name) => name.startsWith('gate24.draft.'))")


def wait_until_none(page: Page) -> None:
    page.wait_for_function("() => !Object.keys(localStorage).some((name) => name.startsWith('gate24.draft.'))")


def sign_in_again(page: Page, key: str) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("API key").fill(key)
    page.keyboard.press("Enter")
    open_chat(page, "Sunita, Class 7")


def test_a_draft_outlives_a_reload_and_signing_out(server: Server, context_of: Callable[..., BrowserContext]) -> None:
    page = opened(context_of(), server)
    write_draft(page)
    page.reload()
    expect(box(page)).to_have_value(DRAFT)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    sign_in_again(page, "demo")
    expect(box(page)).to_have_value(DRAFT)
    open_chat(page, "Ravi, driver")
    expect(box(page)).to_have_value("")


def test_nobody_else_on_the_device_sees_it_or_of_whom_it_is(
    server: Server, context_of: Callable[..., BrowserContext]
) -> None:
    context = context_of()
    page = opened(context, server)
    write_draft(page)
    kept = json.dumps([*stored(page).items()])
    for known in (phone(90001), phone(90001)[1:], "Sunita", *DRAFT.split(), "demo", "org"):
        assert known not in kept, known
    for key in ("colleague", "other"):
        sign_in_again(page, key)
        expect(page.locator(".message").first).to_be_visible()
        expect(box(page)).to_have_value("")
        assert len(stored(page)) == 1
    sign_in_again(page, "demo")
    expect(box(page)).to_have_value(DRAFT)


def test_a_draft_is_gone_once_it_is_sent_emptied_or_its_contact_is_erased(
    server: Server, context_of: Callable[..., BrowserContext]
) -> None:
    page = opened(context_of(), server)
    write_draft(page)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(box(page)).to_have_value("")
    wait_until_none(page)
    write_draft(page)
    box(page).fill("")
    wait_until_none(page)
    write_draft(page)
    server.organizations["demo"].erase(server.organizations["demo"].people[phone(90001)])
    expect(box(page)).to_have_count(0)
    wait_until_none(page)


@pytest.mark.parametrize(("days", "is_there"), [(6, True), (8, False)])
def test_a_draft_is_kept_for_a_week(
    server: Server, context_of: Callable[..., BrowserContext], days: int, is_there: bool
) -> None:
    context = context_of()
    write_draft(opened(context, server))
    later = context.new_page()
    later.add_init_script(DAYS_LATER.replace("{days}", str(days)))
    signed_in(later, f"{server.url}/console", "colleague")
    assert (len(stored(later)) == 1) == is_there, "what is over is removed, whoever signs in"
    sign_in_again(later, "demo")
    expect(box(later)).to_have_value(DRAFT if is_there else "")


def test_what_was_changed_in_the_browser_is_no_draft(server: Server, context_of: Callable[..., BrowserContext]) -> None:
    context = context_of()
    page = opened(context, server)
    write_draft(page)
    ((name, entry),) = stored(page).items()
    page.close()
    again = context.new_page()
    again.add_init_script(
        f"localStorage.setItem({json.dumps(name)}, {json.dumps(json.dumps(entry | {'text': 'AAAA'}))})"
    )
    signed_in(again, f"{server.url}/console", "demo")
    open_chat(again, "Sunita, Class 7")
    expect(again.locator(".message").first).to_be_visible()
    expect(box(again)).to_have_value("")


def test_without_encryption_nothing_is_stored(server: Server, context_of: Callable[..., BrowserContext]) -> None:
    context = context_of()
    context.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });")
    page = opened(context, server)
    box(page).fill(DRAFT)
    open_chat(page, "Ravi, driver")
    open_chat(page, "Sunita, Class 7")
    expect(box(page)).to_have_value(DRAFT)
    assert stored(page) == {}


def test_what_was_filled_into_a_template_is_there_again_and_gone_once_it_is_sent(
    server: Server, context_of: Callable[..., BrowserContext]
) -> None:
    page = opened(context_of(), server, name="Harish, volunteer")
    template = page.get_by_label("Template", exact=True)
    template.select_option(label="camp_reminder (en, utility)")
    page.get_by_label("Value 1, after “Namaste”").fill("Harish")
    page.wait_for_function("() => Object.keys(localStorage).some((name) => name.startsWith('gate24.draft.'))")
    assert "Harish" not in json.dumps([*stored(page).items()])
    open_chat(page, "Ravi, driver")
    page.get_by_role("button", name="Templates").click()
    expect(template).to_be_enabled()
    expect(template).to_have_value("")
    page.reload()
    open_chat(page, "Harish, volunteer")
    expect(page.get_by_label("Value 1, after “Namaste”")).to_have_value("Harish")
    expect(page.get_by_label("Value 2, after “health camp is on”")).to_have_value("")
    page.get_by_label("Value 2, after “health camp is on”").fill("Wednesday")
    page.get_by_role("button", name="Send template").click()
    expect(page.locator(".message").last).to_contain_text("camp_reminder")
    expect(template).to_have_value("")
    wait_until_none(page)


def test_what_is_on_its_way_is_no_draft_and_no_draft_is_lost_by_it(
    server: Server, context_of: Callable[..., BrowserContext]
) -> None:
    page = opened(context_of(), server)
    write_draft(page, "Come at nine.")
    before = stored(page)
    with held_back(page, "**/v1/messages"):
        with page.expect_request("**/v1/messages"):
            box(page).press("Enter")
        expect(page.locator(".outcome")).to_have_text("Sending…")
        open_chat(page, "Ravi, driver")
        open_chat(page, "Sunita, Class 7")
        expect(box(page)).to_have_value("")
        box(page).fill("And bring the card.")
    expect(page.locator(".message", has_text="Come at nine.")).to_have_count(1)
    page.wait_for_timeout(2_000)
    expect(box(page)).to_have_value("And bring the card.")
    until(lambda: stored(page) != before)
    page.reload()
    open_chat(page, "Sunita, Class 7")
    expect(box(page)).to_have_value("And bring the card.")
    assert len(server.asked("POST", "/v1/messages")) == 1


def test_what_was_refused_after_its_chat_was_left_is_a_draft_again(
    server: Server, context_of: Callable[..., BrowserContext]
) -> None:
    page = opened(context_of(), server)
    write_draft(page, "Come at nine.")
    before = stored(page)
    server.script[:] = ["bsp_rejected"]
    with held_back(page, "**/v1/messages"):
        with page.expect_request("**/v1/messages"):
            box(page).press("Enter")
        expect(page.locator(".outcome")).to_have_text("Sending…")
        open_chat(page, "Ravi, driver")
    until(lambda: stored(page) != before)  # it was refused, and is kept anew
    assert len(server.asked("POST", "/v1/messages")) == 1
    open_chat(page, "Sunita, Class 7")
    expect(box(page)).to_have_value("Come at nine.")


def test_a_message_that_got_no_answer_is_there_again_with_its_key(
    server: Server, context_of: Callable[..., BrowserContext]
) -> None:
    page = opened(context_of(), server)
    write_draft(page, "Into the void")
    before = stored(page)
    expect(page.locator(".send-line").first).to_contain_text("$")
    server.offline = True
    box(page).press("Enter")
    kept = page.locator(".attempts .message")
    expect(kept).to_contain_text("Into the void")
    until(lambda: stored(page).keys() - before.keys())
    server.offline = False
    open_chat(page, "Ravi, driver")
    expect(kept).to_have_count(0)
    open_chat(page, "Sunita, Class 7")
    expect(kept).to_have_count(1)
    page.reload()
    open_chat(page, "Sunita, Class 7")
    expect(kept).to_have_count(1)
    assert "void" not in json.dumps(stored(page))
    page.get_by_role("button", name="Ask the server again").click()
    expect(page.locator(".messages:not(.attempts) .message", has_text="Into the void")).to_have_count(1)
    expect(kept).to_have_count(0)
    assert len({request.headers["idempotency-key"] for request in server.asked("POST", "/v1/messages")}) == 1
    wait_until_none(page)
    page.reload()
    open_chat(page, "Sunita, Class 7")
    expect(page.locator(".message", has_text="Into the void")).to_have_count(1)
    expect(kept).to_have_count(0)
