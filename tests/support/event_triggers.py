"""What invokes the functions, as ``template.yaml`` has it, beside the event files that are of it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from stack.event_files import cases
from stack.invoke import function_name
from stack.template import source

Json = dict[str, Any]


@cache
def _resources() -> Json:
    found: Json = source()["Resources"]
    return found


@cache
def functions() -> dict[str, str]:
    """The functions' logical ids by the names of their folders in ``events/``."""
    ids = [name for name, resource in _resources().items() if resource["Type"] == "AWS::Serverless::Function"]
    return {function_name(logical_id): logical_id for logical_id in ids}


def triggers(function: str) -> set[str]:
    """The function's triggers of the template, each in one line."""
    events = _resources()[functions()[function]]["Properties"].get("Events", {})
    return {_trigger(event["Type"], event["Properties"]) for event in events.values()}


def _trigger(kind: str, properties: Json) -> str:
    if kind == "HttpApi":
        return f"{properties['Method']} {properties['Path']}"
    if kind == "SQS":
        return f"queue {_queue_name(properties['Queue'])}"
    if kind == "DynamoDB":
        return "stream"
    assert kind == "ScheduleV2", kind
    name = _local(properties["Name"])
    return f"schedule {sorted(json.loads(properties['Input']))}" if "Input" in properties else f"schedule {name}"


def _queue_name(arn: Json) -> str:
    logical_id = arn["Fn::GetAtt"][0]
    given = _resources()[logical_id]["Properties"].get("QueueName")
    return _local(given) if given else f"gate24-local-{logical_id}"


def _local(name: Json) -> str:
    return str(name["Fn::Sub"]).replace("${Stage}", "local")


def trigger_of(event: Json) -> str:
    """The trigger that an event of a file is of; ``by hand`` for one that no AWS service sends."""
    if event.get("type") == "REQUEST":
        return "authorizer"
    if "routeKey" in event:
        return str(event["routeKey"])
    if "Records" in event:
        source = event["Records"][0]["eventSource"]
        return "stream" if source == "aws:dynamodb" else f"queue {event['Records'][0]['eventSourceARN'].split(':')[-1]}"
    if event.get("source") == "aws.scheduler":
        return f"schedule {event['resources'][0].split('/')[-1]}"
    return f"schedule {sorted(event)}" if "scheduled_at" in event else "by hand"


def events_of(function: str) -> dict[str, Json]:
    """The function's event files as they are written, by the names of their cases."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in cases(function)}
