"""The words in which the schemas are written."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

COMPONENTS = "#/components/schemas/"


def ref(name: str) -> Schema:
    """A reference to a schema of that name."""
    return {"$ref": f"{COMPONENTS}{name}"}


def closed(properties: Schema, required: tuple[str, ...] = (), **more: Any) -> Schema:
    """An object with these fields and no others."""
    shape = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {key: value for key, value in shape.items() if value != []} | more


def one_of(field: str, variants: dict[str, str], description: str) -> Schema:
    """An object of one of several schemas, told apart by a field: ``variants`` has the schema's name by its value."""
    return {
        "description": description,
        "oneOf": [ref(name) for name in dict.fromkeys(variants.values())],
        "discriminator": {
            "propertyName": field,
            "mapping": {value: f"{COMPONENTS}{name}" for value, name in variants.items()},
        },
    }
