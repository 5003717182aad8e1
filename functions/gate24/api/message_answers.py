"""Messages as the API answers them, as JSON Schemas: what is in one, what it costs, and what the gate says to one."""

from __future__ import annotations

from typing import get_args

from gate24.api.answer_parts import AT, COUNT, CURRENCY, MONEY, TEXT, answered, array, described, nullable, text
from gate24.api.content_answers import CONTENT_ANSWERS, CONTENT_PROPERTIES
from gate24.api.requests import Schema, ref
from gate24.authors import AuthorKind
from gate24.costs import FEES
from gate24.events import CallDirection, CallStatus, DeliveryStatus
from gate24.messages import CONTENT_FIELDS, Direction, SentAs
from gate24.rules.content_limits import MEDIA_KINDS
from gate24.rules.decision import REFUSALS
from gate24.rules.failures import FailureKind
from gate24.rules.media_files import FETCH_STATES
from gate24.rules.message_status import Status
from gate24.rules.pricing import ASSUMPTIONS

_SENT_AS: Schema = {
    "enum": list(get_args(SentAs)),
    "description": "What goes out: a declared fallback turns freeform into template.",
}
TAGS: Schema = {
    "type": "object",
    "additionalProperties": TEXT,
    "description": "The caller's own labels of the message, as it was sent with them.",
}
ACTIONS: Schema = described(
    array(TEXT),
    "What would work: send_freeform, send_template (one that is not marketing), wait_for_inbound, record_opt_in, "
    "unblock, correct_request, wait_for_approval, raise_budget, wait_for_next_month, check_message_status, "
    "retry_later, use_new_key; others may be added.",
)

MESSAGE_ANSWERS: dict[str, Schema] = {
    "Window": answered(
        {
            "state": {"enum": ["open", "closed", "never_opened"]},
            "opened_at": nullable(described(AT, "The first message of the unbroken run.")),
            "last_inbound_at": nullable(AT),
            "expires_at": nullable(described(AT, "WhatsApp's own end: 24 hours after the last inbound.")),
            "gate_closes_at": nullable(
                described(AT, "Until then the gate sends freeform messages: the channel's margin earlier.")
            ),
            "closing_at": nullable(
                described(AT, "From then on an open window counts as closing: four hours before its end.")
            ),
            "seconds_left": described(COUNT, "Until gate_closes_at; 0 unless open."),
            "closed_by": {"enum": [None, "lapsed", "provider"]},
        },
        description="The session window of a contact on a channel, by the provider's clock.",
    ),
    "CostLine": answered({"fee": {"enum": list(FEES)}, "amount": MONEY}),
    "Cost": answered(
        {
            "amount": MONEY,
            "currency": CURRENCY,
            "lines": array(ref("CostLine")),
            "estimate": {
                "type": "boolean",
                "description": "Whether it may still change with what becomes of the message, or a fee is not known.",
            },
            "undelivered": described(
                MONEY, "What it will cost besides when it is delivered, by a card that charges then."
            ),
            "assumed": described(
                array({"enum": list(ASSUMPTIONS)}),
                "What the estimate takes for granted. "
                + " ".join(f"{name}: {said}" for name, said in ASSUMPTIONS.items()),
            ),
            "unverified": described(
                {"type": "boolean"}, "True where nobody has read the price in a publication of the provider."
            ),
            "card": ref("CardAmount"),
            "exchange": ref("Exchange"),
        },
        optional=("undelivered", "assumed", "unverified", "card", "exchange"),
        description="In the organization's currency. Where the rate card has another one, card and exchange say what "
        "it costs by the card, and how that was converted; where there is no rate, it is in the card's currency.",
    ),
    "CardAmount": answered({"amount": MONEY, "currency": CURRENCY}, description="In the rate card's own currency."),
    "Exchange": answered(
        {
            "rate": {
                "type": "string",
                "pattern": r"^[0-9]+\.[0-9]{4,10}$",
                "description": "What one unit of the card's currency is worth in the organization's.",
            },
            "day": {"type": "string", "format": "date", "description": "Of the publication."},
            "source": text("Who published it."),
        }
    ),
    "SendAnswer": answered(
        {
            "id": text("The message's id."),
            "status": {"const": "accepted"},
            "sent_as": _SENT_AS,
            "bsp_message_id": nullable(text("The message's id at the BSP.")),
            "window": ref("Window"),
            "server_time": AT,
            "cost": ref("Cost"),
        }
    ),
    "CheckAnswer": answered(
        {
            "decision": {"enum": ["allow", "refuse"]},
            "code": nullable({"enum": list(REFUSALS), "description": "Why it is refused."}),
            "sent_as": _SENT_AS,
            "allowed_actions": ACTIONS,
            "window": ref("Window"),
            "server_time": AT,
            "cost": nullable(ref("Cost")),
        }
    ),
    "MessageMedia": answered(
        {
            "id": text("What GET /v1/media/{id} gives the file by."),
            "kind": {"enum": list(MEDIA_KINDS)},
            "url": text("Where the file is; a provider's address may expire."),
            "media_id": text("The file's id at the provider."),
            "mime_type": TEXT,
            "caption": TEXT,
            "filename": TEXT,
            "size_bytes": COUNT,
            "sha256": text("Of the file's bytes, in base64, as the provider says it."),
            "voice": {"type": "boolean", "description": "Whether it is a voice message."},
            "animated": {"type": "boolean", "description": "Whether the sticker moves."},
            "fetch": {
                "enum": list(FETCH_STATES),
                "description": "What has come of fetching the file from the provider; kept: it is there. Of one that "
                "was sent by the provider's id only where somebody has asked for it.",
            },
        },
        optional=(
            *("id", "url", "media_id", "mime_type", "caption", "filename", "size_bytes", "sha256", "voice", "animated"),
            "fetch",
        ),
        description="The file of a message.",
    ),
    "UploadedMedia": answered(
        {
            "id": TEXT,
            "channel": TEXT,
            "mime_type": text("By the file's content where that shows it."),
            "size_bytes": COUNT,
            "expires_at": described(AT, "Until when it can be sent, and read."),
        }
    ),
    "MediaAddress": answered(
        {
            "url": text("Where the file is."),
            "expires_at": described(AT, "Until when the address holds, if it is one of gate24's."),
            "mime_type": TEXT,
            "size_bytes": COUNT,
            "server_time": AT,
        },
        optional=("expires_at", "mime_type", "size_bytes"),
    ),
    "MessageTemplate": answered(
        {
            "name": TEXT,
            "language": TEXT,
            "params": array(TEXT),
            "media": ref("MessageMedia"),
            "components": array(ref("TemplateComponent")),
        },
        optional=("params", "media", "components"),
        description="The template of a message, as it was asked for.",
    ),
    "ContactCard": answered({"name": TEXT, "phones": array(TEXT)}, optional=("name",)),
    "OrderItem": answered(
        {"id": TEXT, "quantity": TEXT, "price": TEXT, "currency": TEXT},
        optional=("id", "quantity", "price", "currency"),
    ),
    "Referral": answered(
        {"source_type": TEXT, "source_id": TEXT, "source_url": TEXT, "headline": TEXT},
        optional=("source_type", "source_id", "source_url", "headline"),
        description="The advertisement or post from which the contact wrote.",
    ),
}

_DETAILS: Schema = {
    "reply_to": text("The provider's id of the message that is replied to."),
    "forwarded": {"type": "boolean"},
    "referral": ref("Referral"),
    "reply_id": text("Of a tapped button or list entry: its id."),
    "payload": text("Of a tapped button: what was put behind it."),
    "description": text("Of a list entry: its second line."),
    "reaction_to": text("The provider's id of the message that is reacted to; without a text the reaction is undone."),
    "original_message_id": text("The provider's id of the message that was edited or deleted."),
    "latitude": text("Decimal degrees."),
    "longitude": text("Decimal degrees."),
    "name": text("Of a place."),
    "address": text("Of a place."),
    "contacts": described(array(ref("ContactCard")), "Contact cards."),
    "catalog_id": text("Of an order."),
    "items": described(array(ref("OrderItem")), "What is ordered."),
    "flow": text("The flow that was sent in."),
    "flow_response": text("What was entered in the flow: JSON as text."),
    "response": text("The answer to a request to call."),
    "direction": {"enum": list(get_args(CallDirection)), "description": "Who made the call."},
    "status": {"enum": list(get_args(CallStatus)), "description": "What has become of the call, if it was said."},
    "duration": {"type": "integer", "minimum": 0, "description": "Seconds of the call, if it was picked up."},
    "voice": {"type": "boolean", "description": "Whether the audio is a voice message."},
    "url_expires_at": text("Until when the file's address holds, as the provider says it."),
    "code": text("Of a message that WhatsApp cannot show: its error code."),
    "unsupported_type": text("Of a message that WhatsApp cannot show: its type."),
    "tags": described(TAGS, "The same as the message's own."),
    "fallback_for": {
        "enum": ["text", "media", *CONTENT_FIELDS],
        "description": "What was to be sent; its fallback went out instead.",
    },
}

MESSAGE_ANSWERS |= CONTENT_ANSWERS | {
    "MessageDetails": answered(
        _DETAILS, optional=_DETAILS, description="What else is in a message, depending on its type."
    ),
    "Author": answered(
        {
            "kind": {"enum": list(get_args(AuthorKind))},
            "name": nullable(text("The member's, the API key's or the contact's; null where it is not known.")),
        },
        description="Who did it: a member of the staff, software with an API key, the contact, or provider: the "
        "provider itself, or whoever sent around gate24, in the WhatsApp Business app or straight at the BSP. Of what "
        "an API key sent before authors were kept the name is null.",
    ),
    "DeliveryStatus": answered({"status": {"enum": list(get_args(DeliveryStatus))}, "at": AT}),
    "Attempt": answered(
        {
            "at": AT,
            "code": text("Why it sent nothing: throttled, unavailable or window_closed."),
            "reason": text("The provider's own words."),
        },
        optional=("code", "reason"),
        description="An attempt to send the message. One without a code brought the message's status.",
    ),
    "Failure": answered(
        {
            "code": text("The provider's own code."),
            "reason": nullable(text("The provider's own words.")),
            "kind": {"enum": list(get_args(FailureKind))},
            "meaning": text("What happened, for staff."),
        },
        description="Why the provider rejected the message or did not deliver it.",
    ),
    "Message": answered(
        {
            "id": TEXT,
            "direction": {"enum": list(get_args(Direction))},
            "type": text(
                "text, media, interactive, location, contacts, reaction or template; inbound also image, video, audio, "
                "document, sticker, order, button, button_reply, list_reply, flow_reply, edit and others; call of a "
                "voice call."
            ),
            "channel": TEXT,
            "status": {"enum": list(get_args(Status))},
            "author": ref("Author"),
            "at": AT,
            "statuses": described(
                array(ref("DeliveryStatus")), "What the provider said of its delivery, each with its first time."
            ),
            "contact": text(
                "The person whom it is from or to: the number, or Meta's user id where the number is hidden."
            ),
            "provider_id": text("The message's id at the BSP, in either direction."),
            "tags": TAGS,
            "to": text("Outbound: what the provider was given, the number or Meta's user id."),
            "text": text("What a person would read: a text's body, a file's caption, a button's title."),
            "text_cut": {
                "type": "boolean",
                "description": "In a list: text (and the file's caption) has more than these 4,096 letters; "
                "GET /v1/messages/{id} has all of it.",
            },
            "media": ref("MessageMedia"),
            "template": ref("MessageTemplate"),
            **CONTENT_PROPERTIES,
            "sent_as": _SENT_AS,
            "bsp_message_id": text("The message's id at the BSP."),
            "sent_around": {
                "type": "boolean",
                "description": "There where gate24 did not send the message: other software did, or the WhatsApp "
                "Business app. Its type is unknown and its content missing where only its statuses tell of it.",
            },
            "at_is_estimate": {
                "type": "boolean",
                "description": "There where nothing has told when the message was sent: `at` is when it was delivered "
                "or read.",
            },
            "details": ref("MessageDetails"),
            "content_kept": {
                "type": "boolean",
                "description": "There where the time is over for which the organization keeps the content of messages: "
                "its text, media, template parameters and most details are gone.",
            },
            "attempts": described(
                array(ref("Attempt")),
                "Where it took more than one request with its Idempotency-Key, or the fallback: every attempt, oldest "
                "first.",
            ),
            "code": text("Why it was refused, rejected or failed, or is unknown: our code or the provider's."),
            "failure": ref("Failure"),
            "reason": text("The same for people: ours of a refusal, the provider's of a failure."),
            "cost": ref("Cost"),
        },
        optional=(
            *("to", "text", "text_cut", "media", "template", "sent_as", "bsp_message_id", "sent_around"),
            "at_is_estimate",
            "details",
            *CONTENT_PROPERTIES,
            *("content_kept", "attempts"),
            *("code", "failure", "reason", "cost"),
            *("contact", "provider_id", "tags"),
        ),
    ),
}
