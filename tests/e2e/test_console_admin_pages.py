"""The pages of the console's administration in real Chromium, by real clicks, at a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, ViewportSize, expect

from tests.e2e.test_console_languages import use_language
from tests.support.browser import axe_violations, open_chat, signed_in
from tests.support.console_admin import SECRET
from tests.support.console_demo import demo
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, served, watched

__all__ = ["browser", "context_of", "watched"]

NETWORK_NOTES = True

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1400, "height": 900}
BOTH = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
LANGUAGES = pytest.mark.parametrize("language", ["en", "hi"])


@pytest.fixture
def server() -> Iterator[Server]:
    organization = demo(10)
    organization.channels = ("gupshup-1", "gupshup-2", "meta-1", "gupshup-3")
    of = organization.administration
    of.add_channel("gupshup-1", "heard", 12)
    cards = [{"card": "gupshup-2021-02", "from": "2026-01-01"}, {"card": "gupshup-2026-10-01", "from": "2026-10-01"}]
    of.add_channel("gupshup-2", "quiet", 26 * 60, rate_cards=cards)
    nothing_set = {"secrets": {"api-key": 1, "app-secret": 0, "verify-token": 1}, "app": None, "app_id": None}
    of.add_channel("meta-1", "failing", None, troubles=["no_webhook_secret"], **nothing_set)
    of.add_channel("gupshup-3", "unheard", None, mode="shadow")
    with served(Server({"demo": organization})) as running:
        yield running


@pytest.fixture
def opened(context_of: Callable[..., BrowserContext], server: Server) -> Callable[..., Page]:
    def open_page(name: str, size: ViewportSize = DESK, language: str = "en") -> Page:
        page = signed_in(context_of(viewport=size).new_page(), f"{server.url}/console", "demo")
        use_language(page, language)
        page.goto(f"{server.url}/console#admin/{name}")
        expect(page.locator(".admin-place .loaded, .admin-place form").first).to_be_visible()
        expect(page.locator(".admin-page [aria-busy]")).to_have_count(0)
        return page

    return open_page


def is_well(page: Page, picture: Path) -> None:
    """Nothing is wider than the window, axe finds nothing; and a picture to be looked at."""
    page.evaluate("document.querySelector('.admin-page').scrollTop = 0")
    page.screenshot(path=picture)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    narrow = "(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.admin-page'))"
    assert page.evaluate(narrow)
    assert axe_violations(page) == []


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


@BOTH
@LANGUAGES
def test_every_number_has_a_light_with_words(
    opened: Callable[..., Page], size: ViewportSize, language: str, tmp_path: Path
) -> None:
    page = opened("channels", size, language)
    cards = page.locator(".admin-card")
    expect(cards).to_have_count(4)
    tones = [card.locator(".light").get_attribute("data-tone") for card in cards.all()]
    assert tones == ["good", "warn", "bad", "none"]
    is_well(page, tmp_path / f"channels_{size['width']}_{language}.png")


def test_a_light_says_when_and_what_to_do(opened: Callable[..., Page], server: Server) -> None:
    page = opened("channels")
    cards = page.locator(".admin-card")
    # 12, where it takes no minute until it is shown.
    expect(cards.nth(0).locator(".light")).to_have_text(re.compile("^Works: heard 1[23] minutes ago$"))
    expect(cards.nth(1).locator(".light")).to_have_text("Quiet: last heard 1 day ago")
    expect(cards.nth(1)).to_contain_text("Write to it from a phone")
    expect(cards.nth(1)).to_contain_text("gupshup-2026-10-01 from 1 Oct 2026")
    expect(cards.nth(2).locator(".light")).to_have_text("Something is wrong")
    expect(cards.nth(2)).to_contain_text("Signature of what the provider tells: not set")
    expect(cards.nth(2)).to_contain_text("everything that the provider tells is refused")
    expect(cards.nth(3).locator(".light")).to_contain_text("Nothing heard since")
    expect(cards.nth(3)).to_contain_text("gate24 only watches")
    assert len(server.asked("GET", "/v1/channels")) == 1


@BOTH
@LANGUAGES
def test_values_of_a_template_get_names_and_the_composer_uses_them(
    opened: Callable[..., Page], server: Server, size: ViewportSize, language: str, tmp_path: Path
) -> None:
    page = opened("templates", size, language)
    rows = page.get_by_role("table").locator("tbody").get_by_role("row")
    expect(rows).to_have_count(4)
    is_well(page, tmp_path / f"templates_{size['width']}_{language}.png")
    rows.filter(has_text="camp reminder").get_by_role("button").focus()
    page.keyboard.press("Enter")
    fields = dialog(page).get_by_role("textbox")
    expect(fields).to_have_count(2)
    fields.nth(0).fill("Child's name")
    expect(dialog(page).locator(".template-preview")).to_contain_text("Namaste [Child's name], the health camp is on [")
    assert axe_violations(page) == []
    page.screenshot(path=tmp_path / f"labels_{size['width']}_{language}.png")
    page.keyboard.press("Enter")
    expect(dialog(page)).to_have_count(0)
    expect(rows.filter(has_text="camp reminder")).to_contain_text("Child's name")
    assert server.asked("PUT", "/v1/templates/camp_reminder/labels")[0].body == {
        **{"channel": "gupshup-1", "language": "en", "labels": ["Child's name", ""]}
    }
    page.goto(f"{server.url}/console#chats")
    open_chat(page, "Harish, volunteer")
    page.locator(".composer select, .part-form select").first.select_option(index=1)
    expect(page.get_by_label("Child's name", exact=True)).to_be_visible()


def test_the_providers_list_is_copied_with_the_account_where_that_is_not_known(
    opened: Callable[..., Page], server: Server
) -> None:
    listed = {"name": "visit", "language": "en", "status": "approved", "reason": None}
    skipped = {"name": "otp", "language": "en", "status": None, "reason": "it has a kind of button"}
    server.organizations["demo"].administration.listed = [listed, skipped]
    page = opened("templates")
    page.get_by_role("button", name="Copy from the provider").click()
    asked = dialog(page)
    expect(asked.get_by_role("textbox")).to_have_count(0)
    asked.get_by_label("Our number").select_option("meta-1")
    expect(asked.get_by_role("button", name="Copy", exact=True)).to_be_disabled()
    asked.get_by_label("Number of your WhatsApp Business account at Meta").fill("100000000000019")
    asked.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text("2 templates were looked at; 1 could not be taken over.")).to_be_visible()
    asked.get_by_role("button", name="Copy", exact=True).wait_for(state="detached")
    assert server.asked("POST", "/v1/templates/sync")[0].body == {"channel": "meta-1", "waba_id": "100000000000019"}


# The organization's own software


@pytest.fixture
def with_webhooks(server: Server) -> Server:
    organization = server.organizations["demo"]
    organization.add_webhook(url="https://bot.example.org/hooks/gate24?token=hidden", description="The bot")
    failing = {"status": "failing", "failing_since": "2026-11-20T10:00:00.000Z", "events": ["message.received"]}
    organization.add_webhook(url="https://register.example.org/", channels=["gupshup-1"], **failing)
    organization.add_webhook(url="https://old.example.org/in", status="paused", pause_reason="The endpoint is gone")
    organization.add_deliveries("failed", 3)
    organization.add_deliveries("pending", 60)
    return server


@BOTH
@LANGUAGES
def test_every_address_of_own_software_has_a_light_and_never_its_secrets(
    opened: Callable[..., Page], with_webhooks: Server, size: ViewportSize, language: str, tmp_path: Path
) -> None:
    page = opened("webhooks", size, language)
    cards = page.locator(".admin-card")
    expect(cards).to_have_count(3)
    tones = [card.locator(".light").get_attribute("data-tone") for card in cards.all()]
    assert tones == ["good", "bad", "bad"]
    expect(cards.nth(0).get_by_role("heading")).to_have_text("bot.example.org/hooks/gate24")
    assert "hidden" not in page.locator(".admin-page").inner_text()
    is_well(page, tmp_path / f"webhooks_{size['width']}_{language}.png")
    shown = {"en": "What waits and failed", "hi": "क्या रुका और क्या नहीं पहुँचा"}[language]
    cards.nth(1).get_by_role("button", name=shown).click()
    expect(dialog(page).locator("tbody").get_by_role("row")).to_have_count(53)
    assert axe_violations(page) == []
    page.screenshot(path=tmp_path / f"deliveries_{size['width']}_{language}.png")
    page.keyboard.press("Escape")
    change = {"en": "Change…", "hi": "बदलें…"}[language]
    cards.nth(1).get_by_role("button", name=change).click()
    expect(dialog(page).get_by_role("checkbox")).to_have_count(17)
    assert axe_violations(page) == []
    page.screenshot(path=tmp_path / f"change_{size['width']}_{language}.png")


def test_an_address_is_added_by_the_keyboard_and_its_secret_shown_once(
    opened: Callable[..., Page], server: Server
) -> None:
    page = opened("webhooks")
    expect(page.get_by_text("None of your own software is told of anything.")).to_be_visible()
    page.get_by_role("button", name="Add an address").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("https://bot.example.org/hooks")
    page.keyboard.press("Tab")
    page.keyboard.type("The bot")
    asked = dialog(page)
    expect(asked.get_by_label("everything")).to_be_checked()
    asked.get_by_label("messages of people").press("Space")
    expect(asked.get_by_label("everything")).not_to_be_checked()
    asked.get_by_label("+919876500001").press("Space")
    asked.get_by_role("button", name="Add", exact=True).press("Enter")
    secret = dialog(page).get_by_label("Secret")
    expect(secret).to_have_value(SECRET)
    dialog(page).get_by_role("button", name="Copy").click()
    expect(dialog(page).get_by_role("status")).not_to_be_empty()
    assert axe_violations(page) == []
    dialog(page).get_by_role("button", name="I have kept it").click()
    expect(page.locator(".admin-card")).to_have_count(1)
    expect(page.locator("dialog")).to_have_count(0)
    assert SECRET not in page.content()
    assert server.asked("POST", "/v1/webhooks")[0].body == {
        **{"url": "https://bot.example.org/hooks", "description": "The bot"},
        **{"events": ["message.received"], "channels": ["gupshup-2"]},
    }


def test_a_test_shows_what_the_address_answered_as_text(opened: Callable[..., Page], with_webhooks: Server) -> None:
    of = with_webhooks.organizations["demo"].administration
    page = opened("webhooks")
    page.get_by_role("button", name="Test: bot.example.org").click()
    expect(dialog(page)).to_contain_text("It answered as it should")
    expect(dialog(page)).to_contain_text("thank you")
    page.keyboard.press("Escape")
    of.tested = {"ok": False, "status": 503, "answer": "<b>down</b>", "problem": None}
    page.get_by_role("button", name="Test: bot.example.org").click()
    expect(dialog(page)).to_contain_text("It did not answer as it should")
    expect(dialog(page).locator("code")).to_have_text("<b>down</b>")
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    of.tested = {"ok": False, "status": None, "answer": None, "problem": "connection refused"}
    page.get_by_role("button", name="Test: bot.example.org").click()
    expect(dialog(page)).to_contain_text("connection refused")


def test_pause_resume_replay_and_delete(opened: Callable[..., Page], with_webhooks: Server) -> None:
    of = with_webhooks.organizations["demo"].administration
    of.replays = [{"queued": 100, "next_from": "2026-11-21T10:00:00.000Z"}, {"queued": 5, "next_from": None}]
    page = opened("webhooks")
    card = page.locator(".admin-card").filter(has_text="register.example.org")
    card.get_by_role("button", name="Send again").click()
    expect(dialog(page).get_by_label("Since").locator("option:checked")).to_have_text("since it failed")
    dialog(page).get_by_role("button", name="Send again").click()
    expect(dialog(page)).to_contain_text("105 events are sent again.")
    dialog(page).get_by_role("button", name="Close").click()
    asked = [each.body for each in with_webhooks.asked("POST", f"/v1/webhooks/{of.webhooks[1]['id']}/replay")]
    assert asked == [{"from": "2026-11-20T10:00:00.000Z"}, {"from": "2026-11-21T10:00:00.000Z"}]
    old = page.locator(".admin-card").filter(has_text="old.example.org")
    expect(old).to_contain_text("The endpoint is gone")
    old.get_by_role("button", name="Resume").click()
    dialog(page).get_by_role("button", name="Resume").click()
    expect(old.locator(".light")).to_have_text("Works")
    old.get_by_role("button", name="Pause").click()
    dialog(page).get_by_role("button", name="Pause").click()
    expect(old.locator(".light")).to_have_text("Paused by you")
    old.get_by_role("button", name="New secret").click()
    dialog(page).get_by_role("button", name="New secret").click()
    expect(dialog(page).get_by_label("Secret")).to_have_value(SECRET)
    dialog(page).get_by_role("button", name="I have kept it").click()
    old.get_by_role("button", name="Delete").click()
    delete = dialog(page).get_by_role("button", name="Delete")
    expect(delete).to_be_disabled()
    dialog(page).get_by_role("textbox").fill("old.example.org")
    delete.click()
    expect(page.locator(".admin-card")).to_have_count(2)
    assert [each["url"] for each in of.webhooks] == [
        *("https://bot.example.org/hooks/gate24?token=hidden", "https://register.example.org/")
    ]


# Stop and start words


@BOTH
@LANGUAGES
def test_keywords_are_shown_by_language_and_own_ones_are_added_tried_and_removed(
    opened: Callable[..., Page], server: Server, size: ViewportSize, language: str, tmp_path: Path
) -> None:
    words = {
        "en": ("Stop words", "Try", "Who writes this opts out.", "ordinary message", "Remove no more"),
        "hi": ("बंद करने के शब्द", "आज़माएँ", "वह मना कर देता है", "साधारण संदेश", "no more हटाएँ"),
    }
    card_name, attempt, opts_out, nothing, remove = words[language]
    page = opened("keywords", size, language)
    card = page.get_by_role("region", name=card_name, exact=True)
    expect(card.locator("dt")).to_have_count(5)
    expect(card).to_contain_text("रोकें")
    message = page.locator(".admin-body > form input")
    message.fill("No more!")
    page.get_by_role("button", name=attempt).click()
    expect(page.locator(".try-outcome")).to_contain_text(nothing)
    card.get_by_role("textbox").focus()
    page.keyboard.type("No More")
    page.keyboard.press("Enter")
    expect(card.get_by_role("button", name=remove)).to_be_visible()
    expect(card.get_by_role("textbox")).to_be_focused()
    page.get_by_role("button", name=attempt).click()
    expect(page.locator(".try-outcome")).to_contain_text(opts_out)
    is_well(page, tmp_path / f"keywords_{size['width']}_{language}.png")
    card.get_by_role("button", name=remove).press("Enter")
    expect(card.get_by_role("button", name=remove)).to_have_count(0)
    asked = [each.body for each in server.asked("PATCH", "/v1/keywords")]
    assert asked == [{"add_opt_out_keywords": ["No More"]}, {"remove_opt_out_keywords": ["no more"]}]


def test_a_word_that_cannot_be_one_says_why(opened: Callable[..., Page], server: Server) -> None:
    page = opened("keywords")
    card = page.get_by_role("region", name="Start words", exact=True)
    card.get_by_role("textbox").fill("stop")
    card.get_by_role("button", name="Add").click()
    expect(card.get_by_role("alert")).to_contain_text("opts in and out; it can do one of them")
    assert axe_violations(page) == []
