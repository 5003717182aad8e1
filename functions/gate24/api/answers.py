"""What the API answers, as JSON Schemas. Answers are open: a field may be added without breaking a reader."""

from __future__ import annotations

from typing import Any

from gate24.api.problems import PROBLEMS
from gate24.api.requests import REQUESTS, Schema, ref
from gate24.costs import FEES, MESSAGE_COUNTS

MESSAGE_STATUSES = (
    *("received", "sending", "accepted", "sent", "delivered", "read"),
    *("failed", "rejected", "refused", "unknown"),
)

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_MONEY: Schema = {
    "type": "string",
    "pattern": r"^[0-9]+(\.[0-9]{4,6})?$",
    "description": "A decimal string in the currency beside it; 0 is none.",
}
_CURRENCY: Schema = {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217."}
_AT: Schema = {"type": "string", "format": "date-time", "description": "RFC 3339, UTC, with Z."}
_SENT_AS: Schema = {
    "enum": ["freeform", "template"],
    "description": "A declared fallback turns freeform into template.",
}
_ACTIONS: Schema = {
    "type": "array",
    "items": _TEXT,
    "description": "What would work: send_freeform, send_template, wait_for_inbound, record_opt_in, unblock, ...",
}


def _open(properties: Schema, required: tuple[str, ...] | None = None, **more: Any) -> Schema:
    """An object with at least these fields, all of them required unless said otherwise."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties if required is None else required),
    } | more


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def page_of(name: str) -> Schema:
    """A list with its cursor; null where there is no more."""
    return _open({"data": {"type": "array", "items": ref(name)}, "next_cursor": _nullable(_TEXT), "server_time": _AT})


_MESSAGES = _open({name: _COUNT for name in MESSAGE_COUNTS})
_FEES = _open({fee: _MONEY for fee in FEES})
_PROVIDER = _open(
    {"name": _TEXT, "code": _TEXT, "details": _TEXT},
    ("name",),
    description="The BSP and what it said, in its own words.",
)
_TEMPLATE_FIELDS = REQUESTS["TemplateRequest"]["properties"]

ANSWERS: dict[str, Schema] = {
    "Window": _open(
        {
            "state": {"enum": ["open", "closed", "never_opened"]},
            "opened_at": _nullable(_AT),
            "last_inbound_at": _nullable(_AT),
            "expires_at": _nullable({**_AT, "description": "WhatsApp's own end: 24 hours after the last inbound."}),
            "gate_closes_at": _nullable(
                {**_AT, "description": "Until then the gate sends freeform messages: the channel's margin earlier."}
            ),
            "closing_at": _nullable(
                {**_AT, "description": "From then on an open window counts as closing: four hours before its end."}
            ),
            "seconds_left": {**_COUNT, "description": "Until gate_closes_at; 0 unless open."},
            "closed_by": {"enum": [None, "lapsed", "provider"]},
        },
        description="The session window of a contact on a channel, by the provider's clock.",
    ),
    "May": _open(
        {
            "freeform": {"type": "boolean"},
            "template": {"type": "boolean", "description": "Utility and authentication templates."},
            "marketing": {"type": "boolean", "description": "Marketing templates."},
            "code": _nullable(
                {
                    "enum": ["blocked", "opted_out", "not_opted_in", "window_closed", "marketing_stopped"],
                    "description": "Reason for the first of the three that is not allowed.",
                }
            ),
        },
        description="Which kinds of message the gate would send, their content being in order.",
    ),
    "Cost": _open(
        {
            "amount": _MONEY,
            "currency": _CURRENCY,
            "lines": {"type": "array", "items": _open({"fee": {"enum": list(FEES)}, "amount": _MONEY})},
            "estimate": {"type": "boolean", "description": "Whether what becomes of the message may still change it."},
        }
    ),
    "SendAnswer": _open(
        {
            "id": _TEXT,
            "status": {"const": "accepted"},
            "sent_as": _SENT_AS,
            "bsp_message_id": _nullable(_TEXT),
            "window": ref("Window"),
            "server_time": _AT,
            "cost": ref("Cost"),
        }
    ),
    "CheckAnswer": _open(
        {
            "decision": {"enum": ["allow", "refuse"]},
            "code": _nullable({"enum": list(PROBLEMS)}),
            "sent_as": _SENT_AS,
            "allowed_actions": _ACTIONS,
            "window": ref("Window"),
            "server_time": _AT,
            "cost": _nullable(ref("Cost")),
        }
    ),
    "Message": _open(
        {
            "id": _TEXT,
            "direction": {"enum": ["inbound", "outbound"]},
            "type": {
                "type": "string",
                "description": "text, media or template; inbound also location, reaction and others.",
            },
            "channel": _TEXT,
            "text": {"type": "string", "description": "What was written, where there is text."},
            "media": {"type": "object", "description": "The file, where there is one."},
            "template": {"type": "object", "description": "Name, language and parameters, where it is one."},
            "sent_as": _SENT_AS,
            "bsp_message_id": _TEXT,
            "status": {"enum": list(MESSAGE_STATUSES)},
            "code": {
                "type": "string",
                "description": "Why it was refused, rejected or failed: ours or the BSP's code.",
            },
            "failure": _open(
                {"code": _TEXT, "reason": _nullable(_TEXT), "kind": _TEXT, "meaning": _TEXT},
                ("code",),
                description="What the BSP said and what it means.",
            ),
            "at": _AT,
            "statuses": {"type": "array", "items": _open({"status": _TEXT, "at": _AT})},
            "cost": ref("Cost"),
        },
        ("id", "direction", "type", "status", "at", "statuses"),
    ),
    "Contact": _open(
        {
            "phone": _nullable(_TEXT),
            "user_ids": {"type": "array", "items": _TEXT, "description": "Meta's business-scoped user ids."},
            "name": _nullable(_TEXT),
            "blocked": {"type": "boolean"},
            "marketing_stopped": {"type": "boolean", "description": "Marketing was switched off in WhatsApp itself."},
            "unreachable": {"type": "boolean", "description": "Not on WhatsApp, until the contact writes again."},
            "consent": _open(
                {
                    "status": {"enum": ["opted_in", "opted_out", "none"]},
                    "at": _nullable(_AT),
                    "source": _nullable(_TEXT),
                }
            ),
            "windows": {
                "type": "array",
                "items": _open(
                    {
                        "channel": _TEXT,
                        "window": ref("Window"),
                        "may": _open(
                            {"open": _nullable(ref("May")), "closed": ref("May")},
                            description="What may be sent while the window is open (null if it is not), and from the "
                            "moment it closes.",
                        ),
                    }
                ),
            },
            "last_activity_at": _nullable(_AT),
            "server_time": _AT,
        },
        ("phone", "name", "blocked", "consent", "windows", "last_activity_at"),
    ),
    "ConsentEntry": _open(
        {
            "action": {
                "type": "string",
                "description": "opt_in or opt_out; also block, unblock, and the contact's own switch for marketing "
                "messages in WhatsApp.",
            },
            "at": _AT,
            "source": _TEXT,
            "evidence": _nullable(_TEXT),
            "actor": _nullable(_TEXT),
        },
        ("action", "at", "source"),
    ),
    "Template": _open(
        {"name": _TEXT, **_TEMPLATE_FIELDS},
        ("name", "channel", "bsp_template_id", "language", "category", "status", "params", "media"),
    ),
    "DailyCost": _open(
        {
            "date": {"type": "string", "format": "date"},
            "timezone": {"type": "string", "description": "IANA; the day has 23, 24 or 25 hours."},
            "currency": _CURRENCY,
            "status": {"enum": ["provisional", "final", "restated"]},
            "total": _MONEY,
            "messages": _MESSAGES,
            "fees": _FEES,
            "by_channel": {
                "type": "array",
                "items": _open({"channel": _TEXT, "messages": _MESSAGES, "fees": _FEES, "total": _MONEY}),
            },
            "by_category": {"type": "array", "items": _open({"category": _TEXT, "count": _COUNT, "total": _MONEY})},
            "unpriced": {
                "type": "integer",
                "minimum": 0,
                "description": "Billed messages some fee of which is not known.",
            },
            "provider_billed": _open({"count": _COUNT, "differences": _COUNT}),
        }
    ),
    "UnrecognizedEvent": _open(
        {
            "id": _TEXT,
            "at": _AT,
            "channel": _nullable(_TEXT),
            "reason": _TEXT,
            "raw": {"description": "The event as the BSP sent it."},
        },
        ("at", "reason", "raw"),
    ),
    "Me": _open(
        {
            "organization": _open({"id": _TEXT, "name": _TEXT, "timezone": _TEXT, "currency": _CURRENCY}),
            "scopes": {"type": "array", "items": {"enum": ["read", "send", "admin"]}},
            "channels": {
                "type": "array",
                "items": _open(
                    {"id": _TEXT, "provider": _TEXT, "business_number": _TEXT, "margin_seconds": _COUNT},
                ),
            },
            "server_time": _AT,
        }
    ),
    "Health": _open({"status": {"const": "ok"}, "version": _TEXT}),
    "OpenApi": {"type": "object", "description": "The document itself."},
    "Problem": _open(
        {
            "type": {"type": "string", "format": "uri"},
            "title": _TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": _TEXT,
            "code": {"enum": list(PROBLEMS)},
            "request_id": _TEXT,
            "retryable": {"type": "boolean", "description": "Whether the same request may succeed later by itself."},
            "allowed_actions": _ACTIONS,
            "window": ref("Window"),
            "server_time": _AT,
            "provider": _PROVIDER,
            "errors": {
                "type": "array",
                "items": _open({"pointer": {"type": "string", "description": "RFC 6901."}, "detail": _TEXT}),
            },
        },
        ("type", "title", "status", "code", "request_id", "retryable", "allowed_actions"),
        description="RFC 9457.",
    ),
    "GatewayAnswer": _open(
        {"message": _TEXT}, (), description="API Gateway's own words where its authorizer answered."
    ),
}
ANSWERS |= {
    f"{name}Page": page_of(name)
    for name in ("Contact", "Message", "ConsentEntry", "Template", "DailyCost", "UnrecognizedEvent")
}
ANSWERS["ContactPage"]["properties"]["counts"] = _open(
    {name: _COUNT for name in ("all", "open", "closing", "closed", "never_opened")},
    description="How many contacts there are by the state of their windows, where that was asked for.",
)
