"""Looks into ``template.yaml`` and its translation."""

from typing import Any

from stack.template import translated


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The translated template's resources of a CloudFormation type, by logical id: their ``Properties``."""
    found = translated()["Resources"]
    return {name: body["Properties"] for name, body in found.items() if body["Type"] == kind}
