"""The BSP simulator answers as the providers do, and fails as it is told."""

import hashlib
import hmac
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from bsp_simulator import BspSimulator, webhooks
from bsp_simulator.inbound import InboundInvalid, read_time
from bsp_simulator.media import File

CONTACT = "919876543210"
DAY_MS = 24 * 60 * 60 * 1000
TEXT = {"type": "text", "text": "Your form has reached us"}
LOGIN_CODE = {"name": "login_code", "language": {"code": "en"}}
TEMPLATE = {"id": "7d0b7a0e-0001-4000-8000-000000000001", "params": ["Asha"]}


class Receiver(ThreadingHTTPServer):
    """A webhook: keeps what it is sent, and answers with the statuses given in advance, then with 200."""

    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ReceiverHandler)
        self.arrived = threading.Condition()
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def bodies(self, count: int) -> list[Any]:
        """The bodies, once there are that many."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.seen) >= count, 5), f"{len(self.seen)} of {count} webhooks"
            return [json.loads(raw) for _, raw in self.seen]


class ReceiverHandler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.arrived:
            self.server.seen.append(({name.lower(): value for name, value in self.headers.items()}, raw))
            status = self.server.answers.pop(0) if self.server.answers else 200
            self.server.arrived.notify_all()
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def channels(webhook: str) -> dict[str, Any]:
    return {
        "channels": [
            {
                "id": "gs",
                "provider": "gupshup",
                "business_number": "+911140000001",
                "app": "NgoDesk",
                "api_key": "key-1",
                "webhook_url": f"{webhook}/gs",
                "webhook_token": "hook-1",
                "templates": [
                    {"id": TEMPLATE["id"], "elementName": "visit_reminder", "category": "MARKETING"}
                    | {"languageCode": "en", "status": "APPROVED"}
                ],
            },
            {
                "id": "meta",
                "provider": "meta",
                "business_number": "+911140000002",
                "phone_number_id": "1000001",
                "access_token": "token-1",
                "webhook_url": f"{webhook}/meta",
                "app_secret": "app-secret-1",
                "templates": [{"elementName": "login_code", "category": "AUTHENTICATION"}],
            },
        ]
    }


@pytest.fixture
def config_path(tmp_path: Path, receiver: Receiver) -> Path:
    path = tmp_path / "bsp.json"
    path.write_text(json.dumps(channels(receiver.url)))
    return path


@pytest.fixture
def simulator(config_path: Path) -> Iterator[BspSimulator]:
    with BspSimulator(config_path, status_step_ms=2) as started:
        yield started


Answer = tuple[int, Any]


def call(simulator: BspSimulator, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """Status and body, JSON where it is JSON."""
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=5)
    try:
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request(method, path, raw, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer.status, json.loads(text) if answer.headers["Content-Type"] == "application/json" else text
    finally:
        connection.close()


def send_gupshup(simulator: BspSimulator, apikey: str = "key-1", template: bool = False, **changed: str) -> Answer:
    content = {"template": json.dumps(TEMPLATE)} if template else {"message": json.dumps(TEXT)}
    form = {"channel": "whatsapp", "source": "911140000001", "destination": CONTACT, "src.name": "NgoDesk", **content}
    path = "/wa/api/v1/template/msg" if template else "/wa/api/v1/msg"
    return call(simulator, "POST", path, urlencode({**form, **changed}).encode(), apikey=apikey)


def mark_gupshup(simulator: BspSimulator, apikey: str = "key-1", app: str = "NgoDesk") -> Answer:
    return call(simulator, "PUT", f"/wa/app/{app}/msg/wamid.1%3D/read", apikey=apikey)


def send_meta(simulator: BspSimulator, token: str = "token-1", number: str = "1000001", **changed: Any) -> Answer:
    body = {
        "messaging_product": "whatsapp",
        "to": f"+{CONTACT}",
        "type": "text",
        "text": {"body": "Namaste"},
        "biz_opaque_callback_data": "our-id",
        **changed,
    }
    return call(simulator, "POST", f"/v26.0/{number}/messages", body, Authorization=f"Bearer {token}")


def script(simulator: BspSimulator, entry: Any) -> None:
    assert call(simulator, "POST", "/_sim/script", entry)[0] == 200


def inbound(simulator: BspSimulator, **request: Any) -> Any:
    status, answer = call(simulator, "POST", "/_sim/inbound", {"channel_id": "gs", "from": f"+{CONTACT}", **request})
    assert status == 200, answer
    return answer


def requests(simulator: BspSimulator) -> list[dict[str, Any]]:
    received: list[dict[str, Any]] = call(simulator, "GET", "/_sim/requests")[1]["requests"]
    return received


def statuses_of(bodies: list[Any]) -> list[Any]:
    """Names of the statuses in webhook bodies, failures with their code."""
    told = []
    for body in bodies:
        if "entry" in body:
            entry = body["entry"][0]["changes"][0]["value"]["statuses"][0]
            name, code = entry["status"], entry.get("errors", [{}])[0].get("code")
        else:
            name, code = body["payload"]["type"], body["payload"]["payload"].get("code")
        told.append((name, code) if code else name)
    return told


def test_gupshup_accepts_with_an_id_and_tells_every_status_under_it(
    simulator: BspSimulator, receiver: Receiver
) -> None:
    status, answer = send_gupshup(simulator)
    assert (status, answer["status"]) == (202, "submitted")
    bodies = receiver.bodies(4)
    assert statuses_of(bodies) == ["enqueued", "sent", "delivered", "read"]
    payloads = [body["payload"] for body in bodies]
    assert payloads[0]["id"] == answer["messageId"] and "gsId" not in payloads[0]
    assert {payload["gsId"] for payload in payloads[1:]} == {answer["messageId"]}
    assert {payload["id"] for payload in payloads[1:]} == {payloads[0]["payload"]["whatsappMessageId"]}
    assert payloads[1]["pricing"] == {"policy": "PMP", "category": "service", "type": "free_customer_service"}
    assert all(body["app"] == "NgoDesk" and body["payload"]["destination"] == CONTACT for body in bodies)
    assert {headers["x-webhook-token"] for headers, _ in receiver.seen} == {"hook-1"}


def test_a_templates_status_is_priced_by_its_category(simulator: BspSimulator, receiver: Receiver) -> None:
    assert send_gupshup(simulator, template=True)[0] == 202
    assert receiver.bodies(2)[1]["payload"]["pricing"] == {"policy": "PMP", "category": "marketing", "type": "regular"}


@pytest.mark.parametrize(
    ("changed", "status", "message"),
    [
        ({"apikey": "another"}, 401, "Authentication Failed"),
        ({"source": "911140000009"}, 400, "Invalid App Details"),
        ({"src.name": "OtherApp"}, 400, "Invalid App Details"),
        ({"destination": "+91 98765"}, 400, "Invalid Destination"),
        ({"destination": ""}, 400, "Invalid Destination"),
        ({"message": "not json"}, 400, "Invalid Message"),
        ({"message": json.dumps({"type": "text", "text": ""})}, 400, "Invalid Message"),
        ({"message": json.dumps({"type": "list", "body": "Which?"})}, 400, "Invalid Message"),
        ({"message": json.dumps({"type": "quick_reply", "content": {"type": "text"}})}, 400, "Invalid Message"),
        ({"message": json.dumps({"type": "location", "latitude": 1})}, 400, "Invalid Message"),
        ({"message": json.dumps({"type": "reaction", "emoji": ""})}, 400, "Invalid Message"),
    ],
)
def test_gupshup_refuses_what_is_wrong_and_it_is_recorded_without_an_id(
    simulator: BspSimulator, changed: dict[str, Any], status: int, message: str
) -> None:
    assert send_gupshup(simulator, **changed) == (status, {"message": message, "status": "error"})
    assert [each["message_id"] for each in requests(simulator)] == [None]


def test_meta_accepts_with_a_wamid_and_echoes_our_id_in_signed_statuses(
    simulator: BspSimulator, receiver: Receiver
) -> None:
    status, answer = send_meta(simulator)
    assert status == 200
    assert answer["contacts"] == [{"input": f"+{CONTACT}", "wa_id": CONTACT}]
    message_id = answer["messages"][0]["id"]
    assert message_id.startswith("wamid.")
    bodies = receiver.bodies(3)
    assert statuses_of(bodies) == ["sent", "delivered", "read"]
    values = [body["entry"][0]["changes"][0]["value"] for body in bodies]
    assert {value["metadata"]["phone_number_id"] for value in values} == {"1000001"}
    entries = [value["statuses"][0] for value in values]
    told = {(each["id"], each["biz_opaque_callback_data"], each["recipient_id"]) for each in entries}
    assert told == {(message_id, "our-id", CONTACT)}
    assert ["pricing" in each for each in entries] == [True, True, False]
    for headers, raw in receiver.seen:
        expected = hmac.new(b"app-secret-1", raw, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature-256"] == f"sha256={expected}"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"token": "another"}, 401, 190),
        ({"number": "999"}, 400, 100),
        ({"messaging_product": None}, 400, 100),
        ({"to": None}, 400, 131008),
        ({"to": "nobody"}, 400, 131009),
        ({"to": None, "recipient": "nobody"}, 400, 131009),
        # Meta, error codes (131062: business-scoped user id recipient not supported), read 2026-11.
        ({"to": None, "recipient": "IN.1234", "type": "template", "template": LOGIN_CODE}, 400, 131062),
        ({"type": "poem"}, 400, 131008),
        ({"type": "interactive", "interactive": {"type": "button"}}, 400, 131008),
        ({"type": "location", "location": {"latitude": 1}}, 400, 131008),
        ({"type": "contacts", "contacts": []}, 400, 131008),
        ({"type": "contacts", "contacts": [{"name": {"first_name": "A"}}]}, 400, 131008),
        ({"type": "reaction", "reaction": {"emoji": ""}}, 400, 131008),
        ({"status": "read"}, 400, 131008),
        ({"type": "template", "template": {"name": "visit_reminder"}}, 400, 131008),
    ],
)
def test_meta_refuses_what_is_wrong_with_a_code(
    simulator: BspSimulator, changed: dict[str, Any], status: int, code: int
) -> None:
    answered, body = send_meta(simulator, **changed)
    assert (answered, body["error"]["code"]) == (status, code)
    assert [each["message_id"] for each in requests(simulator)] == [None]


def test_meta_takes_a_user_id_as_recipient_and_names_nobody_by_number(
    simulator: BspSimulator, receiver: Receiver
) -> None:
    """Meta, business-scoped user ids (read 2026-11): the answer has ``user_id``, statuses ``recipient_user_id``."""
    status, answer = send_meta(simulator, to=None, recipient="IN.1234")
    assert (status, answer["contacts"]) == (200, [{"input": "IN.1234", "user_id": "IN.1234"}])
    entries = [body["entry"][0]["changes"][0]["value"]["statuses"][0] for body in receiver.bodies(3)]
    assert [(each["recipient_user_id"], "recipient_id" in each) for each in entries] == [("IN.1234", False)] * 3
    assert send_meta(simulator, recipient="IN.1234")[1]["contacts"] == [{"input": f"+{CONTACT}", "wa_id": CONTACT}]


@pytest.mark.parametrize(
    ("told", "to", "contact", "recipient"),
    [
        (
            {"from": CONTACT, "user_id": "IN.1234", "name": "Asha"},
            {"to": CONTACT},
            {"profile": {"name": "Asha"}, "wa_id": CONTACT, "user_id": "IN.1234"},
            {"recipient_id": CONTACT, "recipient_user_id": "IN.1234"},
        ),
        (
            {"from": "IN.1234", "name": "Asha"},
            {"to": None, "recipient": "IN.1234"},
            {"profile": {"name": "Asha"}, "user_id": "IN.1234"},
            {"recipient_user_id": "IN.1234"},
        ),
        (
            {"from": CONTACT, "channel_id": "gs", "user_id": "IN.1234", "name": "Asha"},
            {"to": CONTACT},
            {"profile": {"name": "Asha"}, "wa_id": CONTACT},
            {"recipient_id": CONTACT},
        ),
        (None, {"to": CONTACT}, {"profile": {"name": "Test contact"}, "wa_id": CONTACT}, {"recipient_id": CONTACT}),
    ],
    ids=["number and user id", "user id", "user id of another business", "nobody"],
)
def test_metas_statuses_name_the_person_as_far_as_it_was_told_and_a_failure_names_nobody(
    simulator: BspSimulator,
    receiver: Receiver,
    told: dict[str, str] | None,
    to: dict[str, Any],
    contact: dict[str, Any],
    recipient: dict[str, str],
) -> None:
    """Meta, business-scoped user ids (read 2026-11)."""
    if told is not None:
        inbound(simulator, **{"channel_id": "meta", "text": "Hello", **told})
    receiver.seen.clear()
    script(simulator, {"outcome": "accept", "statuses": ["sent", "delivered", "read", {"failed": 131026}]})
    send_meta(simulator, **to)
    values = [body["entry"][0]["changes"][0]["value"] for body in receiver.bodies(4)]
    assert [value.get("contacts") for value in values] == [[contact], [contact], [contact], None]
    entries = [value["statuses"][0] for value in values]
    assert [{name: each[name] for name in each if name.startswith("recipient")} for each in entries[:3]] == [
        recipient
    ] * 3


def test_requests_are_listed_in_order_without_secrets_and_can_be_emptied(simulator: BspSimulator) -> None:
    gupshup_id = send_gupshup(simulator)[1]["messageId"]
    meta_id = send_meta(simulator)[1]["messages"][0]["id"]
    first, second = requests(simulator)
    assert first.keys() == {"id", "path", "headers", "form", "received_at", "message_id"}
    assert second.keys() == {"id", "path", "headers", "json", "received_at", "message_id"}
    assert (first["path"], second["path"]) == ("/wa/api/v1/msg", "/v26.0/1000001/messages")
    assert (first["message_id"], second["message_id"]) == (gupshup_id, meta_id)
    assert json.loads(first["form"]["message"]) == TEXT
    assert second["json"]["biz_opaque_callback_data"] == "our-id"
    assert (first["headers"]["apikey"], second["headers"]["authorization"]) == ("***", "***")
    assert first["received_at"].endswith("Z") and first["id"] != second["id"]
    assert call(simulator, "DELETE", "/_sim/requests") == (200, {"deleted": 2})
    assert requests(simulator) == []


@pytest.mark.parametrize(
    ("entry", "answer"),
    [
        ({"outcome": "reject"}, (400, {"message": "Invalid Destination", "status": "error"})),
        ({"outcome": "reject", "status": 429}, (429, {"message": "Too Many Requests", "status": "error"})),
        ({"outcome": "reject", "status": 503, "body": {"down": True}}, (503, {"down": True})),
        ({"outcome": "reject", "status": 500, "body": "<h1>Oops</h1>"}, (500, "<h1>Oops</h1>")),
    ],
)
def test_a_scripted_reject_answers_as_told_and_sends_nothing(
    simulator: BspSimulator, receiver: Receiver, entry: dict[str, Any], answer: Answer
) -> None:
    script(simulator, entry)
    assert send_gupshup(simulator) == answer
    assert send_gupshup(simulator)[0] == 202
    rejected, accepted = requests(simulator)
    assert rejected["message_id"] is None and accepted["message_id"]
    assert len(receiver.bodies(4)) == 4


def test_a_scripted_reject_of_a_meta_call_has_metas_shape(simulator: BspSimulator) -> None:
    script(simulator, {"outcome": "reject", "status": 429})
    status, body = send_meta(simulator)
    assert (status, body["error"]["code"]) == (429, 130429)


def test_an_acceptance_without_an_id_is_still_a_message(simulator: BspSimulator, receiver: Receiver) -> None:
    script(simulator, {"outcome": "accept", "status": 200, "body": {"status": "submitted"}})
    assert send_gupshup(simulator) == (200, {"status": "submitted"})
    assert receiver.bodies(4)[0]["payload"]["id"] == requests(simulator)[0]["message_id"]


def test_an_id_in_an_accepting_body_is_the_messages_id(simulator: BspSimulator) -> None:
    script(simulator, {"outcome": "accept", "body": {"status": "submitted", "messageId": "chosen"}})
    assert send_gupshup(simulator)[1]["messageId"] == "chosen"
    assert requests(simulator)[0]["message_id"] == "chosen"


@pytest.mark.parametrize("send", [send_gupshup, send_meta])
@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        ("timeout_before_accept", http.client.RemoteDisconnected),
        ("timeout_after_accept", http.client.RemoteDisconnected),
        ("reset", ConnectionResetError),
    ],
)
def test_a_call_that_gets_no_answer_is_recorded_and_told_of_only_if_it_was_accepted(
    simulator: BspSimulator, receiver: Receiver, send: Callable[..., Answer], outcome: str, error: type[Exception]
) -> None:
    script(simulator, {"outcome": outcome, "delay_ms": 20, "statuses": ["sent"]})
    with pytest.raises(error) as raised:
        send(simulator)
    assert raised.type is error
    [received] = requests(simulator)
    assert (received["message_id"] is not None) == (outcome == "timeout_after_accept")
    if outcome == "timeout_after_accept":
        assert received["message_id"] in json.dumps(receiver.bodies(1))
    assert send(simulator)[0] in (200, 202)


@pytest.mark.parametrize(
    ("scripted", "send", "told"),
    [
        (["enqueued", "sent", {"failed": 131026}], send_gupshup, ["enqueued", "sent", ("failed", 131026)]),
        (["read", "sent"], send_meta, ["read", "sent"]),
        (["enqueued", {"failed": 131049}], send_meta, [("failed", 131049)]),
    ],
)
def test_scripted_statuses_take_the_place_of_the_usual(
    simulator: BspSimulator, receiver: Receiver, scripted: list[Any], send: Callable[..., Answer], told: list[Any]
) -> None:
    script(simulator, {"outcome": "accept", "statuses": scripted})
    send(simulator)
    assert statuses_of(receiver.bodies(len(told))) == told


@pytest.mark.parametrize(("code", "id_is_ours"), [(1002, True), (470, False), (131026, False)])
def test_a_gupshup_failure_has_our_id_where_gupshup_puts_it(
    simulator: BspSimulator, receiver: Receiver, code: int, id_is_ours: bool
) -> None:
    script(simulator, {"outcome": "accept", "statuses": [{"failed": code}]})
    message_id = send_gupshup(simulator)[1]["messageId"]
    payload = receiver.bodies(1)[0]["payload"]
    assert payload["id" if id_is_ours else "gsId"] == message_id
    assert ("gsId" in payload) != id_is_ours


def test_no_scripted_statuses_means_none(simulator: BspSimulator, receiver: Receiver) -> None:
    script(simulator, [{"outcome": "accept", "statuses": []}, {"outcome": "accept", "statuses": ["sent"]}])
    send_gupshup(simulator)
    second = send_gupshup(simulator)[1]["messageId"]
    assert [body["payload"]["gsId"] for body in receiver.bodies(1)] == [second]


def test_a_script_is_used_up_in_order_by_count_and_only_by_calls_that_match(simulator: BspSimulator) -> None:
    other = "919876543211"
    entries = [
        {"outcome": "reject", "status": 403, "match": {"destination": f"+{other}"}},
        {"outcome": "reject", "status": 500, "count": 2, "match": {"channel_id": "gs"}},
    ]
    script(simulator, {"script": entries})
    assert [each["count"] for each in call(simulator, "GET", "/_sim/script")[1]["script"]] == [1, 2]
    assert send_meta(simulator)[0] == 200
    assert send_gupshup(simulator, apikey="another")[0] == 401
    assert [send_gupshup(simulator)[0] for _ in range(3)] == [500, 500, 202]
    assert send_gupshup(simulator, destination=other)[0] == 403
    script(simulator, {"outcome": "reject"})
    assert call(simulator, "DELETE", "/_sim/script") == (200, {"deleted": 1})
    assert call(simulator, "GET", "/_sim/script") == (200, {"script": []})


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        (b"{", "object"),
        ({}, "outcome"),
        ({"outcome": "explode"}, "outcome"),
        ({"outcome": ["accept"]}, "outcome"),
        ({"outcome": "accept", "count": 0}, "count"),
        ({"outcome": "accept", "count": True}, "count"),
        ({"outcome": "accept", "delay_ms": -1}, "delay_ms"),
        ({"outcome": "reject", "status": 200}, "status"),
        ({"outcome": "accept", "statuses": "sent"}, "statuses"),
        ({"outcome": "accept", "statuses": ["lost"]}, "statuses"),
        ({"outcome": "accept", "statuses": [{"failed": "why"}]}, "statuses"),
        ({"outcome": "accept", "match": {"from": "x"}}, "match"),
        ({"outcome": "accept", "delay": 5}, "delay"),
        ([{"outcome": "accept"}, {"outcome": "explode"}], "outcome"),
    ],
)
def test_an_invalid_script_is_refused_with_the_field_named_and_nothing_is_queued(
    simulator: BspSimulator, entry: Any, named: str
) -> None:
    status, body = call(simulator, "POST", "/_sim/script", entry)
    assert status == 400 and named in body["error"]
    assert call(simulator, "GET", "/_sim/script")[1] == {"script": []}


@pytest.mark.parametrize(
    ("channel", "send", "told"),
    [
        ("gs", send_gupshup, ["enqueued", ("failed", 470)]),
        ("meta", send_meta, [("failed", 131047)]),
    ],
)
def test_a_freeform_fails_once_the_simulators_own_clock_says_that_the_window_is_over(
    simulator: BspSimulator, receiver: Receiver, channel: str, send: Callable[..., Answer], told: list[Any]
) -> None:
    inbound(simulator, channel_id=channel, text="Hello", timestamp=webhooks.now_ms() - DAY_MS)
    assert send(simulator)[0] in (200, 202)
    assert statuses_of(receiver.bodies(1 + len(told))[1:]) == told
    inbound(simulator, channel_id=channel, text="Hello again", timestamp=webhooks.now_ms() - DAY_MS + 60_000)
    send(simulator)
    assert statuses_of(receiver.bodies(4 + len(told))[2 + len(told) :])[-1] != told[-1]


def test_a_template_goes_out_after_the_window(simulator: BspSimulator, receiver: Receiver) -> None:
    inbound(simulator, text="Hello", timestamp=webhooks.now_ms() - 2 * DAY_MS)
    send_gupshup(simulator, template=True)
    assert statuses_of(receiver.bodies(5)[1:]) == ["enqueued", "sent", "delivered", "read"]


def test_a_contact_writes_through_gupshup(simulator: BspSimulator, receiver: Receiver) -> None:
    answer = inbound(simulator, text="नमस्ते", timestamp="2026-11-21T18:30:00Z", name="Asha")
    [body] = receiver.bodies(1)
    assert answer == {"sent": 1, "statuses": [200], "message_ids": [body["payload"]["id"]]}
    assert (body["app"], body["type"], body["version"], body["timestamp"]) == ("NgoDesk", "message", 2, 1795285800000)
    assert body["payload"]["source"] == CONTACT
    assert body["payload"]["payload"] == {"text": "नमस्ते"}
    assert body["payload"]["sender"] == {
        "phone": CONTACT, "name": "Asha", "country_code": "91", "dial_code": "9876543210",
    }  # fmt: skip
    assert receiver.seen[0][0]["x-webhook-token"] == "hook-1"


def test_a_contact_writes_through_meta(simulator: BspSimulator, receiver: Receiver) -> None:
    part = {"type": "image", "image": {"id": "m1", "mime_type": "image/jpeg"}}
    inbound(simulator, channel_id="meta", payload=part, timestamp=1795285800)
    value = receiver.bodies(1)[0]["entry"][0]["changes"][0]["value"]
    assert value["metadata"] == {"display_phone_number": "911140000002", "phone_number_id": "1000001"}
    assert value["contacts"][0]["wa_id"] == CONTACT
    [message] = value["messages"]
    assert (message["from"], message["timestamp"], message["image"]["id"]) == (CONTACT, "1795285800", "m1")
    headers, raw = receiver.seen[0]
    assert headers["x-hub-signature-256"] == "sha256=" + hmac.new(b"app-secret-1", raw, hashlib.sha256).hexdigest()


def test_meta_writes_and_signs_what_is_not_ascii_as_escapes(simulator: BspSimulator, receiver: Receiver) -> None:
    """Graph API, webhooks, getting started, read 2026-11: the signature is that of the body with Unicode escaped, in
    lower case. whatsapp-api-js 6.3 verifies it so."""
    inbound(simulator, channel_id="meta", text="\u00e4\U0001f44d")
    value = receiver.bodies(1)[0]["entry"][0]["changes"][0]["value"]
    assert value["messages"][0]["text"] == {"body": "\u00e4\U0001f44d"}
    assert rb"\u00e4\ud83d\udc4d" in receiver.seen[0][1] and receiver.seen[0][1].isascii()


def test_a_person_keeps_the_name_until_another_one_is_told(simulator: BspSimulator, receiver: Receiver) -> None:
    inbound(simulator, text="Hello")
    inbound(simulator, text="Hello", name="Sita", user_id="IN.1234")
    inbound(simulator, text="Hello")
    inbound(simulator, text="Hello", channel_id="meta")
    inbound(simulator, text="Hello", **{"from": "IN.1234"})
    inbound(simulator, text="Hello", **{"from": "+919876500099"})
    inbound(simulator, messages=[{"text": "Hello", "name": "Sita Devi"}, "again"])
    told = [
        body["payload"]["sender"]["name"]
        if "payload" in body
        else body["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"]
        for body in receiver.bodies(8)
    ]
    assert told == ["Test contact", *["Sita"] * 4, "Test contact", *["Sita Devi"] * 2]


def test_a_contact_who_hides_the_number_writes_under_a_user_id(simulator: BspSimulator, receiver: Receiver) -> None:
    """Meta: the fields of the number are missing then. Gupshup, partner-docs bsuid: ``sender.userId``. Read 2026-11."""
    inbound(simulator, channel_id="meta", text="Hello", **{"from": "IN.1234"})
    inbound(simulator, channel_id="meta", text="Hello", user_id="IN.1234")
    inbound(simulator, text="Hello", **{"from": "IN.1234"})
    hidden, shown, gupshup = receiver.bodies(3)
    values = [body["entry"][0]["changes"][0]["value"] for body in (hidden, shown)]
    senders = [(value["messages"][0].get("from"), value["messages"][0]["from_user_id"]) for value in values]
    contacts = [(value["contacts"][0].get("wa_id"), value["contacts"][0]["user_id"]) for value in values]
    assert senders == contacts == [(None, "IN.1234"), (CONTACT, "IN.1234")]
    assert (gupshup["payload"]["sender"]["userId"], "source" in gupshup["payload"]) == ("IN.1234", False)


def test_a_gupshup_message_can_come_in_version_3(simulator: BspSimulator, receiver: Receiver) -> None:
    inbound(simulator, text="Hello", version="v3")
    [body] = receiver.bodies(1)
    assert body["gs_app_id"] == "NgoDesk"
    assert body["entry"][0]["changes"][0]["value"]["messages"][0]["text"] == {"body": "Hello"}
    assert receiver.seen[0][0]["x-webhook-token"] == "hook-1"


def test_an_echo_is_posted_as_meta_tells_it_and_opens_no_window(simulator: BspSimulator, receiver: Receiver) -> None:
    request = {"channel_id": "meta", "to": f"+{CONTACT}", "text": "From the app", "timestamp": 1795285800}
    status, answer = call(simulator, "POST", "/_sim/echo", request)
    assert (status, answer["sent"], answer["statuses"]) == (200, 1, [200])
    (change,) = receiver.bodies(1)[-1]["entry"][0]["changes"]
    (echo,) = change["value"]["message_echoes"]
    assert change["field"] == "smb_message_echoes"
    assert (echo["to"], echo["text"], echo["timestamp"]) == (CONTACT, {"body": "From the app"}, "1795285800")
    assert call(simulator, "POST", "/_sim/echo", request | {"to": "nobody"})[0] == 400
    assert call(simulator, "POST", "/_sim/echo", {"channel_id": "meta", "to": CONTACT})[0] == 400


def test_an_echo_on_a_gupshup_channel_is_in_version_3(simulator: BspSimulator, receiver: Receiver) -> None:
    request = {"channel_id": "gs", "to": f"+{CONTACT}", "text": "From the app", "id": "wamid.app"}
    assert call(simulator, "POST", "/_sim/echo", request)[1]["message_ids"] == ["wamid.app"]
    body = receiver.bodies(1)[-1]
    assert body["gs_app_id"] == "NgoDesk"
    (change,) = body["entry"][0]["changes"]
    assert change["field"] == "smb_message_echoes"
    assert change["value"]["message_echoes"][0]["to"] == CONTACT
    assert receiver.seen[0][0]["x-webhook-token"] == "hook-1"


def test_a_payload_is_a_part_or_a_whole_body(simulator: BspSimulator, receiver: Receiver) -> None:
    part = {"type": "location", "payload": {"longitude": "77.2", "latitude": "28.6"}}
    whole = {"app": "NgoDesk", "version": 2, "type": "user-event", "payload": {"phone": CONTACT, "type": "opted-in"}}
    inbound(simulator, payload=part)
    assert inbound(simulator, payload=whole)["message_ids"] == [None]
    first, second = receiver.bodies(2)
    assert first["payload"]["payload"] == part["payload"]
    assert second == whole


SHORT_FORMS: list[tuple[str, Any, Any, Any]] = [
    (
        "button_reply",
        {"id": "yes", "title": "Yes"},
        {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}},
        {"type": "button_reply", "payload": {"title": "Yes", "id": "yes", "reply": "Yes", "postbackText": "yes"}},
    ),
    (
        "list_reply",
        {"id": "tue", "title": "Tuesday", "description": "At ten"},
        {
            "type": "interactive",
            "interactive": {
                "type": "list_reply",
                "list_reply": {"id": "tue", "title": "Tuesday", "description": "At ten"},
            },
        },
        {
            "type": "list_reply",
            "payload": {
                "title": "Tuesday", "id": "tue", "reply": "Tuesday", "postbackText": "tue", "description": "At ten",
            },
        },
    ),
    (
        "button",
        {"text": "I will come"},
        {"type": "button", "button": {"text": "I will come", "payload": "I will come"}},
        {"type": "quick_reply", "payload": {"text": "I will come", "type": "button", "postbackText": "I will come"}},
    ),
    (
        "location",
        {"latitude": 18.52, "longitude": 73.85, "name": "Hall"},
        {"type": "location", "location": {"latitude": 18.52, "longitude": 73.85, "name": "Hall"}},
        {"type": "location", "payload": {"latitude": "18.52", "longitude": "73.85", "name": "Hall"}},
    ),
    (
        "reaction",
        {"message_id": "m-1", "emoji": "\U0001f44d"},
        {"type": "reaction", "reaction": {"message_id": "m-1", "emoji": "\U0001f44d"}},
        {"type": "reaction", "payload": {"emoji": "\U0001f44d", "gsId": "m-1", "id": "m-1"}},
    ),
]  # fmt: skip
"""A short form's name and object, and what Meta and Gupshup make of it."""


@pytest.mark.parametrize(("name", "part", "at_meta", "at_gupshup"), SHORT_FORMS, ids=[each[0] for each in SHORT_FORMS])
def test_what_a_contact_taps_or_shares_is_told_as_each_provider_tells_it(
    simulator: BspSimulator, receiver: Receiver, name: str, part: Any, at_meta: Any, at_gupshup: Any
) -> None:
    inbound(simulator, channel_id="meta", reply_to="m-0", **{name: part})
    inbound(simulator, reply_to="m-0", **{name: part})
    inbound(simulator, messages=[{name: part}], version="v3")
    meta_told, gupshup_told, v3_told = receiver.bodies(3)
    (message,) = meta_told["entry"][0]["changes"][0]["value"]["messages"]
    assert at_meta.items() <= message.items()
    assert message["context"] == {"from": "911140000002", "id": "m-0"}
    assert at_gupshup.items() <= gupshup_told["payload"].items()
    assert gupshup_told["payload"]["context"] == {"id": "m-0", "gsId": "m-0"}
    (message,) = v3_told["entry"][0]["changes"][0]["value"]["messages"]
    assert at_meta.items() <= message.items() and "context" not in message


def test_messages_are_copied_and_shuffled(simulator: BspSimulator, receiver: Receiver) -> None:
    texts: list[Any] = [f"message {n}" for n in range(5)]
    answer = inbound(simulator, messages=[*texts, {"text": "last", "id": "chosen"}], copies=3, shuffle=True)
    bodies = receiver.bodies(18)
    assert (answer["sent"], answer["statuses"]) == (18, [200] * 18)
    assert answer["message_ids"] == [body["payload"]["id"] for body in bodies]
    assert sorted(body["payload"]["payload"]["text"] for body in bodies) == sorted([*texts, "last"] * 3)
    assert len(set(answer["message_ids"])) == 6 and answer["message_ids"].count("chosen") == 3


def test_inbound_tells_what_the_webhook_answered(simulator: BspSimulator, receiver: Receiver) -> None:
    receiver.answers[:] = [401, 503]
    assert inbound(simulator, text="Hello", copies=3)["statuses"] == [401, 503, 200]


@pytest.mark.parametrize(
    ("request_body", "status", "named"),
    [
        (b"[]", 400, "object"),
        ({"channel_id": "nobody", "from": CONTACT, "text": "x"}, 404, "channel_id"),
        ({"channel_id": "gs", "text": "x"}, 400, "from"),
        ({"channel_id": "gs", "from": "Asha", "text": "x"}, 400, "from"),
        ({"channel_id": "gs", "from": CONTACT, "user_id": "x", "text": "x"}, 400, "user_id"),
        ({"channel_id": "gs", "from": CONTACT}, 400, "text"),
        ({"channel_id": "gs", "from": CONTACT, "text": "x", "payload": {"type": "text"}}, 400, "text"),
        ({"channel_id": "gs", "from": CONTACT, "payload": {"text": "x"}}, 400, "type"),
        ({"channel_id": "gs", "from": CONTACT, "text": "x", "timestamp": "yesterday"}, 400, "timestamp"),
        ({"channel_id": "gs", "from": CONTACT, "text": "x", "copies": 0}, 400, "copies"),
        ({"channel_id": "gs", "from": CONTACT, "messages": []}, 400, "messages"),
        ({"channel_id": "gs", "from": CONTACT, "messages": [1]}, 400, "messages"),
        ({"channel_id": "gs", "from": CONTACT, "text": "x", "version": "v1"}, 400, "version"),
        ({"channel_id": "gs", "from": CONTACT, "button_reply": {"title": "Yes"}}, 400, "id and title"),
        ({"channel_id": "gs", "from": CONTACT, "location": [18.52, 73.85]}, 400, "latitude and longitude"),
        ({"channel_id": "gs", "from": CONTACT, "text": "x", "reaction": {"message_id": "m-1"}}, 400, "exactly one"),
    ],
)
def test_an_inbound_that_makes_no_sense_is_refused_and_nothing_is_posted(
    simulator: BspSimulator, receiver: Receiver, request_body: Any, status: int, named: str
) -> None:
    answered, body = call(simulator, "POST", "/_sim/inbound", request_body)
    assert (answered, receiver.seen) == (status, [])
    assert named in body["error"]
    if status == 404:
        assert body["channel_ids"] == ["gs", "meta"]
        assert "./gate24 channel set" in body["error"], "what to do for a channel that was made by the API"


@pytest.mark.parametrize(
    ("value", "epoch_ms"),
    [
        (None, 5),
        (1795285800, 1795285800000),
        ("1795285800", 1795285800000),
        (1795285800123, 1795285800123),
        ("2026-11-22T00:00:00+05:30", 1795285800000),
        ("2026-11-21T18:30:00.123Z", 1795285800123),
    ],
)
def test_a_time_is_read_in_every_usual_form(value: Any, epoch_ms: int) -> None:
    assert read_time(value, 5) == epoch_ms


@pytest.mark.parametrize("value", [True, -1, "", "2026-11-21T18:30:00", [], "nan", 1e300])
def test_what_is_not_a_time_is_refused(value: Any) -> None:
    with pytest.raises(InboundInvalid):
        read_time(value, 5)


def test_a_status_webhook_that_is_not_taken_is_posted_again_before_the_next(
    simulator: BspSimulator, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "RETRY_AFTER_SECONDS", (0.01, 0.01))
    receiver.answers[:] = [503, 401]
    send_meta(simulator)
    assert statuses_of(receiver.bodies(5)) == ["sent", "sent", "sent", "delivered", "read"]
    assert receiver.seen[0][1] == receiver.seen[2][1]


def test_what_was_posted_to_webhooks_is_listed_newest_first(simulator: BspSimulator, receiver: Receiver) -> None:
    receiver.answers[:] = [401]
    inbound(simulator, text="one")
    inbound(simulator, text="two")
    listed = call(simulator, "GET", "/_sim/webhooks")[1]["webhooks"]
    assert [(each["body"]["payload"]["payload"]["text"], each["status"]) for each in listed] == [
        ("two", 200),
        ("one", 401),
    ]


def test_templates_are_listed_for_the_right_key(simulator: BspSimulator) -> None:
    status, body = call(simulator, "GET", "/wa/app/NgoDesk/template", apikey="key-1")
    assert (status, body["status"]) == (200, "success")
    [template] = body["templates"]
    assert (template["elementName"], template["category"], template["status"], template["languageCode"]) == (
        "visit_reminder", "MARKETING", "APPROVED", "en",
    )  # fmt: skip
    assert call(simulator, "GET", "/wa/app/NgoDesk/template", apikey="another")[0] == 401


def test_a_read_mark_at_gupshup_is_done_for_the_accounts_own_app_alone(simulator: BspSimulator) -> None:
    assert mark_gupshup(simulator) == (200, "")
    assert mark_gupshup(simulator, app="Another")[1]["message"] == "Invalid App Details"
    assert mark_gupshup(simulator, apikey="another")[0] == 401
    marked = [(each["path"], each["form"], each["message_id"]) for each in requests(simulator)[:1]]
    assert marked == [("/wa/app/NgoDesk/msg/wamid.1%3D/read", {}, None)]


def test_the_configuration_may_come_late_and_change(tmp_path: Path, receiver: Receiver) -> None:
    path = tmp_path / "late.json"
    with BspSimulator(path) as simulator:
        assert send_gupshup(simulator)[0] == 401
        path.write_text("{half of a fi")
        assert call(simulator, "GET", "/_sim/healthz") == (200, {"status": "ok", "channels": 0})
        document = channels(receiver.url)
        del document["channels"][0]["webhook_url"]
        path.write_text(json.dumps(document))
        request = {"channel_id": "gs", "from": CONTACT, "text": "Hello"}
        assert call(simulator, "POST", "/_sim/inbound", request)[0] == 409
        path.write_text(json.dumps(channels(receiver.url)))
        assert call(simulator, "POST", "/_sim/inbound", request)[1]["statuses"] == [200]
        path.write_text('{"channels": [{"id": "gs"}]}')
        assert call(simulator, "GET", "/_sim/healthz")[1]["channels"] == 2


def test_unknown_routes_and_methods_are_refused(simulator: BspSimulator) -> None:
    assert call(simulator, "GET", "/nowhere")[0] == 404
    assert call(simulator, "PUT", "/_sim/script", {})[0] == 405


def test_many_connections_with_many_calls_each_get_an_id_of_their_own(
    simulator: BspSimulator, receiver: Receiver
) -> None:
    script(simulator, {"outcome": "accept", "statuses": [], "count": 320})
    together = threading.Barrier(64)
    form = {"channel": "whatsapp", "source": "911140000001", "destination": CONTACT, "src.name": "NgoDesk"}
    raw = urlencode({**form, "message": json.dumps(TEXT)})

    def calls(_: int) -> list[str]:
        connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=30)
        try:
            together.wait(10)
            ids = []
            for _ in range(5):
                connection.request("POST", "/wa/api/v1/msg", raw, {"apikey": "key-1"})
                ids.append(json.loads(connection.getresponse().read())["messageId"])
            return ids
        finally:
            connection.close()

    with ThreadPoolExecutor(64) as pool:
        ids = [each for made in pool.map(calls, range(64)) for each in made]
    assert len(set(ids)) == 320
    assert {each["message_id"] for each in requests(simulator)} == set(ids)
    assert call(simulator, "GET", "/_sim/script")[1] == {"script": []}


def test_stopping_ends_calls_that_are_held(config_path: Path) -> None:
    with BspSimulator(config_path) as simulator, ThreadPoolExecutor(1) as pool:
        script(simulator, {"outcome": "timeout_before_accept"})
        held = pool.submit(send_gupshup, simulator)
        while not requests(simulator):
            pass
        simulator.stop()
        assert isinstance(held.exception(5), ConnectionError)


def test_the_log_names_nobody(simulator: BspSimulator, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bsp_simulator")
    send_gupshup(simulator)
    send_meta(simulator)
    simulator.stop()  # a call's line is written after its answer
    assert "POST /wa/api/v1/msg 202" in caplog.text
    assert "POST /{version}/{number}/messages 200" in caplog.text
    assert not any(private in caplog.text for private in (CONTACT, "key-1", "token-1", TEXT["text"]))


def test_hooks_of_any_name_are_kept_as_they_came_and_answered_as_they_are_told(simulator: BspSimulator) -> None:
    raw = '{"b":  1, "ü": "\U0001f600"}'.encode()
    assert call(simulator, "POST", "/_sim/hooks/bot", raw, **{"Webhook-Id": "evt_1"}) == (200, {"received": "bot"})
    assert call(simulator, "POST", "/_sim/hooks-script", {"name": "bot", "status": 503, "count": 2}) == (
        200,
        {"queued": 2},
    )
    names = ("bot", "other", "bot", "bot")
    assert [call(simulator, "POST", f"/_sim/hooks/{name}", b"x")[0] for name in names] == [503, 200, 503, 200]
    first, *others = call(simulator, "GET", "/_sim/hooks")[1]["hooks"]
    assert (first["name"], first["body"], first["headers"]["webhook-id"]) == ("bot", raw.decode(), "evt_1")
    assert first["received_at"].endswith("Z") and [each["name"] for each in others] == list(names)
    assert call(simulator, "DELETE", "/_sim/hooks") == (200, {"deleted": 5})
    assert call(simulator, "GET", "/_sim/hooks")[1] == {"hooks": []}


def test_deleting_hooks_forgets_what_they_were_to_be_answered(simulator: BspSimulator) -> None:
    call(simulator, "POST", "/_sim/hooks-script", [{"name": "bot", "status": 500, "count": 9}])
    call(simulator, "DELETE", "/_sim/hooks")
    assert call(simulator, "POST", "/_sim/hooks/bot", b"")[0] == 200


@pytest.mark.parametrize(
    "entry", [None, {}, {"name": 1}, {"name": "b", "status": 99}, {"name": "b", "count": 0}, {"name": "b", "delay": 1}]
)
def test_a_wrong_answer_for_hooks_is_refused_in_words(simulator: BspSimulator, entry: Any) -> None:
    status, answer = call(simulator, "POST", "/_sim/hooks-script", entry)
    assert status == 400 and answer["error"]


def get_file(url: str, token: str | None = None) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_contacts_file_is_told_and_served_as_each_provider_does(simulator: BspSimulator, receiver: Receiver) -> None:
    inbound(simulator, media={"kind": "document", "caption": "The form"})
    inbound(simulator, channel_id="meta", media={"kind": "image", "base64": "R0lGODlh", "mime_type": "image/gif"})
    gupshup_told, meta_told = receiver.bodies(2)
    payload = gupshup_told["payload"]
    assert (payload["type"], payload["payload"]["contentType"]) == ("file", "application/pdf")
    assert get_file(payload["payload"]["url"])[1].startswith(b"%PDF")  # Gupshup's address wants no key
    part = meta_told["entry"][0]["changes"][0]["value"]["messages"][0]["image"]
    address = f"/v26.0/{part['id']}"
    status, details = call(simulator, "GET", address, Authorization="Bearer token-1")
    assert (status, details["mime_type"], details["file_size"]) == (200, "image/gif", 6)
    assert call(simulator, "GET", address)[0] == 401
    assert get_file(details["url"])[0] == 401
    assert get_file(details["url"], "token-1") == (200, b"GIF89a")
    assert call(simulator, "DELETE", address, Authorization="Bearer token-1") == (200, {"success": True})
    assert call(simulator, "GET", address, Authorization="Bearer token-1")[1]["error"]["code"] == 100


def test_meta_tells_what_contacts_see_of_a_number(simulator: BspSimulator) -> None:
    path = "/v26.0/1000001/whatsapp_business_profile"
    status, told = call(simulator, "GET", f"{path}?fields=email,vertical", Authorization="Bearer token-1")
    profile = {"email": "desk@example.org", "vertical": "NONPROFIT", "messaging_product": "whatsapp"}
    assert (status, told) == (200, {"data": [profile]})
    assert call(simulator, "GET", path, Authorization="Bearer a-guess")[0] == 401
    assert call(simulator, "GET", path.replace("1000001", "1000009"), Authorization="Bearer token-1")[0] == 400


def test_meta_tells_whose_a_phone_number_id_is(simulator: BspSimulator) -> None:
    status, told = call(simulator, "GET", "/v26.0/1000001?fields=display_phone_number", Authorization="Bearer token-1")
    assert (status, told) == (200, {"id": "1000001", "display_phone_number": "+911140000002"})
    assert call(simulator, "GET", "/v26.0/1000001", Authorization="Bearer a-guess")[0] == 401
    assert call(simulator, "GET", "/v26.0/1000009", Authorization="Bearer token-1")[0] == 400


@pytest.mark.parametrize("media", [{"kind": "hologram"}, "image", {"kind": "image", "base64": "?"}])
def test_a_file_that_is_none_is_refused_in_words(simulator: BspSimulator, media: Any) -> None:
    body = {"channel_id": "gs", "from": f"+{CONTACT}", "media": media}
    status, answer = call(simulator, "POST", "/_sim/inbound", body)
    assert status == 400 and "media" in answer["error"]


def test_a_file_is_uploaded_at_meta_and_an_upload_without_one_refused(simulator: BspSimulator) -> None:
    parts = b'--b\r\nContent-Disposition: form-data; name="messaging_product"\r\n\r\nwhatsapp\r\n'
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
    file += b"Content-Type: image/png\r\n\r\n\x89PNG\r\n\r\n"
    headers = {"Authorization": "Bearer token-1", "Content-Type": "multipart/form-data; boundary=b"}
    status, answer = call(simulator, "POST", "/v26.0/1000001/media", parts + file + b"--b--\r\n", **headers)
    assert status == 200
    assert call(simulator, "GET", f"/v26.0/{answer['id']}", Authorization="Bearer token-1")[1]["file_size"] == 6
    assert call(simulator, "POST", "/v26.0/1000001/media", parts + b"--b--\r\n", **headers)[0] == 400


@pytest.mark.parametrize(
    ("said", "content", "received"),
    [("image/gif", b"GIF89a", "image/gif"), ("image/png", b"<!doctype html><p>", "text/html")],
)
def test_an_upload_of_a_type_that_meta_does_not_take_is_refused_in_its_words(
    simulator: BspSimulator, said: str, content: bytes, received: str
) -> None:
    parts = '--b\r\nContent-Disposition: form-data; name="messaging_product"\r\n\r\nwhatsapp\r\n'
    parts += f'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: {said}\r\n\r\n'
    headers = {"Authorization": "Bearer token-1", "Content-Type": "multipart/form-data; boundary=b"}
    body = parts.encode() + content + b"\r\n--b--\r\n"
    status, answer = call(simulator, "POST", "/v26.0/1000001/media", body, **headers)
    error = answer["error"]
    assert (status, error["code"]) == (400, 100)
    assert error["message"].startswith("(#100) Param file must be a file with one of the following types: audio/aac, ")
    assert error["message"].endswith(f". Received file of type '{received}'.")


PAGE = "https://files.example.org/map.html?v=1"
PICTURES = "Please use one of image/png, image/jpeg."


def test_a_file_of_a_type_that_its_kind_does_not_carry_is_accepted_and_fails(
    simulator: BspSimulator, receiver: Receiver
) -> None:
    file_id = simulator.media.add(File("image/png", b"PNG"))
    assert send_meta(simulator, type="image", image={"id": file_id})[0] == 200
    assert statuses_of(receiver.bodies(3)) == ["sent", "delivered", "read"]
    header = {"type": "header", "parameters": [{"type": "image", "image": {"link": PAGE}}]}
    sent: list[dict[str, Any]] = [
        {"type": "audio", "audio": {"id": file_id}},
        {"type": "image", "image": {"link": PAGE}},
        {"type": "template", "template": {**LOGIN_CODE, "components": [header]}},
    ]
    for body in sent:
        assert send_meta(simulator, **body)[0] == 200
    failed = receiver.bodies(6)[3:]
    assert statuses_of(failed) == [("failed", 131053)] * 3
    told = [body["entry"][0]["changes"][0]["value"]["statuses"][0]["errors"][0] for body in failed]
    sounds = "audio/ogg; codecs=opus, audio/mpeg, audio/amr, audio/mp4, audio/aac"
    assert {each["error_data"]["details"] for each in told} == {
        f"Unsupported Audio mime type image/png. Please use one of {sounds}.",
        f"Unsupported Image mime type text/html. {PICTURES}",
    }


def test_at_gupshup_it_fails_too_and_a_document_may_be_anything(simulator: BspSimulator, receiver: Receiver) -> None:
    send_gupshup(simulator, message=json.dumps({"type": "file", "url": PAGE, "filename": "a.html"}))
    assert statuses_of(receiver.bodies(4))[-1] == "read"
    send_gupshup(simulator, message=json.dumps({"type": "image", "originalUrl": PAGE, "previewUrl": PAGE}))
    *_, enqueued, failed = receiver.bodies(6)
    assert statuses_of([enqueued, failed]) == ["enqueued", ("failed", 131053)]
    assert failed["payload"]["payload"]["reason"] == f"Unsupported Image mime type text/html. {PICTURES}"
