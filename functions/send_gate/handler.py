"""``POST /v1/messages`` and ``POST /v1/messages/check``."""

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
    return respond(event, send_routes.OPERATIONS)
