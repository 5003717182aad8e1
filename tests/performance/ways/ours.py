"""gate24's own handlers, as the artifact has them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

CHANNEL, TOKEN = "bench-gupshup", "token"
PHONES = [f"91987654{number:04d}" for number in range(60)]
"""More than one, because nobody may be written to very often in a short time."""
_CONTEXT: Any = SimpleNamespace(
    function_name="bench", memory_limit_in_mb=1024, invoked_function_arn="arn:bench", aws_request_id="bench"
)


def clients() -> list[Any]:
    from gate24.store import table

    return [table.connection().connection.client]


def operations(table_name: str, bsp: str) -> dict[str, Callable[[int], object]]:
    os.environ["TABLE_NAME"] = table_name
    from gate24.channels import Channel, ChannelSecrets, Organization
    from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT
    from gate24.store import organizations, secrets, table

    table.connect(table_name, b"bench", "ap-south-1", os.environ["AWS_ENDPOINT_URL_DYNAMODB"])
    import inbound_webhook.handler
    import send_gate.handler

    table.connect(table_name, b"bench", "ap-south-1", os.environ["AWS_ENDPOINT_URL_DYNAMODB"])
    organization = Organization("bench", "bench", "Asia/Kolkata", "USD", DEFAULT_OPT_OUT, DEFAULT_OPT_IN)
    organizations.put_organization(organization)
    channel = Channel(
        *(CHANNEL, "bench", "gupshup", "+919876500001"),
        rate_card="gupshup-2021-02",
        app="Bench",
        api_base=bsp,
        messages_per_second=1_000,
    )
    organizations.put_channel(channel)
    secrets._remembered.seconds = float("inf")
    secrets._remembered.put(CHANNEL, ChannelSecrets(api_key="key", webhook_tokens=(TOKEN,)))
    sent: list[str] = []

    def told(body: dict[str, Any]) -> None:
        answer = inbound_webhook.handler.lambda_handler(_event(body), _CONTEXT)
        assert answer["statusCode"] == 200, answer

    def inbound(number: int) -> None:
        payload = {
            "id": f"wamid.{number}",
            "source": _phone(number),
            "type": "text",
            "payload": {"text": "When does the class begin on Monday?"},
            "sender": {"phone": _phone(number), "name": "Asha"},
        }
        told(_gupshup("message", payload))

    def send(number: int) -> None:
        body = {"to": f"+{_phone(number)}", "channel": CHANNEL, "type": "text"}
        body |= {"text": {"body": "The class is on Monday at ten."}}  # type: ignore[dict-item]
        answer = send_gate.handler.lambda_handler(_request(body, f"key-{number}"), _CONTEXT)
        assert answer["statusCode"] == 202, answer
        sent.append(json.loads(answer["body"])["bsp_message_id"])

    def status(number: int) -> None:
        payload = {"id": f"wamid.out-{number}", "gsId": sent[number % len(sent)], "type": _told_of(number, len(sent))}
        told(
            _gupshup(
                "message-event",
                payload | {"destination": _phone(number % len(sent)), "payload": {"ts": int(time.time())}},
            )
        )

    for number, _ in enumerate(PHONES):
        inbound(-number)
    return {"inbound": inbound, "send": send, "status": status}


def _phone(number: int) -> str:
    return PHONES[number % len(PHONES)]


def _told_of(number: int, sent: int) -> str:
    return ("sent", "delivered", "read")[number // sent % 3]


def _gupshup(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    at = int(time.time() * 1000)
    return {"app": "Bench", "timestamp": at, "version": 2, "type": kind, "payload": payload}


def _event(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "rawPath": f"/webhooks/gupshup/{CHANNEL}",
        "headers": {"x-webhook-token": TOKEN},
        "pathParameters": {"channel_id": CHANNEL},
        "requestContext": {"http": {"method": "POST"}, "requestId": "bench"},
        "body": json.dumps(body),
    }


def _request(body: dict[str, Any], key: str) -> dict[str, Any]:
    allowed = {"organization_id": "bench", "actor": "bench", "key_id": "key", "scopes": "read send"}
    return {
        "version": "2.0",
        "routeKey": "POST /v1/messages",
        "rawPath": "/v1/messages",
        "rawQueryString": "",
        "headers": {"idempotency-key": key, "content-type": "application/json"},
        "pathParameters": {},
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/messages"},
            "requestId": "bench",
            "authorizer": {"lambda": allowed},
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
