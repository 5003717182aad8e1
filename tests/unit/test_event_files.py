"""The events of ``events/``: one for each trigger of ``template.yaml``, in the shape in which AWS sends it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parser.models import (
    APIGatewayProxyEventV2Model,
    DynamoDBStreamModel,
    EventBridgeModel,
    SqsModel,
)
from aws_lambda_powertools.utilities.parser.models.apigwv2 import ApiGatewayAuthorizerRequestV2
from pydantic import BaseModel

from gate24.message_keys import MessageKey
from stack import event_files, invoke
from stack.event_files import EVENTS, EventInvalid, cases, fill
from tests.support.event_triggers import events_of, functions, trigger_of, triggers

BY_HAND = {"authorizer": {"authorizer"}, "cost_rollup": {"by hand"}, "inbound_webhook": {"by hand"}}
"""What is no event of the template: API Gateway asks its authorizer, people invoke the others."""

SHAPES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("authorizer", ApiGatewayAuthorizerRequestV2),
    ("queue ", SqsModel),
    ("stream", DynamoDBStreamModel),
    ("schedule gate24-", EventBridgeModel),
    ("", APIGatewayProxyEventV2Model),
)
"""By how the trigger's name begins."""

OWN_SHAPE = ("by hand", "schedule ['scheduled_at']")
"""What gate24 itself says an event is like."""

MESSAGE = MessageKey("27s8A0Vx5_K-oV-5FnEX", 1_795_699_759_804, "ba4caa29b8c1")
STACK: dict[str, Any] = {
    "api_url": "http://127.0.0.1:4566/api",
    "bsp_url": "http://127.0.0.1:4010",
    "organizations": [
        {
            "id": "learning",
            "api_key": "g24_key",
            "timezone": "Asia/Kolkata",
            "channels": [
                {"id": "learning-gupshup", "webhook_url": "http://127.0.0.1:4566/hook", "webhook_token": "token"},
                {"id": "learning-meta", "app_secret": "app-secret", "verify_token": "verify"},
            ],
        }
    ],
}

FILES = [(function, file.stem) for function in sorted(functions()) for file in cases(function)]


@pytest.fixture(autouse=True)
def stack_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack answers each question with something of the kind that is asked for."""
    message: dict[str, Any] = {"id": MESSAGE.id, "direction": "inbound", "media": {}, "url": None}
    monkeypatch.setattr(event_files, "_call", lambda *_: {"id": "upload-1", "data": [message]})


def filled(function: str, case: str) -> Any:
    return fill((EVENTS / function / f"{case}.json").read_text(encoding="utf-8"), STACK)


@pytest.mark.parametrize("function", sorted(functions()))
def test_every_trigger_of_a_function_has_an_event_and_every_event_a_trigger(function: str) -> None:
    wanted = triggers(function) | BY_HAND.get(function, set())
    assert {trigger_of(event) for event in events_of(function).values()} == wanted


def test_no_folder_is_of_no_function() -> None:
    assert {folder.name for folder in EVENTS.iterdir()} == functions().keys()


@pytest.mark.parametrize(("function", "case"), FILES)
def test_an_event_has_the_shape_in_which_aws_sends_it(function: str, case: str) -> None:
    event = filled(function, case)
    trigger = trigger_of(event)
    if trigger in OWN_SHAPE:
        return
    next(model for begin, model in SHAPES if trigger.startswith(begin)).model_validate(event)
    if "routeKey" in event:
        _check_request(event)


def _check_request(event: dict[str, Any]) -> None:
    """What a request says twice is the same both times."""
    said, headers = event["requestContext"], event["headers"]
    method, pattern = event["routeKey"].split(" ")
    assert said["routeKey"] == event["routeKey"]
    assert method in ("ANY", said["http"]["method"])
    assert said["http"]["path"] == event["rawPath"]
    assert all(name == name.lower() for name in headers)
    for name, value in event.get("pathParameters", {}).items():
        pattern = re.sub(rf"\{{{name}\+?\}}", value, pattern)
    assert pattern == event["rawPath"]
    query = "&".join(f"{name}={value}" for name, value in event.get("queryStringParameters", {}).items())
    assert event["rawQueryString"] == query
    if "body" in event:
        body = b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
        assert headers["content-length"] == str(len(body))


@pytest.mark.parametrize("case", ["meta_message", "meta_status"])
def test_metas_webhooks_are_signed_with_the_channels_secret(case: str) -> None:
    event = filled("inbound_webhook", case)
    signed = hmac.new(b"app-secret", event["body"].encode(), hashlib.sha256).hexdigest()
    assert event["headers"]["x-hub-signature-256"] == f"sha256={signed}"


def test_a_batch_has_the_checksum_of_each_body() -> None:
    for record in filled("inbound_webhook", "retry_queue")["Records"]:
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()
        assert json.loads(record["body"])["v"] == 1


def test_a_name_stands_for_one_value_in_an_event_and_for_another_in_the_next() -> None:
    texts = [fill('{"once": "${unique}", "again": "${unique}"}', STACK) for _ in range(2)]
    assert texts[0]["once"] == texts[0]["again"] != texts[1]["once"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"key": "${api_kye}"}', r"there is no \$\{api_kye\}; there are api_key, "),
        ("{", "it is not JSON"),
        ('{"body": "?", "isBase64Encoded": true}', "its body is not base64"),
    ],
)
def test_what_cannot_be_filled_in_says_why(text: str, why: str) -> None:
    with pytest.raises(EventInvalid, match=why):
        fill(text, STACK)


def test_a_stack_without_the_demos_messages_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_files, "_call", lambda *_: {"data": []})
    with pytest.raises(EventInvalid, match=r"\+919876543210 has no such message"):
        fill('{"id": "${message_id}"}', STACK)


def test_where_no_stack_runs_it_is_said_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATE24_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["invoke", "send_gate", "events/send_gate/template.json"])
    assert invoke.main() == 2
    assert capsys.readouterr() == ("", "No stack is running here. Start it first: make start\n")
