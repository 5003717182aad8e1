"""Whole webhook bodies from ``tests/events``: shaped as the providers send them, with made-up people and ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parents[1] / "events"


def load(name: str) -> dict[str, Any]:
    """The body of that name, for example ``gupshup/v2_text``."""
    body: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return body


def names(provider: str) -> list[str]:
    """The names of all bodies of a provider (``gupshup`` or ``meta``)."""
    return sorted(f"{provider}/{file.stem}" for file in (_FOLDER / provider).glob("*.json"))
