"""Each alarm of production rings for what it is there for, and not on a normal day; for each there is a line in the
runbook and a place on the dashboard."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from gate24.api import webhooks
from gate24.rules.delivery_retries import FAILING_AFTER_MS
from gate24.rules.waiting_chats import is_turn
from gate24.settings import settings
from gate24.store import aws, key_fingerprint, remembered, table
from gate24.store import messages as stored_messages
from gate24.store.table import StoreError
from gate24.usecases import receive_message, wait_for_slot
from gate24.usecases.administer_members import put_member
from stack.settings import ROOT
from stack.template import source
from tests.support.alarms import (
    Alarm,
    Datapoint,
    Metric,
    access_log,
    alarms,
    emitted,
    every,
    resources,
    state,
)
from tests.support.bodies import gupshup_text, meta_text
from tests.support.hooks import deliver, make_webhook, new_event, render_all, run_schedule, script_hook, tell
from tests.support.scene import (
    HOUR,
    MINUTE,
    accepted_send,
    change_organization,
    contact_wrote,
    mail_sender,
    new_number,
    now,
    run_rollup,
    scheduled_run,
    script_bsp,
    standing_clock,
    status_arrives,
    unknown_send,
)
from tests.support.system import CONTEXT, GUPSHUP, META, ORG, PHONE, TEXT, System, handler

NOW = 1_800_057_600
"""A whole day, in epoch seconds, so that periods of all lengths end at it."""

ALARMS = alarms()
RUNBOOK = (ROOT / "docs" / "operations.md").read_text()

OF_AWS = {
    "AWS/Lambda": [{"FunctionName"}],
    "AWS/SQS": [{"QueueName"}],
    "AWS/ApiGateway": [{"ApiId"}],
    "AWS/DynamoDB": [{"TableName"}, {"TableName", "GlobalSecondaryIndexName"}],
}
"""The dimensions under which AWS documents its metrics (Lambda, SQS, API Gateway "Working with metrics for HTTP APIs",
DynamoDB "Metrics and dimensions": the table's alone do not count the index; read 2026-11)."""


class Night:
    """The system, what breaks in it, and the datapoints of what it printed since the last time it was asked."""

    def __init__(self, gate24: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.gate24, self.monkeypatch, self._capsys = gate24, monkeypatch, capsys

    def said(self) -> list[Datapoint]:
        return emitted(self._capsys.readouterr().out)

    def only(self, happens: Callable[[], Any]) -> list[Datapoint]:
        """What is told of this and of nothing before it."""
        self.said()
        happens()
        return self.said()

    @contextmanager
    def without_the_table(self) -> Iterator[None]:
        def times_out(**_: Any) -> None:
            raise ReadTimeoutError(endpoint_url="https://aws.example.org")

        events = table.connection().connection.client.meta.events
        events.register("before-call.dynamodb", times_out)
        try:
            yield
        finally:
            events.unregister("before-call.dynamodb", times_out)

    def without_the_queue(self) -> None:
        def unreachable(**_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://queue")

        self.monkeypatch.setattr(aws.sqs(), "send_message", unreachable)


@pytest.fixture
def night(gate24: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Night:
    return Night(gate24, monkeypatch, capsys)


def of_aws(metric: str, value: float, **dimensions: str) -> list[Datapoint]:
    """A datapoint of AWS's own, under the dimensions that AWS documents."""
    namespace = next(name for name, known in OF_AWS.items() if set(dimensions) in known)
    return [Datapoint(Metric(namespace, metric, frozenset(dimensions.items())), value)]


# What makes each alarm ring: the datapoints of one of its periods


def settlement_is_lost(night: Night) -> None:
    """The BSP took the message; then neither the table nor the queue takes its outcome."""

    def fails(*_: Any, **__: Any) -> None:
        raise StoreError("UpdateItem", "InternalServerError")

    contact_wrote(night.gate24, ago=HOUR)
    night.without_the_queue()
    night.monkeypatch.setattr(stored_messages, "settle", fails)
    assert night.gate24.send(TEXT).status == 202


def code_trips(night: Night) -> None:
    def trips(*_: Any) -> None:
        raise LookupError("a fault of ours")

    night.monkeypatch.setattr(receive_message, "keyword_action", trips)
    contact_wrote(night.gate24)


def bsp_is_told_to_come_again(night: Night) -> list[Datapoint]:
    night.without_the_queue()
    with night.without_the_table():
        answer = night.gate24.webhook(gupshup_text("hi", "w.1", new_number(), now()))
    assert answer.status == 503
    return access_log("POST /webhooks/gupshup/{channel_id}", answer.status)


def api_cannot_read(night: Night) -> list[Datapoint]:
    """The authorizer has let the request in before."""
    route = "GET /v1/contacts/{phone}"
    caller = {"organization_id": ORG, "actor": "tests", "scopes": "read"}
    event = {
        "routeKey": route,
        "pathParameters": {"phone": PHONE},
        "requestContext": {"requestId": "request-1", "authorizer": {"lambda": caller}},
    }
    with night.without_the_table():
        status = handler("read_api")(event, CONTEXT)["statusCode"]
    assert status == 503
    return 5 * access_log(route, status)


def statuses_alone_arrive(night: Night) -> list[Datapoint]:
    sent = accepted_send(night.gate24)
    return night.only(lambda: status_arrives(night.gate24, "delivered", sent["bsp_message_id"]))


def wrong_tokens(night: Night) -> None:
    for _ in range(5):
        assert night.gate24.webhook(gupshup_text(), headers={"X-Webhook-Token": "of last year"}).status == 401


def wrong_signatures(night: Night) -> None:
    signature = {"X-Hub-Signature-256": "sha256=" + 64 * "0"}
    for _ in range(5):
        answer = night.gate24.http("POST", f"/webhooks/meta/{META}", meta_text(), signature, key=None)
        assert answer.status == 401


def webhook_is_slow(night: Night) -> None:
    """As if the clock had gone on for six seconds while it was stored."""
    night.monkeypatch.setattr(webhooks, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + 6))
    contact_wrote(night.gate24)


def bsp_does_not_answer(night: Night) -> None:
    contact_wrote(night.gate24)
    unknown_send(night.gate24)


def bsp_takes_nothing(night: Night) -> None:
    """As with a token that has expired."""
    contact_wrote(night.gate24)
    script_bsp(night.gate24, outcome="reject", status=401)
    assert night.gate24.send(TEXT).status == 502


def bsp_hangs(night: Night) -> None:
    """Ten times in a row; of nobody who sends after that, the cut itself is told."""
    night.monkeypatch.setattr(wait_for_slot, "HUNG_MS", 0)
    contact_wrote(night.gate24)
    for _ in range(10):
        unknown_send(night.gate24)


def key_is_another_one(night: Night) -> None:
    """As after a deployment with another secret: each process compares it once."""
    key_fingerprint.check(b"contact-key-of-the-tests")
    night.monkeypatch.setenv("CONTACT_KEY_SECRET_ARN", "another-key")
    boto3.client("secretsmanager").create_secret(Name="another-key", SecretString="a key of another table")
    settings.cache_clear()
    night.monkeypatch.setattr(table._Shared, "contact_key", aws._contact_key)
    assert night.gate24.send(TEXT).status == 503


def gupshup_says_closed(night: Night) -> None:
    """Two at the call, three by a status afterwards."""
    for number in range(5):
        phone = new_number()
        if number < 2:
            contact_wrote(night.gate24, phone, HOUR)
            said = {"status": "error", "code": 470, "message": "More than 24 hours have passed"}
            script_bsp(night.gate24, outcome="reject", status=400, body=said)
            assert night.gate24.send(TEXT | {"to": f"+{phone}"}).json["code"] == "window_closed"
        else:
            sent = accepted_send(night.gate24, phone)
            status_arrives(night.gate24, "failed", sent["bsp_message_id"], phone, 470, "Re-engagement message")


def meta_says_closed(night: Night) -> None:
    for _ in range(5):
        phone = new_number()
        contact_wrote(night.gate24, phone, HOUR, META)
        said = {"error": {"message": "(#131047) Re-engagement message", "code": 131047}}
        script_bsp(night.gate24, outcome="reject", status=400, body=said)
        assert night.gate24.send(TEXT | {"to": f"+{phone}", "channel": META}).json["code"] == "window_closed"


def configuration_cannot_be_read(night: Night) -> list[Datapoint]:
    contact_wrote(night.gate24)

    def happens() -> None:
        later = time.monotonic() + 2 * 3600
        night.monkeypatch.setattr(remembered, "monotonic", lambda: later)
        with night.without_the_table():
            contact_wrote(night.gate24, new_number())

    return night.only(happens)


def endpoint_fails_for_days(night: Night) -> list[Datapoint]:
    """Three days lie between its first failure and its last."""
    render_all(night.monkeypatch)
    make_webhook(night.gate24)
    script_hook(night.gate24, status=500, count=2)
    with standing_clock(now()) as clock:
        for _ in range(2):
            tell(new_event())
            deliver()
            clock[0] += FAILING_AFTER_MS
        return night.only(run_schedule)


def mail_is_refused(night: Night) -> list[Datapoint]:
    """The sender is not verified."""
    put_member(ORG, "leela@example.org", "admin")
    change_organization(closing_digest_minutes=60)
    contact_wrote(night.gate24, ago=23 * HOUR + 30 * MINUTE)

    def happens() -> None:
        with standing_clock(now()) as clock, mail_sender("gate24@example.org"):
            while not is_turn(ORG, clock[0]):
                clock[0] += MINUTE
            handler("close_windows")({}, CONTEXT)

    return night.only(happens)


Scenario = Callable[[Night], list[Datapoint] | None]
"""What happens in one period; None where what was printed tells of it."""


FUNCTIONS = ["InboundWebhook", "SendGate", "ReadApi", "CostRollup", "DayRollup", "Retention", "Authorizer", "Console"]
FUNCTIONS += ["TellChanges", "CloseWindows"]
FUNCTIONS += ["DeliverEvents", "RetryDeliveries"]
FUNCTIONS += ["FetchMedia", "AdminApi"]
DEAD, AGE = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
TABLE = {"TableName": "TableName"}
INDEX = TABLE | {"GlobalSecondaryIndexName": table.ByG.Meta.index_name}


def month_costs_as_much_as_it_may(night: Night) -> None:
    change_organization(monthly_budget=1)
    contact_wrote(night.gate24, ago=0)
    run_rollup()


LIVED: dict[str, Scenario] = {
    "WebhookServerErrors": bsp_is_told_to_come_again,
    "PoisonousEvents": code_trips,
    "SettlementLost": settlement_is_lost,
    "NoInbound": statuses_alone_arrive,
    "WebhookRefusedGupshup": wrong_tokens,
    "WebhookRefusedMeta": wrong_signatures,
    "WebhooksSlow": webhook_is_slow,
    "SendsUnknown": bsp_does_not_answer,
    "SendsRejected": bsp_takes_nothing,
    "ChannelCutOff": bsp_hangs,
    "WindowDivergesGupshup": gupshup_says_closed,
    "WindowDivergesMeta": meta_says_closed,
    "ApiServerErrors": api_cannot_read,
    "ContactKeyWrong": key_is_another_one,
    "ConfigurationStale": configuration_cannot_be_read,
    "EndpointsFailing": endpoint_fails_for_days,
    "StaffNotTold": mail_is_refused,
    "BudgetReached": month_costs_as_much_as_it_may,
}
"""What rings by what gate24 itself says, while it happens."""

MEASURED: dict[str, list[Datapoint]] = {
    "ParkedEventsDead": of_aws(DEAD, 1, QueueName="ParkedEventsDeadLetters"),
    "ParkedEventsWait": of_aws(AGE, 901, QueueName="ParkedEvents"),
    "ParkedEventsPile": of_aws(DEAD, 1_000, QueueName="ParkedEvents"),
    "MediaWait": of_aws(AGE, 7_300, QueueName="MediaQueue"),
    "MediaDead": of_aws(DEAD, 1, QueueName="MediaDeadLetters"),
    "WebhooksThrottled": access_log("POST /webhooks/meta/{channel_id}", 429),
    "SendGateSlow": of_aws("Duration", 12_000, FunctionName="SendGate"),
    "ReadApiSlow": of_aws("Duration", 4_000, FunctionName="ReadApi"),
    "ApiSlow": of_aws("Latency", 16_000, ApiId="ApiId"),
    **{f"{each}Errors": of_aws("Errors", 1, FunctionName=each) for each in FUNCTIONS},
    **{f"{each}Throttles": of_aws("Throttles", 1, FunctionName=each) for each in FUNCTIONS},
    "TableReadThrottles": of_aws("ReadThrottleEvents", 1, **TABLE),
    "TableWriteThrottles": of_aws("WriteThrottleEvents", 1, **TABLE),
    "IndexReadThrottles": of_aws("ReadThrottleEvents", 1, **INDEX),
    "IndexWriteThrottles": of_aws("WriteThrottleEvents", 1, **INDEX),
    "RollupDidNotRun": [],  # the heartbeat stops
    "RollupFailed": of_aws(DEAD, 1, QueueName="RollupFailures"),
    "DeliveriesWait": of_aws(AGE, 901, QueueName="Deliveries"),
    "DeliveriesDead": of_aws(DEAD, 1, QueueName="DeliveriesDeadLetters"),
    "RollupDaysWait": of_aws(AGE, 7_300, QueueName="RollupDays"),
    "RollupDaysDead": of_aws(DEAD, 1, QueueName="RollupDaysDeadLetters"),
    "RetentionDidNotRun": [],
    "UntoldChangesWait": of_aws(DEAD, 1, QueueName="UntoldChanges"),
    "TellChangesBehind": of_aws("IteratorAge", 300_000, FunctionName="TellChanges"),
}
"""What rings by what AWS measures."""

HEARTBEATS = ["RollupDidNotRun", "RetentionDidNotRun"]
"""What rings where nothing is told at all."""


def datapoints_of(night: Night, scenario: Scenario) -> list[Datapoint]:
    """One period's: what the scenario hands over, and what was printed meanwhile."""
    night.said()
    told = scenario(night)
    return night.said() if told is None else told


def assert_rings(alarm: Alarm, once: list[Datapoint]) -> None:
    """It rings where this happens in each of its periods, and not where it was over after one of several."""
    assert alarm.missing == "breaching" or [each for each in once if each.metric == alarm.metric]
    assert state(alarm, every(alarm.period, alarm.periods, once, NOW), NOW) == "ALARM"
    if alarm.datapoints > 1 and alarm.missing != "breaching":
        assert state(alarm, every(alarm.period, 1, once, NOW), NOW) == "OK"


@pytest.mark.parametrize("name", sorted(LIVED))
def test_an_alarm_rings_when_it_happens(night: Night, name: str) -> None:
    assert_rings(ALARMS[name], datapoints_of(night, LIVED[name]))


@pytest.mark.parametrize("name", sorted(MEASURED))
def test_an_alarm_rings_when_aws_measures_it(name: str) -> None:
    assert_rings(ALARMS[name], MEASURED[name])


def test_every_alarm_was_made_to_ring() -> None:
    assert sorted([*LIVED, *MEASURED]) == sorted(ALARMS)


@pytest.mark.parametrize("name", HEARTBEATS)
def test_a_heartbeat_may_fail_once_and_not_for_four_hours(night: Night, name: str) -> None:
    alarm, once = ALARMS[name], datapoints_of(night, scheduled)
    rings = [state(alarm, every(3600, 24, once, NOW - hours * 3600), NOW) for hours in range(6)]
    assert rings == ["OK", "OK", "OK", "OK", "ALARM", "ALARM"]


def scheduled(night: Night) -> None:
    scheduled_run()
    handler("retention")({}, CONTEXT)


def test_no_alarm_rings_on_a_normal_day(night: Night) -> None:
    """Every five minutes somebody writes, twenty are answered, one send is rejected and one not answered, a stranger
    knocks; rollup and retention run every hour."""
    gate24 = night.gate24
    night.said()
    logged: list[Datapoint] = []
    for _ in range(20):
        sent = accepted_send(gate24, phone := new_number())
        status_arrives(gate24, "delivered", sent["bsp_message_id"], phone)
        logged += access_log("POST /v1/messages", 202) + access_log("POST /webhooks/gupshup/{channel_id}", 200)
    contact_wrote(gate24)
    bsp_takes_nothing(night)
    unknown_send(gate24)
    logged += access_log("POST /v1/messages", 502) + access_log("POST /v1/messages", 504)
    gate24.http("POST", "/webhooks/gupshup/nobodys", {}, {"X-Webhook-Token": "a guess"}, key=None)
    busy = every(300, 36, [*night.said(), *logged, *calm()], NOW)
    hourly = every(3600, 3, datapoints_of(night, scheduled), NOW)
    assert {name: state(alarm, busy + hourly, NOW) for name, alarm in ALARMS.items()} == dict.fromkeys(ALARMS, "OK")


def calm() -> list[Datapoint]:
    """What AWS tells on a normal day."""
    queues = ["ParkedEvents", "ParkedEventsDeadLetters", "RollupFailures", "RollupDays", "RollupDaysDeadLetters"]
    queues += ["UntoldChanges", "Deliveries", "DeliveriesDeadLetters"]
    queues += ["MediaQueue", "MediaDeadLetters"]
    said = [of_aws(metric, 0, FunctionName=each) for each in FUNCTIONS for metric in ("Errors", "Throttles")]
    said += [of_aws("Duration", 900, FunctionName=each) for each in FUNCTIONS]
    said += [of_aws(DEAD, 12 if each in ("ParkedEvents", "RollupDays") else 0, QueueName=each) for each in queues]
    said += [of_aws(AGE, 40, QueueName=each) for each in queues] + [of_aws("Latency", 1_200, ApiId="ApiId")]
    said.append(of_aws("IteratorAge", 900, FunctionName="TellChanges"))
    for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
        said += [of_aws(metric, 0, **TABLE), of_aws(metric, 0, **INDEX)]
    return [each for some in said for each in some]


def test_neither_the_bsps_refusals_nor_a_stranger_ring_for_faults_of_the_api(night: Night) -> None:
    gate24 = night.gate24
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=400)
    routes = [("POST /v1/messages", gate24.send(TEXT).status)]
    routes += [("POST /v1/messages", unknown_send(gate24).status)]
    for path in ("/webhooks/gupshup/nobodys", f"/webhooks/gupshup/{GUPSHUP}", "/webhooks/meta/nobodys"):
        body = "{" if path.endswith("nobodys") else "[]"
        routes += [(f"POST {path}", gate24.http("POST", path, body, key=None).status)]
    routes += [("GET /v1/contacts", gate24.http("GET", "/v1/contacts", key="guessed").status)]
    routes += [("GET /v1/contacts", gate24.http("GET", "/v1/contacts", key=None).status)]
    routes += [("GET /v1/openapi.json", 503), ("GET /healthz", 503), ("$default", 404)]
    assert [status for _, status in routes] == [502, 504, 401, 401, 401, 403, 401, 503, 503, 404]
    heard = every(300, 1, [each for route, status in routes for each in 100 * access_log(route, status)], NOW)
    assert [name for name, alarm in ALARMS.items() if state(alarm, heard, NOW) == "ALARM"] == HEARTBEATS


def test_a_stranger_who_guesses_channels_rings_no_alarm(night: Night) -> None:
    night.said()
    for number in range(50):
        night.gate24.http("POST", f"/webhooks/gupshup/c{number}", {}, {"X-Webhook-Token": "a guess"}, key=None)
    heard = every(300, 12, night.said(), NOW)
    assert [name for name, alarm in ALARMS.items() if state(alarm, heard, NOW) == "ALARM"] == HEARTBEATS


def test_messages_of_people_among_the_statuses_keep_the_alarm_for_silence_quiet(night: Night) -> None:
    silence, people = ALARMS["NoInbound"], datapoints_of(night, lambda night: contact_wrote(night.gate24))
    statuses = datapoints_of(night, statuses_alone_arrive)
    assert state(silence, every(silence.period, silence.periods, [*statuses, *people], NOW), NOW) == "OK"
    assert state(silence, [], NOW) == "OK"  # nothing at all: nobody sends, nobody writes


# The runbook, the dashboard, and who is told


def runbook_rows() -> dict[str, list[str]]:
    """What the runbook's table says, by the alarms that a row names: ``...Errors`` stands for all that end so."""
    rows = {}
    for line in RUNBOOK.split("## Alarms", 1)[1].split("\n## ", 1)[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        for named in re.findall(r"`(\.{3}\w+|[A-Z]\w+)`", cells[0]) if line.startswith("|") else []:
            rows[named] = cells[1:]
    return rows


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_the_runbook_says_what_an_alarm_means_what_to_look_at_and_what_to_do(name: str) -> None:
    rows = runbook_rows()
    cells = rows.get(name) or next(row for named, row in rows.items() if name.endswith(named.removeprefix("...")))
    assert len(cells) == 3 and all(len(cell) > 10 for cell in cells)


def test_the_runbook_names_no_alarm_that_does_not_exist() -> None:
    named = {each for each in runbook_rows() if not each.startswith("...")}
    assert named - set(ALARMS) == set()


def widgets() -> list[dict[str, Any]]:
    (dashboard,) = resources("AWS::CloudWatch::Dashboard").values()
    found: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"])["widgets"]
    return found


def metric_of_row(row: list[Any]) -> Metric:
    names = [each for each in row[2:] if isinstance(each, str)]
    return Metric(row[0], row[1], frozenset(zip(names[::2], names[1::2], strict=True)))


def test_the_dashboard_begins_with_what_rings_and_goes_on_in_the_order_of_the_runbook() -> None:
    first, *others = widgets()
    assert [arn.rsplit("gate24-local-")[-1] for arn in first["properties"]["alarms"]] == list(ALARMS)
    shown = [metric_of_row(row) for each in others for row in each["properties"]["metrics"]]
    assert [name for name, alarm in ALARMS.items() if alarm.metric not in shown] == []
    sections = [int(each["properties"]["title"][0]) for each in widgets()]
    assert sections == sorted(sections)
    places = [(each["y"], each["x"]) for each in widgets()]
    assert places == sorted(set(places))


def test_every_alarm_has_a_name_with_its_stage_and_tells_the_topic_of_its_begin_and_its_end() -> None:
    told = {"Fn::If": ["HasTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AWS::NoValue"}]}
    for name, alarm in ALARMS.items():
        assert alarm.properties["AlarmName"] == f"gate24-local-{name}"
        assert alarm.properties["AlarmDescription"]
        assert alarm.properties["AlarmActions"] == alarm.properties["OKActions"] == [told]


def evaluated(expression: Any, parameters: dict[str, str]) -> Any:
    """A condition or a rule's assertion."""
    if not isinstance(expression, dict):
        return expression
    ((function, given),) = expression.items()
    if function == "Ref":
        return parameters[given]
    if function == "Condition":
        return evaluated(source()["Conditions"][given], parameters)
    values = [evaluated(each, parameters) for each in given]
    if function == "Fn::Equals":
        return values[0] == values[1]
    return {"Fn::Not": not values[0], "Fn::And": all(values), "Fn::Or": any(values)}[function]


EMAIL, TOPIC = "ops@example.org", "arn:aws:sns:ap-south-1:123456789012:ops"


@pytest.mark.parametrize(
    ("stage", "email", "topic", "deploys"),
    [
        ("prod", "", "", False),
        ("prod", EMAIL, "", True),
        ("prod", "", TOPIC, True),
        ("prod", EMAIL, TOPIC, True),
        ("dev", "", "", True),
    ],
)
def test_production_is_not_deployed_without_somebody_who_hears_its_alarms(
    stage: str, email: str, topic: str, deploys: bool
) -> None:
    rule = source()["Rules"]["ProductionIsHeard"]
    given = {"Stage": stage, "AlarmEmail": email, "AlarmTopicArn": topic}
    applies = evaluated(rule["RuleCondition"], given)
    assert (not applies or all(evaluated(each["Assert"], given) for each in rule["Assertions"])) == deploys
    assert "AlarmEmail" in rule["Assertions"][0]["AssertDescription"]


@pytest.mark.parametrize(
    ("email", "topic", "makes_a_topic", "subscribes"),
    [("", "", False, False), (EMAIL, "", True, True), ("", TOPIC, False, False), (EMAIL, TOPIC, False, True)],
)
def test_an_address_gets_a_topic_where_there_is_none(
    email: str, topic: str, makes_a_topic: bool, subscribes: bool
) -> None:
    given = {"Stage": "prod", "AlarmEmail": email, "AlarmTopicArn": topic}
    found = source()["Resources"]
    assert evaluated({"Condition": found["AlarmTopic"]["Condition"]}, given) is makes_a_topic
    assert evaluated({"Condition": found["AlarmSubscription"]["Condition"]}, given) is subscribes
    passed = found["Observability"]["Properties"]["Parameters"]["AlarmTopicArn"]["Fn::If"]
    assert passed == ["MakesAlarmTopic", {"Ref": "AlarmTopic"}, {"Ref": "AlarmTopicArn"}]


def test_the_runbook_counts_alarms_and_metrics_as_they_are() -> None:
    own = {alarm.metric for alarm in ALARMS.values() if not alarm.metric.namespace.startswith("AWS/")}
    assert f"{len(ALARMS)} alarms" in RUNBOOK
    assert f"{len(own)} metrics of gate24's own" in RUNBOOK
