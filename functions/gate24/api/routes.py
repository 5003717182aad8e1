"""Every route of gate24 with what it takes and what it answers, as one table."""

from __future__ import annotations

from gate24.api_keys import Scope
from gate24.lazy_dataclass import dataclass

BODY_BYTES = 2**20
"""More than any valid body has."""

WEBHOOK_BYTES = 5 * 2**20
"""Meta's webhooks have up to 3 MB (Cloud API, webhooks, read 2026-11), and Gupshup passes them on, maybe escaped.
Lambda takes events of 6 MB."""


UPLOAD_BYTES = 4 * 2**20 + 2**16
"""Of a file of 4 MB as multipart. Lambda takes events of 6 MB, in which it is base64; larger files go by their
address."""


IMPORT_BYTES = 4 * 2**20
"""Of a table with contacts. Lambda takes events of 6 MB; what is larger goes in several requests."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer in one media type. ``schema``: a name in ``SCHEMAS``; None for a body that is not JSON, or
    for none. Of two with one status the first is what a caller gets who asks for nothing else."""

    status: int
    description: str
    schema: str | None = None
    media_type: str | None = "application/json"
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """``parameters`` are keys of ``PARAMETERS``, ``problems`` codes of ``PROBLEMS`` beside those that every
    authorized route has. ``scope``: what the API key must be allowed to do, or ``or_scope``; None where no API key is
    asked for. ``asked_again``: those of the problems that may pass here, with the seconds after which to ask again.
    ``body_bytes``: how many a body may have. ``of_platform``: whether it takes a key of the platform, which
    belongs to no organization and opens nothing else. ``of_members``: whether no key may call it."""

    method: str
    path: str
    operation: str
    summary: str
    answers: tuple[Answer, ...]
    scope: Scope | None = "read"
    or_scope: Scope | None = None
    parameters: tuple[str, ...] = ()
    body: str | None = None
    body_required: bool = True
    body_bytes: int = BODY_BYTES
    problems: tuple[str, ...] = ()
    asked_again: tuple[str, ...] = ()
    of_platform: bool = False
    of_members: bool = False

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """Those of which an API key must have one."""
        return tuple(scope for scope in (self.scope, self.or_scope) if scope is not None)


PAGE = ("limit", "cursor")
REFUSALS = (
    *("not_opted_in", "opted_out", "blocked", "number_changed", "marketing_stopped"),
    *("window_closed", "budget_exceeded"),
)
UNFIT = (
    *("template_not_found", "template_not_approved", "template_params_mismatch"),
    *("media_too_large", "text_too_long", "recipient_invalid", "not_supported_by_provider"),
)
NOTHING = (Answer(204, "Done.", media_type=None),)
CONTACT_NOW = (Answer(200, "The contact as it is now.", "Contact"),)
BLOCK_ANSWERS = (
    *CONTACT_NOW,
    Answer(204, "Done. The contact was erased and stays so; only the block is kept.", media_type=None),
)
OF_A_CONTACT = ("payload_invalid", "not_found", "recipient_invalid")
"""Problems of a route about a known contact that takes a body or a cursor."""
STORED = (Answer(200, "Durably stored, or parked to be stored.", media_type=None),)
WEBHOOK_PROBLEMS = ("payload_invalid", "unauthorized", "unavailable")

_FILES = (
    Answer(
        *(200, "With Accept: text/csv the whole range as CSV (RFC 4180) with a header row."),
        media_type="text/csv",
        headers=("Content-Disposition",),
    ),
    Answer(
        *(200, "With the media type of Excel's format (.xlsx) the whole range as a workbook."),
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
)
"""Of costs."""

_CHANNEL = "/v1/admin/organizations/{id}/channels/{channel_id}"

ROUTES = (
    Route(
        *("POST", "/v1/messages", "sendMessage", "Send a message through the gate"),
        answers=(Answer(202, "The BSP accepted the message.", "SendAnswer", headers=("Idempotency-Replayed",)),),
        scope="send",
        parameters=("idempotency_key",),
        body="SendRequest",
        problems=(
            *("payload_invalid", "idempotency_key_missing", "not_found", *REFUSALS, "request_in_progress"),
            *("idempotency_key_reused", *UNFIT, "throttled", "bsp_rejected", "bsp_outcome_unknown"),
        ),
    ),
    Route(
        *("POST", "/v1/messages/check", "checkMessage", "The decision and the cost, with nothing sent or stored"),
        answers=(Answer(200, "What sending would do now.", "CheckAnswer"),),
        scope="send",
        body="SendRequest",
        problems=OF_A_CONTACT,
    ),
    Route(
        *("GET", "/v1/messages/{id}", "getMessage", "One message with its statuses and cost"),
        answers=(Answer(200, "The message.", "Message"),),
        parameters=("id",),
        problems=("not_found",),
    ),
    Route(
        *("POST", "/v1/messages/{id}/read", "markMessageRead", "Mark a contact's message as read at the provider"),
        answers=NOTHING,
        scope="send",
        parameters=("id",),
        body="ReadRequest",
        body_required=False,
        problems=(
            *("payload_invalid", "not_found", "not_supported_by_provider", "throttled"),
            *("bsp_rejected", "bsp_outcome_unknown"),
        ),
    ),
    Route(
        *("POST", "/v1/media", "uploadMedia", "Upload a file to a channel's provider, to send it by its id"),
        answers=(Answer(201, "The file, as media.id of a send takes it.", "UploadedMedia"),),
        scope="send",
        body="MediaRequest",
        body_bytes=UPLOAD_BYTES,
        problems=(
            *("payload_invalid", "not_found", "url_not_allowed", "media_too_large", "throttled", "bsp_rejected"),
        ),
    ),
    Route(
        *("GET", "/v1/media/{id}", "getMedia", "The file of a message, or one that was uploaded"),
        answers=(
            Answer(302, "Where the file is, for a few minutes.", media_type=None, headers=("Location",)),
            Answer(200, "The same as JSON, with redirect=false.", "MediaAddress"),
        ),
        parameters=("media_id", "redirect"),
        problems=("payload_invalid", "not_found"),
        asked_again=("not_found",),
    ),
    Route(
        *("GET", "/v1/me", "getMe", "Who is calling: the organization, scopes and channels of the API key or member"),
        answers=(Answer(200, "Who is calling.", "Me"),),
    ),
    Route(
        *(
            "GET",
            "/v1/me/notifications",
            "getMyNotifications",
            "Whether the caller is told of chats that close soon",
        ),
        answers=(Answer(200, "The choice, and why nothing comes.", "MyNotifications"),),
    ),
    Route(
        *("PUT", "/v1/me/notifications", "setMyNotifications", "Choose whether to get mails of chats that close soon"),
        answers=(Answer(200, "The choice as it is now.", "MyNotifications"),),
        body="MyNotificationsRequest",
        problems=("payload_invalid",),
    ),
    Route(
        *("PUT", "/v1/me/push", "setMyPush", "Be told in a browser of chats that close soon, also while it is closed"),
        answers=(Answer(200, "The choice as it is now.", "MyNotifications"),),
        body="MyPushRequest",
        problems=("payload_invalid", "url_not_allowed", "push_not_set_up"),
    ),
    Route(
        *("GET", "/v1/notifications", "getNotifications", "How staff are told of chats that close soon"),
        answers=(Answer(200, "What the organization has set.", "Notifications"),),
        scope="admin",
    ),
    Route(
        *("PUT", "/v1/notifications", "setNotifications", "Set how long before they close staff are told of chats"),
        answers=(Answer(200, "What the organization has set.", "Notifications"),),
        scope="admin",
        body="NotificationSettings",
        problems=("payload_invalid", "mail_not_set_up"),
    ),
    Route(
        *("GET", "/v1/members", "listMembers", "The organization's staff, by e-mail address"),
        answers=(Answer(200, "A page of members.", "MemberPage"),),
        parameters=PAGE,
        problems=("payload_invalid",),
    ),
    Route(
        *("PUT", "/v1/members/{email}", "putMember", "Add a member, or give it another role or name"),
        answers=(Answer(200, "The member as it is now.", "Member"),),
        scope="admin",
        parameters=("email",),
        body="MemberRequest",
        problems=("payload_invalid", "last_admin"),
    ),
    Route(
        *("DELETE", "/v1/members/{email}", "removeMember", "Remove a member: it ends within 30 seconds"),
        answers=NOTHING,
        scope="admin",
        parameters=("email",),
        problems=("payload_invalid", "not_found", "last_admin"),
    ),
    Route(
        *("GET", "/v1/keys", "listKeys", "The organization's API keys, oldest first; for members alone"),
        answers=(Answer(200, "A page of keys, without their secrets.", "ApiKeyPage"),),
        scope="admin",
        parameters=PAGE,
        problems=("payload_invalid",),
        of_members=True,
    ),
    Route(
        *("POST", "/v1/keys", "makeKey", "Make an API key; for members alone"),
        answers=(Answer(201, "The key, which is shown here alone.", "NewApiKey"),),
        scope="admin",
        body="KeyRequest",
        problems=("payload_invalid",),
        of_members=True,
    ),
    Route(
        *("POST", "/v1/keys/{key_id}/rotate", "rotateKey"),
        "Another secret for a key; the old one is valid for the time of grace; for members alone",
        answers=(Answer(200, "The key, which is shown here alone.", "NewApiKey"),),
        scope="admin",
        parameters=("key_id",),
        body="RotationRequest",
        body_required=False,
        problems=("payload_invalid", "not_found"),
        of_members=True,
    ),
    Route(
        *("DELETE", "/v1/keys/{key_id}", "revokeKey"),
        "End a key, and what is left of a rotation, within 30 seconds; for members alone",
        answers=NOTHING,
        scope="admin",
        parameters=("key_id",),
        problems=("not_found",),
        of_members=True,
    ),
    Route(
        *("GET", "/v1/audit-log", "listAuditLog", "Who changed what of the organization, newest first"),
        answers=(Answer(200, "A page of acts.", "AuditPage"),),
        scope="admin",
        parameters=("audit_from", "audit_to", "audit_kind", *PAGE),
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/erasures", "listErasures", "Erasures of contacts, newest first, with no number"),
        answers=(Answer(200, "A page of erasures.", "ErasurePage"),),
        scope="erase",
        parameters=PAGE,
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/contacts", "listContacts", "Contacts with their windows"),
        answers=(Answer(200, "A page of contacts.", "ContactPage"),),
        parameters=("window", "sort", "filter", "assignee", "label", "q", "counts", *PAGE),
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/contacts/{phone}", "getContact", "A contact: consent, block, windows, last activity"),
        answers=(Answer(200, "The contact.", "Contact"),),
        parameters=("phone",),
        problems=("not_found", "recipient_invalid"),
    ),
    Route(
        *("DELETE", "/v1/contacts/{phone}", "eraseContact", "Erase a contact; an opt-out survives as a keyed hash"),
        answers=(*NOTHING, Answer(202, "The contact is gone; a long conversation is still being deleted.", "Erasure")),
        scope="erase",
        parameters=("phone",),
        problems=("not_found", "recipient_invalid"),
    ),
    Route(
        *("GET", "/v1/erasures/{id}", "getErasure", "How far an erasure is"),
        answers=(Answer(200, "The erasure.", "Erasure"),),
        scope="erase",
        parameters=("erasure_id",),
        problems=("not_found",),
    ),
    Route(
        *(
            "GET",
            "/v1/contacts/{phone}/messages",
            "listMessages",
            "The conversation, newest first, refused sends included",
        ),
        answers=(Answer(200, "A page of messages.", "MessagePage"),),
        parameters=("phone", *PAGE),
        problems=OF_A_CONTACT,
    ),
    Route(
        *("GET", "/v1/contacts/{phone}/consents", "listConsents", "The history of consent, newest first"),
        answers=(Answer(200, "A page of changes.", "ConsentEntryPage"),),
        parameters=("phone", *PAGE),
        problems=OF_A_CONTACT,
    ),
    Route(
        *("POST", "/v1/contacts/{phone}/consents", "recordConsent", "Record that a contact opted in or out"),
        answers=(Answer(201, "Recorded.", "ConsentEntry"),),
        scope="send",
        or_scope="consent",
        parameters=("phone",),
        body="ConsentRequest",
        problems=("payload_invalid", "recipient_invalid"),
    ),
    Route(
        *("POST", "/v1/contacts/import", "importPeople"),
        "Import rows of people with what they agreed to, or see what would become of each",
        answers=(Answer(200, "What became of each row, in their order.", "PeopleImportReport"),),
        scope="consent",
        body="PeopleImportRequest",
        body_bytes=IMPORT_BYTES,
        problems=("payload_invalid",),
    ),
    Route(
        *("PUT", "/v1/contacts/{phone}/block", "blockContact", "Block a contact: nothing may be sent"),
        answers=BLOCK_ANSWERS,
        scope="send",
        or_scope="consent",
        parameters=("phone",),
        body="BlockRequest",
        body_required=False,
        problems=("payload_invalid", "recipient_invalid"),
    ),
    Route(
        *("DELETE", "/v1/contacts/{phone}/block", "unblockContact", "Unblock a contact"),
        answers=BLOCK_ANSWERS,
        scope="consent",
        parameters=("phone",),
        problems=("not_found", "recipient_invalid"),
    ),
    Route(
        *("GET", "/v1/contacts/{phone}/export", "exportContact", "All that is known of one person"),
        answers=(Answer(200, "The contact, and its histories as far as they fit.", "ContactExport"),),
        parameters=("phone", "export_limit", "cursor"),
        problems=OF_A_CONTACT,
    ),
    Route(
        *(
            "POST",
            "/v1/contacts/{phone}/read",
            "markContactRead",
            "The chat is read, by staff; the provider is not told",
        ),
        answers=CONTACT_NOW,
        parameters=("phone",),
        body="ChatReadRequest",
        body_required=False,
        problems=OF_A_CONTACT,
    ),
    Route(
        *("PUT", "/v1/contacts/{phone}/state", "setContactState", "The chat is done, or open again"),
        answers=CONTACT_NOW,
        scope="send",
        parameters=("phone",),
        body="StateRequest",
        problems=OF_A_CONTACT,
    ),
    Route(
        *("PUT", "/v1/contacts/{phone}/assignee", "assignContact", "Assign the chat to a member, or to nobody"),
        answers=CONTACT_NOW,
        scope="send",
        parameters=("phone",),
        body="AssigneeRequest",
        problems=OF_A_CONTACT,
    ),
    Route(
        *("PUT", "/v1/contacts/{phone}/labels", "labelContact", "Set the contact's labels"),
        answers=CONTACT_NOW,
        scope="send",
        parameters=("phone",),
        body="LabelsRequest",
        problems=OF_A_CONTACT,
    ),
    Route(
        *("POST", "/v1/contacts/{phone}/notes", "addNote", "Write a note about the contact, which is sent to nobody"),
        answers=(Answer(201, "The note.", "Note"),),
        scope="send",
        parameters=("phone",),
        body="NoteRequest",
        problems=OF_A_CONTACT,
    ),
    Route(
        *("GET", "/v1/contacts/{phone}/notes", "listNotes", "Notes about the contact, newest first"),
        answers=(Answer(200, "A page of notes.", "NotePage"),),
        parameters=("phone", *PAGE),
        problems=OF_A_CONTACT,
    ),
    Route(
        *("GET", "/v1/contacts/{phone}/actions", "listActions", "Who did what about the chat, newest first"),
        answers=(Answer(200, "A page of what was done.", "ActionPage"),),
        parameters=("phone", *PAGE),
        problems=OF_A_CONTACT,
    ),
    Route(
        *(
            "PUT",
            "/v1/contacts/{phone}/answering",
            "setAnswering",
            "Say that an answer is being written, for 20 seconds",
        ),
        answers=CONTACT_NOW,
        scope="send",
        parameters=("phone",),
        body="AnsweringRequest",
        body_required=False,
        problems=OF_A_CONTACT,
    ),
    Route(
        *("DELETE", "/v1/contacts/{phone}/answering", "endAnswering", "Say that no answer is being written any more"),
        answers=CONTACT_NOW,
        scope="send",
        parameters=("phone",),
        problems=("not_found", "recipient_invalid"),
    ),
    Route(
        *("GET", "/v1/quick-replies", "getQuickReplies", "Texts that staff send often"),
        answers=(Answer(200, "All of them, in their order.", "QuickReplyList"),),
    ),
    Route(
        *("PUT", "/v1/quick-replies", "putQuickReplies", "Replace the texts that staff send often"),
        answers=(Answer(200, "All of them, in their order.", "QuickReplyList"),),
        scope="send",
        body="QuickReplies",
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/templates", "listTemplates", "The registry of templates"),
        answers=(Answer(200, "A page of templates.", "TemplatePage"),),
        parameters=PAGE,
        problems=("payload_invalid",),
    ),
    Route(
        *("PUT", "/v1/templates/{name}", "putTemplate", "Enter a template, or change it"),
        answers=(Answer(200, "The template as it is now.", "Template"),),
        scope="templates",
        parameters=("name",),
        body="TemplateRequest",
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("PUT", "/v1/templates/{name}/labels", "labelTemplate", "Say what the values of a template are called"),
        answers=(Answer(200, "The template as it is now.", "Template"),),
        scope="templates",
        parameters=("name",),
        body="TemplateLabels",
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("POST", "/v1/templates/sync", "syncOwnTemplates", "Copy the provider's list of templates into the registry"),
        answers=(Answer(200, "What became of each.", "SyncedTemplates"),),
        scope="templates",
        body="OwnTemplatesSyncRequest",
        body_required=False,
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("GET", "/v1/channels", "listOwnChannels", "The channels, and when their providers were last heard"),
        answers=(Answer(200, "All of them, by id.", "OwnChannelList"),),
        scope="admin",
    ),
    Route(
        *("GET", "/v1/keywords", "getKeywords", "The messages that opt a contact out or in"),
        answers=(Answer(200, "All of them.", "KeywordList"),),
        scope="admin",
    ),
    Route(
        *("PATCH", "/v1/keywords", "changeKeywords", "Add and remove messages that opt a contact out or in"),
        answers=(Answer(200, "All of them as they are now.", "KeywordList"),),
        scope="admin",
        body="KeywordsChange",
        problems=("payload_invalid",),
    ),
    Route(
        *("POST", "/v1/keywords/try", "tryKeyword", "What a message would do; nothing is stored or sent"),
        answers=(Answer(200, "Whether it opts in or out.", "TriedKeyword"),),
        scope="admin",
        body="KeywordTry",
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/costs/daily", "listDailyCosts", "Daily rollups of costs, both days included"),
        answers=(
            Answer(200, "A page of days.", "DailyCostPage"),
            *_FILES,
        ),
        parameters=("from", "to", *PAGE),
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/costs/monthly", "listMonthlyCosts", "The sums of the days of each month, both months included"),
        answers=(
            Answer(200, "A page of months.", "MonthlyCostPage"),
            *_FILES,
        ),
        parameters=("from_month", "to_month", *PAGE),
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/costs/live", "showLiveCosts", "What today, or another day, has cost by its ledger now"),
        answers=(Answer(200, "The day, or as much of it as there was time for.", "LiveCosts"),),
        parameters=("live_day", "cursor"),
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/costs/messages", "listCostMessages", "The messages that a day's costs are made of"),
        answers=(Answer(200, "A page of messages, oldest first.", "CostMessagePage"),),
        parameters=("costs_day", "of_channel", "of_category", "of_template", "of_author", "of_fee", *PAGE),
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/costs/budget", "getBudgets", "How the month stands to its budgets, and what it will cost"),
        answers=(Answer(200, "The budgets of the organization and of its channels.", "BudgetMonth"),),
        parameters=("month",),
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/costs/report", "getCostsReport", "A month's costs as one page to be printed, in plain words"),
        answers=(Answer(200, "The page.", media_type="text/html"),),
        parameters=("month_reported", "language"),
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/costs/what-if", "showWhatIf", "The same messages under another rate card, beside what they cost"),
        answers=(Answer(200, "As many days as there was time for.", "WhatIf"),),
        parameters=("card", "from", "to", "cursor"),
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/costs/rate-cards", "listRateCards", "The rate cards that there are"),
        answers=(Answer(200, "All of them.", "RateCards"),),
    ),
    Route(
        *("GET", "/v1/costs/reconciliation", "reconcileCosts", "What the provider billed, against the ledger"),
        answers=(
            Answer(200, "A page of lines, with the sums of all that was read so far.", "ReconciliationPage"),
            Answer(
                *(200, "With Accept: text/csv 5,000 lines, or limit, as CSV (RFC 4180) with a header row."),
                media_type="text/csv",
                headers=("Content-Disposition", "X-Next-Cursor"),
            ),
        ),
        parameters=("from", "to", "class", *PAGE),
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/events", "listEvents", "Everything that happened, in order, kept for 7 days"),
        answers=(Answer(200, "The next events.", "EventPage"),),
        scope="webhooks",
        or_scope="read",
        parameters=("after", "types", "limit"),
        problems=("payload_invalid",),
    ),
    Route(
        *(
            "GET",
            "/v1/unrecognized",
            "listUnrecognized",
            "Authentic webhook events that were not understood or could not be stored, newest first",
        ),
        answers=(Answer(200, "A page of events.", "UnrecognizedEventPage"),),
        scope="admin",
        parameters=PAGE,
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/unrecognized/{id}", "getUnrecognized", "The JSON of such an event, in parts, however long it is"),
        answers=(Answer(200, "A part of its text.", "UnrecognizedEventText"),),
        scope="admin",
        parameters=("unrecognized_id", "cursor"),
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("POST", "/v1/webhooks", "createWebhook", "Tell this URL of events"),
        answers=(
            Answer(201, "The webhook with its secret, which is shown here and when it is rotated.", "NewWebhook"),
        ),
        scope="webhooks",
        body="WebhookRequest",
        problems=("payload_invalid", "url_not_allowed"),
    ),
    Route(
        *("GET", "/v1/webhooks", "listWebhooks", "The webhooks that tell of events, oldest first"),
        answers=(Answer(200, "A page of webhooks.", "WebhookPage"),),
        scope="webhooks",
        parameters=PAGE,
        problems=("payload_invalid",),
    ),
    Route(
        *("GET", "/v1/webhooks/{id}", "getWebhook", "One webhook, and how its endpoint answers"),
        answers=(Answer(200, "The webhook.", "Webhook"),),
        scope="webhooks",
        parameters=("webhook_id",),
        problems=("not_found",),
    ),
    Route(
        *("PATCH", "/v1/webhooks/{id}", "changeWebhook", "Change, pause or resume a webhook"),
        answers=(Answer(200, "The webhook as it is now.", "Webhook"),),
        scope="webhooks",
        parameters=("webhook_id",),
        body="WebhookChange",
        problems=("payload_invalid", "not_found", "url_not_allowed"),
    ),
    Route(
        *("DELETE", "/v1/webhooks/{id}", "deleteWebhook", "Delete a webhook, and what waits for it"),
        answers=NOTHING,
        scope="webhooks",
        parameters=("webhook_id",),
        problems=("not_found",),
    ),
    Route(
        *("POST", "/v1/webhooks/{id}/rotate", "rotateWebhookSecret", "A new secret; the old one signs along for a day"),
        answers=(Answer(200, "The webhook with its new secret.", "NewWebhook"),),
        scope="webhooks",
        parameters=("webhook_id",),
        problems=("not_found", "throttled"),
    ),
    Route(
        *("POST", "/v1/webhooks/{id}/test", "testWebhook", "Send a ping, and see what the endpoint says"),
        answers=(Answer(200, "What the endpoint said, or why it said nothing.", "WebhookTest"),),
        scope="webhooks",
        parameters=("webhook_id",),
        problems=("not_found",),
    ),
    Route(
        *("GET", "/v1/webhooks/{id}/deliveries", "listDeliveries", "What became of each event"),
        answers=(Answer(200, "A page of deliveries.", "WebhookDeliveryPage"),),
        scope="webhooks",
        parameters=("webhook_id", "delivery_status", *PAGE),
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("POST", "/v1/webhooks/{id}/replay", "replayEvents", "Tell events once more: of a time, or by their ids"),
        answers=(Answer(202, "They are queued.", "WebhookReplay"),),
        scope="webhooks",
        parameters=("webhook_id",),
        body="ReplayRequest",
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("GET", "/v1/admin/organizations", "listOrganizations", "All organizations, by id"),
        answers=(Answer(200, "A page of organizations.", "OrganizationSettingsPage"),),
        scope="admin",
        of_platform=True,
        parameters=PAGE,
        problems=("payload_invalid",),
    ),
    Route(
        *("POST", "/v1/admin/organizations", "createOrganization", "Create an organization"),
        answers=(Answer(201, "The organization.", "OrganizationSettings"),),
        scope="admin",
        of_platform=True,
        body="OrganizationRequest",
        problems=("payload_invalid", "mail_not_set_up"),
    ),
    Route(
        *("GET", "/v1/admin/organizations/{id}", "getOrganization", "One organization with its settings"),
        answers=(Answer(200, "The organization.", "OrganizationSettings"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id",),
        problems=("not_found",),
    ),
    Route(
        *("PATCH", "/v1/admin/organizations/{id}", "changeOrganization", "Change settings of an organization"),
        answers=(Answer(200, "The organization as it is now.", "OrganizationSettings"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id",),
        body="OrganizationChange",
        problems=("payload_invalid", "not_found", "mail_not_set_up"),
    ),
    Route(
        *("DELETE", "/v1/admin/organizations/{id}", "deleteOrganization"),
        "Delete an organization with its channels, people and keys; what its days have cost stays",
        answers=(Answer(202, "Channels and keys are gone; its people are being erased.", "OrganizationDeletion"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", "confirm"),
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("GET", "/v1/admin/organizations/{id}/deletion", "getOrganizationDeletion"),
        "How far the deletion of an organization is; kept for 30 days after its end",
        answers=(Answer(200, "The deletion.", "OrganizationDeletion"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id",),
        problems=("not_found",),
    ),
    Route(
        *("GET", "/v1/admin/organizations/{id}/export", "exportOrganization"),
        "All of an organization, line by line: contacts with consents and messages, templates, days of costs",
        answers=(Answer(200, "The next lines.", "ExportPage"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", "export_limit", "cursor"),
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("GET", "/v1/admin/organizations/{id}/channels", "listChannels", "The channels of an organization, by id"),
        answers=(Answer(200, "A page of channels.", "ChannelSettingsPage"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", *PAGE),
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("POST", "/v1/admin/organizations/{id}/channels", "createChannel", "Create a channel: a business number"),
        answers=(
            Answer(201, "The channel with the secret that was made for its webhook, shown here alone.", "NewChannel"),
        ),
        scope="admin",
        of_platform=True,
        parameters=("organization_id",),
        body="ChannelRequest",
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("GET", _CHANNEL, "getChannel", "One channel with its settings, and which secrets it has"),
        answers=(Answer(200, "The channel.", "ChannelSettings"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", "channel_id"),
        problems=("not_found",),
    ),
    Route(
        *("PATCH", _CHANNEL, "changeChannel", "Change settings of a channel"),
        answers=(Answer(200, "The channel as it is now.", "ChannelSettings"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", "channel_id"),
        body="ChannelChange",
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("DELETE", _CHANNEL, "deleteChannel", "Delete a channel with its secrets and templates"),
        answers=NOTHING,
        scope="admin",
        of_platform=True,
        parameters=("organization_id", "channel_id"),
        problems=("not_found",),
    ),
    Route(
        *("PUT", f"{_CHANNEL}/secrets/{{kind}}", "putChannelSecret", "Set a secret of a channel"),
        answers=(Answer(200, "It is valid within a minute.", "SecretCount"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", "channel_id", "secret_kind"),
        body="SecretRequest",
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("GET", f"{_CHANNEL}/shadow-report", "reportShadow"),
        "What the gate would have said of the messages that were sent around it",
        answers=(
            Answer(200, "The sums so far, and the messages that are named since the last answer.", "ShadowReport"),
        ),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", "channel_id", "report_from", "report_to", "cursor"),
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("POST", f"{_CHANNEL}/templates/sync", "syncTemplates"),
        "Copy the provider's list of templates into the registry, and withdraw those that it no longer has",
        answers=(Answer(200, "What became of each.", "SyncedTemplates"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", "channel_id"),
        body="TemplatesSyncRequest",
        body_required=False,
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("GET", "/v1/admin/organizations/{id}/keys", "listApiKeys", "The API keys of an organization, oldest first"),
        answers=(Answer(200, "A page of keys, without their secrets.", "ApiKeyPage"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", *PAGE),
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("POST", "/v1/admin/organizations/{id}/keys", "createApiKey", "Make an API key for an organization"),
        answers=(Answer(201, "The key, which is shown here alone.", "NewApiKey"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id",),
        body="ApiKeyRequest",
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *(
            "POST",
            "/v1/admin/organizations/{id}/keys/{key_id}/rotate",
            "rotateApiKey",
            "Another secret for a key; the old one is valid for the time of grace",
        ),
        answers=(Answer(200, "The key, which is shown here alone.", "NewApiKey"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", "key_id"),
        body="RotationRequest",
        body_required=False,
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *(
            "DELETE",
            "/v1/admin/organizations/{id}/keys/{key_id}",
            "revokeApiKey",
            "End a key, and what is left of a rotation, within 30 seconds",
        ),
        answers=NOTHING,
        scope="admin",
        of_platform=True,
        parameters=("organization_id", "key_id"),
        problems=("not_found",),
    ),
    Route(
        *("GET", "/v1/admin/organizations/{id}/members", "listMembersOf", "The staff of an organization, by address"),
        answers=(Answer(200, "A page of members.", "MemberPage"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", *PAGE),
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("PUT", "/v1/admin/organizations/{id}/members/{email}", "putMemberOf"),
        "Add a member to an organization, or give it another role or name",
        answers=(Answer(200, "The member as it is now.", "Member"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", "email"),
        body="MemberRequest",
        problems=("payload_invalid", "not_found", "last_admin"),
    ),
    Route(
        *("DELETE", "/v1/admin/organizations/{id}/members/{email}", "removeMemberOf"),
        "Remove a member of an organization: it ends within 30 seconds",
        answers=NOTHING,
        scope="admin",
        of_platform=True,
        parameters=("organization_id", "email"),
        problems=("payload_invalid", "not_found", "last_admin"),
    ),
    Route(
        *("GET", "/v1/admin/keys", "listPlatformKeys", "The platform's own keys, oldest first"),
        answers=(Answer(200, "A page of keys, without their secrets.", "ApiKeyPage"),),
        scope="admin",
        of_platform=True,
        parameters=PAGE,
        problems=("payload_invalid",),
    ),
    Route(
        *("POST", "/v1/admin/keys/{key_id}/rotate", "rotatePlatformKey"),
        "Another secret for a key of the platform; the old one is valid for the time of grace",
        answers=(Answer(200, "The key, which is shown here alone.", "NewApiKey"),),
        scope="admin",
        of_platform=True,
        parameters=("key_id",),
        body="RotationRequest",
        body_required=False,
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("DELETE", "/v1/admin/keys/{key_id}", "revokePlatformKey"),
        "End a key of the platform, the calling one too, within 30 seconds",
        answers=NOTHING,
        scope="admin",
        of_platform=True,
        parameters=("key_id",),
        problems=("not_found",),
    ),
    Route(
        *("POST", "/v1/admin/organizations/{id}/contacts/import", "importContacts"),
        "Take over contacts of another software: number, name, consent, and when they last wrote",
        answers=(Answer(200, "What became of the rows for which there was time.", "ImportReport"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id",),
        body="ContactsImportRequest",
        body_bytes=IMPORT_BYTES,
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("POST", "/v1/admin/organizations/{id}/consents/import", "importConsents"),
        "Record opt-ins and opt-outs, each from its date or from now on",
        answers=(Answer(200, "What became of the rows for which there was time.", "ImportReport"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id",),
        body="ConsentsImportRequest",
        body_bytes=IMPORT_BYTES,
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("POST", "/v1/admin/organizations/{id}/rollup", "rollUpDays"),
        "Compute the costs of days now; without days, of those that may have changed",
        answers=(Answer(202, "The days are queued; daily costs tell when they are stated.", "QueuedDays"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id",),
        body="RollupRequest",
        body_required=False,
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("GET", "/v1/admin/organizations/{id}/unrecognized", "listUnrecognizedOf"),
        "Events that were not understood or could not be stored, newest first",
        answers=(Answer(200, "A page of events.", "UnrecognizedEventPage"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id", *PAGE),
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("POST", "/v1/admin/organizations/{id}/unrecognized/replay", "replayUnrecognized"),
        "Take in what the version that runs now understands and can store",
        answers=(Answer(200, "What became of each.", "ReplayedEvents"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id",),
        body="UnrecognizedReplayRequest",
        problems=("payload_invalid", "not_found"),
    ),
    Route(
        *("GET", "/v1/admin/organizations/{id}/health", "checkOrganization"),
        "What is wrong with what an organization's messages need: table, queue, secrets and settings",
        answers=(Answer(200, "The checks.", "Health"),),
        scope="admin",
        of_platform=True,
        parameters=("organization_id",),
        problems=("not_found",),
    ),
    Route(
        *("GET", "/v1/openapi.json", "getOpenApi", "This document"),
        answers=(Answer(200, "OpenAPI 3.1.", "OpenApi"),),
        scope=None,
    ),
    Route(
        *("GET", "/healthz", "getHealth", "Whether the API answers, its version, and with a key what is wrong"),
        answers=(Answer(200, "It does. With a valid API key: table, queue, secrets and settings, checked.", "Health"),),
        scope=None,
    ),
    Route(
        *("GET", "/console", "getConsole", "The web console"),
        answers=(Answer(200, "A page.", media_type="text/html"),),
        scope=None,
    ),
    Route(
        *("POST", "/webhooks/gupshup/{channel_id}", "receiveGupshup", "Gupshup's events, v2 and v3"),
        answers=STORED,
        scope=None,
        parameters=("channel_id", "webhook_token", "token"),
        body="WebhookBody",
        body_bytes=WEBHOOK_BYTES,
        problems=WEBHOOK_PROBLEMS,
    ),
    Route(
        *("GET", "/webhooks/meta/{channel_id}", "verifyMeta", "Meta's handshake"),
        answers=(Answer(200, "The challenge.", media_type="text/plain"),),
        scope=None,
        parameters=("channel_id", "hub_mode", "hub_verify_token", "hub_challenge"),
        problems=WEBHOOK_PROBLEMS,
    ),
    Route(
        *("POST", "/webhooks/meta/{channel_id}", "receiveMeta", "Meta's events"),
        answers=STORED,
        scope=None,
        parameters=("channel_id", "signature"),
        body="WebhookBody",
        body_bytes=WEBHOOK_BYTES,
        problems=WEBHOOK_PROBLEMS,
    ),
)

DROP_IN_ROUTES = (
    ("POST", "/graph/{version}/{phone_number_id}/messages"),
    ("ANY", "/graph/{proxy+}"),
    ("POST", "/gupshup/wa/api/v1/msg"),
    ("POST", "/gupshup/wa/api/v1/template/msg"),
    ("ANY", "/gupshup/{proxy+}"),
)
"""The providers' APIs behind addresses of our own (``drop_in``). They are documented by the providers, not here."""
