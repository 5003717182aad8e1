"""How long, large and many: the limits of what may be sent, with where they come from.

Those that a JSON Schema can say are in the schemas (400 ``payload_invalid``), the rest in ``rules.content_faults``; a
text that is too long is a refusal of its own (422 ``text_too_long``), see ``text_fault``; so is a file above the rate
card's ``max_bytes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

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

INTERACTIVE_BODY_LENGTHS = {
    "button": 1024,
    "list": 4096,
    "cta_url": 1024,
    "location_request_message": 1024,
    "flow": 1024,
    "product": 1024,
    "product_list": 1024,
    "catalog_message": 1024,
    "address_message": 1024,
    "request_contact_info": 1024,
    "call_permission_request": 1024,
    "voice_call": 1024,
}
"""Meta, interactive messages, a page for each kind: ``body.text`` up to so many characters (read 2026-11)."""

INTERACTIVE_HEADER_KINDS = {
    "button": ("text", "image", "video", "document"),
    "list": ("text",),
    "cta_url": ("text", "image", "video", "document"),
    "flow": ("text", "image", "video", "document"),
    "product_list": ("text",),
}
"""Meta, interactive messages: what can stand above the text; above others nothing can (read 2026-11)."""

INTERACTIVE_FOOTERS = frozenset({*INTERACTIVE_HEADER_KINDS, "product", "catalog_message"})
"""Meta, interactive messages: where a small text can stand below (read 2026-11)."""

HEADER_LENGTH, FOOTER_LENGTH = 60, 60
BUTTONS_COUNT, BUTTON_TITLE_LENGTH, BUTTON_ID_LENGTH = 3, 20, 256
"""Meta, reply buttons (read 2026-11). Titles and ids are each unique within the message."""

LIST_BUTTON_LENGTH, SECTIONS_COUNT, SECTION_TITLE_LENGTH = 20, 10, 24
ROWS_COUNT, ROW_ID_LENGTH, ROW_TITLE_LENGTH, ROW_DESCRIPTION_LENGTH = 10, 200, 24, 72
"""Meta, interactive list messages (read 2026-11). The rows are counted over all sections, and ids are unique."""

PRODUCT_ID_LENGTH, PRODUCTS_COUNT = 256, 30
"""Meta, multi-product messages: so many products over all sections (read 2026-11); no length is said."""

CALL_BUTTON_LENGTH, CALL_MINUTES = 20, 43_200
"""Meta, WhatsApp call buttons: ``display_text``, and how long the button works, at most 30 days (read 2026-11)."""

LINK_BUTTON_LENGTH = 20
"""Meta, interactive call-to-action URL messages: ``display_text`` (read 2026-11)."""

FLOW_BUTTON_LENGTH, FLOW_NAME_LENGTH = 30, 256
"""Meta, sending a flow: ``flow_cta``; no length is said for names, ids and tokens (read 2026-11)."""

PLACE_LENGTH = 1024
"""Name and address of a place; no provider says."""

CONTACTS_COUNT = 257
"""Meta, contacts messages: so many cards in one message (read 2026-11)."""

CONTACT_FIELD_LENGTH, CONTACT_ENTRIES_COUNT = 256, 50
"""Of a contact card; no provider says."""

MESSAGE_ID_LENGTH = 512
"""Ours have 36 characters, Gupshup's 36, WhatsApp's about 60."""

COUPON_LENGTH = 20
"""Meta, coupon code templates (read 2026-11)."""

URL_SUFFIX_LENGTH = 2000
"""Meta, URL buttons of templates: the whole URL up to 2000 characters (read 2026-11)."""

PAYLOAD_LENGTH = 256
"""Meta, quick-reply buttons: as the id of a reply button (read 2026-11)."""

MEDIA_ID_LENGTH = 256

COMPONENTS_COUNT, TEMPLATE_BUTTONS_COUNT = 12, 10
"""Meta, message templates: a header, a body and up to 10 buttons have parameters (read 2026-11)."""

CONTENT_BYTES, CONTENT_DEPTH = 65_536, 20
"""Of an object of Meta's form as JSON; no provider says. What a table's item and a page of a list hold with ease."""

TAGS_COUNT = 10
TAG_NAME_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
TAG_LENGTH = 256

IDEMPOTENCY_KEY_PATTERN = r"^[!-~]([ -~]{0,253}[!-~])?$"
"""1 to 255 printable ASCII characters (draft-ietf-httpapi-idempotency-key-header leaves it to the server)."""

MB = 2**20


class MediaKind(NamedTuple):
    """``facts``: for people. ``mime_types``: what the kind may carry; a document may be of any type that can be
    uploaded at all (``rules.media_files``)."""

    facts: str
    mime_types: tuple[str, ...]
    max_bytes: int


DOCUMENT_TYPES = (
    "application/pdf",
    "text/plain",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
)
_IMAGES = ("image/jpeg", "image/png")
_VIDEOS = ("video/mp4", "video/3gpp")
_SOUNDS = ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")
_STICKERS = ("image/webp",)

MEDIA_KINDS: dict[str, MediaKind] = {
    "image": MediaKind("JPEG or PNG, up to 5 MB", _IMAGES, 5 * MB),
    "video": MediaKind("MP4 or 3GPP (H.264 and AAC), up to 16 MB", _VIDEOS, 16 * MB),
    "audio": MediaKind("AAC, AMR, MP3, M4A or OGG (Opus), up to 16 MB", _SOUNDS, 16 * MB),
    "document": MediaKind(
        "PDF, Word, Excel, PowerPoint, plain text or any of the others, by url any file, up to 100 MB",
        (*DOCUMENT_TYPES, *_IMAGES, *_VIDEOS, *_SOUNDS, *_STICKERS),
        100 * MB,
    ),
    "sticker": MediaKind("WebP, up to 100 KB, animated up to 500 KB", _STICKERS, 500 * 2**10),
}
"""Meta, Cloud API media reference, and its answers to what fits no kind (errors 100 and 131053; all read 2026-11). Held
against a file that was uploaded here (``rules.media_files``). A file at an address is the provider's to judge: nobody
has fetched it, and Gupshup takes any up to 100 MB (``pricing.media_too_large``)."""

TEMPLATE_MEDIA_KINDS = ("image", "video", "document")
"""Meta, message templates: the kinds of a media header (read 2026-11)."""


def text_fault(body: str | None, caption: str | None, interactive: Mapping[str, Any] | None = None) -> str | None:
    """What is too long in a valid send request, for people, or None: the refusal ``text_too_long``."""
    texts: list[tuple[str, str | None, int]] = [
        ("text.body", body, TEXT_LENGTH),
        ("media.caption", caption, CAPTION_LENGTH),
    ]
    if interactive is not None:
        limit = INTERACTIVE_BODY_LENGTHS[interactive["type"]]
        texts.append(("interactive.body.text", interactive.get("body", {}).get("text"), limit))
    for name, text, limit in texts:
        if text is not None and len(text) > limit:
            return f"{name} may have at most {limit} characters."
    return None
