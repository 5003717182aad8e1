"""API keys as those who administer them see them. Whoever calls shows a secret, of which only a hash is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from gate24.lazy_dataclass import dataclass

Scope = Literal["read", "send", "consent", "templates", "webhooks", "erase", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

NAME_LENGTH = 80

CHANNELS_MOST = 20
"""To which one key may be limited: what the authorizer says of a key goes with every request."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """``prefix``: the first characters of its secret; None for a key that was made before they were kept.
    ``channels``: the ids of those to which it is limited; None for all of the organization. Times are epoch ms:
    ``created_at`` None where it was not kept either, ``expires_at`` None for never, ``last_used_at`` None for not yet,
    and up to an hour too early. ``is_operators``: a command of ``./gate24`` made it for as long as it runs."""

    id: str
    organization_id: str
    name: str
    scopes: frozenset[str]
    prefix: str | None = None
    created_at: int | None = None
    expires_at: int | None = None
    last_used_at: int | None = None
    channels: frozenset[str] | None = None
    is_operators: bool = False

    def has_expired(self, now: int) -> bool:
        return self.expires_at is not None and self.expires_at <= now


def check_name(name: str) -> None:
    """ValueError says what is wrong with the name of a key."""
    if not name.strip():
        raise ValueError("The name of a key is empty: say which software will hold it.")
    if len(name) > NAME_LENGTH:
        raise ValueError(f"The name of a key has at most {NAME_LENGTH} characters, this one {len(name)}.")
    if not name.isprintable():
        raise ValueError("The name of a key has no line breaks and no control characters.")


def check_scopes(scopes: Iterable[str]) -> None:
    """ValueError names the scopes that do not exist, or says that there is none."""
    asked = list(scopes)
    unknown = [scope for scope in asked if scope not in SCOPES]
    if unknown:
        raise ValueError(f"There is no scope {', '.join(unknown)}. Scopes are {', '.join(SCOPES)}.")
    if not asked:
        raise ValueError(f"A key needs a scope. Scopes are {', '.join(SCOPES)}.")
