"""Every kind of message that can be sent, and what each provider gets of it: the one table of the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

IMAGE, PDF = "https://files.example.org/map.png", "https://files.example.org/timetable.pdf"
VIDEO, VOICE, STICKER = (f"https://files.example.org/{name}" for name in ("camp.mp4", "voice.ogg", "thanks.webp"))
LINK = "https://example.org/enrol"
ANSWERED = "wamid.answered"
"""The provider's id of the message that is answered or reacted to."""


@dataclass(frozen=True)
class Kind:
    """``body``: of ``POST /v1/messages`` without the recipient. ``meta``: type and object that Meta gets, ``gupshup``:
    the field ``message`` that Gupshup gets, or what it says no to. ``names_message``: whether it names another one."""

    name: str
    body: Json
    meta: tuple[str, Any]
    gupshup: Json | str
    names_message: bool = False


def interactive(part: Json) -> Json:
    return {"type": "interactive", "interactive": part}


def reply(number: int = 1, **changes: Any) -> Json:
    return {"type": "reply", "reply": {"id": f"id-{number}", "title": f"Choice {number}", **changes}}


def row(number: int = 1, **changes: Any) -> Json:
    return {"id": f"row-{number}", "title": f"Row {number}", **changes}


def buttons(**changes: Any) -> Json:
    return {"type": "button", "body": {"text": "Coming?"}, "action": {"buttons": [reply(1), reply(2)]}, **changes}


def menu(*sections: Json, **changes: Any) -> Json:
    action = {"button": "Choose", "sections": list(sections) or [{"title": "Mornings", "rows": [row(1), row(2)]}]}
    return {"type": "list", "body": {"text": "Which class?"}, "action": action, **changes}


def link(**changes: Any) -> Json:
    action = {"name": "cta_url", "parameters": {"display_text": "Enrol", "url": LINK}}
    return {"type": "cta_url", "body": {"text": "Enrol here."}, "action": action, **changes}


def flow(**parameters: Any) -> Json:
    told = {"flow_message_version": "3", "flow_id": "17", "flow_cta": "Fill in", **parameters}
    return {"type": "flow", "body": {"text": "A form."}, "action": {"name": "flow", "parameters": told}}


FULL_FLOW = flow(
    flow_token="t-1", flow_action="navigate", flow_action_payload={"screen": "FIRST", "data": {"a": 1.5, "b": [True]}}
)
ASK_PLACE: Json = {
    "type": "location_request_message",
    "body": {"text": "Where are you?"},
    "action": {"name": "send_location"},
}
PRODUCT: Json = {"type": "product", "action": {"catalog_id": "17", "product_retailer_id": "book-1"}}


def products(*sections: Json) -> Json:
    action = {"catalog_id": "17", "sections": list(sections)}
    header = {"type": "text", "text": "Books"}
    return {"type": "product_list", "header": header, "body": {"text": "All our books."}, "action": action}


PRODUCTS = products(
    {"title": "Readers", "product_items": [{"product_retailer_id": "book-1"}, {"product_retailer_id": "book-2"}]},
    {"title": "Maps", "product_items": [{"product_retailer_id": "map-1"}]},
)
CATALOG: Json = {
    "type": "catalog_message",
    "body": {"text": "All that we have."},
    "action": {"name": "catalog_message", "parameters": {"thumbnail_product_retailer_id": "book-1"}},
}
ASK_ADDRESS: Json = {
    "type": "address_message",
    "body": {"text": "Where shall we send it?"},
    "action": {
        "name": "address_message",
        "parameters": {
            "country": "IN",
            "values": {"name": "Asha", "in_pin_code": "411001"},
            "saved_addresses": [{"id": "a1", "value": {"city": "Pune"}}],
            "validation_errors": {"in_pin_code": "We do not deliver there."},
        },
    },
}
ASK_NUMBER: Json = {
    "type": "request_contact_info",
    "body": {"text": "Your number, please."},
    "action": {"name": "request_contact_info"},
}
ASK_TO_CALL: Json = {"type": "call_permission_request", "action": {"name": "call_permission_request"}}
CALL: Json = {
    "type": "voice_call",
    "body": {"text": "Ask us."},
    "action": {
        "name": "voice_call",
        "parameters": {"display_text": "Call the desk", "ttl_minutes": 60, "payload": "desk"},
    },
}
FOOTER: Json = {"text": "Example NGO"}
HEADER: Json = {"type": "text", "text": "Classes"}
IMAGE_HEADER: Json = {"type": "image", "image": {"link": IMAGE}}
PDF_HEADER: Json = {"type": "document", "document": {"link": PDF, "filename": "a.pdf"}}
PLACE: Json = {"latitude": 18.5204, "longitude": "73.8567", "name": "Hall", "address": "Station Road"}
CARD: Json = {
    "name": {"formatted_name": "Front desk", "first_name": "Front", "last_name": "desk"},
    "phones": [{"phone": "+91 98765 43219", "type": "WORK", "wa_id": "919876543219"}],
    "emails": [{"email": "desk@example.org", "type": "WORK"}],
    "urls": [{"url": "https://example.org", "type": "WORK"}],
    "addresses": [{"street": "Station Road", "city": "Pune", "country_code": "in"}],
    "org": {"company": "Example NGO", "title": "Desk"},
    "birthday": "1990-01-31",
}
GUPSHUP_CARD: Json = {
    **CARD,
    "name": {"formattedName": "Front desk", "firstName": "Front", "lastName": "desk"},
    "addresses": [{"street": "Station Road", "city": "Pune", "countryCode": "in"}],
}
OPTIONS = [{"type": "text", "title": f"Choice {number}", "postbackText": f"id-{number}"} for number in (1, 2)]
ROWS = [{"type": "text", "title": f"Row {number}", "postbackText": f"row-{number}"} for number in (1, 2)]
NO_IDS = "Gupshup takes the file of a header by its address only"


def quick_reply(**content: Any) -> Json:
    """``msgid`` is gate24's id of the message."""
    told = {"type": "text", "text": "Coming?", **content}
    return {"type": "quick_reply", "msgid": "m-1", "content": told, "options": OPTIONS}


def _interactive(name: str, part: Json, gupshup: Json | str) -> Kind:
    return Kind(name, interactive(part), ("interactive", part), gupshup)


KINDS = [
    Kind("text", {"type": "text", "text": {"body": "Hi"}}, ("text", {"body": "Hi"}), {"type": "text", "text": "Hi"}),
    Kind(
        "text with a preview",
        {"type": "text", "text": {"body": LINK, "preview_url": True}},
        ("text", {"body": LINK, "preview_url": True}),
        {"type": "text", "text": LINK, "previewUrl": True},
    ),
    Kind(
        "text without a preview",
        {"type": "text", "text": {"body": LINK, "preview_url": False}},
        ("text", {"body": LINK, "preview_url": False}),
        {"type": "text", "text": LINK, "previewUrl": False},
    ),
    Kind(
        "image",
        {"type": "media", "media": {"kind": "image", "url": IMAGE}},
        ("image", {"link": IMAGE}),
        {"type": "image", "originalUrl": IMAGE, "previewUrl": IMAGE, "caption": ""},
    ),
    Kind(
        "video",
        {"type": "media", "media": {"kind": "video", "url": VIDEO}},
        ("video", {"link": VIDEO}),
        {"type": "video", "url": VIDEO, "caption": ""},
    ),
    Kind(
        "sticker",
        {"type": "media", "media": {"kind": "sticker", "url": STICKER}},
        ("sticker", {"link": STICKER}),
        {"type": "sticker", "url": STICKER},
    ),
    Kind(
        "voice message",
        {"type": "media", "media": {"kind": "audio", "url": VOICE, "voice": True}},
        ("audio", {"link": VOICE, "voice": True}),
        {"type": "audio", "url": VOICE},
    ),
    Kind(
        "document by id",
        {"type": "media", "media": {"kind": "document", "id": "media-1", "filename": "a.pdf", "caption": "New"}},
        ("document", {"id": "media-1", "caption": "New", "filename": "a.pdf"}),
        {"type": "file", "id": "media-1", "filename": "a.pdf", "caption": "New"},
    ),
    _interactive("buttons", buttons(), quick_reply()),
    _interactive(
        "buttons with header and footer",
        buttons(header=HEADER, footer=FOOTER),
        quick_reply(header="Classes", caption="Example NGO"),
    ),
    _interactive("buttons under an image", buttons(header=IMAGE_HEADER), quick_reply(type="image", url=IMAGE)),
    _interactive(
        "buttons under a video",
        buttons(header={"type": "video", "video": {"link": VIDEO}}),
        quick_reply(type="video", url=VIDEO),
    ),
    _interactive(
        "buttons under a document",
        buttons(header=PDF_HEADER),
        quick_reply(type="file", url=PDF, filename="a.pdf"),
    ),
    _interactive("buttons under a file by id", buttons(header={"type": "image", "image": {"id": "media-1"}}), NO_IDS),
    _interactive(
        "list",
        menu(),
        {
            "type": "list",
            "body": "Which class?",
            "msgid": "m-1",
            "globalButtons": [{"type": "text", "title": "Choose"}],
            "items": [{"title": "Mornings", "options": ROWS}],
        },
    ),
    _interactive(
        "list with header, footer and descriptions",
        menu({"rows": [row(1, description="At ten")]}, header=HEADER, footer=FOOTER),
        {
            "type": "list",
            "title": "Classes",
            "body": "Which class?",
            "footer": "Example NGO",
            "msgid": "m-1",
            "globalButtons": [{"type": "text", "title": "Choose"}],
            "items": [{"options": [ROWS[0] | {"description": "At ten"}]}],
        },
    ),
    _interactive("list of a long text", menu(body={"text": "x" * 1025}), "Gupshup's lists take a text of at most 1024"),
    _interactive(
        "link",
        link(footer=FOOTER),
        {"type": "cta_url", "body": "Enrol here.", "footer": "Example NGO", "display_text": "Enrol", "url": LINK},
    ),
    _interactive("link under an image", link(header=IMAGE_HEADER), "Gupshup's form of a link has no header"),
    _interactive("request for a location", ASK_PLACE, "it sends reply buttons (button), lists (list) and links (cta"),
    _interactive("flow", FULL_FLOW, "Gupshup has no form for flow"),
    _interactive("product", PRODUCT, "Gupshup has no form for product"),
    _interactive(
        "product with a text and a footer",
        PRODUCT | {"body": {"text": "This one."}, "footer": FOOTER},
        "Gupshup has no form for product",
    ),
    _interactive("products", PRODUCTS, "Gupshup has no form for product_list"),
    _interactive("catalog", CATALOG, "Gupshup has no form for catalog_message"),
    _interactive("request for an address", ASK_ADDRESS, "Gupshup has no form for address_message"),
    _interactive("request for a number", ASK_NUMBER, "Gupshup has no form for request_contact_info"),
    _interactive("request to call", ASK_TO_CALL, "Gupshup has no form for call_permission_request"),
    _interactive("button for a call", CALL, "Gupshup has no form for voice_call"),
    Kind("location", {"type": "location", "location": PLACE}, ("location", PLACE), {"type": "location", **PLACE}),
    Kind(
        "contact card",
        {"type": "contacts", "contacts": [CARD]},
        ("contacts", [CARD]),
        {"type": "contact", "contact": GUPSHUP_CARD},
    ),
    Kind(
        "two contact cards",
        {"type": "contacts", "contacts": [CARD, CARD]},
        ("contacts", [CARD, CARD]),
        "Gupshup sends one contact card a message",
    ),
    Kind(
        "reaction",
        {"type": "reaction", "reaction": {"message_id": ANSWERED, "emoji": "\U0001f44d"}},
        ("reaction", {"message_id": ANSWERED, "emoji": "\U0001f44d"}),
        {"type": "reaction", "msgId": ANSWERED, "emoji": "\U0001f44d"},
        names_message=True,
    ),
    Kind(
        "reaction taken back",
        {"type": "reaction", "reaction": {"message_id": ANSWERED, "emoji": ""}},
        ("reaction", {"message_id": ANSWERED, "emoji": ""}),
        {"type": "reaction", "msgId": ANSWERED, "emoji": ""},
        names_message=True,
    ),
]
"""The freeform ones."""


def component(kind: str, *parameters: Json, **more: Any) -> Json:
    return {"type": kind, **more, "parameters": list(parameters)}


def text(value: str, **more: Any) -> Json:
    return {"type": "text", "text": value, **more}


BODY = component("body", text("Asha"), text("ten"))
AMOUNT: Json = {
    "type": "currency",
    "currency": {"fallback_value": "100 rupees", "code": "INR", "amount_1000": 100_000},
}
PLACE_PARAMETER: Json = {"type": "location", "location": PLACE}


@dataclass(frozen=True)
class Filling:
    """Components of a template. ``params`` and ``message``: what Gupshup gets of them, ``gupshup`` what else, or what
    it says no to. ``media``: the kind of the registered header."""

    name: str
    components: list[Json]
    gupshup: Json | str
    params: int = 0
    media: str | None = None


FILLINGS = [
    Filling("nothing", [], {"params": []}),
    Filling("body", [BODY], {"params": ["Asha", "ten"]}, 2),
    Filling(
        "body with an amount and a date",
        [
            component(
                "body",
                AMOUNT,
                {"type": "date_time", "date_time": {"fallback_value": "Monday"}},
            )
        ],
        {"params": ["100 rupees", "Monday"]},
        2,
    ),
    Filling(
        "body with names",
        [component("body", text("Asha", parameter_name="name"), text("ten", parameter_name="time"))],
        "Gupshup knows placeholders by their order only",
        2,
    ),
    Filling(
        "header with an image",
        [component("header", {"type": "image", "image": {"link": IMAGE}}), BODY],
        {"params": ["Asha", "ten"], "message": {"type": "image", "image": {"link": IMAGE}}},
        2,
        "image",
    ),
    Filling(
        "header with a document",
        [component("header", {"type": "document", "document": {"link": PDF, "filename": "a.pdf"}})],
        {"params": [], "message": {"type": "document", "document": {"link": PDF, "filename": "a.pdf"}}},
        media="document",
    ),
    Filling(
        "header with a file by id",
        [component("header", {"type": "video", "video": {"id": "media-1"}})],
        NO_IDS,
        media="video",
    ),
    Filling(
        "header with a place",
        [component("header", PLACE_PARAMETER)],
        {"params": [], "message": {"type": "location", "location": PLACE}},
    ),
    Filling("header with a text", [component("header", text("Asha"))], "Gupshup has no form for a template's header"),
    Filling(
        "header with an amount",
        [component("header", AMOUNT)],
        "Gupshup has no form for a template's header with currency",
    ),
    Filling(
        "header with a date",
        [component("header", {"type": "date_time", "date_time": {"fallback_value": "Monday"}})],
        "Gupshup has no form for a template's header with date_time",
    ),
    Filling(
        "header with a product",
        [component("header", {"type": "product", "product": PRODUCT["action"]})],
        "Gupshup has no form for a template's header with product",
    ),
    Filling(
        "offer that ends",
        [
            component(
                "limited_time_offer",
                {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 1_798_761_600_000}},
            )
        ],
        "Gupshup has no form for a template's limited_time_offer",
    ),
    Filling(
        "address behind a tap",
        [
            component(
                "tap_target_configuration",
                {"type": "tap_target_configuration", "tap_target_configuration": [{"url": LINK, "title": "Enrol"}]},
            )
        ],
        "Gupshup has no form for a template's tap_target_configuration",
    ),
    Filling(
        "catalog",
        [
            component(
                "button",
                {"type": "action", "action": {"thumbnail_product_retailer_id": "book-1"}},
                sub_type="catalog",
                index="0",
            )
        ],
        "Gupshup has no form for a template's button catalog",
    ),
    Filling(
        "products",
        [
            component(
                "button",
                {
                    "type": "action",
                    "action": {
                        "thumbnail_product_retailer_id": "book-1",
                        "sections": PRODUCTS["action"]["sections"],
                    },
                },
                sub_type="mpm",
                index="0",
            )
        ],
        "Gupshup has no form for a template's button mpm",
    ),
    Filling(
        "quick replies",
        [
            component("button", {"type": "payload", "payload": "yes"}, sub_type="quick_reply", index="0"),
            component("button", {"type": "payload", "payload": "no"}, sub_type="quick_reply", index=1),
        ],
        {"params": [], "postbackTexts": [{"index": 0, "text": "yes"}, {"index": 1, "text": "no"}]},
    ),
    Filling(
        "link's end",
        [component("button", text("asha"), sub_type="url", index="0")],
        "Gupshup has no form for a template's button url",
    ),
    Filling(
        "coupon",
        [component("button", {"type": "coupon_code", "coupon_code": "SAVE10"}, sub_type="copy_code", index="0")],
        "Gupshup has no form for a template's button copy_code",
    ),
    Filling(
        "flow",
        [
            component(
                "button",
                {"type": "action", "action": {"flow_token": "t-1", "flow_action_data": {"a": 0.5}}},
                sub_type="flow",
                index="0",
            )
        ],
        "Gupshup has no form for a template's button flow",
    ),
    Filling(
        "flow without data",
        [{"type": "button", "sub_type": "flow", "index": "0"}],
        "Gupshup has no form for a template's button flow",
    ),
]


def template(components: list[Json], name: str = "welcome") -> Json:
    return {"type": "template", "template": {"name": name, "language": "en", "components": components}}
