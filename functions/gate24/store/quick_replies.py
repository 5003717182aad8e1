"""The quick replies of an organization: texts that staff send often, each with a name."""

from __future__ import annotations

from typing import Any

from gate24.store import documents

_SK = "QUICK_REPLIES"


def read(organization_id: str, consistent: bool = False) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = documents.read(f"ORG#{organization_id}", _SK, consistent) or []
    return found


def write(organization_id: str, replies: list[dict[str, Any]]) -> None:
    documents.write(f"ORG#{organization_id}", _SK, replies)
