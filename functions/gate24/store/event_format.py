"""An event as JSON, for the queue and for what waits in the table: ``{"kind": name of its class, "event": fields}``."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any, get_args

from gate24.events import ContactRef, Event, Failure, Media, Pricing
from gate24.store.known_fields import known_fields

_KINDS: dict[str, type] = {kind.__name__: kind for kind in get_args(Event)}
_PARTS: dict[str, type] = {
    "contact": ContactRef,
    "old": ContactRef,
    "new": ContactRef,
    "media": Media,
    "failure": Failure,
    "pricing": Pricing,
}


def dump(event: Event) -> dict[str, Any]:
    """An event as JSON data. Shallow: nested provider data is kept as it came, since it may be nested deeply."""
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    parts = {name: asdict(value) for name, value in values.items() if name in _PARTS and value is not None}
    return {"kind": type(event).__name__, "event": values | parts}


def load(data: dict[str, Any]) -> Event:
    """The event again; KeyError or TypeError if it is none of ours. Fields that this version does not know are left
    out."""
    kind = _KINDS[data["kind"]]
    event: Event = kind(**_known(kind, data["event"]))
    return event


def _known(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    return {name: _part(name, value) for name, value in known_fields(kind, values).items()}


def _part(name: str, value: Any) -> Any:
    if isinstance(value, dict) and name in _PARTS:
        return _PARTS[name](**_known(_PARTS[name], value))
    return tuple(value) if name in ("bsp_ids", "payloads", "refers_to") else value
