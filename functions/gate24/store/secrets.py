"""The channels' secrets, from Secrets Manager."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from botocore.exceptions import ClientError

from gate24.channels import ChannelSecrets
from gate24.settings import settings
from gate24.store.aws import secret, secrets_manager
from gate24.store.outage import SECRETS
from gate24.store.remembered import Remembered
from gate24.store.table import StoreError, translated

REMEMBERED_SECONDS = 60.0
"""How long a rotated or added secret may take to be seen."""

RECOVERY_DAYS = 7
"""The shortest time that Secrets Manager offers."""

_MISSING = ("ResourceNotFoundException", "InvalidRequestException")
"""The latter: it is about to be deleted."""

_remembered: Remembered[ChannelSecrets] = Remembered(SECRETS, REMEMBERED_SECONDS)


def channel_secrets(channel_id: str, may_be_stale: bool = True) -> ChannelSecrets:
    """The channel's secrets; empty ones, which verify nothing, where it has none. StoreError if they cannot be read and
    none are remembered, or stale ones will not do."""
    return _remembered.get(channel_id, lambda: _read(channel_id), may_be_stale)


def put(channel_id: str, secrets: ChannelSecrets) -> None:
    """Writes the channel's secrets. Fields that this version does not know are kept. StoreError."""
    name = f"{settings().channel_secrets_prefix}{channel_id}"
    client = secrets_manager()
    with translated("PutSecretValue", SECRETS):
        try:
            try:
                before = _json_object(secret(name))
            except client.exceptions.InvalidRequestException:  # its channel was deleted some days ago
                client.restore_secret(SecretId=name)
                before = {}
            text = json.dumps(before | asdict(secrets))
            client.put_secret_value(SecretId=name, SecretString=text)
        except client.exceptions.ResourceNotFoundException:
            client.create_secret(Name=name, SecretString=json.dumps(asdict(secrets)))
    _remembered.clear()


def remove(channel_id: str) -> None:
    """Takes the channel's secrets away; Secrets Manager can bring them back for ``RECOVERY_DAYS``. StoreError."""
    client = secrets_manager()
    with (
        translated("DeleteSecret", SECRETS),
        suppress(client.exceptions.ResourceNotFoundException, client.exceptions.InvalidRequestException),
    ):
        client.delete_secret(
            SecretId=f"{settings().channel_secrets_prefix}{channel_id}", RecoveryWindowInDays=RECOVERY_DAYS
        )
    _remembered.clear()


def forget() -> None:
    """Forgets what was remembered (tests)."""
    _remembered.clear()


def _read(channel_id: str) -> ChannelSecrets:
    with translated("GetSecretValue", SECRETS):
        try:
            text = secret(f"{settings().channel_secrets_prefix}{channel_id}")
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            return ChannelSecrets()
    try:
        return _parsed(json.loads(text))
    except (ValueError, TypeError, AttributeError):  # a slip of the operator's: events wait until it is mended
        raise StoreError("GetSecretValue", "malformed", retryable=False) from None


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def _parsed(found: dict[str, Any]) -> ChannelSecrets:
    return ChannelSecrets(
        api_key=found.get("api_key", "").strip(),  # a new line at its end could not go into a header
        webhook_tokens=tuple(found.get("webhook_tokens", ())),
        app_secrets=tuple(found.get("app_secrets", ())),
        verify_tokens=tuple(found.get("verify_tokens", ())),
    )
