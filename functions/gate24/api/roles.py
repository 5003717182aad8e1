"""What a member of an organization may call, by the least role that it takes.

A route that is not in the table is for admins alone: whoever adds one says here who may call it. API keys know no
roles: their scopes say what they may.
"""

from __future__ import annotations

from collections.abc import Mapping

from gate24.api.access import Access
from gate24.api.problems import Problem
from gate24.members import Role, is_at_least

LEAST_ROLE: Mapping[str, Role] = {
    **dict.fromkeys(
        (
            *("sendMessage", "checkMessage", "markMessageRead", "uploadMedia"),
            *("getMessage", "getMedia", "getMe", "listMembers", "listTemplates"),
            *("listContacts", "getContact", "listMessages", "listConsents"),
            *("markContactRead", "setContactState", "assignContact", "labelContact", "setAnswering", "endAnswering"),
            *("addNote", "listNotes", "listActions", "getQuickReplies"),
            *("getMyNotifications", "setMyNotifications", "setMyPush"),
        ),
        "agent",
    ),
    **dict.fromkeys(
        (
            *("recordConsent", "importPeople", "blockContact", "unblockContact", "putQuickReplies"),
            *("listDailyCosts", "listMonthlyCosts", "getBudgets", "getCostsReport"),
            *("showWhatIf", "listRateCards", "reconcileCosts", "listEvents", "showLiveCosts", "listCostMessages"),
        ),
        "supervisor",
    ),
    **dict.fromkeys(
        (
            *("listOwnChannels", "labelTemplate", "syncOwnTemplates", "getKeywords", "changeKeywords", "tryKeyword"),
            *("putMember", "removeMember", "putTemplate", "eraseContact", "getErasure", "exportContact"),
            *("listKeys", "makeKey", "rotateKey", "revokeKey", "listAuditLog", "listErasures"),
            *("listUnrecognized", "getUnrecognized", "getNotifications", "setNotifications"),
            *("createWebhook", "listWebhooks", "getWebhook", "changeWebhook", "deleteWebhook"),
            *("rotateWebhookSecret", "testWebhook", "listDeliveries", "replayEvents"),
        ),
        "admin",
    ),
}
"""By operation. The events are not for agents: they tell of days' costs and of budgets."""


def require_role(caller: Access, operation: str) -> None:
    """Problem ``unauthorized`` where a member's role does not reach to the operation; it says which one does."""
    least = LEAST_ROLE.get(operation, "admin")
    if caller.kind == "member" and not is_at_least(caller.role, least):
        wanted = least if least == "admin" else f"{least} or admin"
        raise Problem(
            "unauthorized",
            f"This takes the role {wanted}; yours is {caller.role}. An admin of your organization can change it.",
            status=403,
        )
