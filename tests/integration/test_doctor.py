"""``./gate24 doctor``: a stack that works, each fault with its sentence and what to do, a probe that leaves nothing."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from gate24 import clock
from gate24.store import key_fingerprint, secrets, table, unrecognized
from gate24.store.table import StoreError
from infra.admin import channel_checks, checks, command, stack_checks, web
from infra.admin.checks import Check, made, ok
from infra.admin.deployment import QUEUES
from infra.admin.simulator import Simulator
from infra.admin.stack_checks import SCHEDULES
from infra.admin.web import NoAnswer, Reply
from stack.template import source
from tests.support.administration import InProcess, Printed
from tests.support.scene import change_channel, put_channel_secrets
from tests.support.system import (
    APP_SECRET,
    GUPSHUP,
    META,
    ORG,
    OTHER,
    TOKEN,
    VERIFY_TOKEN,
    put_template,
    system,
)

PREFIX = "gate24-local-"
OTHERS_KEY = b"another-key"


@dataclass
class Examined(InProcess):
    """With what a deployed stack has beside its functions."""

    inbound_webhook: str = f"{PREFIX}inbound-webhook"
    queues: dict[str, str] = field(default_factory=dict)
    prefix: str = PREFIX

    @property
    def table_name(self) -> str:
        return self.gate24.table


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Examined]:
    """A stack on AWS that lacks nothing, with the provider that the tests have: the simulator."""
    with system(tmp_path) as gate24:
        assert gate24.simulator is not None
        gate24.dynamodb.update_table(
            TableName=gate24.table,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        sqs, scheduler = boto3.client("sqs"), boto3.client("scheduler")
        urls = {name: sqs.create_queue(QueueName=f"{PREFIX}{name}")["QueueUrl"] for name in QUEUES}
        for name in SCHEDULES:
            scheduler.create_schedule(Name=f"{PREFIX}{name}", **SCHEDULE)
        topic = boto3.client("sns").create_topic(Name="alarms")["TopicArn"]
        boto3.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="alarms@example.org")
        put_alarm("WebhookServerErrors", [topic])
        stack = Examined("gate24-prod", gate24, queues=urls)
        monkeypatch.setattr(command, "deployment", lambda _: stack)
        monkeypatch.setattr(web, "ask", in_process(stack))
        yield stack


SCHEDULE: dict[str, Any] = {
    "ScheduleExpression": "rate(1 hour)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {
        "Arn": "arn:aws:lambda:ap-south-1:000000000000:function:f",
        "RoleArn": "arn:aws:iam::000000000000:role/r",
    },
}


def put_alarm(name: str, actions: list[str]) -> None:
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{PREFIX}{name}",
        Namespace="gate24",
        MetricName=name,
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=actions,
    )


def in_process(stack: Examined) -> Callable[..., Reply]:
    """The stack's own address is answered by the functions, any other over HTTP."""
    over_http = web.ask

    def ask(method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> Reply:
        path = url.removeprefix(stack.api_url)
        if path == url:
            return over_http(method, url, headers, body)
        answer = stack.gate24.http(method, path, None if body is None else body.decode(), headers, key=None)
        return Reply(answer.status, answer.text.encode())

    return ask


def examined(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit status and the lines."""
    printed = Printed(capsys, "doctor", "--json", *arguments)
    return printed.status, printed.json["data"]


def test_of_a_stack_that_works_every_line_is_ok_and_nothing_is_left(
    here: Examined, capsys: pytest.CaptureFixture[str]
) -> None:
    before = here.gate24.items()
    status, lines = examined(capsys)
    assert [each for each in lines if each["status"] != "ok"] == []
    assert status == 0
    of_the_stack = ["table", "index", "queues", "dead letters", "schedule", "alarms", "api", "contact key", "clock"]
    assert [each["check"] for each in lines if each["about"] is None] == of_the_stack
    of_meta = ["secrets", "settings", "provider", "handshake", "webhook", "probe", "templates"]
    assert [each["check"] for each in lines if each["about"] == META] == of_meta
    assert {each["about"] for each in lines} == {None, ORG, "health", GUPSHUP, META, OTHER}
    assert here.gate24.items() == before
    assert here.gate24.http("GET", "/v1/unrecognized").json["data"] == []
    assert here.gate24.simulator is not None and here.gate24.simulator.requests.oldest_first() == []
    told = json.dumps(lines)
    assert not [secret for secret in ("bsp-key", TOKEN, APP_SECRET, VERIFY_TOKEN) if f'"{secret}' in told]


def test_one_channel_is_looked_at_alone_and_read_by_people(here: Examined, capsys: pytest.CaptureFixture[str]) -> None:
    change_channel(GUPSHUP, app=None)
    printed = Printed(capsys, "doctor", "--channel", META)
    assert printed.status == 0
    assert f"[ok]      {META}: probe: It was stored, read and taken away again.\n" in printed.out
    assert printed.out.splitlines()[-1] == "17 ok, 0 faults, 0 unknown"
    assert GUPSHUP not in printed.out


def test_an_unknown_channel_is_asked_wrongly(here: Examined, capsys: pytest.CaptureFixture[str]) -> None:
    printed = Printed(capsys, "doctor", "--channel", "nowhere")
    assert (printed.status, printed.out) == (2, "")
    assert "There is no channel nowhere." in printed.err


# Faults. In each row of a round: what is broken, the line that tells it, and words of it and of what to do.


def table_gone(here: Examined, _: pytest.MonkeyPatch) -> None:
    here.gate24.dynamodb.delete_table(TableName=here.table_name)


def stream_of_keys(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    described = stack_checks._described
    keys = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}  # moto changes no stream
    monkeypatch.setattr(stack_checks, "_described", lambda asked: (described(asked) or {}) | keys)


def expiry_off(here: Examined, _: pytest.MonkeyPatch) -> None:
    off = {"Enabled": False, "AttributeName": "ttl"}
    here.gate24.dynamodb.update_time_to_live(TableName=here.table_name, TimeToLiveSpecification=off)


def index_gone(here: Examined, _: pytest.MonkeyPatch) -> None:
    delete = [{"Delete": {"IndexName": "by_g"}}]
    here.gate24.dynamodb.update_table(TableName=here.table_name, GlobalSecondaryIndexUpdates=delete)


def queue_gone(here: Examined, _: pytest.MonkeyPatch) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=here.queues["rollup_days"])


def given_up(here: Examined, _: pytest.MonkeyPatch) -> None:
    boto3.client("sqs").send_message(QueueUrl=here.queues["media_dead_letters"], MessageBody="{}")


def schedule_gone(here: Examined, _: pytest.MonkeyPatch) -> None:
    boto3.client("scheduler").delete_schedule(Name=f"{PREFIX}retention")


def schedule_off(here: Examined, _: pytest.MonkeyPatch) -> None:
    boto3.client("scheduler").update_schedule(Name=f"{PREFIX}cost-rollup", State="DISABLED", **SCHEDULE)


def alarms_gone(here: Examined, _: pytest.MonkeyPatch) -> None:
    boto3.client("cloudwatch").delete_alarms(AlarmNames=[f"{PREFIX}WebhookServerErrors"])


def alarm_without_action(here: Examined, _: pytest.MonkeyPatch) -> None:
    put_alarm("ParkedEventsDead", [])


def alarm_without_address(here: Examined, _: pytest.MonkeyPatch) -> None:
    for each in boto3.client("sns").list_subscriptions()["Subscriptions"]:
        boto3.client("sns").unsubscribe(SubscriptionArn=each["SubscriptionArn"])


def address_unconfirmed(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    class Sns:
        def get_paginator(self, _: str) -> Any:
            return self

        def paginate(self, **_: Any) -> list[dict[str, Any]]:
            return [{"Subscriptions": [{"SubscriptionArn": "PendingConfirmation"}]}]

    monkeypatch.setattr(stack_checks, "aws", lambda name: Sns() if name == "sns" else checks.aws(name))


def alarm_rings(here: Examined, _: pytest.MonkeyPatch) -> None:
    boto3.client("cloudwatch").set_alarm_state(
        AlarmName=f"{PREFIX}WebhookServerErrors", StateValue="ALARM", StateReason="tests"
    )


def answers(monkeypatch: pytest.MonkeyPatch, part: str, reply: Reply | Exception, method: str = "") -> None:
    """Whatever has that in its address is answered so."""
    others = web.ask

    def ask(asked: str, url: str, headers: dict[str, str], body: bytes | None = None) -> Reply:
        if part not in url or method not in asked:
            return others(asked, url, headers, body)
        if isinstance(reply, Exception):
            raise reply
        return reply

    monkeypatch.setattr(web, "ask", ask)


def api_silent(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "/healthz", NoAnswer("[Errno -2] Name or service not known"))


def api_failing(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "/healthz", Reply(503, b""))


def another_table(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate24.store.api_keys.holder", lambda _: None)


def parked_queue_unreachable(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=here.gate24.queue_url)


def wrong_key(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    from gate24.store import aws

    key_fingerprint.check(OTHERS_KEY)
    monkeypatch.setattr(table._Shared, "contact_key", aws._contact_key)


def functions_late(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now_ms
    monkeypatch.setattr(clock, "now_ms", lambda: now() - 3_600_000)


def machine_early(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda now=time.time: now() + 3_600)


def no_secrets(here: Examined, _: pytest.MonkeyPatch) -> None:
    put_channel_secrets(GUPSHUP, api_key="bsp-key")


def no_app(here: Examined, _: pytest.MonkeyPatch) -> None:
    change_channel(GUPSHUP, app=None)


def no_card(here: Examined, _: pytest.MonkeyPatch) -> None:
    change_channel(GUPSHUP, rate_card="of-another-year")


def provider_silent(here: Examined, _: pytest.MonkeyPatch) -> None:
    change_channel(META, api_base="http://127.0.0.1:9")


def provider_failing(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "/v26.0/", Reply(503, b""))


def token_refused(here: Examined, _: pytest.MonkeyPatch) -> None:
    put_channel_secrets(META, api_key="old", app_secrets=[APP_SECRET], verify_tokens=[VERIFY_TOKEN])


def number_unknown(here: Examined, _: pytest.MonkeyPatch) -> None:
    change_channel(META, phone_number_id="100000000000009")


def number_of_another(here: Examined, _: pytest.MonkeyPatch) -> None:
    change_channel(META, business_number="+919876500009")


def verify_token_not_taken(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, f"/webhooks/meta/{META}", Reply(401, b""), "GET")


def webhook_silent(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, f"/webhooks/gupshup/{GUPSHUP}", NoAnswer("timed out"))


def webhook_unknown(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, f"/webhooks/gupshup/{GUPSHUP}", Reply(404, b""))


def secret_not_taken(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate24.usecases.receive_webhook._comes_from", lambda *_: False)


def not_stored(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> str:
        raise StoreError("PutItem", "InternalServerError")

    monkeypatch.setattr("gate24.usecases.receive_webhook.receive_event", fails)
    monkeypatch.setattr(channel_checks, "SEEN_SECONDS", 0.0)


def not_removed(here: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate24.store.unrecognized.remove", lambda *_: None)


def no_template(here: Examined, _: pytest.MonkeyPatch) -> None:
    put_template(here.gate24, GUPSHUP, status="paused")


def no_template_where_the_app_is_known(here: Examined, _: pytest.MonkeyPatch) -> None:
    put_template(here.gate24, GUPSHUP, status="paused")
    change_channel(GUPSHUP, app_id="3f1d0b8e-6f7e-4b0a-9a55-0c1d2e3f4a5b")


def no_template_at_meta(here: Examined, _: pytest.MonkeyPatch) -> None:
    put_template(here.gate24, META, status="paused")


Fault = tuple[Callable[[Examined, pytest.MonkeyPatch], None], str | None, str, str, str]
ROUNDS: list[list[Fault]] = [
    [
        (stream_of_keys, None, "table", "no stream of new and old images", "ExistingTableStreamLabel"),
        (index_gone, None, "index", "no index by_g", "template.yaml"),
        (queue_gone, None, "queues", "missing: rollup_days.", "deleted by hand"),
        (schedule_gone, None, "schedule", "missing: gate24-local-retention.", "deleted by hand"),
        (alarms_gone, None, "alarms", "There are no alarms.", "deleted by hand"),
        (functions_late, None, "clock", "The functions' clock is off by -36", "NTP"),
        (no_secrets, GUPSHUP, "secrets", "It has no webhook-token.", f"./gate24 secret set {GUPSHUP} webhook-token --"),
        (provider_silent, META, "provider", "http://127.0.0.1:9 does not answer", f"./gate24 channel show {META}"),
    ],
    [
        (expiry_off, None, "table", "time to live is off", "update-time-to-live"),
        (given_up, None, "dead letters", "given up: 1 in media_dead_letters.", "move them back"),
        (schedule_off, None, "schedule", "switched off: gate24-local-cost-rollup.", "Switch them on"),
        (alarm_without_action, None, "alarms", "1 of 2 alarms call nobody: gate24-local-ParkedEventsD", "AlarmEmail="),
        (machine_early, None, "clock", "This machine's clock is off by +36", "NTP"),
        (no_app, GUPSHUP, "settings", "The settings lack app.", f"./gate24 channel set {GUPSHUP} --app NAME"),
        (
            *(no_template, GUPSHUP, "templates", "None of 1 is approved"),
            f"./gate24 templates sync {GUPSHUP} --app-id APP-ID --stack",
        ),
        (webhook_unknown, GUPSHUP, "webhook", "answers 404.", "no such route"),
        (token_refused, META, "provider", "refuses the API key.", f"secret set {META} api-key --stack gate24-prod"),
    ],
    [
        (no_card, GUPSHUP, "settings", "a rate card that does not exist", f"set {GUPSHUP} --rate-card CARD"),
        (alarm_without_address, None, "alarms", "has no address", "AlarmEmail="),
        (
            parked_queue_unreachable,
            ORG,
            "organization",
            "The queue of parked events cannot be reached",
            "outage of SQS",
        ),
        (no_template_at_meta, META, "templates", "None of 1 is approved", f"sync {META} --waba-id WABA-ID --stack"),
        (number_unknown, META, "provider", "does not know the phone number ID 100000000000009", "from the same app"),
        (webhook_silent, GUPSHUP, "webhook", f"example.org/webhooks/gupshup/{GUPSHUP}: timed out", "API Gateway"),
    ],
    [
        (address_unconfirmed, None, "alarms", "has not confirmed", "confirm"),
        (another_table, ORG, "organization", "its functions read another table", "ExistingTableArn"),
        (provider_failing, META, "provider", "answers 503.", "outage"),
        (verify_token_not_taken, META, "handshake", "answers 401 to its own verify token", "secret set"),
        (not_stored, GUPSHUP, "probe", "it was not stored in 0 s", "event_parked"),
    ],
    [
        (alarm_rings, None, "alarms", "These alarms ring: gate24-local-WebhookServerErrors.", "docs/operations.md"),
        (wrong_key, None, "contact key", "not the key that the table was written with", "Point the stack at the right"),
        (
            number_of_another,
            META,
            "provider",
            "is of +919876500002, not of +919876500009.",
            f"channel set {META} --phone",
        ),
        (
            *(no_template_where_the_app_is_known, GUPSHUP, "templates", "None of 1 is approved"),
            f"./gate24 templates sync {GUPSHUP} --stack",
        ),
        (secret_not_taken, META, "webhook", "answers 401 to the channel's own secret.", "within a minute"),
    ],
    [
        (api_silent, None, "api", "Nothing answers at https://gate24.example.org/healthz", "API Gateway"),
        (not_removed, META, "probe", "could not be taken away", "in 30 days"),
    ],
    [(api_failing, None, "api", "/healthz answers 503.", "read-api")],
    [(table_gone, None, "table", "There is no table gate24-", "Restore it")],
]


@pytest.mark.parametrize("faults", ROUNDS, ids=[" ".join(row[0].__name__ for row in each) for each in ROUNDS])
def test_each_fault_is_told_with_what_to_do_and_none_hides_another(
    here: Examined,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    faults: list[Fault],
) -> None:
    for breaks, *_ in faults:
        breaks(here, monkeypatch)
    secrets.forget()
    status, lines = examined(capsys, "--stack", "gate24-prod")
    assert status == 1
    found = {(each["about"], each["check"]): each for each in lines}
    for _, about, check, message, what_to_do in faults:
        line = found[about, check]
        assert (line["about"], line["check"], line["status"]) == (about, check, "fault")
        assert message in line["message"]
        assert what_to_do in line["what_to_do"]
    of_the_stack = ["table", "index", "queues", "dead letters", "schedule", "alarms", "api"]
    assert [each["check"] for each in lines][:7] == of_the_stack
    assert [each["message"] for each in lines if "check itself" in each["message"]] == []


# What cannot be looked at


def test_the_local_stack_calls_nobody_and_its_simulator_is_asked(
    here: Examined, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert here.gate24.simulator is not None
    here.simulator = Simulator(here.gate24.simulator.url, tmp_path / "bsp.json")
    status, lines = examined(capsys, "--channel", GUPSHUP)
    assert [(each["check"], each["message"]) for each in lines if each["status"] != "ok"] == [
        ("alarms", "The local stack calls nobody; it has 1 alarms.")
    ]
    assert status == 0
    assert [each["message"] for each in lines if each["check"] == "provider"] == [
        "The simulator answers and takes the API key."
    ]
    put_channel_secrets(GUPSHUP, api_key="old", webhook_tokens=[TOKEN])
    status, lines = examined(capsys, "--channel", GUPSHUP)
    assert [each["message"] for each in lines if each["status"] == "fault"] == ["The simulator refuses the API key."]


def test_what_these_credentials_may_not_look_at_is_unknown_and_no_fault(
    here: Examined, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(name: str) -> Any:
        if name == "scheduler":
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "GetSchedule")
        return checks.aws(name)

    monkeypatch.setattr(stack_checks, "aws", refused)
    status, lines = examined(capsys, "--channel", GUPSHUP)
    [line] = [each for each in lines if each["status"] != "ok"]
    assert (status, line["check"], line["status"]) == (0, "schedule", "unknown")
    assert "GetSchedule" in line["message"] and "Permissions on AWS" in line["what_to_do"]


def test_a_token_that_may_not_read_its_number_may_send_all_the_same(
    here: Examined, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "/v26.0/", Reply(403, b'{"error": {"code": 10}}'))
    status, lines = examined(capsys, "--channel", META)
    [line] = [each for each in lines if each["status"] != "ok"]
    assert (status, line["check"], line["status"]) == (0, "provider", "unknown")


def test_a_channel_without_secrets_is_not_probed(here: Examined, capsys: pytest.CaptureFixture[str]) -> None:
    put_channel_secrets(META, api_key="bsp-key")
    _, lines = examined(capsys, "--channel", META)
    told = {each["check"]: each["status"] for each in lines if each["about"] == META}
    assert told["secrets"] == "fault"
    assert {told[name] for name in ("handshake", "webhook", "probe")} == {"unknown"}


def test_a_new_channel_that_the_functions_do_not_see_yet_is_told_what_it_lacks(
    here: Examined, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = stack_checks.Health.look

    def look(health: stack_checks.Health) -> checks.Found:
        found = known(health)
        health.checks = [each for each in health.checks or () if each.get("channel") != GUPSHUP]
        return found

    monkeypatch.setattr(stack_checks.Health, "look", look)
    put_channel_secrets(GUPSHUP, webhook_tokens=[TOKEN])
    assert here.gate24.simulator is not None
    here.simulator = Simulator(here.gate24.simulator.url, tmp_path / "bsp.json")
    put_template(here.gate24, GUPSHUP, status="paused")
    _, lines = examined(capsys, "--channel", GUPSHUP)
    told = {each["check"]: each for each in lines if each["about"] == GUPSHUP}
    assert (told["secrets"]["status"], told["secrets"]["message"]) == ("fault", "It has no api-key.")
    assert told["secrets"]["what_to_do"] == f"./gate24 secret set {GUPSHUP} api-key"
    assert (told["settings"]["status"], told["settings"]["message"]) == (
        "unknown",
        "The functions do not see the channel yet.",
    )
    assert "run it again" in told["settings"]["what_to_do"]
    assert "Give the simulator some (docs/simulator.md)" in told["templates"]["what_to_do"]
    put_channel_secrets(GUPSHUP, api_key="bsp-key", webhook_tokens=[TOKEN])
    _, lines = examined(capsys, "--channel", GUPSHUP)
    [line] = [each for each in lines if (each["about"], each["check"]) == (GUPSHUP, "secrets")]
    assert (line["status"], line["message"]) == ("unknown", "The functions do not see the channel yet.")


def test_where_the_api_is_silent_what_it_would_tell_is_unknown(
    here: Examined, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, here.api_url, NoAnswer("timed out"))
    status, lines = examined(capsys, "--channel", META)
    found = {each["check"]: each["status"] for each in lines}
    assert status == 1
    assert {name for name, each in found.items() if each == "fault"} == {"api", "handshake", "webhook"}
    unknown = {"organization", "contact key", "clock", "secrets", "settings", "probe"}
    assert {name for name, each in found.items() if each == "unknown"} == unknown


def test_an_empty_stack_is_told_to_have_no_organization(
    here: Examined, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gate24.store.organizations.organization_ids", lambda: [])
    status, lines = examined(capsys)
    assert (status, lines[-1]["check"], lines[-1]["status"]) == (0, "organization", "unknown")


def test_a_check_that_breaks_or_hangs_ends_itself_alone() -> None:
    def breaks() -> checks.Found:
        raise LookupError("nothing")

    forever = threading.Event()
    assert made(Check("broken", breaks)).status == "unknown"
    hanging = made(Check("hanging", lambda: ok(str(forever.wait()))), seconds=0.01)
    assert (hanging.status, hanging.message) == ("fault", "There was no answer in 0.01 s.")
    forever.set()


# What it knows of the stack


@pytest.mark.parametrize("channel", [GUPSHUP, META])
def test_a_probe_names_nobody(here: Examined, channel: str) -> None:
    """In letters alone: whatever looks like a number would be somebody's."""
    from gate24.store import organizations

    found = organizations.channel(channel)
    assert found is not None
    named_as_a_number = replace(found, app="Reading +919876543210")
    probe = channel_checks.Probe(here, named_as_a_number)  # type: ignore[arg-type]  # the deployment in process
    assert unrecognized.contacts_named_in(ORG, probe._body()) == []
    assert probe.name.isalpha()


def test_the_schedules_and_queues_are_those_of_the_template() -> None:
    resources, outputs = source()["Resources"], source()["Outputs"]
    events = [event for each in resources.values() for event in each["Properties"].get("Events", {}).values()]
    names = [event["Properties"]["Name"]["Fn::Sub"] for event in events if event["Type"] == "ScheduleV2"]
    assert sorted(names) == sorted(f"gate24-${{Stage}}-{each}" for each in SCHEDULES)
    urls = {
        name
        for name, output in outputs.items()
        if resources.get(output["Value"].get("Ref", ""), {}).get("Type") == "AWS::SQS::Queue"
    }
    assert set(QUEUES.values()) == urls
