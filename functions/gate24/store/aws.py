"""Clients of the AWS services beside DynamoDB, and the connection of the table as the environment says."""

from __future__ import annotations

from functools import cache
from typing import Any

from gate24.settings import settings
from gate24.store import table


def connect_store() -> None:
    """Connects the table, once a process. Call it at import: Lambda's INIT has a full CPU, and a warm function has
    it done."""
    if not table.is_connected():
        name = settings().contact_key_secret
        table.connect(settings().table_name, secret(name).encode() if name else b"")


def secret(name: str) -> str:
    """The text of a secret; raises botocore's errors."""
    return str(secrets_manager().get_secret_value(SecretId=name)["SecretString"])


@cache
def secrets_manager() -> Any:
    return _client("secretsmanager")


@cache
def sqs() -> Any:
    return _client("sqs")


def forget() -> None:
    """Makes new clients from now on (tests)."""
    secrets_manager.cache_clear()
    sqs.cache_clear()


def _client(service: str) -> Any:
    import botocore.session
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
    return botocore.session.get_session().create_client(service, config=config)
