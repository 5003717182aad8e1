"""What ``template.yaml`` promises, read from the CloudFormation that SAM makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from gate24.providers.endpoint import CALL_SECONDS
from gate24.rules.delivery_lanes import LANES_OF_ENDPOINT, LANES_OF_ORGANIZATION
from gate24.rules.delivery_retries import DELIVERY_KEPT_MS
from gate24.rules.media_files import DAY_MS, TRIED_MS
from gate24.usecases.fetch_media import DOWNLOAD_SECONDS
from gate24.usecases.retry_deliveries import WORK_SECONDS as RETRY_SECONDS
from gate24.usecases.roll_up_day import WORK_SECONDS
from stack.routes import api_body, operations
from stack.settings import ROOT
from stack.template import source
from tests.support.template import resources

FUNCTIONS = {"InboundWebhook", "SendGate", "ReadApi", "CostRollup", "DayRollup", "Retention", "Authorizer", "Console"}
FUNCTIONS |= {"TellChanges", "CloseWindows", "DeliverEvents", "RetryDeliveries", "FetchMedia", "AdminApi"}
BY_THEMSELVES = {"CostRollup", "DayRollup", "Retention", "TellChanges", "CloseWindows"} | {
    *("DeliverEvents", "RetryDeliveries", "FetchMedia"),
}
"""Behind no route."""

WEBHOOKS = {
    "POST /webhooks/gupshup/{channel_id}",
    "GET /webhooks/meta/{channel_id}",
    "POST /webhooks/meta/{channel_id}",
}
SENDS = {"POST /v1/media", "POST /v1/messages", "POST /v1/messages/check", "POST /v1/messages/{id}/read"}
DROP_IN_SENDS = {
    "POST /graph/{version}/{phone_number_id}/messages",
    "POST /gupshup/wa/api/v1/msg",
    "POST /gupshup/wa/api/v1/template/msg",
}
DROP_INS = DROP_IN_SENDS | {"ANY /graph/{proxy+}", "ANY /gupshup/{proxy+}"}
READS = {
    "GET /v1/me",
    "GET /v1/me/notifications",
    "PUT /v1/me/notifications",
    "PUT /v1/me/push",
    "GET /v1/notifications",
    "PUT /v1/notifications",
    "GET /v1/members",
    "PUT /v1/members/{email}",
    "DELETE /v1/members/{email}",
    "GET /v1/keys",
    "POST /v1/keys",
    "POST /v1/keys/{key_id}/rotate",
    "DELETE /v1/keys/{key_id}",
    "GET /v1/audit-log",
    "GET /v1/erasures",
    "GET /v1/media/{id}",
    "GET /v1/messages/{id}",
    "GET /v1/contacts",
    "GET /v1/contacts/{phone}",
    "DELETE /v1/contacts/{phone}",
    "GET /v1/contacts/{phone}/messages",
    "GET /v1/contacts/{phone}/consents",
    "POST /v1/contacts/{phone}/consents",
    "PUT /v1/contacts/{phone}/block",
    "DELETE /v1/contacts/{phone}/block",
    "GET /v1/contacts/{phone}/export",
    "POST /v1/contacts/{phone}/read",
    "PUT /v1/contacts/{phone}/state",
    "PUT /v1/contacts/{phone}/assignee",
    "PUT /v1/contacts/{phone}/labels",
    "POST /v1/contacts/{phone}/notes",
    "GET /v1/contacts/{phone}/notes",
    "GET /v1/contacts/{phone}/actions",
    "PUT /v1/contacts/{phone}/answering",
    "DELETE /v1/contacts/{phone}/answering",
    "GET /v1/quick-replies",
    "PUT /v1/quick-replies",
    "GET /v1/templates",
    "PUT /v1/templates/{name}",
    "PUT /v1/templates/{name}/labels",
    "GET /v1/keywords",
    "PATCH /v1/keywords",
    "POST /v1/keywords/try",
    "GET /v1/costs/daily",
    "GET /v1/costs/monthly",
    "GET /v1/costs/budget",
    "GET /v1/costs/report",
    "GET /v1/costs/what-if",
    "GET /v1/costs/live",
    "GET /v1/costs/messages",
    "GET /v1/costs/rate-cards",
    "GET /v1/costs/reconciliation",
    "POST /v1/webhooks",
    "GET /v1/webhooks",
    "GET /v1/webhooks/{id}",
    "PATCH /v1/webhooks/{id}",
    "DELETE /v1/webhooks/{id}",
    "POST /v1/webhooks/{id}/rotate",
    "POST /v1/webhooks/{id}/test",
    "GET /v1/webhooks/{id}/deliveries",
    "POST /v1/webhooks/{id}/replay",
    "GET /v1/events",
    "GET /v1/unrecognized",
    "GET /v1/unrecognized/{id}",
    "GET /v1/erasures/{id}",
}
ADMINISTRATION = {
    "GET /v1/admin/organizations",
    "POST /v1/admin/organizations",
    "GET /v1/admin/organizations/{id}",
    "PATCH /v1/admin/organizations/{id}",
    "DELETE /v1/admin/organizations/{id}",
    "GET /v1/admin/organizations/{id}/deletion",
    "GET /v1/admin/organizations/{id}/export",
    "GET /v1/admin/organizations/{id}/channels",
    "POST /v1/admin/organizations/{id}/channels",
    "GET /v1/admin/organizations/{id}/channels/{channel_id}",
    "PATCH /v1/admin/organizations/{id}/channels/{channel_id}",
    "DELETE /v1/admin/organizations/{id}/channels/{channel_id}",
    "PUT /v1/admin/organizations/{id}/channels/{channel_id}/secrets/{kind}",
    "GET /v1/admin/organizations/{id}/keys",
    "POST /v1/admin/organizations/{id}/keys",
    "POST /v1/admin/organizations/{id}/keys/{key_id}/rotate",
    "DELETE /v1/admin/organizations/{id}/keys/{key_id}",
    "GET /v1/admin/organizations/{id}/members",
    "PUT /v1/admin/organizations/{id}/members/{email}",
    "DELETE /v1/admin/organizations/{id}/members/{email}",
    "GET /v1/channels",
    "POST /v1/templates/sync",
    "GET /v1/admin/keys",
    "POST /v1/admin/keys/{key_id}/rotate",
    "DELETE /v1/admin/keys/{key_id}",
    "POST /v1/admin/organizations/{id}/channels/{channel_id}/templates/sync",
    "GET /v1/admin/organizations/{id}/channels/{channel_id}/shadow-report",
    "POST /v1/admin/organizations/{id}/contacts/import",
    "POST /v1/contacts/import",
    "POST /v1/admin/organizations/{id}/consents/import",
    "POST /v1/admin/organizations/{id}/rollup",
    "GET /v1/admin/organizations/{id}/unrecognized",
    "POST /v1/admin/organizations/{id}/unrecognized/replay",
    "GET /v1/admin/organizations/{id}/health",
}
OPEN_READS = {"GET /v1/openapi.json", "GET /healthz"}
PAGES = {"GET /console", "GET /console/{proxy+}"}

GATEWAY_SECONDS = 30
"""An HTTP API gives up on its function after 30 s (API Gateway quotas, read 2026-11)."""


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements() -> list[dict[str, Any]]:
    """Every policy statement that a role of the template carries itself."""
    return [
        statement
        for role in resources("AWS::IAM::Role").values()
        for policy in role.get("Policies", [])
        for statement in listed(policy["PolicyDocument"]["Statement"])
    ]


def test_the_routes_are_those_of_the_contract_and_each_reaches_its_functions_alias() -> None:
    expected = {
        **dict.fromkeys(WEBHOOKS, ("InboundWebhookAliaslive", None)),
        **dict.fromkeys(SENDS, ("SendGateAliaslive", "ApiKey")),
        **dict.fromkeys(DROP_INS, ("SendGateAliaslive", None)),
        **dict.fromkeys(READS, ("ReadApiAliaslive", "ApiKey")),
        **dict.fromkeys(ADMINISTRATION, ("AdminApiAliaslive", "ApiKey")),
        **dict.fromkeys(OPEN_READS, ("ReadApiAliaslive", None)),
        **dict.fromkeys(PAGES, ("ConsoleAliaslive", None)),
    }
    assert {route: (alias, authorizer) for route, alias, authorizer in operations(api_body())} == expected


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in resources("AWS::Lambda::Function").values()]
    assert len(set(roles)) == len(roles) == len(FUNCTIONS)


def test_no_statement_has_a_wildcard_action_or_every_resource() -> None:
    assert statements()
    for statement in statements():
        assert not [action for action in listed(statement["Action"]) if "*" in action]
        assert "*" not in listed(statement["Resource"])


def test_the_authorizer_can_only_read_single_items_and_write_to_those_of_keys() -> None:
    role = resources("AWS::IAM::Role")["AuthorizerRole"]
    statements = [each for policy in role["Policies"] for each in listed(policy["PolicyDocument"]["Statement"])]
    conditions = {action: each.get("Condition") for each in statements for action in listed(each["Action"])}
    assert conditions == {
        "dynamodb:GetItem": None,
        "dynamodb:UpdateItem": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["KEY#*"]}},
    }


def test_the_administration_alone_may_write_secrets_and_those_of_channels_only() -> None:
    writing = [
        (role, action, statement["Resource"])
        for role, described in resources("AWS::IAM::Role").items()
        for policy in described.get("Policies", [])
        for statement in listed(policy["PolicyDocument"]["Statement"])
        for action in listed(statement["Action"])
        if action.startswith("secretsmanager:") and action != "secretsmanager:GetSecretValue"
    ]
    names = ("CreateSecret", "PutSecretValue", "RestoreSecret", "DeleteSecret")
    assert [(role, action) for role, action, _ in writing] == [
        ("AdminApiRole", f"secretsmanager:{name}") for name in names
    ]
    for _, _, resource in writing:
        assert resource["Fn::Sub"].endswith(":secret:gate24/${Stage}/channels/*")


def test_the_table_is_on_demand_encrypted_recoverable_and_kept() -> None:
    table = source()["Resources"]["Table"]
    properties = table["Properties"]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}


def test_with_an_existing_table_none_is_made_and_nothing_refers_to_the_one_that_is_not() -> None:
    written = source()
    for name, made, existing in (
        ("Table", "MakesTable", "ExistingTableArn"),
        ("ContactKey", "MakesContactKey", "ExistingContactKeyArn"),
    ):
        assert written["Conditions"][made] == {"Fn::Equals": [{"Ref": existing}, ""]}
        assert written["Resources"][name]["Condition"] == made
        left = [path for path, choice in references(written, name) if choice != made]
        assert not left, f"{left} refer to {name} where it is not made: use !If [{made}, ..., {existing}]"


def references(part: Any, name: str, path: str = "", choice: str = "") -> Iterator[tuple[str, str]]:
    """Where a resource is referred to, each with the condition under which it is."""
    if isinstance(part, dict):
        for key, value in part.items():
            if (key, value) == ("Ref", name) or (key == "Fn::GetAtt" and (value[0] if value else "") == name):
                yield path, choice
            elif key == "Fn::If":
                yield from references(value[1], name, path, value[0])
                yield from references(value[2], name, path, f"not {value[0]}")
            else:
                yield from references(value, name, f"{path}/{key}", choice)
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from references(value, name, f"{path}/{number}", choice)
    elif isinstance(part, str) and re.search(rf"\$\{{{name}[.}}]", part):
        yield path, choice


def test_an_existing_table_cannot_be_used_without_the_key_that_it_was_written_with() -> None:
    rule = source()["Rules"]["AnExistingTableNeedsItsKey"]
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ExistingTableArn"}, ""]}]}
    (needed,) = rule["Assertions"]
    assert needed["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ExistingContactKeyArn"}, ""]}]}


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_every_function_logs_json_to_a_group_with_a_retention(function: str) -> None:
    logging = resources("AWS::Lambda::Function")[function]["LoggingConfig"]
    assert logging["LogFormat"] == "JSON"
    group = resources("AWS::Logs::LogGroup")[logging["LogGroup"]["Ref"]]
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("function", sorted(FUNCTIONS - BY_THEMSELVES))
def test_a_function_behind_the_api_ends_before_the_gateway_gives_up(function: str) -> None:
    assert resources("AWS::Lambda::Function")[function]["Timeout"] < GATEWAY_SECONDS


def test_every_function_is_built_for_the_runtime_and_the_architecture_of_the_parameters() -> None:
    for function in resources("AWS::Lambda::Function").values():
        assert function["Runtime"] == {"Ref": "PythonRuntime"}
        assert function["Architectures"] == [{"Ref": "Architecture"}]


def test_parked_events_are_tried_again_and_end_in_a_dead_letter_queue() -> None:
    queue = resources("AWS::SQS::Queue")["ParkedEvents"]
    consumer = resources("AWS::Lambda::EventSourceMapping")["InboundWebhookParked"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["ParkedEventsDeadLetters", "Arn"]}
    assert queue["VisibilityTimeout"] >= 6 * resources("AWS::Lambda::Function")["InboundWebhook"]["Timeout"]
    assert consumer["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_files_are_fetched_one_by_one_for_a_day_and_end_in_a_dead_letter_queue() -> None:
    queue = resources("AWS::SQS::Queue")["MediaQueue"]
    function = resources("AWS::Lambda::Function")["FetchMedia"]
    consumer = resources("AWS::Lambda::EventSourceMapping")["FetchMediaFiles"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["MediaDeadLetters", "Arn"]}
    tried_ms = queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"] * 1000
    assert DAY_MS <= tried_ms < TRIED_MS
    assert queue["VisibilityTimeout"] >= function["Timeout"] >= DOWNLOAD_SECONDS + 30
    assert consumer["BatchSize"] == 1
    assert consumer["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_bucket_is_private_encrypted_and_kept_and_takes_nothing_without_tls() -> None:
    (bucket,) = resources("AWS::S3::Bucket").values()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]
    assert "VersioningConfiguration" not in bucket  # an old version would outlive an erasure
    whole = source()["Resources"]["MediaBucket"]
    assert whole["DeletionPolicy"] == whole["UpdateReplacePolicy"] == "Retain"
    (statement,) = resources("AWS::S3::BucketPolicy")["MediaBucketPolicy"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    expiring = {rule["Prefix"] for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert expiring == {"uploads/", "passed-on/"}  # contacts' files go by their organization's retention


def test_files_are_fetched_from_loopback_by_the_local_stack_alone() -> None:
    assert source()["Parameters"]["AllowLoopbackEndpoints"]["Default"] == "false"
    rule = source()["Rules"]["LoopbackIsForTheLocalStack"]
    assert rule["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "Stage"}, "local"]}


def test_a_rollup_that_fails_ends_in_a_queue_and_never_runs_twice_at_a_time() -> None:
    failures = {"Fn::GetAtt": ["RollupFailures", "Arn"]}
    schedule = resources("AWS::Scheduler::Schedule")["CostRollupHourly"]
    retries = resources("AWS::Lambda::EventInvokeConfig")["CostRollupEventInvokeConfig"]
    assert schedule["Target"]["DeadLetterConfig"]["Arn"] == failures
    assert retries["DestinationConfig"]["OnFailure"]["Destination"] == failures
    assert resources("AWS::Lambda::Function")["CostRollup"]["ReservedConcurrentExecutions"] == 1


def test_each_queued_day_has_an_invocation_of_its_own_and_ends_in_a_dead_letter_queue() -> None:
    queue = resources("AWS::SQS::Queue")["RollupDays"]
    consumer = resources("AWS::Lambda::EventSourceMapping")["DayRollupDays"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["RollupDaysDeadLetters", "Arn"]}
    assert consumer["BatchSize"] == 1
    assert consumer["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize(("function", "queue"), [("InboundWebhook", "ParkedEvents"), ("DayRollup", "RollupDays")])
def test_a_function_that_puts_its_rest_into_its_own_queue_is_not_taken_for_an_endless_loop(
    function: str, queue: str
) -> None:
    """Lambda stops a function after 16 messages that it puts into the queue from which it is invoked, unless that is
    allowed (Lambda developer guide, recursive loop detection, read 2026-11). A long erasure takes hundreds."""
    consumers = resources("AWS::Lambda::EventSourceMapping").values()
    assert any(
        each["FunctionName"] == {"Ref": f"{function}Aliaslive"}
        and each["EventSourceArn"] == {"Fn::GetAtt": [queue, "Arn"]}
        for each in consumers
    )
    assert resources("AWS::Lambda::Function")[function]["RecursiveLoop"] == "Allow"


def test_the_stream_has_both_images_and_what_cannot_be_told_ends_in_a_queue() -> None:
    assert source()["Resources"]["Table"]["Properties"]["StreamSpecification"] == {
        "StreamViewType": "NEW_AND_OLD_IMAGES"
    }
    consumer = resources("AWS::Lambda::EventSourceMapping")["TellChangesChanges"]
    assert consumer["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert consumer["BisectBatchOnFunctionError"] is True
    assert consumer["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["UntoldChanges", "Arn"]}


def test_an_existing_table_cannot_be_used_without_its_stream() -> None:
    rule = source()["Rules"]["AnExistingTableNeedsItsStream"]
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ExistingTableArn"}, ""]}]}
    (needed,) = rule["Assertions"]
    assert needed["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ExistingTableStreamLabel"}, ""]}]}


@pytest.mark.parametrize("function", ["CostRollup", "DayRollup"])
def test_a_rollup_takes_up_no_new_work_shortly_before_its_function_ends(function: str) -> None:
    timeout = resources("AWS::Lambda::Function")[function]["Timeout"]
    assert timeout >= WORK_SECONDS + 120
    assert resources("AWS::SQS::Queue")["RollupDays"]["VisibilityTimeout"] > timeout


def test_deliveries_keep_their_order_one_at_a_time_and_end_in_a_dead_letter_queue() -> None:
    queue = resources("AWS::SQS::Queue")["Deliveries"]
    consumer = resources("AWS::Lambda::EventSourceMapping")["DeliverEventsDeliveries"]
    assert queue["FifoQueue"] is True and queue["QueueName"]["Fn::Sub"].endswith(".fifo")
    assert queue["FifoThroughputLimit"] == "perMessageGroupId"
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeliveriesDeadLetters", "Arn"]}
    assert queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"] >= 24 * 3600
    timeout = resources("AWS::Lambda::Function")["DeliverEvents"]["Timeout"]
    assert CALL_SECONDS * 2 < timeout < queue["VisibilityTimeout"]
    assert consumer["BatchSize"] == 1
    assert consumer["ScalingConfig"]["MaximumConcurrency"] > 5 * LANES_OF_ENDPOINT
    assert consumer["ScalingConfig"]["MaximumConcurrency"] > 4 * LANES_OF_ORGANIZATION
    assert queue["MessageRetentionPeriod"] * 1000 == DELIVERY_KEPT_MS


def test_retries_run_every_minute_and_end_before_their_function() -> None:
    schedule = resources("AWS::Scheduler::Schedule")["RetryDeliveriesEveryMinute"]
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert resources("AWS::Lambda::Function")["RetryDeliveries"]["Timeout"] > RETRY_SECONDS


def test_loopback_is_called_by_the_local_stack_alone() -> None:
    assert source()["Parameters"]["AllowLoopbackEndpoints"]["Default"] == "false"
    rule = source()["Rules"]["LoopbackIsForTheLocalStack"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "AllowLoopbackEndpoints"}, "true"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "Stage"}, "local"]}
    for function in ("ReadApi", "DeliverEvents", "AdminApi"):
        variables = resources("AWS::Lambda::Function")[function]["Environment"]["Variables"]
        assert variables["ALLOW_LOOPBACK_ENDPOINTS"] == {"Ref": "AllowLoopbackEndpoints"}


def test_two_stages_fit_into_one_account() -> None:
    """Names of these are one in an account and region, so each that is not left to CloudFormation has the stage."""
    kinds = {"AWS::Lambda::Function": "FunctionName", "AWS::Scheduler::Schedule": "Name"}
    kinds |= {
        "AWS::SecretsManager::Secret": "Name",
        "AWS::SQS::Queue": "QueueName",
        "AWS::DynamoDB::Table": "TableName",
    }
    named = [
        properties[name]
        for kind, name in kinds.items()
        for properties in resources(kind).values()
        if name in properties
    ]
    assert named
    assert [name for name in named if "${Stage}" not in str(name)] == []


def test_the_access_log_holds_no_path_and_no_query() -> None:
    stage = next(iter(resources("AWS::ApiGatewayV2::Stage").values()))
    logged = set(re.findall(r"\$context\.([\w.]+)", stage["AccessLogSettings"]["Format"]))
    assert "routeKey" in logged
    assert not {name for name in logged if name.startswith(("http", "path", "identity", "requestOverride"))}


def test_every_alarm_watches_something_that_the_template_passes_to_it() -> None:
    nested = yaml_parse((ROOT / "infra" / "observability.yaml").read_text())
    passed = source()["Resources"]["Observability"]["Properties"]["Parameters"]
    watched = {
        dimension["Value"]["Ref"]
        for resource in nested["Resources"].values()
        for dimension in resource["Properties"].get("Dimensions", [])
        if isinstance(dimension["Value"], dict)  # the service's name is the same everywhere
    }
    assert set(nested["Parameters"]) == set(passed)
    assert watched >= FUNCTIONS | {
        "ApiId",
        "TableName",
        "ParkedEventsDeadLetters",
        "RollupFailures",
        "RollupDaysDeadLetters",
        "DeliveriesDeadLetters",
        "UntoldChanges",
        "MediaQueue",
        "MediaDeadLetters",
    }


def test_an_alarm_tells_that_the_rollup_did_not_run() -> None:
    nested = yaml_parse((ROOT / "infra" / "observability.yaml").read_text())
    assert nested["Resources"]["RollupDidNotRun"]["Properties"]["TreatMissingData"] == "breaching"


def route_limits() -> dict[str, set[str]]:
    """The routes that have limits of their own, by the parameters that these are."""
    (stage,) = resources("AWS::ApiGatewayV2::Stage").values()
    limits: dict[str, set[str]] = {}
    for route, settings in stage["RouteSettings"].items():
        rate, burst = settings["ThrottlingRateLimit"]["Ref"], settings["ThrottlingBurstLimit"]["Ref"]
        assert settings["DetailedMetricsEnabled"] is True
        assert rate.removesuffix("RateLimit") == burst.removesuffix("BurstLimit")
        limits.setdefault(rate.removesuffix("RateLimit"), set()).add(route)
    return limits


def test_webhooks_sends_and_what_anybody_may_ask_are_throttled_apart_from_each_other_and_from_reading() -> None:
    handshake = {"GET /webhooks/meta/{channel_id}"}
    assert route_limits() == {
        "Webhook": WEBHOOKS - handshake,
        "Send": SENDS | DROP_IN_SENDS,
        "Open": OPEN_READS | PAGES | handshake | (DROP_INS - DROP_IN_SENDS),
    }
    defaults = {name: parameter.get("Default") for name, parameter in source()["Parameters"].items()}
    assert defaults["OpenRateLimit"] < defaults["SendRateLimit"] < defaults["WebhookRateLimit"]


@pytest.mark.parametrize("function", ["InboundWebhook", "SendGate", "ReadApi"])
def test_concurrency_can_be_reserved_and_a_new_account_needs_none(function: str) -> None:
    parameter = f"{function}Concurrency"
    assert source()["Parameters"][parameter]["Default"] == 0
    assert source()["Conditions"][f"Reserves{function}"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, 0]}]}
    reserved = resources("AWS::Lambda::Function")[function]["ReservedConcurrentExecutions"]
    assert reserved == {"Fn::If": [f"Reserves{function}", {"Ref": parameter}, {"Ref": "AWS::NoValue"}]}


def test_what_was_parked_leaves_webhooks_most_of_what_is_reserved_for_them() -> None:
    consumer = resources("AWS::Lambda::EventSourceMapping")["InboundWebhookParked"]
    assert consumer["ScalingConfig"]["MaximumConcurrency"] <= 5


WAITED_FOR = {"InboundWebhook", "SendGate", "ReadApi", "Authorizer"}
"""By a caller, often enough that a snapshot may earn its hours (docs/operations.md)."""


def test_snapshots_are_for_what_callers_wait_for_and_where_they_are_asked_for() -> None:
    assert source()["Parameters"]["SnapStart"]["Default"] == "false"
    assert source()["Conditions"]["StartsFromSnapshot"] == {"Fn::Equals": [{"Ref": "SnapStart"}, "true"]}
    functions = resources("AWS::Lambda::Function")
    assert {name for name, function in functions.items() if "SnapStart" in function} == WAITED_FOR
    for name in WAITED_FOR:
        assert functions[name]["SnapStart"] == {
            "ApplyOn": {"Fn::If": ["StartsFromSnapshot", "PublishedVersions", "None"]}
        }


def test_no_snapshot_is_asked_for_of_a_runtime_that_has_none() -> None:
    rule = source()["Rules"]["SnapshotsNeedALaterPython"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "SnapStart"}, "true"]}
    (needed,) = rule["Assertions"]
    assert needed["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "PythonRuntime"}, "python3.11"]}]}
    assert min(source()["Parameters"]["PythonRuntime"]["AllowedValues"]) == "python3.11"  # no earlier one to refuse


def test_staff_sign_in_at_the_stacks_own_pool_unless_another_issuer_is_given() -> None:
    (pool,) = resources("AWS::Cognito::UserPool").values()
    (client,) = resources("AWS::Cognito::UserPoolClient").values()
    assert source()["Conditions"]["MakesUserPool"] == {"Fn::Equals": [{"Ref": "OidcIssuer"}, ""]}
    for kind in ("UserPool", "UserPoolClient", "UserPoolDomain"):
        assert source()["Resources"][kind]["Condition"] == "MakesUserPool"
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}, "nobody makes an account for himself"
    assert client["GenerateSecret"] is False and client["AllowedOAuthFlows"] == ["code"]
    assert "email" not in client["WriteAttributes"], "nobody takes a colleague's address"
    for function in ("Authorizer", "Console"):
        variables = source()["Resources"][function]["Properties"]["Environment"]["Variables"]
        assert variables["OIDC_ISSUER"]["Fn::If"][0] == "MakesUserPool"
        assert variables["OIDC_ISSUER"]["Fn::If"][2] == {"Ref": "OidcIssuer"}
        assert variables["OIDC_CLIENT_ID"]["Fn::If"][1:] == [{"Ref": "UserPoolClient"}, {"Ref": "OidcClientId"}]
    (rule,) = source()["Rules"]["AnIssuerNeedsItsClient"]["Assertions"]
    assert "OidcClientId" in str(rule["Assert"])


def test_a_removed_member_ends_with_the_authorizers_word_as_a_revoked_key_does() -> None:
    (authorizer,) = source()["Resources"]["Api"]["Properties"]["Auth"]["Authorizers"].values()
    assert authorizer["Identity"] == {"Headers": ["Authorization"], "ReauthorizeEvery": 30}


WIDEST = {
    "Release": "v10.12.4-rc.1",
    "LogLevel": "WARNING",
    "PythonRuntime": "python3.13",
    "Architecture": "x86_64",
    "SnapStart": "false",
    "DayShards": "256",
    "ListShards": "64",
    "FeedShards": "64",
    "AllowLoopbackEndpoints": "false",
    "ExistingTableArn": "arn:aws:dynamodb:ap-southeast-1:123456789012:table/gate24-prod-Table-1A2B3C4D5E6F7",
    "ExistingContactKeyArn": (
        "arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:gate24/prod/contact-key-1A2B3C4D5E6F-AbCdEf"
    ),
    "MailSender": "notifications.gate24@staff.a-long-name-of-an-ngo.example.org",
    "PushKeyArn": "arn:aws:kms:ap-southeast-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
    "DomainName": "gate24.a-long-name-of-an-ngo.example.org",
    "OidcIssuer": "https://login.example.org/01234567-89ab-cdef-0123-456789abcdef/v2.0",
    "OidcClientId": "01234567-89ab-cdef-0123-456789abcdef",
    "OidcTrustEmail": "false",
    "OidcTokenOrigin": "https://login.example.org",
}
"""As a stack has them that was restored, and has all there is."""


def said(value: Any) -> str:
    """What CloudFormation makes of the text, with ``WIDEST``; every condition is about a parameter that is there."""
    if isinstance(value, str):
        return value
    ((function, given),) = value.items()
    if function == "Ref":
        return WIDEST[given]
    if function == "Fn::If":
        return said(given[1 if given[0].startswith("Has") else 2])
    if function == "Fn::Select":
        separator, text = given[1]["Fn::Split"]
        return said(text).split(separator)[int(given[0])]
    assert function == "Fn::Sub", function
    text, more = (given, {}) if isinstance(given, str) else given
    return re.sub(r"\$\{(\w+)\}", lambda name: said(more[name[1]]) if name[1] in more else WIDEST[name[1]], text)


def test_a_versions_description_has_room_for_all_parameters() -> None:
    """Lambda takes 256 characters (API reference, ``PublishVersion``, read 2026-11)."""
    found = {name: said(each["Description"]) for name, each in resources("AWS::Lambda::Version").items()}
    assert len(found) == len(FUNCTIONS)
    assert {name: len(each) for name, each in found.items() if len(each) > 256} == {}
    assert any(WIDEST["PushKeyArn"].partition("/")[2] in each for each in found.values())
