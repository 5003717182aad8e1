"""A receiver of webhooks: keeps what arrives under any name, and answers 200 or what was queued for that name."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from bsp_simulator.journal import Journal, rfc3339
from bsp_simulator.reply import Reply
from bsp_simulator.script import MAX_COUNT, MAX_DELAY_MS, ScriptInvalid

MAX_HOOKS = 20_000
KEYS = ("name", "status", "count", "delay_ms")


class Hooks:
    """``journal``: what arrived."""

    def __init__(self) -> None:
        self.journal = Journal(MAX_HOOKS)
        self._lock = threading.Lock()
        self._script: deque[dict[str, Any]] = deque()

    def receive(self, name: str, headers: Mapping[str, str], raw: bytes, received_at: int) -> Reply:
        """Keeps a request (``received_at``: epoch ms) and says how it is replied to."""
        self.journal.add(
            {
                "name": name,
                "headers": dict(headers),
                "body": raw.decode("utf-8", "replace"),
                "received_at": rfc3339(received_at),
            }
        )
        with self._lock:
            for entry in self._script:
                if entry["name"] == name:
                    entry["count"] -= 1
                    if not entry["count"]:
                        self._script.remove(entry)
                    return Reply(entry["status"], {"received": name}, entry["delay_ms"])
        return Reply(200, {"received": name})

    def add(self, document: Any) -> int:
        """Queues an answer for the next requests under a name, or a list of such answers. Raises ScriptInvalid."""
        entries = [_entry(each) for each in (document if isinstance(document, list) else [document])]
        with self._lock:
            self._script.extend(entries)
        return sum(entry["count"] for entry in entries)

    def clear(self) -> int:
        """Forgets what arrived, and the queued answers. Returns how many requests had arrived."""
        with self._lock:
            self._script.clear()
        return self.journal.clear()


def _entry(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise ScriptInvalid("an entry must be an object with a name")
    unknown = [key for key in given if key not in KEYS]
    if unknown:
        raise ScriptInvalid(f"unknown field {unknown[0]!r}; known are {', '.join(KEYS)}")
    entry = {"status": 200, "count": 1, "delay_ms": 0, **given}
    for key, lowest, highest in (("status", 200, 599), ("count", 1, MAX_COUNT), ("delay_ms", 0, MAX_DELAY_MS)):
        value = entry[key]
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise ScriptInvalid(f"{key} must be a whole number from {lowest} to {highest}")
    return entry
