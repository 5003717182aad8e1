"""The bots of ``examples/``, started as ``examples/README.md`` says: they answer what is told to them, once."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import pytest
import requests
from standardwebhooks import Webhook

from stack.settings import ROOT
from tests.support.bodies import sign
from tests.support.live import HOUR, Live, new_phone, now, until
from tests.support.requirement import missing

OWN, PROVIDER = "gate24", "provider"


@dataclass(frozen=True)
class Example:
    """``format``: of the webhook that the bot understands."""

    folder: str
    format: str

    @property
    def is_javascript(self) -> bool:
        return (ROOT / "examples" / self.folder / "package.json").exists()


EXAMPLES = [
    Example("python", OWN),
    Example("javascript", OWN),
    Example("pywa", PROVIDER),
    Example("whatsapp-api-js", PROVIDER),
]


@dataclass(frozen=True)
class Bot:
    """A running bot at ``url``, which knows the webhook's ``secret``."""

    example: Example
    url: str
    secret: str

    def hears(self, body: str, **changed: str) -> requests.Response:
        """A delivery as gate24 makes it, with other headers where ``changed`` names them (_ for -)."""
        at, event_id = datetime.now(UTC), changed.get("webhook_id", "evt-1")
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(event_id, at, body),
            "X-Hub-Signature-256": sign(self.secret, body.encode()),
        }
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        return requests.post(self.url, data=body.encode(), headers=headers, timeout=60)


@pytest.fixture(scope="module")
def live(stack: dict[str, Any]) -> Live:
    return Live(stack)


class Start(Protocol):
    def __call__(self, example: Example, secret: str, port: int | None = None) -> Bot: ...


@pytest.fixture
def start(live: Live) -> Iterator[Start]:
    """Starts a bot on a free port; all are ended with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def start(example: Example, secret: str, port: int | None = None) -> Bot:
        folder = ROOT / "examples" / example.folder
        port = port or free_port()
        settings = {
            "GATE24_API_URL": live.stack["api_url"],
            "GATE24_API_KEY": live.organization["api_key"],
            "GATE24_WEBHOOK_SECRET": secret,
            "PORT": str(port),
        }
        command = _node(example) if example.is_javascript else [sys.executable, "bot.py"]
        running.append(subprocess.Popen(command, cwd=folder, env=os.environ | settings))
        until(lambda: _answers(port))
        return Bot(example, f"http://127.0.0.1:{port}/", secret)

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=30)


def _node(example: Example) -> list[str]:
    folder = ROOT / "examples" / example.folder
    if shutil.which("node") is None or shutil.which("npm") is None:
        missing(f"examples/{example.folder} is not tried: node and npm (Node.js 20 or newer) are not installed")
    if not (folder / "node_modules").exists():
        npm = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        installed = subprocess.run(npm, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
        assert installed.returncode == 0, installed.stderr
    return ["node", "bot.js"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def told(live: Live, example: Example, phone: str, text: str) -> str:
    """The body of the webhook that tells of a contact's text."""
    if example.format == OWN:
        message = {"id": "m-1", "type": "text", "text": text}
        contact = {"phone": phone, "user_id": None, "name": "Asha"}
        event = {"type": "message.received", "id": f"evt-{phone}", "timestamp": "2026-11-26T10:00:00.000Z"}
        channel = {"organization": live.organization["id"], "channel": live.channel("meta")["id"]}
        return json.dumps({**event, **channel, "data": {"contact": contact, "message": message}})
    digits, number = phone.removeprefix("+"), live.channel("meta")["phone_number_id"]
    message = {"from": digits, "id": f"wamid.{digits}", "timestamp": str(int(time.time())), "type": "text"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "919876500002", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Asha"}, "wa_id": digits, "user_id": user_id(phone)}],
        "messages": [{**message, "from_user_id": user_id(phone), "text": {"body": text}}],
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]})


def user_id(phone: str) -> str:
    """Meta names it in every webhook (business-scoped user ids, read 2026-11)."""
    return f"IN.{phone.removeprefix('+')}"


def wrote(live: Live, phone: str, text: str = "Hello", **more: Any) -> None:
    live.inbound(phone, text, provider="meta", user_id=user_id(phone), **more)


def answers(live: Live, phone: str) -> list[str]:
    """What the provider got for that person."""
    sent = [each.get("json", {}) for each in live.simulator("GET", "requests")["requests"]]
    names = (phone, phone.removeprefix("+"), user_id(phone))
    return [each["text"]["body"] for each in sent if each.get("to") in names or each.get("recipient") in names]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.folder)
def test_a_bot_answers_who_wrote_once_however_often_it_is_told(live: Live, start: Start, example: Example) -> None:
    bot, phone = start(example, new_secret()), new_phone()
    wrote(live, phone, "When is the class?")
    body = told(live, example, phone, "When is the class?")
    if example.folder == "whatsapp-api-js":  # it has no memory of what it was told
        assert bot.hears(body).status_code == 200
    else:
        assert {bot.hears(body).status_code for _ in range(2)} <= {200, 204}
    assert until(lambda: answers(live, phone)) == ["You wrote: When is the class?"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.folder)
def test_a_bot_believes_nobody_without_the_secret(live: Live, start: Start, example: Example) -> None:
    bot, phone = start(example, new_secret()), new_phone()
    wrote(live, phone)
    body = told(live, example, phone, "Hello")
    forged = {"webhook_signature": Webhook(new_secret()).sign("evt-1", datetime.now(UTC), body)}
    refused = bot.hears(body, **forged, X_Hub_Signature_256=sign(new_secret(), body.encode()))
    assert 400 <= refused.status_code < 500
    assert answers(live, phone) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.folder)
def test_a_bot_goes_on_where_the_gate_refuses_its_answer(live: Live, start: Start, example: Example) -> None:
    bot, phone = start(example, new_secret()), new_phone()
    live.opt_in(phone)
    wrote(live, phone, timestamp=now() - 25 * HOUR)
    assert bot.hears(told(live, example, phone, "Hello")).status_code in (200, 204)
    shown = until(lambda: [each for each in live.conversation(phone) if each["direction"] == "outbound"])
    assert shown[0]["code"] == "window_closed"
    assert answers(live, phone) == []


def is_told(live: Live) -> bool:
    """Whether a bot answers somebody who writes now: one who wrote before a webhook was heeded is never told of."""
    phone = new_phone()
    wrote(live, phone, "Is anybody there?")
    with suppress(AssertionError):
        return bool(until(lambda: answers(live, phone), seconds=5))
    return False


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.folder)
def test_a_contact_writes_and_gate24_tells_the_bot_which_answers(live: Live, start: Start, example: Example) -> None:
    port, channel = free_port(), live.channel("meta")["id"]
    wanted = {"url": f"http://127.0.0.1:{port}/", "events": ["message.received"], "channels": [channel]}
    made = live.api("POST", "/v1/webhooks", wanted | {"format": example.format})
    assert made.status_code == 201, made.text
    try:
        heeded = time.monotonic() + 6  # a new webhook is heeded within five seconds, where no process is frozen
        start(example, made.json()["secret"], port)
        time.sleep(max(0.0, heeded - time.monotonic()))
        until(lambda: is_told(live))
        phones = [new_phone() for _ in range(3)]
        for phone in phones:
            wrote(live, phone, "When is the class?")
        for phone in phones:
            until(partial(answers, live, phone))
        assert [answers(live, phone) for phone in phones] == [["You wrote: When is the class?"]] * 3
    finally:
        live.api("DELETE", f"/v1/webhooks/{made.json()['id']}")
