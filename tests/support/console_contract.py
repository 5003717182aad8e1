"""Holds an exchange with the API against ``docs/openapi.json``: what was asked as well as what was answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.json"
Json = dict[str, Any]


@cache
def document() -> Json:
    content: Json = json.loads(OPENAPI.read_text())
    return content


def faults(
    method: str, path: str, query: Mapping[str, str], body: Json | None, status: int, kind: str, answer: Json | None
) -> list[str]:
    """Everything in which an exchange differs from the document; ``kind`` is the answer's content type."""
    operation = _operation(method, path)
    if operation is None:
        return [] if status == 404 else [f"{method} {path}: there is no such operation"]
    found = [*_request_faults(operation, query, body), *_answer_faults(operation, status, kind, answer)]
    return [f"{method} {path}: {fault}" for fault in found]


def _operation(method: str, path: str) -> Json | None:
    exact = document()["paths"].get(path)
    if exact is not None:
        own: Json | None = exact.get(method.lower())
        return own
    for template, operations in document()["paths"].items():
        if method.lower() in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            operation: Json = operations[method.lower()]
            return operation
    return None


def _request_faults(operation: Json, query: Mapping[str, str], body: Json | None) -> Iterator[str]:
    known = {each["name"]: each["schema"] for each in operation.get("parameters", []) if each["in"] == "query"}
    for name, text in query.items():
        if name not in known:
            yield f"there is no query parameter {name}"
            continue
        is_number = known[name].get("type") == "integer"
        yield from (f"query {name} {fault}" for fault in _violations(known[name], int(text) if is_number else text))
    wanted = operation.get("requestBody")
    if body is None or wanted is None:
        return
    schema = wanted["content"]["application/json"]["schema"]
    yield from (f"the body {fault}" for fault in _violations(schema, body))


def _answer_faults(operation: Json, status: int, kind: str, answer: Json | None) -> Iterator[str]:
    documented = operation["responses"].get(str(status))
    if documented is None:
        yield f"the status {status} is not documented"
        return
    content = documented.get("content", {})
    if answer is None:
        if content:
            yield f"{status} has no body"
        return
    if kind not in content:
        yield f"{status} is not documented as {kind}"
        return
    yield from (f"{status} {fault}" for fault in _violations(content[kind]["schema"], answer))


def _violations(schema: Json, value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in _validator(json.dumps(schema)).iter_errors(value)]


@cache
def _validator(schema: str) -> Draft202012Validator:
    whole = json.loads(schema) | {"components": document()["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
