"""Who may call what: scopes, channels, and bodies that are not what their encoding says."""

import base64
import io
import json
from typing import Any
from urllib.parse import quote

import pytest

from gate24.store import api_keys
from gate24.store.api_keys import KeyHolder
from tests.support.scene import contact_opted_out, contact_wrote
from tests.support.system import CONTEXT, GUPSHUP, META, ORG, PHONE, TEXT, TOKEN, System, handler

pytestmark = pytest.mark.in_memory

ADDRESS = "/v1/contacts/%2B919876543210"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/messages", {"to": PHONE, **TEXT}),
        ("POST", f"{ADDRESS}/consents", {"action": "opt_in", "source": "form"}),
        ("PUT", f"{ADDRESS}/block", {}),
        ("DELETE", ADDRESS, None),
        ("GET", "/v1/unrecognized", None),
        ("GET", "/v1/unrecognized/1790000000000-0123456789ab", None),
    ],
)
def test_a_key_that_may_only_read_changes_nothing(gate24: System, method: str, path: str, body: object) -> None:
    contact_wrote(gate24)
    before = gate24.items()
    answer = gate24.http(method, path, body, {"Idempotency-Key": "key-1"}, key="reader")
    assert (answer.status, answer.json["code"]) == (403, "unauthorized")
    assert "scope" in answer.json["detail"]
    assert gate24.items() == before


OPT_IN, OPT_OUT = {"action": "opt_in", "source": "form"}, {"action": "opt_out", "source": "form"}


def test_a_key_that_may_only_send_neither_opts_anybody_in_nor_lifts_a_block(gate24: System) -> None:
    api_keys.put("key-send", KeyHolder(ORG, "campaigns", frozenset({"read", "send"})))
    contact_wrote(gate24)
    contact_opted_out(gate24)
    before = gate24.items()
    answer = gate24.http("POST", f"{ADDRESS}/consents", OPT_IN, key="key-send")
    assert (answer.status, answer.json["code"]) == (403, "unauthorized")
    assert "scope consent" in answer.json["detail"]
    assert gate24.items() == before
    assert gate24.http("PUT", f"{ADDRESS}/block", {}, key="key-send").status == 200
    assert gate24.http("DELETE", f"{ADDRESS}/block", key="key-send").status == 403
    contact = gate24.contact()
    assert (contact["consent"]["status"], contact["blocked"]) == ("opted_out", True)
    assert gate24.http("POST", f"{ADDRESS}/consents", OPT_OUT, key="key-send").status == 201, (
        "a no is taken from anybody"
    )


def test_a_key_for_consent_records_it_and_sends_nothing(gate24: System) -> None:
    api_keys.put("key-consent", KeyHolder(ORG, "front desk", frozenset({"consent"})))
    contact_wrote(gate24)
    for method, path, body, status in (
        ("PUT", "block", {}, 200),
        ("DELETE", "block", None, 200),
        ("POST", "consents", OPT_OUT, 201),
        ("POST", "consents", OPT_IN, 201),
    ):
        assert gate24.http(method, f"{ADDRESS}/{path}", body, key="key-consent").status == status
    assert gate24.contact()["consent"]["status"] == "opted_in"
    assert gate24.send(TEXT, key="key-consent").status == 403


LONG = "x" * 2048
NAME = "क" * 340
"""Short enough for a template's name; too long for a key of the table: 1,020 bytes, and the channel's id beside it."""


@pytest.mark.parametrize("length", [129, 1024, 2048, 8000])
def test_a_channel_id_of_any_length_without_its_secret_is_401(gate24: System, length: int) -> None:
    for method, path in (
        ("POST", f"/webhooks/gupshup/{'x' * length}"),
        ("POST", f"/webhooks/meta/{'x' * length}"),
        ("GET", f"/webhooks/meta/{'x' * length}?hub.mode=subscribe&hub.verify_token=a&hub.challenge=1"),
    ):
        for headers in ({}, {"X-Webhook-Token": TOKEN}, {"X-Hub-Signature-256": "sha256=00"}):
            answer = gate24.http(method, path, {}, headers, key=None)
            assert (answer.status, answer.json["code"]) == (401, "unauthorized")


def template_named(name: str) -> dict[str, Any]:
    return {"channel": GUPSHUP, "to": PHONE, "type": "template", "template": {"name": name, "language": "en"}}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", f"/v1/messages/{LONG}", None, 404),
        ("GET", f"/v1/erasures/{LONG}", None, 404),
        ("GET", f"/v1/contacts/{LONG}", None, 422),
        ("GET", f"/v1/contacts/IN.{LONG}", None, 422),
        ("GET", f"/v1/contacts?cursor={LONG}", None, 400),
        ("POST", "/v1/messages/check", {"channel": LONG, "to": PHONE, **TEXT}, 400),
        ("POST", "/v1/messages/check", template_named(NAME), 200),
        ("POST", "/v1/messages", template_named(NAME), 422),
        (
            "PUT",
            f"/v1/templates/{quote(NAME)}",
            {"channel": GUPSHUP, "bsp_template_id": "1", "language": "en", "category": "utility", "status": "approved"},
            400,
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_too_long_for_a_key_of_the_table_is_never_our_own_fault(
    gate24: System, method: str, path: str, body: Any, status: int
) -> None:
    contact_wrote(gate24)
    answer = gate24.http(method, path, body, {"Idempotency-Key": "long"})
    assert answer.status == status, answer.text


def test_a_body_is_taken_up_to_its_limit_and_a_larger_one_is_told_the_limit(gate24: System) -> None:
    body = json.dumps({"to": PHONE, "channel": GUPSHUP, **TEXT})
    fits, too_large = body.ljust(2**20), body.ljust(2**20 + 1)
    assert gate24.http("POST", "/v1/messages/check", fits).status == 200
    answer = gate24.http("POST", "/v1/messages/check", too_large)
    assert (answer.status, answer.json["code"]) == (400, "payload_invalid")
    assert answer.json["errors"] == [{"pointer": "", "detail": f"is too large: at most {2**20} bytes"}]
    webhook, headers = f"/webhooks/gupshup/{GUPSHUP}", {"X-Webhook-Token": TOKEN}
    assert gate24.http("POST", webhook, "{}".ljust(5 * 2**20), headers, key=None).status == 200
    assert gate24.http("POST", webhook, "{}".ljust(5 * 2**20 + 1), headers, key=None).status == 400


def test_every_answer_tells_browsers_to_come_back_by_https_alone(gate24: System) -> None:
    for answer in (
        gate24.http("GET", "/healthz", key=None),
        gate24.http("GET", "/v1/me"),
        gate24.http("GET", "/v1/messages/none"),
        gate24.http("GET", "/v1/me", key="reader"),
        gate24.http("POST", f"/webhooks/gupshup/{GUPSHUP}", {}, {"X-Webhook-Token": TOKEN}, key=None),
        gate24.http("POST", f"/webhooks/meta/{META}", {}, key=None),
    ):
        assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_the_front_door_is_told_which_key_is_used_and_not_the_key(gate24: System) -> None:
    found = handler("authorizer")({"headers": {"authorization": "Bearer key-learning"}}, CONTEXT)["context"]
    stored = next(item["pk"]["S"] for item in gate24.items() if "tests" in str(item) and ORG in str(item.get("j")))
    assert found["organization_id"] == ORG
    assert stored.startswith(f"KEY#{found['key_id']}") and len(found["key_id"]) == 12


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2:3::77", "2001:db8:1::/48"), ("", None), ("-", None)],
)
def test_where_a_wrong_secret_or_key_came_from_is_logged_as_a_network(
    gate24: System, log: io.StringIO, address: str, network: str | None
) -> None:
    event = {
        "rawPath": f"/webhooks/gupshup/{GUPSHUP}",
        "pathParameters": {"channel_id": GUPSHUP},
        "headers": {"X-Webhook-Token": "wrong", "authorization": "Bearer wrong"},
        "requestContext": {"http": {"method": "POST", "sourceIp": address}, "requestId": "request-1"},
        "body": "{}",
    }
    handler("inbound_webhook")(event, CONTEXT)
    handler("authorizer")(event, CONTEXT)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    seen = {line["message"]: line.get("network") for line in lines if line["message"] != "request_refused"}
    assert seen == {"webhook_refused": network, "api_key_refused": network}
    assert not address or network is None or address not in log.getvalue()


def test_with_several_channels_one_has_to_be_named(gate24: System) -> None:
    answer = gate24.http("POST", "/v1/messages/check", {"to": PHONE, **TEXT})
    assert (answer.status, answer.json["code"], answer.json["errors"][0]["pointer"]) == (
        400,
        "payload_invalid",
        "/channel",
    )


@pytest.mark.parametrize("message_id", ["unknown", "A" * 36])
def test_a_message_that_is_not_there_is_not_found(gate24: System, message_id: str) -> None:
    answer = gate24.http("GET", f"/v1/messages/{message_id}")
    assert (answer.status, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(("body", "status"), [("not base64!", 401), (base64.b64encode(b"{}").decode(), 200)])
def test_a_webhook_whose_body_is_not_what_its_encoding_says_is_refused(gate24: System, body: str, status: int) -> None:
    event = {
        "rawPath": f"/webhooks/gupshup/{GUPSHUP}",
        "pathParameters": {"channel_id": GUPSHUP},
        "headers": {"X-Webhook-Token": TOKEN},
        "requestContext": {"http": {"method": "POST"}, "requestId": "request-1"},
        "body": body,
        "isBase64Encoded": True,
    }
    answer = handler("inbound_webhook")(event, CONTEXT)
    assert answer["statusCode"] == status
    assert status == 200 or json.loads(answer["body"])["code"] == "unauthorized"


def test_a_revoked_key_ends_at_once(gate24: System) -> None:
    event = {"headers": {"authorization": "Bearer key-reader"}}
    assert handler("authorizer")(event, CONTEXT)["isAuthorized"]
    found = api_keys.find(ORG, api_keys.key_id("key-reader"))
    assert found is not None
    api_keys.revoke(found)
    assert handler("authorizer")(event, CONTEXT) == {"isAuthorized": False}


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic a2V5"}, {"authorization": "Bearer "}])
def test_whoever_shows_no_key_is_nobody(gate24: System, headers: dict[str, str]) -> None:
    assert handler("authorizer")({"headers": headers}, CONTEXT) == {"isAuthorized": False}
