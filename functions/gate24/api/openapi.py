"""The OpenAPI 3.1 document, made of the tables that the handlers go by.

Its examples are what the system answered when it was asked (``examples.json``, written by ``make openapi``).
"""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

from gate24.api.parameters import PARAMETERS
from gate24.api.problems import CONTENT_TYPE as PROBLEM
from gate24.api.problems import PROBLEMS
from gate24.api.requests import ref
from gate24.api.routes import ROUTES, Route
from gate24.api.schemas import SCHEMAS
from gate24.api_keys import SCOPES
from gate24.rules.decision import REFUSALS

Json = dict[str, Any]

EXAMPLES = Path(__file__).with_name("examples.json")
JSON = "application/json"

ANYWHERE: dict[str, tuple[int, str]] = {
    "no_api_key": (401, JSON),
    "unauthorized": (401, PROBLEM),
    "wrong_api_key": (403, JSON),
    "scope_missing": (403, PROBLEM),
    "unavailable": (503, PROBLEM),
}
"""What every route with an API key may answer beside its own problems, by the name of its example: its status and its
media type. Without a key, and with one that it does not know, API Gateway's authorizer answers in its own words; of a
key whose organization is gone or that lacks the scope, gate24 says so (``unauthorized``)."""

_SUMMARIES: dict[int, str] = {
    401: "unauthorized: The API key is missing (API Gateway's answer, application/json), or its organization is gone",
    403: "unauthorized: The API key is wrong (API Gateway's answer, application/json), or lacks the scope",
    503: f"unavailable: {PROBLEMS['unavailable'].title}",
}

_FINAL = {*REFUSALS, "bsp_rejected", "bsp_outcome_unknown"}
"""Refusals that are kept with their Idempotency-Key and given again."""

_WITH_RETRY_AFTER = {"request_in_progress", "throttled", "unavailable"}

_TAGS = (("/v1/admin/", "administration"), ("/v1/", "api"), ("/webhooks/", "webhooks"), ("/", "service"))

_HEADERS: dict[str, Json] = {
    "Idempotency-Replayed": {
        "description": "true where this is the first answer again.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
    "Location": {"description": "The address.", "schema": {"type": "string", "format": "uri"}},
    "X-Next-Cursor": {
        "description": "The cursor for the next lines, of CSV; absent with the last.",
        "schema": {"type": "string"},
    },
    "Content-Disposition": {"description": "The file's name, of CSV.", "schema": {"type": "string"}},
}


def examples() -> Json:
    """By operation its parameters, bodies and answers; under ``anywhere`` those of ``ANYWHERE``."""
    found: Json = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return found


def document(version: str) -> Json:
    """The whole document; ``version`` is gate24's own."""
    shown = examples()
    paths: dict[str, Json] = {}
    for route in ROUTES:
        operation = _operation(route, shown["operations"].get(route.operation, {}))
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gate24",
            "version": version,
            "summary": "Enforces WhatsApp's 24-hour window, and tells what each day cost",
            "description": "Who may be sent what and when, what it costs, and what became of it. Times are RFC 3339 "
            "in UTC, money is decimal strings, phone numbers are E.164, cursors are opaque. The examples were "
            "recorded from the system itself.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for _, name in _TAGS],
        "paths": paths,
        "components": {
            "schemas": _as_callers_see(SCHEMAS),
            "examples": _named(shown["anywhere"]),
            "securitySchemes": {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"The organization's API key with its scopes: {', '.join(SCOPES)} (which has them "
                    "all). Below /v1/admin/ it is a key of the platform, with the scope admin.",
                }
            },
        },
    }


def _operation(route: Route, examples: Json) -> Json:
    operation: Json = {
        "operationId": route.operation,
        "summary": route.summary,
        "tags": [next(name for prefix, name in _TAGS if route.path.startswith(prefix))],
        "security": [{"apiKey": [scope]} for scope in route.scopes],
        "parameters": [_parameter(key, examples.get("parameters", {})) for key in route.parameters],
        "responses": _responses(route, examples.get("answers", {})),
    }
    if route.body:
        content = {JSON: _content(ref(route.body), _named(examples.get("bodies", {})))}
        operation["requestBody"] = {
            "description": f"At most {route.body_bytes} bytes.",
            "required": route.body_required,
            "content": content,
        }
    return operation


def _parameter(key: str, examples: Json) -> Json:
    parameter = PARAMETERS[key]
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.description,
        "schema": parameter.schema,
        **({"example": examples[key]} if key in examples else {}),
    }


def _responses(route: Route, examples: Json) -> Json:
    responses = _successes(route, examples)
    anywhere = [status for status, _ in ANYWHERE.values()] if route.scope else []
    statuses = {*anywhere, *(PROBLEMS[code].status for code in route.problems)}
    for status in statuses:
        codes = [code for code in route.problems if PROBLEMS[code].status == status]
        responses[str(status)] = _refusal(route, status, codes, examples.get(str(status), {}))
    return dict(sorted(responses.items()))


def _successes(route: Route, examples: Json) -> Json:
    responses: Json = {}
    for status, answers in groupby(route.answers, key=lambda answer: answer.status):
        found = list(answers)
        content = {
            answer.media_type: _content(
                ref(answer.schema) if answer.schema else {"type": "string"},
                _named(examples.get(str(status), {}).get(answer.media_type, {})),
            )
            for answer in found
            if answer.media_type
        }
        headers = [name for answer in found for name in answer.headers]
        description = " ".join(answer.description for answer in found)
        responses[str(status)] = _response(description, content, headers)
    return responses


def _refusal(route: Route, status: int, codes: list[str], examples: Json) -> Json:
    """``codes``: the route's own problems of that status."""
    anywhere = {name: kind for name, (at, kind) in ANYWHERE.items() if route.scope and at == status}
    shown = {kind: _named(examples.get(kind, {})) for kind in sorted({PROBLEM, *anywhere.values()})}
    for name, kind in anywhere.items():
        shown[kind][name] = {"$ref": f"#/components/examples/{name}"}
    # Generators of clients read the first media type of a status, so its schema names the problem, too.
    schemas = {JSON: {"anyOf": [ref("Problem"), ref("GatewayAnswer")]}, PROBLEM: ref("Problem")}
    summaries = [f"{code}: {PROBLEMS[code].title}" for code in codes] + ([_SUMMARIES[status]] if anywhere else [])
    told = {*codes, *anywhere}
    headers = ["Retry-After"] if told & {*_WITH_RETRY_AFTER, *route.asked_again} else []
    headers += ["Idempotency-Replayed"] if "idempotency_key" in route.parameters and told & _FINAL else []
    content = {kind: _content(schemas[kind], named) for kind, named in shown.items()}
    return _response("; ".join(summaries), content, headers)


def _response(description: str, content: Json, headers: list[str]) -> Json:
    return {
        "description": description,
        **({"headers": {name: _HEADERS[name] for name in headers}} if headers else {}),
        **({"content": content} if content else {}),
    }


def _content(schema: Json, examples: Json) -> Json:
    return {"schema": schema, **({"examples": examples} if examples else {})}


def _named(values: Json) -> Json:
    return {name: {"value": value} for name, value in values.items()}


def _as_callers_see(schema: Any) -> Any:
    """A length above which the gate refuses is a limit like any other to them."""
    if isinstance(schema, dict):
        names = {"x-refused-above": "maxLength"}
        return {names.get(name, name): _as_callers_see(value) for name, value in schema.items()}
    return [_as_callers_see(one) for one in schema] if isinstance(schema, list) else schema


def text(version: str) -> str:
    """The document as it is committed."""
    return json.dumps(document(version), indent=2, ensure_ascii=False) + "\n"
