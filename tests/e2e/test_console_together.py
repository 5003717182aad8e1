"""Two of an organization's people in two browsers: reading, assigning, done, labels, notes, quick replies, and who is
writing an answer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support import console_inbox
from tests.support.browser import Watched, axe_violations, box, open_chat, row
from tests.support.console_demo import BIMAL, phone
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, organization, page, server, session, watched
from tests.support.console_people import Organization, Person
from tests.support.held_requests import held_back
from tests.support.live import until

__all__ = ["browser", "context_of", "organization", "page", "server", "session", "watched"]

Session = Callable[..., Page]
MEENA = "Meena, mother"


def bar(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="Work together on this chat")


def press(page: Page, name: str) -> None:
    bar(page).get_by_role("button", name=re.compile(f"^{name}")).click()


def notice(page: Page) -> Locator:
    return page.locator(".answering-note")


def asked(server: Server, method: str, below: str) -> int:
    return sum(each.method == method and each.path.endswith(f"/{below}") for each in server.requests)


def meena(organization: Organization) -> Person:
    return organization.people[phone(90003)]


def test_a_chat_is_read_once_it_is_open_and_its_row_tells_at_once(
    server: Server, organization: Organization, session: Session, page: Page
) -> None:
    other = session("bimal")
    expect(row(page, MEENA).locator(".unread")).to_have_text("1")
    open_chat(page, MEENA)
    expect(row(page, MEENA).locator(".unread")).to_be_empty()
    expect(row(other, MEENA).locator(".unread")).to_be_empty()
    page.wait_for_timeout(3_000)
    assert asked(server, "POST", "read") == 1
    meena(organization).writes("And now?")
    expect(page.locator(".message").last).to_contain_text("And now?")
    expect(row(page, MEENA).locator(".unread")).to_be_empty()
    expect(row(page, MEENA).locator(".waits")).to_have_text(re.compile("^waits"))


def test_a_chat_is_not_read_while_the_tab_is_hidden_or_its_end_is_not_seen(
    server: Server, organization: Organization, page: Page
) -> None:
    person = meena(organization)
    for number in range(40):
        person.writes(f"Hello {number}", at=time.time() - 4000 + number)
    open_chat(page, MEENA)
    expect(row(page, MEENA).locator(".unread")).to_be_empty()
    expect(page.locator(".message").last).to_be_in_viewport()
    until(lambda: person.inbox.read_at)
    # The browser tells of it a little later, and by then the list may have gone to its end again.
    page.locator(".message-list .scroller").evaluate(
        "list => { list.scrollTop = 0; list.dispatchEvent(new Event('scroll')); }"
    )
    person.writes("Are you there?")
    expect(row(page, MEENA).locator(".unread")).to_have_text("1")
    page.wait_for_timeout(2_500)
    expect(row(page, MEENA).locator(".unread")).to_have_text("1")
    hide(page, True)
    page.get_by_role("button", name="Go to the newest message").click()
    page.wait_for_timeout(500)
    before = asked(server, "POST", "read")
    expect(row(page, MEENA).locator(".unread")).to_have_text("1")
    hide(page, False)
    expect(row(page, MEENA).locator(".unread")).to_be_empty()
    until(lambda: asked(server, "POST", "read") == before + 1)


def hide(page: Page, is_hidden: bool) -> None:
    """As if another tab were looked at."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )


def test_a_chat_is_assigned_done_and_opens_by_itself_with_all_of_it_in_the_details(
    organization: Organization, session: Session, page: Page
) -> None:
    other = session("bimal")
    for each in (page, other):
        open_chat(each, MEENA)
    whose = bar(page).get_by_label("Who answers this chat")
    whose.select_option(label="Bimal Das")
    expect(row(page, MEENA).locator(".assignee")).to_have_text("BD")
    expect(bar(other).get_by_label("Who answers this chat")).to_have_value(str(BIMAL.email))
    expect(bar(other).locator("option:checked")).to_have_text("Assigned to me")
    page.get_by_role("button", name="Needs an answer").click()
    press(page, "Done")
    expect(row(page, MEENA)).to_have_count(0)
    expect(bar(other).get_by_role("button", name="Reopen")).to_be_visible()
    press(other, "Reopen")
    expect(row(page, MEENA)).to_be_visible()
    press(other, "Done")
    expect(row(page, MEENA)).to_have_count(0)
    page.get_by_role("button", name="All").click()
    expect(row(page, MEENA).locator(".waits")).to_be_empty()
    meena(organization).writes("One thing more")
    expect(row(page, MEENA).locator(".waits")).to_have_text("waits")
    expect(bar(page).get_by_role("button", name="Done")).to_be_visible()
    whose.select_option(label="Not assigned")
    expect(row(page, MEENA).locator(".assignee")).to_be_empty()
    trail = page.get_by_role("complementary").locator(".trail li")
    expect(trail).to_have_count(5)
    expect(trail.first).to_contain_text("Asha Rao → to nobody")
    expect(trail.nth(1)).to_contain_text("Bimal Das")
    expect(trail.last).to_contain_text("Asha Rao → Bimal Das")


def test_labels_are_added_offered_and_removed(organization: Organization, session: Session, page: Page) -> None:
    other = session("bimal")
    open_chat(page, MEENA)
    open_chat(other, MEENA)
    press(page, "Labels")
    form = page.get_by_role("form", name="Labels")
    expect(form.get_by_label("Another label")).to_be_focused()
    page.keyboard.type("urgent")
    page.keyboard.press("Enter")
    expect(row(page, MEENA).locator(".label-chip")).to_have_text(["pregnancy", "urgent"])
    expect(bar(other).get_by_role("button", name="Labels")).to_contain_text("2")
    form.get_by_role("group", name="In use").get_by_role("button", name="health camp").click()
    expect(row(page, MEENA).locator(".more-labels")).to_have_text("+1")
    form.get_by_role("button", name="Remove the label pregnancy").click()
    expect(row(page, MEENA).locator(".label-chip")).to_have_text(["health camp", "urgent"])
    assert meena(organization).inbox.labels == ["health camp", "urgent"]
    expect(page.get_by_label("Label", exact=True).get_by_role("option", name="urgent")).to_have_count(1)
    organization.people[phone(90003)].inbox.labels = [f"label {number:02}" for number in range(20)]
    expect(form.get_by_role("button", name="Add")).to_be_disabled()
    expect(form).to_contain_text("at most 20 labels")


def test_a_note_stands_among_the_messages_and_is_sent_to_nobody(
    server: Server, organization: Organization, session: Session, page: Page
) -> None:
    organization.people[phone(90001)].inbox.note(BIMAL, "Prefers calls", at=time.time() - 5_600)
    other = session("bimal")
    open_chat(page, "Sunita, Class 7")
    open_chat(other, "Sunita, Class 7")
    note = page.locator(".note-item")
    expect(note).to_contain_text("Note by Bimal Das")
    after = page.locator(".note-item ~ .message", has_text="Bring your daughter too.")
    expect(page.locator(".note-item ~ .message").last).to_contain_text("The bus leaves")
    expect(after).to_be_visible()
    press(page, "Note")
    words = page.get_by_role("textbox", name="Write a note for your team")
    expect(words).to_be_focused()
    expect(page.get_by_text("never sent to the contact and never leaves gate24")).to_be_visible()
    expect(box(page)).to_be_hidden()
    colours = [each.evaluate("each => getComputedStyle(each).backgroundColor") for each in (note, after)]
    assert colours[0] != colours[1]
    page.keyboard.type("Her sister calls on Monday.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-item").last).to_contain_text("Her sister calls on Monday.")
    expect(page.locator(".note-item").last).to_be_in_viewport()
    expect(box(page)).to_be_focused()
    expect(page.get_by_role("complementary").locator(".trail li").first).to_contain_text("Note written")
    expect(other.locator(".note-item")).to_have_count(2)
    assert server.asked("POST", "/v1/messages") == []
    press(page, "Note")
    expect(words).to_be_focused()
    page.keyboard.type("Not kept")
    page.keyboard.press("Escape")
    expect(box(page)).to_be_focused()
    expect(page.get_by_role("heading", name="Sunita, Class 7")).to_be_visible()
    assert len(organization.people[phone(90001)].inbox.notes) == 2


def test_two_see_each_other_write_and_are_asked_before_both_answer(
    server: Server, organization: Organization, session: Session, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console_inbox, "ANSWERING_SECONDS", 600.0)  # however long all of this takes
    other, third = session("bimal"), session("demo")
    for each in (page, other):
        open_chat(each, MEENA)
        expect(bar(each)).to_be_visible()
    box(page).press_sequentially("Come at ten")
    expect(notice(other)).to_have_text("Asha Rao is answering…")
    expect(row(other, MEENA)).to_contain_text("Asha Rao is answering…")
    expect(row(third, MEENA)).to_contain_text("Asha Rao is answering…")
    expect(notice(page)).to_be_hidden()
    box(other).press_sequentially("Come at noon")
    expect(notice(page)).to_have_text("Bimal Das is answering…")
    expect(notice(other)).to_have_text("Asha Rao is answering…")
    box(other).press("Enter")
    dialog = other.get_by_role("dialog")
    expect(dialog).to_contain_text("the contact gets two answers")
    assert server.asked("POST", "/v1/messages") == []
    assert axe_violations(other) == []
    dialog.get_by_role("button", name="Cancel").click()
    expect(box(other)).to_be_focused()
    expect(box(other)).to_have_value("Come at noon")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Send anyway").click()
    expect(page.locator(".message").last).to_contain_text("Come at ten")
    expect(notice(other)).to_be_hidden()
    expect(other.locator(".message").last).to_contain_text("Come at ten")
    box(other).press("Enter")
    expect(other.get_by_role("dialog")).to_contain_text(re.compile("answered at .*Come at ten", re.DOTALL))
    other.get_by_role("dialog").get_by_role("button", name="Send anyway").click()
    expect(other.locator(".message").last).to_contain_text("Come at noon")
    box(other).fill("And bring the card")
    box(other).press("Enter")
    expect(other.locator(".message").last).to_contain_text("And bring the card")
    assert len(server.asked("POST", "/v1/messages")) == 3


def test_who_writes_tells_every_ten_seconds_and_no_more_once_it_is_sent_or_left(
    server: Server, organization: Organization, page: Page
) -> None:
    open_chat(page, MEENA)
    expect(bar(page)).to_be_visible()
    box(page).press_sequentially("Come at ten, and bring", delay=30)
    until(lambda: is_answered(meena(organization)))
    expect(row(page, MEENA)).not_to_contain_text("is answering")
    box(page).fill("")
    until(lambda: not is_answered(meena(organization)))
    assert (asked(server, "PUT", "answering"), asked(server, "DELETE", "answering")) == (1, 1)
    box(page).press_sequentially("Yes")
    until(lambda: is_answered(meena(organization)))
    page.keyboard.press("Escape")
    until(lambda: not is_answered(meena(organization)))
    assert (asked(server, "PUT", "answering"), asked(server, "DELETE", "answering")) == (2, 2)


def test_who_leaves_before_it_was_told_that_an_answer_is_written_writes_none_for_colleagues(
    server: Server, organization: Organization, page: Page
) -> None:
    open_chat(page, MEENA)
    expect(bar(page)).to_be_visible()
    begins: list[Route] = []
    page.route("**/answering", lambda each: begins.append(each) if each.request.method == "PUT" else each.continue_())
    with page.expect_request("**/answering"):
        box(page).press_sequentially("Come")
    box(page).fill("")
    page.wait_for_timeout(500)  # what would overtake it has come by then
    with page.expect_event("requestfinished", lambda each: each.method == "DELETE"):
        begins[0].continue_()
    until(lambda: not is_answered(meena(organization)))
    assert [each.method for each in server.requests if each.path.endswith("/answering")] == ["PUT", "DELETE"]


def is_answered(person: Person) -> bool:
    return any(end > time.time() for _, end in person.inbox.answering)


def test_a_quick_reply_is_filled_in_by_slash_and_by_button(
    server: Server, organization: Organization, page: Page
) -> None:
    open_chat(page, MEENA)
    expect(page.get_by_role("button", name="Quick replies")).to_be_visible()
    box(page).press("/")
    find = page.get_by_role("combobox", name="Find a quick reply")
    expect(find).to_be_focused()
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("listbox").get_by_role("option", name="papers")).to_have_attribute("aria-selected", "true")
    page.keyboard.type("hour")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    assert axe_violations(page) == []
    page.keyboard.press("Enter")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("Dear Meena, mother, we are here from 9 to 5.")
    box(page).press("/")
    expect(box(page)).to_have_value("Dear Meena, mother, we are here from 9 to 5./")
    page.get_by_role("button", name="Quick replies").click()
    expect(find).to_be_focused()
    page.keyboard.press("Escape")
    expect(box(page)).to_be_focused()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message").last).to_contain_text("Dear Meena, mother, we are here from 9 to 5./")


def test_quick_replies_are_edited_by_who_may(server: Server, organization: Organization, page: Page) -> None:
    open_chat(page, MEENA)
    page.get_by_role("button", name="Quick replies").click()
    page.get_by_role("button", name="Edit quick replies").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("{{name}}, {{phone}} and {{channel}} are filled in")
    dialog.get_by_role("button", name="Remove the quick reply papers").click()
    dialog.get_by_role("button", name="Add a quick reply").click()
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    expect(dialog.get_by_label("Name").last).to_be_focused()
    page.keyboard.type("call")
    dialog.get_by_label("Text").last.fill("We call you at {{phone}} from {{channel}}.")
    assert axe_violations(page) == []
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("listbox").get_by_role("option", name="call")).to_contain_text(
        f"We call you at {phone(90003)} from +919876500000."
    )
    assert [each["name"] for each in organization.quick_replies] == ["hours", "समय", "call"]


def test_quick_replies_that_are_half_edited_are_not_lost_by_one_key(
    server: Server, organization: Organization, page: Page
) -> None:
    open_chat(page, MEENA)
    page.get_by_role("button", name="Quick replies").click()
    edit = page.get_by_role("button", name="Edit quick replies")
    edit.click()
    dialog = page.get_by_role("dialog")
    first = dialog.get_by_label("Name").first
    save = dialog.get_by_role("button", name="Save")
    expect(first).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)  # nothing was changed
    edit.click()
    first.fill("papers")  # which another one has
    expect(save).to_be_disabled()
    expect(save).to_have_accessible_description("Each quick reply needs a text and a name of its own.")
    expect(dialog.get_by_role("status")).to_have_text("Each quick reply needs a text and a name of its own.")
    first.fill("opening hours")
    expect(dialog.get_by_role("status")).to_have_text("")
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("alert")).to_have_text("What you changed is not saved. Close it once more to leave it.")
    first.press("End")
    first.press_sequentially("!")
    expect(dialog.get_by_role("alert")).to_have_count(0)
    page.go_back()
    expect(dialog.get_by_role("alert")).to_contain_text("not saved")
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert asked(server, "PUT", "quick-replies") == 0
    expect(page.get_by_role("listbox").get_by_role("option", name="hours")).to_be_visible()


def test_quick_replies_are_edited_once_all_of_them_are_known(
    server: Server, organization: Organization, page: Page, watched: Watched
) -> None:
    open_chat(page, MEENA)
    server.latency = 1.0
    page.get_by_role("button", name="Quick replies").click()
    edit = page.get_by_role("button", name="Edit quick replies")
    edit.dblclick()
    expect(page.get_by_role("dialog").get_by_role("group", name="papers")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(edit).to_be_hidden()
    watched.network_notes = True
    page.route("**/v1/quick-replies", lambda route: route.abort())
    page.get_by_role("button", name="Quick replies").click()
    expect(page.get_by_role("group", name="Quick replies")).to_contain_text("can't be reached")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/v1/quick-replies")):
        edit.click()
    page.wait_for_timeout(500)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_quick_replies_of_a_colleague_are_not_overwritten(
    server: Server, organization: Organization, page: Page
) -> None:
    open_chat(page, MEENA)
    page.get_by_role("button", name="Quick replies").click()
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(3)
    organization.quick_replies.append({"name": "camp", "text": "The camp is on Sunday."})
    page.get_by_role("button", name="Edit quick replies").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("group", name="camp")).to_be_visible()
    organization.quick_replies.append({"name": "bus", "text": "The bus leaves at nine."})
    dialog.get_by_label("Name").first.fill("opening hours")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody else has changed the quick replies meanwhile.")
    assert asked(server, "PUT", "quick-replies") == 0


def test_a_dialog_does_once_what_it_is_asked(server: Server, organization: Organization, page: Page) -> None:
    open_chat(page, MEENA)
    page.get_by_role("button", name="Quick replies").click()
    page.get_by_role("button", name="Edit quick replies").click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_label("Name").first
    name.fill("opening hours")
    with held_back(page, "**/v1/quick-replies"):
        name.press("Enter")
        name.press("End")
        name.press_sequentially("!")
        expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
        name.press("Enter")
    expect(dialog).to_have_count(0)
    page.wait_for_timeout(1_500)
    assert asked(server, "PUT", "quick-replies") == 1


def test_labels_that_are_chosen_at_once_are_all_there(server: Server, organization: Organization, page: Page) -> None:
    organization.people[phone(90001)].inbox.labels = ["follow-up", "health camp", "urgent"]
    page.reload()
    open_chat(page, MEENA)
    press(page, "Labels")
    expect(page.locator(".label-offers .chip", has_text="urgent")).to_be_visible()
    server.latency = 0.7
    page.evaluate("document.querySelectorAll('.label-offers .chip').forEach((chip) => chip.click())")
    server.latency = 0.3
    expect(page.locator(".label-form .label-chip")).to_have_count(4)
    assert sorted(meena(organization).inbox.labels) == ["follow-up", "health camp", "pregnancy", "urgent"]


def test_a_label_that_a_colleague_adds_or_removes_at_the_same_moment_stays_so(
    organization: Organization, page: Page
) -> None:
    person = meena(organization)
    person.inbox.labels = ["moved", "pregnancy"]
    open_chat(page, MEENA)
    press(page, "Labels")
    expect(page.locator(".label-form .label-chip")).to_have_count(2)

    def meanwhile(route: Route) -> None:
        person.inbox.labels = ["pregnancy", "urgent"]
        route.continue_()

    page.route("**/labels", meanwhile)
    page.locator(".label-offers .chip", has_text="health camp").click()
    chips = page.locator(".label-form .label-chip")
    expect(chips).to_have_text(["health camp", "pregnancy", "urgent"])
    assert person.inbox.labels == ["health camp", "pregnancy", "urgent"]


def test_whoever_holds_enter_or_clicks_twice_does_it_once(
    server: Server, organization: Organization, page: Page
) -> None:
    open_chat(page, MEENA)
    expect(page.get_by_role("button", name="Quick replies")).to_be_visible()
    box(page).press("/")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(3)
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(box(page)).to_have_value("Dear Meena, mother, we are here from 9 to 5.")
    page.wait_for_timeout(1_500)
    assert asked(server, "POST", "messages") == 0
    expect(box(page)).to_have_value("Dear Meena, mother, we are here from 9 to 5.")
    bar(page).get_by_role("button", name="Done").click()
    reopen = bar(page).get_by_role("button", name="Reopen")
    expect(reopen).to_be_visible()
    reopen.dispatch_event("click", {"detail": 2})  # the second of a double click
    page.wait_for_timeout(1_000)
    expect(reopen).to_be_visible()


def test_back_leaves_a_dialog_and_not_the_chat_below_it(page: Page) -> None:
    open_chat(page, MEENA)
    page.get_by_role("button", name="Quick replies").click()
    page.get_by_role("button", name="Edit quick replies").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name=MEENA)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name=MEENA)).to_have_count(0)
    expect(row(page, MEENA)).to_be_visible()


def test_who_only_reads_sees_notes_and_changes_nothing(
    server: Server, organization: Organization, session: Session
) -> None:
    meena(organization).inbox.note(BIMAL, "Prefers calls")
    organization.scopes = ("read",)
    page = session()
    open_chat(page, MEENA)
    expect(page.locator(".note-item")).to_contain_text("Prefers calls")
    expect(bar(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Quick replies")).to_have_count(0)


def test_the_bar_is_one_stop_for_tab_and_arrows_move_in_it(page: Page) -> None:
    open_chat(page, MEENA)
    expect(bar(page)).to_be_visible()
    page.get_by_role("button", name="Contact details").focus()
    page.keyboard.press("Tab")
    expect(bar(page).get_by_role("button", name="Done")).to_be_focused()
    page.keyboard.press("Home")
    expect(bar(page).get_by_label("Who answers this chat")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(bar(page).get_by_role("button", name="Labels")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Another label")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(bar(page).get_by_role("button", name="Labels")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(bar(page).get_by_role("button", name="Labels")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row(page, MEENA)).to_be_focused()


@pytest.mark.parametrize(("scheme", "width", "language"), [("light", 1280, "en"), ("dark", 360, "hi")])
def test_axe_finds_nothing_in_what_people_do_together(
    organization: Organization, session: Session, scheme: str, width: int, language: str, tmp_path: Path
) -> None:
    person = meena(organization)
    person.inbox.note(BIMAL, "Prefers calls, and speaks Marathi at home.", at=time.time() - 60)
    person.inbox.act(BIMAL, "assign", BIMAL.email)
    person.inbox.assignee = BIMAL.email
    person.inbox.answering = [(BIMAL, time.time() + 600)]
    page = session(color_scheme=scheme, viewport={"width": width, "height": 760})
    picker = page.get_by_label("Language").element_handle()
    picker.select_option(language)
    picker.wait_for_element_state("hidden")  # all is drawn anew
    open_chat(page, MEENA)
    expect(page.locator(".note-item")).to_be_visible()
    expect(notice(page)).to_be_visible()
    found = axe_violations(page)
    page.screenshot(path=tmp_path / "chat.png")
    buttons: Any = page.locator(".team-button")
    for place in (0, 1):
        buttons.nth(place).click()
        found += axe_violations(page)
        page.screenshot(path=tmp_path / f"part{place}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        buttons.nth(place).click()
    box_ = page.locator(".text-form textarea")
    box_.press("/")
    expect(page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
    found += axe_violations(page)
    page.screenshot(path=tmp_path / "replies.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert found == []
