"""What staff do every day, step by step, as ``docs/console.md`` compares it with other inboxes.

A step is a click, a choice in a list, a field that is filled, or a file that is chosen; reading is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import FilePayload, Locator, Page, expect

from bsp_simulator.media import BUILT_IN
from tests.support.browser import row
from tests.support.console_demo import BIMAL

PHOTO: FilePayload = {"name": "roof.png", "mimeType": "image/png", "buffer": BUILT_IN["image"].content}


@dataclass(slots=True)
class Hand:
    """Does it on the page, and counts."""

    page: Page
    steps: int = 0

    def click(self, what: Locator) -> None:
        self.steps += 1
        what.click()

    def choose(self, what: Locator, label: str) -> None:
        self.steps += 1
        what.select_option(label=label)

    def fill(self, what: Locator, text: str) -> None:
        self.steps += 1
        what.fill(text)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)


def find(hand: Hand) -> None:
    """Who waits longest and closes first stands on top."""
    hand.click(hand.button("Needs an answer"))
    first = hand.page.locator(".row").first
    expect(first).to_contain_text("Meena, mother")
    expect(first).to_contain_text("closing")


def answer_with_a_photo(hand: Hand) -> None:
    hand.click(row(hand.page, "Sunita, Class 7"))
    with hand.page.expect_file_chooser() as dialog:
        hand.click(hand.button("File"))
    hand.steps += 1
    dialog.value.set_files(PHOTO)
    expect(hand.page.locator(".attached")).to_contain_text("Ready to send")
    hand.click(hand.button("Send file"))
    expect(hand.page.locator(".message").last).to_contain_text("Image")


def write_first(hand: Hand) -> None:
    """To somebody who is not known yet, with what the person agreed to."""
    hand.fill(hand.page.get_by_role("searchbox"), "+91 98765 43210")
    hand.click(hand.button("Write to +91 98765 43210"))
    of = hand.page.get_by_role("dialog", name="New chat")
    hand.choose(of.get_by_label("How they agreed"), "Paper form")
    hand.fill(of.get_by_label("What shows it"), "Form 17 of the camp in Pune")
    hand.click(of.get_by_role("button", name="Record it and choose a message"))
    hand.choose(of.get_by_label("Template", exact=True), "shivir_suchna (hi, utility)")
    hand.fill(of.get_by_label("Value 1"), "Asha")
    hand.click(of.get_by_role("button", name="Send template"))
    expect(of).to_be_hidden()
    expect(hand.page.locator(".conversation .message")).to_have_count(1)


def hand_over(hand: Hand) -> None:
    hand.click(row(hand.page, "Sunita, Class 7"))
    hand.choose(hand.page.get_by_label("Who answers this chat"), BIMAL.name)
    expect(row(hand.page, "Sunita, Class 7").locator(".assignee")).to_be_visible()


def last_month(hand: Hand) -> None:
    hand.click(hand.page.get_by_role("link", name="Costs"))
    hand.click(hand.button("Previous month"))
    expect(hand.page.locator(".figure").first).to_contain_text("$")


@dataclass(frozen=True, slots=True)
class Task:
    """``name``: in the docs' table. ``do``: from the list of chats, signed in, to what is looked for."""

    name: str
    do: Callable[[Hand], None]


TASKS = {
    "find": Task("Find who waits longest and closes first", find),
    "photo": Task("Answer with a photo", answer_with_a_photo),
    "write-first": Task("Write first to somebody new", write_first),
    "hand-over": Task("Hand over to a colleague", hand_over),
    "last-month": Task("Say what last month cost", last_month),
}
