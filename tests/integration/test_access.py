"""Who may call what: scopes, channels, and bodies that are not what their encoding says."""

import base64
import json

import pytest

from gate24.store import api_keys
from tests.support.scene import contact_wrote
from tests.support.system import CONTEXT, GUPSHUP, PHONE, TEXT, TOKEN, System, handler

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
    api_keys.revoke("key-reader")
    assert handler("authorizer")(event, CONTEXT) == {"isAuthorized": False}


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic a2V5"}, {"authorization": "Bearer "}])
def test_whoever_shows_no_key_is_nobody(gate24: System, headers: dict[str, str]) -> None:
    assert handler("authorizer")({"headers": headers}, CONTEXT) == {"isAuthorized": False}
