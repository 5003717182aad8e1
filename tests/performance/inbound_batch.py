"""A process of its own that takes one webhook of 1,000 updates twice, as a function would, and says what it cost.

    python -m tests.performance.inbound_batch ENDPOINT TABLE MIX

The table is empty and lies at ENDPOINT (DynamoDB Local). MIX is one of ``MIXES``. Prints JSON: seconds of the first and
of the second time, by the clock and of CPU, with the requests to the table, the body's megabytes, the peak memory in
MiB. Nothing of the tests' own (moto, boto3) is imported, so that the memory is what the function needs.
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
MIXES = {
    "mixed": "messages and statuses of 500 new people",
    "new": "the first messages of 1,000 people",
    "known": "messages of 1,000 people who wrote before",
    "statuses": "statuses of messages to 1,000 people",
}
"""Statuses name their messages by Meta's id in the first, and by ours, as Meta repeats it, in the last."""
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


def people(mix: str) -> list[str]:
    return [f"91987650{number:04d}" for number in range(UPDATES // 2 if mix == "mixed" else UPDATES)]


def body(at: int, mix: str = "mixed") -> dict[str, Any]:
    """What they wrote, and statuses of what they were sent before, in entries of 50 people."""
    from tests.support.bodies import change, message, meta, profile, status

    entries: list[Any] = []
    for start in range(0, len(people(mix)), 50):
        some = people(mix)[start : start + 50]
        text = {"body": _LETTERS[: len(_LETTERS) * UPDATES // 2 // len(people(mix))]}
        value: dict[str, Any] = {}
        if mix != "statuses":
            value["contacts"] = [profile(phone=each) for each in some]
            value["messages"] = [message("text", text, f"wamid.{each}", each, at) for each in some]
        if mix == "mixed":
            value["statuses"] = [status("delivered", f"wamid.out-{each}", each, at) for each in some]
        if mix == "statuses":
            value["statuses"] = [
                status("delivered", f"wamid.out-{each}", each, at, biz_opaque_callback_data=_sent(each, at).id)
                for each in some
            ]
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


def _sent(person: str, at: int) -> Any:
    """The key of the message that the person was sent before."""
    from gate24.events import ContactRef
    from gate24.message_keys import MessageKey, short_hash
    from gate24.store import contacts

    return MessageKey(contacts.contact_id("bench", ContactRef(f"+{person}")), at - 60_000, short_hash(person))


def _happens_before(at: int, mix: str) -> None:
    """Each of the people was sent a message, or wrote one."""
    from gate24.events import ContactRef, InboundMessage
    from gate24.messages import Message
    from gate24.store import messages, organizations
    from gate24.usecases.receive_webhook import receive_events

    if mix == "known":
        channel = organizations.channel(CHANNEL)
        assert channel is not None
        wrote = [
            InboundMessage(ContactRef(f"+{each}"), f"wamid.before-{each}", at - 60_000, "text", "Asha", "Hello")
            for each in people(mix)
        ]
        receive_events([(channel, each) for each in wrote], at, time.monotonic() + 600)
    elif mix != "new":
        for person in people(mix):
            wamid = f"wamid.out-{person}"
            message = Message(
                _sent(person, at), "outbound", "text", CHANNEL, "accepted", text="Hello", provider_id=wamid
            )
            messages.begin("bench", message)


def _times(event: dict[str, Any]) -> Iterator[dict[str, float]]:
    """Seconds of the clock and of this process's CPU, which is not the database's, and the requests to the table."""
    from gate24.store import table
    from gate24.usecases import receive_webhook
    from inbound_webhook import handler

    receive_webhook.STORING_SECONDS = 600.0  # nothing is parked: all of it is measured
    context: Any = SimpleNamespace(
        function_name="bench", memory_limit_in_mb=1024, invoked_function_arn="arn:bench", aws_request_id="bench"
    )
    asked: list[None] = []
    table.connection().connection.client.meta.events.register("before-call.dynamodb", lambda **_: asked.append(None))
    for _ in range(2):
        asked.clear()
        began, spent = time.perf_counter(), time.process_time()
        with redirect_stdout(sys.stderr):  # metrics
            answer = handler.lambda_handler(event, context)
        assert answer["statusCode"] == 200, answer
        yield {"clock": time.perf_counter() - began, "cpu": time.process_time() - spent, "requests": len(asked)}


def main() -> None:
    endpoint, table_name, mix = sys.argv[1:]
    os.environ |= {**_ENVIRONMENT, "TABLE_NAME": table_name}
    from gate24.store import table

    table.connect(table_name, b"bench", "ap-south-1", endpoint)
    _configure()
    at = int(time.time() * 1000) // 1000 * 1000 - 60_000
    _happens_before(at, mix)
    raw = json.dumps(body(at, mix), ensure_ascii=False)
    first, again = _times(_event(raw))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    megabytes = len(raw.encode()) / 1_000_000
    print(json.dumps({"first": first, "again": again, "megabytes": megabytes, "peak_mib": peak}))


if __name__ == "__main__":
    main()
