"""What the API and the console read; consents, templates, blocks and erasure. Routes as in ``gate24.api.routes``."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.api import http, openapi, routes
from gate24.api.access import access
from gate24.api.problems import Problem
from gate24.api.validate import read_parameters
from gate24.observability import logger
from gate24.settings import VERSION, connect_store
from gate24.store.table import StoreError
from read_api import contact_routes, organization_routes
from read_api.call import Call

connect_store()

_ROUTES = {f"{route.method} {route.path}": route for route in routes.ROUTES}
_OPERATIONS = {**contact_routes.OPERATIONS, **organization_routes.OPERATIONS}
_OPEN = {
    "getOpenApi": lambda: http.answer(200, openapi.text(VERSION)),
    "getHealth": lambda: http.answer(200, {"status": "ok", "version": VERSION}),
}


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API event (payload 2.0), authorized but for the OpenAPI document and the health check."""
    request_id = http.request_id(event)
    try:
        return _answer(event)
    except Problem as error:
        return http.problem(error, request_id)
    except StoreError as error:
        logger.error("store_failed", extra={"reason": str(error)})
        return http.problem(Problem("unavailable", retry_after=1), request_id)


def _answer(event: dict[str, Any]) -> dict[str, Any]:
    route = _ROUTES.get(event.get("routeKey", ""))
    if route is None:
        raise Problem("not_found", "There is no such route.")
    if route.operation in _OPEN:
        return _OPEN[route.operation]()
    caller = access(event)
    caller.require(route.scope or "admin")
    path = {name: http.path_parameter(event, name) for name in event.get("pathParameters") or {}}
    raw = {**http.query_of(event), **path}
    parameters, errors = read_parameters(route.parameters, raw)
    if errors:
        raise Problem("payload_invalid", "The request is not as documented.", errors=errors)
    return _OPERATIONS[route.operation](Call(event, caller, parameters, http.now_ms()))
