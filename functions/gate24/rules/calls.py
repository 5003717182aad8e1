"""What is known of a voice call, joined from all that was said of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_RANK = {"ringing": 1, "accepted": 2, "rejected": 3, "failed": 4, "completed": 5}
"""How far a call has come. What is said of its end holds, whatever came first."""


def join_calls(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both details of one call (``direction``, ``status``, ``duration``, ``opens``), in any order and any number of
    times."""
    joined = {**one, **other}
    for name, rank in (("status", lambda status: _RANK.get(status, 0)), ("duration", int), ("opens", bool)):
        said = [details[name] for details in (one, other) if name in details]
        if said:
            joined[name] = max(said, key=rank)
    return joined
