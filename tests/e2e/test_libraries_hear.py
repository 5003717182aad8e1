"""pywa and whatsapp-api-js hear Meta's webhooks through gate24 (``format: provider``): their own parsers and handlers
make of each what they make of Meta's."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from pywa import WhatsApp
from pywa.errors import MessageUndeliverable
from werkzeug.serving import make_server

from tests.support.libraries import HEARD, JS_FOLDER, PNG, Heard, install_whatsapp_api_js
from tests.support.live import TEXT, Live, new_phone, now, until

HANDLERS = sorted({row.handler for row in HEARD} | {"on_message_status"})


def at(value: Any, path: str) -> Any:
    """What is at a path of attributes, names and places."""
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif name.isdecimal():
            value = value[int(name)]
        else:
            value = getattr(value, name)
    return value


@dataclass
class Pywa:
    """A bot on a port of its own; ``heard`` has the handlers that were called and what each was given."""

    port: int
    bot: WhatsApp
    heard: list[tuple[str, Any]] = field(default_factory=list)

    def of(self, phone: str) -> list[tuple[str, Any]]:
        digits = phone.removeprefix("+")
        return [(name, update) for name, update in list(self.heard) if update.from_user.wa_id == digits]


@dataclass
class Js:
    """``receive.js``, and the file of its lines."""

    port: int
    lines: Path

    def of(self, phone: str) -> list[dict[str, Any]]:
        told = [json.loads(line) for line in self.lines.read_text().splitlines()]
        return [each for each in told if each["from"] == phone.removeprefix("+")]


@dataclass
class Both:
    live: Live
    pywa: Pywa
    js: Js
    phones: dict[str, str] = field(default_factory=dict)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def webhook(live: Live, port: int) -> Iterator[str]:
    """The secret of a webhook to that port."""
    wanted = {"url": f"http://127.0.0.1:{port}/", "events": ["*"], "channels": [live.channel("meta")["id"]]}
    made = live.api("POST", "/v1/webhooks", wanted | {"format": "provider"})
    assert made.status_code == 201, made.text
    try:
        yield made.json()["secret"]
    finally:
        live.api("DELETE", f"/v1/webhooks/{made.json()['id']}")


@contextmanager
def pywa(live: Live) -> Iterator[Pywa]:
    port = free_port()
    with webhook(live, port) as secret, httpx.Client(timeout=60) as session:
        app = Flask(__name__)
        bot = WhatsApp(
            phone_id=live.channel("meta")["phone_number_id"],
            token=live.organization["api_key"],
            app_secret=secret,
            verify_token="not asked for",
            session=session,
            server=app,
        )
        session.base_url = f"{live.stack['graph_url']}/v23.0"
        found = Pywa(port, bot)
        for name in HANDLERS:
            getattr(bot, name)(lambda _, update, name=name: found.heard.append((name, update)))
        server = make_server("127.0.0.1", port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def javascript(live: Live, folder: Path) -> Iterator[Js]:
    port, lines = free_port(), folder / "lines"
    with webhook(live, port) as secret, lines.open("w") as written:
        settings = {
            "GATE24_GRAPH_URL": live.stack["graph_url"],
            "GATE24_API_KEY": live.organization["api_key"],
            "GATE24_WEBHOOK_SECRET": secret,
            "PORT": str(port),
        }
        running = subprocess.Popen(["node", "receive.js"], cwd=JS_FOLDER, env=os.environ | settings, stdout=written)
        try:
            yield Js(port, lines)
        finally:
            running.terminate()
            running.wait(timeout=30)


def are_told(both: Both) -> bool:
    """Whether both hear of somebody who writes now: one who wrote before a webhook was heeded is never told of."""
    phone = new_phone()
    both.live.inbound(phone, "Is anybody there?", provider="meta", user_id=f"IN.{phone[1:]}")
    with suppress(AssertionError):
        return bool(until(lambda: both.pywa.of(phone) and both.js.of(phone), seconds=5))
    return False


@pytest.fixture(scope="module")
def both(stack: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Both libraries, told all that ``HEARD`` has: each by somebody of its own."""
    install_whatsapp_api_js()
    live = Live(stack)
    with ExitStack() as running:
        heard = Both(
            live,
            running.enter_context(pywa(live)),
            running.enter_context(javascript(live, tmp_path_factory.mktemp("javascript"))),
        )
        time.sleep(6)  # a new webhook is heeded within five seconds, where no process is frozen
        until(lambda: are_told(heard))
        for row in HEARD:
            phone = heard.phones[row.name] = new_phone()
            told = {"text": None, "user_id": f"IN.{phone[1:]}"} | row.told
            live.inbound(phone, provider="meta", **told)
        yield heard


@pytest.mark.parametrize("row", HEARD, ids=lambda row: row.name)
def test_each_library_makes_of_what_a_contact_does_what_it_makes_of_metas_own(both: Both, row: Heard) -> None:
    phone = both.phones[row.name]
    ((handler, update),) = until(lambda: both.pywa.of(phone))
    assert handler == row.handler
    assert {path: at(update, path) for path in row.pywa} == row.pywa
    (told,) = until(lambda: both.js.of(phone))
    assert told["event"] == "message"
    assert {path: at(told["args"], path) for path in row.js} == row.js


def test_each_library_fetches_a_contacts_file_through_gate24(both: Both) -> None:
    phone = both.phones["image"]
    ((_, update),) = until(lambda: both.pywa.of(phone))
    assert both.pywa.bot.get_media_bytes(both.pywa.bot.get_media_url(update.image.id).url) == PNG
    (told,) = until(lambda: both.js.of(phone))
    assert base64.b64decode(told["args"]["file"]) == PNG


def status_body(live: Live, phone: str, message_id: str, status: str) -> dict[str, Any]:
    """Meta's webhook about a message; that of a failure names no contact at Meta, which pywa asks for."""
    digits, user_id = phone.removeprefix("+"), f"IN.{phone[1:]}"
    told: dict[str, Any] = {"id": message_id, "status": status, "timestamp": str(now() // 1000)}
    told |= {"recipient_id": digits, "recipient_user_id": user_id}
    if status == "failed":
        reason = "Message undeliverable"
        told["errors"] = [{"code": 131026, "title": reason, "message": reason, "error_data": {"details": reason}}]
    channel = live.channel("meta")
    metadata = {
        "display_phone_number": channel["business_number"].removeprefix("+"),
        "phone_number_id": channel["phone_number_id"],
    }
    contacts = [{"profile": {"name": "Asha"}, "wa_id": digits, "user_id": user_id}]
    value = {"messaging_product": "whatsapp", "metadata": metadata, "contacts": contacts, "statuses": [told]}
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def heard_by_pywa(both: Both, phone: str, count: int) -> list[Any]:
    """The statuses, once there are so many."""
    heard = [update for handler, update in both.pywa.of(phone) if handler == "on_message_status"]
    return heard if len(heard) == count else []


@pytest.mark.parametrize("names", [("sent", "delivered", "read"), ("sent", "failed")], ids=lambda names: names[-1])
def test_each_library_hears_what_became_of_a_message(both: Both, names: tuple[str, ...]) -> None:
    live, phone = both.live, new_phone()
    live.inbound(phone, provider="meta", user_id=f"IN.{phone[1:]}")
    told_by_the_simulator = [name for name in names if name != "failed"]
    live.script(phone, outcome="accept", statuses=told_by_the_simulator)
    sent = live.send(phone, TEXT, provider="meta").json()
    if "failed" in names:
        until(lambda: heard_by_pywa(both, phone, len(told_by_the_simulator)))
        body = status_body(live, phone, sent["bsp_message_id"], "failed")
        assert live.webhook(body, provider="meta").status_code == 200

    def by_js() -> list[Any]:
        heard = [each["args"] for each in both.js.of(phone) if each["event"] == "status"]
        return heard if len(heard) == len(names) else []

    updates, told = until(lambda: heard_by_pywa(both, phone, len(names))), until(by_js)
    assert tuple(update.status for update in updates) == tuple(each["status"] for each in told) == names
    assert {update.id for update in updates} == {each["id"] for each in told} == {sent["bsp_message_id"]}
    if names[-1] == "failed":
        assert isinstance(updates[-1].error, MessageUndeliverable)
        assert told[-1]["error"]["code"] == 131026
