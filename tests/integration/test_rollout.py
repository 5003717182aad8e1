"""A new version is deployed behind an alias, gradually where ``Rollout`` says so, and alarms take it back."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from stack.settings import ROOT
from stack.template import source, translated
from tests.support.alarms import observability
from tests.support.template import resources

FUNCTIONS = sorted(resources("AWS::Lambda::Function"))
ROLLOUTS = source()["Parameters"]["Rollout"]["AllowedValues"]
GRADUAL = [each for each in ROLLOUTS if each != "AllAtOnce"]

MOST_ALARMS = 10
"""Of a deployment group (AWS::CodeDeploy::DeploymentGroup AlarmConfiguration, read 2026-11)."""

ONLY_A_MEND_ENDS_THEM = {"ParkedEventsDead", "RollupFailed", "RollupDaysDead"}
"""They ring until their queue is emptied, which comes after the deployment of what mends the cause."""

BEHIND_AN_ALIAS = {
    "AWS::Lambda::Version",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::CloudFormation::Stack",
}
"""What may name a function itself. The nested stack's metrics count all versions of it."""


def of_kind(kind: str, rollout: str) -> dict[str, Any]:
    found = translated(Rollout=rollout)["Resources"]
    return {name: body for name, body in found.items() if body["Type"] == kind}


def names_in(part: Any) -> Iterator[str]:
    """Every resource or parameter that a part of the template refers to, conditions followed to what they look at."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0]
            elif key == "Fn::Sub":
                text, own = (value, {}) if isinstance(value, str) else value
                yield from (name for name in re.findall(r"\$\{(\w+)[.}]", text) if name not in own)
                yield from names_in(value)
            elif key == "Fn::If":
                yield from names_in(source()["Conditions"][value[0]])
                yield from names_in(value[1:])
            else:
                yield from names_in(value)
    elif isinstance(part, list):
        for each in part:
            yield from names_in(each)


@pytest.mark.parametrize("rollout", ["AllAtOnce", GRADUAL[0]])
def test_every_function_has_an_alias_that_points_to_a_version_which_outlives_the_next(rollout: str) -> None:
    aliases, versions = of_kind("AWS::Lambda::Alias", rollout), of_kind("AWS::Lambda::Version", rollout)
    assert sorted(aliases) == [f"{function}Aliaslive" for function in FUNCTIONS]
    for function in FUNCTIONS:
        alias = aliases[f"{function}Aliaslive"]["Properties"]
        version = versions[alias["FunctionVersion"]["Fn::GetAtt"][0]]
        assert (alias["Name"], alias["FunctionName"]) == ("live", {"Ref": function})
        assert version["Properties"]["FunctionName"] == {"Ref": function}
        assert version["DeletionPolicy"] == "Retain"


@pytest.mark.parametrize("rollout", ["AllAtOnce", GRADUAL[0]])
def test_nothing_invokes_a_function_past_its_alias(rollout: str) -> None:
    past = {
        (name, function)
        for name, body in translated(Rollout=rollout)["Resources"].items()
        if body["Type"] not in BEHIND_AN_ALIAS
        for function in set(names_in(body.get("Properties", {}))) & set(FUNCTIONS)
    }
    assert past == set()


def test_routes_queues_schedules_and_the_authorizer_may_invoke_the_alias_and_do() -> None:
    invoked = [each["FunctionName"] for each in resources("AWS::Lambda::EventSourceMapping").values()]
    invoked += [each["Target"]["Arn"] for each in resources("AWS::Scheduler::Schedule").values()]
    permitted = [each["FunctionName"] for each in resources("AWS::Lambda::Permission").values()]
    assert {"Ref": "AuthorizerAliaslive"} in permitted
    assert all(target["Ref"].endswith("Aliaslive") for target in [*invoked, *permitted])
    retries = resources("AWS::Lambda::EventInvokeConfig")["CostRollupEventInvokeConfig"]
    assert retries["Qualifier"] == "live"


def test_all_at_once_does_without_codedeploy() -> None:
    assert source()["Parameters"]["Rollout"]["Default"] == "AllAtOnce"
    template = translated()["Resources"]
    assert [name for name, body in template.items() if "CodeDeploy" in body["Type"] or "UpdatePolicy" in body] == []


def test_production_is_deployed_gradually() -> None:
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text())
    overrides = configured["prod"]["deploy"]["parameters"]["parameter_overrides"].split()
    assert {f"Rollout={each}" for each in GRADUAL} & set(overrides)


@pytest.mark.parametrize("rollout", GRADUAL)
def test_codedeploy_moves_every_alias_as_the_parameter_says_and_alarms_move_it_back(rollout: str) -> None:
    aliases, groups = of_kind("AWS::Lambda::Alias", rollout), of_kind("AWS::CodeDeploy::DeploymentGroup", rollout)
    for function in FUNCTIONS:
        policy = aliases[f"{function}Aliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        group = groups[policy["DeploymentGroupName"]["Ref"]]["Properties"]
        speed = {"Fn::Sub": ["CodeDeployDefault.Lambda${ConfigName}", {"ConfigName": rollout}]}
        assert policy["DeploymentGroupName"] == {"Ref": f"{function}DeploymentGroup"}
        assert group["DeploymentConfigName"] == speed
        assert group["AlarmConfiguration"]["Enabled"] is True
        assert group["AutoRollbackConfiguration"]["Enabled"] is True
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_taken_back_by_its_own_errors_and_by_alarms_that_exist(function: str) -> None:
    group = of_kind("AWS::CodeDeploy::DeploymentGroup", GRADUAL[0])[f"{function}DeploymentGroup"]["Properties"]
    heeded = [alarm["Name"]["Fn::Sub"] for alarm in group["AlarmConfiguration"]["Alarms"]]
    named = {
        body["Properties"]["AlarmName"]["Fn::Sub"]: name
        for name, body in observability()["Resources"].items()
        if body["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert set(heeded) <= set(named)
    alarms = {named[each] for each in heeded}
    assert f"{function}Errors" in alarms, f"add it to DeploymentPreference of {function}"
    assert len(alarms) == len(heeded) <= MOST_ALARMS
    assert not alarms & ONLY_A_MEND_ENDS_THEM


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_changed_parameter_makes_a_new_version_of_the_functions_that_it_configures_and_of_no_others(
    function: str,
) -> None:
    """SAM does not see a parameter's value (aws/serverless-application-model, issue 3820), so the version's description
    has to hold it. One that changes nothing of the function would fail: Lambda publishes nothing without a change."""
    configuration = {
        name: value
        for name, value in resources("AWS::Lambda::Function")[function].items()
        if name not in ("FunctionName", "ReservedConcurrentExecutions")  # these belong to no version
    }
    versions = resources("AWS::Lambda::Version").values()
    (version,) = (each for each in versions if each["FunctionName"] == {"Ref": function})
    parameters = set(source()["Parameters"]) - {"Stage"}  # another stage is another function
    assert set(names_in(version["Description"])) == set(names_in(configuration)) & parameters
    assert "Release" in set(names_in(version["Description"]))


def test_every_property_in_the_template_makes_a_new_version() -> None:
    assert source()["Globals"]["Function"]["AutoPublishAliasAllProperties"] is True
