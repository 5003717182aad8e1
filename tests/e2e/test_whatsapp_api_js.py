"""whatsapp-api-js as its users install it, with gate24's address for Meta's: what it sends arrives at the provider."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import Any

import pytest

from tests.support.libraries import (
    JS,
    JS_FOLDER,
    NOT_PASSED_ON,
    NOT_SENT,
    PNG,
    SENT,
    TEMPLATES,
    Row,
    Template,
    install_whatsapp_api_js,
    known,
)
from tests.support.live import HOUR, Live, new_phone, now

KINDS = known(SENT, JS)
REFUSED = known(NOT_SENT, JS)
FILLED = [each for each in TEMPLATES if each.only in (None, JS)]


@pytest.fixture(scope="module")
def live(stack: dict[str, Any]) -> Live:
    return Live(stack)


@pytest.fixture(scope="module")
def library() -> None:
    install_whatsapp_api_js()


@pytest.fixture(scope="module")
def people(live: Live) -> dict[str, dict[str, str]]:
    """For each kind somebody of its own, who has just written."""
    made = {}
    for kind in (*(row.name for row in (*KINDS, *REFUSED)), *NOT_PASSED_ON, "read mark"):
        phone = new_phone()
        (asked,) = live.inbound(phone, provider="meta")["message_ids"]
        made[kind] = {"to": phone.removeprefix("+"), "asked": asked}
    for row in FILLED:
        phone = new_phone()
        name = f"js_{phone.removeprefix('+')}"
        template = {"channel": live.channel("meta")["id"], "bsp_template_id": phone.removeprefix("+"), "language": "en"}
        template |= {"category": "utility", "status": "approved", "params": 0, **row.facts}
        assert live.api("PUT", f"/v1/templates/{name}", template).status_code == 200
        live.opt_in(phone)
        made[row.name] = {"to": phone.removeprefix("+"), "template": name}
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
        "png": base64.b64encode(PNG).decode(),
    }
    ran = subprocess.run(
        ["node", "send.js"],
        cwd=JS_FOLDER,
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    told: dict[str, dict[str, Any]] = json.loads(ran.stdout)
    return told


@pytest.mark.parametrize("row", KINDS, ids=lambda row: row.name)
def test_each_kind_arrives_as_whatsapp_api_js_wrote_it(
    live: Live, people: dict[str, dict[str, str]], results: dict[str, dict[str, Any]], row: Row
) -> None:
    written, answer = results[row.name]["written"], results[row.name]["answer"]
    assert "messages" in answer, answer
    (got,) = live.received(people[row.name]["to"])
    assert answer["messages"][0]["id"] == got["message_id"]
    name, _, subtype = row.what.partition(".")
    content = json.loads(written[name]) if row.name == "contact card" else written[name]
    assert (got["json"]["type"], got["json"][name]) == (name, content)
    assert got["json"].get("context") == written.get("context")
    if subtype:
        assert content["type"] == subtype


@pytest.mark.parametrize("row", FILLED, ids=lambda row: row.name)
def test_each_template_arrives_as_whatsapp_api_js_filled_it(
    live: Live, people: dict[str, dict[str, str]], results: dict[str, dict[str, Any]], row: Template
) -> None:
    assert "messages" in results[row.name]["answer"], results[row.name]["answer"]
    (got,) = live.received(people[row.name]["to"])
    written = results[row.name]["written"]["template"]
    for component in written.get("components", []):
        for parameter in component["parameters"] if component["type"] == "tap_target_configuration" else ():
            parameter["tap_target_configuration"] = [parameter["tap_target_configuration"]]  # as Meta has it
    sent = {"name": written["name"], "language": {"code": "en"}, "components": written.get("components", [])}
    assert got["json"]["template"] == sent


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_what_gate24_does_not_send_is_answered_with_metas_unsupported_message(
    live: Live, people: dict[str, dict[str, str]], results: dict[str, dict[str, Any]], row: Row
) -> None:
    error = results[row.name]["answer"]["error"]
    assert error["code"] == 131051
    assert row.what in error["error_data"]["details"]
    assert live.received(people[row.name]["to"]) == []


@pytest.mark.parametrize("call", NOT_PASSED_ON)
def test_what_gate24_does_not_pass_on_is_answered_with_an_error_of_metas(
    results: dict[str, dict[str, Any]], call: str
) -> None:
    error = results[call]["answer"]["error"]
    assert (error["code"], error["type"]) == (100, "OAuthException")
    assert "not passed on" in error["error_data"]["details"]


def test_a_file_is_uploaded_looked_up_and_downloaded_through_gate24(
    live: Live, results: dict[str, dict[str, Any]]
) -> None:
    media = results["media"]
    assert media["details"]["id"] == media["uploaded"]["id"]
    assert media["details"]["url"].startswith(live.stack["graph_url"])
    assert base64.b64decode(media["file"]) == PNG


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
