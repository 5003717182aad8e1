"""Reading fields of a body that may hold anything where anything is expected. Nothing here raises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

TEXT_LIMIT = 65_536
"""Characters kept of a text, WhatsApp's own limit for a person's message; four times that in bytes still fits
into a DynamoDB item of 400 KB."""

ID_LIMIT = 512
"""Longest id that is taken for one: a DynamoDB sort key holds 1,024 bytes."""

NAME_LIMIT = 256


def text(value: object, limit: int = TEXT_LIMIT) -> str | None:
    """A text that is not empty, cut to ``limit`` characters; a whole number counts as its digits.

    Lone surrogates, which JSON can carry and UTF-8 cannot, become question marks.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    if not isinstance(value, str) or not value:
        return None
    cut = value[:limit]
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode("utf-8")


def ident(value: object) -> str | None:
    """An id: a text without blanks at its ends and no longer than ``ID_LIMIT``, or None."""
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
    """A boolean, also where it came as the string ``"true"`` or ``"false"`` (Gupshup's billing of calls,
    partner-docs.gupshup.io/docs/v3-billing-events, read 2026-11)."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def word(value: object) -> str | None:
    """A category or the like in lower case with underscores: Meta writes both ``authentication-international``
    and ``authentication_international``."""
    found = text(value, NAME_LIMIT)
    return found.strip().lower().replace("-", "_") or None if found else None


def kept(**details: object) -> dict[str, Any]:
    """The details that are there."""
    return {name: value for name, value in details.items() if value is not None}


def json_object(body: bytes) -> Mapping[str, Any]:
    """An HTTP answer's JSON object, whatever its Content-Type says, or an empty one."""
    try:
        return mapping(json.loads(body))
    except (ValueError, RecursionError):
        return {}


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Seconds of a Retry-After header given as a number, at most an hour."""
    for name, value in headers.items():
        if name.lower() == "retry-after" and value.strip().isdecimal():
            return min(int(value.strip()[:9]), 3600)
    return None
