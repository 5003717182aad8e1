"""Who is calling, for which organization, with which scopes: an API key, or a member with an ID token."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.store import api_keys
from gate24.store.aws import connect_store

connect_store()


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API authorizer request (payload 2.0, simple responses)."""
    scheme, _, shown = ((event.get("headers") or {}).get("authorization") or "").partition(" ")
    secret = shown.strip()
    if scheme.lower() != "bearer" or not secret:
        return _refused(event)
    known = _member(secret) if secret.count(".") == 2 else _key(secret)  # a token's parts; no API key has a dot
    return _refused(event) if known is None else {"isAuthorized": True, "context": known}


def _key(api_key: str) -> dict[str, str] | None:
    holder = api_keys.holder(api_key)
    if holder is None:
        return None
    api_keys.note_use(api_key, holder)
    return {
        "organization_id": holder.organization_id,
        "actor": holder.name,
        "key_id": holder.key_id,
        "scopes": " ".join(sorted(holder.scopes)),
        **({} if holder.organization_id else {"platform": "true"}),
        **({"actor_kind": "operator"} if holder.is_operators else {}),
        **({} if holder.channels is None else {"channels": json.dumps(sorted(holder.channels))}),
    }


def _member(token: str) -> dict[str, str] | None:
    from gate24.api.recognized import member_context  # imported here: no caller with a key waits for it

    return member_context(token)


def _refused(event: dict[str, Any]) -> dict[str, Any]:
    # Imported here: no cold start of a caller with a key has to pay for it (30 ms).
    from gate24.api.http import source_network
    from gate24.observability import logger

    logger.info("api_key_refused", extra={"network": source_network(event)})
    return {"isAuthorized": False}
