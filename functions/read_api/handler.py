"""What the API and the console read; consents, templates, blocks and erasure. Routes as in ``gate24.api.routes``."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.api import (
    budget_routes,
    contact_routes,
    event_routes,
    media_routes,
    organization_routes,
    webhook_routes,
    what_if_routes,
)
from gate24.api.router import respond
from gate24.observability import observed
from gate24.store.aws import connect_store

connect_store()

_OPERATIONS = {
    **budget_routes.OPERATIONS,
    **contact_routes.OPERATIONS,
    **event_routes.OPERATIONS,
    **media_routes.OPERATIONS,
    **organization_routes.OPERATIONS,
    **webhook_routes.OPERATIONS,
    **what_if_routes.OPERATIONS,
}


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API event (payload 2.0), authorized but for the OpenAPI document and the health check."""
    return respond(event, _OPERATIONS)
