"""The console in real Chromium on the started stack: contacts write through the simulator, staff look and answer."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.support.bodies import change, message, meta, profile
from tests.support.browser import (
    WATCH_POLICY,
    Watched,
    axe_violations,
    box,
    chromium,
    find,
    key_field,
    new_context,
    open_chat,
    row,
    signed_in,
    watched_contexts,
)
from tests.support.live import HOUR, REMINDER, TEXT, Live, new_phone, now, until

DAY = 24 * HOUR
TALL: ViewportSize = {"width": 1280, "height": 4000}
"""So tall that a row stays in sight, and so in the document, however many others write meanwhile."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def live(stack: dict[str, Any]) -> Live:
    return Live(stack)


@pytest.fixture
def other(stack: dict[str, Any]) -> Live:
    return Live(stack, 1)


@pytest.fixture
def watched(stack: dict[str, Any]) -> Iterator[Watched]:
    found = Watched(urlsplit(stack["api_url"]).netloc)
    yield found
    assert found.all() == []


@pytest.fixture
def context_of(browser: Browser, watched: Watched) -> Iterator[Callable[..., BrowserContext]]:
    with watched_contexts(browser, watched) as make:
        yield make


@pytest.fixture(scope="module")
def kept(browser: Browser) -> Iterator[BrowserContext]:
    """A context that has the console's files already. Each page is a tab, and so a session, of its own."""
    context = new_context(browser)
    context.add_init_script(WATCH_POLICY)
    yield context
    context.close()


@pytest.fixture
def page(kept: BrowserContext, watched: Watched, live: Live) -> Iterator[Page]:
    page = kept.new_page()
    watched.watch_page(page)
    yield enter(page, live)
    watched.end()
    page.close()


def enter(page: Page, live: Live) -> Page:
    return signed_in(page, live.stack["console_url"], live.organization["api_key"])


def closes_in(live: Live, seconds: int) -> int:
    """The time (epoch ms) of a contact's message whose window closes in so many seconds."""
    channels = live.api("GET", "/v1/me").json()["channels"]
    margins: dict[str, int] = {each["id"]: each["margin_seconds"] for each in channels}
    return now() - DAY + (margins[live.channel()["id"]] + seconds) * 1000


def send_text(page: Page, text: str) -> None:
    box(page).fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def last(page: Page) -> Locator:
    return page.locator(".messages:not(.attempts) .message").last


def test_a_contact_writes_and_the_ring_appears_by_itself(live: Live, page: Page) -> None:
    phone, name = new_phone(), f"Asha {secrets.token_hex(3)}"
    page.set_viewport_size(TALL)
    live.inbound(phone, "When is the camp?", name=name)
    expect(row(page, name)).to_have_attribute("data-state", "open")
    expect(row(page, name)).to_contain_text("23 h left")
    expect(row(page, name).locator(".ring .arc")).to_be_visible()
    open_chat(page, name)
    expect(last(page)).to_contain_text("When is the camp?")
    expect(page.locator(".timer")).to_contain_text(re.compile("until .*[0-9]:[0-9]{2}"))
    box(page).fill("On Sunday 🙏")
    expect(page.locator(".text-form .send-line")).to_contain_text("about $0.0010")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(last(page)).to_contain_text("On Sunday 🙏")
    expect(last(page)).to_have_attribute("data-status", "read")
    expect(box(page)).to_have_value("")
    sent = [json.loads(each["form"]["message"]) for each in live.received(phone)]
    assert sent == [{"type": "text", "text": "On Sunday 🙏"}]


def test_a_window_closes_before_the_eyes_and_a_template_opens_the_talk_again(live: Live, page: Page) -> None:
    phone = new_phone()
    live.opt_in(phone)
    # In so long that until then somebody can be found and something be written, on a machine that stalls.
    live.inbound(phone, "Is it today?", timestamp=closes_in(live, 25))
    find(page, phone).click()
    box(page).fill("Yes, at ten")
    expect(page.locator(".timer")).to_have_attribute("data-state", "closing")
    expect(page.locator(".timer")).to_contain_text(re.compile("[0-9] s left"))
    expect(page.locator(".timer")).to_have_attribute("data-state", "closed", timeout=60_000)
    expect(page.locator("#alert")).to_contain_text("Your draft is kept")
    expect(row(page, phone)).to_have_attribute("data-state", "closed")
    expect(box(page)).not_to_be_editable()
    expect(box(page)).to_have_value("Yes, at ten")
    assert live.send(phone, TEXT).json()["code"] == "window_closed"

    page.get_by_label("Template", exact=True).select_option(label="class_reminder (en, utility)")
    page.get_by_label("Value 1").fill("Asha")
    page.get_by_label("Value 2").fill("10:00")
    expect(page.locator(".template-preview")).to_contain_text("Hello Asha, your class begins at 10:00")
    expect(page.locator(".part-form .send-line")).to_contain_text("about $0.0052")
    page.get_by_role("button", name="Send template").click()
    expect(last(page)).to_contain_text("Hello Asha, your class begins at 10:00")
    expect(last(page)).to_have_attribute("data-status", "read")
    expect(page.locator(".timer")).to_have_attribute("data-state", "closed")

    live.inbound(phone, "I will come")
    expect(page.locator(".timer")).to_have_attribute("data-state", "open")
    expect(box(page)).to_be_editable()
    expect(box(page)).to_have_value("Yes, at ten")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(last(page)).to_contain_text("Yes, at ten")


def test_opted_out_by_keyword_and_back(live: Live, page: Page) -> None:
    phone = new_phone()
    live.inbound(phone, "Hello")
    find(page, phone).click()
    expect(box(page)).to_be_editable()
    live.inbound(phone, "STOP")
    expect(page.locator(".why")).to_contain_text(re.compile("Opted out on .*by keyword.*START", re.DOTALL))
    expect(page.locator(".timer")).to_have_attribute("data-state", "opted_out")
    expect(row(page, phone)).to_have_attribute("data-state", "opted_out")
    expect(box(page)).to_be_hidden()
    live.inbound(phone, "But one question")
    expect(page.locator(".why")).to_contain_text("you may answer, but not send templates")
    expect(box(page)).to_be_editable()
    expect(row(page, phone)).to_contain_text("Opted out")
    live.inbound(phone, "START")
    expect(page.locator(".why")).to_be_empty()
    expect(box(page)).to_be_editable()


def test_opted_out_and_back_by_hand_blocked_and_erased(live: Live, page: Page, watched: Watched) -> None:
    phone = new_phone()
    live.inbound(phone, "Please call me")
    find(page, phone).click()
    expect(row(page, phone).locator(".unread")).to_be_empty()  # its being read draws the details anew
    page.get_by_role("button", name="Contact details").click()
    panel = page.get_by_role("complementary")

    panel.get_by_role("button", name="Record opt-out").click()
    page.get_by_label("Reason and evidence").fill("Asked by telephone")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(panel.locator(".history li").first).to_contain_text("Asked by telephone")
    expect(page.locator(".timer")).to_have_attribute("data-state", "opted_out")
    expect(page.locator(".why")).to_contain_text("in this console")

    panel.get_by_role("button", name="Record opt-in").click()
    page.get_by_label("Reason and evidence").fill("Signed the form")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(panel.locator(".history li").first).to_contain_text("Signed the form")
    expect(page.locator(".timer")).to_have_attribute("data-state", "open")
    assert live.contact(phone)["consent"]["status"] == "opted_in"

    panel.get_by_role("button", name="Block").click()
    page.get_by_label("Reason (kept in the history)").fill("Abusive")
    page.get_by_role("dialog").get_by_role("button", name="Block").click()
    expect(page.locator(".why")).to_contain_text("Reason: Abusive")
    expect(row(page, phone)).to_have_attribute("data-state", "blocked")
    assert live.send(phone, REMINDER).json()["code"] == "blocked"
    expect(last(page)).to_have_attribute("data-status", "refused")
    panel.get_by_role("button", name="Unblock").click()
    page.get_by_role("dialog").get_by_role("button", name="Unblock").click()
    expect(page.locator(".timer")).to_have_attribute("data-state", "open")

    watched.network_notes = True
    panel.get_by_role("button", name="Erase").click()
    expect(page.get_by_role("button", name="Erase for good")).to_be_disabled()
    page.get_by_role("dialog").get_by_role("textbox").fill(phone)
    page.get_by_role("button", name="Erase for good").click()
    expect(row(page, phone)).to_have_count(0)
    expect(page.get_by_text("Choose a chat")).to_be_visible()
    assert live.api("GET", f"/v1/contacts/{phone}").status_code == 404
    page.get_by_role("searchbox").fill("")
    expect(page.locator(".row").first).to_be_visible()
    expect(row(page, phone)).to_have_count(0)


def test_refused_failed_rejected_and_unknown_sends_say_so(live: Live, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    phone = new_phone()
    live.opt_in(phone)
    live.inbound(phone, "Hello", timestamp=now() - 25 * HOUR)
    live.send(phone, TEXT)
    find(page, phone).click()
    expect(last(page)).to_have_attribute("data-status", "refused")
    expect(last(page)).to_contain_text("The 24 hours are over")

    live.inbound(phone, "Hello again")
    live.script(phone, outcome="accept", statuses=["enqueued", {"failed": 1010}])
    send_text(page, "This will fail")
    expect(last(page)).to_have_attribute("data-status", "failed")
    expect(last(page)).to_contain_text("The file could not be fetched or is not allowed.")
    expect(last(page)).to_contain_text("1010")

    live.script(phone, outcome="reject", status=400)
    send_text(page, "This is rejected")
    expect(page.locator(".outcome")).to_contain_text("Nothing was sent")
    expect(last(page)).to_have_attribute("data-status", "rejected")
    expect(box(page)).to_have_value("This is rejected")

    live.script(phone, outcome="reset")
    send_text(page, "Nobody knows")
    expect(last(page)).to_have_attribute("data-status", "unknown")
    expect(last(page)).to_contain_text("It is not known whether this was sent")
    expect(last(page).get_by_role("button")).to_have_count(0)
    expect(box(page)).to_have_value("")

    live.script(phone, outcome="accept", statuses=["enqueued", {"failed": 1002}])
    send_text(page, "Are you there?")
    expect(last(page)).to_contain_text("cannot be reached on WhatsApp")


def test_who_is_not_on_whatsapp_is_shown_so(live: Live, page: Page) -> None:
    phone = new_phone()
    live.opt_in(phone)
    live.script(phone, outcome="accept", statuses=["enqueued", {"failed": 1002}])
    assert live.send(phone, REMINDER).status_code == 202
    until(lambda: live.contact(phone)["unreachable"])
    find(page, phone).click()
    expect(row(page, phone)).to_have_attribute("data-state", "unreachable")
    expect(page.locator(".timer")).to_contain_text("Not on WhatsApp")
    expect(page.locator(".why")).to_contain_text("The number is not on WhatsApp")


def test_the_dry_run_refuses_before_anything_is_sent(live: Live, page: Page) -> None:
    phone = new_phone()
    live.inbound(phone)
    find(page, phone).click()
    box(page).fill("x" * 4090)
    expect(page.locator(".length")).to_contain_text("4,090 / 4,096")
    # The window is open, but a marketing template needs consent: it cannot even be chosen.
    page.get_by_role("button", name="Templates").click()
    appeal = page.get_by_role("option", name="summer_camp (en, marketing)")
    expect(appeal).to_be_disabled()
    expect(page.locator(".part-form")).to_contain_text("has not opted in")
    # A file that WhatsApp does not take is refused by the dry run.
    page.get_by_role("button", name="File", exact=True).click()
    form = page.get_by_role("form", name="Send a file")
    form.get_by_text("By its address on the internet").click()
    form.get_by_label("Address").fill("https://files.example.org/film.mp4")
    form.get_by_label("Size in KB").fill("200000")
    expect(form.locator(".refusal")).to_contain_text("larger than 100 MB")
    expect(form.get_by_role("button", name="Send file")).to_be_disabled()
    assert live.received(phone) == []
    live.opt_in(phone)
    page.get_by_role("button", name="Templates").click()
    expect(appeal).to_be_enabled()


def test_a_lost_answer_is_asked_for_with_the_same_key(live: Live, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    phone = new_phone()
    live.inbound(phone)
    find(page, phone).click()
    keys: list[str] = []

    def lose_the_first(route: Any) -> None:
        keys.append(route.request.headers["idempotency-key"])
        answer = route.fetch()
        route.fulfill(response=answer) if len(keys) > 1 else route.abort("connectionreset")

    page.route("**/v1/messages", lose_the_first)
    send_text(page, "Only once")
    expect(box(page)).to_have_value("")
    expect(page.locator(".message", has_text="Only once")).to_have_count(1)
    assert (len(keys), len(set(keys)), len(live.received(phone))) == (2, 1, 1)
    page.unroute_all(behavior="wait")


def test_media_of_each_kind_come_and_go(live: Live, page: Page) -> None:
    phone, files = new_phone(), "https://files.example.org"
    kinds = {"image": "Image", "video": "Video", "audio": "Audio", "file": "Document", "sticker": "Sticker"}
    for kind in kinds:
        part = {"url": f"{files}/{kind}", "contentType": "application/octet-stream", "caption": f"A caption of {kind}"}
        live.inbound(phone, text=None, payload={"type": kind, "payload": part | {"name": f"my {kind}.bin"}})
    place = {"longitude": "72.87", "latitude": "19.07", "name": "The library"}
    live.inbound(phone, text=None, payload={"type": "location", "payload": place})
    find(page, phone).click()
    expect(page.locator(".message")).to_have_count(6)
    for kind, word in kinds.items():
        shown = page.locator(".message", has=page.locator(f'a[href="{files}/{kind}"]'))
        expect(shown).to_contain_text(word)
        expect(shown).to_contain_text(f"A caption of {kind}")
    expect(last(page)).to_contain_text("The library")
    expect(last(page)).to_contain_text("19.07, 72.87")
    assert page.locator(".conversation img, .conversation video").count() == 0

    page.get_by_role("button", name="File", exact=True).click()
    form = page.get_by_role("form", name="Send a file")
    form.get_by_text("By its address on the internet").click()
    form.get_by_label("Kind").select_option(label="Document")
    form.get_by_label("Address").fill("not an address")
    expect(form.get_by_role("button", name="Send file")).to_be_disabled()
    form.get_by_label("Address").fill(f"{files}/plan.pdf")
    form.get_by_label("File name").fill("Plan.pdf")
    form.get_by_label("Caption").fill("The plan")
    form.get_by_label("Size in KB").fill("6000")
    expect(form.locator(".send-line")).to_contain_text("about $0.0030")
    form.get_by_role("button", name="Send file").click()
    expect(last(page)).to_contain_text("Plan.pdf")
    expect(last(page)).to_have_attribute("data-status", "read")
    expect(form).to_have_count(0)
    expect(box(page)).to_be_focused()


def test_who_hides_the_number_is_answered_where_the_provider_can_and_explained_where_not(
    live: Live, page: Page
) -> None:
    user_id, name = f"IN.{secrets.randbelow(10**15):015d}", f"Hidden {secrets.token_hex(3)}"
    value = {
        "contacts": [profile(name, None, user_id)],
        "messages": [message("text", {"body": "Hello"}, f"wamid.{user_id}", None, now(), user_id)],
    }
    number_id = live.channel("meta")["phone_number_id"]
    page.set_viewport_size(TALL)
    assert live.webhook(meta(change("messages", value, number_id)), "meta").status_code == 200
    expect(row(page, name)).to_have_attribute("data-state", "open")
    open_chat(page, name)
    box(page).fill("Welcome")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(last(page)).to_contain_text("Welcome")
    expect(last(page)).to_have_attribute("data-status", "read")
    page.get_by_label("Our number").select_option(live.channel()["id"])
    expect(page.locator(".composer")).to_contain_text("This contact hides the phone number.")
    expect(box(page)).to_be_hidden()
    page.get_by_role("button", name="Contact details").click()
    expect(page.get_by_role("complementary")).to_contain_text(user_id)
    assert axe_violations(page) == []


def _as_shown(live: Live, page: Page) -> dict[str, str]:
    """What the day has cost as of now, as the page has just read it: in all, and by fee. Others send meanwhile, so it
    is read until it is the same before and after."""

    def read() -> dict[str, str]:
        day = live.api("GET", "/v1/costs/live").json()
        return {"total": day["total"], **day["fees"]}

    def at_rest() -> dict[str, str] | None:
        before = read()
        page.reload()
        expect(page.locator(".figure", has_text="Today")).to_contain_text("As of")
        return before if before == read() else None

    found: dict[str, str] = until(at_rest, seconds=300)
    return found


@pytest.mark.usefixtures("same_day")
def test_what_today_cost_stands_there_after_a_rollup(live: Live, page: Page) -> None:
    phone = new_phone()
    live.inbound(phone)
    live.opt_in(phone)
    for body in (TEXT, REMINDER):
        assert live.send(phone, body).status_code == 202
    zone = ZoneInfo(live.organization["timezone"])
    today = datetime.now(zone).date()
    live.rollup(organization=live.organization["id"], **{"from": today.isoformat(), "to": today.isoformat()})
    page.get_by_role("link", name="Costs").click()
    figure = page.locator(".figure", has_text="Today")
    expect(figure).to_contain_text("As of")
    (stated,) = live.api("GET", f"/v1/costs/daily?from={today}&to={today}").json()["data"]
    assert Decimal(stated["total"]) > 0
    day = _as_shown(live, page)
    expect(figure).to_contain_text(f"${day['total']}")
    line = page.get_by_role("table", name="Costs per day").locator("tbody tr").first
    for part in ("total", "whatsapp", "gupshup"):
        expect(line).to_contain_text(f"${day[part]}")
    expect(page.get_by_role("group", name=re.compile("Cost per day, by fee"))).to_be_visible()
    expect(page.get_by_role("group", name=re.compile("Messages per day, by kind"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert today.isoformat() in download.value.path().read_text()


def test_two_organizations_in_two_tabs(
    live: Live, other: Live, context_of: Callable[..., BrowserContext], watched: Watched
) -> None:
    phone = new_phone()
    context = context_of()
    first, second = enter(context.new_page(), live), enter(context.new_page(), other)
    live.inbound(phone, "To the first")
    other.inbound(phone, "To the second")
    for tab, text in ((first, "To the first"), (second, "To the second")):
        find(tab, phone).click()
        expect(tab.locator(".message")).to_have_count(1)
        expect(last(tab)).to_contain_text(text)
    send_text(second, "From the second")
    expect(last(second)).to_contain_text("From the second")
    live.inbound(phone, "STOP")
    expect(first.locator(".timer")).to_have_attribute("data-state", "opted_out")
    expect(second.locator(".timer")).to_have_attribute("data-state", "open")
    expect(first.locator(".message", has_text="From the second")).to_have_count(0)
    second.get_by_role("button", name="Sign out").click()
    expect(second.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    assert phone not in second.content()
    first.reload()
    expect(first.locator(".row").first).to_be_visible()


def test_a_key_that_is_not_valid_is_told(
    live: Live, context_of: Callable[..., BrowserContext], watched: Watched
) -> None:
    watched.network_notes = True
    page = context_of().new_page()
    page.goto(live.stack["console_url"])
    key_field(page).fill("g24_not-a-key")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="not valid")).to_be_visible()


def test_hindi_markup_and_long_texts(live: Live, context_of: Callable[..., BrowserContext]) -> None:
    page = enter(context_of().new_page(), live)
    phone, forged = new_phone(), '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    long = ("नमस्ते👩‍👩‍👧‍👦 " * 400)[:4096]
    live.inbound(phone, long, name=forged)
    page.get_by_label("Language").select_option("hi")
    expect(page.get_by_role("link", name="ख़र्च")).to_be_visible()
    find(page, phone).click()
    expect(page.locator(".timer")).to_contain_text("23 घंटे बाकी")
    expect(page.locator(".conversation h2")).to_have_text(forged)
    expect(last(page).locator(".text")).to_have_js_property("textContent", long)
    assert page.locator("#app img, #app script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def violations(page: Page) -> list[str]:
    """In light and in dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [f"{scheme}: {violation}" for violation in axe_violations(page)]
    return found


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_in_any_view(live: Live, context_of: Callable[..., BrowserContext], width: int) -> None:
    page = context_of(viewport={"width": width, "height": 760}).new_page()
    page.goto(live.stack["console_url"])
    expect(key_field(page)).to_be_visible()
    found = {"signin": violations(page)}
    enter(page, live)
    expect(page.locator(".row").first).to_be_visible()
    found["list"] = violations(page)
    # The demo's contacts: open, closed, opted out, blocked, not on WhatsApp, failed and unknown sends.
    for number in (10, 12, 13, 14, 17, 18):
        phone = f"+9198765432{number}"
        find(page, phone).click()
        expect(page.locator(".conversation .timer")).to_be_visible()
        expect(page.locator(".conversation .list-note")).not_to_contain_text("Loading")
        if number == 10:
            page.get_by_role("button", name="File", exact=True).click()
        if number == 12:
            page.get_by_label("Template", exact=True).select_option(label="class_reminder (en, utility)")
        found[phone] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if width == 360:
            page.get_by_role("button", name="Back to the chats").click()
    find(page, "+919876543213").click()
    page.get_by_role("button", name="Contact details").click()
    expect(page.locator(".history li").first).to_contain_text("STOP")
    found["contact"] = violations(page)
    page.get_by_role("button", name="Erase").click()
    found["dialog"] = violations(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Costs").click()
    expect(page.get_by_role("table", name="Costs per day")).to_be_visible()
    found["costs"] = violations(page)
    assert {view: complaints for view, complaints in found.items() if complaints} == {}


@pytest.mark.parametrize("provider", ["gupshup", "meta"])
def test_a_choice_is_shown_answered_with_its_quote_and_reacted_to(live: Live, page: Page, provider: str) -> None:
    phone = new_phone()
    live.inbound(phone, "Hello", provider=provider)
    buttons = [{"type": "reply", "reply": {"id": each.lower(), "title": each}} for each in ("Yes", "No")]
    offer = {"type": "button", "body": {"text": "Shall we call you?"}, "action": {"buttons": buttons}}
    sent = live.send(phone, {"type": "interactive", "interactive": offer}, provider=provider).json()
    if provider == "gupshup":
        said: dict[str, Any] = {"type": "button_reply", "payload": {"title": "Yes", "id": "q", "postbackText": "yes"}}
        said["context"] = {"gsId": sent["bsp_message_id"], "id": "wamid.not-ours"}
    else:
        reply = {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}
        said = {"type": "interactive", "interactive": reply, "context": {"id": sent["bsp_message_id"]}}
    second = now() // 1000
    until(lambda: now() // 1000 > second)  # Meta's times are whole seconds: the answer comes after what it answers
    live.inbound(phone, None, provider=provider, payload=said)
    find(page, phone).click()
    offered = page.locator(".choices .choice")
    expect(offered).to_have_text(["Chosen:Yes", "No"])
    expect(last(page).locator(".quote")).to_contain_text("Shall we call you?")
    last(page).hover()
    page.get_by_role("button", name="Reply to: Yes").click()
    send_text(page, "We call at ten.")
    expect(last(page).locator(".quote")).to_contain_text("Yes")
    answered = page.locator(".message").nth(2)
    answered.hover()
    page.get_by_role("button", name="React to: Yes").click()
    page.get_by_role("button", name="React with \U0001f44d").click()
    expect(answered.locator(".reactions")).to_have_text("\U0001f44d")
    answered.get_by_role("button", name="Take back our reaction").click()
    expect(answered.locator(".reactions")).to_have_count(0)
    got = [each.get("form") or each["json"] for each in live.received(phone)]
    assert len(got) == 4
    (theirs,) = (each for each in live.conversation(phone) if each["type"] == "button_reply")
    assert theirs["reply_to"] == sent["id"]
    if provider == "meta":
        assert got[1]["context"]["message_id"] == got[2]["reaction"]["message_id"]
        assert [each["reaction"]["emoji"] for each in got[2:]] == ["\U0001f44d", ""]
    else:
        messages = [json.loads(each["message"]) for each in got]
        assert messages[1]["context"]["msgId"] == messages[2]["msgId"]
        assert [each["emoji"] for each in messages[2:]] == ["\U0001f44d", ""]
