"""What a warm function is called for most: each flow as the event of one call of its handler, in a system whose table
is in memory. Contacts are known, their windows are open, and nothing but the flow itself is left to be done."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gate24.providers import endpoint
from gate24.providers.endpoint import EndpointAnswer
from gate24.store import remembered
from tests.support import bodies
from tests.support import system as systems
from tests.support.hooks import queued_records
from tests.support.memory_table import MemoryTable, memory_table
from tests.support.scene import HOUR, MINUTE, new_number, now, standing_clock
from tests.support.stream import Stream
from tests.support.system import CONTEXT, GUPSHUP, META, META_NUMBER, ORG, TEXT, System, handler, system

_numbers = itertools.count(1)
_ALLOWED = {
    "isAuthorized": True,
    "context": {"organization_id": ORG, "actor": "tests", "key_id": "key", "scopes": "admin read send"},
    "statusCode": 200,
    "headers": {},
    "body": "",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A system at ``at`` (epoch ms), in the middle of an hour, where the clock stands."""

    gate24: System
    held: MemoryTable
    at: int


Preparation = Callable[[Scene], Callable[[], object]]
"""Prepares what comes before; what it returns ends in the flow's handler, or gives its event."""


@dataclass(frozen=True, slots=True)
class Flow:
    """``requests``: how many it may make. ``chain``: how many of them may wait for one another."""

    name: str
    function: str
    make: Preparation
    requests: int
    chain: int


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """A system for the flows. The files that contacts send are not fetched, and endpoints answer at once."""
    at = now() // HOUR * HOUR + 30 * MINUTE
    with (
        standing_clock(at),
        system(folder) as gate24,
        memory_table(gate24.dynamodb) as held,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(endpoint, "call", lambda *_: EndpointAnswer(200, "", 1))
        patch.setattr(remembered, "monotonic", lambda: 0.0)  # what the process remembers stays
        yield Scene(gate24, held, at)


def call_of(flow: Flow, scene: Scene) -> Callable[[], Any]:
    """One call of the flow's handler, the same each time."""
    ask, found = flow.make(scene), list[Any]()

    def instead(function: str) -> Callable[[Any, Any], Any]:
        def called(event: Any, context: Any) -> Any:
            if function == flow.function:
                found.append(event)
            return _ALLOWED

        return called

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(systems, "handler", instead)
        given = ask()
    event = found[0] if found else given
    entry = handler(flow.function)

    def call() -> Any:
        answer = entry(event, CONTEXT)
        assert _is_good(answer), answer
        return answer

    return call


def _is_good(answer: dict[str, Any]) -> bool:
    return answer.get("isAuthorized") or answer.get("statusCode") in (200, 202) or answer.get("batchItemFailures") == []


def _provider(provider: str) -> str:
    return META if provider == "meta" else GUPSHUP


def _tell(scene: Scene, provider: str, body: Any) -> Callable[[], object]:
    return lambda: scene.gate24.meta_webhook(body) if provider == "meta" else scene.gate24.webhook(body)


def _message(scene: Scene, provider: str, kind: str, phone: str, ago: int, text: str = "Hello") -> Any:
    """A message of that kind as the provider tells it."""
    at, name = scene.at - ago, f"wamid.in-{next(_numbers)}"
    if provider == "gupshup":
        part = {"text": text} if kind == "text" else {"url": "https://files.example.org/1", "contentType": "image/png"}
        return bodies.gupshup_message(kind, part, name, phone, at)
    part = {"body": text} if kind == "text" else {"id": "9001", "mime_type": "image/png", "sha256": "3f9d"}
    value = {
        "contacts": [bodies.profile(phone=phone)],
        "messages": [bodies.message(kind, part, name, phone, at)],
    }
    return bodies.meta(bodies.change("messages", value, META_NUMBER))


def _known_contact(scene: Scene, provider: str) -> str:
    """Somebody who has just written twice."""
    phone = new_number()
    for ago in (20 * MINUTE, 10 * MINUTE):
        _tell(scene, provider, _message(scene, provider, "text", phone, ago))()
    return phone


def inbound(provider: str, kind: str = "text", text: str = "Hello") -> Preparation:
    """A message of somebody who has just written."""

    def make(scene: Scene) -> Callable[[], object]:
        phone = _known_contact(scene, provider)
        return _tell(scene, provider, _message(scene, provider, kind, phone, MINUTE, text))

    return make


def first_inbound(provider: str) -> Preparation:
    """The first message of somebody who was never heard of."""
    return lambda scene: _tell(scene, provider, _message(scene, provider, "text", new_number(), MINUTE))


def _status_body(scene: Scene, provider: str, status: str, phone: str, sent: Any, **more: Any) -> Any:
    if provider == "meta":
        wamid = sent["bsp_message_id"]
        return bodies.meta_status(status, wamid, sent["id"], phone, scene.at, phone_number_id=META_NUMBER, **more)
    return bodies.gupshup_status(status, sent["bsp_message_id"], f"wamid.{phone}", phone, scene.at, **more)


def status(provider: str, told: str, before: tuple[str, ...] = (), **more: Any) -> Preparation:
    """A status of what was sent to somebody who had just written, after those ``before``."""

    def make(scene: Scene) -> Callable[[], object]:
        phone = _known_contact(scene, provider)
        sent = scene.gate24.send(TEXT | {"to": f"+{phone}", "channel": _provider(provider)})
        assert sent.status == 202, sent.text
        for each in before:
            _tell(scene, provider, _status_body(scene, provider, each, phone, sent.json))()
        return _tell(scene, provider, _status_body(scene, provider, told, phone, sent.json, **more))

    return make


def _read(path: str, provider: str = "gupshup") -> Preparation:
    def make(scene: Scene) -> Callable[[], object]:
        phone = _known_contact(scene, provider)
        return lambda: scene.gate24.http("GET", path.format(phone=f"%2B{phone}"))

    return make


def _subscribed(scene: Scene) -> None:
    body = {"url": "http://127.0.0.1:9/hook", "events": ["*"]}
    made = scene.gate24.http("POST", "/v1/webhooks", body)
    assert made.status == 201, made.text


def _change(scene: Scene) -> Callable[[], object]:
    """The record of the stream that says of a stored message, for one webhook."""
    _subscribed(scene)
    phone, stream = _known_contact(scene, "gupshup"), Stream(scene.held)
    _tell(scene, "gupshup", _message(scene, "gupshup", "text", phone, MINUTE))()
    records = [each for each in stream.records if each["dynamodb"]["Keys"]["sk"]["S"].startswith("M#")]
    scene.held.changed = None
    return lambda: {"Records": records}


def _delivery(scene: Scene) -> Callable[[], object]:
    """The event of a message, queued for one webhook."""
    event = _change(scene)()
    assert handler("tell_changes")(event, CONTEXT) == {"batchItemFailures": []}
    return lambda: {"Records": queued_records()[-1:]}


FLOWS = (
    Flow("inbound text, Gupshup", "inbound_webhook", inbound("gupshup"), 3, 2),
    Flow("inbound text, Meta", "inbound_webhook", inbound("meta"), 3, 2),
    Flow("inbound image, Gupshup", "inbound_webhook", inbound("gupshup", "image"), 3, 3),
    Flow("inbound image, Meta", "inbound_webhook", inbound("meta", "image"), 3, 3),
    Flow("opt-out keyword, Gupshup", "inbound_webhook", inbound("gupshup", text="STOP"), 6, 6),
    Flow("opt-out keyword, Meta", "inbound_webhook", inbound("meta", text="STOP"), 6, 6),
    Flow("first message of a new contact, Gupshup", "inbound_webhook", first_inbound("gupshup"), 4, 4),
    Flow("first message of a new contact, Meta", "inbound_webhook", first_inbound("meta"), 4, 4),
    Flow("status sent, Gupshup", "inbound_webhook", status("gupshup", "sent", ("enqueued",)), 3, 2),
    Flow("status delivered, Gupshup", "inbound_webhook", status("gupshup", "delivered", ("enqueued", "sent")), 3, 2),
    Flow("status delivered, Meta", "inbound_webhook", status("meta", "delivered", ("sent",)), 3, 2),
    Flow("status read, Gupshup", "inbound_webhook", status("gupshup", "read", ("enqueued", "sent", "delivered")), 3, 2),
    Flow("status read, Meta", "inbound_webhook", status("meta", "read", ("sent", "delivered")), 3, 2),
    Flow("status failed, Gupshup", "inbound_webhook", status("gupshup", "failed", ("enqueued",), code=1002), 6, 6),
    Flow("status failed, Meta", "inbound_webhook", status("meta", "failed", ("sent",), code=131026), 6, 6),
    Flow("authorizer", "authorizer", _read("/v1/contacts/{phone}"), 1, 1),
    Flow("read a contact", "read_api", _read("/v1/contacts/{phone}"), 1, 1),
    Flow("read the messages of a contact", "read_api", _read("/v1/contacts/{phone}/messages"), 2, 2),
    Flow("list contacts", "read_api", _read("/v1/contacts"), 5, 5),
    Flow("a change told to one webhook", "tell_changes", _change, 5, 5),
    Flow("a delivery", "deliver_events", _delivery, 4, 4),
)
