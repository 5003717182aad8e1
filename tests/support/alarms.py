"""What CloudWatch makes of log lines and datapoints, by the alarms and metric filters of ``infra/observability.yaml``.

moto stores alarms and evaluates none; MiniStack knows neither missing data nor datapoints by period. So the rules of
"How CloudWatch evaluates alarms" (AWS, read 2026-11) are written here, for the forms that the template has; others are
refused with a KeyError or a ValueError. Names of the template's parameters stand for the values that they are given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from stack.settings import ROOT
from stack.template import source

STAGE = "local"
"""The stage that functions name in their metrics where nothing says another one, as in tests."""


@dataclass(frozen=True, slots=True)
class Metric:
    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Datapoint:
    """``at``: epoch seconds."""

    metric: Metric
    value: float
    at: int = 0


@dataclass(frozen=True, slots=True)
class Alarm:
    """As the template says it. ``period``: seconds."""

    name: str
    metric: Metric
    statistic: str
    period: int
    periods: int
    datapoints: int
    threshold: float
    comparison: str
    missing: str
    properties: Mapping[str, Any]


@cache
def observability() -> dict[str, Any]:
    """The nested template, with short tags in their long form."""
    document: dict[str, Any] = yaml_parse((ROOT / "infra" / "observability.yaml").read_text())
    return document


@cache
def _parameters() -> dict[str, str]:
    defaults = {name: str(body.get("Default", "")) for name, body in _template()["Parameters"].items()}
    passed = _template()["Resources"]["Observability"]["Properties"]["Parameters"]
    given = {name: defaults.get(value.get("Ref", ""), name) for name, value in passed.items()}
    pseudo = {"AWS::Partition": "aws", "AWS::Region": "region", "AWS::AccountId": "account"}
    return given | pseudo | {"Stage": STAGE}


@cache
def _template() -> dict[str, Any]:
    return source()


def resolved(value: Any) -> Any:
    """A value of the nested template with its parameters filled in."""
    parameters = _parameters()
    if isinstance(value, dict) and "Ref" in value:
        return parameters[value["Ref"]]
    if isinstance(value, dict) and "Fn::Sub" in value:
        return re.sub(r"\$\{([\w:]+)\}", lambda match: parameters[match[1]], value["Fn::Sub"])
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("Fn::"):
        return value
    if isinstance(value, dict):
        return {name: resolved(each) for name, each in value.items()}
    return [resolved(each) for each in value] if isinstance(value, list) else value


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The nested template's resources of a type: their properties, with its parameters filled in."""
    found = observability()["Resources"]
    return {name: resolved(body["Properties"]) for name, body in found.items() if body["Type"] == kind}


def alarms() -> dict[str, Alarm]:
    return {name: _alarm(name, properties) for name, properties in resources("AWS::CloudWatch::Alarm").items()}


def _alarm(name: str, properties: dict[str, Any]) -> Alarm:
    dimensions = frozenset((each["Name"], each["Value"]) for each in properties.get("Dimensions", []))
    periods = int(properties["EvaluationPeriods"])
    return Alarm(
        name,
        Metric(properties["Namespace"], properties["MetricName"], dimensions),
        properties.get("ExtendedStatistic") or properties["Statistic"],
        int(properties["Period"]),
        periods,
        int(properties.get("DatapointsToAlarm", periods)),
        float(properties["Threshold"]),
        properties["ComparisonOperator"],
        properties["TreatMissingData"],
        properties,
    )


# From log lines to datapoints


def emitted(printed: str) -> list[Datapoint]:
    """The metrics in what functions printed: CloudWatch's embedded metric format."""
    lines = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    found = []
    for line in lines:
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, line[name]) for name in names)
                for each in directive["Metrics"]:
                    metric = Metric(directive["Namespace"], each["Name"], dimensions)
                    found += [Datapoint(metric, value) for value in line[each["Name"]]]
    return found


def access_log(route: str, status: int) -> list[Datapoint]:
    """The metrics of one request's line in the access log. ``route``: such as ``GET /v1/me``."""
    context = {"routeKey": route, "status": str(status)}
    written = _template()["Resources"]["Api"]["Properties"]["AccessLogSettings"]["Format"]
    line = json.loads(re.sub(r"\$context\.([\w.]+)", lambda match: context.get(match[1], "-"), written))
    found = []
    for properties in resources("AWS::Logs::MetricFilter").values():
        if _matches(properties["FilterPattern"], line):
            for each in properties["MetricTransformations"]:
                metric = Metric(each["MetricNamespace"], each["MetricName"])
                found.append(Datapoint(metric, float(each["MetricValue"])))
    return found


_TOKENS = re.compile(r'\s*(?:(&&|\|\||[()]|!=|=)|\$\.(\w+)|"([^"]*)")')


def _matches(pattern: str, line: Mapping[str, str]) -> bool:
    """A filter pattern of JSON fields: ``=`` and ``!=`` with one ``*`` at an end, ``&&``, ``||``, parentheses."""
    inner = pattern.strip().removeprefix("{").removesuffix("}").strip()
    tokens = _TOKENS.findall(inner)
    if _TOKENS.sub("", inner).strip() or not tokens:
        raise ValueError(f"not a pattern that is known here: {pattern}")
    rest = list(tokens)

    def either() -> bool:
        found = both()
        while rest and rest[0][0] == "||":
            rest.pop(0)
            found = both() or found
        return found

    def both() -> bool:
        found = one()
        while rest and rest[0][0] == "&&":
            rest.pop(0)
            found = one() and found
        return found

    def one() -> bool:
        if rest[0][0] == "(":
            rest.pop(0)
            found = either()
            rest.pop(0)
            return found
        (_, field, _), (sign, _, _), (_, _, wanted) = rest.pop(0), rest.pop(0), rest.pop(0)
        start, star, end = wanted.partition("*")
        value = line[field]
        equal = value.startswith(start) and value.endswith(end) if star else value == wanted
        return equal if sign == "=" else not equal

    return either()


# From datapoints to the alarm's state


def every(seconds: int, times: int, datapoints: Iterable[Datapoint], until: int) -> list[Datapoint]:
    """The same datapoints once in each of the last ``times`` periods of ``seconds`` before ``until``."""
    once = list(datapoints)
    return [replace(each, at=until - seconds * back + seconds // 2) for back in range(1, times + 1) for each in once]


EXTRA_PERIODS = 2
"""CloudWatch looks at more periods than an alarm has (5 for 3 in AWS's example), and treats as missing only what it
still lacks then. So an alarm for what is missing rings later than its periods say."""


def state(alarm: Alarm, datapoints: Iterable[Datapoint], now: int) -> str:
    """``ALARM``, ``OK`` or ``INSUFFICIENT_DATA`` at ``now``, an end of a period."""
    said = [each for each in datapoints if each.metric == alarm.metric]
    real = []
    for back in range(1, alarm.periods + EXTRA_PERIODS + 1):
        start = now - back * alarm.period
        values = [each.value for each in said if start <= each.at < start + alarm.period]
        if values:
            real.append(_COMPARISONS[alarm.comparison](_statistic(alarm.statistic, values), alarm.threshold))
    if not real and alarm.missing == "missing":
        return "INSUFFICIENT_DATA"
    filled = max(0, alarm.periods - len(real)) * [_MISSING[alarm.missing]]
    return "ALARM" if sum([*real[: alarm.periods], *filled]) >= alarm.datapoints else "OK"


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_MISSING = {"breaching": True, "notBreaching": False, "missing": False}


def _statistic(name: str, values: list[float]) -> float:
    if name.startswith("p"):
        return sorted(values)[min(len(values) - 1, int(len(values) * float(name[1:]) / 100))]
    return _STATISTICS[name](values)


_STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
}
