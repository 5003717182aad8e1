"""Bad input of every kind: always a documented refusal as problem+json, never an error of our own making."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.bodies import sign
from tests.support.scene import contact_wrote
from tests.support.system import (
    APP_SECRET,
    GUPSHUP,
    META,
    OTHER,
    PHONE,
    TEMPLATE,
    TEXT,
    TOKEN,
    Answer,
    System,
    system,
)


@pytest.fixture(scope="module")
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all: what is refused changes nothing."""
    with system(tmp_path_factory.mktemp("bad-input"), simulate=False) as made:
        contact_wrote(made)
        yield made


def refused(answer: Answer, status: int, code: str, pointer: str | None = None) -> None:
    assert (answer.status, answer.json["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert {"type", "title", "detail", "request_id", "retryable", "allowed_actions"} <= answer.json.keys()
    if pointer is not None:
        assert pointer in [error["pointer"] for error in answer.json["errors"]], answer.text


NOT_OBJECTS = [
    "",
    "   ",
    "{",
    "null",
    "[]",
    '"text"',
    "7",
    "[" * 100_000,
    "{'a': 1}",
    '{"a": NaN}',
    '{"a": 1} x',
    "\ud800",
]


@pytest.mark.parametrize("raw", NOT_OBJECTS, ids=range(len(NOT_OBJECTS)))
def test_a_body_that_is_no_json_object_is_refused_everywhere(gate24: System, raw: str) -> None:
    key = {"Idempotency-Key": "bad"}
    for method, path in (
        ("POST", "/v1/messages"),
        ("POST", "/v1/messages/check"),
        ("POST", "/v1/contacts/919876543210/consents"),
        ("PUT", "/v1/templates/reminder"),
    ):
        refused(gate24.http(method, path, raw, key), 400, "payload_invalid")
    refused(
        gate24.http("POST", f"/webhooks/gupshup/{GUPSHUP}", raw, {"X-Webhook-Token": TOKEN}, None),
        400,
        "payload_invalid",
    )
    signed = {"X-Hub-Signature-256": sign(APP_SECRET, raw.encode("utf-8", "surrogatepass"))}
    refused(gate24.http("POST", f"/webhooks/meta/{META}", raw, signed, None), 400, "payload_invalid")


def media(**changes: Any) -> dict[str, Any]:
    return {"type": "media", "media": {"kind": "image", "url": "https://files.example.org/1.png"} | changes}


def template(**changes: Any) -> dict[str, Any]:
    return {"type": "template", "template": TEMPLATE["template"] | changes}


NOT_SENDS: list[tuple[dict[str, Any], int, str, str | None]] = [
    ({}, 400, "payload_invalid", "/type"),
    ({"type": "carrier-pigeon"}, 400, "payload_invalid", "/type"),
    ({"type": ["text"]}, 400, "payload_invalid", "/type"),
    ({"type": "text"}, 400, "payload_invalid", "/text"),
    (TEXT | {"to": None}, 400, "payload_invalid", "/to"),
    (TEXT | {"to": 919876543210}, 400, "payload_invalid", "/to"),
    (TEXT | {"to": ""}, 422, "recipient_invalid", "/to"),
    (TEXT | {"to": "Asha"}, 422, "recipient_invalid", "/to"),
    (TEXT | {"to": "+91"}, 422, "recipient_invalid", "/to"),
    (TEXT | {"to": "9" * 5000}, 422, "recipient_invalid", "/to"),
    (TEXT | {"channel": 7}, 400, "payload_invalid", "/channel"),
    (TEXT | {"channel": ""}, 400, "payload_invalid", "/channel"),
    (TEXT | {"channel": "none"}, 404, "not_found", None),
    (TEXT | {"channel": OTHER}, 404, "not_found", None),
    ({"type": "text", "text": "Hello"}, 400, "payload_invalid", "/text"),
    ({"type": "text", "text": {}}, 400, "payload_invalid", "/text/body"),
    ({"type": "text", "text": {"body": 5}}, 400, "payload_invalid", "/text/body"),
    ({"type": "text", "text": {"body": " \n"}}, 400, "payload_invalid", "/text/body"),
    ({"type": "text", "text": {"body": "\ud800"}}, 400, "payload_invalid", "/text/body"),
    ({"type": "text", "text": {"body": "x" * 4097}}, 422, "text_too_long", None),
    (TEXT | {"surprise": 1}, 400, "payload_invalid", "/surprise"),
    (TEXT | {"media": media()["media"]}, 400, "payload_invalid", "/media"),
    (TEXT | {"tags": ["a"]}, 400, "payload_invalid", "/tags"),
    (TEXT | {"tags": {"a": 1}}, 400, "payload_invalid", "/tags/a"),
    (TEXT | {"tags": {str(number): "x" for number in range(11)}}, 400, "payload_invalid", "/tags"),
    (TEXT | {"fallback": {}}, 400, "payload_invalid", "/fallback/template"),
    (TEXT | {"fallback": TEMPLATE}, 400, "payload_invalid", "/fallback/type"),
    (media(kind="hologram"), 400, "payload_invalid", "/media/kind"),
    (media(url="file:///etc/passwd"), 400, "payload_invalid", "/media/url"),
    (media(url="https://user:pass@files.example.org/"), 400, "payload_invalid", "/media/url"),
    (media(size_bytes=-1), 400, "payload_invalid", "/media/size_bytes"),
    (media(size_bytes="5"), 400, "payload_invalid", "/media/size_bytes"),
    (media(size_bytes=1.5), 400, "payload_invalid", "/media/size_bytes"),
    (media(size_bytes=True), 400, "payload_invalid", "/media/size_bytes"),
    (media(size_bytes=100 * 1024 * 1024 + 1), 422, "media_too_large", None),
    (media(caption="x" * 1025), 422, "text_too_long", None),
    (media(kind="audio", caption="x"), 400, "payload_invalid", None),
    (template(name=""), 400, "payload_invalid", "/template/name"),
    (template(name="none"), 422, "template_not_found", None),
    (template(language="xx"), 422, "template_not_found", None),
    (template(params="Asha"), 400, "payload_invalid", "/template/params"),
    (template(params=[1]), 400, "payload_invalid", "/template/params/0"),
    (template(params=[""]), 400, "payload_invalid", "/template/params/0"),
    (template(params=["two\nlines"]), 400, "payload_invalid", "/template/params/0"),
    (template(params=["a    b"]), 400, "payload_invalid", "/template/params/0"),
    (template(params=[]), 422, "template_params_mismatch", None),
    (template(params=["a", "b"]), 422, "template_params_mismatch", None),
    (template(media=media()["media"]), 422, "template_params_mismatch", None),
    (TEMPLATE | {"fallback": {"template": TEMPLATE["template"]}}, 400, "payload_invalid", "/fallback"),
]


@pytest.mark.parametrize(("body", "status", "code", "pointer"), NOT_SENDS)
def test_a_send_that_is_not_as_documented_says_what_is_wrong(
    gate24: System, body: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    answer = gate24.send(body)
    refused(answer, status, code, pointer)
    checked = gate24.check(body)
    if checked.status == 200:
        assert (checked.json["decision"], checked.json["code"]) == ("refuse", code)
    else:
        refused(checked, status, code, pointer)


def test_what_is_wrong_is_told_without_repeating_it(gate24: System) -> None:
    secret = "a very private sentence"
    for body in (
        TEXT | {"to": secret},
        TEXT | {secret: 1},
        TEXT | {"channel": secret},
        template(params=[secret + "\n"]),
    ):
        assert secret not in gate24.send(body).text


def test_the_channel_must_be_named_where_there_are_several(gate24: System) -> None:
    body = json.dumps({"to": PHONE, **TEXT})
    refused(gate24.http("POST", "/v1/messages/check", body), 400, "payload_invalid", "/channel")
    assert gate24.http("POST", "/v1/messages/check", body, key="health").status == 200


CONSENT = {"action": "opt_in", "source": "paper form"}
NOT_CONSENTS: list[tuple[dict[str, Any], str]] = [
    ({}, "/action"),
    (CONSENT | {"action": "maybe"}, "/action"),
    (CONSENT | {"action": 1}, "/action"),
    (CONSENT | {"source": ""}, "/source"),
    (CONSENT | {"source": "x" * 101}, "/source"),
    (CONSENT | {"source": None}, "/source"),
    (CONSENT | {"evidence": 17}, "/evidence"),
    (CONSENT | {"at": "2026-11-01T00:00:00Z"}, "/at"),
]


@pytest.mark.parametrize(("body", "pointer"), NOT_CONSENTS)
def test_a_consent_that_is_not_as_documented_is_refused(gate24: System, body: dict[str, Any], pointer: str) -> None:
    refused(gate24.http("POST", "/v1/contacts/919876543210/consents", body), 400, "payload_invalid", pointer)


REGISTERED = {
    "channel": GUPSHUP,
    "bsp_template_id": "id-1",
    "language": "en",
    "category": "utility",
    "status": "approved",
    "params": 1,
    "media": None,
}
NOT_TEMPLATES: list[tuple[dict[str, Any], int, str, str | None]] = [
    ({}, 400, "payload_invalid", "/language"),
    (REGISTERED | {"channel": OTHER}, 404, "not_found", None),
    (REGISTERED | {"category": "UTILITY"}, 400, "payload_invalid", "/category"),
    (REGISTERED | {"status": None}, 400, "payload_invalid", "/status"),
    (REGISTERED | {"params": -1}, 400, "payload_invalid", "/params"),
    (REGISTERED | {"params": "1"}, 400, "payload_invalid", "/params"),
    (REGISTERED | {"params": 1.5}, 400, "payload_invalid", "/params"),
    (REGISTERED | {"params": 10**9}, 400, "payload_invalid", "/params"),
    (REGISTERED | {"media": "hologram"}, 400, "payload_invalid", "/media"),
    (REGISTERED | {"bsp_template_id": 7}, 400, "payload_invalid", "/bsp_template_id"),
    (REGISTERED | {"price": 0}, 400, "payload_invalid", "/price"),
]


@pytest.mark.parametrize(("body", "status", "code", "pointer"), NOT_TEMPLATES)
def test_a_template_that_is_not_as_documented_is_refused(
    gate24: System, body: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    refused(gate24.http("PUT", "/v1/templates/reminder", body), status, code, pointer)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/contacts?window=ajar", 400, "payload_invalid"),
        ("/v1/contacts?sort=", 400, "payload_invalid"),
        ("/v1/contacts?limit=0", 400, "payload_invalid"),
        ("/v1/contacts?limit=101", 400, "payload_invalid"),
        ("/v1/contacts?limit=ten", 400, "payload_invalid"),
        ("/v1/contacts?cursor=%00", 400, "payload_invalid"),
        ("/v1/contacts?cursor=AAAA", 400, "payload_invalid"),
        ("/v1/contacts?cursor=%C3%A9", 400, "payload_invalid"),
        ("/v1/contacts/nobody", 422, "recipient_invalid"),
        ("/v1/contacts/919876599999", 404, "not_found"),
        ("/v1/contacts/919876599999/messages", 404, "not_found"),
        ("/v1/messages/none", 404, "not_found"),
        ("/v1/messages/%00", 404, "not_found"),
        ("/v1/messages/%F0%9F%99%82", 404, "not_found"),
        ("/v1/costs/daily", 400, "payload_invalid"),
        ("/v1/costs/daily?from=2026-11-01&to=2026-02-30", 400, "payload_invalid"),
        ("/v1/costs/daily?from=2026-11-02&to=2026-11-01", 400, "payload_invalid"),
        ("/v1/costs/daily?from=2020-01-01&to=2026-11-01", 400, "payload_invalid"),
        ("/v1/costs/daily?from=20261101&to=20261102", 400, "payload_invalid"),
        ("/v1/templates?cursor=x", 400, "payload_invalid"),
        ("/v1/unrecognized?cursor=x", 400, "payload_invalid"),
    ],
)
def test_a_question_that_is_not_as_documented_is_refused(gate24: System, path: str, status: int, code: str) -> None:
    refused(gate24.http("GET", path), status, code)
