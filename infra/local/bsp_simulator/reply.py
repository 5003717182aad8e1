"""How the simulator replies to an HTTP call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """``ending``: ``answer``, ``close`` (the connection is closed without an answer) or ``reset`` (RST).

    ``body``: a text is sent unchanged, bytes as ``content_type``, anything else as JSON. The reply comes after
    ``delay_ms``, and ``afterwards`` is called after the reply, even if the caller has disconnected.
    """

    status: int = 200
    body: Any = None
    delay_ms: int = 0
    ending: str = "answer"
    afterwards: Callable[[], None] | None = None
    content_type: str | None = None
