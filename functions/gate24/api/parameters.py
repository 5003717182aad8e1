"""Parameters of the API's routes: in the path, the query and the headers."""

from __future__ import annotations

from typing import Any, Literal

from gate24.costs import FEES
from gate24.lazy_dataclass import dataclass
from gate24.members import EMAIL_LENGTH
from gate24.rules import content_limits as limits
from gate24.rules.channel_secrets import KINDS

_DATE = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "format": "date"}

_FILTER = {"type": "string", "minLength": 1, "maxLength": 100}

_MONTH = {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """Its key in ``PARAMETERS`` is how routes call it, ``name`` how callers do."""

    name: str
    place: Literal["path", "query", "header"]
    schema: dict[str, Any]
    description: str
    required: bool = False


PARAMETERS: dict[str, Parameter] = {
    "id": Parameter("id", "path", {"type": "string", "minLength": 1}, "The message's id.", True),
    "media_id": Parameter(
        "id", "path", {"type": "string", "minLength": 1}, "media.id of a message, or an upload's.", True
    ),
    "redirect": Parameter(
        "redirect",
        "query",
        {"type": "string", "pattern": "^(true|false)$", "default": "true"},
        "true redirects to the file, false only says where it is.",
    ),
    "erasure_id": Parameter("id", "path", {"type": "string", "minLength": 1}, "The erasure's id.", True),
    "unrecognized_id": Parameter("id", "path", {"type": "string", "minLength": 1}, "The event's id.", True),
    "webhook_id": Parameter("id", "path", {"type": "string", "minLength": 1}, "The webhook's id.", True),
    "organization_id": Parameter("id", "path", {"type": "string", "minLength": 1}, "The organization's id.", True),
    "email": Parameter(
        "email",
        "path",
        {"type": "string", "minLength": 1, "maxLength": EMAIL_LENGTH},
        "The member's e-mail address, in any case.",
        True,
    ),
    "key_id": Parameter("key_id", "path", {"type": "string", "minLength": 1}, "The key's id.", True),
    "secret_kind": Parameter(
        "kind",
        "path",
        {"type": "string", "enum": list(KINDS)},
        "Which secret: webhook-token is of Gupshup, app-secret and verify-token are of Meta.",
        True,
    ),
    "delivery_status": Parameter(
        "status",
        "query",
        {"type": "string", "enum": ["pending", "delivered", "failed", "dropped"]},
        "Only deliveries with this status: what waits by its next attempt, all others by their events, newest first.",
    ),
    "phone": Parameter(
        "phone",
        "path",
        {"type": "string", "minLength": 1},
        "The contact's phone number, E.164 (the + percent-encoded as %2B, or left out), or Meta's user id.",
        True,
    ),
    "name": Parameter(
        "name",
        "path",
        {"type": "string", "minLength": 1, "maxLength": limits.TEMPLATE_NAME_LENGTH},
        "The template's name.",
        True,
    ),
    "channel_id": Parameter("channel_id", "path", {"type": "string", "minLength": 1}, "The channel's id.", True),
    "window": Parameter(
        "window",
        "query",
        {"type": "string", "enum": ["open", "closing", "closed", "all"], "default": "all"},
        "Only contacts whose window is in this state; closing is open with less than four hours left.",
    ),
    "sort": Parameter(
        "sort",
        "query",
        {"type": "string", "enum": ["recent", "expires_at"]},
        "Most recently active first (recent, the default), or least time left first. Without it filter=needs_answer "
        "has least time left first, and then those whose window is closed, most recently active first.",
    ),
    "filter": Parameter(
        "filter",
        "query",
        {"type": "string", "enum": ["needs_answer", "cannot_be_written_to"]},
        "Only contacts who wait for an answer and can be written to; or to whom neither a freeform message nor a "
        "template may be sent now.",
    ),
    "assignee": Parameter(
        "assignee",
        "query",
        {"type": "string", "minLength": 1, "maxLength": 254},
        "Only chats that are assigned to this member (e-mail address); none: to nobody.",
    ),
    "label": Parameter(
        "label", "query", {"type": "string", "minLength": 1, "maxLength": 40}, "Only contacts with this label."
    ),
    "q": Parameter(
        "q",
        "query",
        {"type": "string", "maxLength": 100},
        "Only the contact with this number, however it is written, or user id; or contacts whose names have words that "
        "begin like these; or whose number has these digits in it.",
    ),
    "counts": Parameter(
        "counts",
        "query",
        {"type": "string", "enum": ["true", "false"], "default": "false"},
        "Whether to say how many contacts there are in each state.",
    ),
    "limit": Parameter(
        "limit",
        "query",
        {"type": "integer", "minimum": 1, "maximum": 100, "default": 50},
        "At most so many entries in one answer; fewer where they are long.",
    ),
    "export_limit": Parameter(
        "limit",
        "query",
        {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1000},
        "At most so many lines in one answer; fewer where they are long, or take long to read.",
    ),
    "confirm": Parameter(
        "confirm", "query", {"type": "string", "minLength": 1}, "The organization's id once more.", True
    ),
    "cursor": Parameter(
        "cursor",
        "query",
        {"type": "string", "minLength": 1, "maxLength": 4096},
        "next_cursor of the answer before.",
    ),
    "after": Parameter(
        "after",
        "query",
        {"type": "string", "minLength": 1, "maxLength": 4096},
        "next_cursor of the answer before; without it, the oldest events that are kept.",
    ),
    "types": Parameter(
        "types",
        "query",
        {"type": "string", "minLength": 1, "maxLength": 1000},
        "Only events of these types, separated by commas.",
    ),
    "from": Parameter("from", "query", _DATE, "The first day, of the organization's time zone.", True),
    "to": Parameter("to", "query", _DATE, "The last day, included.", True),
    "live_day": Parameter("day", "query", _DATE, "A day that has begun, of the organization's; without it, today."),
    "costs_day": Parameter("day", "query", _DATE, "A day that has begun, of the organization's time zone.", True),
    "of_channel": Parameter("channel", "query", _FILTER, "Only messages of this channel."),
    "of_category": Parameter("category", "query", _FILTER, "Only those that the day counts in this category."),
    "of_template": Parameter(
        "template",
        "query",
        {"type": "string", "minLength": 1, "maxLength": limits.TEMPLATE_NAME_LENGTH},
        "Only those of this template, by its name; #unknown: templates whose name is not known.",
    ),
    "of_author": Parameter(
        "author",
        "query",
        {"type": "string", "pattern": "^([0-9a-f]{12}|#unknown)$"},
        "Only what this author sent, by the author_id that a day names; #unknown: where it is not known who did.",
    ),
    "of_fee": Parameter(
        "fee", "query", {"type": "string", "enum": list(FEES)}, "Only those for which such a fee is counted."
    ),
    "card": Parameter(
        "card", "query", {"type": "string", "minLength": 1, "maxLength": 100}, "The rate card's id.", True
    ),
    "report_from": Parameter("from", "query", _DATE, "The first local day; without it, that of the trial's beginning."),
    "report_to": Parameter("to", "query", _DATE, "The last local day, included; without it, today."),
    "from_month": Parameter("from", "query", _MONTH, "The first month, of the organization's time zone.", True),
    "to_month": Parameter("to", "query", _MONTH, "The last month, included.", True),
    "class": Parameter(
        "class",
        "query",
        {"type": "string", "enum": ["matched", "different", "only_ours", "only_theirs", "all"], "default": "all"},
        "Only lines of this class; the summary is of all.",
    ),
    "month": Parameter("month", "query", _MONTH, "The month, of the organization's time zone; without it, this one."),
    "month_reported": Parameter("month", "query", _MONTH, "The month, of the organization's time zone.", True),
    "language": Parameter(
        "language",
        "query",
        {"type": "string", "enum": ["en", "hi"]},
        "English or Hindi; without it, what Accept-Language prefers, or English.",
    ),
    "idempotency_key": Parameter(
        "Idempotency-Key",
        "header",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": limits.IDEMPOTENCY_KEY_PATTERN},
        "One key, one message: the same key with the same body gives the first final answer again (all but 429, 503 "
        "and request_in_progress, after which it goes on with the same message). Kept for 7 days or more.",
        True,
    ),
    "token": Parameter("token", "query", {"type": "string"}, "The webhook token, where no header can be set."),
    "webhook_token": Parameter("X-Webhook-Token", "header", {"type": "string"}, "The channel's webhook token."),
    "signature": Parameter(
        "X-Hub-Signature-256",
        "header",
        {"type": "string"},
        "sha256= and the HMAC of the raw body with the app secret.",
        True,
    ),
    "hub_mode": Parameter("hub.mode", "query", {"type": "string"}, "subscribe", True),
    "hub_verify_token": Parameter("hub.verify_token", "query", {"type": "string"}, "The channel's verify token.", True),
    "hub_challenge": Parameter("hub.challenge", "query", {"type": "string"}, "What is to be given back.", True),
}
