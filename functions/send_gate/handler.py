"""``POST /v1/messages`` and ``POST /v1/messages/check``."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.api import http
from gate24.api.access import Access, access
from gate24.api.problems import CONTENT_TYPE, Problem
from gate24.api.render import time_or_none, window_json
from gate24.api.validate import read_parameters
from gate24.observability import count, logger
from gate24.rules.pricing import cost_json
from gate24.settings import connect_store
from gate24.store.table import StoreError
from gate24.usecases import check_message as gate
from send_gate.send import send

connect_store()


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API event (payload 2.0), authorized."""
    request_id = http.request_id(event)
    try:
        caller = access(event)
        caller.require("send")
        if event.get("rawPath", "").rstrip("/").endswith("/check"):
            return check(caller, event)
        return post(caller, event, request_id)
    except Problem as error:
        return http.problem(error, request_id)
    except StoreError as error:
        logger.error("store_failed", extra={"reason": str(error)})
        return http.problem(Problem("unavailable", retry_after=1), request_id)


def post(caller: Access, event: dict[str, Any], request_id: str) -> dict[str, Any]:
    """Sends, once for its Idempotency-Key."""
    values, errors = read_parameters(("idempotency_key",), http.headers_of(event))
    if errors:
        raise Problem("idempotency_key_missing", "Send a header Idempotency-Key of 1 to 255 characters.", errors=errors)
    request = gate.read_request(caller, http.json_object(_body(event)))
    told = send(request, values["idempotency_key"], request_id)
    headers = {"idempotency-replayed": "true"} if told.replayed else {}
    return http.answer(told.status, told.text, headers, "application/json" if told.status < 400 else CONTENT_TYPE)


def check(caller: Access, event: dict[str, Any]) -> dict[str, Any]:
    """The decision and the cost, with nothing sent and nothing stored."""
    verdict = gate.judge(gate.read_request(caller, http.json_object(_body(event))), http.now_ms())
    decision = verdict.decision
    count("gate.check", code=decision.code or "allow")
    return http.answer(
        200,
        {
            "decision": "allow" if decision.allowed else "refuse",
            "code": decision.code,
            "sent_as": decision.sent_as,
            "allowed_actions": list(decision.allowed_actions),
            "window": window_json(verdict.facts.state),
            "server_time": time_or_none(verdict.server_time),
            "cost": cost_json(verdict.cost, estimate=True) if verdict.cost else None,
        },
    )


def _body(event: dict[str, Any]) -> bytes:
    try:
        return http.raw_body(event)
    except ValueError:
        raise Problem("payload_invalid", "The body is not what its encoding says.") from None
