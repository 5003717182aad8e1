"""Files of messages: what may become of fetching one, and as what a browser is given it. Pure."""

from __future__ import annotations

from typing import Literal, get_args
from urllib.parse import quote

from gate24.messages import Message, UploadedFile
from gate24.rules.content_limits import MEDIA_KINDS

DAY_MS = 24 * 3_600_000

LARGEST_BYTES = 100 * 2**20
"""WhatsApp's largest document (Meta, Cloud API media, read 2026-11); Gupshup sends no larger ones either."""

PROVIDER_KEEPS_MS = 7 * DAY_MS
"""How long a contact's file is at the provider: Meta's id of a webhook and Gupshup's address hold for 7 days (Meta,
Cloud API media; Gupshup, partner docs, media management; read 2026-11)."""

DELAYS_SECONDS = (60, 120, 240, 480, 900, 1800, 3600)
"""Before the second attempt, the third and so on; the last one from then on. A slow host holds one of few fetchers for
more than a minute at each attempt."""

TRIED_MS = 2 * DAY_MS
"""Longer than the queue tries (template.yaml). What has not ended by then waits in its dead-letter queue, and whoever
asks is told ``not_fetched``."""

UPLOAD_KEPT_MS = 30 * DAY_MS
"""Meta's id of an uploaded file holds for 30 days (Cloud API media, read 2026-11), and so does ours at any provider."""

UPLOAD_PREFIX = "upload-"
"""No provider's id of a file begins so."""

FetchEnd = Literal["kept", "expired", "too_large", "not_found", "not_allowed"]
"""``not_allowed``: the file's address is none of the internet."""

FetchState = Literal["pending", "kept", "expired", "too_large", "not_found", "not_allowed", "not_fetched"]
FETCH_STATES: tuple[str, ...] = get_args(FetchState)

WHY_THERE_IS_NONE: dict[str, str] = {
    "expired": "The provider did not have the file any more when it was fetched.",
    "too_large": f"The file has more than {LARGEST_BYTES // 2**20} MB and was not fetched.",
    "not_found": "The provider does not know the file.",
    "not_allowed": "The file's address is not one of the internet; it was not fetched.",
    "not_fetched": "All attempts to fetch the file failed.",
}

SHOWN_TYPES = frozenset(
    {
        *("image/jpeg", "image/png", "image/webp", "image/gif"),
        *("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"),
        *("video/mp4", "video/3gpp"),
    }
)
"""What a browser may show in its place: pictures, sound and film that it can only draw or play. Anything else, SVG and
HTML first of all, is downloaded, under a type that nothing opens by itself."""


UPLOADED_TYPES = frozenset(each for kind in MEDIA_KINDS.values() for each in kind.mime_types)


def delay_seconds(attempts: int) -> int:
    """How long to wait after so many attempts, the last of them failed."""
    return DELAYS_SECONDS[min(max(attempts, 1), len(DELAYS_SECONDS)) - 1]


def upload_fault(mime_type: str) -> str | None:
    """What is wrong with a file of that type as an upload, for people, or None: no kind of message may carry it."""
    if mime_type in UPLOADED_TYPES:
        return None
    kinds = "; ".join(f"{name}: {kind.facts}" for name, kind in MEDIA_KINDS.items())
    return f"is of the type {mime_type} by its content, which WhatsApp does not take. It takes {kinds}."


def type_fault(kind: str, file: UploadedFile) -> str | None:
    """What is wrong with the type of an uploaded file that is to be sent as ``kind``, for people, or None."""
    if file.mime_type in MEDIA_KINDS[kind].mime_types:
        return None
    others = [name for name, each in MEDIA_KINDS.items() if file.mime_type in each.mime_types]
    instead = f" It may be sent as {' or '.join(others)}." if others else ""
    return f"is of the type {file.mime_type}, but the kind {kind} takes {MEDIA_KINDS[kind].facts}.{instead}"


def size_fault(kind: str, size_bytes: int) -> str | None:
    """The same of its size."""
    if size_bytes <= MEDIA_KINDS[kind].max_bytes:
        return None
    return f"The uploaded file has {size_bytes} bytes, but the kind {kind} takes {MEDIA_KINDS[kind].facts}."


def fetch_state(message: Message, now: int) -> FetchState | None:
    """How far the fetching of the message's file is; None for one without a file, and for one that we sent whose file
    was not fetched, as it is only for who wants to read it."""
    if message.media is None:
        return None
    if message.media.fetch is not None:
        return next((each for each in get_args(FetchState) if each == message.media.fetch), "not_fetched")
    if message.direction != "inbound":
        return None
    return "pending" if now < message.key.at + TRIED_MS else "not_fetched"


def shown_type(mime_type: str | None) -> str:
    """The type that a browser is told."""
    plain = (mime_type or "").partition(";")[0].strip().lower()
    return plain if plain in SHOWN_TYPES else "application/octet-stream"


def disposition(mime_type: str | None, filename: str | None) -> str:
    """``Content-Disposition`` (RFC 6266): in its place only what a browser may show."""
    kind = "inline" if shown_type(mime_type) in SHOWN_TYPES else "attachment"
    return f"{kind}; filename*=UTF-8''{quote(filename, safe='')}" if filename else kind
