"""What the libraries for Meta's API send, are refused and hear behind gate24: one table for pywa and whatsapp-api-js.

The calls themselves are in ``tests/e2e/test_pywa.py`` and ``tests/e2e/whatsapp_api_js/send.js``, by these names.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import Any

from bsp_simulator.media import BUILT_IN
from stack.settings import ROOT
from tests.support.live import new_phone
from tests.support.requirement import missing

JS_FOLDER = ROOT / "tests" / "e2e" / "whatsapp_api_js"
PNG = BUILT_IN["image"].content
PYWA, JS = "pywa", "whatsapp-api-js"


@dataclass(frozen=True)
class Row:
    """``only``: the one library that knows the kind. ``what`` is, of a message that is sent, the path to the object
    that Meta gets, e.g. ``interactive.button``; of one that is refused, what the reason names, and what can be
    sent instead."""

    name: str
    what: str
    only: str | None = None


def known(rows: list[Row], library: str) -> list[Row]:
    """The rows of a library."""
    return [row for row in rows if row.only in (None, library)]


SENT = [
    Row("text", "text"),
    Row("text with a preview", "text"),
    Row("text with a tracker", "text"),
    Row("reply", "text"),
    Row("image", "image"),
    Row("image by id", "image"),
    Row("uploaded image", "image"),
    Row("video", "video"),
    Row("audio", "audio"),
    Row("voice message", "audio"),
    Row("document", "document"),
    Row("sticker", "sticker"),
    Row("buttons", "interactive.button"),
    Row("buttons under an image", "interactive.button"),
    Row("buttons under a video", "interactive.button"),
    Row("buttons under a document", "interactive.button"),
    Row("list", "interactive.list"),
    Row("link", "interactive.cta_url"),
    Row("link under an image", "interactive.cta_url", PYWA),
    Row("flow", "interactive.flow"),
    Row("flow alone", "interactive.flow", PYWA),
    Row("flow by name", "interactive.flow"),
    Row("location", "location"),
    Row("location without a name", "location"),
    Row("request for a location", "interactive.location_request_message"),
    Row("product", "interactive.product"),
    Row("product list", "interactive.product_list"),
    Row("catalogue", "interactive.catalog_message"),
    Row("button for a call", "interactive.voice_call", PYWA),
    Row("request to call", "interactive.call_permission_request"),
    Row("request for a number", "interactive.request_contact_info"),
    Row("contact card", "contacts"),
    Row("reaction", "reaction"),
    Row("reaction taken back", "reaction"),
]

NOT_SENT = [
    Row("carousel", "of the type carousel: an image under which a link is (cta_url)", PYWA),
    Row("template with a carousel", "of the type carousel: a template with one image"),
    Row("template with a moving picture", "of the type gif: a header with a video", PYWA),
]
"""What Meta has and gate24 does not: refused with 131051, as messages of types that Meta does not know are."""

NOT_PASSED_ON = ("delete a file", "block", "QR code", "call")
"""Calls of both libraries beside sending that are not there: 404, code 100."""


@dataclass(frozen=True)
class Template:
    """``facts``: what the registry says of it."""

    name: str
    facts: dict[str, Any] = field(default_factory=dict)
    only: str | None = None


TEMPLATES = [
    Template("template without parameters"),
    Template("template with an empty list of parameters", only=PYWA),
    Template("template with a body", {"params": 2}),
    Template("template with names", {"params": 1}),
    Template("template with a sum and a day", {"params": 2}),
    Template("template with a text above", {"params": 1}),
    Template("template with an image and buttons", {"params": 1, "media": "image"}),
    Template("template with a video", {"media": "video"}),
    Template("template with a document", {"media": "document"}),
    Template("template with a place"),
    Template("template with a code to copy"),
    Template("template with a flow"),
    Template("template with an offer that ends"),
    Template("template with a catalogue"),
    Template("template with products"),
    Template("template with a product in its header"),
    Template("template with a sum in its header"),
    Template("template that leads somewhere by a tap"),
    Template("template with a one-time password", {"params": 1, "category": "authentication"}),
]


@dataclass(frozen=True)
class Heard:
    """What a contact does, as ``POST /_sim/inbound`` has it, and what each library makes of Meta's webhook about it, by
    paths: ``handler`` and ``pywa`` of pywa's update, ``js`` of the arguments of whatsapp-api-js's ``on.message``."""

    name: str
    told: dict[str, Any]
    handler: str
    pywa: dict[str, Any]
    js: dict[str, Any]


def _part(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"payload": {"type": kind, kind: content, **more}}


NEW_NUMBER = new_phone().removeprefix("+")
THUMB = "\U0001f44d"
PLACE = {"latitude": 18.52, "longitude": 73.85, "name": "Hall", "address": "Station Road"}
CARD = {"name": {"formatted_name": "Asha Devi", "first_name": "Asha"}, "phones": [{"phone": "+91 98765 43212"}]}
ITEM = {"product_retailer_id": "p1", "quantity": 2, "item_price": 9.5, "currency": "INR"}
AD = {"source_url": "https://fb.example.org/1", "source_id": "12022", "source_type": "ad", "headline": "Chat with us"}
FLOW_ANSWER = {"name": "flow", "body": "Sent", "response_json": '{"flow_token": "t-1", "age": "41"}'}
UNKNOWN = [
    {"code": 131051, "title": "Message type unknown", "message": "Unknown", "error_data": {"details": "A poll."}}
]
CHANGE = {"type": "user_changed_number", "wa_id": NEW_NUMBER, "body": "changed"}

HEARD = [
    Heard(
        "text",
        {"text": "Hello"},
        "on_message",
        {"text": "Hello", "type": "text", "from_user.name": "Test contact"},
        {"message.text.body": "Hello", "contact.profile.name": "Test contact"},
    ),
    Heard(
        "reply",
        {"text": "Yes", "reply_to": "wamid.0"},
        "on_message",
        {"text": "Yes", "reply_to_message.id": "wamid.0"},
        {"message.context.id": "wamid.0"},
    ),
    Heard(
        "forwarded text",
        _part("text", {"body": "News"}, context={"forwarded": True}),
        "on_message",
        {"forwarded": True},
        {"message.context.forwarded": True},
    ),
    Heard(
        "image",
        {"media": {"kind": "image", "caption": "Our roof"}},
        "on_message",
        {"image.mime_type": "image/png", "caption": "Our roof"},
        {"message.image.mime_type": "image/png", "message.image.caption": "Our roof"},
    ),
    Heard(
        "video",
        {"media": {"kind": "video"}},
        "on_message",
        {"video.mime_type": "video/mp4"},
        {"message.video.mime_type": "video/mp4"},
    ),
    Heard(
        "voice message",
        _part("audio", {"id": "9001", "mime_type": "audio/ogg; codecs=opus", "sha256": "x=", "voice": True}),
        "on_message",
        {"voice.id": "9001"},
        {"message.audio.voice": True},
    ),
    Heard(
        "audio",
        {"media": {"kind": "audio"}},
        "on_message",
        {"audio.extension": ".oga", "voice": None},
        {"message.audio.mime_type": "audio/ogg; codecs=opus"},
    ),
    Heard(
        "document",
        {"media": {"kind": "document", "filename": "form.pdf"}},
        "on_message",
        {"document.filename": "form.pdf"},
        {"message.document.filename": "form.pdf"},
    ),
    Heard(
        "sticker",
        {"media": {"kind": "sticker"}},
        "on_message",
        {"sticker.mime_type": "image/webp"},
        {"message.sticker.mime_type": "image/webp"},
    ),
    Heard(
        "tap on a button",
        {"button_reply": {"id": "yes", "title": "Yes"}, "reply_to": "wamid.0"},
        "on_callback_button",
        {"data": "yes", "title": "Yes", "reply_to_message.id": "wamid.0"},
        {"message.interactive.button_reply.id": "yes", "message.context.id": "wamid.0"},
    ),
    Heard(
        "tap on a template's button",
        {"button": {"text": "I will come", "payload": "coming"}},
        "on_callback_button",
        {"data": "coming", "title": "I will come"},
        {"message.button.payload": "coming"},
    ),
    Heard(
        "choice of a list",
        {"list_reply": {"id": "tue", "title": "Tuesday", "description": "At ten"}, "reply_to": "wamid.0"},
        "on_callback_selection",
        {"data": "tue", "title": "Tuesday", "description": "At ten"},
        {"message.interactive.list_reply.id": "tue"},
    ),
    Heard(
        "answer of a flow",
        _part("interactive", {"type": "nfm_reply", "nfm_reply": FLOW_ANSWER}, context={"id": "wamid.0", "from": "91"}),
        "on_flow_completion",
        {"token": "t-1", "response.age": "41"},
        {"message.interactive.nfm_reply.response_json": FLOW_ANSWER["response_json"]},
    ),
    Heard(
        "location",
        {"location": PLACE},
        "on_message",
        {"location.latitude": 18.52, "location.name": "Hall"},
        {"message.location.longitude": 73.85},
    ),
    Heard(
        "contacts",
        _part("contacts", [CARD]),
        "on_message",
        {"contacts.0.name.formatted_name": "Asha Devi", "contacts.0.phones.0.phone": "+91 98765 43212"},
        {"message.contacts.0.name.first_name": "Asha"},
    ),
    Heard(
        "reaction",
        {"reaction": {"message_id": "wamid.0", "emoji": THUMB}},
        "on_message",
        {"reaction.emoji": THUMB, "reaction.message_id": "wamid.0"},
        {"message.reaction.emoji": THUMB},
    ),
    Heard(
        "reaction taken back",
        {"reaction": {"message_id": "wamid.0"}},
        "on_message",
        {"reaction.emoji": None, "reaction.message_id": "wamid.0"},
        {"message.reaction.message_id": "wamid.0"},
    ),
    Heard(
        "order",
        _part("order", {"catalog_id": "5", "text": "Both", "product_items": [ITEM]}),
        "on_message",
        {"order.catalog_id": "5", "order.products.0.sku": "p1", "order.products.0.quantity": 2},
        {"message.order.product_items.0.product_retailer_id": "p1"},
    ),
    Heard(
        "text from an advertisement",
        _part("text", {"body": "More?"}, referral=AD),
        "on_message",
        {"text": "More?", "referral.source_id": "12022"},
        {"message.referral.headline": "Chat with us"},
    ),
    Heard(
        "change of the number",
        _part("system", CHANGE),
        "on_phone_number_change",
        {"new_wa_id": NEW_NUMBER},
        {"message.system.wa_id": NEW_NUMBER},
    ),
    Heard(
        "what WhatsApp does not pass on",
        _part("unsupported", {"type": "poll"}, errors=UNKNOWN),
        "on_message",
        {"unsupported.type": "poll", "error.code": 131051},
        {"message.errors.0.code": 131051},
    ),
    Heard(
        "edit",
        _part("edit", {"original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": "At ten"}}}),
        "on_edited_message",
        {"original_message_id": "wamid.0", "type": "text"},
        {"message.edit.message.text.body": "At ten"},
    ),
    Heard(
        "message taken back",
        _part("revoke", {"original_message_id": "wamid.0"}),
        "on_deleted_message",
        {"original_message_id": "wamid.0"},
        {"message.revoke.original_message_id": "wamid.0"},
    ),
]


def install_whatsapp_api_js() -> None:
    """Fetches the library once, as the lock file has it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        missing("whatsapp-api-js is not tried: node and npm (Node.js 20 or newer) are not installed")
    with (JS_FOLDER / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests of several files run at once
        if not (JS_FOLDER / "node_modules" / "whatsapp-api-js").exists():
            npm = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
            installed = subprocess.run(npm, cwd=JS_FOLDER, capture_output=True, text=True, check=False, timeout=300)
            assert installed.returncode == 0, installed.stderr
