"""The least that keeps a window, a conversation and a slot: bare botocore, no rule, no check, nothing kept of why."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import botocore.session
import urllib3

_client: Any = botocore.session.get_session().create_client("dynamodb")
_http = urllib3.PoolManager()


def clients() -> list[Any]:
    return [_client]


def operations(table: str, bsp: str) -> dict[str, Callable[[int], object]]:
    def now() -> str:
        return str(int(time.time() * 1000))

    def put(pk: str, sk: str, body: str) -> None:
        _client.put_item(TableName=table, Item={"pk": {"S": pk}, "sk": {"S": sk}, "b": {"S": body}})

    def set_(pk: str, sk: str, name: str) -> None:
        _client.update_item(
            TableName=table,
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            UpdateExpression="SET #n = :v",
            ExpressionAttributeNames={"#n": name},
            ExpressionAttributeValues={":v": {"N": now()}},
        )

    def inbound(number: int) -> None:
        body = json.loads(json.dumps({"payload": {"text": "When does the class begin on Monday?", "number": number}}))
        set_("C#1", "WINDOW", "wrote")
        put("C#1", f"M#in-{number}", json.dumps(body))

    def send(number: int) -> None:
        put("C#1", f"M#out-{number}", "The class is on Monday at ten.")
        _client.get_item(TableName=table, Key={"pk": {"S": "C#1"}, "sk": {"S": "WINDOW"}}, ConsistentRead=True)
        set_("R#1", "SLOTS", "taken")
        answer = _http.request("POST", f"{bsp}/wa/api/v1/msg", fields={"message": "The class is on Monday at ten."})
        assert answer.status == 202
        set_("C#1", f"M#out-{number}", "accepted")

    def status(number: int) -> None:
        set_("C#1", f"M#out-{number}", "delivered")

    return {"inbound": inbound, "send": send, "status": status}
