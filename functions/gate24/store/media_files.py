"""Files of messages and of uploads, in a private bucket.

A file's name is made of a hash of the message's id, so that it can be found and deleted by the message alone, tells of
nobody, and cannot be guessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from gate24.message_keys import MessageKey
from gate24.rules.media_files import disposition, shown_type
from gate24.settings import settings
from gate24.store.aws import s3
from gate24.store.table import StoreError

ADDRESS_SECONDS = 300
"""How long a presigned address holds: long enough for a page to show it, and to begin a download."""

PROVIDER_SECONDS = 3600
"""The same for a provider, which may fetch a file some time after it took the message."""

_AT_ONCE = 1000
"""Of names that S3 deletes in one call."""


def name_of_message(organization_id: str, key: MessageKey) -> str:
    digest = hashlib.sha256(f"{organization_id}\0{key.id}".encode()).hexdigest()
    return f"messages/{organization_id}/{digest[:40]}"


def name_of_upload(organization_id: str, upload_id: str) -> str:
    return f"uploads/{organization_id}/{upload_id}"


def put(name: str, file: BinaryIO, mime_type: str) -> None:
    """Stores a file; StoreError where that fails."""
    with _translated("PutObject"):
        s3().put_object(Bucket=settings().media_bucket, Key=name, Body=file, ContentType=mime_type)


def address(name: str, mime_type: str | None, filename: str | None, seconds: int = ADDRESS_SECONDS) -> str:
    """A presigned address, which gives the file as what a browser may do with it."""
    with _translated("GetObject"):
        signed = s3().generate_presigned_url(
            "get_object",
            Params={
                "Bucket": settings().media_bucket,
                "Key": name,
                "ResponseContentType": shown_type(mime_type),
                "ResponseContentDisposition": disposition(mime_type, filename),
                "ResponseCacheControl": "no-store",
            },
            ExpiresIn=seconds,
        )
    return str(signed)


def address_for_provider(name: str, seconds: int = PROVIDER_SECONDS) -> str:
    """A presigned address by which software fetches a file, the provider's mostly, under the type that it has."""
    with _translated("GetObject"):
        asked = {"Bucket": settings().media_bucket, "Key": name}
        return str(s3().generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds))


def delete_of_messages(organization_id: str, keys: Iterable[MessageKey]) -> None:
    """Deletes the files of messages, where there are any; StoreError where that fails."""
    names = [name_of_message(organization_id, key) for key in keys]
    for start in range(0, len(names), _AT_ONCE):
        some = [{"Key": name} for name in names[start : start + _AT_ONCE]]
        with _translated("DeleteObjects"):
            deleted = s3().delete_objects(Bucket=settings().media_bucket, Delete={"Objects": some, "Quiet": True})
        if failed := deleted.get("Errors"):
            raise StoreError("DeleteObjects", str(failed[0].get("Code")))


@contextmanager
def _translated(operation: str) -> Iterator[None]:
    """Errors of S3 as StoreErrors. The table's pause after failures is not its business."""
    try:
        yield
    except ClientError as error:
        raise StoreError(operation, str(error.response.get("Error", {}).get("Code"))) from None
    except BotoCoreError as error:
        raise StoreError(operation, type(error).__name__) from None
