"""What the schemas of answers are made of. Answers are open: a field may be added without breaking a reader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gate24.api.requests import Schema, ref

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MONEY: Schema = {
    "type": "string",
    "pattern": r"^[0-9]+(\.[0-9]{4,6})?$",
    "description": "A decimal string in the currency beside it; 0 is none.",
}
SIGNED_MONEY: Schema = {
    "type": "string",
    "pattern": r"^-?[0-9]+(\.[0-9]{4,6})?$",
    "description": "A decimal string in the currency beside it; 0 is none.",
}
CURRENCY: Schema = {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217."}
MONTH: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}
AT: Schema = {"type": "string", "format": "date-time", "description": "RFC 3339, UTC, with Z."}


def described(schema: Schema, description: str) -> Schema:
    """The schema with a description of its own."""
    return {**schema, "description": description}


def text(description: str) -> Schema:
    return described(TEXT, description)


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def answered(properties: Schema, optional: Iterable[str] = (), description: str = "") -> Schema:
    """An object that has at least these fields: all of them, but for the optional ones."""
    absent = set(optional)
    assert absent <= properties.keys()
    required = [name for name in properties if name not in absent]
    shape: dict[str, Any] = {"type": "object", "properties": properties}
    shape |= {"required": required} if required else {}
    return shape | ({"description": description} if description else {})


def page_of(name: str, **more: Schema) -> Schema:
    """A list with its cursor. ``more``: fields that are there where they were asked for."""
    cursor = described(nullable(TEXT), "For the next page; null on the last.")
    return answered({"data": array(ref(name)), "next_cursor": cursor, "server_time": AT, **more}, optional=more)


BUDGET_SETTINGS: dict[str, Schema] = {
    "monthly_budget": nullable(described(MONEY, "What a local month may cost; null: no budget.")),
    "budget_shares": described(array(COUNT), "The percentages of it that are told once they are reached, in order."),
    "refuse_above_budget": described({"type": "boolean"}, "Whether marketing templates are refused from then on."),
}

ORGANIZATION: dict[str, Schema] = {
    "id": TEXT,
    "name": TEXT,
    "timezone": text("IANA."),
    "currency": CURRENCY,
    "retention_days": nullable(described(COUNT, "For how many days the content of messages is kept; null: forever.")),
}
