"""Staff sign in to the console in real Chromium, at the local stack's own OIDC provider."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from gate24.members import Role
from oidc_provider import id_token
from tests.e2e.test_console_mock import listed
from tests.support.browser import Watched, axe_violations, box, chromium, open_chat, watched_contexts
from tests.support.console_demo import demo
from tests.support.console_mock import PREFIX, Server
from tests.support.console_people import Organization
from tests.support.live import until
from tests.support.oidc import oidc_provider

AGENT, SUPERVISOR, ADMIN = "anita@example.org", "sunil@example.org", "leela@example.org"
MEMBERS: dict[str, tuple[str, str, Role]] = {
    AGENT: ("demo", "Anita", "agent"),
    SUPERVISOR: ("demo", "Sunil", "supervisor"),
    ADMIN: ("demo", "Leela", "admin"),
}
STORED = "Object.entries({...sessionStorage}).map(([name, value]) => `${name}=${value}`).join()"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with oidc_provider(tmp_path_factory.mktemp("oidc")) as url:
        yield url


@pytest.fixture
def server(issuer: str) -> Iterator[Server]:
    running = Server({"demo": demo(30)}, issuer=issuer, members=dict(MEMBERS)).start()
    yield running
    running.stop()
    assert running.faults == []


@pytest.fixture
def watched(server: Server, issuer: str) -> Iterator[Watched]:
    found = Watched(server.url.split("/")[2], others={issuer.removeprefix("http://")})
    yield found
    assert found.all() == []


@pytest.fixture
def context_of(browser: Browser, watched: Watched) -> Iterator[Callable[..., BrowserContext]]:
    with watched_contexts(browser, watched) as make:
        yield make


@pytest.fixture
def page(context_of: Callable[..., BrowserContext]) -> Page:
    return context_of().new_page()


def sign_in(page: Page, server: Server, email: str) -> Page:
    page.goto(f"{server.url}/console")
    page.get_by_role("button", name="Sign in", exact=True).click()
    choose(page, email)
    return page


def choose(page: Page, email: str) -> None:
    page.get_by_role("button", name=email).first.click()
    page.wait_for_url(f"**{PREFIX}/console**")


def test_one_click_at_the_issuer_signs_in_and_leaves_nothing_in_the_address(
    server: Server, page: Page, issuer: str
) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    sign_in(page, server, AGENT)
    expect(page.get_by_role("navigation")).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text("Anita")
    assert page.url == f"{server.url}/console#chats" or page.url == f"{server.url}/console"
    (chosen,) = {each.url for each in asked if each.url.startswith(f"{issuer}/oauth2/authorize")}
    query = {name: values[0] for name, values in parse_qs(urlsplit(chosen).query).items()}
    assert query.keys() == {
        *("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"),
    }
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert query["redirect_uri"] == f"{server.url}/console"
    stored = page.evaluate(STORED)
    assert query["state"] not in stored and "verifier" not in stored
    assert page.evaluate("history.length") and "code=" not in page.evaluate("document.referrer + location.href")


def test_a_reload_goes_on_and_asks_the_issuer_nothing(server: Server, page: Page, issuer: str) -> None:
    sign_in(page, server, AGENT)
    expect(page.get_by_role("navigation")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator(".row").first).to_be_visible()
    assert not [url for url in asked if url.startswith(issuer)]
    assert len(server.asked("GET", "/v1/me")) == 2
    assert len(listed(server)) == 1


def test_an_answer_that_nobody_asked_for_signs_nobody_in(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/console?code=stolen&state=made-up")
    expect(page.get_by_text("Signing in did not work")).to_be_visible()
    assert "code=" not in page.url
    assert server.requests == []


def test_whoever_says_no_at_the_issuer_is_back_at_the_sign_in(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/console")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("Signing in did not work")).to_be_visible()
    choose_again = page.get_by_role("button", name="Sign in", exact=True)
    choose_again.click()
    choose(page, AGENT)
    expect(page.get_by_role("navigation")).to_be_visible()


def test_who_is_no_member_is_told_whom_to_ask(server: Server, page: Page, watched: Watched) -> None:
    watched.network_notes = True
    del server.members[AGENT]
    sign_in(page, server, AGENT)
    expect(page.get_by_text(f"{AGENT} may not use this console yet")).to_be_visible()
    assert "eyJ" not in page.evaluate(STORED)


def test_an_api_key_signs_in_beside_it(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/console")
    page.get_by_text("With an API key").click()
    page.get_by_label("API key", exact=True).fill("demo")
    page.get_by_role("button", name="Use the key").click()
    expect(page.get_by_role("navigation")).to_be_visible()
    expect(page.locator(".me")).to_have_count(0)


def test_after_signing_out_the_issuer_asks_who_it_is(server: Server, page: Page, issuer: str) -> None:
    sign_in(page, server, AGENT)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out")).to_be_visible()
    assert "eyJ" not in page.evaluate(STORED)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Sign in", exact=True).click()
    choose(page, SUPERVISOR)
    expect(page.get_by_role("banner")).to_contain_text("Sunil")
    assert any("prompt=login" in url for url in asked if url.startswith(issuer))


def test_an_issuer_that_is_away_is_said(server: Server, page: Page, watched: Watched, issuer: str) -> None:
    watched.network_notes = True
    page.route(f"{issuer}/**", lambda route: route.abort())
    page.goto(f"{server.url}/console")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("cannot be reached at the moment")).to_be_visible()
    page.unroute(f"{issuer}/**")
    page.get_by_role("button", name="Sign in", exact=True).click()
    choose(page, AGENT)
    expect(page.get_by_role("navigation")).to_be_visible()


@pytest.mark.parametrize(
    ("email", "offered", "not_offered"),
    [
        (AGENT, [], ["Costs", "Block", "Record opt-out", "Erase"]),
        (SUPERVISOR, ["Costs", "Block"], ["Erase"]),
        (ADMIN, ["Costs", "Block", "Erase"], []),
    ],
)
def test_what_the_role_does_not_allow_is_not_offered(
    server: Server, page: Page, email: str, offered: list[str], not_offered: list[str]
) -> None:
    person = next(iter(server.organizations["demo"].people.values()))
    sign_in(page, server, email)
    open_chat(page, person.name)
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_role("heading", name="Consent")).to_be_visible()
    names = page.locator("nav a, .details button, aside button").all_inner_texts()
    for word in offered:
        assert any(name.startswith(word) for name in names), (word, names)
    for word in not_offered:
        assert not any(name.startswith(word) for name in names), (word, names)


def test_an_agent_who_follows_a_link_to_the_costs_stays_at_the_chats(server: Server, page: Page) -> None:
    sign_in(page, server, AGENT)
    expect(page.get_by_role("navigation")).to_be_visible()
    page.goto(f"{server.url}/console#costs")
    expect(page.locator(".row").first).to_be_visible()
    assert not [each for each in server.requests if each.path.startswith("/v1/costs")]


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its tokens are valid for some seconds: so long that something can be done meanwhile on a machine that stalls."""
    with oidc_provider(tmp_path_factory.mktemp("hasty"), "--valid", "15") as url:
        yield url


def test_when_its_time_is_over_it_goes_on_where_it_was_with_the_draft(
    browser: Browser, hasty: str, server: Server, watched: Watched, context_of: Callable[..., BrowserContext]
) -> None:
    own = Server(server.organizations, issuer=hasty, members=dict(MEMBERS)).start()
    watched.host = own.url.split("/")[2]
    watched.others.add(hasty.removeprefix("http://"))
    page = context_of().new_page()
    page.route(f"{hasty}/oauth2/token", lambda route: route.abort() if _renews(route.request) else route.continue_())
    watched.network_notes = True
    person = next(each for each in own.organizations["demo"].people.values() if each.last_inbound)
    sign_in(page, own, AGENT)
    open_chat(page, person.name)
    box(page).fill("Yes, at ten")
    expect(page.get_by_text("Your sign-in has run out")).to_be_visible()
    expect(page.get_by_text("Yes, at ten")).to_have_count(0)
    page.get_by_role("button", name="Sign in", exact=True).click()
    choose(page, AGENT)
    expect(box(page)).to_have_value("Yes, at ten")
    assert "Yes, at ten" not in page.evaluate(STORED)
    own.stop()


def test_it_is_renewed_silently_where_the_issuer_offers_that(
    hasty: str, server: Server, watched: Watched, context_of: Callable[..., BrowserContext]
) -> None:
    own = Server(server.organizations, issuer=hasty, members=dict(MEMBERS)).start()
    watched.host = own.url.split("/")[2]
    watched.others.add(hasty.removeprefix("http://"))
    page = context_of().new_page()
    renewed: list[str] = []

    def token_endpoint(route: Route) -> None:
        """The provider gives no ID token for a refresh token, as others do."""
        if not _renews(route.request):
            return route.continue_()
        renewed.append(id_token(hasty, AGENT, f"{own.url}/console"))
        answer = json.dumps({"id_token": renewed[-1]})
        headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}
        return route.fulfill(status=200, body=answer, headers=headers)

    page.route(f"{hasty}/oauth2/token", token_endpoint)
    sign_in(page, own, AGENT)
    expect(page.get_by_role("navigation")).to_be_visible()
    page.wait_for_function("() => sessionStorage.getItem('gate24.key') !== null")
    first = page.evaluate("sessionStorage.getItem('gate24.key')")

    def is_over() -> bool:
        """A token is renewed after half its time, so at the third one the first is valid no more."""
        page.wait_for_timeout(50)  # here, and not in ``until``, the page's requests are heard
        return len(renewed) >= 3

    until(is_over)
    expect(page.get_by_role("navigation")).to_be_visible()
    used = page.evaluate("sessionStorage.getItem('gate24.key')")
    assert used in renewed[1:] and used != first
    until(lambda: own.requests[-1].key in renewed)
    own.stop()


def _renews(request: Request) -> bool:
    return "grant_type=refresh_token" in (request.post_data or "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "hi"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_accessible_and_fits(
    server: Server, context_of: Callable[..., BrowserContext], tmp_path: Path, scheme: Any, language: str, width: int
) -> None:
    locale = {"en": "en-IN", "hi": "hi-IN"}[language]
    page = context_of(viewport={"width": width, "height": 740}, color_scheme=scheme, locale=locale).new_page()
    page.goto(f"{server.url}/console")
    expect(page.locator(".signin .primary")).to_be_visible()
    page.locator("summary").click()
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".signin .primary").click()
    choose(page, SUPERVISOR)
    expect(page.locator(".sign-out")).to_have_attribute("title", re.compile("Sunil"))
    expect(page.locator(".row").first).to_be_visible()
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_where_no_issuer_is_set_there_is_the_key_alone(browser: Browser) -> None:
    running = Server({"demo": Organization("Demo")}).start()
    page = browser.new_page()
    page.goto(f"{running.url}/console")
    expect(page.get_by_label("API key")).to_be_visible()
    assert page.get_by_role("button").all_inner_texts() == ["Sign in"]
    page.close()
    running.stop()
