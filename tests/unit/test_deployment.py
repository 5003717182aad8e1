"""docs/deploy.md, ``infra/github/`` and the templates say the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse

from stack.settings import ROOT
from stack.template import source, translated
from tests.support.alarms import observability

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
GITHUB = ROOT / "infra" / "github"
ROLES: dict[str, Any] = yaml_parse((GITHUB / "role.yaml").read_text(encoding="utf-8"))["Resources"]
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
        "AlarmsAreDescribedAllAtOnce",
    }


def test_one_environment_of_one_repository_takes_the_role_and_nobody_else() -> None:
    (statement,) = ROLES["Pipeline"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": {"Fn::Sub": "repo:${Repository}:environment:${Environment}"},
        }
    }


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
