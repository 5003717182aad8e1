"""Every webhook field, event, message type and status that Meta and Gupshup document, and gate24's kind of each.

What a kind does to window, consent, conversation and costs is in ``rules.webhook_effects``. The parsers read from this
table: what it calls noted is counted and not kept, what is not in it is kept as unrecognized. Both tables are printed
as ``docs/webhooks.md`` (``providers.webhook_table``). The date of a source is that of the page, or when it was read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gate24.rules.webhook_effects import NOTED

PARTS = "parts"
"""The kind of what holds parts that have rows of their own."""


class WebhookKind(NamedTuple):
    """What a provider calls ``name`` at ``place`` of a body. ``kind``: gate24's (``rules.webhook_effects``). ``about``:
    what it is, or why it does nothing, beyond what holds of its kind."""

    place: str
    name: str
    kind: str
    source: str
    about: str = ""


FIELD, MESSAGE, INTERACTIVE, SYSTEM = "field", "messages[].type", "interactive.type", "system.type"
STATUS, CALL, CALL_STATUS, PREFERENCE = "statuses[].status", "calls[].event", "calls: statuses[].status", "value"
MESSAGES_FIELD = "messages"

_FIELDS = "Meta, webhooks overview, 2026-06"
_LIST = "list of fields in Meta's app dashboard, as others copied it in 2026; no page of its own found"
_MESSAGES = "Meta, messages webhook reference, 2026-05"
_STATUSES = "Meta, status messages webhook reference, 2026-09"
_SYSTEM = "Meta, system messages webhook reference, 2026-08-11"
_CALLS = "Meta, calling API and webhook reference, 2025-11-25"
_GROUPS = "Meta, groups API webhooks, read 2026-11"
_COEXISTENCE = "Meta, onboarding WhatsApp Business app users, read 2026-11"
_ECHOES = "Meta, smb_message_echoes webhook reference, 2025-10-22"
_TEMPLATES = "Meta, template webhooks references, read 2026-11"
_PREFERENCES = "Meta, user_preferences webhook reference, 2026-06"

META = (
    WebhookKind(FIELD, "account_alerts", "account", _FIELDS),
    WebhookKind(FIELD, "account_review_update", "account", _FIELDS),
    WebhookKind(FIELD, "account_settings_update", "account", _FIELDS),
    WebhookKind(FIELD, "account_update", "account", _FIELDS),
    WebhookKind(FIELD, "automatic_events", "noted", _FIELDS, "a purchase or lead that Meta saw in a chat"),
    WebhookKind(FIELD, "business_capability_update", "account", _FIELDS),
    WebhookKind(FIELD, "business_status_update", "account", _LIST),
    WebhookKind(FIELD, "business_username_updates", "account", "Meta, business-scoped user ids, 2026-07-31"),
    WebhookKind(FIELD, "calls", PARTS, _CALLS),
    WebhookKind(FIELD, "flows", "account", "Meta, flows webhooks, read 2026-11"),
    WebhookKind(FIELD, "group_lifecycle_update", "group", _GROUPS),
    WebhookKind(
        FIELD, "group_participant_update", "group", "Meta, webhook payload reference of v23", "an older spelling"
    ),
    WebhookKind(FIELD, "group_participants_update", "group", _GROUPS),
    WebhookKind(FIELD, "group_settings_update", "group", _GROUPS),
    WebhookKind(FIELD, "group_status_update", "group", _GROUPS),
    WebhookKind(FIELD, "history", "history", _COEXISTENCE),
    WebhookKind(FIELD, "message_echoes", "sent_around", _LIST),
    WebhookKind(FIELD, "message_template_components_update", "noted", _TEMPLATES, "the registry holds no text"),
    WebhookKind(FIELD, "message_template_quality_update", "noted", _TEMPLATES, "a score, not a status"),
    WebhookKind(FIELD, "message_template_status_update", "template", _TEMPLATES),
    WebhookKind(FIELD, MESSAGES_FIELD, PARTS, _MESSAGES),
    WebhookKind(FIELD, "messaging_handovers", "noted", _LIST, "who answers in a thread; no page says more"),
    WebhookKind(FIELD, "partner_solutions", "account", _FIELDS),
    WebhookKind(FIELD, "payment_configuration_update", "account", _FIELDS),
    WebhookKind(FIELD, "phone_number_name_update", "account", _FIELDS),
    WebhookKind(FIELD, "phone_number_quality_update", "account", _FIELDS),
    WebhookKind(FIELD, "security", "account", _FIELDS),
    WebhookKind(FIELD, "smb_app_state_sync", "noted", _COEXISTENCE, "the address book of the WhatsApp Business app"),
    WebhookKind(FIELD, "smb_message_echoes", "sent_around", _ECHOES, "sent in the WhatsApp Business app"),
    WebhookKind(
        FIELD,
        "standby",
        "noted",
        _LIST,
        "a thread that another partner answers in, where sending is refused (131070); unknown whether its messages "
        "open our window",
    ),
    WebhookKind(FIELD, "template_category_update", "template", _TEMPLATES),
    WebhookKind(FIELD, "template_correct_category_detection", "noted", _TEMPLATES, "an opinion, not yet a category"),
    WebhookKind(FIELD, "tracking_events", "noted", _LIST, "clicks and views"),
    WebhookKind(
        FIELD, "user_id_update", "unrecognized", "Meta, changelog, 2026-08-11", "withdrawn for system messages"
    ),
    WebhookKind(FIELD, "user_preferences", PARTS, _PREFERENCES),
    WebhookKind(
        FIELD, "(any other)", "unrecognized", "", "one with messages and our number's metadata is read as messages"
    ),
    WebhookKind(MESSAGE, "text", "text", _MESSAGES),
    WebhookKind(MESSAGE, "image", "image", _MESSAGES),
    WebhookKind(MESSAGE, "video", "video", _MESSAGES),
    WebhookKind(MESSAGE, "audio", "audio", _MESSAGES, "also voice messages"),
    WebhookKind(MESSAGE, "document", "document", _MESSAGES),
    WebhookKind(MESSAGE, "sticker", "sticker", _MESSAGES),
    WebhookKind(MESSAGE, "location", "location", _MESSAGES),
    WebhookKind(MESSAGE, "contacts", "contacts", _MESSAGES),
    WebhookKind(MESSAGE, "order", "order", _MESSAGES),
    WebhookKind(MESSAGE, "button", "button", _MESSAGES, "a template's quick reply: `payload` and `text`"),
    WebhookKind(MESSAGE, "interactive", PARTS, _MESSAGES),
    WebhookKind(MESSAGE, "reaction", "reaction", _MESSAGES),
    WebhookKind(MESSAGE, "unsupported", "unsupported", "Meta, unsupported messages webhook reference, 2026-06-26"),
    WebhookKind(MESSAGE, "unknown", "unsupported", _MESSAGES, "the name that `unsupported` had until 2023"),
    WebhookKind(MESSAGE, "system", PARTS, _SYSTEM),
    WebhookKind(MESSAGE, "edit", "edit", "Meta, edit messages webhook reference, 2026-06-11", "coexistence only"),
    WebhookKind(MESSAGE, "revoke", "revoke", "Meta, revoke messages webhook reference, 2025-11", "coexistence only"),
    WebhookKind(MESSAGE, "request_welcome", "request_welcome", "Meta, changelog, 2026-03-27"),
    WebhookKind(MESSAGE, "(no type, content unclear)", "unknown", "Meta, notification payload examples, 2025"),
    WebhookKind(MESSAGE, "(any other)", "newer", ""),
    WebhookKind(MESSAGE, "(with group_id)", "group", _GROUPS),
    WebhookKind(MESSAGE, "(from our own number)", "echo", "Meta, messages webhook reference, 2026-05"),
    WebhookKind(INTERACTIVE, "button_reply", "button_reply", _MESSAGES, "`id` and `title`"),
    WebhookKind(INTERACTIVE, "list_reply", "list_reply", _MESSAGES, "`id` and `title`"),
    WebhookKind(INTERACTIVE, "nfm_reply", "flow_reply", _MESSAGES),
    WebhookKind(INTERACTIVE, "call_permission_reply", "call_permission_reply", _MESSAGES),
    WebhookKind(INTERACTIVE, "(none)", "interactive", ""),
    WebhookKind(SYSTEM, "user_changed_number", "system", _SYSTEM),
    WebhookKind(SYSTEM, "user_changed_user_id", "system", _SYSTEM),
    WebhookKind(SYSTEM, "customer_changed_number", "system", _SYSTEM, "an older name"),
    WebhookKind(SYSTEM, "customer_changed_user_id", "system", _SYSTEM, "an older name"),
    WebhookKind(SYSTEM, "user_identity_changed", "noted", _SYSTEM, "the person's encryption key changed"),
    WebhookKind(SYSTEM, "customer_identity_changed", "noted", _SYSTEM, "an older name"),
    WebhookKind(SYSTEM, "(any other)", "noted", ""),
    WebhookKind(MESSAGES_FIELD, "errors[]", "noted", _MESSAGES, "of the account, not of a message"),
    WebhookKind(
        MESSAGES_FIELD, "user_actions[]", "noted", "Meta, marketing messages webhooks, 2026", "clicks and views"
    ),
    WebhookKind(STATUS, "sent", "status", _STATUSES),
    WebhookKind(STATUS, "delivered", "status", _STATUSES),
    WebhookKind(STATUS, "read", "status", _STATUSES),
    WebhookKind(STATUS, "played", "status", _STATUSES, "of a voice message"),
    WebhookKind(STATUS, "failed", "status", _STATUSES, "its code may close the window or move the consent"),
    WebhookKind(STATUS, "deleted", "noted", "Meta, on-premises API, withdrawn"),
    WebhookKind(STATUS, "warning", "noted", "Meta, on-premises API, withdrawn"),
    WebhookKind(STATUS, "(recipient_type group)", "group", _STATUSES),
    WebhookKind(STATUS, "(any other)", "unrecognized", ""),
    WebhookKind(CALL, "connect (USER_INITIATED)", "call", _CALLS),
    WebhookKind(CALL, "terminate (USER_INITIATED)", "call", _CALLS, "joined to the entry of its `connect`"),
    WebhookKind(CALL, "connect (BUSINESS_INITIATED)", "business_call", _CALLS),
    WebhookKind(CALL, "terminate (BUSINESS_INITIATED, not picked up)", "business_call", _CALLS),
    WebhookKind(CALL, "terminate (BUSINESS_INITIATED, picked up)", "business_call_accepted", _CALLS),
    WebhookKind(CALL_STATUS, "RINGING", "business_call", _CALLS),
    WebhookKind(CALL_STATUS, "REJECTED", "business_call", _CALLS),
    WebhookKind(CALL_STATUS, "ACCEPTED", "business_call_accepted", _CALLS),
    WebhookKind(PREFERENCE, "stop", "preference", _PREFERENCES),
    WebhookKind(PREFERENCE, "resume", "preference", _PREFERENCES),
    WebhookKind(PREFERENCE, "signup", "signup", "Meta, in-app signup, 2026-06"),
    WebhookKind(PREFERENCE, "(any other)", "unrecognized", ""),
)
"""Meta's webhooks, which Gupshup passes through in version 3."""

TYPE, V2_MESSAGE, V2_STATUS, V2_USER = "type", "message: payload.type", "message-event: payload.type", "user-event"
V2_CONTENT, V2_TEMPLATE, V2_ACCOUNT = "message: payload.payload.type", "template-event", "account-event"

_INBOUND = "docs.gupshup.io/docs/inbound-messages, 2026-11"
_INTERACTIVE = "docs.gupshup.io/docs/interactive, 2026-11"
_EVENTS = "docs.gupshup.io/docs/message-events, 2026-11"
_USER = "docs.gupshup.io/docs/user-event, 2026-11"
_ACCOUNT = "docs.gupshup.io/docs/system-events, 2026-11"
_BILLING = "docs.gupshup.io/docs/billing-events, 2026-11"
_PLATFORM = "docs.gupshup.io/docs/platform-webhook-event-connectivity-check, 2026-11"
_PREFERENCE = "Gupshup, preference events, 2026-10, as quoted by a third party"
_UNDOCUMENTED = "not documented by Gupshup (searched 2026-11)"

GUPSHUP_V2 = (
    WebhookKind(TYPE, "message", PARTS, _INBOUND),
    WebhookKind(TYPE, "order", "order", "docs.gupshup.io, orders, a page without a link to it, 2026-11"),
    WebhookKind(TYPE, "message-event", PARTS, _EVENTS),
    WebhookKind(TYPE, "user-event", PARTS, _USER),
    WebhookKind(TYPE, "billing-event", "billing", _BILLING),
    WebhookKind(TYPE, "template-event", PARTS, _ACCOUNT),
    WebhookKind(TYPE, "preference-event", PARTS, _PREFERENCE),
    WebhookKind(TYPE, "account-event", "account", _ACCOUNT, "review, status, name, tier and capability"),
    WebhookKind(TYPE, "onboarding-event", "account", "partner-docs.gupshup.io, 2026-11"),
    WebhookKind(TYPE, "platform-event", "account", _PLATFORM, "a connectivity check"),
    WebhookKind(TYPE, "(any other)", "unrecognized", _PLATFORM, "calls, groups, echoes and history: none documented"),
    WebhookKind(V2_MESSAGE, "text", "text", _INBOUND),
    WebhookKind(V2_MESSAGE, "image", "image", _INBOUND),
    WebhookKind(V2_MESSAGE, "video", "video", _INBOUND),
    WebhookKind(V2_MESSAGE, "audio", "audio", _INBOUND),
    WebhookKind(V2_MESSAGE, "sticker", "sticker", _INBOUND),
    WebhookKind(V2_MESSAGE, "file", "document", _INBOUND),
    WebhookKind(V2_MESSAGE, "location", "location", _INBOUND),
    WebhookKind(V2_MESSAGE, "contact", "contacts", _INBOUND),
    WebhookKind(V2_MESSAGE, "button_reply", "button_reply", _INTERACTIVE, "`title` and `postbackText`"),
    WebhookKind(V2_MESSAGE, "list_reply", "list_reply", _INTERACTIVE, "`title` and `postbackText`"),
    WebhookKind(V2_MESSAGE, "quick_reply", "button_reply", _INTERACTIVE, "of a session message: `title`"),
    WebhookKind(V2_CONTENT, "button", "button", _INTERACTIVE, "a template's quick reply: `text` and `postbackText`"),
    WebhookKind(V2_MESSAGE, "reaction", "reaction", _UNDOCUMENTED, "as seen in production by others"),
    WebhookKind(V2_MESSAGE, "unsupported", "unsupported", _UNDOCUMENTED),
    WebhookKind(V2_MESSAGE, "unknown", "unsupported", _UNDOCUMENTED),
    WebhookKind(V2_MESSAGE, "edit", "edit", _UNDOCUMENTED, "version 3 has Meta's"),
    WebhookKind(V2_MESSAGE, "(no type, content unclear)", "unknown", ""),
    WebhookKind(V2_MESSAGE, "(any other)", "newer", ""),
    WebhookKind(V2_STATUS, "enqueued", "status", _EVENTS),
    WebhookKind(V2_STATUS, "sent", "status", _EVENTS),
    WebhookKind(V2_STATUS, "delivered", "status", _EVENTS),
    WebhookKind(V2_STATUS, "read", "status", _EVENTS),
    WebhookKind(V2_STATUS, "failed", "status", _EVENTS, "its code may close the window or move the consent"),
    WebhookKind(V2_STATUS, "deleted", "noted", _EVENTS, "the person deleted a message of their own"),
    WebhookKind(V2_STATUS, "mismatch", "noted", _EVENTS, "another spelling of a number, which is matched anyway"),
    WebhookKind(V2_STATUS, "others", "noted", _EVENTS, "miscellaneous"),
    WebhookKind(V2_STATUS, "(any other)", "unrecognized", ""),
    WebhookKind(V2_USER, "opted-in", "opt_in", _USER),
    WebhookKind(V2_USER, "opted-out", "opt_out", _USER),
    WebhookKind(V2_USER, "sandbox-start", "noted", _USER, "tries the webhook's address"),
    WebhookKind(V2_USER, "(any other)", "unrecognized", ""),
    WebhookKind(V2_TEMPLATE, "status-update", "template", _ACCOUNT, "older bodies have no `payload.type`"),
    WebhookKind(V2_TEMPLATE, "category-update", "template", _ACCOUNT),
    WebhookKind(V2_TEMPLATE, "category-update (current and correct)", "noted", _ACCOUNT, "announced, not done"),
    WebhookKind(V2_TEMPLATE, "quality-update", "noted", _ACCOUNT, "a score, not a status"),
    WebhookKind(PREFERENCE, "stop", "preference", _PREFERENCE),
    WebhookKind(PREFERENCE, "resume", "preference", _PREFERENCE),
)
"""Gupshup's own format, version 2."""

_V3 = "partner-docs.gupshup.io/docs/passthrough-v3-incoming-events, 2026-11"

GUPSHUP_V3 = (
    WebhookKind(FIELD, "billing-event", "billing", "partner-docs.gupshup.io/docs/v3-billing-events, 2026-11"),
    WebhookKind(
        FIELD,
        "billing-event (conversation_type call)",
        "noted",
        "partner-docs.gupshup.io/docs/v3-billing-events, 2026-11",
        "the price of a call is in no price list",
    ),
    WebhookKind(
        FIELD, "message_echoes (passed through)", "sent_around", _V3, "no example found; Meta's own shape, as all there"
    ),
    WebhookKind(FIELD, "platform-event", "account", _PLATFORM, "a connectivity check"),
    WebhookKind(
        FIELD,
        "smb_message_echoes (passed through)",
        "sent_around",
        "partner-docs.gupshup.io/reference/setsubscription-api-v3, mode COEXISTENCE, 2026-11",
        "sent in the WhatsApp Business app; Meta's own shape",
    ),
    WebhookKind(STATUS, "enqueued", "status", _V3),
    WebhookKind(STATUS, "failed (code and reason in the status)", "status", _V3, "a failure on Gupshup's side"),
    WebhookKind(STATUS, "(type set-callback)", "noted", _V3, "tries the webhook's address"),
)
"""What Gupshup adds to Meta's webhooks in version 3."""


def kinds_at(rows: Iterable[WebhookKind], place: str) -> dict[str, str]:
    """The kinds of what a provider names at that place, by name."""
    return {row.name: row.kind for row in rows if row.place == place}


def noted_at(rows: Iterable[WebhookKind], place: str) -> frozenset[str]:
    """What is counted and not kept of what a provider names at that place."""
    return frozenset(name for name, kind in kinds_at(rows, place).items() if kind in NOTED)


def renamed_at(rows: Iterable[WebhookKind], place: str) -> dict[str, str]:
    """The names at that place that gate24 has another name for."""
    return {name: kind for name, kind in kinds_at(rows, place).items() if kind not in (name, PARTS)}
