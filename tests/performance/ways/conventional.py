"""The same in the way that guides show it: boto3's resource, and of Powertools idempotency, parser, logger and metrics.

Items are of boto3's plain types. A day's messages and a message by the provider's id are found by an index each.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import boto3
import urllib3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from boto3.dynamodb.conditions import Key

logger, metrics = Logger(service="usual"), Metrics(namespace="usual", service="usual")
_http = urllib3.PoolManager()
_resource = boto3.resource("dynamodb")
_BY_DAY, _BY_PROVIDER_ID = "by_day", "by_provider_id"
PHONE = "+919876543210"


class Text(BaseModel):
    body: str


class Inbound(BaseModel):
    id: str
    phone: str
    at: int
    text: Text


class Send(BaseModel):
    to: str
    type: str
    text: Text


class Status(BaseModel):
    id: str
    status: str
    at: int


_layers: list[Any] = []


def clients() -> list[Any]:
    return [_resource.meta.client, *(layer.client for layer in _layers)]


def _make_tables(client: Any, name: str) -> None:
    names = ("pk", "sk", "day", "at", "provider_id")
    kinds = [{"AttributeName": each, "AttributeType": "N" if each == "at" else "S"} for each in names]
    index = {"Projection": {"ProjectionType": "ALL"}}
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=kinds,
        KeySchema=_keys("pk", "sk"),
        GlobalSecondaryIndexes=[
            {"IndexName": _BY_DAY, "KeySchema": _keys("day", "at"), **index},
            {"IndexName": _BY_PROVIDER_ID, "KeySchema": _keys("provider_id"), **index},
        ],
    )
    client.create_table(
        TableName=f"{name}-idempotency",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=_keys("id"),
    )


def _keys(first: str, second: str | None = None) -> list[dict[str, str]]:
    found = [{"AttributeName": first, "KeyType": "HASH"}]
    return found if second is None else [*found, {"AttributeName": second, "KeyType": "RANGE"}]


Operation = Callable[[int], object]


def operations(table_name: str, bsp: str) -> dict[str, Operation]:
    _make_tables(_resource.meta.client, table_name)
    table: Any = _resource.Table(table_name)

    def once(key: str) -> Callable[[Any], Any]:
        layer = DynamoDBPersistenceLayer(f"{table_name}-idempotency")
        _layers.append(layer)
        config = IdempotencyConfig(event_key_jmespath=key)
        wrap: Any = idempotent_function(data_keyword_argument="event", persistence_store=layer, config=config)
        return wrap  # type: ignore[no-any-return]

    return {
        "inbound": _inbound(table, once("id")),
        "send": _send(table, once("id"), bsp),
        "status": _status(table, once("[id, status, at]")),
    }


def _inbound(table: Any, once: Callable[[Any], Any]) -> Operation:
    @once
    def take(event: dict[str, Any]) -> dict[str, Any]:
        told = parse(event=event, model=Inbound)
        table.update_item(
            Key={"pk": f"CONTACT#{told.phone}", "sk": "CONTACT"},
            UpdateExpression="SET last_inbound = :at, window_expires = :end, #ttl = :ttl",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={
                ":at": told.at,
                ":end": told.at + 86_400_000,
                ":ttl": told.at // 1000 + 86_400,
            },
        )
        table.put_item(Item=_message(told.phone, told.at, told.id, "inbound", told.text.body))
        logger.info("inbound stored", extra={"message_id": told.id})
        _count("inbound")
        return {"statusCode": 200}

    def inbound(number: int) -> None:
        at = int(time.time() * 1000)
        text = {"body": "When does the class begin on Monday?"}
        take(event={"id": f"in-{number}", "phone": PHONE, "at": at, "text": text})

    return inbound


def _send(table: Any, once: Callable[[Any], Any], bsp: str) -> Operation:
    @once
    def take(event: dict[str, Any]) -> dict[str, Any]:
        wanted = parse(event=event["body"], model=Send)
        contact = table.get_item(Key={"pk": f"CONTACT#{wanted.to}", "sk": "CONTACT"}, ConsistentRead=True)["Item"]
        if contact["window_expires"] < time.time() * 1000:
            return {"statusCode": 409}
        body = {"channel": "whatsapp", "destination": wanted.to, "message": json.dumps(wanted.text.model_dump())}
        answer = _http.request("POST", f"{bsp}/wa/api/v1/msg", fields=body, encode_multipart=False)
        provider_id = json.loads(answer.data)["messageId"]
        at = int(time.time() * 1000)
        table.put_item(Item=_message(wanted.to, at, provider_id, "outbound", wanted.text.body))
        logger.info("sent", extra={"message_id": provider_id})
        _count("sent")
        return {"statusCode": 202, "body": json.dumps({"id": provider_id})}

    def send(number: int) -> None:
        body = {"to": PHONE, "type": "text", "text": {"body": "The class is on Monday at ten."}}
        assert take(event={"id": f"key-{number}", "body": body})["statusCode"] == 202

    return send


def _status(table: Any, once: Callable[[Any], Any]) -> Operation:
    @once
    def take(event: dict[str, Any]) -> dict[str, Any]:
        told = parse(event=event, model=Status)
        (message,) = table.query(IndexName=_BY_PROVIDER_ID, KeyConditionExpression=Key("provider_id").eq(told.id))[
            "Items"
        ]
        table.update_item(
            Key={"pk": message["pk"], "sk": message["sk"]},
            UpdateExpression="SET #status = :status, status_at = :at",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": told.status, ":at": told.at},
        )
        _count("status")
        return {"statusCode": 200}

    def status(number: int) -> None:
        """Of one of those that came before."""
        take(event={"id": f"in-{number % 50}", "status": "delivered", "at": number})

    return status


def _message(phone: str, at: int, provider_id: str, direction: str, text: str) -> dict[str, Any]:
    return {
        "pk": f"CONTACT#{phone}",
        "sk": f"MESSAGE#{at}#{provider_id}",
        "day": "2026-11-27",
        "at": at,
        "provider_id": provider_id,
        "direction": direction,
        "text": text,
        "cost": Decimal("0.001"),
        "status": "received" if direction == "inbound" else "sent",
    }


def _count(name: str) -> None:
    metrics.add_metric(name, MetricUnit.Count, 1)
    metrics.flush_metrics()
