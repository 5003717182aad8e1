"""From an event of API Gateway to the operation of its route, and from a refusal to its problem document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gate24 import clock
from gate24.api import http
from gate24.api.access import access
from gate24.api.call import Call
from gate24.api.health import get_health
from gate24.api.limited_keys import require_unlimited_or_split
from gate24.api.parameters import PARAMETERS
from gate24.api.problems import Problem
from gate24.api.routes import ROUTES
from gate24.api.validate import read_parameters
from gate24.observability import about, logger
from gate24.rules.audited_acts import AUDITED
from gate24.settings import VERSION
from gate24.store import key_fingerprint, table
from gate24.store.table import StoreError

Operations = Mapping[str, Callable[[Call], dict[str, Any]]]
"""The operations of a function by their names in ``ROUTES``."""


def _document(_: dict[str, Any]) -> dict[str, Any]:
    """The document is imported where it is asked for: no cold start pays for its schemas and examples."""
    from gate24.api import openapi

    return http.answer(200, openapi.text(VERSION))


_ROUTES = {f"{route.method} {route.path}": route for route in ROUTES}
_OPEN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "getOpenApi": _document,
    "getHealth": get_health,
}


def respond(event: dict[str, Any], operations: Operations) -> dict[str, Any]:
    """Answers an HTTP API event (payload 2.0), authorized but for the OpenAPI document and the health check."""
    request_id = http.request_id(event)
    about(request_id)
    try:
        return _call(event, operations)
    except Problem as problem:
        return http.problem(problem, request_id)
    except StoreError as error:
        logger.error("store_failed", extra={"reason": str(error)})
        return http.problem(Problem("unavailable", retry_after=1), request_id)


def _call(event: dict[str, Any], operations: Operations) -> dict[str, Any]:
    route = _ROUTES.get(event.get("routeKey", ""))
    if route is None:
        raise Problem("not_found", "There is no such route.")
    if route.operation in _OPEN:
        return _OPEN[route.operation](event)
    caller = access(event)
    about(organization=caller.organization.id)
    caller.require_platform(route.of_platform)
    if caller.kind == "member":
        from gate24.api.roles import require_role  # imported here: no caller with a key waits for it

        require_role(caller, route.operation)
    caller.require_member(route.of_members)
    caller.require(*route.scopes)
    require_unlimited_or_split(caller, route.operation)
    if key_fingerprint.is_wrong():  # then nothing is answered, whether it names a contact or not
        table.contact_key()
    path = {name: http.path_parameter(event, name) for name in event.get("pathParameters") or {}}
    names = [name for name in route.parameters if PARAMETERS[name].place != "header"]
    parameters, errors = read_parameters(names, {**http.query_of(event), **path})
    if errors:
        raise Problem("payload_invalid", "The request is not as documented.", errors=errors)
    if route.body is not None:
        http.check_size(event, route.body_bytes)
    call = Call(event, caller, parameters, clock.now_ms())
    if route.operation in AUDITED:
        from gate24.api.audited import performed  # imported here: no send and no reader waits for it

        return performed(call, route.operation, operations[route.operation])
    return operations[route.operation](call)
