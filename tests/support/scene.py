"""What has happened before a test begins: who wrote when, what was sent and what became of it.

Everything goes through the system as it would in production: contacts and the BSP by webhooks, the organization's
software by the API. Only what has no route (organizations, channels, secrets) is stored directly. Times are epoch
milliseconds, ``ago`` is milliseconds before now. ``phone`` is taken with or without ``+``.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import boto3
import pytest
from moto.sqs.models import Message as QueuedMessage

from gate24 import clock, settings
from gate24.channels import Channel
from gate24.events import ContactRef
from gate24.providers import forward
from gate24.store import contacts, organizations, push_key
from gate24.store import secrets as channel_secrets
from tests.support.bodies import (
    AT,
    PHONE,
    PHONE_NUMBER_ID,
    USER_ID,
    gupshup_consent,
    gupshup_status,
    gupshup_text,
    meta_text,
)
from tests.support.system import CONTEXT, GUPSHUP, META, META_NUMBER, ORG, TEXT, Answer, System, handler, put_template

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DIGITS = PHONE
"""The contact of every call that names none: the one of ``bodies`` and of ``System.send``."""

MARKETING: dict[str, Any] = {"type": "template", "template": {"name": "camp", "language": "en", "params": ["Asha"]}}
"""A send of the template that ``put_marketing_template`` registers."""

TEMPLATE_T0 = 1_790_000_000_000
TEMPLATE_WORDS: tuple[dict[str, Any], ...] = (
    {"at": TEMPLATE_T0 + 1, "category": "marketing"},
    {"at": TEMPLATE_T0 + 2, "status": "paused", "reason": "quality"},
    {"at": TEMPLATE_T0 + 3, "category": "utility"},
    {"at": TEMPLATE_T0 + 4, "status": "approved"},
    {"at": TEMPLATE_T0 + 5, "status": "disabled"},
)
"""What a provider says of one template, in the order of its times."""

_numbers = itertools.count(10_000)  # past the demo numbers of the organizations
_message_numbers = itertools.count(1)


def now() -> int:
    return time.time_ns() // 1_000_000


def epoch_ms(rfc3339: str | None) -> int | None:
    """A time of the API's answers; None stays None."""
    return None if rfc3339 is None else round(datetime.fromisoformat(rfc3339).timestamp() * 1000)


def new_number() -> str:
    """The digits of a phone number that nothing else in this process uses."""
    return f"9198765{next(_numbers):05d}"


# Organizations, channels, templates


def change_organization(organization_id: str = ORG, **changes: Any) -> None:
    """Fields of ``Organization``."""
    found = organizations.organization(organization_id)
    assert found is not None
    organizations.put_organization(replace(found, **changes))


def change_channel(channel_id: str = GUPSHUP, **changes: Any) -> None:
    """Fields of ``Channel``."""
    found = organizations.channel(channel_id)
    assert found is not None
    organizations.put_channel(replace(found, **changes))


def add_meta_channel(channel_id: str, organization_id: str, phone_number_id: str, app_secret: str) -> None:
    """A channel beside those of ``system``, to which nothing can be sent."""
    organizations.put_channel(
        Channel(
            channel_id,
            organization_id,
            "meta",
            "+919876500009",
            api_base="http://127.0.0.1:9",
            rate_card="meta-2026-10-01",
            phone_number_id=phone_number_id,
        )
    )
    put_channel_secrets(channel_id, app_secrets=[app_secret])


def put_channel_secrets(channel_id: str, **secrets: Any) -> None:
    """Replaces all secrets of the channel."""
    name, client = f"channels/{channel_id}", boto3.client("secretsmanager")
    try:
        client.put_secret_value(SecretId=name, SecretString=json.dumps(secrets))
    except client.exceptions.ResourceNotFoundException:
        client.create_secret(Name=name, SecretString=json.dumps(secrets))
    channel_secrets.forget()


def put_marketing_template(gate24: System) -> None:
    answer = put_template(gate24, GUPSHUP, name="camp", category="marketing")
    assert answer.status == 200, answer.text


@contextmanager
def mail_sender(address: str = "gate24@example.org") -> Iterator[None]:
    """This installation sends mails from that address, and its console has one."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MAIL_SENDER", address)
        patched.setenv("CONSOLE_URL", "https://gate24.example.org/console")
        settings.settings.cache_clear()
        yield
    settings.settings.cache_clear()


@contextmanager
def pushing(known_as: str | None = None) -> Iterator[str]:
    """This installation has a key for pushes: its ARN. ``known_as``: what browsers subscribe with, instead of the
    key's own, which is another one each time."""
    made = boto3.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PUSH_KEY_ARN", made)
        patched.setenv("CONSOLE_URL", "https://gate24.example.org/console")
        if known_as is not None:
            patched.setattr(push_key, "public_key", lambda: known_as)
        settings.settings.cache_clear()
        yield made
    push_key.forget()
    settings.settings.cache_clear()


# What contacts do


def post_webhook(gate24: System, channel: str, body: Any) -> None:
    """An event that the channel's provider tells; it must be taken."""
    answer = gate24.meta_webhook(body) if channel == META else gate24.webhook(body, channel)
    assert (answer.status, answer.text) == (200, "")


def contact_wrote(
    gate24: System, phone: str = DIGITS, ago: int = MINUTE, channel: str = GUPSHUP, text: str = "Namaste"
) -> None:
    """A text; each call is a message of its own."""
    digits, message_id = phone.removeprefix("+"), f"wamid.in-{next(_message_numbers)}"
    if channel == META:
        post_webhook(gate24, META, meta_text(text, message_id, digits, now() - ago, META_NUMBER))
    else:
        post_webhook(gate24, channel, gupshup_text(text, message_id, digits, now() - ago))


def contact_opted_in(gate24: System, phone: str = DIGITS, ago: int = 2 * MINUTE, channel: str = GUPSHUP) -> None:
    post_webhook(gate24, channel, gupshup_consent("opted-in", phone.removeprefix("+"), now() - ago))


def contact_opted_out(gate24: System, phone: str = DIGITS, ago: int = 2 * MINUTE, channel: str = GUPSHUP) -> None:
    post_webhook(gate24, channel, gupshup_consent("opted-out", phone.removeprefix("+"), now() - ago))


def body_about(body: Any, phone: str, at: int) -> Any:
    """A body of ``bodies``, made one about this contact at this time, on the system's own Meta number."""
    text = json.dumps(body)
    for old, new in (
        (PHONE, phone),
        (str(AT), str(at)),
        (str(AT // 1000), str(at // 1000)),
        (PHONE_NUMBER_ID, META_NUMBER),
        (USER_ID, f"IN.{phone}"),
        ("wamid.in-", f"wamid.{phone}-"),
    ):
        text = text.replace(old, new)
    return json.loads(text)


# What is sent, and what the BSP makes of it


def script_bsp(gate24: System, **outcome: Any) -> None:
    """What becomes of the next send (an entry of ``POST /_sim/script``)."""
    assert gate24.simulator is not None
    gate24.simulator.script.add(outcome)


@contextmanager
def bsp_that(gate24: System, **outcome: Any) -> Iterator[None]:
    """``script_bsp``; within it nobody waits 8 seconds for a BSP that says nothing. One that answers has them: a busy
    machine may be long about it."""
    script_bsp(gate24, **outcome)
    with pytest.MonkeyPatch.context() as patched:
        if outcome["outcome"].startswith("timeout"):
            patched.setattr(forward, "READ_SECONDS", 0.4)
        yield


def received_by_bsp(gate24: System, phone: str | None = None) -> list[dict[str, Any]]:
    """The send calls that reached the BSP, oldest first: all, or those to a phone number."""
    assert gate24.simulator is not None
    calls = gate24.simulator.requests.oldest_first()
    return [call for call in calls if phone is None or _destination(call) == phone.removeprefix("+")]


def _destination(call: dict[str, Any]) -> str:
    recipient: str = call["form"]["destination"] if "form" in call else call["json"]["to"]
    return recipient.removeprefix("+")


def accepted_send(gate24: System, phone: str = DIGITS, channel: str = GUPSHUP) -> dict[str, Any]:
    """The answer to a freeform that the BSP accepted. The contact wrote an hour before."""
    contact_wrote(gate24, phone, HOUR, channel)
    answer = gate24.send(TEXT | {"to": f"+{phone.removeprefix('+')}", "channel": channel})
    assert answer.status == 202, answer.text
    sent: dict[str, Any] = answer.json
    return sent


def unknown_send(gate24: System, channel: str = GUPSHUP, text: str = "Hello") -> Answer:
    """A freeform that the BSP took without answering. The contact's window must be open."""
    with bsp_that(gate24, outcome="timeout_after_accept"):
        answer = gate24.send({"type": "text", "text": {"body": text}, "channel": channel})
    assert (answer.status, answer.json["code"]) == (504, "bsp_outcome_unknown")
    return answer


def status_arrives(
    gate24: System, status: str, gs_id: str, phone: str = DIGITS, code: int | None = None, reason: str | None = None
) -> None:
    """Gupshup's webhook about a message that it accepted under ``gs_id``."""
    body = gupshup_status(status, gs_id, phone=phone.removeprefix("+"), at=now(), code=code, reason=reason)
    post_webhook(gate24, GUPSHUP, body)


# Queue and costs


@contextmanager
def standing_clock(start: int) -> Iterator[list[int]]:
    """The server's clock stands where the one item of the list says (epoch ms)."""
    time = [start]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now_ms", lambda: time[0])
        yield time


def fill_list(count: int) -> None:
    """Contacts who wrote, by turns called Asha, Ravi, Meera and Kiran, each with five digits as second name, with which
    the phone number ends: from +91 70000 00000 on."""
    names = ("Asha", "Ravi", "Meera", "Kiran")
    for number in range(count):
        ref = ContactRef(f"+917{number:09d}")
        contact_id = contacts.contact_id(ORG, ref)
        contacts.ensure(ORG, contact_id, ref, f"{names[number % 4]} {number:05d}", first_at=now(), is_new=True)


def without_name_words(gate24: System) -> None:
    """The table as a version left it that found nobody by the words of names."""
    for item in gate24.items():
        if item["sk"]["S"].startswith("Q#"):
            gate24.dynamodb.delete_item(TableName=gate24.table, Key={"pk": item["pk"], "sk": item["sk"]})
        elif item.pop("nt", None):
            gate24.dynamodb.put_item(TableName=gate24.table, Item=item)
        elif item["sk"]["S"] == "ORGANIZATION":
            body = json.loads(item["j"]["S"])
            assert body.pop("finds_names")
            gate24.dynamodb.put_item(TableName=gate24.table, Item=item | {"j": {"S": json.dumps(body)}})
    organizations.forget()


def parked_records(gate24: System, later: bool = False) -> list[dict[str, Any]]:
    """What lies in the queue of parked events, as records of Lambda's SQS event. ``later``: once delays are over."""
    sqs, records = boto3.client("sqs"), []
    with pytest.MonkeyPatch.context() as patch:
        if later:
            patch.setattr(QueuedMessage, "delayed", property(lambda self: False))
        while messages := sqs.receive_message(QueueUrl=gate24.queue_url, MaxNumberOfMessages=10).get("Messages"):
            records += [{"messageId": each["MessageId"], "body": each["Body"]} for each in messages]
    return records


def take_parked(gate24: System) -> list[dict[str, Any]]:
    """What lies in the queue of parked events, delays over, as the records of Lambda's SQS event; it is taken out."""
    sqs, records = boto3.client("sqs"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QueuedMessage, "delayed", property(lambda self: False))
        while messages := sqs.receive_message(QueueUrl=gate24.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for each in messages:
                records.append({"messageId": each["MessageId"], "body": each["Body"]})
                sqs.delete_message(QueueUrl=gate24.queue_url, ReceiptHandle=each["ReceiptHandle"])
    return records


def retry_parked(records: list[dict[str, Any]]) -> list[str]:
    """Hands the records to the queue's consumer; the ids of those that it gives back."""
    answer = handler("inbound_webhook")({"Records": records}, CONTEXT)
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def run_rollup(**event: Any) -> list[dict[str, Any]]:
    """Invokes ``cost_rollup``; a line for each day that it did."""
    done: list[dict[str, Any]] = handler("cost_rollup")(event, CONTEXT)["days"]
    return done


def queued_days() -> list[dict[str, Any]]:
    """What lies in the queue of days to be computed, as ``records_of``."""
    return records_of("ROLLUP_DAYS_QUEUE_URL")


def records_of(queue: str) -> list[dict[str, Any]]:
    """What lies in the queue of that variable, as the records of Lambda's SQS event; it is taken out."""
    sqs, records, queue_url = boto3.client("sqs"), [], os.environ[queue]
    while messages := sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    ).get("Messages"):
        for each in messages:
            records.append(
                {
                    "messageId": each["MessageId"],
                    "body": each["Body"],
                    "receiptHandle": each["ReceiptHandle"],
                    "attributes": each["Attributes"],
                }
            )
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=each["ReceiptHandle"])
    return records


def scheduled_run() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Invokes ``cost_rollup`` as the schedule does, and for each day in the queue its function, until none is left.
    Returns the days that it queued and those that failed, each with its organization."""
    handler("cost_rollup")({"scheduled_at": "2026-11-26T10:00:00Z"}, CONTEXT)
    first = records = queued_days()
    failed = []
    while records:
        for record in records:
            if handler("day_rollup")({"Records": [record]}, CONTEXT)["batchItemFailures"]:
                failed.append(_queued_day(record))
        records = queued_days()
    return [_queued_day(record) for record in first], failed


def _queued_day(record: dict[str, Any]) -> tuple[str, str]:
    body = json.loads(record["body"])
    return body["organization"], body["day"]


def daily_costs(gate24: System, first: date | str, last: date | str, key: str = ORG) -> list[dict[str, Any]]:
    """What the API says of those days, in one page, but for as of when: each run moves that."""
    answer = gate24.http("GET", f"/v1/costs/daily?from={first}&to={last}", key=key)
    assert answer.status == 200, answer.text
    return [{name: value for name, value in day.items() if name != "as_of"} for day in answer.json["data"]]


def rolled_up(gate24: System, first: date | str, last: date | str) -> list[dict[str, Any]]:
    """The days of the first organization, rolled up just now."""
    run_rollup(organization=ORG, **{"from": str(first), "to": str(last)})
    return daily_costs(gate24, first, last)
