"""How a call ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """``ending``: ``answer``, ``close`` (no answer ever) or ``reset`` (RST).

    ``body``: a text is sent as it is, anything else as JSON. ``delay_ms`` comes before the ending, and ``afterwards``
    is called after it, whether or not the caller is still there.
    """

    status: int = 200
    body: Any = None
    delay_ms: int = 0
    ending: str = "answer"
    afterwards: Callable[[], None] | None = None
