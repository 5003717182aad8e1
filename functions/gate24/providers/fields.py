"""Reads fields of a body whose values may be of any type. Nothing here raises: what is not as expected is None."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gate24.rules.times import is_own_time

TEXT_LIMIT = 65_536
"""Characters kept of a text: WhatsApp's own limit for a person's message. At four bytes each they still fit into a
DynamoDB item of 400 KB."""

ID_LIMIT = 512
"""Bytes of the longest id that is accepted: a DynamoDB sort key holds 1,024."""

NAME_LIMIT = 256
"""Characters kept of a name, a title or a reason."""


def text(value: object, limit: int = TEXT_LIMIT) -> str | None:
    """A text that is not empty, cut to ``limit`` characters; an integer becomes its digits.

    Lone surrogates, which JSON can carry and UTF-8 cannot, become question marks.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    if not isinstance(value, str) or not value:
        return None
    cut = value[:limit]
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode("utf-8")


def ident(value: object) -> str | None:
    """An id of at most ``ID_LIMIT`` bytes, without blanks at its ends."""
    found = text(value, ID_LIMIT + 1)
    found = found.strip() if found else None
    return found if found and len(found.encode("utf-8")) <= ID_LIMIT else None


def mapping(value: object) -> Mapping[str, Any]:
    """The object itself, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The array itself, or an empty one."""
    return value if isinstance(value, list) else []


def flag(value: object) -> bool | None:
    """A boolean, also one written as the text ``true`` or ``false`` (Gupshup's billing of calls,
    partner-docs.gupshup.io/docs/v3-billing-events, read 2026-11)."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def word(value: object) -> str | None:
    """A name such as a category, in lower case with underscores: Meta writes both ``authentication-international``
    and ``authentication_international``."""
    found = text(value, NAME_LIMIT)
    return found.strip().lower().replace("-", "_") or None if found else None


def untimed_name(value: object, at: int) -> str | None:
    """What tells an event apart that has no id, and no time of its own that could be taken; None where ``at`` is its
    own time."""
    return None if is_own_time(value, at) else f"told as {text(value, 32)}"


def distinct(*ids: str | None) -> tuple[str, ...]:
    """The ids that are there, each once, in their order."""
    return tuple(dict.fromkeys(found for found in ids if found))


def without_none(**details: object) -> dict[str, Any]:
    """The details that are not None."""
    return {name: value for name, value in details.items() if value is not None}


def json_object(body: bytes) -> Mapping[str, Any]:
    """An HTTP answer's JSON object, whatever its Content-Type says, or an empty one."""
    try:
        return mapping(json.loads(body))
    except (ValueError, RecursionError):
        return {}


def retry_after(headers: Mapping[str, str]) -> int | None:
    """The seconds of a Retry-After header, at most an hour; None if it is missing or a date."""
    for name, value in headers.items():
        if name.lower() == "retry-after" and value.strip().isdecimal():
            return min(int(value.strip()[:9]), 3600)
    return None
