"""The bell's part about mails, in real Chromium: who gets them, why nobody does, and what an admin sets for all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_console_mock import listed
from tests.support.browser import axe_violations, row
from tests.support.console_bell import choose_no_desktop, opened, save
from tests.support.console_demo import ASHA, BIMAL, demo, phone
from tests.support.console_inbox import Member
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, organization, served, session, watched
from tests.support.console_people import Organization

__all__ = ["browser", "context_of", "organization", "session", "watched"]

Session = Callable[..., Page]
LEELA = Member("Leela", "leela@example.org", "admin")
MEENA = "Meena, mother"
MINE = re.compile("Mail me when chats wait")


@pytest.fixture
def server() -> Iterator[Server]:
    """Asha is a supervisor, Bimal an agent, Leela an admin; and there is a key."""
    found = demo(30)
    keys = dict.fromkeys(("asha", "bimal", "leela", "demo"), found)
    with served(Server(keys, callers={"asha": ASHA, "bimal": BIMAL, "leela": LEELA})) as running:
        yield running


def lead(dialog: Locator) -> Locator:
    """What an admin sets for all."""
    return dialog.get_by_label("this long before chats close")


def test_a_supervisor_who_gets_mails_by_default_can_choose_none(
    organization: Organization, session: Session, server: Server
) -> None:
    organization.digest_minutes = 60
    page = session("asha")
    dialog = opened(page)
    box = dialog.get_by_role("checkbox", name=MINE)
    expect(box).to_be_checked()
    expect(dialog).to_contain_text("To asha@example.org, 1 h before the first closes")
    assert lead(dialog).count() == 0
    assert axe_violations(page) == []
    choose_no_desktop(dialog)
    box.uncheck()
    save(dialog)
    assert organization.mail_choices == {ASHA.email: {"mail": False, "language": "en"}}
    dialog = opened(page)
    expect(dialog.get_by_role("checkbox", name=MINE)).not_to_be_checked()
    choose_no_desktop(dialog)
    save(dialog)
    assert len(server.asked("PUT", "/v1/me/notifications")) == 1, "what is not changed is not sent"


def test_an_agent_asks_for_mails_with_the_keyboard_alone(organization: Organization, session: Session) -> None:
    organization.digest_minutes = 30
    page = session("bimal")
    page.get_by_role("button", name="Notifications").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    box = dialog.get_by_role("checkbox", name=MINE)
    expect(box).to_be_enabled()
    expect(box).not_to_be_checked()
    dialog.get_by_label("closes in less than").focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(box).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert organization.mail_choices == {str(BIMAL.email): {"mail": True, "language": "en"}}


def test_an_admin_switches_them_on_for_all_and_off_again(organization: Organization, session: Session) -> None:
    page = session("leela")
    dialog = opened(page)
    box, leads = dialog.get_by_role("checkbox", name=MINE), lead(dialog)
    expect(box).to_be_disabled()
    expect(dialog).to_contain_text("Your organization has not set how long before chats close staff are told.")
    leads.select_option(label="2 h")
    expect(box).to_be_enabled()
    expect(box).to_be_checked()
    expect(dialog).to_contain_text("To leela@example.org, 2 h before")
    choose_no_desktop(dialog)
    save(dialog)
    assert organization.digest_minutes == 120
    dialog = opened(page)
    lead(dialog).select_option(label="never")
    choose_no_desktop(dialog)
    save(dialog)
    assert organization.digest_minutes is None


def test_a_time_that_the_command_has_set_is_offered(organization: Organization, session: Session) -> None:
    organization.digest_minutes = 45
    dialog = opened(session("leela"))
    expect(lead(dialog)).to_have_value("45")


@pytest.mark.parametrize(
    ("key", "is_set_up", "said"),
    [
        ("asha", False, "gate24 sends no mails here. Whoever runs it can set up an address"),
        ("demo", True, "Mails go to members who sign in, not to an API key."),
        ("bimal", True, "Your organization has not set how long before chats close staff are told."),
    ],
)
def test_why_there_are_none_is_said(
    organization: Organization, session: Session, key: str, is_set_up: bool, said: str
) -> None:
    organization.mail_is_set_up = is_set_up
    page = session(key)
    dialog = opened(page)
    expect(dialog).to_contain_text(said)
    assert dialog.get_by_role("checkbox", name=MINE).count() == (0 if key == "demo" else 1)
    if key != "demo":
        expect(dialog.get_by_role("checkbox", name=MINE)).to_be_disabled()
    assert axe_violations(page) == []


def test_a_browser_without_notifications_still_offers_mails(organization: Organization, session: Session) -> None:
    organization.digest_minutes = 60
    page = session("asha")
    page.context.add_init_script("delete window.Notification")
    page.reload()
    dialog = opened(page)
    expect(dialog).to_contain_text("This browser does not show notifications.")
    assert dialog.get_by_label("closes in less than").count() == 0
    dialog.get_by_role("checkbox", name=MINE).uncheck()
    save(dialog)
    assert organization.mail_choices[str(ASHA.email)]["mail"] is False


def test_the_link_of_a_mail_opens_those_who_wait_first(server: Server, session: Session) -> None:
    page = session("asha")
    expect(row(page, MEENA)).to_be_visible()
    page.goto("about:blank")
    page.goto(f"{server.url}/console#waiting")
    expect(page.locator(".row").first).to_be_visible()
    expect(row(page, MEENA).locator("xpath=..")).to_have_attribute("aria-posinset", "1")
    assert page.url.endswith("#chats")
    assert listed(server)[0].query.get("filter") == "needs_answer"
    page.reload()
    expect(page.locator(".row").first).to_be_visible()
    assert "filter" not in listed(server)[0].query
    assert phone(90003) in str(server.organizations["asha"].people.keys())


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("light", 360), ("dark", 360)])
@pytest.mark.parametrize("language", ["en", "hi"])
def test_the_dialog_fits_and_is_accessible(
    organization: Organization, session: Session, scheme: Any, width: int, language: str, tmp_path: Path
) -> None:
    organization.digest_minutes = 60
    page = session("leela", color_scheme=scheme, viewport={"width": width, "height": 800})
    if language == "hi":
        page.get_by_label("Language").select_option("hi")
    dialog = opened(page, {"en": "Notifications", "hi": "सूचनाएँ"}[language])
    expect(dialog).to_contain_text("leela@example.org")
    page.screenshot(path=tmp_path / "mails.png")
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")


def test_what_cannot_be_chosen_is_not_checked_and_keeps_what_was_chosen(
    organization: Organization, session: Session
) -> None:
    page = session("leela")
    dialog = opened(page)
    box = dialog.get_by_role("checkbox", name=MINE)
    expect(box).to_be_disabled()
    expect(box).not_to_be_checked()
    expect(box).to_have_accessible_description(re.compile("has not set how long before"))
    lead(dialog).select_option(label="1 h")
    expect(box).to_be_checked()
    box.uncheck()
    lead(dialog).select_option(label="never")
    lead(dialog).select_option(label="2 h")
    expect(box).not_to_be_checked()
