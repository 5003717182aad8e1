"""Members, keys, erasures and the audit log of the console's administration in real Chromium."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, ViewportSize, expect

from gate24.api.render import rfc3339
from tests.support.browser import axe_violations, signed_in
from tests.support.console_demo import ASHA, BIMAL, demo
from tests.support.console_inbox import Member
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, served, watched
from tests.support.console_people import Organization

__all__ = ["browser", "context_of", "watched"]

NETWORK_NOTES = True

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1400, "height": 900}
SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
LANGUAGES = pytest.mark.parametrize("language", ["en", "hi"])
LEELA = Member("Leela Nair", "leela@example.org", "admin")
BY_LEELA = {"kind": "member", "name": LEELA.name, "email": LEELA.email}
HOUR_MS = 3_600_000


@pytest.fixture
def server() -> Iterator[Server]:
    organization = demo(5)
    organization.members.append(LEELA)
    filled(organization)
    keys = dict.fromkeys(("leela", "asha", "bimal", "demo"), organization)
    callers = {"leela": LEELA, "asha": ASHA, "bimal": BIMAL}
    with served(Server(keys, callers=callers)) as running:
        yield running


def filled(organization: Organization) -> None:
    staff, now = organization.staff, int(time.time() * 1000)
    staff.add_key("Case records", ("read", "send"), last_used_at=rfc3339(now - HOUR_MS))
    staff.add_key("Old bot", ("read", "webhooks"), channels=["gupshup-1"], expires_at=rfc3339(now - HOUR_MS))
    staff.add_erasure(BY_LEELA, ("opt_out", "block"), status="running", finished_at=None, parts_done=1)
    staff.add_erasure({"kind": "key", "name": "Case records", "key_id": "000000000001"}, ago_ms=48 * HOUR_MS)
    staff.add_erasure(None, ago_ms=90 * HOUR_MS)
    operator: dict[str, Any] = {"kind": "operator", "name": None}
    words: list[dict[str, Any]] = [{"field": "opt_out_keywords", "old": ["stop"], "new": ["stop", "बंद"]}]
    words.append({"field": "retention_days", "old": None, "new": 365})
    words.append({"field": "refuse_above_budget", "old": False, "new": True})
    staff.note("settings", "organization.changed", operator, "org", changes=words)
    secret = {"secret": "api-key", "beside_the_old": True}
    staff.note("channels", "secret.set", {"kind": "platform", "name": "portal"}, "gupshup-1", facts=secret)
    imported = {"imported": 250, "rejected": 1}
    staff.note("contacts", "contacts.imported", operator, "", facts=imported, outcome="unknown")
    staff.note("contacts", "contact.erased", BY_LEELA, "k3J9x0aPq7LmNoPqRsTu")
    role = [{"field": "role", "old": "agent", "new": "supervisor"}]
    staff.note("members", "member.changed", BY_LEELA, "asha@example.org", name="Asha Rao", changes=role)


@pytest.fixture
def organization(server: Server) -> Organization:
    return server.organizations["leela"]


@pytest.fixture
def opened(context_of: Callable[..., BrowserContext], server: Server) -> Callable[..., Page]:
    def open_page(name: str, size: ViewportSize = DESK, language: str = "en", key: str = "leela", **more: Any) -> Page:
        page = signed_in(context_of(viewport=size, **more).new_page(), f"{server.url}/console", key)
        picker = page.get_by_label("Language").element_handle()
        picker.select_option(language)
        picker.wait_for_element_state("hidden")  # all is drawn anew
        page.goto(f"{server.url}/console#admin/{name}")
        return page

    return open_page


def rows(page: Page) -> Locator:
    return page.get_by_role("table").locator("tbody").get_by_role("row")


def row(page: Page, words: str) -> Locator:
    return rows(page).filter(has_text=words)


def fits(page: Page) -> bool:
    found: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return found


@LANGUAGES
@SIZES
@pytest.mark.parametrize(("name", "count"), [("members", 3), ("keys", 2), ("erasures", 3), ("audit", 5)])
def test_each_page_is_whole_at_every_size_and_in_every_language(
    opened: Callable[..., Page], name: str, count: int, size: ViewportSize, language: str, tmp_path: Path
) -> None:
    page = opened(name, size, language)
    expect(rows(page)).to_have_count(count)
    assert axe_violations(page) == []
    assert fits(page)
    page.screenshot(path=tmp_path / f"{name}_{size['width']}_{language}.png", full_page=True)


@pytest.mark.parametrize("name", ["members", "keys", "erasures", "audit"])
def test_in_the_dark_each_page_can_be_read(opened: Callable[..., Page], name: str) -> None:
    page = opened(name, color_scheme="dark")
    expect(rows(page).first).to_be_visible()
    assert axe_violations(page) == []


# Who sees what


def test_only_admins_see_the_pages_and_a_key_sees_no_keys(opened: Callable[..., Page], server: Server) -> None:
    page = opened("members", key="bimal")
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
    page = opened("members", key="asha")
    pages = page.get_by_role("navigation", name="Pages of the administration")
    expect(pages.get_by_role("link")).to_have_text(["Import people"])
    page = opened("audit", key="demo")
    pages = page.get_by_role("navigation", name="Pages of the administration")
    expect(pages.get_by_role("link", name="Audit log")).to_be_visible()
    expect(pages.get_by_role("link", name="API keys")).to_have_count(0)
    assert server.asked("GET", "/v1/keys") == []


# Members


@SIZES
def test_an_admin_adds_changes_and_removes_somebody(
    opened: Callable[..., Page], organization: Organization, size: ViewportSize
) -> None:
    page = opened("members", size)
    page.get_by_role("button", name="Add somebody").click()
    dialog = page.get_by_role("dialog", name="Add somebody")
    submit = dialog.get_by_role("button", name="Add", exact=True)
    expect(submit).to_be_disabled()
    assert axe_violations(page) == []
    dialog.get_by_label("E-mail address").fill("Ravi@example.org")
    dialog.get_by_label("Name").fill("Ravi Iyer")
    expect(dialog.get_by_role("radio", name="Team member")).to_be_checked()
    expect(dialog.get_by_role("radio", name="Supervisor")).to_have_accessible_description(
        "Also records consent, blocks, changes quick replies and sees costs"
    )
    dialog.get_by_role("radio", name="Supervisor").check()
    submit.click()
    added = row(page, "Ravi Iyer")
    expect(added).to_contain_text("ravi@example.org")
    expect(added).to_contain_text("Supervisor")
    added.get_by_role("button", name="Change Ravi Iyer").click()
    dialog = page.get_by_role("dialog", name="Change Ravi Iyer")
    dialog.get_by_role("radio", name="Admin").check()
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, "Ravi Iyer")).to_contain_text("Admin")
    row(page, "Ravi Iyer").get_by_role("button", name="Remove Ravi Iyer").click()
    dialog = page.get_by_role("dialog", name="Remove Ravi Iyer")
    expect(dialog).to_contain_text("can no longer sign in")
    dialog.get_by_role("button", name="Cancel").click()
    expect(rows(page)).to_have_count(4)
    row(page, "Ravi Iyer").get_by_role("button", name="Remove Ravi Iyer").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row(page, "Ravi Iyer")).to_have_count(0)
    assert [each.email for each in organization.members if each.email == "ravi@example.org"] == []


def test_the_only_admin_is_told_so_and_cannot_give_it_up(
    opened: Callable[..., Page], organization: Organization
) -> None:
    page = opened("members")
    own = row(page, "Leela Nair")
    expect(own).to_contain_text("This is you")
    expect(own).to_contain_text("The only admin")
    expect(own.get_by_role("button", name="Remove Leela Nair")).to_have_count(0)
    own.get_by_role("button", name="Change Leela Nair").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("you can no longer open the administration")
    dialog.get_by_role("radio", name="Team member").check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_have_text("This is the only admin. Make somebody else admin first.")
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert LEELA in organization.members
    organization.members.append(Member("Ravi Iyer", "ravi@example.org", "admin"))
    page.reload()
    row(page, "Leela Nair").get_by_role("button", name="Remove Leela Nair").click()
    expect(page.get_by_role("dialog")).to_contain_text("This is you")


def test_an_address_that_is_there_is_not_changed_by_adding_it(opened: Callable[..., Page], server: Server) -> None:
    page = opened("members")
    page.get_by_role("button", name="Add somebody").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail address").fill("ASHA@example.org")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("a member already")
    assert server.asked("PUT", "/v1/members/asha@example.org") == []


# Keys


@SIZES
def test_a_key_is_made_shown_once_and_copied(
    opened: Callable[..., Page], server: Server, organization: Organization, size: ViewportSize, tmp_path: Path
) -> None:
    organization.channels = ("gupshup-1", "meta-1")
    page = opened("keys", size, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Make a key").click()
    dialog = page.get_by_role("dialog", name="Make a key")
    submit = dialog.get_by_role("button", name="Make it")
    expect(submit).to_be_disabled()
    dialog.get_by_label("Software").fill("Chatbot")
    expect(dialog.get_by_role("checkbox", name="Read chats, contacts and costs")).to_be_checked()
    dialog.get_by_role("checkbox", name="Read chats, contacts and costs").uncheck()
    expect(submit).to_be_disabled()
    dialog.get_by_role("checkbox", name="Send messages and work on chats").check()
    expect(dialog.get_by_role("checkbox", name="Everything")).to_have_count(0)
    dialog.get_by_role("group", name="Only for these of our numbers").get_by_role("checkbox").first.check()
    dialog.get_by_label("How long it is valid").select_option("90")
    assert axe_violations(page) == []
    page.screenshot(path=tmp_path / f"make_key_{size['width']}.png")
    submit.click()
    shown = page.get_by_role("dialog", name="Key of Chatbot")
    secret = shown.get_by_label("Key").input_value()
    assert secret.startswith("g24_")
    shown.get_by_role("button", name="Copy").click()
    expect(shown.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    assert axe_violations(page) == []
    page.screenshot(path=tmp_path / f"shown_key_{size['width']}.png")
    shown.get_by_role("button", name="I have kept it").click()
    made = row(page, "Chatbot")
    expect(made).to_contain_text("Send messages and work on chats")
    expect(page.get_by_role("button", name="Make a key")).to_be_focused()
    assert secret not in page.content()
    (asked,) = server.asked("POST", "/v1/keys")
    body = asked.body or {}
    assert body["scopes"] == ["send"] and body["channels"] == ["gupshup-1"]
    assert 89.9 < (datetime.fromisoformat(body["expires_at"]).timestamp() - time.time()) / 86_400 < 90.1


def test_a_key_gets_another_secret_and_is_ended(
    opened: Callable[..., Page], server: Server, organization: Organization
) -> None:
    page = opened("keys")
    expect(row(page, "Old bot")).to_contain_text("No longer valid")
    expect(row(page, "Old bot")).to_contain_text("Be told of what happens")
    bot = row(page, "Case records")
    expect(bot).to_contain_text("All our numbers")
    bot.get_by_role("button", name="New secret for the key of Case records").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("How long the old secret stays valid").select_option(label="7 days")
    dialog.get_by_role("button", name="Make a new secret").click()
    shown = page.get_by_role("dialog", name="Key of Case records")
    assert shown.get_by_label("Key").input_value().startswith("g24_r")
    page.keyboard.press("Escape")
    expect(shown).to_be_visible()  # what is shown once is not lost by a key
    shown.get_by_role("button", name="I have kept it").click()
    expect(shown).to_have_count(0)
    expect(page.locator(".loaded")).not_to_have_attribute("aria-busy", "true")  # the table was drawn anew
    (key,) = (each for each in organization.staff.keys if each["name"] == "Case records")
    assert server.asked("POST", f"/v1/keys/{key['id']}/rotate")[0].body == {"grace_hours": 168}
    bot.get_by_role("button", name="End the key of Case records").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("last used at about")
    dialog.get_by_role("button", name="End it").click()
    expect(row(page, "Case records")).to_have_count(0)
    expect(rows(page)).to_have_count(1)


def test_a_key_is_made_with_the_keyboard_alone(opened: Callable[..., Page]) -> None:
    page = opened("keys")
    expect(rows(page)).to_have_count(2)
    page.get_by_role("button", name="Make a key").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Make a key")
    expect(dialog.get_by_label("Software")).to_be_focused()
    page.keyboard.type("Bot")
    page.keyboard.press("Enter")
    shown = page.get_by_role("dialog", name="Key of Bot")
    expect(shown.get_by_role("button", name="I have kept it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(row(page, "Bot").first).to_be_visible()


# Erasures


def test_erasures_tell_who_and_what_stays_and_nobody(opened: Callable[..., Page], server: Server) -> None:
    page = opened("erasures")
    running, by_key, unknown = (rows(page).nth(index) for index in range(3))
    expect(running).to_contain_text("Under way")
    expect(running).to_contain_text("1 of 2 parts are deleted")
    expect(running).to_contain_text("the opt-out and the block")
    expect(by_key).to_contain_text("by software with an API key")
    expect(by_key).to_contain_text("nothing")
    expect(unknown).to_contain_text("Not noted")
    page.get_by_role("link", name="To the chats").click()
    expect(page).to_have_url(f"{server.url}/console#chats")


def test_where_nobody_was_erased_it_says_so(opened: Callable[..., Page], organization: Organization) -> None:
    organization.staff.erasures.clear()
    expect(opened("erasures").get_by_text("Nobody was erased so far.")).to_be_visible()


# Audit log


def test_the_log_tells_in_words_who_did_what(opened: Callable[..., Page]) -> None:
    page = opened("audit")
    role, erased, imported, secret, settings = (rows(page).nth(index) for index in range(5))
    expect(role).to_contain_text("Leela Nair")
    expect(role).to_contain_text("in the console")
    expect(role).to_contain_text("Changed a member")
    expect(role).to_contain_text("Asha Rao (asha@example.org)")
    expect(role).to_contain_text("Role: Team member → Supervisor")
    expect(erased).to_contain_text("Contact with the mark k3J9x0")
    expect(imported).to_contain_text("it is not known whether it was done")
    expect(imported).to_contain_text("250 rows are new")
    expect(secret).to_contain_text("the provider's API key")
    expect(secret).to_contain_text("the old one stays valid beside it")
    expect(settings).to_contain_text("whoever runs gate24, by a command")
    expect(settings).to_contain_text("Words that opt out: added बंद")
    expect(settings).to_contain_text("Days that messages are kept: 365")
    expect(settings).to_contain_text("no → yes")


def test_the_log_is_filtered_and_goes_on(opened: Callable[..., Page], organization: Organization) -> None:
    for number in range(60):
        organization.staff.note("keys", "key.made", BY_LEELA, f"{number}", name=f"Bot {number}")
    page = opened("audit")
    expect(rows(page)).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(rows(page)).to_have_count(65)
    page.get_by_label("About").select_option(label="Members")
    expect(rows(page)).to_have_count(1)
    page.get_by_label("About").select_option(label="Your own software")
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    page.get_by_label("About").select_option(label="Everything")
    expect(rows(page)).to_have_count(50)
    page.get_by_label("From").fill("2020-01-02")
    page.get_by_label("To", exact=True).fill("2020-01-01")
    expect(page.get_by_role("alert").filter(has_text="The first day is after the last.")).to_be_visible()
    page.get_by_label("To", exact=True).fill("2020-01-03")
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    assert axe_violations(page) == []


def test_what_a_newer_server_tells_stands_there_as_it_is(
    opened: Callable[..., Page], organization: Organization
) -> None:
    change = [{"field": "new_setting", "old": "<b>a</b>", "new": {"deep": 1}}]
    organization.staff.note("settings", "thing.done", BY_LEELA, "x", changes=change, facts={"more": 7})
    page = opened("audit")
    expect(rows(page).first).to_contain_text("thing.done")
    expect(rows(page).first).to_contain_text('new setting: <b>a</b> → {"deep":1}')
    expect(rows(page).locator("b")).to_have_count(0)
