"""The least that asks DynamoDB: one botocore client, made at the start, and one item read."""

from __future__ import annotations

import os
from typing import Any

import botocore.session

_client: Any = botocore.session.get_session().create_client("dynamodb")


def lambda_handler(event: Any, context: Any) -> dict[str, int]:
    _client.get_item(TableName=os.environ["BENCH_TABLE"], Key={"pk": {"S": "C#1"}, "sk": {"S": "WINDOW"}})
    return {"statusCode": 200}
