"""``template.yaml`` as CloudFormation gets it: SAM's own translator, run here."""

from __future__ import annotations

import functools
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from stack.settings import ROOT

TEMPLATE = ROOT / "template.yaml"
_ANY_CODE = "s3://bucket/key"


class _NoManagedPolicies:
    """SAM asks for IAM's managed policies; the template names none."""

    def load(self) -> dict[str, str]:
        return {}


def source() -> dict[str, Any]:
    """The template as written, CloudFormation's short tags (``!Ref``, ``!Sub``, ...) in their long form."""
    document: dict[str, Any] = yaml_parse(TEMPLATE.read_text())
    return document


@functools.cache
def translated() -> dict[str, Any]:
    """The CloudFormation template that SAM makes of it; not to be changed, it is shared. Needs a region in
    ``AWS_DEFAULT_REGION``."""
    document = source()
    document["Globals"]["Function"]["CodeUri"] = _ANY_CODE  # SAM takes local code only after packaging it
    for resource in document["Resources"].values():
        if "CodeUri" in resource["Properties"]:
            resource["Properties"]["CodeUri"] = _ANY_CODE
    result: dict[str, Any] = transform(document, {}, _NoManagedPolicies())
    return result
