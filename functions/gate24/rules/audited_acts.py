"""Which operations the audit log tells of, and which it does not, with the reason. Each that changes something is in
one of the two tables."""

from __future__ import annotations

from collections.abc import Mapping

from gate24.audit import Act

_MEMBER_PUT, _MEMBER_REMOVED = Act("members", "member", "put"), Act("members", "member", "removed")
_KEY_MADE, _KEY_ROTATED = Act("keys", "key", "made"), Act("keys", "key", "rotated")
_KEY_REVOKED = Act("keys", "key", "revoked")

AUDITED: Mapping[str, Act] = {
    **dict.fromkeys(("putMember", "putMemberOf"), _MEMBER_PUT),
    **dict.fromkeys(("removeMember", "removeMemberOf"), _MEMBER_REMOVED),
    **dict.fromkeys(("makeKey", "createApiKey"), _KEY_MADE),
    **dict.fromkeys(("rotateKey", "rotateApiKey"), _KEY_ROTATED),
    **dict.fromkeys(("revokeKey", "revokeApiKey"), _KEY_REVOKED),
    "createChannel": Act("channels", "channel", "added"),
    "changeChannel": Act("channels", "channel", "changed"),
    "deleteChannel": Act("channels", "channel", "removed"),
    "putChannelSecret": Act("channels", "secret", "set"),
    "putTemplate": Act("templates", "template", "put"),
    "labelTemplate": Act("templates", "template", "changed"),
    **dict.fromkeys(("syncTemplates", "syncOwnTemplates"), Act("templates", "templates", "synced")),
    "createWebhook": Act("webhooks", "webhook", "added"),
    "changeWebhook": Act("webhooks", "webhook", "changed"),
    "deleteWebhook": Act("webhooks", "webhook", "removed"),
    "rotateWebhookSecret": Act("webhooks", "webhook", "rotated"),
    "replayEvents": Act("webhooks", "webhook", "replayed"),
    "createOrganization": Act("settings", "organization", "added"),
    **dict.fromkeys(
        ("changeOrganization", "changeKeywords", "setNotifications"), Act("settings", "organization", "changed")
    ),
    "exportOrganization": Act("contacts", "organization", "exported"),
    "putQuickReplies": Act("settings", "quick_replies", "changed"),
    **dict.fromkeys(("importContacts", "importPeople"), Act("contacts", "contacts", "imported")),
    "importConsents": Act("contacts", "consents", "imported"),
    "eraseContact": Act("contacts", "contact", "erased"),
    "exportContact": Act("contacts", "contact", "exported"),
    "replayUnrecognized": Act("events", "events", "replayed"),
}
"""By operation, also of those that commands do without the API."""

_CONVERSATION = "It is a message, and stands in the conversation."
_CONSENT = "The history of consent tells who did it."
_CHAT = "What was done about a chat stands with the chat."
_MOMENT = "It is forgotten within seconds, or stands in what is sent with it."
_PROVIDER = "The provider tells it; nobody of the organization does."

NOT_AUDITED: Mapping[str, str] = {
    **dict.fromkeys(("sendMessage", "markMessageRead"), _CONVERSATION),
    **dict.fromkeys(("recordConsent", "blockContact", "unblockContact"), _CONSENT),
    **dict.fromkeys(("setContactState", "assignContact", "labelContact", "addNote", "markContactRead"), _CHAT),
    **dict.fromkeys(("setAnswering", "endAnswering", "uploadMedia"), _MOMENT),
    **dict.fromkeys(("receiveGupshup", "receiveMeta"), _PROVIDER),
    **dict.fromkeys(("checkMessage", "tryKeyword"), "It changes nothing."),
    **dict.fromkeys(("setMyNotifications", "setMyPush"), "What somebody chose for themselves."),
    "testWebhook": "It changes nothing; the endpoint is sent a ping.",
    "rollUpDays": "It computes days once more and decides nothing.",
    "deleteOrganization": "The log goes with the organization; how a deletion went is kept for 30 days.",
    "rotatePlatformKey": "A key of the platform belongs to no organization.",
    "revokePlatformKey": "A key of the platform belongs to no organization.",
}
"""By operation: why not. What only reads is in neither table, but for exports of people's data."""
