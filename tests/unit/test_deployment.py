"""docs/deploy.md, ``infra/github/`` and the templates say the same."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from gate24.channels import Channel
from gate24.providers.webhook_kinds import FIELD, META
from gate24.providers.webhook_setup import setup_steps
from stack.settings import REGION, ROOT
from stack.template import source, translated
from tests.support.alarms import observability
from tests.support.page_shell import blocks

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
GITHUB = ROOT / "infra" / "github"
ROLE_TEMPLATE = (GITHUB / "role.yaml").read_text(encoding="utf-8")
ROLES: dict[str, Any] = yaml_parse(ROLE_TEMPLATE)["Resources"]
WORKFLOW: dict[str, Any] = yaml.safe_load((GITHUB / "deploy.yml").read_text(encoding="utf-8"))

MADE_BY = {
    "AWS::ApiGatewayV2::Api": "apigateway:POST",
    "AWS::ApiGatewayV2::ApiMapping": "apigateway:POST",
    "AWS::ApiGatewayV2::DomainName": "apigateway:POST",
    "AWS::ApiGatewayV2::Stage": "apigateway:POST",
    "AWS::CloudFormation::Stack": "cloudformation:CreateStack",
    "AWS::CloudWatch::Alarm": "cloudwatch:PutMetricAlarm",
    "AWS::CloudWatch::Dashboard": "cloudwatch:PutDashboard",
    "AWS::CodeDeploy::Application": "codedeploy:CreateApplication",
    "AWS::CodeDeploy::DeploymentGroup": "codedeploy:CreateDeploymentGroup",
    "AWS::Cognito::UserPool": "cognito-idp:CreateUserPool",
    "AWS::Cognito::UserPoolClient": "cognito-idp:CreateUserPoolClient",
    "AWS::Cognito::UserPoolDomain": "cognito-idp:CreateUserPoolDomain",
    "AWS::DynamoDB::Table": "dynamodb:CreateTable",
    "AWS::IAM::Role": "iam:CreateRole",
    "AWS::Lambda::Alias": "lambda:CreateAlias",
    "AWS::Lambda::EventInvokeConfig": "lambda:PutFunctionEventInvokeConfig",
    "AWS::Lambda::EventSourceMapping": "lambda:CreateEventSourceMapping",
    "AWS::Lambda::Function": "lambda:CreateFunction",
    "AWS::Lambda::Permission": "lambda:AddPermission",
    "AWS::Lambda::Version": "lambda:PublishVersion",
    "AWS::Logs::LogGroup": "logs:CreateLogGroup",
    "AWS::Logs::MetricFilter": "logs:PutMetricFilter",
    "AWS::S3::Bucket": "s3:CreateBucket",
    "AWS::S3::BucketPolicy": "s3:PutBucketPolicy",
    "AWS::SNS::Subscription": "sns:Subscribe",
    "AWS::SNS::Topic": "sns:CreateTopic",
    "AWS::SQS::Queue": "sqs:CreateQueue",
    "AWS::SQS::QueuePolicy": "sqs:SetQueueAttributes",
    "AWS::Scheduler::Schedule": "scheduler:CreateSchedule",
    "AWS::SecretsManager::Secret": "secretsmanager:CreateSecret",
}
"""The action that makes a resource of that type."""

MANAGED = {
    "AWSLambdaBasicExecutionRole": {"logs:CreateLogStream", "logs:PutLogEvents"},
    "AWSLambdaSQSQueueExecutionRole": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "AWSLambdaDynamoDBExecutionRole": {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    },
    "AWSCodeDeployRoleForLambda": {
        "cloudwatch:DescribeAlarms",
        "lambda:UpdateAlias",
        "lambda:GetAlias",
        "lambda:GetProvisionedConcurrencyConfig",
    },
}
"""What the stack needs of AWS's managed policies (AWS managed policy reference, read 2026-11): the log groups are the
template's, and nothing of CodeDeploy's hooks, topics and bundles is used."""

WRITES_INTO_A_ROLE = {
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
}
"""The actions on roles that have the condition key ``iam:PermissionsBoundary`` (Service Authorization Reference, read
2026-11), but for the one that takes the boundary away."""

READS_DATA = re.compile(
    r"dynamodb:(Get(?!ResourcePolicy)|BatchGet|Query|Scan|Put|UpdateItem|DeleteItem)|dynamodb:DeleteTable"
    r"|sqs:(Receive|Send|Purge)|secretsmanager:(GetSecretValue|PutSecretValue|Delete)|logs:(GetLogEvents|FilterLogEvents)"
    r"|lambda:Invoke|:\*$"
)
"""Actions that see or change what people wrote, or a secret."""


def statements(role: str) -> list[dict[str, Any]]:
    return [each for policy in ROLES[role]["Properties"]["Policies"] for each in policy["PolicyDocument"]["Statement"]]


def actions(statement: dict[str, Any]) -> list[str]:
    found = statement["Action"]
    return [found] if isinstance(found, str) else found


def test_the_page_lists_each_parameter_with_its_default() -> None:
    section = PAGE.partition("| parameter | default |")[2].partition("\n\n")[0]
    listed: dict[str, str] = {}
    for names, defaults in re.findall(r"^\| (`.*?`) \| (.*?) \|", section, re.MULTILINE):
        found, values = re.findall(r"`(\w+)`", names), [each.strip("` ") for each in defaults.split(", ")]
        values = values * len(found) if len(values) == 1 else values
        listed |= dict(zip(found, values, strict=True))
    assert listed == {name: str(each["Default"]) or "none" for name, each in source()["Parameters"].items()}


@pytest.mark.parametrize("rollout", ["AllAtOnce", "Linear10PercentEvery3Minutes"])
def test_cloudformations_role_may_make_every_resource_of_the_stack(rollout: str) -> None:
    allowed = {action for statement in statements("CloudFormation") for action in actions(statement)}
    resources = [*translated(Rollout=rollout)["Resources"].values(), *observability()["Resources"].values()]
    missing = {each["Type"] for each in resources if MADE_BY[each["Type"]] not in allowed}
    assert missing == set()


def test_it_may_attach_every_managed_policy_that_the_functions_have() -> None:
    (statement,) = (each for each in statements("CloudFormation") if each["Sid"] == "NoManagedPoliciesButThese")
    allowed = {each["Fn::Sub"].rpartition("/")[2] for each in statement["Condition"]["ArnEquals"]["iam:PolicyARN"]}
    used = {
        str(arn).rpartition("/")[2].strip("'}]")
        for rollout in ("AllAtOnce", "Linear10PercentEvery3Minutes")
        for each in translated(Rollout=rollout)["Resources"].values()
        for arn in each.get("Properties", {}).get("ManagedPolicyArns", [])
    }
    assert used and used <= allowed


def test_neither_role_reads_or_changes_what_people_wrote_or_a_secret() -> None:
    everything = [
        action for role in ("Pipeline", "CloudFormation") for each in statements(role) for action in actions(each)
    ]
    assert [action for action in everything if READS_DATA.search(action)] == []


def test_what_is_not_bound_to_the_stage_by_its_name_is_only_what_has_no_name() -> None:
    loose = {
        each["Sid"]
        for role in ("Pipeline", "CloudFormation")
        for each in statements(role)
        if "*" in (each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]])
    }
    assert loose == {
        "TemplatesAreDescribedBeforeTheyAreAStack",
        "WhatFunctionsTakeFrom",
        "RandomText",
        "AccessLog",
        "NewUserPool",
        "UserPoolsAreFoundByTheirDomain",
        "AlarmsAreDescribedAllAtOnce",
    }


@pytest.mark.parametrize(
    ("ids", "subject"),
    [
        ({"OwnerId": "123456", "RepositoryId": "456789"}, "repo:example@123456/gate24@456789:environment:prod"),
        ({}, "repo:example/gate24:environment:prod"),
    ],
    ids=["since 2026-07-15", "before"],
)
def test_one_environment_of_one_repository_takes_the_role_and_nobody_else(ids: dict[str, str], subject: str) -> None:
    parameters = {"Repository": "example/gate24", "ApiId": "abc123"} | ids
    with mock_aws():
        boto3.client("cloudformation", region_name=REGION).create_stack(
            StackName="gate24-prod-github",
            TemplateBody=ROLE_TEMPLATE,
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        role = boto3.client("iam", region_name=REGION).get_role(RoleName="gate24-prod-github")["Role"]
    document: Any = role["AssumeRolePolicyDocument"]
    (statement,) = document["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": subject,
        }
    }


@pytest.mark.parametrize("rollout", ["AllAtOnce", "Linear10PercentEvery3Minutes"])
def test_every_role_of_the_stack_has_the_boundary_that_it_is_given(rollout: str) -> None:
    found = {
        name: each["Properties"].get("PermissionsBoundary")
        for name, each in translated(Rollout=rollout)["Resources"].items()
        if each["Type"] == "AWS::IAM::Role"
    }
    given = {"Fn::If": ["HasPermissionsBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
    assert found and found == dict.fromkeys(found, given)


def test_the_boundary_allows_what_the_roles_of_the_stack_do_and_nothing_else() -> None:
    needed: set[str] = set()
    for resource in translated(Rollout="Linear10PercentEvery3Minutes")["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            for arn in resource["Properties"].get("ManagedPolicyArns", []):
                needed |= MANAGED[str(arn).rpartition("/")[2].strip("'}]")]
            for policy in resource["Properties"].get("Policies", []):
                found = policy["PolicyDocument"]["Statement"]
                for statement in found if isinstance(found, list) else [found]:
                    needed |= set(actions(statement))
    boundary = ROLES["Boundary"]["Properties"]["PolicyDocument"]["Statement"]
    assert {action for each in boundary for action in actions(each)} == needed
    stage = ("gate24-${Stage}-", "gate24/${Stage}/")
    assert [
        each["Sid"] for each in boundary if not any(name in str(each["Resource"]) for name in stage)
    ] == ["Mails", "Pushes", "NamesAndStates"]  # fmt: skip  # an identity of SES is an address, and a key a number


def test_cloudformations_role_writes_into_no_role_without_the_boundary_and_does_not_change_it() -> None:
    bound: set[str] = set()
    free: set[str] = set()
    for each in statements("CloudFormation"):
        condition = each.get("Condition", {}).get("StringEquals", {})
        is_bound = condition.get("iam:PermissionsBoundary") == {"Ref": "Boundary"}
        (bound if is_bound else free).update(action for action in actions(each) if action.startswith("iam:"))
    assert bound == WRITES_INTO_A_ROLE
    assert free & WRITES_INTO_A_ROLE == set()
    assert free == {
        "iam:DeleteRole",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "iam:PassRole",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
    }


def test_cloudformations_role_changes_no_api_and_no_name_but_the_stages() -> None:
    (statement,) = (each for each in statements("CloudFormation") if each["Sid"] == "Api")
    named = [re.findall(r"\$\{(ApiId|DomainName)\}", json.dumps(each)) for each in statement["Resource"]]
    assert [len(each) for each in named] == [1] * 6
    others = [each for each in statements("CloudFormation") if "apigateway:" in str(each) and each is not statement]
    assert [(each["Sid"], actions(each), each["Resource"]["Fn::Sub"].rpartition("::")[2]) for each in others] == [
        ("NewNames", ["apigateway:POST"], "/domainnames")
    ]


@pytest.fixture
def take_the_role(tmp_path: Path) -> Path:
    """A folder in which the workflow's step runs; ``aws`` there does what the test writes into it."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "curl").write_text('#!/bin/sh\necho \'{"value": "a-token"}\'\n')
    (tmp_path / "curl").chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("aws", "kept"),
    [
        ("echo AccessDenied >&2; exit 254", None),
        ("echo", None),
        ("printf 'an-id\\ta-secret\\ta-session\\n'", ["an-id", "a-secret", "a-session"]),
    ],
    ids=["refused", "nothing told", "given"],
)
def test_the_workflow_ends_where_aws_gives_no_role(take_the_role: Path, aws: str, kept: list[str] | None) -> None:
    command = take_the_role / ".venv" / "bin" / "aws"
    command.write_text(f"#!/bin/sh\n{aws}\n")
    command.chmod(0o755)
    (job,) = WORKFLOW["jobs"].values()
    (script,) = (step["run"] for step in job["steps"] if step.get("name") == "Take the role")
    names = ("PIPELINE_ROLE", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "GITHUB_RUN_ID")
    environment = dict.fromkeys(names, "x") | {"GITHUB_ENV": "env", "PATH": f"{take_the_role}:{os.environ['PATH']}"}
    (take_the_role / "env").touch()
    ran = subprocess.run(
        ["sh", "-e", "-c", script], cwd=take_the_role, env=environment, capture_output=True, text=True, check=False
    )
    found = [line.partition("=")[2] for line in (take_the_role / "env").read_text().splitlines()]
    assert (ran.returncode == 0, found) == (kept is not None, kept or []), ran.stdout + ran.stderr


def as_it_comes(folder: Path) -> None:
    (folder / "samconfig.toml").write_bytes((ROOT / "samconfig.toml").read_bytes())


def as_sam_saves_it(folder: Path) -> None:
    """After ``sam deploy --guided``: every parameter, also those without a value, each in quotes."""
    as_it_comes(folder)
    given = dict(part.split("=") for part in overrides(folder).split())
    defaults = {name: str(each["Default"]) for name, each in source()["Parameters"].items()}
    saved = " ".join(f'{name}="{value}"' for name, value in (defaults | given).items())
    text = (folder / "samconfig.toml").read_text()
    (folder / "samconfig.toml").write_text(text.replace(f'"{overrides(folder)}"', json.dumps(saved)))


def overrides(folder: Path) -> str:
    document = tomllib.loads((folder / "samconfig.toml").read_text())
    found: str = document["prod"]["deploy"]["parameters"]["parameter_overrides"]
    return found


def set_parameters(folder: Path, *commands: str) -> subprocess.CompletedProcess[str]:
    (function,) = (each.text for each in blocks(PAGE) if each.text.startswith("parameter() {"))
    return subprocess.run(
        ["bash", "-euc", "\n".join([function, *commands])], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("form", [as_it_comes, as_sam_saves_it])
def test_the_page_sets_a_parameter_in_the_file_as_it_comes_and_as_sam_saves_it(form: Any, tmp_path: Path) -> None:
    form(tmp_path)
    before = (tmp_path / "samconfig.toml").read_text()
    earlier = [each for each in overrides(tmp_path).split() if not each.startswith(("Release=", "Rollout=", "AlarmE"))]
    ran = set_parameters(
        tmp_path,
        "parameter AlarmEmail ops@example.org",
        "parameter Release 0.3.0",
        "parameter Release 0.4.0",
        "parameter Rollout AllAtOnce",
    )
    assert ran.returncode == 0, ran.stderr
    new = ["AlarmEmail=ops@example.org", "Release=0.4.0", "Rollout=AllAtOnce"]
    assert sorted(overrides(tmp_path).split()) == sorted([*earlier, *new])
    after = (tmp_path / "samconfig.toml").read_text()
    others = [[line for line in text.splitlines() if "Stage=" not in line or "dev" in line] for text in (before, after)]
    assert others[0] == others[1]


def test_the_page_says_so_where_it_sets_nothing(tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text('[prod.deploy.parameters]\nparameter_overrides = "Stage=production"\n')
    ran = set_parameters(tmp_path, "parameter Release 0.3.0")
    assert ran.returncode != 0
    assert "samconfig.toml is as it was: write Release=0.3.0" in ran.stderr


def test_the_table_is_deleted_once_its_protection_is_off() -> None:
    commands = ["aws dynamodb update-table", "aws dynamodb wait table-exists", "aws dynamodb delete-table"]
    assert re.findall("|".join(commands), PAGE) == commands


def test_meta_is_subscribed_to_all_that_tells_of_messages_and_templates() -> None:
    told = {row.name for row in META if row.place == FIELD and row.kind in ("sent_around", "template")}
    told |= {"messages", "user_preferences", "account_update"}
    channel = Channel("ch", "org", "meta", "+918000000001", "http://bsp.example.org", "meta-2026-01")
    (step,) = (each for each in setup_steps(channel, "https://gate24.example.org", str) if "Webhook fields" in each)
    assert set(re.findall(r"[a-z]+(?:_[a-z]+)+|messages", step)) == told
    (row,) = re.findall(r'^\| fields \| there, "Webhook fields": (.*?) \|', PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", row)) == told


def test_the_workflow_has_no_stored_aws_key_and_asks_for_no_more_than_it_needs() -> None:
    text = (GITHUB / "deploy.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"secrets\.(\w+)", text)) == {"GATE24_API_KEY"}
    (job,) = WORKFLOW["jobs"].values()
    assert (WORKFLOW["permissions"], job["permissions"]) == ({}, {"contents": "read", "id-token": "write"})
    assert job["environment"] == "prod"
    assert job["timeout-minutes"] * 60 < ROLES["Pipeline"]["Properties"]["MaxSessionDuration"]
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in job["steps"] if "uses" in step)
    for variable in set(re.findall(r"vars\.(\w+)", text)):
        assert f"`{variable}`" in PAGE


def test_a_name_of_ones_own_leads_to_the_api_and_is_told() -> None:
    resources = translated()["Resources"]
    domain, mapping = resources["Domain"], resources["DomainMapping"]
    assert domain["Condition"] == mapping["Condition"] == "HasDomain"
    assert mapping["Properties"]["ApiId"] == {"Ref": "Api"}
    assert resources[mapping["Properties"]["Stage"]["Ref"]]["Type"] == "AWS::ApiGatewayV2::Stage"
    told = translated()["Outputs"]
    assert told["ApiUrl"]["Value"]["Fn::If"][:2] == ["HasDomain", {"Fn::Sub": "https://${DomainName}"}]
    assert told["DomainTarget"]["Value"] == {"Fn::GetAtt": ["Domain", "RegionalDomainName"]}
