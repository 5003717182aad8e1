"""A process of its own that takes one webhook of 1,000 updates twice, as a function would, and says what it cost.

    python -m tests.performance.inbound_batch ENDPOINT TABLE

The table is empty and lies at ENDPOINT (DynamoDB Local). Prints JSON: seconds of the first and of the second
time, by the clock and of CPU, the body's megabytes, the peak memory in MiB. Nothing of the tests' own (moto, boto3) is
imported, so that the memory is what the function needs.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from types import SimpleNamespace
from typing import Any

UPDATES = 1_000
_PEOPLE = [f"91987650{number:04d}" for number in range(UPDATES // 2)]
CHANNEL, NUMBER, SECRET = "bench-meta", "100000000000001", "app-secret"
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "ap-south-1",
    "PARKED_EVENTS_QUEUE_URL": "http://127.0.0.1:9/queue",
    "POWERTOOLS_SERVICE_NAME": "gate24",
    "POWERTOOLS_METRICS_NAMESPACE": "gate24",
}
_LETTERS = "नमस्ते, कक्षा कब है? " * 105
"""Long enough for the 3 MB that Meta allows for one request."""


def body(at: int) -> dict[str, Any]:
    """Messages of 500 people, and of each a status of what they were sent before, in entries of 50."""
    from tests.support.bodies import change, message, meta, profile, status

    entries: list[Any] = []
    for start in range(0, UPDATES // 2, 50):
        people = _PEOPLE[start : start + 50]
        value = {
            "contacts": [profile(phone=person) for person in people],
            "messages": [message("text", {"body": _LETTERS}, f"wamid.{each}", each, at) for each in people],
            "statuses": [status("delivered", f"wamid.out-{each}", each, at) for each in people],
        }
        entries += meta(change("messages", value, NUMBER))["entry"]
    return {"object": "whatsapp_business_account", "entry": entries}


def _event(raw: str) -> dict[str, Any]:
    from tests.support.bodies import sign

    return {
        "rawPath": f"/webhooks/meta/{CHANNEL}",
        "headers": {"x-hub-signature-256": sign(SECRET, raw.encode())},
        "pathParameters": {"channel_id": CHANNEL},
        "requestContext": {"http": {"method": "POST"}, "requestId": "bench"},
        "body": raw,
    }


def _configure() -> None:
    from gate24.channels import Channel, ChannelSecrets, Organization
    from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT
    from gate24.store import organizations, secrets

    organizations.put_organization(
        Organization("bench", "bench", "Asia/Kolkata", "USD", DEFAULT_OPT_OUT, DEFAULT_OPT_IN)
    )
    channel = Channel(
        *(CHANNEL, "bench", "meta", "+919876500002"),
        api_base="http://127.0.0.1:9",
        rate_card="meta-2026-10-01",
        phone_number_id=NUMBER,
    )
    organizations.put_channel(channel)
    secrets._remembered.put(CHANNEL, ChannelSecrets(app_secrets=(SECRET,)))


def _send_before(at: int) -> None:
    """Each of the people was sent a message."""
    from gate24.events import ContactRef
    from gate24.message_keys import MessageKey, short_hash
    from gate24.messages import Message
    from gate24.store import contacts, messages

    for person in _PEOPLE:
        key = MessageKey(contacts.contact_id("bench", ContactRef(f"+{person}")), at, short_hash(person))
        wamid = f"wamid.out-{person}"
        message = Message(key, "outbound", "text", CHANNEL, "accepted", text="Hello", provider_id=wamid)
        messages.begin("bench", message)


def _seconds(event: dict[str, Any]) -> Iterator[tuple[float, float]]:
    """Of the clock and of this process's CPU, which the database's does not slow down."""
    from gate24.usecases import receive_webhook
    from inbound_webhook import handler

    receive_webhook.STORING_SECONDS = 600.0  # nothing is parked: all of it is measured
    context: Any = SimpleNamespace(
        function_name="bench", memory_limit_in_mb=1024, invoked_function_arn="arn:bench", aws_request_id="bench"
    )
    for _ in range(2):
        began, spent = time.perf_counter(), time.process_time()
        with redirect_stdout(sys.stderr):  # metrics
            answer = handler.lambda_handler(event, context)
        assert answer["statusCode"] == 200, answer
        yield time.perf_counter() - began, time.process_time() - spent


def main() -> None:
    endpoint, table_name = sys.argv[1:]
    os.environ |= {**_ENVIRONMENT, "TABLE_NAME": table_name}
    from gate24.store import table

    table.connect(table_name, b"bench", "ap-south-1", endpoint)
    _configure()
    at = int(time.time() * 1000) - 60_000
    _send_before(at - 60_000)
    raw = json.dumps(body(at), ensure_ascii=False)
    (first, first_cpu), (again, again_cpu) = _seconds(_event(raw))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    megabytes = len(raw.encode()) / 1_000_000
    spent = {"first_cpu": first_cpu, "again_cpu": again_cpu, "peak_mib": peak}
    print(json.dumps({"first": first, "again": again, "megabytes": megabytes, **spent}))


if __name__ == "__main__":
    main()
