"""How long, large and many: the limits of what may be sent, with where they come from.

Those that a JSON Schema can say are in the schemas (400 ``payload_invalid``); a text that is too long is a
refusal of its own (422 ``text_too_long``), see ``text_fault``; so is a file above the rate card's ``max_bytes``.
"""

from __future__ import annotations

TEXT_LENGTH = 4096
"""Meta, text messages: ``text.body`` up to 4096 characters; Glific caps Gupshup's at the same (both read 2026-11)."""

CAPTION_LENGTH = 1024
"""Meta, media messages: ``caption`` up to 1024 characters (read 2026-11)."""

CAPTIONED_KINDS = ("image", "video", "document")
"""Meta, media messages: audio and stickers take no caption (read 2026-11)."""

FILENAME_LENGTH = 240
"""No provider says; what fits into any file system's 255 bytes with room for a suffix."""

URL_LENGTH = 2048
"""No provider says; what servers and caches commonly take."""

URL_PATTERN = r"^https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?([/?#][!-~]*)?$"
"""RFC 3986: an URL is ASCII (others are percent-encoded). No user and password: URLs are stored and shown."""

TEMPLATE_NAME_LENGTH = 512
"""Meta, message templates: name up to 512 characters (read 2026-11)."""

PARAM_LENGTH = 1024
"""Meta, message templates: the body with its parameters up to 1024 characters (read 2026-11)."""

PARAMS_COUNT = 100
"""No provider says; far above what fits into a template's body."""

PARAM_PATTERN = r"^ {0,3}[^\r\n\t ]+( {1,3}[^\r\n\t ]+)* {0,3}$"
"""Meta, error 132018: a parameter is not empty and has no new line, no tab and no long run of spaces. Its pages say
"more than four" and "four" (read 2026-11), so four are refused."""

TAGS_COUNT = 10
TAG_NAME_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
TAG_LENGTH = 256

IDEMPOTENCY_KEY_PATTERN = r"^[!-~]([ -~]{0,253}[!-~])?$"
"""1 to 255 printable ASCII characters (draft-ietf-httpapi-idempotency-key-header leaves it to the server)."""

MEDIA_KINDS = {
    "image": "JPEG or PNG, up to 5 MB",
    "video": "MP4 or 3GPP (H.264 and AAC), up to 16 MB",
    "audio": "AAC, AMR, MP3, M4A or OGG (Opus), up to 16 MB",
    "document": "any file, up to 100 MB",
    "sticker": "WebP, up to 100 KB, animated up to 500 KB",
}
"""Meta, Cloud API media reference (read 2026-11). Documented, not enforced: Gupshup takes any file up to 100 MB and its
price list goes as far (``pricing.media_too_large``), so the provider has the last word below that."""

TEMPLATE_MEDIA_KINDS = ("image", "video", "document")
"""Meta, message templates: the kinds of a media header (read 2026-11)."""


def text_fault(body: str | None, caption: str | None) -> str | None:
    """What is too long in a valid send request, for people, or None: the refusal ``text_too_long``."""
    for name, text, limit in (("text.body", body, TEXT_LENGTH), ("media.caption", caption, CAPTION_LENGTH)):
        if text is not None and len(text) > limit:
            return f"{name} may have at most {limit} characters."
    return None
