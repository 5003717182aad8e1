"""The reference of the HTTP API, as Markdown, from the OpenAPI document: routes, schemas and errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.docs_site.tables import cell, table

Json = dict[str, Any]

FOLDER = "reference/api"
SCHEMAS = "schemas.md"
ERRORS = "errors.md"

_LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "maxProperties": "at most {} names",
    "default": "if it is left out: `{}`",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One route with its method. ``group`` is the page that it stands on."""

    method: str
    path: str
    said: Json

    @property
    def group(self) -> str:
        match self.path.strip("/").split("/"):
            case ["v1", "admin", *_]:
                return "administration"
            case ["v1", "erasures", *_]:
                return "contacts"
            case ["v1", "me" | "openapi.json"] | ["healthz" | "console", *_]:
                return "service"
            case ["v1", noun, *_]:
                return noun
            case ["webhooks", *_]:
                return "webhooks of the providers"
            case [first, *_]:
                return first
        raise ValueError(self.path)

    @property
    def page(self) -> str:
        return self.group.replace(" ", "-") + ".md"


def pages(document: Json) -> Iterator[tuple[str, str, str]]:
    """Title, path below docs and Markdown of each page, in the order of the menu."""
    operations = [
        Operation(method.upper(), path, said)
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    ]
    yield "All routes", f"{FOLDER}/routes.md", _routes(document, operations)
    for group in dict.fromkeys(each.group for each in operations):
        here = [each for each in operations if each.group == group]
        text = "\n\n".join([f"# {group.capitalize()}", *(_operation(document, each) for each in here)])
        yield group.capitalize(), f"{FOLDER}/{here[0].page}", text
    yield "Errors", f"{FOLDER}/{ERRORS}", _errors(document, operations)
    yield "Schemas", f"{FOLDER}/{SCHEMAS}", _schemas(document)


def _routes(document: Json, operations: list[Operation]) -> str:
    about = document["info"]
    rows = [
        [
            f"`{each.method} {each.path}`<br>[{each.said['summary']}]({each.page}#{each.said['operationId']})",
            _scopes(each),
        ]
        for each in operations
    ]
    keys = document["components"]["securitySchemes"]["apiKey"]["description"]
    return "\n\n".join(
        [
            "# HTTP API",
            about["description"],
            f"`Authorization: Bearer <API key>`. {keys}",
            "[openapi.json](../../openapi.json) is this as OpenAPI 3.1; a running gate24 serves its own under "
            "`/v1/openapi.json`.",
            table(["route", "scope"], rows),
        ]
    )


def _scopes(operation: Operation) -> str:
    return ", ".join(
        f"`{scope}`" for need in operation.said["security"] for scopes in need.values() for scope in scopes
    )


def _operation(document: Json, operation: Operation) -> str:
    said = operation.said
    parts = [f"## {said['summary']} {{#{said['operationId']}}}", f"```http\n{operation.method} {operation.path}\n```"]
    if scopes := _scopes(operation):
        parts.append(f"Scope: {scopes}")
    if "description" in said:
        parts.append(said["description"])
    if said["parameters"]:
        parts += [
            "**Parameters**",
            table(["name", "in", "type", "meaning"], [_parameter(p) for p in said["parameters"]]),
        ]
    if body := said.get("requestBody"):
        parts += ["**Body**", body.get("description", ""), *_contents(document, body["content"])]
    parts.append("**Answers**")
    for status, answer in said["responses"].items():
        parts += _answer(document, status, answer)
    return "\n\n".join(part for part in parts if part)


def _parameter(parameter: Json) -> list[str]:
    must = "**required** " if parameter["required"] else ""
    return [
        f"`{parameter['name']}`",
        parameter["in"],
        type_of(parameter["schema"]),
        must + cell(parameter.get("description", "")) + _limits(parameter["schema"]),
    ]


def _answer(document: Json, status: str, answer: Json) -> Iterator[str]:
    if status >= "400":
        codes = [part.partition(": ") for part in answer["description"].split("; ")]
        linked = ", ".join(
            f"[`{code}`]({ERRORS}#{code})" if code in _problems(document) else cell(code + colon + words)
            for code, colon, words in codes
        )
        yield f"`{status}`: {linked}"
        return
    yield f"`{status}`: {answer['description']}"
    if headers := answer.get("headers"):
        yield table(["header", "meaning"], [[f"`{name}`", cell(h["description"])] for name, h in headers.items()])
    yield from _contents(document, answer.get("content", {}))


def _contents(document: Json, contents: Json) -> Iterator[str]:
    for kind, content in contents.items():
        yield f"`{kind}`: {type_of(content['schema'])}"
        for name, example in content.get("examples", {}).items():
            value = _example(document, example)
            shown = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
            language = "json" if kind.endswith("json") else "text"
            yield _folded(f"Example: {name.replace('_', ' ')}", shown.rstrip("\n"), language)


def _example(document: Json, example: Json) -> Any:
    while "$ref" in example:
        example = document["components"]["examples"][_name(example)]
    return example["value"]


def _folded(title: str, text: str, language: str) -> str:
    lines = [
        f'??? example "{title}"',
        "",
        f"    ```{language}",
        *(f"    {line}" for line in text.split("\n")),
        "    ```",
    ]
    return "\n".join(line.rstrip() for line in lines)


def _problems(document: Json) -> dict[str, Any]:
    """One example of each error code."""
    found: dict[str, Any] = {}
    for methods in document["paths"].values():
        for said in methods.values():
            for answer in said["responses"].values():
                content = answer.get("content", {}).get("application/problem+json", {})
                for example in content.get("examples", {}).values():
                    value = _example(document, example)
                    found.setdefault(value["code"], value)
    return found


def _errors(document: Json, operations: list[Operation]) -> str:
    parts = [
        "# Errors",
        f"What is refused is answered with `application/problem+json` (RFC 9457): a [Problem]({SCHEMAS}#Problem). "
        "Where API Gateway itself turns a caller away, 401 and 403 have its own short body.",
    ]
    problems = sorted(_problems(document).items(), key=lambda each: (each[1]["status"], each[0]))
    parts.append(
        table(
            ["status", "code", "meaning"],
            [[str(problem["status"]), f"[`{code}`](#{code})", cell(problem["title"])] for code, problem in problems],
        )
    )
    for code, problem in problems:
        answered_by = [
            f"[{each.method} {each.path}]({each.page}#{each.said['operationId']})"
            for each in operations
            if re.search(rf"\b{code}: ", str([answer["description"] for answer in each.said["responses"].values()]))
        ]
        everywhere = len(answered_by) > len(operations) / 2
        parts += [
            f"## {code} {{#{code}}}",
            f"{problem['status']}: {problem['title']}.",
            "Answered by most routes." if everywhere else f"Answered by {', '.join(answered_by)}.",
            _folded("Example", json.dumps(problem, indent=2, ensure_ascii=False), "json"),
        ]
    return "\n\n".join(parts)


def _schemas(document: Json) -> str:
    parts = ["# Schemas", "What bodies and answers consist of. Names in bold are required."]
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts.append(f"## {name} {{#{name}}}")
        if "description" in schema:
            parts.append(cell(schema["description"]))
        rows = list(_properties(schema))
        parts.append(
            table(["name", "type", "meaning"], rows) if rows else type_of(schema, inside=True) + _limits(schema)
        )
    return "\n\n".join(parts)


def _properties(schema: Json, prefix: str = "") -> Iterator[list[str]]:
    """A row for each property, and for each of an object that stands within it."""
    for name, inner in schema.get("properties", {}).items():
        path = prefix + name
        shown = f"**`{path}`**" if name in schema.get("required", []) else f"`{path}`"
        yield [shown, type_of(inner, inside=True), cell(_description(inner)) + _limits(inner)]
        listed = inner.get("items", inner)
        yield from _properties(listed, f"{path}{'[]' if listed is not inner else ''}.")


def _description(schema: Json) -> str:
    parts = [schema, *schema.get("anyOf", [])]
    return next((part["description"] for part in parts if "description" in part), "")


def _limits(schema: Json) -> str:
    said = [words.format(schema[key]) for key, words in _LIMITS.items() if key in schema]
    if "pattern" in schema:
        said.append(f"as `{schema['pattern']}`")
    return f" ({', '.join(said)})" if said else ""


def type_of(schema: Json, inside: bool = False) -> str:
    """A schema in a few words, with links to those that have a name; ``inside``: on the page of the schemas itself."""

    def inner(schema: Json) -> str:
        return type_of(schema, inside)

    if "$ref" in schema:
        name = _name(schema)
        return f"[{name}]({'' if inside else SCHEMAS}#{name})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(map(inner, schema[choice])))
    kind = schema.get("type", "anything")
    kinds = " or ".join(kind) if isinstance(kind, list) else kind
    if kind == "array":
        return f"list of {inner(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {inner(schema['additionalProperties'])}"
    return f"{kinds} ({schema['format']})" if "format" in schema else kinds


def _name(reference: Json) -> str:
    return str(reference["$ref"]).rpartition("/")[2]
