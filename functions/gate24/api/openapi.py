"""The OpenAPI 3.1 document, made of the tables that the handlers go by: ``python -m gate24.api.openapi``."""

from __future__ import annotations

import json
import sys
from itertools import groupby
from typing import Any

from gate24.api.examples import EXAMPLES
from gate24.api.parameters import PARAMETERS
from gate24.api.problems import CONTENT_TYPE, PROBLEMS, Problem
from gate24.api.requests import ref
from gate24.api.routes import ROUTES, Answer, Route
from gate24.api.schemas import SCHEMAS

Json = dict[str, Any]

_AUTHORIZED = ("unauthorized", "unavailable")
"""What any route with an API key may answer beside its own problems."""

_TAGS = (("/v1/", "api"), ("/webhooks/", "webhooks"), ("/", "service"))

_HEADERS: dict[str, Json] = {
    "Idempotency-Replayed": {
        "description": "true where this is the first answer again.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
}


def document(version: str) -> Json:
    """The whole document; ``version`` is gate24's own."""
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gate24",
            "version": version,
            "summary": "Enforces WhatsApp's 24-hour window, and tells what each day cost",
            "description": "Who may be sent what and when, what it costs, and what became of it. Times are RFC 3339 "
            "in UTC, money is decimal strings, phone numbers are E.164, cursors are opaque.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for _, name in _TAGS],
        "paths": paths,
        "components": {
            "schemas": _shown(SCHEMAS),
            "securitySchemes": {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The organization's API key with its scopes: read, send, admin.",
                }
            },
        },
    }


def _operation(route: Route) -> Json:
    operation: Json = {
        "operationId": route.operation,
        "summary": route.summary,
        "tags": [next(name for prefix, name in _TAGS if route.path.startswith(prefix))],
        "security": [{"apiKey": [route.scope]}] if route.scope else [],
        "parameters": [_parameter(key) for key in route.parameters],
        "responses": _responses(route),
    }
    if route.body:
        content = {"application/json": _content(route.body)}
        operation["requestBody"] = {"required": route.body_required, "content": content}
    return operation


def _parameter(key: str) -> Json:
    parameter = PARAMETERS[key]
    shown = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.description,
        "schema": parameter.schema,
    }
    return shown | ({} if parameter.example is None else {"example": parameter.example})


def _responses(route: Route) -> Json:
    responses: Json = {}
    for answer in route.answers:
        response = responses.setdefault(str(answer.status), {"description": answer.description})
        if answer.media_type:
            response.setdefault("content", {})[answer.media_type] = _answer_content(answer)
        if answer.headers:
            response["headers"] = {name: _HEADERS[name] for name in answer.headers}
    codes = {*route.problems, *(_AUTHORIZED if route.scope else ())}
    by_status = sorted(codes, key=lambda code: (PROBLEMS[code].status, code))
    for status, group in groupby(by_status, key=lambda code: PROBLEMS[code].status):
        responses[str(status)] = _refusal(status, list(group))
    if route.scope:
        responses["401"] = _unauthorized(responses["401"])
        responses["403"] = _unauthorized(responses.get("403") or _refusal(403, []))
    return dict(sorted(responses.items()))


def _refusal(status: int, codes: list[str]) -> Json:
    examples = {code: {"value": Problem(code).to_json("1f0c7d6e")} for code in codes}
    content = {"schema": ref("Problem"), **({"examples": examples} if examples else {})}
    headers = {"headers": {"Retry-After": _HEADERS["Retry-After"]}} if status == 429 else {}
    titles = "; ".join(f"{code}: {PROBLEMS[code].title}" for code in codes)
    return {"description": titles, "content": {CONTENT_TYPE: content}, **headers}


def _unauthorized(response: Json) -> Json:
    """API Gateway's authorizer may have answered first, in its own words (AWS, HTTP API Lambda authorizers)."""
    description = "; ".join(
        filter(None, (response["description"], "or the API key is missing, wrong or not allowed to"))
    )
    return {
        **response,
        "description": description,
        "content": {**response["content"], "application/json": {"schema": ref("GatewayAnswer")}},
    }


def _content(schema: str) -> Json:
    examples = {name: {"value": value} for name, value in EXAMPLES.get(schema, {}).items()}
    return {"schema": ref(schema), **({"examples": examples} if examples else {})}


def _answer_content(answer: Answer) -> Json:
    return _content(answer.schema) if answer.schema else {"schema": {"type": "string"}}


def _shown(schema: Any) -> Any:
    """The schema as callers see it: a length above which the gate refuses is a limit like any other to them."""
    if isinstance(schema, dict):
        return {"maxLength" if key == "x-refused-above" else key: _shown(value) for key, value in schema.items()}
    return [_shown(one) for one in schema] if isinstance(schema, list) else schema


def text(version: str) -> str:
    """The document as it is committed."""
    return json.dumps(document(version), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    from gate24.settings import VERSION

    sys.stdout.write(text(VERSION))
