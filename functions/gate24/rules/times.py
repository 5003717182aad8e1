"""Reads a provider's times as epoch milliseconds. Nothing here asks what time it is."""

from __future__ import annotations

import re

SECONDS_BELOW = 100_000_000_000
"""A number below this is in seconds (until the year 5138), any other in milliseconds (from March 1973).
Both units occur in one body: Gupshup's envelope is in ms and its ``ts`` in s, Meta's are strings of s,
and Gupshup's v3 ``enqueued`` is in ms (docs.gupshup.io/docs/message-events, read 2026-11)."""

_NUMBER = re.compile(r"[0-9]{1,17}(\.[0-9]{1,9})?")


def provider_time_ms(value: object, latest: int) -> int:
    """A provider's time (number or text, in s or ms) as epoch ms, at most ``latest``.

    ``latest`` (epoch ms) is when we received the event, or a later time in the same body, such as its envelope's. It
    stands in for what is missing, not a number, not positive or later: a message from the future would hold a window
    open for more than 24 hours.
    """
    number = _number(value)
    if number is None or not 0 < number < latest:
        return latest
    milliseconds = round(number * 1000) if number < SECONDS_BELOW else round(number)
    return min(milliseconds, latest)


def is_own_time(value: object, at: int) -> bool:
    """Whether ``at`` (epoch ms) is the time that ``value`` tells, and not one that stands in for it."""
    return provider_time_ms(value, at + 1) == at


def _number(value: object) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        text = value.strip()
        return float(text) if "." in text else int(text)
    return None
