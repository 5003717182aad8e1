"""An outage of DynamoDB or Secrets Manager, for hours: what was answered 200 is stored once when it is over, and what
does not prove where it comes from is not stored at all."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from gate24 import clock
from gate24.store import api_keys, aws, organizations, outage, remembered, retry_queue, table
from gate24.store import secrets as channel_secrets
from gate24.store.api_keys import KeyHolder
from gate24.store.remembered import STALE_SECONDS
from stack.template import source
from tests.support.bodies import gupshup_text, meta_text, sign
from tests.support.scene import (
    HOUR,
    MINUTE,
    change_channel,
    new_number,
    now,
    parked_records,
    put_channel_secrets,
    retry_parked,
    rolled_up,
)
from tests.support.system import (
    APP_SECRET,
    GUPSHUP,
    META,
    META_NUMBER,
    ORG,
    TEXT,
    TOKEN,
    VERIFY_TOKEN,
    Answer,
    System,
    system,
)

HOURS = 6
TABLE_READS = ["dynamodb.GetItem", "dynamodb.Query", "dynamodb.BatchGetItem"]
TABLE_WRITES = ["dynamodb.PutItem", "dynamodb.UpdateItem", "dynamodb.DeleteItem", "dynamodb.BatchWriteItem"]
SECRETS = ["secrets-manager.GetSecretValue"]
BROKEN = {
    "reads": TABLE_READS,
    "writes": TABLE_WRITES,
    "the table": TABLE_READS + TABLE_WRITES,
    "secrets": SECRETS,
    "everything": TABLE_READS + TABLE_WRITES + SECRETS,
}


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("outage"), simulate=False) as made:
        yield made
    cold(made)


class Time:
    """The clock of the functions, set ahead or back by hand; ``now`` in epoch ms."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self._monotonic = now() - (HOURS + 1) * HOUR, 1000.0
        monkeypatch.setattr(clock, "now_ms", lambda: self.now)
        for module in (outage, remembered):
            monkeypatch.setattr(module, "monotonic", lambda: self._monotonic)

    def passes(self, milliseconds: float) -> None:
        self.now += round(milliseconds)
        self._monotonic += milliseconds / 1000


@pytest.fixture
def time(bare: System, monkeypatch: pytest.MonkeyPatch) -> Time:
    cold(bare)  # what was read before stands by the real clock
    return Time(monkeypatch)


def cold(gate24: System) -> None:
    """A process that knows nothing yet."""
    organizations.forget()
    channel_secrets.forget()
    table.connect(gate24.table, aws._contact_key)


@contextmanager
def failing(operations: list[str]) -> Iterator[None]:
    """Every call of these operations times out."""

    def times_out(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://aws.example.org")

    table_client = table.connection().connection.client
    clients = {"dynamodb": [table_client], "secrets-manager": [aws.secrets_manager(), aws._asked_once_more()]}
    hooks = [(each, f"before-call.{name}") for name in operations for each in clients[name.split(".")[0]]]
    hooks += [(table_client, f"before-send.{name}") for name in operations if name.startswith("secrets-manager.")]
    for client, event in hooks:
        client.meta.events.register(event, times_out)
    try:
        yield
    finally:
        for client, event in hooks:
            client.meta.events.unregister(event, times_out)


def from_gupshup(gate24: System, phone: str, at: int, token: str = TOKEN, channel: str = GUPSHUP) -> Answer:
    return gate24.webhook(gupshup_text("hi", f"w.{phone}", phone, at), channel, {"X-Webhook-Token": token})


def from_gupshup_by_url(gate24: System, phone: str, at: int, token: str = TOKEN) -> Answer:
    body = gupshup_text("hi", f"w.{phone}", phone, at)
    return gate24.http("POST", f"/webhooks/gupshup/{GUPSHUP}?token={token}", body, key=None)


def from_meta(gate24: System, phone: str, at: int, secret: str = APP_SECRET) -> Answer:
    raw = json.dumps(meta_text("hi", f"wamid.{phone}", phone, at, META_NUMBER), ensure_ascii=False)
    signature = {"X-Hub-Signature-256": sign(secret, raw.encode())}
    return gate24.http("POST", f"/webhooks/meta/{META}", raw, signature, key=None)


SENDERS: list[Callable[..., Answer]] = [from_gupshup, from_gupshup_by_url, from_meta]


def drained(gate24: System, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everything in the queue is taken, and what that puts into it, too. Returns all of it."""
    done = []
    while records:
        assert retry_parked(records) == []
        done += records
        records = parked_records(gate24)
    return done


@pytest.mark.slow
@pytest.mark.parametrize("start", ["warm", "cold"])
@pytest.mark.parametrize("broken", BROKEN)
def test_an_outage_of_hours_loses_nothing_doubles_nothing_and_lets_nobody_in(
    bare: System, time: Time, capsys: pytest.CaptureFixture[str], broken: str, start: str
) -> None:
    genuine: dict[str, int] = {}
    strangers: list[str] = []

    def arrive() -> None:
        for send in SENDERS:
            phone = new_number()
            genuine[phone] = time.now - MINUTE
            answer = send(bare, phone, time.now - MINUTE)
            assert (answer.status, answer.text) == (200, "")
            strangers.append(new_number())
            assert send(bare, strangers[-1], time.now - MINUTE, "a guess").status in (200, 401)

    arrive()
    records: list[dict[str, Any]] = []
    if start == "warm":
        with failing(BROKEN[broken]):
            for _ in range(HOURS):
                time.passes(HOUR)
                arrive()
                records += parked_records(bare)
                time.passes(MINUTE)
                refused = set(retry_parked(records))  # the consumer's attempt, which the outage defeats
                records = [each for each in records if each["messageId"] in refused] + parked_records(bare)
    else:
        for _ in range(HOURS):
            time.passes(HOUR)
            cold(bare)
            with failing(BROKEN[broken]):
                arrive()
                cold(bare)
        records = parked_records(bare)
    time.passes(HOUR)
    done = drained(bare, records + parked_records(bare))
    assert drained(bare, done) == done  # a redrive of everything
    time.now = now()
    for phone, at in genuine.items():
        stored = [each for each in bare.conversation(phone) if each["text"] == "hi"]
        assert [int(_epoch(each["at"])) for each in stored] == [at // 1000], phone
    assert [bare.http("GET", f"/v1/contacts/{phone}").status for phone in strangers] == [404] * len(strangers)
    printed = capsys.readouterr().out
    assert '"webhook.refused"' in printed
    assert TOKEN not in printed and "a guess" not in printed and APP_SECRET not in printed
    today = _day(now())
    days = rolled_up(bare, today - timedelta(days=1), today)
    assert sum(day["messages"]["inbound"] for day in days) == len(genuine)


def _epoch(rfc3339: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(rfc3339).timestamp()


def _day(at: int) -> Any:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.fromtimestamp(at / 1000, ZoneInfo("Asia/Kolkata")).date()


def test_a_cold_function_that_can_read_nothing_starts_and_parks_the_request(
    bare: System, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table._Shared, "connection", None)
    aws.connect_store()
    monkeypatch.setattr(table._Shared, "connection", None)
    phone = new_number()
    organizations.forget()
    with failing_from_the_start():
        aws.connect_store()  # raises nothing
        assert from_gupshup(bare, phone, time.now).status == 200
    time.passes(MINUTE)
    assert drained(bare, parked_records(bare)) != []
    assert [each["text"] for each in bare.conversation(phone)] == ["hi"]


@contextmanager
def failing_from_the_start() -> Iterator[None]:
    """Secrets Manager and the table cannot be read, whichever clients are made."""
    with pytest.MonkeyPatch.context() as patched:

        def times_out(*_: Any, **__: Any) -> None:
            raise ReadTimeoutError(endpoint_url="https://aws.example.org")

        patched.setattr(aws, "secret", times_out)
        patched.setattr("pynamodb.connection.base.Connection.dispatch", times_out)
        yield


def test_a_request_that_shows_no_secret_is_refused_and_not_parked(bare: System, time: Time) -> None:
    body = gupshup_text("hi", "w.1", new_number(), time.now)
    with failing(BROKEN["everything"]):
        for headers in ({"X-Webhook-Token": ""}, {"X-Other": TOKEN}):
            assert bare.webhook(body, headers=headers).status == 401
        for signature in ("", "sha256=", "sha1=" + "0" * 40, "sha256=" + "z" * 64):
            refused = bare.http("POST", f"/webhooks/meta/{META}", body, {"X-Hub-Signature-256": signature}, key=None)
            assert refused.status == 401
        assert bare.webhook("no JSON").status == 400
    assert parked_records(bare) == []


def test_an_unverified_request_that_is_large_beyond_measure_is_asked_for_again(bare: System, time: Time) -> None:
    import random

    noise = random.Random(1).randbytes(retry_queue.LARGEST_UNVERIFIED).hex()
    with failing(BROKEN["everything"]):
        assert bare.webhook({"type": "moon-event", "payload": noise}).status == 503
        assert bare.webhook({"type": "moon-event", "payload": "moon" * 500_000}).status == 200
    (record,) = parked_records(bare)
    assert len(record["body"]) < retry_queue.LARGEST_UNVERIFIED


def test_a_parked_request_of_a_channel_that_does_not_exist_is_dropped(
    bare: System, time: Time, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = new_number()
    with failing(BROKEN["everything"]):
        assert from_gupshup(bare, phone, time.now, channel="gone").status == 200
        assert bare.http("POST", f"/webhooks/gupshup/{META}", {"a": 1}, {"X-Webhook-Token": TOKEN}, None).status == 200
    time.passes(MINUTE)
    capsys.readouterr()
    assert len(drained(bare, parked_records(bare))) == 2
    assert '"webhook.refused": [1.0, 1.0]' in capsys.readouterr().out
    assert bare.http("GET", f"/v1/contacts/{phone}").status == 404


def test_the_handshake_waits_for_the_end_of_the_outage(bare: System, time: Time) -> None:
    path = f"/webhooks/meta/{META}?hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}&hub.challenge=42"
    with failing(BROKEN["everything"]):
        answer = bare.http("GET", path, key=None)
    assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, "unavailable", "1")
    assert parked_records(bare) == []
    time.passes(MINUTE)
    assert bare.http("GET", path, key=None).text == "42"


@pytest.mark.parametrize("start", ["warm", "cold"])
def test_the_api_answers_unavailable_and_sends_nothing(
    bare: System, time: Time, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    holder = KeyHolder(ORG, "tests", frozenset({"read", "send", "admin"}))
    monkeypatch.setattr(api_keys, "holder", lambda _: holder)  # API Gateway remembers the authorizer's word
    phone = new_number()
    if start == "warm":
        assert from_gupshup(bare, phone, time.now).status == 200
        bare.http("GET", f"/v1/contacts/{phone}")
    time.passes(HOUR)
    with failing(BROKEN["everything"]):
        for answer in (bare.http("GET", f"/v1/contacts/{phone}"), bare.send(TEXT | {"to": f"+{phone}"})):
            assert (answer.status, answer.json["code"]) == (503, "unavailable")
            assert answer.headers["retry-after"] == "1"


def test_a_secret_that_is_new_in_an_outage_is_verified_afterwards(bare: System, time: Time) -> None:
    old, new = new_number(), new_number()
    assert from_gupshup(bare, old, time.now).status == 200
    put = channel_secrets.forget
    channel_secrets.forget = lambda: None
    try:
        put_channel_secrets(GUPSHUP, api_key="bsp-key", webhook_tokens=["newer"])
    finally:
        channel_secrets.forget = put
    time.passes(HOUR)
    with failing(BROKEN["secrets"]):
        assert from_gupshup(bare, new, time.now, "newer").status == 200
    time.passes(MINUTE)
    assert len(drained(bare, parked_records(bare))) == 1
    assert [each["text"] for each in bare.conversation(new)] == ["hi"]
    assert from_gupshup(bare, new_number(), time.now).status == 401  # the old one, as soon as that can be read


@pytest.mark.parametrize(("seconds", "is_believed"), [(STALE_SECONDS - 1, True), (STALE_SECONDS, False)])
def test_a_secret_that_cannot_be_read_anew_is_believed_for_a_day(
    bare: System, time: Time, seconds: float, is_believed: bool
) -> None:
    assert from_gupshup(bare, new_number(), time.now).status == 200
    time.passes(seconds * 1000)
    phone = new_number()
    with failing(BROKEN["secrets"]):
        assert from_gupshup(bare, phone, time.now).status == 200
    assert len(parked_records(bare)) == (0 if is_believed else 1)
    assert (bare.http("GET", f"/v1/contacts/{phone}").status == 200) is is_believed


def test_a_secret_that_is_deleted_is_not_believed_any_more(bare: System, time: Time) -> None:
    import boto3

    assert from_gupshup(bare, new_number(), time.now).status == 200
    boto3.client("secretsmanager").delete_secret(SecretId=f"channels/{GUPSHUP}")
    time.passes(HOUR)
    assert from_gupshup(bare, new_number(), time.now).status == 401
    time.passes(HOUR)
    with failing(BROKEN["secrets"]):
        assert from_gupshup(bare, new_number(), time.now).status == 200
    time.passes(MINUTE)
    phone = new_number()
    assert drained(bare, parked_records(bare)) != []
    assert bare.http("GET", f"/v1/contacts/{phone}").status == 404


def test_a_secret_with_a_slip_in_it_loses_nothing(bare: System, time: Time) -> None:
    import boto3

    client, name, phone = boto3.client("secretsmanager"), f"channels/{GUPSHUP}", new_number()
    client.put_secret_value(SecretId=name, SecretString='{"webhook_tokens": [')
    assert from_gupshup(bare, phone, time.now).status == 200
    records = parked_records(bare)
    assert retry_parked(records) == [records[0]["messageId"]]
    put_channel_secrets(GUPSHUP, api_key="bsp-key", webhook_tokens=[TOKEN])
    drained(bare, records)
    assert [each["text"] for each in bare.conversation(phone)] == ["hi"]


def test_without_the_contact_key_events_wait_whatever_the_reason(
    bare: System, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert from_gupshup(bare, new_number(), time.now).status == 200
    phone = new_number()

    def denied(_: str) -> str:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")

    monkeypatch.setattr(table._Shared, "contact_key", aws._contact_key)
    with monkeypatch.context() as broken:
        broken.setattr(aws, "secret", denied)
        assert from_gupshup(bare, phone, time.now).status == 200
    assert len(drained(bare, parked_records(bare))) == 1
    assert [each["text"] for each in bare.conversation(phone)] == ["hi"]


def test_a_parked_request_from_before_an_erasure_brings_nobody_back(bare: System, time: Time) -> None:
    phone = new_number()
    assert from_gupshup(bare, phone, time.now - HOUR).status == 200
    channel_secrets.forget()
    with failing(BROKEN["secrets"]):
        body = gupshup_text("late", f"late.{phone}", phone, time.now - MINUTE)
        assert bare.webhook(body).status == 200
    time.passes(MINUTE)
    assert bare.http("DELETE", f"/v1/contacts/{phone}").status == 204
    time.passes(MINUTE)
    assert len(drained(bare, parked_records(bare))) == 1
    assert bare.http("GET", f"/v1/contacts/{phone}").status == 404


def test_a_service_that_failed_is_left_alone_for_a_while_so_that_no_request_waits_for_it_again(
    bare: System, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attempt may take nine seconds, and the function has twenty."""
    calls: list[str] = []
    assert from_gupshup(bare, new_number(), time.now).status == 200
    monkeypatch.setattr("inbound_webhook.handler._AT_ONCE", 1)  # none asks before the first has heard
    time.passes(HOUR)
    with failing(BROKEN["everything"]):
        clients = (table.connection().connection.client, aws._asked_once_more())
        for client in clients:
            client.meta.events.register_first("before-call.*", lambda model, **_: calls.append(model.name))
        for _ in range(5):
            assert from_gupshup(bare, new_number(), time.now).status == 200
        assert sorted(calls) == ["GetItem", "GetSecretValue"]
        records = parked_records(bare)
        assert len(retry_parked(records)) == 5
        assert len(calls) == 2
        time.passes(outage.PAUSE_SECONDS * 1000)
        assert len(retry_parked(records)) == 5
        assert len(calls) == 3  # the first of the batch asks, the others do not
    time.passes(MINUTE)
    drained(bare, records)


def test_a_channel_that_was_changed_is_seen_soon_and_one_that_was_removed_does_not_come_back(
    bare: System, time: Time
) -> None:
    from gate24.store import documents

    assert from_gupshup(bare, new_number(), time.now).status == 200
    change_channel(GUPSHUP, margin_seconds=60)
    found = organizations.channel(GUPSHUP)
    assert found is not None and found.margin_seconds == 60
    documents.remove(f"CHANNEL#{GUPSHUP}", "CHANNEL")
    time.passes(MINUTE)
    assert organizations.channel(GUPSHUP) is None
    with failing(BROKEN["everything"]), pytest.raises(table.StoreError):
        organizations.channel(GUPSHUP)


def test_the_queue_keeps_what_is_parked_for_a_day_of_failed_attempts() -> None:
    resources = source()["Resources"]
    queue, dead = (resources[name]["Properties"] for name in ("ParkedEvents", "ParkedEventsDeadLetters"))
    assert queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"] >= STALE_SECONDS
    assert queue["MessageRetentionPeriod"] == dead["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert queue["SqsManagedSseEnabled"] and dead["SqsManagedSseEnabled"]  # webhooks' tokens may be in it
