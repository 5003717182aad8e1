"""Uploads a file to a channel's provider, to be sent by its id, and keeps it as long as the id holds.

Gupshup has no upload that its users may call: it fetches each file when a message is sent, from an address of ours.
"""

from __future__ import annotations

import secrets
from typing import BinaryIO

from gate24.channels import Channel
from gate24.messages import UploadedFile
from gate24.observability import count, logger
from gate24.providers.interface import ProviderAnswer
from gate24.providers.media_calls import upload_to_graph
from gate24.rules.media_files import UPLOAD_KEPT_MS, UPLOAD_PREFIX, upload_fault
from gate24.store import media_files, uploads
from gate24.store.secrets import channel_secrets
from gate24.store.table import StoreError
from gate24.usecases.file_type import sent_type
from gate24.usecases.outcomes import NotTaken


class NotSendable(Exception):
    """No kind of message may carry the file; the text says why, for people."""


def upload_media(
    channel: Channel, file: BinaryIO, size_bytes: int, filename: str | None, said_type: str | None, now: int
) -> UploadedFile | ProviderAnswer:
    """The uploaded file, or what the provider said instead of taking it. ``said_type``: what the caller says of its
    type, where the content does not show it; ``now``: epoch ms. NotSendable, or NotTaken where the channel's
    secrets cannot be read."""
    mime_type = sent_type(file, said_type)
    if fault := upload_fault(mime_type):
        raise NotSendable(fault)
    provider_id = None
    if channel.provider == "meta":
        try:
            own = channel_secrets(channel.id)
        except StoreError as error:
            logger.error("secrets_not_read", extra={"reason": str(error)})
            raise NotTaken("unavailable", "The channel's secrets cannot be read.", retry_after_ms=1000) from None
        answer = upload_to_graph(channel, own, file, size_bytes, mime_type, filename)
        if answer.outcome != "accepted":
            return answer
        provider_id = answer.bsp_message_id
    uploaded = UploadedFile(
        id=f"{UPLOAD_PREFIX}{secrets.token_hex(16)}",
        channel_id=channel.id,
        mime_type=mime_type,
        size_bytes=size_bytes,
        expires_at=now + UPLOAD_KEPT_MS,
        filename=filename,
        provider_id=provider_id,
    )
    file.seek(0)
    media_files.put(media_files.name_of_upload(channel.organization_id, uploaded.id), file, mime_type)
    uploads.add(channel.organization_id, uploaded)
    count("media.uploaded")
    return uploaded
