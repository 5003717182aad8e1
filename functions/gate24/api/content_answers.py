"""What a message has beside text, media and template, as the API answers it: Meta's objects, in both directions.

Source: Meta, Cloud API, messages and webhooks reference, read 2026-11.
"""

from __future__ import annotations

from gate24.api.answer_parts import TEXT, answered, array, described, text
from gate24.api.requests import Schema, ref


def _any(properties: Schema, description: str = "") -> Schema:
    """An object that may lack any of these fields."""
    return answered(properties, optional=properties, description=description)


_COORDINATE: Schema = {"type": ["number", "string"], "description": "Decimal degrees, as they were sent."}
_FILE = _any({"id": TEXT, "link": TEXT, "filename": TEXT})
_ANYTHING: Schema = {"type": "object"}

_HEADER = {"type": TEXT, "text": TEXT, "image": _FILE, "video": _FILE, "document": _FILE}
_BUTTON = {"type": TEXT, "reply": _any({"id": TEXT, "title": TEXT})}
_ROW = {"id": TEXT, "title": TEXT, "description": TEXT}
_ACTION = {
    "name": TEXT,
    "button": TEXT,
    "buttons": array(_any(_BUTTON)),
    "sections": array(
        _any({"title": TEXT, "rows": array(_any(_ROW)), "product_items": array(_any({"product_retailer_id": TEXT}))})
    ),
    "catalog_id": TEXT,
    "product_retailer_id": TEXT,
    "parameters": described(_ANYTHING, "Of a link, a flow, a catalog, an address or a call: as Meta names them."),
}
_INTERACTIVE = {
    "type": text(
        "Sent: button, list, cta_url, location_request_message, flow, product, product_list, catalog_message, "
        "address_message, request_contact_info, call_permission_request or voice_call. Received: button_reply, "
        "list_reply, nfm_reply and others."
    ),
    "header": _any(_HEADER),
    "body": _any({"text": TEXT}),
    "footer": _any({"text": TEXT}),
    "action": _any(_ACTION),
    "button_reply": _any({"id": TEXT, "title": TEXT}, "The button that was tapped."),
    "list_reply": _any(_ROW, "The row that was chosen."),
    "nfm_reply": _any({"name": TEXT, "body": TEXT, "response_json": text("JSON as text.")}, "What a flow brought in."),
    "call_permission_reply": _any(
        {"response": TEXT, "expiration_timestamp": TEXT, "response_source": TEXT}, "Whether we may call."
    ),
}
_ADDRESS = dict.fromkeys(("street", "city", "state", "zip", "country", "country_code", "type"), TEXT)
_NAME_PARTS = ("formatted_name", "first_name", "last_name", "middle_name", "suffix", "prefix")
_CONTACT = {
    "addresses": array(_any(_ADDRESS)),
    "birthday": text("YYYY-MM-DD."),
    "emails": array(_any({"email": TEXT, "type": TEXT})),
    "name": _any(dict.fromkeys(_NAME_PARTS, TEXT)),
    "org": _any({"company": TEXT, "department": TEXT, "title": TEXT}),
    "phones": array(_any({"phone": TEXT, "type": TEXT, "wa_id": TEXT})),
    "urls": array(_any({"url": TEXT, "type": TEXT})),
}

_PRODUCT = {"product_retailer_id": TEXT, "quantity": {"type": "number"}, "item_price": {"type": "number"}}
_REFERRAL = dict.fromkeys(
    ("source_url", "source_id", "source_type", "headline", "body", "media_type"), TEXT
) | dict.fromkeys(("image_url", "video_url", "thumbnail_url", "ctwa_clid"), TEXT)
_NAMED = {"message_id": text("The id of that message: ours where it is stored, else the provider's.")}

CONTENT_ANSWERS: dict[str, Schema] = {
    "MessageInteractive": _any(
        _INTERACTIVE, "Buttons, a list, a link, a request, products or a flow; or what was answered."
    ),
    "MessageLocation": _any(
        {"latitude": _COORDINATE, "longitude": _COORDINATE, "name": TEXT, "address": TEXT, "url": TEXT}, "A place."
    ),
    "MessageContact": _any(_CONTACT, "A contact card."),
    "MessageReaction": _any(
        {
            "message_id": text("The id of the message that is reacted to, as it was named."),
            "emoji": text("Empty, or not there, where the reaction is taken back."),
        },
        "An emoji about another message.",
    ),
    "MessageButton": _any({"text": TEXT, "payload": TEXT}, "The quick reply of a template that was tapped."),
    "MessageOrder": _any(
        {"catalog_id": TEXT, "text": TEXT, "product_items": array(_any(_PRODUCT | {"currency": TEXT}))},
        "What was ordered of a catalog.",
    ),
    "MessageReferral": _any(
        _REFERRAL | {"welcome_message": _any({"text": TEXT})},
        "The advertisement or post from which the contact wrote.",
    ),
    "MessageContext": _any(
        {
            "forwarded": {"type": "boolean"},
            "frequently_forwarded": {"type": "boolean"},
            "referred_product": _any({"catalog_id": TEXT, "product_retailer_id": TEXT}),
        },
        "Whether it was forwarded, and the product that it asks about.",
    ),
    "UnsupportedMessage": _any(
        {"type": TEXT, "code": text("WhatsApp's error code."), "reason": text("The same in WhatsApp's words.")},
        "A message that WhatsApp does not hand over.",
    ),
    "EditedMessage": _any(_NAMED, "The contact changed that message; beside it is the new content."),
    "RevokedMessage": _any(_NAMED, "The contact deleted that message."),
}

CONTENT_PROPERTIES: dict[str, Schema] = {
    "interactive": ref("MessageInteractive"),
    "location": ref("MessageLocation"),
    "contacts": described(array(ref("MessageContact")), "Contact cards."),
    "reaction": ref("MessageReaction"),
    "button": ref("MessageButton"),
    "order": ref("MessageOrder"),
    "referral": ref("MessageReferral"),
    "context": ref("MessageContext"),
    "unsupported": ref("UnsupportedMessage"),
    "edit": ref("EditedMessage"),
    "revoke": ref("RevokedMessage"),
    "reply_to": text("The id of the message that it answers or reacts to."),
}
"""Of a message: ``messages.CONTENT_FIELDS`` and what it answers."""
