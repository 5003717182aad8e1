"""What the API and the console read; consents, templates, blocks and erasure. Routes as in ``gate24.api.routes``."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.api.operations import LaterOperations
from gate24.api.router import respond
from gate24.observability import observed
from gate24.store.aws import connect_store

connect_store()

_OPERATIONS = LaterOperations(
    {
        "audit_routes": ("listAuditLog", "listErasures"),
        "budget_routes": ("getBudgets",),
        "contact_export": ("exportContact",),
        "contact_routes": (
            *("listContacts", "getContact", "eraseContact", "getErasure", "blockContact", "unblockContact"),
            *("listMessages", "getMessage", "listConsents", "recordConsent"),
        ),
        "cost_detail_routes": ("showLiveCosts", "listCostMessages"),
        "event_routes": ("listEvents",),
        "inbox_routes": (
            *("markContactRead", "setContactState", "assignContact", "labelContact", "setAnswering", "endAnswering"),
            *("addNote", "listNotes", "listActions", "getQuickReplies", "putQuickReplies"),
        ),
        "key_routes": ("listKeys", "makeKey", "rotateKey", "revokeKey"),
        "keyword_routes": ("getKeywords", "changeKeywords", "tryKeyword"),
        "media_routes": ("getMedia",),
        "member_routes": ("listMembers", "putMember", "removeMember"),
        "notification_routes": (
            *("getNotifications", "setNotifications", "getMyNotifications", "setMyNotifications", "setMyPush"),
        ),
        "organization_routes": (
            *("getMe", "listTemplates", "putTemplate", "labelTemplate", "listUnrecognized", "getUnrecognized"),
            *("listDailyCosts", "listMonthlyCosts", "reconcileCosts", "getCostsReport"),
        ),
        "webhook_routes": (
            *("createWebhook", "listWebhooks", "getWebhook", "changeWebhook", "deleteWebhook", "rotateWebhookSecret"),
            *("testWebhook", "listDeliveries", "replayEvents"),
        ),
        "what_if_routes": ("listRateCards", "showWhatIf"),
    },
    at_start=("contact_routes",),  # what is asked most
)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API event (payload 2.0), authorized but for the OpenAPI document and the health check."""
    return respond(event, _OPERATIONS)
