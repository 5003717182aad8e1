"""Comparing a secret that a webhook shows with those that we know."""

from __future__ import annotations

import hmac
from collections.abc import Iterable


def matches_any(shown: str, known: Iterable[str]) -> bool:
    """Whether ``shown`` is one of the secrets; compares with every one in constant time.

    Empty secrets match nothing, so a channel without a secret is closed.
    """
    given = shown.encode("utf-8", "surrogatepass")
    found = [hmac.compare_digest(given, secret.encode("utf-8")) for secret in known if secret]
    return bool(given) and any(found)
