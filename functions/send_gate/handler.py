"""``POST /v1/messages`` and ``POST /v1/messages/check``, and the same gate as the providers' callers know it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.api import send_routes
from gate24.api.router import respond
from gate24.observability import observed
from gate24.store.aws import connect_store

connect_store()


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API event (payload 2.0), authorized."""
    if event.get("routeKey", "").partition(" ")[2].startswith(("/graph/", "/gupshup/")):
        from gate24.api import drop_in  # a cold start of a send does not pay for it

        return drop_in.respond(event)
    if event.get("routeKey") == "POST /v1/media":
        from gate24.api import upload_routes

        return respond(event, upload_routes.OPERATIONS)
    return respond(event, send_routes.OPERATIONS)
