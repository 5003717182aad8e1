"""Clients of the AWS services beside DynamoDB, and the connection of the table as the environment says."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError

from gate24 import snapshot, start
from gate24.settings import settings, shards
from gate24.store import key_fingerprint, table
from gate24.store.lean_session import ease
from gate24.store.outage import SECRETS
from gate24.store.table import StoreError, translated


def connect_store() -> None:
    """Connects the table, once a process. Call it at import: Lambda's INIT has a full CPU, and a warm function has
    it done. Where the contact key cannot be read now, it is read when it is needed first: a function that cannot even
    start could not park anything."""
    if not table.is_connected():
        shards()  # refuses a wrong setting before anything is written by it
        table.connect(settings().table_name, _contact_key if settings().contact_key_secret else b"")
        with suppress(StoreError):
            table.contact_key()
    start.finished()
    snapshot.prepare()


def connect_with_contacts(table_name: str, region: str | None) -> None:
    """Connects that table with the contact key that the settings name, for an operator's command. StoreError where the
    key cannot be read, WrongContactKey where it is another table's."""
    table.connect(table_name, _contact_key, region)
    table.contact_key()


def _contact_key() -> bytes:
    key_fingerprint.refuse_in_pause()
    if SECRETS.is_left_alone:
        raise StoreError("GetSecretValue", "left_alone")
    try:
        with translated("GetSecretValue", SECRETS):
            key = secret(settings().contact_key_secret).encode()
    except StoreError:  # whatever it is, the events wait until it is mended
        raise StoreError("GetSecretValue", "contact_key_not_read") from None
    key_fingerprint.check(key)
    return key


def secret(name: str) -> str:
    """The text of a secret; raises botocore's errors. What the table's client does not read at once is asked again by
    one of Secrets Manager's own."""
    try:
        found = table.secret(name)
    except BotoCoreError:  # after 3 s: two attempts have their end within Lambda's INIT of 10 s
        return str(_asked_once_more().get_secret_value(SecretId=name)["SecretString"])
    return str(secrets_manager().get_secret_value(SecretId=name)["SecretString"]) if found is None else found


@cache
def secrets_manager() -> Any:
    return _client("secretsmanager", read_timeout=2, attempts=2)


@cache
def _asked_once_more() -> Any:
    return _client("secretsmanager", read_timeout=2, attempts=1)


@cache
def sqs() -> Any:
    return _client("sqs", read_timeout=3, attempts=3, max_pool_connections=table.POOL)


@cache
def ses() -> Any:
    """Asks once: a mail of which nobody knows whether it went out is not sent again."""
    return _client("sesv2", read_timeout=4, attempts=1)


@cache
def kms() -> Any:
    """Asks once: where it fails, the next round asks again."""
    return _client("kms", read_timeout=3, attempts=1)


@cache
def s3() -> Any:
    """Presigned addresses name the bucket's region: AWS's common host redirects, which no signature outlives."""
    style = "path" if settings().local_aws else "virtual"  # the local stack has no host for each bucket
    return _client("s3", read_timeout=15, attempts=3, signature_version="s3v4", s3={"addressing_style": style})


def forget() -> None:
    """Makes new clients from now on."""
    s3.cache_clear()
    secrets_manager.cache_clear()
    _asked_once_more.cache_clear()
    sqs.cache_clear()
    ses.cache_clear()
    kms.cache_clear()


def _let_go() -> None:
    """Closes the connections of the clients that there are."""
    for client in (s3, secrets_manager, _asked_once_more, sqs, ses, kms):
        if client.cache_info().currsize:
            client().close()


snapshot.not_kept(_let_go)


def _client(service: str, read_timeout: int, attempts: int, **more: Any) -> Any:
    import botocore.session
    from botocore.config import Config

    config = Config(
        connect_timeout=1,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        **more,
    )
    session = botocore.session.get_session()
    ease(session)
    return session.create_client(service, config=config)
