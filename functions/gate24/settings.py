"""The environment of a function, read once, and the secrets, read when first needed."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from gate24.channels import ChannelSecrets
from gate24.store import table

VERSION = "0.1.0"

SECRETS_REMEMBERED_SECONDS = 60.0
"""How long a rotated or added secret may take to be seen."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``contact_key_secret``: name or ARN of the secret under which numbers are hashed. ``channel_secrets``:
    prefix of the channels' secrets' names. ``parked_events_queue``: URL. All but the table are empty where the
    function has no need of them."""

    table_name: str
    contact_key_secret: str
    channel_secrets: str
    parked_events_queue: str


@cache
def settings() -> Settings:
    """From the environment; KeyError names the variable that is missing."""
    return Settings(
        table_name=os.environ["TABLE_NAME"],
        contact_key_secret=os.environ.get("CONTACT_KEY_SECRET_ARN", ""),
        channel_secrets=os.environ.get("CHANNEL_SECRETS_PREFIX", ""),
        parked_events_queue=os.environ.get("PARKED_EVENTS_QUEUE_URL", ""),
    )


_channel_secrets: dict[str, tuple[float, ChannelSecrets]] = {}


def connect_store() -> None:
    """Connects the store as the environment says, once a process. Call it at import: Lambda's INIT has a full
    CPU, and a warm function has it done."""
    if not table.is_connected():
        secret = settings().contact_key_secret
        table.connect(settings().table_name, _secret(secret).encode() if secret else b"")


def channel_secrets(channel_id: str) -> ChannelSecrets:
    """The channel's secrets from Secrets Manager; empty ones, which verify nothing, where it has none."""
    now = time.monotonic()
    held = _channel_secrets.get(channel_id)
    if held is None or held[0] <= now:
        held = (now + SECRETS_REMEMBERED_SECONDS, _read_channel_secrets(channel_id))
        _channel_secrets[channel_id] = held
    return held[1]


def _read_channel_secrets(channel_id: str) -> ChannelSecrets:
    client = _secrets_manager()
    try:
        found = json.loads(_secret(f"{settings().channel_secrets}{channel_id}"))
    except client.exceptions.ResourceNotFoundException:
        return ChannelSecrets()
    return ChannelSecrets(
        api_key=found.get("api_key", "").strip(),  # a new line at its end could not go into a header
        webhook_tokens=tuple(found.get("webhook_tokens", ())),
        app_secrets=tuple(found.get("app_secrets", ())),
        verify_tokens=tuple(found.get("verify_tokens", ())),
    )


def _secret(name: str) -> str:
    return str(_secrets_manager().get_secret_value(SecretId=name)["SecretString"])


@cache
def _secrets_manager() -> Any:
    return _client("secretsmanager")


@cache
def queue() -> Any:
    """The SQS client."""
    return _client("sqs")


def _client(service: str) -> Any:
    import botocore.session
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
    return botocore.session.get_session().create_client(service, config=config)
