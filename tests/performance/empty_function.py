"""A function that does nothing, at a FIFO queue of the embedded AWS: what of a rate is the emulator's own."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

import boto3

from stack.settings import REGION, RUNTIME, Settings
from tests.support.live import until

MESSAGES, LANES = 100, 16
_NAME = "bench-empty"
_CODE = "def lambda_handler(event, context):\n    return {'batchItemFailures': []}\n"


def taken_a_second(settings: Settings) -> float:
    """Messages that it takes a second, one an invocation, when they have queued up."""
    sqs, functions = _client(settings, "sqs"), _client(settings, "lambda")
    url = sqs.create_queue(QueueName=f"{_NAME}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    functions.create_function(
        FunctionName=_NAME,
        Runtime=RUNTIME,
        Role="arn:aws:iam::000000000000:role/bench",
        Handler="empty.lambda_handler",
        Code={"ZipFile": _zip()},
        Timeout=10,
    )
    functions.invoke(FunctionName=_NAME, Payload=b"{}")  # it starts
    for number in range(MESSAGES):
        name = str(number)
        group = str(number % LANES)
        sqs.send_message(QueueUrl=url, MessageBody=name, MessageGroupId=group, MessageDeduplicationId=name)
    mapping = functions.create_event_source_mapping(
        EventSourceArn=arn, FunctionName=_NAME, BatchSize=1, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    began, left = time.monotonic(), _left(sqs, url)
    until(lambda: _left(sqs, url) == 0)
    rate = left / (time.monotonic() - began)
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    functions.delete_function(FunctionName=_NAME)
    sqs.delete_queue(QueueUrl=url)
    return rate


def _client(settings: Settings, service: Any) -> Any:
    return boto3.client(
        service,
        endpoint_url=settings.aws_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def _left(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(each) for each in answer["Attributes"].values())


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("empty.py", _CODE)
    return packed.getvalue()
