"""Checks requests against the schemas that the OpenAPI document is made of, and says where they fail.

No error repeats a value: it may be personal data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

import fastjsonschema

from gate24.api.parameters import PARAMETERS
from gate24.api.requests import COMPONENTS, REQUESTS, Schema
from gate24.rules.content_faults import content_faults
from gate24.rules.json_text import read_json as read_json

Error = dict[str, str]

MOST_ERRORS = 20
"""At most so many are listed; someone who has corrected them asks again."""

_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}|[0-9]{1,4}")
_TYPES = {
    **{"object": "an object", "array": "a list", "string": "a string", "integer": "an integer", "null": "null"},
    **{"number": "a number", "boolean": "true or false"},
}
_DETAILS: dict[str, str] = {
    "minLength": "is too short: at least {} characters",
    "maxLength": "is too long: at most {} characters",
    "minimum": "is too small: at least {}",
    "maximum": "is too large: at most {}",
    "minItems": "has too few entries: at least {}",
    "maxItems": "has too many entries: at most {}",
    "const": "must be {}",
    "maxProperties": "has too many fields: at most {}",
    "propertyNames": "has a field whose name is not allowed",
    "format": "is not a valid {}",
}


def validate(schema_name: str, body: Any) -> list[Error]:
    """What is wrong with a request body: ``{"pointer", "detail"}`` each (JSON Pointer, RFC 6901), none if it is valid.
    KeyError if there is no such request schema."""
    errors = list(islice(_faults(schema_name, body, ""), MOST_ERRORS))
    if not errors and schema_name == "SendRequest":
        errors = [_error(pointer, detail) for pointer, detail in content_faults(body)]
    return (errors or list(_unsendable(body, "")))[:MOST_ERRORS]


def _schemas(name: str) -> Mapping[str, Schema]:
    """Those that have the schema of that name, and all that it refers to."""
    return REQUESTS if name in REQUESTS else _with_those_of_a_platform()


@cache
def _with_those_of_a_platform() -> Mapping[str, Schema]:
    """Imported where one is asked for: a send and a read pay for no administration."""
    from gate24.api.admin_requests import ADMIN_REQUESTS

    return {**REQUESTS, **ADMIN_REQUESTS}


def _faults(schema_name: str, value: Any, pointer: str) -> Iterator[Error]:
    """By the schema of that name; where it is one of several, by the one that the value says it is."""
    schema = _schemas(schema_name)[schema_name]
    if discriminator := schema.get("discriminator"):
        if not isinstance(value, dict):
            yield _error(pointer, "must be an object")
            return
        field, variants = discriminator["propertyName"], discriminator["mapping"]
        kind = value.get(field)
        if not isinstance(kind, str) or kind not in variants:
            yield _error(f"{pointer}/{field}", f"must be one of: {', '.join(variants)}")
            return
        yield from _faults(variants[kind].removeprefix(COMPONENTS), value, pointer)
        return
    for error in _violations(_body_validator(schema_name), value):
        yield error | {"pointer": pointer + error["pointer"]}
    for inner_pointer, name, inner in _one_of_several(schema, value, pointer):
        yield from _faults(name, inner, inner_pointer)


def _one_of_several(schema: Schema, value: Any, pointer: str) -> Iterator[tuple[str, str, Any]]:
    """Where in a value a schema stands that is one of several: its place, the schema's name and what is there."""
    name = schema.get("$ref", "").removeprefix(COMPONENTS)
    if name and "discriminator" in (named := _schemas(name)[name]):
        yield pointer, name, value
    elif name:
        yield from _one_of_several(named, value, pointer)
    elif isinstance(value, dict):
        for field, inner in schema.get("properties", {}).items():
            if field in value:
                yield from _one_of_several(inner, value[field], f"{pointer}{_step(field)}")
    elif isinstance(value, list) and "items" in schema:
        for at, member in enumerate(value[: schema.get("maxItems")]):
            yield from _one_of_several(schema["items"], member, f"{pointer}/{at}")


def read_parameters(names: Iterable[str], raw: Mapping[str, str | None]) -> tuple[dict[str, Any], list[Error]]:
    """The values of these parameters (names as in ``PARAMETERS``) with their defaults, and what is wrong with them.
    ``raw``: as they came, by the callers' names (headers in lower case); others in it are not looked at."""
    values: dict[str, Any] = {}
    errors: list[Error] = []
    for key in names:
        parameter = PARAMETERS[key]
        text = raw.get(parameter.name.lower() if parameter.place == "header" else parameter.name)
        if text is None:
            values[key] = parameter.schema.get("default")
            errors += [_error(f"/{parameter.name}", "is required")] if parameter.required else []
            continue
        value = int(text) if parameter.schema["type"] == "integer" and re.fullmatch(r"-?[0-9]{1,9}", text) else text
        values[key] = value
        errors += [error | {"pointer": f"/{parameter.name}"} for error in _violations(_parameter_validator(key), value)]
    return values, errors


@cache
def _body_validator(name: str) -> Callable[[Any], Any]:
    """What is one of several is left open: ``_faults`` looks at it by itself."""
    schemas = {each: {} if "discriminator" in schema else schema for each, schema in _schemas(name).items()}
    return _compiled({"$ref": f"{COMPONENTS}{name}", "components": {"schemas": schemas}})


@cache
def _parameter_validator(key: str) -> Callable[[Any], Any]:
    return _compiled(PARAMETERS[key].schema)


def _compiled(schema: Schema) -> Callable[[Any], Any]:
    compiled: Callable[[Any], Any] = fastjsonschema.compile(schema, use_default=False, fast_fail=False)
    return compiled


def _violations(validator: Callable[[Any], Any], value: Any) -> list[Error]:
    try:
        validator(value)
    except fastjsonschema.JsonSchemaValuesException as failed:
        return [error for violation in failed.errors for error in _errors_of(violation)]
    return []


def _errors_of(violation: Any) -> Iterator[Error]:
    """A violation as errors of ours: one for each missing or unknown field, else one."""
    rule, expected, definition = violation.rule, violation.rule_definition, violation.definition
    pointer = "".join(map(_step, violation.path[1:]))
    if rule == "required":
        yield from (_error(f"{pointer}/{name}", "is required") for name in expected if name not in violation.value)
    elif rule == "additionalProperties":
        for name in sorted(set(violation.value) - set(definition["properties"])):
            yield _error(f"{pointer}{_step(name)}", "is not a field here")
    elif rule == "type":
        types = expected if isinstance(expected, list) else [expected]
        yield _error(pointer, f"must be {' or '.join(_TYPES[name] for name in types)}")
    elif rule == "enum":
        yield _error(pointer, f"must be one of: {', '.join('null' if one is None else one for one in expected)}")
    elif rule in _DETAILS:
        yield _error(pointer, _DETAILS[rule].format(expected))
    else:
        yield _error(pointer, " ".join(("is not of the right form.", definition.get("description", ""))).strip())


_WITH_FRACTIONS = frozenset({"latitude", "longitude", "data", "flow_action_data"})
"""Fields that may hold a number with a fraction, themselves or anything in them."""


def _unsendable(value: Any, pointer: str, may_have_fractions: bool = False) -> Iterator[Error]:
    """What JSON can hold and nothing behind us can: half of a surrogate pair, and a float where an integer belongs.
    Of a valid body only, so it is not deep."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _unsendable(member, f"{pointer}{_step(name)}", may_have_fractions or name in _WITH_FRACTIONS)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _unsendable(member, f"{pointer}/{index}", may_have_fractions)
    elif isinstance(value, float) and not may_have_fractions:
        yield _error(pointer, "must be an integer, without a fraction")
    elif isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        yield _error(pointer, "is not valid Unicode: it has half of a surrogate pair")


def _step(name: str) -> str:
    """A step of a pointer; a name that the caller chose is shown only if it looks like one."""
    return f"/{name if _FIELD_NAME.fullmatch(name) else '?'}"


def _error(pointer: str, detail: str) -> Error:
    return {"pointer": pointer, "detail": detail}
