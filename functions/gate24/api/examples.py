"""An example of every body, valid by its schema."""

from __future__ import annotations

from typing import Any

_WINDOW = {
    "state": "open",
    "opened_at": "2026-11-21T04:30:00Z",
    "last_inbound_at": "2026-11-21T05:10:00Z",
    "expires_at": "2026-11-22T05:10:00Z",
    "gate_closes_at": "2026-11-22T05:09:30Z",
    "closing_at": "2026-11-22T01:10:00Z",
    "seconds_left": 71_970,
    "closed_by": None,
}
_MAY = {"freeform": True, "template": True, "marketing": True, "code": None}
_SHUT = {"freeform": False, "code": "window_closed"}
_NOW = "2026-11-21T09:10:00Z"
_COST = {
    "amount": "0.0010",
    "currency": "USD",
    "lines": [{"fee": "gupshup", "amount": "0.0010"}],
    "estimate": True,
}
_MESSAGES = {"inbound": 40, "freeform": 25, "template": 10, "failed": 1, "refused": 2}
_FEES = {"whatsapp": "0.0420", "gupshup": "0.0750", "media": "0.0020"}
_REMINDER = {"name": "class_reminder", "language": "en", "params": ["Monday"]}

_MESSAGE: dict[str, Any] = {
    "id": "01J9ZQ4N6T",
    "direction": "outbound",
    "type": "text",
    "channel": "chn1",
    "text": "The class is on Monday at ten.",
    "sent_as": "freeform",
    "bsp_message_id": "e6a3c6de-5b0c-4f5e-8a44-0d2f1f6f8b11",
    "status": "delivered",
    "at": _NOW,
    "statuses": [
        {"status": "accepted", "at": _NOW},
        {"status": "delivered", "at": "2026-11-21T09:10:02Z"},
    ],
    "cost": _COST | {"estimate": False},
}
_CONTACT: dict[str, Any] = {
    "phone": "+919876543210",
    "user_ids": [],
    "name": "Asha",
    "blocked": False,
    "consent": {"status": "opted_in", "at": "2026-11-01T06:00:00Z", "source": "paper form"},
    "marketing_stopped": False,
    "unreachable": False,
    "windows": [{"channel": "chn1", "window": _WINDOW, "may": {"open": _MAY, "closed": _MAY | _SHUT}}],
    "last_activity_at": "2026-11-21T05:10:00Z",
    "server_time": _NOW,
}
_CONSENT: dict[str, Any] = {
    "action": "opt_in",
    "at": "2026-11-01T06:00:00Z",
    "source": "paper form",
    "evidence": "form 17 of the camp in Pune",
    "actor": "api",
}
_TEMPLATE: dict[str, Any] = {
    "channel": "chn1",
    "bsp_template_id": "7f9c2ba4-0d8e-4c11-9a53-6f1f0c5d2e10",
    "language": "en",
    "category": "utility",
    "status": "approved",
    "params": 1,
    "media": None,
}
_DAY: dict[str, Any] = {
    "date": "2026-11-21",
    "timezone": "Asia/Kolkata",
    "currency": "USD",
    "status": "final",
    "total": "0.1190",
    "messages": _MESSAGES,
    "fees": _FEES,
    "by_channel": [{"channel": "chn1", "messages": _MESSAGES, "fees": _FEES, "total": "0.1190"}],
    "by_category": [
        {"category": "inbound", "count": 40, "total": "0.0400"},
        {"category": "service", "count": 25, "total": "0.0270"},
        {"category": "utility", "count": 10, "total": "0.0520"},
    ],
    "unpriced": 0,
    "provider_billed": {"count": 10, "differences": 0},
}
_UNRECOGNIZED: dict[str, Any] = {
    "id": "1763716200000-1",
    "at": _NOW,
    "channel": "chn1",
    "reason": "unknown type",
    "raw": {"app": "ExampleNGO", "type": "new-kind", "payload": {}},
}


_COUNTS = {"all": 180, "open": 40, "closing": 6, "closed": 120, "never_opened": 20}


def _page(entry: dict[str, Any]) -> dict[str, Any]:
    return {"data": [entry], "next_cursor": None, "server_time": _NOW}


EXAMPLES: dict[str, dict[str, dict[str, Any]]] = {
    "SendRequest": {
        "text": {"to": "+919876543210", "type": "text", "text": {"body": "The class is on Monday at ten."}},
        "text_with_fallback": {
            "to": "+919876543210",
            "channel": "chn1",
            "type": "text",
            "text": {"body": "The class is on Monday at ten."},
            "fallback": {"template": _REMINDER},
            "tags": {"campaign": "november"},
        },
        "media": {
            "to": "+919876543210",
            "type": "media",
            "media": {
                "kind": "document",
                "url": "https://files.example.org/timetable.pdf",
                "caption": "November",
                "filename": "timetable.pdf",
                "size_bytes": 120_000,
            },
        },
        "template": {"to": "+919876543210", "type": "template", "template": _REMINDER},
    },
    "SendAnswer": {
        "accepted": {
            "id": "01J9ZQ4N6T",
            "status": "accepted",
            "sent_as": "freeform",
            "bsp_message_id": "e6a3c6de-5b0c-4f5e-8a44-0d2f1f6f8b11",
            "window": _WINDOW,
            "server_time": _NOW,
            "cost": _COST,
        }
    },
    "CheckAnswer": {
        "allowed": {
            "decision": "allow",
            "code": None,
            "sent_as": "freeform",
            "allowed_actions": ["send_freeform", "send_template"],
            "window": _WINDOW,
            "server_time": _NOW,
            "cost": _COST,
        }
    },
    "Message": {"sent": _MESSAGE},
    "MessagePage": {"conversation": _page(_MESSAGE)},
    "Contact": {"contact": _CONTACT},
    "ContactPage": {"contacts": _page(_CONTACT) | {"counts": _COUNTS}},
    "ConsentRequest": {"opt_in": {name: _CONSENT[name] for name in ("action", "source", "evidence")}},
    "ConsentEntry": {"opted_in": _CONSENT},
    "ConsentEntryPage": {"history": _page(_CONSENT)},
    "BlockRequest": {"with_reason": {"reason": "abusive messages"}},
    "TemplateRequest": {"reminder": _TEMPLATE},
    "Template": {"reminder": {"name": "class_reminder", **_TEMPLATE}},
    "TemplatePage": {"registry": _page({"name": "class_reminder", **_TEMPLATE})},
    "DailyCostPage": {"a_day": _page(_DAY)},
    "UnrecognizedEventPage": {"events": _page(_UNRECOGNIZED)},
    "Me": {
        "console": {
            "organization": {
                "id": "org1",
                "name": "Example NGO",
                "timezone": "Asia/Kolkata",
                "currency": "USD",
            },
            "scopes": ["read", "send"],
            "channels": [
                {"id": "chn1", "provider": "gupshup", "business_number": "+919876500001", "margin_seconds": 30}
            ],
            "server_time": _NOW,
        }
    },
    "Health": {"well": {"status": "ok", "version": "0.1.0"}},
    "WebhookBody": {"gupshup": {"app": "ExampleNGO", "timestamp": 1763716200000, "version": 2, "type": "message"}},
}
