"""The tasks of every day by ear, among 10,000 contacts: by the accessibility tree, the focus and what is said."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support import console_inbox
from tests.support.browser import box, open_chat, row, signed_in
from tests.support.console_demo import ASHA, BIMAL, demo, phone
from tests.support.console_ear import Ear
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, organization, served, watched
from tests.support.console_people import Organization
from tests.support.console_tasks import PHOTO

__all__ = ["browser", "context_of", "organization", "watched"]

NETWORK_NOTES = True
CONTACTS = 10_000
PAGE = 30
MOST_NODES = 1500
"""Of the tree, however many contacts there are."""
SUNITA, MEENA = phone(90001), phone(90003)
LOCALES = {"en": "en-IN", "hi": "hi-IN"}


@pytest.fixture
def server() -> Iterator[Server]:
    with served(Server({"asha": demo(CONTACTS)}, callers={"asha": ASHA})) as running:
        yield running


@pytest.fixture
def ear_in(context_of: Callable[..., Any], server: Server) -> Callable[..., Ear]:
    def make(language: str = "en") -> Ear:
        ear = Ear(context_of(locale=LOCALES[language]).new_page(), language)
        signed_in(ear.page, f"{server.url}/console", "asha")
        expect(ear.page.locator(".row").first).to_be_visible()
        return ear

    return make


@pytest.fixture
def ear(ear_in: Callable[..., Ear]) -> Ear:
    return ear_in()


def places(page: Page) -> list[int]:
    """The rows' places in the list, in the order of the tree."""
    found = page.locator(".rows > li").evaluate_all("rows => rows.map((row) => Number(row.ariaPosInSet))")
    return [int(each) for each in found]


def open_sunita(ear: Ear) -> None:
    row(ear.page, SUNITA).press("Enter")
    expect(ear.page.get_by_role("heading", name="Sunita, Class 7")).to_be_focused()
    expect(ear.page.locator(".message").last).to_be_visible()


@pytest.mark.parametrize("language", LOCALES)
def test_who_waits_longest_and_closes_first(ear_in: Callable[..., Ear], language: str) -> None:
    ear = ear_in(language)
    page, needs_answer = ear.page, ear.words("filter.needs_answer")
    page.get_by_role("button", name=needs_answer).press("Enter")
    ear.hear(ear.words("live.chats_more", count=str(PAGE)))
    assert ear.focused().states["pressed"] == "true"
    page.get_by_role("searchbox").focus()
    first = ear.press("ArrowDown")
    assert ear.words("state.closing", left="").strip() in first.name
    assert ear.tree_size() < MOST_NODES


def test_rows_are_read_in_their_order_wherever_one_went(ear: Ear, organization: Organization) -> None:
    page = ear.page
    page.get_by_role("searchbox").focus()
    for keys in (["ArrowDown", "End"], ["PageUp"], ["PageUp"], ["Home"], ["PageDown"]):
        ear.press(*keys)
        found = places(page)
        assert found == sorted(found)
    before = page.evaluate("document.activeElement.dataset.contact")
    organization.people[phone(5)].writes("Where are you?")
    expect(page.locator(".rows > li").filter(has_text="Where are you?")).to_have_attribute("aria-posinset", "1")
    found = places(page)
    assert found == sorted(found)
    assert before and page.evaluate("document.activeElement.dataset.contact") == before


@pytest.mark.parametrize("language", LOCALES)
def test_an_answer_with_a_photo(ear_in: Callable[..., Ear], language: str) -> None:
    ear = ear_in(language)
    open_sunita(ear)
    page = ear.page
    with page.expect_file_chooser() as dialog:
        page.get_by_role("button", name=ear.words("composer.file"), exact=True).press("Enter")
    dialog.value.set_files(PHOTO)
    ear.hear(ear.words("attach.ready"))
    assert ear.focused().name == ear.words("media.caption")
    assert ear.focused().description.startswith("roof.png, 1")
    send = page.get_by_role("button", name=ear.words("media.send"))
    expect(send).to_be_enabled()
    assert ear.press("Tab").name == ear.words("media.send")
    ear.press("Enter")
    ear.hear(ear.words("live.sent"))
    assert ear.focused().name == ear.words("composer.label")


def test_a_file_that_is_removed_leaves_the_focus_where_another_is_chosen(ear: Ear) -> None:
    open_sunita(ear)
    with ear.page.expect_file_chooser() as dialog:
        ear.page.get_by_role("button", name="File", exact=True).press("Enter")
    dialog.value.set_files(PHOTO)
    ear.hear("Ready to send")
    ear.press("Shift+Tab", "Enter")
    assert ear.focused().name == "Choose a file"


def test_writing_first(ear: Ear) -> None:
    page = ear.page
    page.get_by_role("button", name="New", exact=True).press("Enter")
    of = page.get_by_role("dialog", name="New chat")
    expect(of.get_by_label("WhatsApp number")).to_be_focused()
    page.keyboard.type("12")
    ear.press("Enter")
    words = "There is no such phone number"
    said = next(each for each in ear.hear(words) if words in each)
    wrong = ear.focused()
    assert (wrong.name, wrong.description) == ("WhatsApp number", said)
    assert wrong.states["invalid"] == "true"
    of.get_by_label("WhatsApp number").fill("+91 98765 43210")
    ear.press("Enter")
    expect(of.get_by_label("How they agreed")).to_be_focused()
    expect(of.locator("[aria-required=true]")).to_have_count(3)
    assert "invalid" not in ear.focused().states
    expect(of.get_by_role("button", name="Change the number")).to_be_visible()
    of.get_by_label("How they agreed").select_option(label="Paper form")
    of.get_by_label("What shows it").fill("Form 17 of the camp in Pune")
    of.get_by_role("button", name="Record it and choose a message").press("Enter")
    ear.hear("The consent is recorded")
    assert ear.focused().name == "Template"
    of.get_by_label("Template", exact=True).select_option(label="shivir_suchna (hi, utility)")
    of.get_by_label("Value 1").fill("आशा")
    expect(of.locator(".template-preview .text")).to_have_attribute("lang", "hi")
    of.get_by_role("button", name="Send template").press("Enter")
    ear.hear("The message is sent")
    expect(page.get_by_role("heading", name="+919876543210")).to_be_focused()
    assert ear.focused().name == "+919876543210"
    assert ear.focused().description == "Never wrote"


@pytest.mark.parametrize("language", LOCALES)
def test_a_chat_goes_to_the_colleague_who_was_chosen_and_to_nobody_on_the_way(
    ear_in: Callable[..., Ear], server: Server, language: str
) -> None:
    ear = ear_in(language)
    open_sunita(ear)
    assigned = ear.page.get_by_label(ear.words("team.assignee"))
    expect(assigned.locator("option")).to_have_count(3)
    assigned.focus()
    ear.press("ArrowDown")
    expect(ear.page.locator("select:open")).to_have_count(1)
    ear.press("ArrowDown", "ArrowDown", "Enter")
    ear.hear(ear.words("row.assigned", name=BIMAL.name))
    asked = server.asked("PUT", f"/v1/contacts/{SUNITA}/assignee")
    assert [request.body for request in asked] == [{"assignee": BIMAL.email}]
    ear.press("ArrowDown")
    expect(ear.page.locator("select:open")).to_have_count(1)
    ear.press("ArrowUp", "Enter")
    ear.hear(ear.words("row.assigned", name=ASHA.name))


def test_what_the_last_month_cost(ear: Ear) -> None:
    page = ear.page
    page.get_by_role("link", name="Costs").press("Enter")
    expect(page.get_by_role("heading", name="Costs", level=1)).to_be_visible()
    assert (ear.focused().role, ear.focused().name) == ("main", "Costs")
    ear.hear("Total: $")
    page.get_by_role("button", name="Previous month").press("Enter")
    total = [each for each in ear.hear("Total: $") if "Total: $" in each][-1].removeprefix("Total: ")
    expect(page.locator(".figure").first).to_contain_text(total)


def test_a_search_says_how_many_were_found_or_that_nobody_was(ear: Ear) -> None:
    search = ear.page.get_by_role("searchbox")
    search.fill("Meena, mother")
    ear.hear("1 chat")
    search.fill("Zzyx")
    said = ear.hear("Nobody found")
    assert not any("0 chats" in each for each in said)


def test_what_comes_into_the_open_chat_and_what_fails_is_said_in_words(ear: Ear, organization: Organization) -> None:
    open_sunita(ear)
    sunita = organization.people[SUNITA]
    assert ear.focused().description.endswith("left")
    box(ear.page).fill("Come at ten")
    box(ear.page).press("Enter")
    ear.hear("The message is sent")
    sunita.writes("Where is it?")
    ear.hear("New message from Sunita, Class 7: Where is it?")
    meaning = "This number cannot be reached."
    failure = {"code": "131026", "reason": "Message undeliverable", "kind": "unreachable", "meaning": meaning}
    sent = next(each for each in sunita.messages if each.get("text") == "Come at ten")
    sent.update(status="failed", code="bsp_failed", failure=failure)
    ear.hear("Failed: Come at ten. The message could not be delivered: this number cannot be reached on WhatsApp.")
    for count in range(4):
        sunita.writes(f"Hello {count}")
    ear.hear("from Sunita, Class 7")


def test_a_no_of_the_gate_is_said_while_writing_and_upon_enter(ear: Ear, organization: Organization) -> None:
    open_sunita(ear)
    check = organization.check
    refused: dict[str, Any] = {"decision": "refuse", "code": "not_opted_in", "allowed_actions": [], "cost": None}
    organization.check = lambda body: check(body) | refused  # type: ignore[method-assign]
    box(ear.page).fill("Come at ten")
    why = ear.texts["problem.not_opted_in"]
    ear.hear(why)
    ear.press("Enter")
    ear.hear(why)


def test_a_chat_that_a_colleague_gives_away_is_told_of(ear: Ear, organization: Organization) -> None:
    open_sunita(ear)
    expect(ear.page.get_by_label("Who answers this chat").locator("option")).to_have_count(3)
    organization.people[SUNITA].inbox.assignee = BIMAL.email
    ear.hear("Assigned to Bimal Das")


def test_older_messages_are_told_of_and_leave_the_focus_in_the_conversation(
    ear: Ear, organization: Organization
) -> None:
    for count in range(40):
        organization.people[SUNITA].writes(f"Hello {count}")
    open_sunita(ear)
    ear.page.get_by_role("button", name="Show older messages").press("Enter")
    ear.hear("older messages above")
    assert (ear.focused().role, ear.focused().name) == ("region", "Conversation")


def test_a_colleague_who_writes_is_told_of_once(ear: Ear, organization: Organization) -> None:
    open_sunita(ear)
    ear.heard()
    organization.people[SUNITA].inbox.answering = [(BIMAL, time.time() + 60)]
    told = ear.hear("Bimal Das is answering…")
    ear.page.wait_for_timeout(1000)
    assert len([each for each in told + ear.heard() if "Bimal Das" in each]) == 1


def test_the_text_is_described_by_what_it_answers(ear: Ear) -> None:
    open_sunita(ear)
    assert ear.page.get_by_role("list", name="Messages that the server has not answered").count() == 0
    ear.page.get_by_role("button", name="Reply to: The bus leaves at nine.").press("Enter")
    assert ear.focused().description == "Reply to: We The bus leaves at nine."


def test_what_is_written_in_another_script_is_read_in_its_language(ear_in: Callable[..., Ear]) -> None:
    page = ear_in().page
    expect(row(page, "आशा देवी").locator(".name")).to_have_attribute("lang", "hi")
    expect(row(page, "Meena, mother").locator(".name")).not_to_have_attribute("lang", "en")
    open_chat(page, "Sunita, Class 7")
    expect(page.locator(".message .text", has_text="ठीक है")).to_have_attribute("lang", "hi")
    hindi = ear_in("hi").page
    expect(row(hindi, "आशा देवी").locator(".name[lang]")).to_have_count(0)


def test_a_row_is_heard_with_pauses_and_tells_of_a_message_that_failed(
    ear: Ear, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console_inbox, "TOLD", console_inbox.TOLD | {"failed"})
    failed = {"direction": "outbound", "type": "text", "text": "Come at ten", "status": "failed", "code": "bsp_failed"}
    organization.people[MEENA].add(failed)
    expect(row(ear.page, MEENA)).to_contain_text("Failed: Come at ten")
    row(ear.page, MEENA).focus()
    assert ear.focused().name.startswith("Meena, mother ,")
    expect(ear.page.locator(".rows")).to_contain_text(phone(90010))
