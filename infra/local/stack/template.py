"""``template.yaml`` as written, and as SAM's translator turns it into CloudFormation."""

from __future__ import annotations

import copy
import functools
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from stack.settings import ROOT

TEMPLATE = ROOT / "template.yaml"
_ANY_CODE = "s3://bucket/key"


class _NoManagedPolicies:
    """The translator wants a loader of IAM's managed policies; the template uses none."""

    def load(self) -> dict[str, str]:
        return {}


def source() -> dict[str, Any]:
    """The template as written, with short tags (``!Ref``, ``!Sub``, ...) in their long form: a copy of your own."""
    return copy.deepcopy(_parsed())


@functools.cache
def _parsed() -> dict[str, Any]:
    document: dict[str, Any] = yaml_parse(TEMPLATE.read_text())
    return document


@functools.cache
def translated(**parameters: str) -> dict[str, Any]:
    """The CloudFormation template that SAM generates with these parameters, and the defaults of the others. It is
    cached: do not modify it. Needs ``AWS_DEFAULT_REGION``."""
    document = source()
    document["Globals"]["Function"]["CodeUri"] = _ANY_CODE  # the translator takes no local paths
    for resource in document["Resources"].values():
        if "CodeUri" in resource["Properties"]:
            resource["Properties"]["CodeUri"] = _ANY_CODE
    result: dict[str, Any] = transform(document, parameters, _NoManagedPolicies())
    return result
