"""Fetches the file of a message from the provider and keeps it: a contact's, or one that was sent by the provider's id.

It may run any number of times for a message. Every end is kept with the message, so that nobody waits for a file that
will not come; what may go better later raises, and the queue tries again.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace

from gate24.channels import Channel
from gate24.events import Media
from gate24.message_keys import MessageKey
from gate24.messages import Message
from gate24.observability import about, count, logger
from gate24.providers.endpoint import EndpointRefused
from gate24.providers.file_download import NotDownloaded, TooLarge, download
from gate24.providers.media_calls import NoAnswer, NoFile, file_address, is_final
from gate24.rules.media_files import LARGEST_BYTES, PROVIDER_KEEPS_MS, FetchEnd
from gate24.rules.message_content import fetched_file
from gate24.settings import settings
from gate24.store import media_files, messages, organizations
from gate24.store.secrets import channel_secrets
from gate24.usecases.file_type import file_type

DOWNLOAD_SECONDS = 80.0
"""With asking the provider before and storing the file after, within the function's 120 s (template.yaml)."""


class NotFetched(Exception):
    """There was no file and no word that there is none: another attempt may get it."""


def fetch_media(organization_id: str, key: MessageKey, now: int) -> str:
    """Returns what came of it in a word, for the metrics; NotFetched or StoreError where it is to be tried again.
    ``now``: epoch ms."""
    about(organization=organization_id)
    message = messages.find(organization_id, key)
    file = None if message is None else fetched_file(message)
    if message is None or file is None:  # erased, or forgotten
        media_files.delete_of_messages(organization_id, [key])
        return "message_gone"
    if file.fetch is not None:
        return "done_before"
    channel = organizations.channel(message.channel_id)
    if channel is None:
        return "channel_gone"
    about(channel=channel.id)
    media = _fetched(organization_id, channel, message, file, now)
    if not messages.set_media(organization_id, key, media):
        media_files.delete_of_messages(organization_id, [key])
        return "message_gone"
    assert media.fetch is not None
    if media.fetch != "kept":
        logger.info("media_not_kept", extra={"end": media.fetch})
    count("media.fetched", media.fetch)
    return media.fetch


def _fetched(organization_id: str, channel: Channel, message: Message, media: Media, now: int) -> Media:
    """The message's file as it is kept, or as there is none."""
    if message.direction == "inbound":
        was_there = now >= message.key.at + PROVIDER_KEEPS_MS
    else:  # when it was uploaded is not known, but the provider sent it
        was_there = message.stage == "accepted"
    missing: FetchEnd = "expired" if was_there else "not_found"
    try:
        address = file_address(channel, channel_secrets(channel.id), media)
    except NoFile:
        return replace(media, fetch=missing)
    except NoAnswer as error:
        raise NotFetched(str(error)) from None
    if (address.size_bytes or 0) > LARGEST_BYTES:
        return replace(media, fetch="too_large", size_bytes=address.size_bytes)
    with tempfile.TemporaryFile() as file:
        try:
            got = download(
                address.url, file, LARGEST_BYTES, DOWNLOAD_SECONDS, settings().allow_loopback, address.headers
            )
        except TooLarge:
            return replace(media, fetch="too_large")
        except EndpointRefused:
            return replace(media, fetch="not_allowed")
        except NotDownloaded as error:
            raise NotFetched(str(error)) from None
        if is_final(got.status):
            return replace(media, fetch=missing)
        if got.status != 200:
            raise NotFetched(f"http_{got.status}")
        file.seek(0)
        mime_type = file_type(file) or address.mime_type or media.mime_type or got.mime_type
        stored_type = mime_type or "application/octet-stream"
        media_files.put(media_files.name_of_message(organization_id, message.key), file, stored_type)
    return replace(media, fetch="kept", mime_type=stored_type, size_bytes=got.size_bytes)
