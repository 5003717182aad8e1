"""The channels' secrets, from Secrets Manager."""

from __future__ import annotations

import json

from gate24.channels import ChannelSecrets
from gate24.settings import settings
from gate24.store.aws import secret, secrets_manager
from gate24.store.table import translated
from gate24.timed_cache import TimedCache

REMEMBERED_SECONDS = 60.0
"""How long a rotated or added secret may take to be seen."""

_remembered: TimedCache[ChannelSecrets] = TimedCache(REMEMBERED_SECONDS)


def channel_secrets(channel_id: str) -> ChannelSecrets:
    """The channel's secrets; empty ones, which verify nothing, where it has none. StoreError if they cannot be read."""
    return _remembered.get(channel_id, lambda: _read(channel_id))


def forget() -> None:
    """Forgets what was remembered (tests)."""
    _remembered.clear()


def _read(channel_id: str) -> ChannelSecrets:
    with translated("GetSecretValue"):
        try:
            found = json.loads(secret(f"{settings().channel_secrets_prefix}{channel_id}"))
        except secrets_manager().exceptions.ResourceNotFoundException:
            return ChannelSecrets()
    return ChannelSecrets(
        api_key=found.get("api_key", "").strip(),  # a new line at its end could not go into a header
        webhook_tokens=tuple(found.get("webhook_tokens", ())),
        app_secrets=tuple(found.get("app_secrets", ())),
        verify_tokens=tuple(found.get("verify_tokens", ())),
    )
