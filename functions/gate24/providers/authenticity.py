"""Compares the secret in a webhook with those of its channel."""

from __future__ import annotations

import hmac
from collections.abc import Iterable


def matches_any(candidate: str, secrets: Iterable[str]) -> bool:
    """Whether ``candidate`` is one of the secrets. Each is compared in constant time, and all of them always.

    An empty secret matches nothing, so a channel without a secret accepts no webhook.
    """
    given = candidate.encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(given, secret.encode("utf-8")) for secret in secrets if secret]
    return bool(given) and any(matches)
