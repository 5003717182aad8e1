"""API keys: who is calling, for which organization, with which scopes."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.store import api_keys
from gate24.store.aws import connect_store

connect_store()


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API authorizer request (payload 2.0, simple responses)."""
    scheme, _, api_key = ((event.get("headers") or {}).get("authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not api_key.strip():
        return _refused(event)
    holder = api_keys.holder(api_key.strip())
    if holder is None:
        return _refused(event)
    api_keys.note_use(api_key.strip(), holder)
    return {
        "isAuthorized": True,
        "context": {
            "organization_id": holder.organization_id,
            "actor": holder.name,
            "key_id": holder.key_id,
            "scopes": " ".join(sorted(holder.scopes)),
            **({} if holder.organization_id else {"platform": "true"}),
            **({} if holder.channels is None else {"channels": json.dumps(sorted(holder.channels))}),
        },
    }


def _refused(event: dict[str, Any]) -> dict[str, Any]:
    # Imported here: no cold start of a caller with a key has to pay for it (30 ms).
    from gate24.api.http import source_network
    from gate24.observability import logger

    logger.info("api_key_refused", extra={"network": source_network(event)})
    return {"isAuthorized": False}
