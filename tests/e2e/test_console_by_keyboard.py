"""The tasks of every day by the keys alone, in Hindi and on 360 px, in real Chromium: the focus is never lost, and
always seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, ViewportSize, expect

from tests.support.console_demo import ASHA, BIMAL, demo, phone
from tests.support.console_ear import LISTEN
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, organization, served, session, watched
from tests.support.console_people import DAY, HOUR, Organization, Person
from tests.support.console_tasks import PHOTO

__all__ = ["browser", "context_of", "organization", "session", "watched"]

# Who has no chat yet is looked up, and not found.
NETWORK_NOTES = True
PHONE: ViewportSize = {"width": 360, "height": 740}
MOST_STOPS = 14
"""To anything from where one is."""
MANY = 40

HOW_IT_IS_SEEN = """() => {
    const at = document.activeElement;
    if (at === document.body) return "the focus is lost";
    const shown = at.matches("input[type=file]") ? at.labels[0] : at;
    const { left, right, top, bottom } = shown.getBoundingClientRect();
    if (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1) return "outside of the page";
    const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    if (!shown.contains(over)) return `behind ${over?.className}`;
    return getComputedStyle(shown).outlineStyle === "none" ? "without a mark" : "";
}"""


class Keys:
    """Whoever uses nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)

    def tab_to(self, what: Locator, key: str = "Tab") -> None:
        """Each stop on the way is seen."""
        expect(what).to_be_enabled()
        for _ in range(MOST_STOPS):
            if what.evaluate("element => element === document.activeElement"):
                return
            self.press(key)
            self.sees_the_focus()
        expect(what).to_be_focused()

    def sees_the_focus(self) -> None:
        """What scrolls into sight may take a moment."""
        try:
            self.page.wait_for_function(f"() => ({HOW_IT_IS_SEEN})() === ''")
        except TimeoutError:
            pytest.fail(self.page.evaluate(f"() => ({HOW_IT_IS_SEEN})() + ' ' + document.activeElement.outerHTML"))

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def find(self, name: str) -> None:
        """Opens the chat from the list."""
        self.tab_to(self.page.get_by_role("searchbox"))
        self.write(name)
        expect(self.page.locator(".row")).to_have_count(1)
        self.press("ArrowDown", "Enter")
        expect(self.page.get_by_role("heading", name=name)).to_be_focused()

    def hears(self, words: str) -> None:
        """What is said stands there only until the next is."""
        self.page.wait_for_function("(words) => window.heard.some((each) => each.includes(words))", arg=words)


@pytest.fixture
def server() -> Iterator[Server]:
    with served(Server({})) as running:
        running.organizations["asha"] = demo(MANY)
        running.callers["asha"] = ASHA
        yield running


@pytest.fixture
def keys(session: Callable[..., Page]) -> Keys:
    page = session(viewport=PHONE, locale="hi-IN")
    expect(page.locator(".row").first).to_be_visible()
    page.evaluate(LISTEN)
    return Keys(page)


def test_who_waits_longest_and_closes_first(keys: Keys) -> None:
    page = keys.page
    keys.tab_to(page.locator(".chip", has_text="जवाब चाहिए"))
    keys.press("Enter")
    expect(page.locator(".row").first).to_contain_text("Meena, mother")
    keys.press("ArrowDown")
    expect(page.locator(".row").first).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Meena, mother")).to_be_focused()


def test_an_answer_with_a_photo(keys: Keys) -> None:
    page = keys.page
    keys.find("Sunita, Class 7")
    keys.tab_to(keys.button("फ़ाइल"))
    with page.expect_file_chooser() as dialog:
        keys.press("Enter")
    dialog.value.set_files(PHOTO)
    expect(page.get_by_label("साथ में लिखें")).to_be_focused()
    expect(keys.button("फ़ाइल भेजें")).to_be_enabled()
    keys.write("छत")
    keys.press("Enter")
    keys.hears("संदेश भेज दिया गया")
    expect(page.locator(".message").last).to_contain_text("छत")
    expect(page.get_by_role("textbox", name="इस संपर्क को लिखें")).to_be_focused()


def test_the_button_that_sends_gives_the_focus_back(keys: Keys) -> None:
    page = keys.page
    keys.find("Sunita, Class 7")
    box = page.get_by_role("textbox", name="इस संपर्क को लिखें")
    keys.tab_to(box)
    keys.write("नमस्ते")
    keys.tab_to(keys.button("भेजें"))
    keys.press("Enter")
    keys.hears("संदेश भेज दिया गया")
    expect(box).to_be_focused()


def test_somebody_new_is_written_to(keys: Keys) -> None:
    page = keys.page
    keys.tab_to(keys.button("नई"))
    keys.press("Enter")
    of = page.get_by_role("dialog", name="नई चैट")
    expect(of.get_by_label("WhatsApp नंबर")).to_be_focused()
    keys.write("9876543210")
    keys.press("Enter")
    expect(of.get_by_label("सहमति कैसे दी")).to_be_focused()
    keys.press("ArrowDown")
    evidence = of.get_by_label("इसका प्रमाण")
    keys.tab_to(evidence)
    keys.write("पुणे शिविर का फ़ॉर्म 17")
    # Closed by mistake: the focus is where it was, and what was filled in stays.
    keys.press("Escape")
    expect(keys.button("नई")).to_be_focused()
    keys.press("Enter")
    expect(of.get_by_label("WhatsApp नंबर")).to_be_focused()
    keys.write("9876543210")
    keys.press("Enter")
    expect(evidence).to_be_focused()
    expect(evidence).to_have_value("पुणे शिविर का फ़ॉर्म 17")
    keys.tab_to(of.get_by_role("button", name="दर्ज करें और संदेश चुनें"))
    keys.press("Enter")
    template = of.get_by_label("टेम्पलेट", exact=True)
    expect(template).to_be_focused()
    expect(template.locator("option")).to_have_count(5)
    keys.press("ArrowDown", "ArrowDown")
    keys.tab_to(of.get_by_label("मान 1"))
    keys.write("आशा")
    keys.tab_to(of.get_by_role("button", name="टेम्पलेट भेजें"))
    keys.press("Enter")
    expect(of).to_be_hidden()
    expect(page.locator(".conversation .name")).to_be_focused()
    expect(page.locator(".conversation .message")).to_have_count(1)


def test_a_chat_is_handed_over_to_one_alone(keys: Keys, server: Server) -> None:
    """Who stands in the list on the way to a colleague gets nothing."""
    page = keys.page
    keys.find("Meena, mother")
    keys.tab_to(keys.button("पूरा हुआ"))
    members = page.get_by_label("इस चैट का जवाब कौन देगा")
    expect(members.locator("option")).to_have_count(3)
    keys.press("Home", "ArrowDown")
    expect(page.locator("select:open")).to_have_count(1)
    keys.press("ArrowDown", "ArrowDown", "Enter")
    keys.hears(f"{BIMAL.name} को सौंपी गई")
    expect(members).to_be_focused()
    asked = server.asked("PUT", f"/v1/contacts/{phone(90003)}/assignee")
    assert [request.body for request in asked] == [{"assignee": BIMAL.email}]


def test_what_last_month_cost(keys: Keys) -> None:
    page = keys.page
    keys.tab_to(page.get_by_role("link", name="ख़र्च"), "Shift+Tab")
    keys.press("Enter")
    before = keys.button("पिछला महीना")
    keys.tab_to(before)
    keys.press("Enter")
    expect(page.locator(".figure").first).to_contain_text("$")
    expect(before).to_be_focused()


def test_escape_closes_what_was_opened_and_not_the_chat(keys: Keys) -> None:
    page = keys.page
    keys.find("Sunita, Class 7")
    keys.tab_to(keys.button("पूरा हुआ"))
    keys.press("ArrowLeft", "ArrowLeft", "Enter")
    expect(page.get_by_label("नया लेबल")).to_be_focused()
    keys.press("Escape")
    expect(page.locator(".team-button", has_text="लेबल")).to_be_focused()
    box = page.get_by_role("textbox", name="इस संपर्क को लिखें")
    keys.tab_to(page.locator(".composer .parts button").first)
    keys.press("Enter")
    template = page.get_by_label("टेम्पलेट", exact=True)
    expect(template.locator("option")).to_have_count(5)
    keys.press("ArrowDown")
    keys.tab_to(page.get_by_label("मान 1"))
    keys.press("Escape")
    expect(box).to_be_focused()
    keys.press("Escape")
    expect(page.locator(".row", has_text="Sunita, Class 7")).to_be_focused()


def test_labels_are_told_of_and_keep_the_focus(keys: Keys, organization: Organization) -> None:
    page = keys.page
    keys.find("Meena, mother")
    keys.tab_to(keys.button("पूरा हुआ"))
    keys.press("ArrowLeft", "ArrowLeft", "Enter")
    expect(page.get_by_label("नया लेबल")).to_be_focused()
    keys.write("घर")
    keys.press("Enter")
    keys.hears("लेबल घर जोड़ा गया")
    expect(page.get_by_label("नया लेबल")).to_be_focused()
    keys.tab_to(page.get_by_role("button", name="लेबल pregnancy हटाएँ"), "Shift+Tab")
    keys.press("Enter")
    keys.hears("लेबल pregnancy हटाया गया")
    expect(page.get_by_role("button", name="लेबल घर हटाएँ")).to_be_focused()
    assert organization.people[phone(90003)].inbox.labels == ["घर"]


def test_a_note_that_is_half_written_stays(keys: Keys) -> None:
    page = keys.page
    keys.find("Sunita, Class 7")
    note = page.get_by_role("textbox", name="अपनी टीम के लिए नोट लिखें")
    for before in ("", "बहन सोमवार को"):
        keys.tab_to(keys.button("पूरा हुआ"))
        keys.press("ArrowLeft", "Enter")
        expect(note).to_be_focused()
        expect(note).to_have_value(before)
        keys.write("बहन सोमवार को")
        keys.press("Escape")
        expect(page.get_by_role("textbox", name="इस संपर्क को लिखें")).to_be_focused()
        keys.press("Escape")
        expect(page.locator(".row", has_text="Sunita, Class 7")).to_be_focused()
        keys.press("Enter")
        expect(page.locator(".conversation .name")).to_be_focused()


def test_a_chat_that_is_done_gives_its_place_to_the_next(keys: Keys, organization: Organization) -> None:
    page = keys.page
    waiting = [Person(phone(80000 + number), f"Waits {number:02d}") for number in range(20)]
    begun = time.time() - DAY + HOUR
    for number, person in enumerate(waiting):
        person.writes("Namaste", at=begun + 60 * number)
        organization.add(person)
    keys.tab_to(page.locator(".chip", has_text="जवाब चाहिए"))
    keys.press("Enter")
    expect(page.locator(".row", has_text="Waits 03")).to_be_visible()
    keys.press("ArrowDown", *["ArrowDown"] * 12)
    here = page.locator(".row:focus")
    expect(page.locator("li", has=here)).to_have_attribute("aria-posinset", "13")
    keys.press("Enter")
    keys.tab_to(keys.button("पूरा हुआ"))
    keys.press("Enter")
    keys.hears("चैट पूरी हुई")
    keys.press("Escape")
    expect(here).to_have_count(1)
    expect(page.locator("li", has=here)).to_have_attribute("aria-posinset", "13")


def test_a_consent_that_is_recorded_keeps_the_focus(keys: Keys) -> None:
    page = keys.page
    keys.find("Farhan, Class 8")
    keys.tab_to(keys.button("संपर्क का विवरण"))
    keys.press("Enter")
    keys.tab_to(keys.button("ऑप्ट-इन दर्ज करें"))
    keys.press("Enter")
    keys.write("फ़ॉर्म 12")
    keys.tab_to(page.get_by_role("dialog").get_by_role("button", name="दर्ज करें", exact=True))
    keys.press("Enter")
    keys.hears("ऑप्ट-इन दर्ज हो गया")
    expect(keys.button("ऑप्ट-आउट दर्ज करें")).to_be_focused()


def test_the_rows_of_a_file_are_read_anew_and_imported(keys: Keys) -> None:
    page = keys.page
    keys.tab_to(page.get_by_role("link", name="प्रबंधन"), "Shift+Tab")
    keys.press("Enter")
    keys.tab_to(page.get_by_role("link", name="लोगों का आयात"))
    keys.press("Enter")
    keys.tab_to(page.locator("input[type=file]"))
    lines = ["phone,name,consent", "9876543214,Mira,opt_out"]
    content = "\n".join(lines).encode()
    page.locator("input[type=file]").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": content})
    keys.tab_to(keys.button("हाँ, ऐसे ही पढ़ें"))
    keys.press("Enter")
    expect(keys.button("1 व्यक्ति का आयात करें")).to_be_focused()
    keys.press("Enter")
    keys.hears("1 व्यक्ति का आयात हुआ")
    expect(page.locator(".import-actions button").first).to_be_focused()
