"""JSON as it is read from requests."""

from __future__ import annotations

import json
from math import isinf
from typing import Any


def read_json(raw: str | bytes) -> Any:
    """The JSON value of a request body; ValueError if it is none. An integer written as 5.0 becomes one, as JSON
    Schema has it, so that no float gets further."""
    try:
        return json.loads(raw, parse_float=_number, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _number(text: str) -> int | float | str:
    """What no float can hold stays text: it could not be written as JSON again."""
    value = float(text)
    if isinf(value):
        return text
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
