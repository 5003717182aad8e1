"""What the administration's pages ask, in the console's API in memory. A route is a row of ``ROUTES``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gate24.api.render import rfc3339

Json = dict[str, Any]
Answer = tuple[int, Json | None]


@dataclass
class Administration:
    """``unrecognized``: events as ``GET /v1/unrecognized`` tells them, newest first. ``part_letters``: of an event's
    text in one answer."""

    unrecognized: list[Json] = field(default_factory=list)
    part_letters: int = 500_000

    def add_unrecognized(self, reason: str, raw: Any, at: int, copies: int = 0, channel: str = "gupshup-1") -> Json:
        """``at``: epoch ms of the last time; the first was an hour before each copy."""
        event = {
            "id": f"{at:013d}-{len(self.unrecognized):012x}",
            "at": rfc3339(at - copies * 3_600_000),
            "last_at": rfc3339(at),
            "copies": copies,
            "channel": channel,
            "reason": reason,
            "raw": raw,
        }
        self.unrecognized.insert(0, event)
        return event


@dataclass
class Asked:
    """``named``: what stands in the path at the places of ``{}``."""

    of: Administration
    named: tuple[str, ...]
    query: dict[str, str]
    body: Json


def list_unrecognized(asked: Asked) -> Answer:
    start, limit = int(asked.query.get("cursor", 0)), int(asked.query.get("limit", 50))
    found = asked.of.unrecognized
    more = str(start + limit) if len(found) > start + limit else None
    return 200, {"data": found[start : start + limit], "next_cursor": more}


def get_unrecognized(asked: Asked) -> Answer:
    found = next((each for each in asked.of.unrecognized if each["id"] == asked.named[0]), None)
    if found is None:
        return 404, {"code": "not_found", "title": "Not found", "status": 404, "type": "about:blank"}
    text, start = json.dumps(found["raw"]), int(asked.query.get("cursor", 0))
    end = start + asked.of.part_letters
    head = {name: value for name, value in found.items() if name != "raw"}
    more = str(end) if end < len(text) else None
    return 200, {**head, "text": text[start:end], "is_whole": True, "next_cursor": more}


ROUTES: dict[tuple[str, str], Callable[[Asked], Answer]] = {
    ("GET", "unrecognized"): list_unrecognized,
    ("GET", "unrecognized/{}"): get_unrecognized,
}
"""By method and path, in which a name is ``{}``."""


def administered(
    of: Administration, method: str, parts: list[str], query: dict[str, str], body: Json | None
) -> Answer | None:
    """What a route of the administration answers; None where it is none of them."""
    for (own_method, path), answer in ROUTES.items():
        own = path.split("/")
        if own_method == method and len(own) == len(parts):
            pairs = list(zip(own, parts, strict=True))
            if all(each in ("{}", part) for each, part in pairs):
                return answer(Asked(of, tuple(part for each, part in pairs if each == "{}"), query, body or {}))
    return None
