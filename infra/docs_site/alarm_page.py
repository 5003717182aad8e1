"""The table of the alarms, as Markdown, from ``infra/observability.yaml``."""

from __future__ import annotations

from typing import Any

from samtranslator.yaml_helper import yaml_parse

from infra.docs_site.tables import cell, table
from stack.settings import ROOT

PATH = "reference/alarms.md"
_SIGNS = {
    "GreaterThanOrEqualToThreshold": "≥",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}


def page() -> str:
    template = yaml_parse((ROOT / "infra" / "observability.yaml").read_text(encoding="utf-8"))
    alarms = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }
    rows = [
        [
            f"`{name}`<br>{cell(alarm['AlarmDescription'])}",
            _metric(alarm),
            _condition(alarm),
            alarm["TreatMissingData"],
        ]
        for name, alarm in alarms.items()
    ]
    return "\n\n".join(
        [
            "# Alarms",
            f"The {len(rows)} alarms of `infra/observability.yaml`, in the order of a bad night: what is lost first, "
            "what is slow later. [Operating gate24](../operations.md#alarms) says where to look and what to do.",
            table(["alarm", "metric", "condition", "missing data"], rows),
        ]
    )


def _metric(alarm: dict[str, Any]) -> str:
    if "MetricName" in alarm:
        of = [_text(each["Value"]) for each in alarm.get("Dimensions", []) if each["Name"] not in ("stage", "service")]
        return ", ".join([f"`{alarm['MetricName']}`", _text(alarm["Namespace"]), *of])
    (result,) = (each for each in alarm["Metrics"] if each.get("ReturnData", True))
    named = {
        each["Id"]: each["MetricStat"]["Metric"]["MetricName"] for each in alarm["Metrics"] if "MetricStat" in each
    }
    return f"`{result['Expression']}`, where " + ", ".join(f"`{key}` is `{name}`" for key, name in named.items())


def _condition(alarm: dict[str, Any]) -> str:
    minutes = _period(alarm) // 60
    statistic = alarm.get("Statistic", alarm.get("ExtendedStatistic", ""))
    periods, of = alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]), alarm["EvaluationPeriods"]
    times = "" if of == 1 else f", {_text(periods)} of {_text(of)} times"
    sign = _SIGNS[alarm["ComparisonOperator"]]
    return f"{statistic} {sign} {_text(alarm['Threshold'])} in {minutes} min{times}".strip()


def _period(alarm: dict[str, Any]) -> int:
    if "Period" in alarm:
        return int(alarm["Period"])
    return int(next(each["MetricStat"]["Period"] for each in alarm["Metrics"] if "MetricStat" in each))


def _text(value: Any) -> str:
    """A value of the template; a parameter, or what is made of one, by its name."""
    match value:
        case {"Ref": name}:
            return f"`{name}`"
        case {"Fn::Sub": text}:
            return f"`{text}`"
        case _:
            return str(value)
