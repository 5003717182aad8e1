"""Being told of chats while gate24 is closed, in real Chromium: its worker, what it shows, and who is told where.

The browser's push service is on the internet: what it would give out is made here, and what it would deliver comes
through the browser's own tools. The worker, its registration and its notifications are real.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.test_console_languages import use_language
from tests.support.browser import axe_violations, row
from tests.support.console_bell import choose_no_desktop, opened, save
from tests.support.console_demo import ASHA, BIMAL, demo
from tests.support.console_mock import Server
from tests.support.console_pages import browser, context_of, organization, served, session, watched
from tests.support.console_people import Organization

__all__ = ["browser", "context_of", "organization", "session", "watched"]

Session = Callable[..., Page]
MEENA = "Meena, mother"
KEY = "BFGMRjGkPaTyf38Vb_fEo_k5tSgo9aFUKHKaFbK7ZwL3D1MGqPMlsv1dDVqk63R5-8W_lZy8wVBxWKl7iBu2d6U"
OTHER_KEY = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
ALSO = "Also while gate24 is closed"

SERVICE = """
// One subscription of a browser, which outlives the page.
const held = () => JSON.parse(localStorage.getItem("test.push") ?? "null");
const plain = (key) => atob(key.replaceAll("-", "+").replaceAll("_", "/"));
const bytes = (key) => Uint8Array.from(plain(key), (letter) => letter.charCodeAt(0));
const subscription = ({ endpoint, key }) => ({
  endpoint,
  options: { applicationServerKey: bytes(key).buffer },
  unsubscribe: async () => {
    localStorage.removeItem("test.push");
    return true;
  },
});
PushManager.prototype.getSubscription = async () => (held() ? subscription(held()) : null);
PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey: key }) => {
  if (!userVisibleOnly || localStorage.getItem("test.push.down")) throw new DOMException("no", "AbortError");
  if (held() && held().key !== key) throw new DOMException("another key", "InvalidStateError");
  const number = Number(localStorage.getItem("test.push.made") ?? 0) + (held() ? 0 : 1);
  localStorage.setItem("test.push.made", number);
  localStorage.setItem("test.push", JSON.stringify({ endpoint: `https://push.example.org/${number}`, key }));
  return subscription(held());
};
"""


@pytest.fixture
def server() -> Iterator[Server]:
    """Asha is a supervisor, Bimal an agent; and there is a key."""
    found = demo(30)
    with served(
        Server(dict.fromkeys(("asha", "bimal", "demo"), found), callers={"asha": ASHA, "bimal": BIMAL})
    ) as running:
        found.digest_minutes, found.push_key = 60, KEY
        yield running


@pytest.fixture
def pushing(session: Session) -> Callable[..., Page]:
    def open_page(key: str = "asha", **options: Any) -> Page:
        page = session(key, **options)
        page.context.add_init_script(SERVICE)
        page.context.grant_permissions(["notifications"])
        page.reload()
        expect(row(page, MEENA)).to_be_visible()
        return page

    return open_page


def choose(page: Page, told: bool) -> None:
    dialog = opened(page)
    choose_no_desktop(dialog)
    dialog.get_by_role("checkbox", name=ALSO).set_checked(told)
    save(dialog)


def sign_in(page: Page, key: str) -> None:
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(row(page, MEENA)).to_be_visible()


def deliver(page: Page) -> None:
    """What the push service would do: a push without content."""
    page.wait_for_function("() => navigator.serviceWorker.getRegistrations().then(([first]) => Boolean(first?.active))")
    tools = page.context.new_cdp_session(page)
    found: list[str] = []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(ids_of(event)))
    tools.send("ServiceWorker.enable")
    for _ in range(600):
        if found:
            break
        page.wait_for_timeout(50)
    origin = "/".join(page.url.split("/")[:3])
    asked = {"origin": origin, "registrationId": found[-1], "data": ""}
    tools.send("ServiceWorker.deliverPushMessage", asked)
    tools.detach()


def ids_of(event: Any) -> list[str]:
    return [each["registrationId"] for each in event["registrations"] if not each["isDeleted"]]


def shown(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.evaluate(
        """async () => {
          const [registration] = await navigator.serviceWorker.getRegistrations();
          const shown = (await registration?.getNotifications()) ?? [];
          return shown.map(({ title, body, tag }) => [title, body, tag]);
        }"""
    )
    return found


def deliver_until_shown(page: Page) -> list[list[str]]:
    """The browser forgets a notification when it is asked for those shown while it is about to show it: then there is
    another push, as the next round would bring one."""
    for _ in range(10):
        deliver(page)
        page.wait_for_timeout(1_000)
        for _ in range(4):
            if found := shown(page):
                return found
            page.wait_for_timeout(500)
    raise AssertionError("nothing was shown")


def test_who_asks_for_it_is_told_by_the_worker_without_words_of_anybody(
    organization: Organization, pushing: Callable[..., Page]
) -> None:
    page = pushing()
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    dialog = opened(page)
    box = dialog.get_by_role("checkbox", name=ALSO)
    expect(box).not_to_be_checked()
    expect(box).to_have_accessible_description(re.compile("1 h before the first closes: only that chats wait"))
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    choose(page, told=True)
    assert organization.pushed_to == {ASHA.email: ["https://push.example.org/1"]}
    assert deliver_until_shown(page) == [["Chats wait for an answer", "A window closes soon.", "gate24-due"]]
    assert len(deliver_until_shown(page)) == 1, "another push replaces it"
    expect(opened(page).get_by_role("checkbox", name=ALSO)).to_be_checked()


def click_notification(context: BrowserContext) -> None:
    """No test can click a real one; the worker takes this one for it."""
    workers = context.service_workers or [context.wait_for_event("serviceworker")]
    workers[0].evaluate(
        """async () => {
          const [notification] = await self.registration.getNotifications();
          self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
        }"""
    )


def waiting_are_shown(page: Page) -> None:
    chip = page.get_by_role("button", name=re.compile("^Needs an answer"))
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".row").first).to_contain_text(MEENA)


@pytest.mark.parametrize("place", ["the list", "a search", "an open chat", "the costs"])
def test_a_click_on_what_the_worker_shows_opens_those_who_wait_in_the_tab_that_is_open(
    pushing: Callable[..., Page], place: str
) -> None:
    page = pushing(viewport={"width": 360, "height": 740})
    choose(page, told=True)
    if place == "a search":
        page.get_by_role("searchbox").fill("Sunita")
        expect(row(page, MEENA)).to_have_count(0)
    elif place == "an open chat":
        row(page, "Sunita, Class 7").click()
        expect(row(page, MEENA)).to_be_hidden()
    elif place == "the costs":
        page.get_by_role("link", name="Costs").click()
        expect(page.get_by_role("heading", name="Costs", level=1)).to_be_visible()
    deliver_until_shown(page)
    click_notification(page.context)
    waiting_are_shown(page)
    expect(page.get_by_role("searchbox")).to_have_value("")
    # It goes a moment after the click on it was heard.
    page.wait_for_function(
        """() => navigator.serviceWorker.getRegistrations()
          .then(([registration]) => registration.getNotifications()).then((all) => all.length === 0)"""
    )


def test_a_click_while_nobody_is_signed_in_is_remembered_until_somebody_is(pushing: Callable[..., Page]) -> None:
    page = pushing()
    choose(page, told=True)
    page.evaluate("sessionStorage.clear()")  # the night is over, and so is the sign-in
    page.reload()
    expect(page.get_by_label("API key")).to_be_visible()
    deliver_until_shown(page)
    click_notification(page.context)
    page.wait_for_function("() => sessionStorage.getItem('gate24.waiting') !== null")
    sign_in(page, "asha")
    waiting_are_shown(page)


def test_whoever_chooses_it_no_more_or_signs_out_is_told_no_more(
    organization: Organization, pushing: Callable[..., Page]
) -> None:
    page = pushing()
    choose(page, told=True)
    choose(page, told=False)
    assert organization.pushed_to == {ASHA.email: []}
    assert page.evaluate("localStorage.getItem('test.push')") is None
    choose(page, told=True)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_function("() => localStorage.getItem('test.push') === null")
    assert page.evaluate("localStorage.getItem('gate24.push')") is None


def test_somebody_else_at_the_same_browser_is_not_told_what_another_asked_for(
    organization: Organization, pushing: Callable[..., Page]
) -> None:
    page = pushing()
    choose(page, told=True)
    page.evaluate("sessionStorage.clear()")  # the tab was closed, without signing out
    page.reload()
    sign_in(page, "bimal")
    dialog = opened(page)
    expect(dialog.get_by_role("checkbox", name=ALSO)).not_to_be_checked()
    page.keyboard.press("Escape")
    assert organization.pushed_to.get(str(BIMAL.email), []) == []
    choose(page, told=True)
    assert organization.pushed_to == {
        ASHA.email: ["https://push.example.org/1"],  # which ends at the push service, and with its next answer here
        BIMAL.email: ["https://push.example.org/2"],
    }


@pytest.mark.parametrize("what", ["the server has forgotten it", "the key is another one", "the language is another"])
def test_what_was_chosen_is_renewed_with_the_next_sign_in(
    organization: Organization, pushing: Callable[..., Page], server: Server, what: str
) -> None:
    page = pushing()
    choose(page, told=True)
    if what == "the server has forgotten it":
        organization.pushed_to.clear()
    elif what == "the key is another one":
        organization.push_key = OTHER_KEY
    with page.expect_response(re.compile("/v1/me/push"), timeout=60_000):
        if what == "the language is another":
            use_language(page, "hi")
        page.reload()
    number = 2 if what == "the key is another one" else 1
    told = organization.pushed_to[str(ASHA.email)]
    assert told[-1] == f"https://push.example.org/{number}"
    if what == "the language is another":
        assert deliver_until_shown(page)[0][0] == "चैट जवाब का इंतज़ार कर रही हैं"
    asked = len(server.asked("PUT", "/v1/me/push"))
    with page.expect_response(re.compile("/v1/me/notifications"), timeout=60_000):
        page.reload()
    expect(page.locator(".bell")).to_be_visible()
    page.wait_for_timeout(1000)
    assert len(server.asked("PUT", "/v1/me/push")) == asked, "what is as it was chosen is not sent again"


def test_a_push_service_that_cannot_be_reached_is_told_and_the_rest_is_saved(
    organization: Organization, pushing: Callable[..., Page]
) -> None:
    page = pushing()
    page.evaluate("localStorage.setItem('test.push.down', '1')")
    dialog = opened(page)
    dialog.get_by_label("closes in less than").select_option(label="30 min")
    dialog.get_by_role("checkbox", name=ALSO).check()
    dialog.get_by_role("checkbox", name=re.compile("Mail me")).uncheck()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("notification service could not be reached")
    assert organization.mail_choices[str(ASHA.email)]["mail"] is False
    assert organization.pushed_to == {}
    page.evaluate("localStorage.removeItem('test.push.down')")
    save(dialog)
    assert organization.pushed_to == {ASHA.email: ["https://push.example.org/1"]}


@pytest.mark.parametrize(
    ("key", "set_up", "minutes", "said"),
    [
        ("asha", None, 60, "gate24 does not tell browsers here while it is closed."),
        ("asha", KEY, None, "Your organization has not set how long before chats close staff are told."),
        ("demo", KEY, 60, "Members who sign in can also be told while gate24 is closed; an API key cannot."),
    ],
)
def test_why_it_cannot_be_chosen_is_said(
    organization: Organization,
    pushing: Callable[..., Page],
    key: str,
    set_up: str | None,
    minutes: int | None,
    said: str,
) -> None:
    organization.push_key, organization.digest_minutes = set_up, minutes
    page = pushing(key)
    dialog = opened(page)
    expect(dialog).to_contain_text(said)
    box = dialog.get_by_role("checkbox", name=ALSO)
    if key == "demo":
        expect(box).to_have_count(0)
    else:
        expect(box).to_be_disabled()
    assert axe_violations(page) == []


def test_a_browser_that_knows_no_push_says_so(organization: Organization, session: Session) -> None:
    page = session("asha")
    page.context.add_init_script("delete window.PushManager")
    page.reload()
    dialog = opened(page)
    expect(dialog).to_contain_text("This browser cannot be told while gate24 is closed.")
    expect(dialog.get_by_role("checkbox", name=ALSO)).to_have_count(0)


def test_the_name_of_a_browser_is_what_the_server_calls_it(
    organization: Organization, pushing: Callable[..., Page]
) -> None:
    page = pushing()
    choose(page, told=True)
    (name,) = organization.notifications(ASHA, None)["push_devices"]
    assert name == hashlib.sha256(b"https://push.example.org/1").hexdigest()[:32]
