"""What a warm function is called for most: each flow as the event of one call of its handler, in a system whose table
is in memory. Contacts are known, their windows are open, and nothing but the flow itself is left to be done."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from gate24.providers import endpoint, forward
from gate24.providers.endpoint import EndpointAnswer
from gate24.store import remembered
from tests.support import bodies
from tests.support import system as systems
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.hooks import queued_records
from tests.support.memory_table import MemoryTable, memory_table
from tests.support.scene import HOUR, MINUTE, body_about, new_number, now, standing_clock
from tests.support.stream import Stream
from tests.support.system import CONTEXT, GUPSHUP, KEYS, META, META_NUMBER, ORG, TEMPLATE, TEXT, System, handler, system

TEXT_OF_GUPSHUP = {"type": "text", "text": "Hello"}
INBOUND_CHAIN = 2
"""What was aimed at (docs/table.md says why it is one more)."""

_numbers = itertools.count(1)
_ALLOWED = {
    "isAuthorized": True,
    "context": {"organization_id": ORG, "actor": "tests", "key_id": "key", "scopes": "admin read send"},
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A system at ``at`` (epoch ms), in the middle of an hour, where the clock stands. ``held``: its table, where that
    is in memory."""

    gate24: System
    held: MemoryTable | None
    at: int


Preparation = Callable[[Scene], Callable[[], object]]
"""Prepares what comes before; what it returns ends in the flow's handler, or gives its event."""


@dataclass(frozen=True, slots=True)
class Flow:
    """``requests``: how many it makes. ``chain``: how many of them wait for one another; ``chain_aimed_at``: that may,
    if it is not what they do. ``writes``, ``reads``: capacity units, the rate limit's slot with
    them; None: the more, the more there is to be read."""

    name: str
    function: str
    make: Preparation
    requests: int
    chain: int
    writes: float
    reads: float | None
    chain_aimed_at: int | None = None


@contextmanager
def scene(folder: Path, database: DynamoDBLocal | None = None, at: int | None = None) -> Iterator[Scene]:
    """A system for the flows, its table in memory if no other is given; ``at``: where its clock stands (epoch ms). The
    files that contacts send are not fetched, and endpoints and the BSP answer at once."""
    at = at or now() // HOUR * HOUR + 30 * MINUTE
    with (
        standing_clock(at),
        system(folder, database) as gate24,
        nullcontext() if database else memory_table(gate24.dynamodb) as held,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(endpoint, "call", lambda *_: EndpointAnswer(200, "", 1))
        patch.setattr(forward, "_pool", SimpleNamespace(request=_accepted, clear=lambda: None))
        patch.setattr(remembered, "monotonic", lambda: 0.0)  # what the process remembers stays
        for provider in ("gupshup", "meta"):
            _known_contact(made := Scene(gate24, held, at), provider)
        assert gate24.http("GET", "/v1/contacts").status == 200
        yield made


class _Called(Exception):
    """The flow's handler is called with this event."""


def _accepted(*_: Any, **__: Any) -> Any:
    """A BSP's answer, as Gupshup and as Meta give it."""
    its_id = f"bsp-{next(_numbers)}"
    said = {"status": "submitted", "messageId": its_id, "messages": [{"id": its_id}]}
    body = io.BytesIO(json.dumps(said).encode())
    return SimpleNamespace(status=202, read=body.read, release_conn=lambda: None, headers={})


def event_of(flow: Flow, scene: Scene) -> Any:
    """The event of one call of the flow's handler."""
    ask = flow.make(scene)

    def instead(function: str) -> Callable[[Any, Any], Any]:
        def called(event: Any, context: Any) -> Any:
            if function == flow.function:
                raise _Called(event)
            return _ALLOWED

        return called

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(systems, "handler", instead)
        try:
            return ask()
        except _Called as called:
            (event,) = called.args
            return event


def call_of(flow: Flow, scene: Scene) -> Callable[[], Any]:
    """One call of the flow's handler, the same each time."""
    event, entry = event_of(flow, scene), handler(flow.function)

    def call() -> Any:
        answer = entry(event, CONTEXT)
        assert _is_good(answer), answer
        return answer

    return call


def _is_good(answer: dict[str, Any]) -> bool:
    if answer.keys() & {"isAuthorized", "statusCode", "batchItemFailures"}:
        done = answer.get("isAuthorized") or answer.get("statusCode") in (200, 202)
        return bool(done or answer.get("batchItemFailures") == [])
    return True  # of a schedule, which raises where it fails


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


def opening_inbound(provider: str) -> Preparation:
    """A message of somebody whose window has ended."""

    def make(scene: Scene) -> Callable[[], object]:
        phone = new_number()
        _tell(scene, provider, _message(scene, provider, "text", phone, 60 * HOUR))()
        return _tell(scene, provider, _message(scene, provider, "text", phone, MINUTE))

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


def deduction() -> Preparation:
    """What Gupshup deducted for a message to somebody who had just written."""

    def make(scene: Scene) -> Callable[[], object]:
        phone = _known_contact(scene, "gupshup")
        sent = scene.gate24.send(TEXT | {"to": f"+{phone}"})
        assert sent.status == 202, sent.text
        body = bodies.gupshup_billing(sent.json["bsp_message_id"], True, scene.at, category="service")
        body["payload"]["references"]["destination"] = phone
        return _tell(scene, "gupshup", body)

    return make


def told(provider: str, body: Any) -> Preparation:
    """Another event about somebody who has just written, by a body of ``bodies``."""

    def make(scene: Scene) -> Callable[[], object]:
        phone = _known_contact(scene, provider)
        return _tell(scene, provider, body_about(body, phone, scene.at - MINUTE))

    return make


def by_advertisement(scene: Scene) -> Callable[[], object]:
    """A message of somebody who has just written, and comes by an advertisement now."""
    body = _message(scene, "meta", "text", _known_contact(scene, "meta"), MINUTE)
    body["entry"][0]["changes"][0]["value"]["messages"][0]["referral"] = {"source_type": "ad"}
    return _tell(scene, "meta", body)


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
    assert scene.held is not None
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


def _line_is_new(scene: Scene, provider: str) -> None:
    """One send in ten writes to the channel's line of slots once more when it ends; the next one is none of them."""
    key = {"pk": {"S": f"R#{_provider(provider)}"}, "sk": {"S": "LINE"}}
    scene.gate24.dynamodb.delete_item(TableName=scene.gate24.table, Key=key)


def send(provider: str, body: dict[str, Any]) -> Preparation:
    """Another message to somebody who has just been answered."""

    def make(scene: Scene) -> Callable[[], object]:
        sent = {"to": f"+{_known_contact(scene, provider)}", "channel": _provider(provider)} | body
        assert scene.gate24.send(sent).status == 202
        _line_is_new(scene, provider)
        return lambda: scene.gate24.send(sent)

    return make


def drop_in(provider: str, body: dict[str, Any]) -> Preparation:
    """``send`` as the provider's own API takes it; ``body``: as a library for that provider posts it."""

    def make(scene: Scene) -> Callable[[], object]:
        phone = _known_contact(scene, provider)
        assert scene.gate24.send(TEXT | {"to": f"+{phone}", "channel": _provider(provider)}).status == 202
        _line_is_new(scene, provider)
        if provider == "meta":
            called = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": phone} | body
            return lambda: scene.gate24.http("POST", f"/graph/v23.0/{META_NUMBER}/messages", called)
        fields = {"channel": "whatsapp", "source": "919876500001", "src.name": "Learning", "destination": phone}
        form = urlencode(fields | {name: json.dumps(value) for name, value in body.items()})
        headers = {"apikey": KEYS[ORG]}
        return lambda: scene.gate24.http("POST", "/gupshup/wa/api/v1/msg", form, headers, key=None)

    return make


def decision(body: dict[str, Any]) -> Preparation:
    def make(scene: Scene) -> Callable[[], object]:
        asked = {"to": f"+{_known_contact(scene, 'gupshup')}"} | body
        assert scene.gate24.check(asked).json["decision"] == "allow"
        return lambda: scene.gate24.check(asked)

    return make


FLOWS = (
    Flow("inbound text, Gupshup", "inbound_webhook", inbound("gupshup"), 3, 3, 3, 1, INBOUND_CHAIN),
    Flow("inbound text, Meta", "inbound_webhook", inbound("meta"), 3, 3, 3, 1, INBOUND_CHAIN),
    Flow("inbound image, Gupshup", "inbound_webhook", inbound("gupshup", "image"), 4, 4, 3, 1),
    Flow("inbound image, Meta", "inbound_webhook", inbound("meta", "image"), 4, 4, 3, 1),
    Flow("opt-out keyword, Gupshup", "inbound_webhook", inbound("gupshup", text="STOP"), 6, 6, 5, 2),
    Flow("opt-out keyword, Meta", "inbound_webhook", inbound("meta", text="STOP"), 6, 6, 5, 2),
    Flow("inbound that opens a window, Gupshup", "inbound_webhook", opening_inbound("gupshup"), 3, 3, 5, 1),
    Flow("inbound that opens a window, Meta", "inbound_webhook", opening_inbound("meta"), 3, 3, 5, 1),
    Flow("first message of a new contact, Gupshup", "inbound_webhook", first_inbound("gupshup"), 6, 6, 8, 2),
    Flow("first message of a new contact, Meta", "inbound_webhook", first_inbound("meta"), 6, 6, 8, 2),
    Flow("status sent, Gupshup", "inbound_webhook", status("gupshup", "sent", ("enqueued",)), 2, 2, 1, 1),
    Flow("status sent, Meta", "inbound_webhook", status("meta", "sent"), 2, 2, 1, 1),
    Flow(
        "status delivered, Gupshup", "inbound_webhook", status("gupshup", "delivered", ("enqueued", "sent")), 2, 2, 1, 1
    ),
    Flow("status delivered, Meta", "inbound_webhook", status("meta", "delivered", ("sent",)), 2, 2, 2, 1),
    Flow(
        "status read, Gupshup",
        "inbound_webhook",
        status("gupshup", "read", ("enqueued", "sent", "delivered")),
        2,
        2,
        1,
        1,
    ),
    Flow("status read, Meta", "inbound_webhook", status("meta", "read", ("sent", "delivered")), 2, 2, 1, 1),
    Flow(
        "status failed, Gupshup", "inbound_webhook", status("gupshup", "failed", ("enqueued",), code=1002), 5, 5, 4, 2
    ),
    Flow("status failed, Meta", "inbound_webhook", status("meta", "failed", ("sent",), code=131026), 5, 5, 4, 2),
    Flow("inbound by an advertisement, Meta", "inbound_webhook", by_advertisement, 4, 4, 3, 2),
    Flow("opt-in event, Gupshup", "inbound_webhook", told("gupshup", bodies.gupshup_consent("opted-in")), 4, 4, 2, 2),
    Flow(
        "marketing stopped, Gupshup", "inbound_webhook", told("gupshup", bodies.gupshup_preference("stop")), 5, 5, 3, 2
    ),
    Flow("marketing stopped, Meta", "inbound_webhook", told("meta", bodies.meta_preference("stop")), 5, 5, 3, 2),
    Flow("call, Meta", "inbound_webhook", told("meta", bodies.meta_call()), 5, 5, 3, 2),
    Flow(
        "sent in the app, Meta",
        "inbound_webhook",
        told("meta", bodies.echo("app-1", bodies.PHONE, bodies.AT)),
        10,
        10,
        4,
        7,
    ),
    Flow(
        "template paused, Gupshup",
        "inbound_webhook",
        told("gupshup", bodies.gupshup_template({"type": "status-update", "status": "PAUSED"})),
        6,
        6,
        3,
        3,
    ),
    Flow("template paused, Meta", "inbound_webhook", told("meta", bodies.meta_template(event="PAUSED")), 6, 6, 4, 3),
    Flow("deduction, Gupshup", "inbound_webhook", deduction(), 2, 2, 2, 1),
    Flow("freeform, Gupshup", "send_gate", send("gupshup", TEXT), 8, 5, 6, 3),
    Flow("freeform, Meta", "send_gate", send("meta", TEXT), 8, 5, 6, 3),
    Flow("template, Gupshup", "send_gate", send("gupshup", TEMPLATE), 9, 5, 6, 4),
    Flow("template, Meta", "send_gate", send("meta", TEMPLATE), 9, 5, 6, 4),
    Flow("drop-in, Gupshup", "send_gate", drop_in("gupshup", {"message": TEXT_OF_GUPSHUP}), 8, 6, 5, 4),
    Flow("drop-in, Meta", "send_gate", drop_in("meta", TEXT), 8, 6, 5, 4),
    Flow("decision, freeform", "send_gate", decision(TEXT), 1, 1, 0, 1),
    Flow("decision, template", "send_gate", decision(TEMPLATE), 2, 1, 0, 2),
    Flow("authorizer", "authorizer", _read("/v1/contacts/{phone}"), 1, 1, 0, 1),
    Flow("read a contact", "read_api", _read("/v1/contacts/{phone}"), 2, 2, 0, 1.5),
    Flow("read the messages of a contact", "read_api", _read("/v1/contacts/{phone}/messages"), 2, 2, 0, 1.5),
    Flow("a change told to one webhook", "tell_changes", _change, 4, 4, 2, 0.5),
    Flow("a delivery", "deliver_events", _delivery, 5, 5, 1, 4),
)
LISTING = Flow("list contacts", "read_api", _read("/v1/contacts"), 6, 6, 0, None)
"""Its requests are the more, the more contacts there are."""
