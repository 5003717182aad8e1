"""API keys: who is calling, for which organization, with which scopes."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.settings import connect_store
from gate24.store import configuration

connect_store()

_NOBODY: dict[str, Any] = {"isAuthorized": False}


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API authorizer request (payload 2.0, simple responses)."""
    scheme, _, api_key = ((event.get("headers") or {}).get("authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not api_key.strip():
        return _NOBODY
    caller = configuration.caller(api_key.strip())
    if caller is None:
        return _NOBODY
    return {
        "isAuthorized": True,
        "context": {
            "organization_id": caller.organization_id,
            "actor": caller.name,
            "scopes": " ".join(sorted(caller.scopes)),
        },
    }
