"""The bodies that callers send, as JSON Schemas: what is validated is what is documented.

Every object is closed, so that a mistyped field never passes silently. ``x-refused-above`` is a length that
the gate refuses with a code of its own; the document shows it as ``maxLength``.
"""

from __future__ import annotations

from collections.abc import Iterable

from gate24.api.content_requests import CONTENT_REQUESTS
from gate24.api.schema_words import COMPONENTS as COMPONENTS
from gate24.api.schema_words import Schema as Schema
from gate24.api.schema_words import closed, one_of
from gate24.api.schema_words import ref as ref
from gate24.api_keys import CHANNELS_MOST, NAME_LENGTH, SCOPES
from gate24.channels import ID_LENGTH
from gate24.feed import EVENT_TYPES
from gate24.inbox import LABELS_MOST
from gate24.members import LANGUAGES, ROLES
from gate24.members import NAME_LENGTH as MEMBER_NAME_LENGTH
from gate24.rules import content_limits as limits
from gate24.rules.endpoint_addresses import URL_LENGTH
from gate24.subscriptions import EVERY_EVENT

_URL: Schema = {
    "type": "string",
    "maxLength": limits.URL_LENGTH,
    "pattern": limits.URL_PATTERN,
    "description": "An http or https URL in ASCII, without user and password, that the BSP can fetch.",
    "examples": ["https://files.example.org/timetable.pdf"],
}
_FILENAME: Schema = {
    "type": "string",
    "maxLength": limits.FILENAME_LENGTH,
    "description": "The name under which a document is shown; ignored for other kinds.",
    "examples": ["timetable.pdf"],
}
_SIZE: Schema = {
    "type": "integer",
    "minimum": 0,
    "maximum": 2**53 - 1,
    "description": "The file's size in bytes. Without it the media fee is not known and the cost stays an estimate.",
}
_RECIPIENT: Schema = {
    "type": "string",
    "description": "The contact's phone number, E.164; spaces, dashes and 00 for the + are taken. Or Meta's "
    "business-scoped user id, unchanged, of a person who hides the number.",
    "examples": ["+919876543210", "IN.1234567890123456"],
}
_CHANNEL: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": ID_LENGTH,
    "description": "The channel's id; may be left out where the organization has one channel.",
}
_TAGS: Schema = {
    "type": "object",
    "maxProperties": limits.TAGS_COUNT,
    "propertyNames": {
        "pattern": limits.TAG_NAME_PATTERN,
        "description": "A tag's name is 1 to 64 letters, digits, _ or -.",
    },
    "additionalProperties": {"type": "string", "maxLength": limits.TAG_LENGTH},
    "description": "The caller's own labels, kept with the message; not for personal data.",
    "examples": [{"campaign": "november"}],
}
_LABELS: Schema = {
    "type": "array",
    "maxItems": LABELS_MOST,
    "items": {"type": "string", "minLength": 1, "maxLength": 40, "pattern": r"^[^\x00-\x1f\x7f]*$"},
}
_REASON: Schema = {"type": "string", "maxLength": 500, "description": "Why, for the record."}

_ENDPOINT: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": URL_LENGTH,
    "description": "An https URL on the internet that takes POST requests. No private or local address.",
    "examples": ["https://bot.example.org/hooks/gate24"],
}
_EVENTS: Schema = {
    "type": "array",
    "minItems": 1,
    "maxItems": len(EVENT_TYPES) + 1,
    "items": {"enum": [EVERY_EVENT, *EVENT_TYPES]},
    "description": "At least one type of event; * is all, those of later versions too. Of the format provider * alone "
    "makes sense: its bodies are passed on whatever they tell.",
    "examples": [["message.received", "message.status"], ["*"]],
}
_CHANNELS: Schema = {
    "type": ["array", "null"],
    "minItems": 1,
    "maxItems": 100,
    "items": {"type": "string", "minLength": 1, "maxLength": ID_LENGTH},
    "description": "At least one channel, for the events of these alone; null or left out: all.",
}
_FORMAT: Schema = {
    "enum": ["gate24", "provider"],
    "default": "gate24",
    "description": "provider: the provider's own webhook bodies, byte for byte, signed as the provider signs.",
}
_DESCRIPTION: Schema = {"type": "string", "maxLength": 200, "description": "For people."}


def described_time(description: str) -> Schema:
    """A moment in a request."""
    return {
        "type": "string",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$",
        "maxLength": 40,
        "description": f"RFC 3339. {description}",
        "examples": ["2026-11-21T04:30:00Z"],
    }


def _scopes(names: Iterable[str]) -> Schema:
    """Those that a key may be given."""
    enum = list(names)
    return {"type": "array", "minItems": 1, "maxItems": len(enum), "items": {"enum": enum}}


_API_KEY_FIELDS: Schema = {
    "name": {
        "type": "string",
        "minLength": 1,
        "maxLength": NAME_LENGTH,
        "description": "Which software holds it. The consent history shows it.",
    },
    "scopes": _scopes(SCOPES),
    "expires_at": described_time("From then on it is refused; never, if it is left out."),
    "channels": {
        "type": "array",
        "minItems": 1,
        "maxItems": CHANNELS_MOST,
        "uniqueItems": True,
        "items": {"type": "string", "maxLength": ID_LENGTH},
        "description": "The channels to which it is limited: it sends, reads and administers what is theirs. "
        "All of the organization, if it is left out.",
    },
}


def _send(kind: str, part: Schema, **more: Schema) -> Schema:
    properties = {"to": _RECIPIENT, "channel": _CHANNEL, "type": {"const": kind}, kind: part, "tags": _TAGS, **more}
    return closed(properties, ("to", "type", kind))


_CARDS: Schema = {"type": "array", "minItems": 1, "maxItems": limits.CONTACTS_COUNT, "items": ref("SharedContact")}
_PARTS: dict[str, Schema] = {
    "text": ref("Text"),
    "media": ref("Media"),
    "interactive": ref("Interactive"),
    "location": ref("Location"),
    "contacts": _CARDS,
    "reaction": ref("Reaction"),
    "template": ref("TemplatePart"),
}
_FREEFORM: Schema = {"context": ref("Context"), "fallback": ref("Fallback")}
_BESIDE: dict[str, Schema] = {"template": {}, "reaction": {"fallback": ref("Fallback")}}
"""Where it is not ``_FREEFORM``. WhatsApp shows no reaction as a reply (Meta, contextual replies, read 2026-11)."""

REQUESTS: dict[str, Schema] = {
    "SendRequest": one_of(
        "type",
        {name: f"Send{name.title()}" for name in _PARTS},
        "All but templates are freeform (session messages); each type has exactly its own part.",
    ),
    **{f"Send{name.title()}": _send(name, part, **_BESIDE.get(name, _FREEFORM)) for name, part in _PARTS.items()},
    **CONTENT_REQUESTS,
    "ReadRequest": closed(
        {"typing": {"type": "boolean", "description": "Whether the contact is shown that an answer is being written."}}
    ),
    "Text": closed(
        {
            "body": {
                "type": "string",
                "pattern": r"\S",
                "x-refused-above": limits.TEXT_LENGTH,
                "description": "The text, not blank.",
            },
            "preview_url": {
                "type": "boolean",
                "description": "Whether WhatsApp shows a preview of the first link in the text.",
            },
        },
        ("body",),
    ),
    "Media": closed(
        {
            "kind": {
                "enum": list(limits.MEDIA_KINDS),
                "description": "What WhatsApp takes: "
                + "; ".join(f"{name}: {kind.facts}" for name, kind in limits.MEDIA_KINDS.items())
                + ".",
            },
            "url": _URL,
            "id": {
                "type": "string",
                "minLength": 1,
                "maxLength": limits.MEDIA_ID_LENGTH,
                "description": "Instead of url: the id of a file from POST /v1/media, or the provider's own.",
            },
            "caption": {
                "type": "string",
                "x-refused-above": limits.CAPTION_LENGTH,
                "description": f"Only for {', '.join(limits.CAPTIONED_KINDS)}.",
            },
            "filename": _FILENAME,
            "size_bytes": _SIZE,
            "voice": {
                "type": "boolean",
                "description": "Only of audio: shown as a voice message. Ignored at Gupshup.",
            },
        },
        ("kind",),
        **{"if": {"required": ["id"]}, "else": {"required": ["url"]}},
    ),
    "MediaRequest": closed(
        {"url": _URL, "channel": _CHANNEL, "filename": _FILENAME},
        ("url",),
        description="A file by its https address, of at most 100 MB and as much as comes in 7 seconds. A file of at "
        "most 4 MB can be sent itself, as multipart/form-data with the parts file and channel. Its type is told by its "
        f"content, and must be one of {', '.join(limits.MEDIA_KINDS['document'].mime_types)}.",
    ),
    "TemplateMedia": closed(
        {
            "kind": {"enum": list(limits.TEMPLATE_MEDIA_KINDS)},
            "url": _URL,
            "filename": _FILENAME,
            "size_bytes": _SIZE,
        },
        ("kind", "url"),
        description="The file of a template with a media header.",
    ),
    "TemplatePart": closed(
        {
            "name": {"type": "string", "minLength": 1, "maxLength": limits.TEMPLATE_NAME_LENGTH},
            "language": {"type": "string", "minLength": 1, "maxLength": 20, "examples": ["en", "hi", "en_US"]},
            "params": {
                "type": "array",
                "maxItems": limits.PARAMS_COUNT,
                "items": {
                    "type": "string",
                    "maxLength": limits.PARAM_LENGTH,
                    "pattern": limits.PARAM_PATTERN,
                    "description": "Not empty; no new line, no tab, no four spaces in a row.",
                },
                "default": [],
                "description": "One for each placeholder of the template, in order.",
            },
            "media": ref("TemplateMedia"),
            "components": {
                "type": "array",
                "maxItems": limits.COMPONENTS_COUNT,
                "items": ref("TemplateComponent"),
                "description": "Instead of params and media: what fills header, body and buttons, in Meta's form.",
            },
        },
        ("name", "language"),
    ),
    "Fallback": closed(
        {"template": ref("TemplatePart")},
        ("template",),
        description="Goes out instead if the freeform message is refused because the window is closed, and only then.",
    ),
    "ConsentRequest": closed(
        {
            "action": {"enum": ["opt_in", "opt_out"]},
            "source": {
                "type": "string",
                "minLength": 1,
                "maxLength": 100,
                "description": "Where the contact said so.",
                "examples": ["paper form"],
            },
            "evidence": {
                "type": "string",
                "maxLength": 2000,
                "description": "What proves it.",
                "examples": ["form 17 of the camp in Pune"],
            },
        },
        ("action", "source"),
    ),
    "BlockRequest": closed({"reason": _REASON}),
    "ChatReadRequest": closed(
        {"up_to": {"type": "string", "minLength": 1, "description": "A message's id; without it all is read."}}
    ),
    "StateRequest": closed({"state": {"enum": ["open", "done"]}}, ("state",)),
    "AssigneeRequest": closed(
        {
            "assignee": {
                "type": ["string", "null"],
                "minLength": 1,
                "maxLength": 254,
                "description": "A member's e-mail address; null: nobody.",
                "examples": ["asha@example.org"],
            }
        },
        ("assignee",),
    ),
    "TemplateLabels": closed(
        {
            "channel": {"type": "string", "description": "May be left out where there is only one."},
            "language": {"type": "string", "minLength": 1, "maxLength": 20},
            "labels": {
                "type": "array",
                "maxItems": limits.PARAMS_COUNT,
                "items": {"type": "string", "maxLength": 60, "pattern": r"^[^\x00-\x1f\x7f]*$"},
                "description": "In the order of the values; empty where one has no name. They stay when the template "
                "is entered anew.",
                "examples": [["Child's name", "Day of the camp"]],
            },
        },
        ("language", "labels"),
    ),
    "KeywordTry": closed(
        {
            "text": {
                "type": "string",
                "minLength": 1,
                "maxLength": limits.TEXT_LENGTH,
                "description": "The message.",
                "examples": ["Stop. Thank you"],
            }
        },
        ("text",),
    ),
    "LabelsRequest": closed(
        {
            "labels": _LABELS
            | {
                "description": "All labels that the contact is to have.",
                "examples": [["pregnancy", "call back"]],
            },
            "instead_of": _LABELS
            | {
                "description": "The labels that you know the contact to have. What a colleague added or removed "
                "meanwhile then stays so. Without it the contact has `labels` and no others.",
                "examples": [["pregnancy"]],
            },
        },
        ("labels",),
    ),
    "NoteRequest": closed(
        {
            "text": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4096,
                "examples": ["Prefers to be called after six."],
            }
        },
        ("text",),
    ),
    "AnsweringRequest": closed({}),
    "QuickReplies": closed(
        {
            "data": {
                "type": "array",
                "maxItems": 100,
                "items": closed(
                    {
                        "name": {"type": "string", "minLength": 1, "maxLength": 60, "examples": ["hours"]},
                        "text": {
                            "type": "string",
                            "minLength": 1,
                            "maxLength": limits.TEXT_LENGTH,
                            "description": "May have the placeholders {{name}}, {{phone}} and {{channel}}.",
                            "examples": ["Dear {{name}}, we are here from 9 to 5."],
                        },
                    },
                    ("name", "text"),
                ),
            }
        },
        ("data",),
    ),
    "TemplateRequest": closed(
        {
            "channel": _CHANNEL,
            "bsp_template_id": {
                "type": "string",
                "minLength": 1,
                "maxLength": 256,
                "description": "The template's id at the BSP: a UUID at Gupshup, a number at Meta.",
            },
            "language": {"type": "string", "minLength": 1, "maxLength": 20},
            "category": {"enum": ["utility", "marketing", "authentication"]},
            "status": {"enum": ["approved", "pending", "rejected", "paused", "disabled"]},
            "params": {"type": "integer", "minimum": 0, "maximum": limits.PARAMS_COUNT},
            "media": {"enum": [None, *limits.TEMPLATE_MEDIA_KINDS], "default": None},
            "body": {
                "type": "string",
                "maxLength": limits.TEXT_LENGTH,
                "description": "The text with its placeholders {{1}}, {{2}} ..., for a preview.",
                "examples": ["Hello {{1}}, your class begins at {{2}}."],
            },
            "reason": {
                "type": "string",
                "minLength": 1,
                "maxLength": 512,
                "description": "Why it has this status; whoever sends a template that is not approved is told it.",
            },
        },
        ("bsp_template_id", "language", "category", "status"),
    ),
    "WebhookRequest": closed(
        {"url": _ENDPOINT, "events": _EVENTS, "channels": _CHANNELS, "format": _FORMAT, "description": _DESCRIPTION},
        ("url", "events"),
    ),
    "WebhookChange": closed(
        {
            "url": _ENDPOINT,
            "events": _EVENTS,
            "channels": _CHANNELS,
            "description": _DESCRIPTION,
            "status": {
                "enum": ["active", "paused"],
                "description": "While it is paused nothing is queued for it; a replay brings what was missed.",
            },
        }
    ),
    "ReplayRequest": closed(
        {
            "from": described_time("The first moment; events are kept for 7 days."),
            "to": described_time("The last moment; now, if it is left out."),
            "event_ids": {
                "type": "array",
                "maxItems": 100,
                "items": {"type": "string", "minLength": 1, "maxLength": 100},
                "description": "Instead of a time: the ids of up to 100 events.",
            },
        },
        description="Either from (and to), or event_ids.",
    ),
    "ApiKeyRequest": closed(_API_KEY_FIELDS, ("name", "scopes")),
    "KeyRequest": closed(
        _API_KEY_FIELDS | {"scopes": _scopes([scope for scope in SCOPES if scope != "admin"])}, ("name", "scopes")
    ),
    "NotificationSettings": closed(
        {
            "closing_digest_minutes": {
                "type": ["integer", "null"],
                "minimum": 15,
                "maximum": 600,
                "description": "How long before they close staff are told of chats that wait; null: never.",
            }
        },
        ("closing_digest_minutes",),
    ),
    "MyNotificationsRequest": closed(
        {
            "mail": {"type": "boolean", "description": "Whether to get mails, where the organization has them set."},
            "language": {"enum": list(LANGUAGES), "description": "That of the mails. Left out, it stays."},
        },
        ("mail",),
    ),
    "MyPushRequest": closed(
        {
            "endpoint": {
                "type": "string",
                "minLength": 1,
                "maxLength": URL_LENGTH,
                "description": "The address that the browser's push service gave out (`PushSubscription.endpoint`). "
                "Whoever has it can push, so it is shown nowhere.",
            },
            "push": {"type": "boolean", "description": "Whether to be told there."},
        },
        ("endpoint", "push"),
    ),
    "MemberRequest": closed(
        {
            "role": {
                "enum": list(ROLES),
                "description": "agent reads and answers chats; supervisor records consents, blocks and sees costs, "
                "too; admin may everything.",
            },
            "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": MEMBER_NAME_LENGTH,
                "description": "By which colleagues know the member. Left out, it stays; of somebody new it is what "
                "stands before the @.",
            },
        },
        ("role",),
    ),
    "RotationRequest": closed(
        {
            "grace_hours": {
                "type": "integer",
                "minimum": 0,
                "maximum": 720,
                "description": "How long the old secret stays valid: 24, if it is left out.",
            }
        }
    ),
    "WebhookBody": {"type": "object", "description": "As the BSP sends it; whatever the object, nothing is refused."},
}
