"""A contact's message of each kind, as both providers tell it, and the objects that it is in the API."""

from __future__ import annotations

import json
from typing import NamedTuple

from tests.support import bodies
from tests.support.bodies import Body

V2_REPLY = {"id": "wamid.out-1", "gsId": "gs-1"}
META_REPLY = {"from": bodies.OWN_NUMBER, "id": "wamid.out-1"}
V3_REPLY = META_REPLY | {"gs_id": "gs-1", "meta_msg_id": "wamid.meta-1"}
V2_CARD = {
    "addresses": [{"city": "Pune", "countryCode": "in", "street": "1 Station Road", "type": "WORK"}],
    "emails": [{"email": "asha@example.org", "type": "WORK"}],
    "ims": [],
    "name": {"first_name": "Asha", "formatted_name": "Asha Devi"},
    "org": {"company": "Health Trust"},
    "phones": [{"phone": "+91 98765 43212", "type": "Mobile"}],
    "urls": [{"url": "https://example.org", "type": "WORK"}],
}
META_CARD = {name: part for name, part in V2_CARD.items() if part} | {
    "addresses": [{"city": "Pune", "country_code": "in", "street": "1 Station Road", "type": "WORK"}]
}
V2_ORDER = {
    "catalog": {
        "id": "5",
        "order": {"items": [{"id": "p1", "currency": "INR", "amount": "9.5", "quantity": "2"}, {"id": "p2"}]},
    }
}
META_ORDER = {
    "catalog_id": "5",
    "text": "Both, please",
    "product_items": [
        {"product_retailer_id": "p1", "quantity": 2, "item_price": 9.5, "currency": "INR"},
        {"product_retailer_id": "p2"},
    ],
}
REFERRAL = {
    "source_url": "https://fb.example.org/1",
    "source_id": "120226305854810726",
    "source_type": "ad",
    "headline": "Chat with us",
    "body": "A health camp near you",
    "media_type": "image",
    "image_url": "https://fb.example.org/1.jpg",
    "ctwa_clid": "Aff-n8ZTODiE79d22KtA",
    "welcome_message": {"text": "Namaste"},
}
ERRORS = [{"code": 131051, "title": "Message type unknown", "error_data": {"details": "Not supported."}}]
FILE = {"id": "9001", "mime_type": "image/webp", "sha256": "3f9d94d399fa61c191bc1d4ca71375a0="}


class Kind(NamedTuple):
    """The same message as version 2, version 3 and Meta tell it (None: not documented there), and its objects."""

    v2: Body | None
    meta: Body
    content: Body
    refers_to: tuple[str, ...] = ()


def told(kind: str, part: object = None, context: object = None, **more: object) -> Body:
    """A message in Meta's format, and in version 3's with what Gupshup adds to its context."""
    return bodies.meta_message(kind, part, **({"context": context} if context else {}), **more)


def replied(kind: str, part: object) -> Body:
    return told(kind, part, META_REPLY)


BUTTON_REPLY = {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}
LIST_REPLY = {"type": "list_reply", "list_reply": {"id": "day-2", "title": "Tuesday", "description": "9:00 to 12:00"}}
FLOW_REPLY = {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": '{"age": "41"}'}}
PERMISSION = {"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}
PLACE = {"latitude": 19.1453658, "longitude": 72.8552172, "name": "Health centre", "address": "Station Road"}

V2_ANSWER = {"title": "Yes", "id": "qr1", "reply": "Yes 1", "postbackText": "yes"}
V2_ROW = {"title": "Tuesday", "id": "l1", "postbackText": "day-2", "description": "9:00 to 12:00"}
V2_PLACE = PLACE | {"latitude": "19.1453658", "longitude": "72.8552172"}

message = bodies.gupshup_message
KINDS: dict[str, Kind] = {
    "text": Kind(message("text", {"text": "Hello"}), told("text", {"body": "Hello"}), {}),
    "text, a reply": Kind(
        message("text", {"text": "Yes"}, context=V2_REPLY), replied("text", {"body": "Yes"}), {}, ("wamid.out-1",)
    ),
    "text, forwarded": Kind(
        message("text", {"text": "News"}, context={"forwarded": True, "frequently_forwarded": True}),
        told("text", {"body": "News"}, {"forwarded": True, "frequently_forwarded": True}),
        {"context": {"forwarded": True, "frequently_forwarded": True}},
    ),
    "text, not forwarded": Kind(
        message("text", {"text": "News"}, context={"id": "wamid.out-1", "forwarded": False}),
        told("text", {"body": "News"}, {"id": "wamid.out-1", "forwarded": False}),
        {},
        ("wamid.out-1",),
    ),
    "text, of a product": Kind(
        None,
        told("text", {"body": "Is it there?"}, {"referred_product": {"catalog_id": "5", "product_retailer_id": "p1"}}),
        {"context": {"referred_product": {"catalog_id": "5", "product_retailer_id": "p1"}}},
    ),
    "text, from an advertisement": Kind(
        None, told("text", {"body": "Tell me more"}, referral=REFERRAL), {"referral": REFERRAL}
    ),
    "button_reply": Kind(
        message("button_reply", V2_ANSWER, context=V2_REPLY),
        replied("interactive", BUTTON_REPLY),
        {"interactive": BUTTON_REPLY},
        ("wamid.out-1",),
    ),
    "button_reply, as a quick reply": Kind(
        message("quick_reply", V2_ANSWER, context=V2_REPLY),
        replied("interactive", BUTTON_REPLY),
        {"interactive": BUTTON_REPLY},
        ("wamid.out-1",),
    ),
    "list_reply": Kind(
        message("list_reply", V2_ROW, context=V2_REPLY),
        replied("interactive", LIST_REPLY),
        {"interactive": LIST_REPLY},
        ("wamid.out-1",),
    ),
    "flow_reply": Kind(None, replied("interactive", FLOW_REPLY), {"interactive": FLOW_REPLY}, ("wamid.out-1",)),
    "call_permission_reply": Kind(
        None, replied("interactive", PERMISSION), {"interactive": PERMISSION}, ("wamid.out-1",)
    ),
    "button": Kind(
        message("quick_reply", {"text": "I will come", "type": "button", "postbackText": "coming"}, context=V2_REPLY),
        replied("button", {"text": "I will come", "payload": "coming"}),
        {"button": {"text": "I will come", "payload": "coming"}},
        ("wamid.out-1",),
    ),
    "button, without a payload": Kind(
        message("text", {"text": "I will come", "type": "button"}, context=V2_REPLY),
        replied("button", {"text": "I will come", "payload": "I will come"}),
        {"button": {"text": "I will come", "payload": "I will come"}},
        ("wamid.out-1",),
    ),
    "location": Kind(message("location", V2_PLACE), told("location", PLACE), {"location": PLACE}),
    "contacts": Kind(
        message("contact", {"contacts": [V2_CARD]}), told("contacts", [META_CARD]), {"contacts": [META_CARD]}
    ),
    "reaction": Kind(
        message("reaction", {"emoji": "\U0001f44d", "gsId": "gs-1", "id": "wamid.out-1"}),
        told("reaction", {"message_id": "wamid.out-1", "emoji": "\U0001f44d"}),
        {"reaction": {"message_id": "wamid.out-1", "emoji": "\U0001f44d"}},
        ("wamid.out-1",),
    ),
    "reaction, taken back": Kind(
        message("reaction", {"emoji": "", "gsId": "gs-1", "id": "wamid.out-1"}),
        told("reaction", {"message_id": "wamid.out-1"}),
        {"reaction": {"message_id": "wamid.out-1", "emoji": ""}},
        ("wamid.out-1",),
    ),
    "order": Kind(
        bodies.gupshup("order", message("text", {"text": "Both, please"}, context=V2_ORDER)["payload"]),
        told("order", META_ORDER),
        {"order": META_ORDER},
    ),
    "unsupported": Kind(
        message("unsupported", {"type": "poll"}),
        told("unsupported", {"type": "poll"}),
        {"unsupported": {"type": "poll"}},
    ),
    "unsupported, in words": Kind(
        None,
        told("unsupported", {"type": "poll"}, errors=ERRORS),
        {"unsupported": {"type": "poll", "code": "131051", "reason": "Not supported."}},
    ),
    "edit": Kind(
        None,
        told("edit", {"original_message_id": "wamid.in-0", "message": {"type": "location", "location": PLACE}}),
        {"edit": {"message_id": "wamid.in-0"}, "location": PLACE},
        ("wamid.in-0",),
    ),
    "revoke": Kind(
        None,
        told("revoke", {"original_message_id": "wamid.in-0"}),
        {"revoke": {"message_id": "wamid.in-0"}},
        ("wamid.in-0",),
    ),
    "image": Kind(message("image", {"url": "https://files.example.org/1"}), told("image", FILE), {}),
    "hologram": Kind(message("hologram", {"depth": 3}), told("hologram", {"depth": 3}), {}),
}


def as_version_3(body: Body) -> Body:
    """Meta's body as Gupshup passes it through, with its own ids in the context."""
    copy = json.loads(json.dumps(bodies.gupshup_v3(body)))
    for each in copy["entry"][0]["changes"][0]["value"]["messages"]:
        if "id" in each.get("context", {}):
            each["context"] |= {"gs_id": "gs-1", "meta_msg_id": "wamid.meta-1"}
    return copy  # type: ignore[no-any-return]
