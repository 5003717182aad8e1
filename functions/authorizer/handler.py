"""API keys: who is calling, for which organization, with which scopes."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.store import api_keys
from gate24.store.aws import connect_store

connect_store()

_NOBODY: dict[str, Any] = {"isAuthorized": False}


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API authorizer request (payload 2.0, simple responses)."""
    scheme, _, api_key = ((event.get("headers") or {}).get("authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not api_key.strip():
        return _NOBODY
    holder = api_keys.holder(api_key.strip())
    if holder is None:
        return _NOBODY
    return {
        "isAuthorized": True,
        "context": {
            "organization_id": holder.organization_id,
            "actor": holder.name,
            "scopes": " ".join(sorted(holder.scopes)),
        },
    }
