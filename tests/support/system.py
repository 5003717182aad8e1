"""The whole of gate24 in one process: the real handlers over the real store, a real simulator over HTTP.

The table lies in moto or in DynamoDB Local. API Gateway is the few lines of ``System.http`` that make its events.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import boto3
from moto import mock_aws

from bsp_simulator.simulator import BspSimulator
from tests.support import aws_clients
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.memory_table import memory_table
from tests.support.table import create_table

ORG, OTHER_ORG = "learning", "health"
GUPSHUP, META, OTHER = "learning-gupshup", "learning-meta", "health-gupshup"
META_NUMBER = "100000000000001"
TOKEN, APP_SECRET, VERIFY_TOKEN = "webhook-token", "app-secret", "verify-token"
KEYS = {"learning": "key-learning", "health": "key-health", "reader": "key-reader"}
PHONE = "+919876543210"
DROP_INS = ("/graph/", "/gupshup/")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(slots=True)
class System:
    """``simulator`` is None where a test forwards nothing."""

    simulator: BspSimulator | None
    queue_url: str
    dynamodb: Any
    table: str
    _routes: list[tuple[str, re.Pattern[str], str, str]] = field(default_factory=list)

    def http(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        key: str | None = "learning",
    ) -> Answer:
        """A request as API Gateway would hand it on: routed, authorized, as an event of payload 2.0."""
        parts = urlsplit(path)
        fitting = (found for found in self._routes if found[0] in (method, "ANY") and found[1].fullmatch(parts.path))
        route = next(fitting, None)
        if route is None:
            return Answer(404, {"content-type": "application/json"}, '{"message":"Not Found"}')
        _, pattern, route_key, function = route
        match = pattern.fullmatch(parts.path)
        assert match is not None
        given = {name.lower(): value for name, value in (headers or {}).items()}
        if key is not None:
            given["authorization"] = f"Bearer {KEYS.get(key, key)}"
        is_file = isinstance(body, bytes)
        raw = b64encode(body).decode() if isinstance(body, bytes) else body
        raw = raw if isinstance(raw, str) else "" if raw is None else json.dumps(raw)
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route_key,
            "rawPath": parts.path,
            "rawQueryString": parts.query,
            "headers": given,
            "queryStringParameters": dict(parse_qsl(parts.query, keep_blank_values=True)),
            "pathParameters": match.groupdict(),
            "requestContext": {
                "http": {"method": method, "path": parts.path},
                "requestId": "request-1",
                "domainName": "api.example.org",
            },
            "body": raw,
            "isBase64Encoded": is_file,
        }
        is_open = path in ("/healthz", "/v1/openapi.json") or path.startswith(DROP_INS)
        if function in ("read_api", "send_gate", "admin_api") and not is_open:
            allowed = handler("authorizer")(event, CONTEXT)
            if not allowed["isAuthorized"]:
                status, message = (403, "Forbidden") if key else (401, "Unauthorized")
                return Answer(status, {"content-type": "application/json"}, json.dumps({"message": message}))
            event["requestContext"]["authorizer"] = {"lambda": allowed["context"]}
        answered = handler(function)(event, CONTEXT)
        text = answered["body"]
        if answered.get("isBase64Encoded"):
            text = b64decode(text).decode("latin-1")
        return Answer(answered["statusCode"], answered["headers"], text)

    def webhook(self, body: Any, channel: str = GUPSHUP, headers: dict[str, str] | None = None) -> Answer:
        """A Gupshup event, authenticated."""
        return self.http("POST", f"/webhooks/gupshup/{channel}", body, headers or {"X-Webhook-Token": TOKEN}, key=None)

    def meta_webhook(self, body: Any, channel: str = META) -> Answer:
        """A Meta event, signed."""
        from tests.support.bodies import sign

        raw = json.dumps(body)
        signature = {"X-Hub-Signature-256": sign(APP_SECRET, raw.encode())}
        return self.http("POST", f"/webhooks/meta/{channel}", raw, signature, key=None)

    def send(self, body: dict[str, Any], idempotency_key: str | None = None, key: str = "learning") -> Answer:
        """A send through the gate; ``to`` and ``channel`` have defaults."""
        headers = {"Idempotency-Key": idempotency_key or secrets.token_hex(8)}
        return self.http("POST", "/v1/messages", {"to": PHONE, "channel": GUPSHUP, **body}, headers, key)

    def check(self, body: dict[str, Any]) -> Answer:
        return self.http("POST", "/v1/messages/check", {"to": PHONE, "channel": GUPSHUP, **body})

    def contact(self, phone: str = PHONE, key: str = "learning") -> Any:
        return self.http("GET", f"/v1/contacts/{quote(phone)}", key=key).json

    def window(self, phone: str = PHONE, channel: str = GUPSHUP) -> dict[str, Any]:
        windows = {each["channel"]: each["window"] for each in self.contact(phone)["windows"]}
        found: dict[str, Any] = windows[channel]
        return found

    def conversation(self, phone: str = PHONE) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http("GET", f"/v1/contacts/{quote(phone)}/messages").json["data"]
        return found

    def items(self) -> list[dict[str, Any]]:
        """Everything in the table, raw, but when its API keys were last used, which any call may note."""
        return [
            {name: each for name, each in item.items() if name != "u" or not item["pk"]["S"].startswith("KEY#")}
            for page in self.dynamodb.get_paginator("scan").paginate(TableName=self.table)
            for item in page["Items"]
        ]


_IN_REGION: Any = {"LocationConstraint": os.environ.get("AWS_DEFAULT_REGION", "ap-south-1")}

CONTEXT = SimpleNamespace(
    function_name="test",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:ap-south-1:000000000000:function:test",
    aws_request_id="request-1",
)


def handler(function: str) -> Any:
    """A function's entry, imported once the environment is set."""
    import importlib

    return importlib.import_module(f"{function}.handler").lambda_handler


TEXT: dict[str, Any] = {"type": "text", "text": {"body": "Hello"}}
TEMPLATE: dict[str, Any] = {
    "type": "template",
    "template": {"name": "reminder", "language": "en", "params": ["Asha"]},
}


@contextmanager
def system(
    folder: Path,
    database: DynamoDBLocal | None = None,
    status_step_ms: int | None = None,
    simulate: bool = True,
    in_memory: bool = False,
) -> Iterator[System]:
    """A system of its own, empty but for two organizations. ``database``: DynamoDB Local instead of moto's.
    ``in_memory``: a ``memory_table`` instead."""
    # The credentials of the environment, not moto's own: DynamoDB Local keeps one account's data from another's.
    with mock_aws(config={"core": {"mock_credentials": False, "reset_boto3_session": False}}):
        aws_clients.as_new()
        name = f"gate24-{secrets.token_hex(4)}"
        client = database.client() if database else boto3.client("dynamodb")
        if not in_memory:
            create_table(client, name)
        queue_url, rollup_queue_url, media_queue_url, untold_queue_url = (
            boto3.client("sqs").create_queue(QueueName=queue)["QueueUrl"]
            for queue in ("parked", "rollup-days", "media", "untold-changes")
        )
        bucket = f"{name}-media"
        boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=_IN_REGION)
        boto3.client("secretsmanager").create_secret(Name="contact-key", SecretString="contact-key-of-the-tests")
        delivery_queue_url = boto3.client("sqs").create_queue(
            QueueName="deliveries.fifo", Attributes={"FifoQueue": "true"}
        )["QueueUrl"]
        os.environ |= {
            "DELIVERY_QUEUE_URL": delivery_queue_url,
            "ALLOW_LOOPBACK_ENDPOINTS": "true",
            "TABLE_NAME": name,
            "CONTACT_KEY_SECRET_ARN": "contact-key",
            "CHANNEL_SECRETS_PREFIX": "channels/",
            "PARKED_EVENTS_QUEUE_URL": queue_url,
            "ROLLUP_DAYS_QUEUE_URL": rollup_queue_url,
            "MEDIA_QUEUE_URL": media_queue_url,
            "UNTOLD_CHANGES_QUEUE_URL": untold_queue_url,
            "MEDIA_BUCKET": bucket,
        }
        from gate24 import settings
        from gate24.api import contact_routes
        from gate24.store import (
            api_keys,
            aws,
            budgets,
            exchange_rates,
            key_fingerprint,
            organizations,
            shard_record,
            subscriptions,
            table,
        )
        from gate24.store import secrets as channel_secrets
        from gate24.usecases import wait_for_slot

        wait_for_slot.forget()
        settings.settings.cache_clear()
        settings.shards.cache_clear()
        contact_routes._counted.clear()
        aws.forget()
        api_keys.forget()
        key_fingerprint.forget()
        shard_record.forget()
        channel_secrets.forget()
        organizations.forget()
        budgets.forget()
        exchange_rates.forget()
        subscriptions.forget()
        table.connect(name, b"contact-key-of-the-tests", endpoint=database.endpoint if database else None)
        config = folder / "bsp.json"
        with ExitStack() as parts:
            if in_memory:
                parts.enter_context(memory_table(client, is_new=True))
            if simulate:
                simulator = parts.enter_context(BspSimulator(config, port=0, status_step_ms=status_step_ms))
                made = System(simulator, queue_url, client, name)
                _configure(made, simulator.url, config)
            else:
                made = System(None, queue_url, client, name)
                _configure(made, "http://127.0.0.1:9", config)
            yield made


def _configure(made: System, bsp_url: str, config: Path) -> None:
    from gate24.api.routes import DROP_IN_ROUTES, ROUTES
    from gate24.channels import Channel, Organization
    from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT
    from gate24.store import api_keys, organizations
    from gate24.store.api_keys import KeyHolder

    for method, path in (*((route.method, route.path) for route in ROUTES), *DROP_IN_ROUTES):
        pattern = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
        made._routes.append((method, re.compile(pattern), f"{method} {path}", _function_of(path)))
    scopes = frozenset({"read", "send", "admin"})
    for org, zone in ((ORG, "Asia/Kolkata"), (OTHER_ORG, "Asia/Kathmandu")):
        organizations.put_organization(Organization(org, org, zone, "USD", DEFAULT_OPT_OUT, DEFAULT_OPT_IN))
        api_keys.put(KEYS[org], KeyHolder(org, "tests", scopes))
    api_keys.put(KEYS["reader"], KeyHolder(ORG, "reader", frozenset({"read"})))
    shared: dict[str, Any] = {"api_base": bsp_url, "messages_per_second": 1000}
    channels = [
        Channel(GUPSHUP, ORG, "gupshup", "+919876500001", rate_card="gupshup-2021-02", app="Learning", **shared),
        Channel(
            META,
            ORG,
            "meta",
            "+919876500002",
            rate_card="meta-2026-10-01",
            phone_number_id=META_NUMBER,
            **shared,
        ),
        Channel(OTHER, OTHER_ORG, "gupshup", "+919876500003", rate_card="gupshup-2021-02", app="Health", **shared),
    ]
    simulated = []
    for channel in channels:
        organizations.put_channel(channel)
        body = {
            "api_key": "bsp-key",
            "webhook_tokens": [TOKEN],
            "app_secrets": [APP_SECRET],
            "verify_tokens": [VERIFY_TOKEN],
        }
        boto3.client("secretsmanager").create_secret(Name=f"channels/{channel.id}", SecretString=json.dumps(body))
        simulated.append(
            {
                "id": channel.id,
                "provider": channel.provider,
                "business_number": channel.business_number,
                "app": channel.app or "",
                "api_key": "bsp-key",
                "access_token": "bsp-key",
                "phone_number_id": channel.phone_number_id or "",
                "app_secret": APP_SECRET,
                "webhook_token": TOKEN,
            }
        )
        put_template(made, channel.id, channel.organization_id)
    config.write_text(json.dumps({"channels": simulated}))


def put_template(made: System, channel: str, organization: str = ORG, name: str = "reminder", **changes: Any) -> Answer:
    """A template in the registry: approved, utility, one parameter, unless told otherwise."""
    body = {
        "channel": channel,
        "bsp_template_id": f"{channel}-{name}",
        "language": "en",
        "category": "utility",
        "status": "approved",
        "params": 1,
        "media": None,
        **changes,
    }
    return made.http("PUT", f"/v1/templates/{name}", body, key=organization)


def _function_of(path: str) -> str:
    if path.startswith("/webhooks/"):
        return "inbound_webhook"
    sends = ("/v1/media", "/v1/messages", "/v1/messages/check", "/v1/messages/{id}/read")
    own = ("/v1/channels", "/v1/templates/sync", "/v1/contacts/import")
    if path.startswith("/v1/admin/") or path in own:
        return "admin_api"
    return "send_gate" if path in sends or path.startswith(DROP_INS) else "read_api"
