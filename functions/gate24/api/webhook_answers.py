"""What the API answers about webhooks out and their deliveries, as JSON Schemas."""

from __future__ import annotations

from gate24.api.answer_parts import AT, COUNT, TEXT, answered, array, described, nullable, page_of, text
from gate24.api.requests import Schema, ref

_WEBHOOK: Schema = {
    "id": TEXT,
    "url": TEXT,
    "events": array(TEXT),
    "channels": described(nullable(array(TEXT)), "Null: all."),
    "format": {"enum": ["gate24", "provider"]},
    "description": TEXT,
    "status": {
        "enum": ["active", "paused", "failing"],
        "description": "failing: the endpoint has not taken an event for three days; it is tried on.",
    },
    "pause_reason": nullable(text("Why gate24 itself paused it.")),
    "failing_since": nullable(described(AT, "The first failure after the last success.")),
    "is_cut_off": {
        "type": "boolean",
        "description": "Ten calls in a row have failed: one event at a time probes, and the others wait.",
    },
    "behind_since": nullable(
        described(AT, "Events come faster than the endpoint answers, and wait for up to a minute more than their turn.")
    ),
    "created_at": AT,
}

WEBHOOK_ANSWERS: dict[str, Schema] = {
    "Webhook": answered(_WEBHOOK),
    "NewWebhook": answered(
        _WEBHOOK
        | {
            "secret": {
                "type": "string",
                "pattern": "^whsec_[A-Za-z0-9+/=]+$",
                "description": "Of the signatures (Standard Webhooks). Shown only here.",
            }
        }
    ),
    "WebhookPage": page_of("Webhook"),
    "WebhookTest": answered(
        {
            "ok": {"type": "boolean", "description": "Whether the endpoint answered with 2xx."},
            "status": nullable({"type": "integer", "description": "Of HTTP."}),
            "answer": nullable(text("The start of the answer's body; of a redirect, that none is followed.")),
            "problem": nullable(text("Why there was no answer.")),
            "took_ms": COUNT,
            "event_id": text("The ping's webhook-id."),
            "server_time": AT,
        }
    ),
    "EndpointAnswer": answered(
        {
            "at": AT,
            "status": nullable({"type": "integer", "description": "Of HTTP; null where there was no answer."}),
            "detail": text("The start of the answer's body, or what was wrong."),
            "took_ms": COUNT,
        }
    ),
    "WebhookDelivery": answered(
        {
            "event_id": text("The webhook-id."),
            "type": text("Of the event; provider where a provider's body is passed on."),
            "channel": nullable(TEXT),
            "at": described(AT, "When it happened."),
            "status": {
                "enum": ["pending", "delivered", "failed", "dropped"],
                "description": "failed: after more than a day of attempts; it may be replayed. dropped: what it is "
                "about was erased.",
            },
            "attempts": described(COUNT, "Calls of the endpoint; those of its last replay, if it was replayed."),
            "first_failed_at": nullable(AT),
            "next_attempt_at": nullable(described(AT, "Not before.")),
            "last_answer": nullable(ref("EndpointAnswer")),
        }
    ),
    "WebhookDeliveryPage": page_of("WebhookDelivery"),
    "WebhookReplay": answered(
        {
            "queued": described(COUNT, "Events that are told once more."),
            "not_found": described(array(TEXT), "Asked for by their ids, and not in the feed or not for this webhook."),
            "next_from": nullable(described(AT, "Where the next replay goes on, if the time holds more events.")),
            "server_time": AT,
        }
    ),
}
