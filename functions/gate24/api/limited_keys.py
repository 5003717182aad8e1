"""What a key that is limited to channels may call.

A route that is not in the table is closed to such a key: whoever adds one says here what becomes of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from gate24.api.access import Access
from gate24.feed import EVENT_TYPES

_CONSENT = "What a person agreed to, and a block, hold for every channel of the organization."
_CARE = "Notes, labels, to whom a chat is assigned and whether it is done hold for every channel of the organization."
_MEMBERS = "A member sees every channel of the organization."
_LOG = "The audit log tells of every channel of the organization."
_NOTIFICATIONS = "Staff are told of the chats of every channel of the organization."
_KEYWORDS = "A keyword opts a person out, or in, on every channel of the organization."
_ERASURE = "An erasure takes a person away from every channel of the organization."

LIMITED_KEYS: Mapping[str, str | None] = {
    **dict.fromkeys(
        (
            *("sendMessage", "checkMessage", "markMessageRead", "uploadMedia"),
            *("getMessage", "getMedia", "getMe", "listMembers", "listContacts", "getContact", "listMessages"),
            *("showWhatIf", "listRateCards", "getBudgets", "getCostsReport", "showLiveCosts", "listCostMessages"),
            *("markContactRead", "setAnswering", "endAnswering", "getQuickReplies"),
            *("listOwnChannels", "labelTemplate", "syncOwnTemplates"),
            *("listTemplates", "putTemplate", "listDailyCosts", "listMonthlyCosts", "reconcileCosts"),
            *("listEvents", "listUnrecognized", "getUnrecognized"),
            *("getMyNotifications", "setMyNotifications", "setMyPush"),
            *("createWebhook", "listWebhooks", "getWebhook", "changeWebhook", "deleteWebhook"),
            *("rotateWebhookSecret", "testWebhook", "listDeliveries", "replayEvents"),
        )
    ),
    **dict.fromkeys(("listConsents", "recordConsent", "importPeople", "exportContact"), _CONSENT),
    **dict.fromkeys(("blockContact", "unblockContact"), _CONSENT),
    **dict.fromkeys(("setContactState", "assignContact", "labelContact", "putQuickReplies"), _CARE),
    **dict.fromkeys(("addNote", "listNotes", "listActions"), _CARE),
    **dict.fromkeys(("putMember", "removeMember"), _MEMBERS),
    "listAuditLog": _LOG,
    **dict.fromkeys(("eraseContact", "getErasure", "listErasures"), _ERASURE),
    **dict.fromkeys(("getNotifications", "setNotifications"), _NOTIFICATIONS),
    **dict.fromkeys(("getKeywords", "changeKeywords", "tryKeyword"), _KEYWORDS),
}
"""By operation: None where it knows no more than the key's channels, else why it cannot be split by channels."""

_UNKNOWN = "This is the whole organization's."
_WHAT_THEN = "A key of the organization that is limited to no channel may do it."

_STRANGERS = ("message.refused",)
"""Events that name people whom the channel may not know: the gate refuses sends to anybody."""

EVENTS_OF_CHANNELS = tuple(
    name for name, about in EVENT_TYPES.items() if about in ("message", "window", "template") and name not in _STRANGERS
)
"""The types of events each of which is of one channel and of people whom that channel knows."""


def require_unlimited_or_split(caller: Access, operation: str) -> None:
    """Problem ``unauthorized`` where a key that is limited to channels calls what cannot be split by them."""
    if caller.limit is None:
        return
    why = LIMITED_KEYS.get(operation, _UNKNOWN)
    if why is not None:
        raise caller.is_limited(f"{why} {_WHAT_THEN}")
