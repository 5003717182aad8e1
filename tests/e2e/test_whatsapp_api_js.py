"""whatsapp-api-js as its users install it, with gate24's address for Meta's: what it sends arrives at the provider."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from stack.settings import ROOT
from tests.support.live import HOUR, Live, new_phone, now
from tests.support.requirement import missing

FOLDER = ROOT / "tests" / "e2e" / "whatsapp_api_js"

KINDS = {
    "text": "text",
    "text with a preview": "text",
    "reply": "text",
    "image": "image",
    "image by id": "image",
    "video": "video",
    "audio": "audio",
    "voice message": "audio",
    "document": "document",
    "sticker": "sticker",
    "buttons": "interactive.button",
    "buttons under an image": "interactive.button",
    "list": "interactive.list",
    "link": "interactive.cta_url",
    "flow": "interactive.flow",
    "flow by name": "interactive.flow",
    "request for a location": "interactive.location_request_message",
    "location": "location",
    "contact card": "contacts",
    "reaction": "reaction",
    "reaction taken back": "reaction",
}
"""Each kind by its name in ``send.js``, with the path to the object that Meta gets."""

TEMPLATES: dict[str, dict[str, Any]] = {
    "template without parameters": {},
    "template with a body": {"params": 2},
    "template with names": {"params": 1},
    "template with an image and buttons": {"params": 1, "media": "image"},
    "template with a code to copy": {},
}
"""With what the registry says of each."""

NOT_SENT = ("product", "product list", "catalog message", "call permission request", "request contact info")


@pytest.fixture(scope="module")
def live(stack: dict[str, Any]) -> Live:
    return Live(stack)


@pytest.fixture(scope="module")
def library() -> None:
    """Fetched once, as the lock file has it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        missing("whatsapp-api-js is not tried: node and npm (Node.js 20 or newer) are not installed")
    if not (FOLDER / "node_modules" / "whatsapp-api-js").exists():
        npm = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        installed = subprocess.run(npm, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=300)
        assert installed.returncode == 0, installed.stderr


@pytest.fixture(scope="module")
def people(live: Live) -> dict[str, dict[str, str]]:
    """For each kind somebody of its own, who has just written."""
    made = {}
    for kind in (*KINDS, *NOT_SENT, "read mark"):
        phone = new_phone()
        (asked,) = live.inbound(phone, provider="meta")["message_ids"]
        made[kind] = {"to": phone.removeprefix("+"), "asked": asked}
    for kind, facts in TEMPLATES.items():
        phone = new_phone()
        name = f"js_{phone.removeprefix('+')}"
        template = {"channel": live.channel("meta")["id"], "bsp_template_id": phone.removeprefix("+"), "language": "en"}
        template |= {"category": "utility", "status": "approved", "params": 0, **facts}
        assert live.api("PUT", f"/v1/templates/{name}", template).status_code == 200
        live.opt_in(phone)
        made[kind] = {"to": phone.removeprefix("+"), "template": name}
    phone = new_phone()
    live.opt_in(phone)
    live.inbound(phone, provider="meta", timestamp=now() - 25 * HOUR)
    return made | {"refused": {"to": phone.removeprefix("+")}}


@pytest.fixture(scope="module")
def results(live: Live, library: None, people: dict[str, dict[str, str]]) -> dict[str, dict[str, Any]]:
    """What the library wrote and was answered, by kind: one run of ``send.js`` sends them all."""
    task = {
        "graph_url": live.stack["graph_url"],
        "api_key": live.organization["api_key"],
        "number": live.channel("meta")["phone_number_id"],
        "people": people,
    }
    ran = subprocess.run(
        ["node", "send.js"],
        cwd=FOLDER,
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    told: dict[str, dict[str, Any]] = json.loads(ran.stdout)
    return told


@pytest.mark.parametrize(("kind", "what"), KINDS.items(), ids=KINDS)
def test_each_kind_arrives_as_whatsapp_api_js_wrote_it(
    live: Live, people: dict[str, dict[str, str]], results: dict[str, dict[str, Any]], kind: str, what: str
) -> None:
    written, answer = results[kind]["written"], results[kind]["answer"]
    assert "messages" in answer, answer
    (got,) = live.received(people[kind]["to"])
    assert answer["messages"][0]["id"] == got["message_id"]
    name, _, subtype = what.partition(".")
    content = json.loads(written[name]) if kind == "contact card" else written[name]
    assert (got["json"]["type"], got["json"][name]) == (name, content)
    assert got["json"].get("context") == written.get("context")
    if subtype:
        assert content["type"] == subtype


@pytest.mark.parametrize("kind", TEMPLATES)
def test_each_template_arrives_as_whatsapp_api_js_filled_it(
    live: Live, people: dict[str, dict[str, str]], results: dict[str, dict[str, Any]], kind: str
) -> None:
    assert "messages" in results[kind]["answer"], results[kind]["answer"]
    (got,) = live.received(people[kind]["to"])
    written = results[kind]["written"]["template"]
    sent = {"name": written["name"], "language": {"code": "en"}, "components": written.get("components", [])}
    assert got["json"]["template"] == sent


@pytest.mark.parametrize("kind", NOT_SENT)
def test_what_gate24_does_not_send_is_answered_with_metas_unsupported_message(
    live: Live, people: dict[str, dict[str, str]], results: dict[str, dict[str, Any]], kind: str
) -> None:
    error = results[kind]["answer"]["error"]
    assert error["code"] == 131051
    assert kind.replace(" ", "_") in error["error_data"]["details"]
    assert live.received(people[kind]["to"]) == []


def test_a_read_mark_with_the_sign_of_typing_reaches_meta(
    live: Live, people: dict[str, dict[str, str]], results: dict[str, dict[str, Any]]
) -> None:
    assert results["read mark"]["answer"] == {"success": True}
    marks = [each["json"] for each in live.simulator("GET", "requests")["requests"] if "json" in each]
    (mark,) = [each for each in marks if each.get("message_id") == people["read mark"]["asked"]]
    assert mark["typing_indicator"] == {"type": "text"}


def test_outside_the_window_the_bot_gets_metas_error(
    live: Live, people: dict[str, dict[str, str]], results: dict[str, dict[str, Any]]
) -> None:
    """The library has no exception for what Meta refuses: it returns Meta's answer."""
    error = results["refused"]["answer"]["error"]
    assert (error["code"], error["type"]) == (131047, "OAuthException")
    assert live.received(people["refused"]["to"]) == []
