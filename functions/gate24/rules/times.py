"""Times: how a provider's field becomes epoch milliseconds, and how those are shown. There is no clock here."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

SECONDS_BELOW = 100_000_000_000
"""A number below this is seconds (until the year 5138), from here on it is milliseconds (from March 1973).
Both units occur in the same body: Gupshup's envelope is in ms and its ``ts`` in s, Meta's are strings of s,
and Gupshup's v3 ``enqueued`` is in ms (docs.gupshup.io/docs/message-events, read 2026-11)."""

_NUMBER = re.compile(r"[0-9]{1,17}(\.[0-9]{1,9})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def provider_time_ms(value: object, received_at_ms: int) -> int:
    """Epoch ms of a provider's time, whichever of s and ms it is in.

    What is missing, not a number or not positive becomes ``received_at_ms``, and so does a time in the
    future: a message cannot hold a window open for longer than 24 hours from now.
    """
    number = _number(value)
    if number is None or not 0 < number < received_at_ms:
        return received_at_ms
    milliseconds = round(number * 1000) if number < SECONDS_BELOW else round(number)
    return min(milliseconds, received_at_ms)


def rfc3339(ms: int) -> str:
    """Epoch ms as RFC 3339 in UTC with milliseconds: ``2026-11-22T10:00:00.000Z``."""
    moment = _EPOCH + timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _number(value: object) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        text = value.strip()
        return float(text) if "." in text else int(text)
    return None
