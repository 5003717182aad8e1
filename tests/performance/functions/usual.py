"""A function as guides show it: boto3's resource, and of Powertools logger, metrics, tracer, parser and idempotency.

It reads no secret, which favours it beside the functions of gate24.
"""

from __future__ import annotations

import os
import time
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.parser import BaseModel, event_parser
from aws_lambda_powertools.utilities.parser.models import APIGatewayProxyEventV2Model
from pydantic import Json

logger, metrics, tracer = Logger(), Metrics(), Tracer()
table: Any = boto3.resource("dynamodb").Table(os.environ["BENCH_TABLE"])
_KEEPS = DynamoDBPersistenceLayer(os.environ["BENCH_TABLE"])


class Text(BaseModel):
    body: str


class Send(BaseModel):
    to: str
    type: str
    text: Text


class Event(APIGatewayProxyEventV2Model):
    body: Json[Send]  # type: ignore[assignment]


@tracer.capture_lambda_handler
@metrics.log_metrics
@logger.inject_lambda_context
@idempotent(config=IdempotencyConfig(event_key_jmespath='headers."idempotency-key"'), persistence_store=_KEEPS)
@event_parser(model=Event)
def lambda_handler(event: Event, context: Any) -> dict[str, int]:
    sent: Any = event.body
    table.get_item(Key={"pk": f"CONTACT#{sent.to}", "sk": "CONTACT"}, ConsistentRead=True)
    table.put_item(
        Item={"pk": f"CONTACT#{sent.to}", "sk": f"MESSAGE#{int(time.time() * 1000)}", "text": sent.text.body}
    )
    logger.info("sent")
    metrics.add_metric("sent", MetricUnit.Count, 1)
    return {"statusCode": 202}
