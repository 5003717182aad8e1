"""Holds answers against the document with every object closed: a field that is not documented is a fault.

The document itself leaves answers open, so that a field may be added without breaking a reader.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from gate24.api import openapi
from gate24.settings import VERSION
from tests.support.system import Answer, System

Json = dict[str, Any]

DOCUMENTED_HEADERS = ("retry-after", "idempotency-replayed", "content-disposition", "location", "x-next-cursor")
"""Headers that are documented wherever they are given."""


@cache
def document() -> Json:
    return openapi.document(VERSION)


def closed(schema: Any) -> Any:
    """The schema without the fields that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {"additionalProperties": False} if "properties" in schema else {}
    return shut | {name: closed(value) for name, value in schema.items()}


def route_key(method: str, path: str) -> str | None:
    """The document's route that serves a path (without its query), or None."""
    return next((key for key, pattern in _patterns() if key.startswith(f"{method} ") and pattern.fullmatch(path)), None)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [
        (f"{method.upper()} {path}", re.compile(re.sub(r"\{\w+\}", "[^/]+", path)))
        for path, operations in document()["paths"].items()
        for method in operations
    ]


def media_type(answer: Answer) -> str:
    """The answer's content type without its parameters."""
    return answer.headers["content-type"].partition(";")[0]


def faults(route: str, answer: Answer) -> list[str]:
    """In what an answer of a route (``GET /v1/me``) differs from the document."""
    method, _, path = route.partition(" ")
    documented = document()["paths"][path][method.lower()]["responses"].get(str(answer.status))
    if documented is None:
        return [f"{route}: the status {answer.status} is not documented"]
    undocumented = [
        name
        for name in DOCUMENTED_HEADERS
        if name in answer.headers and name not in {known.lower() for known in documented.get("headers", {})}
    ]
    found = [f"{route}: {answer.status} has an undocumented header {name}" for name in undocumented]
    content = documented.get("content", {})
    if not content:
        return [*found, f"{route}: {answer.status} has a body"] if answer.text else found
    kind = media_type(answer)
    if kind not in content:
        return [*found, f"{route}: {answer.status} is not documented as {kind}"]
    value = answer.json if kind.endswith("json") else answer.text
    errors = _validator(json.dumps(content[kind]["schema"])).iter_errors(value)
    return [*found, *(f"{route}: {answer.status} {error.json_path}: {error.message[:300]}" for error in errors)]


@cache
def _validator(schema: str) -> Draft202012Validator:
    components = {"schemas": _closed_schemas()}
    return Draft202012Validator(
        {**closed(json.loads(schema)), "components": components}, format_checker=FormatChecker()
    )


@cache
def _closed_schemas() -> Json:
    found: Json = closed(document()["components"]["schemas"])
    return found


@contextmanager
def only_documented_answers() -> Iterator[None]:
    """From every ``System`` at once: an answer that is not as documented fails the test that asked for it."""
    original = System.http

    def checked(self: System, method: str, path: str, *args: Any, **kwargs: Any) -> Answer:
        answer = original(self, method, path, *args, **kwargs)
        route = route_key(method, urlsplit(path).path)
        found = faults(route, answer) if route else []
        assert found == [], "\n".join(found)
        return answer

    System.http = checked  # type: ignore[method-assign]
    try:
        yield
    finally:
        System.http = original  # type: ignore[method-assign]
