"""How much of a list one answer can hold. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

LARGEST = 4_500_000
"""Bytes of a page's entries. Lambda's answer may have 6 MB of JSON (AWS, "Lambda quotas", read 2026-11), in which the
body is a string once more."""

TEXT_LETTERS = 4096
"""Letters of a message's text in a list: whatever the gate sends is whole; a contact may write 65,536."""

RAW_LETTERS = 65_536
"""Letters that a list shows of an unrecognized event's JSON, where it does not fit into a page."""


def fill(entries: Iterable[tuple[Any, Any]], limit: int) -> tuple[list[Any], Any | None]:
    """The first of the entries (each with its position) that fit into one answer, one at least, and the position of
    the last where more follow. They are taken only as far as they fit."""
    data: list[Any] = []
    size, last = 0, None
    for entry, position in entries:
        size += _size(entry)
        if data and (len(data) == limit or size > LARGEST):
            return data, last
        data.append(entry)
        last = position
    return data, None


def fits(text: str) -> bool:
    """Whether a JSON text fits into a page with what is beside it."""
    return len(json.dumps(text)) < LARGEST - 10_000


def _size(entry: Any) -> int:
    """Bytes of it in Lambda's answer: python3.11's runtime escapes what is not ASCII, later ones do not."""
    return len(json.dumps(json.dumps(entry, ensure_ascii=False)))
