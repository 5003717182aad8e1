"""What the API answers, as JSON Schemas."""

from __future__ import annotations

from typing import get_args

from gate24.api.admin_answers import ADMIN_ANSWERS
from gate24.api.answer_parts import (
    AT,
    COUNT,
    CURRENCY,
    MONEY,
    ORGANIZATION,
    SIGNED_MONEY,
    TEXT,
    answered,
    array,
    described,
    nullable,
    page_of,
    text,
)
from gate24.api.audit_answers import AUDIT_ANSWERS
from gate24.api.budget_answers import BUDGET_ANSWERS
from gate24.api.cost_answers import COST_ANSWERS, live_costs
from gate24.api.event_answers import EVENT_ANSWERS
from gate24.api.inbox_answers import INBOX_ANSWERS, INBOX_FIELDS
from gate24.api.message_answers import ACTIONS, MESSAGE_ANSWERS
from gate24.api.problems import PROBLEMS
from gate24.api.reconciliation_answers import RECONCILIATION_ANSWERS
from gate24.api.requests import REQUESTS, Schema, ref
from gate24.api.webhook_answers import WEBHOOK_ANSWERS
from gate24.api_keys import SCOPES
from gate24.channels import ChannelMode
from gate24.costs import FEES, MESSAGE_COUNTS
from gate24.members import LANGUAGES, ROLES
from gate24.rules.pricing import ASSUMPTIONS

_API_KEY: Schema = {
    "id": text("The access log's keyId."),
    "organization": nullable(text("Null for a key of the platform.")),
    "name": TEXT,
    "prefix": nullable(text("The first characters of its secret; null for one that was made before they were kept.")),
    "scopes": array({"enum": list(SCOPES)}),
    "channels": nullable(described(array(TEXT), "The channels to which it is limited; null for all.")),
    "created_at": nullable(described(AT, "Null for one that was made before it was kept.")),
    "last_used_at": nullable(described(AT, "Up to an hour older than the truth; null for not yet.")),
    "expires_at": nullable(described(AT, "Null for never.")),
}

_CONTACT_COUNTS = ("all", "open", "closing", "closed", "never_opened")

CONTACT_ANSWERS: dict[str, Schema] = {
    "May": answered(
        {
            "freeform": {"type": "boolean"},
            "template": {"type": "boolean", "description": "Utility and authentication templates."},
            "marketing": {"type": "boolean", "description": "Marketing templates."},
            "code": nullable(
                {
                    "enum": [
                        *("blocked", "number_changed", "not_supported_by_provider", "opted_out"),
                        *("not_opted_in", "window_closed", "marketing_stopped"),
                    ],
                    "description": "Reason for the first of the three that is not allowed.",
                }
            ),
        },
        description="Which kinds of message the gate would send, their content being in order.",
    ),
    "ChannelPermissions": answered(
        {"open": nullable(ref("May")), "closed": ref("May")},
        description="What may be sent while the window is open (null if it is not), and from the moment it closes.",
    ),
    "ChannelWindow": answered(
        {
            "channel": TEXT,
            "window": ref("Window"),
            "marketing_stopped": {"type": "boolean", "description": "Marketing from this number was switched off."},
            "may": ref("ChannelPermissions"),
        }
    ),
    "Consent": answered(
        {
            "status": {"enum": ["opted_in", "opted_out", "none"]},
            "at": nullable(described(AT, "Since when it holds.")),
            "source": nullable(text("Where it came from.")),
        }
    ),
    "Contact": answered(
        {
            "phone": nullable(text("E.164; null where the person hides the number.")),
            "user_id": nullable(
                text("Meta's business-scoped user id, the newest; routes take it as they take a number.")
            ),
            "user_ids": described(array(TEXT), "All user ids that the person was ever known by."),
            "name": nullable(TEXT),
            "blocked": {"type": "boolean"},
            "consent": ref("Consent"),
            "marketing_stopped": {
                "type": "boolean",
                "description": "Marketing was switched off in WhatsApp itself, for one channel at least.",
            },
            "number_changed_at": nullable(
                described(AT, "When the person left this number; null again once somebody writes from it.")
            ),
            "unreachable": {"type": "boolean", "description": "Not on WhatsApp, until the contact writes again."},
            "windows": described(array(ref("ChannelWindow")), "One for each channel of the organization."),
            "last_activity_at": nullable(AT),
            **INBOX_FIELDS,
            "server_time": described(AT, "In a list it stands beside the list."),
            "author": described(ref("Author"), "There where the call blocked or unblocked the contact: who did."),
        },
        optional=("server_time", "author", *INBOX_FIELDS),
    ),
    "Erasure": answered(
        {
            "erasure": text("Its id."),
            "status": {"enum": ["running", "done"]},
            "begun_at": AT,
            "finished_at": nullable(AT),
            "deleted": described(COUNT, "Messages, consents and unrecognized events that are deleted so far."),
        }
    ),
    "ConsentEntry": answered(
        {
            "action": text(
                "opt_in or opt_out; also block, unblock, and the contact's own switch for marketing messages in "
                "WhatsApp: marketing_stop, marketing_resume."
            ),
            "at": AT,
            "source": TEXT,
            "evidence": nullable(text("What proves it; of a block the reason.")),
            "actor": nullable(text("The API key's or the member's name, contact or provider.")),
            "author": ref("Author"),
            "channel": nullable(text("Whose marketing messages were stopped or resumed.")),
        }
    ),
    "ContactPage": page_of(
        "Contact",
        counts=answered(
            {name: COUNT for name in _CONTACT_COUNTS},
            description="How many contacts there are by the state of their windows, where that was asked for. Absent "
            "while a large organization is counted for the first time.",
        ),
        counted_at=described(AT, "Of a large organization: how old the oldest part of the counts is."),
    ),
    "ConsentEntryPage": page_of("ConsentEntry"),
    "MessagePage": page_of("Message"),
}

_TEMPLATE_REQUEST = REQUESTS["TemplateRequest"]["properties"]

_COSTS: dict[str, Schema] = {
    "timezone": text("IANA; a day has 23, 24 or 25 hours."),
    "currency": CURRENCY,
    "status": {"enum": ["provisional", "final", "restated"]},
    "as_of": nullable(
        described(
            AT,
            "When the ledger began to be read for it: what it held then is counted. Of a month, of its day that was "
            "read last. null of a day that was not computed yet.",
        )
    ),
    "total": MONEY,
    "messages": ref("DayMessages"),
    "fees": ref("DayFees"),
    "by_channel": array(ref("ChannelCost")),
    "by_category": array(ref("CategoryCost")),
    "by_market": described(array(ref("MarketCost")), "Of what counts, as far as the recipient's market is known."),
    "by_campaign": described(array(ref("CampaignCost")), "Of what was sent with a tag campaign."),
    "by_template": described(array(ref("TemplateCost")), "Of the templates; empty of a day from before this was kept."),
    "by_author": described(
        array(ref("AuthorCost")), "Of what was sent, by who sent it; empty of a day from before this was kept."
    ),
    "unpriced": described(COUNT, "Billed messages some fee of which is not known."),
    "unknown_amount": described(
        MONEY, "What the sends of unknown outcome would cost if they went out; in no other sum."
    ),
    "undelivered": described(
        ref("CountedAmount"),
        "What was sent and is not delivered yet, by a card that charges at delivery, and what that will cost; in no "
        "other sum.",
    ),
    "templates_in_window": described(
        ref("CountedAmount"),
        "Templates that went out while the session window was open, and what they cost more than freeforms would have.",
    ),
    "unverified": described(COUNT, "Messages whose price nobody has read in a publication of the provider."),
    "reached": nullable(
        described(
            COUNT,
            "Persons to whom a message went out that the provider accepted and that did not fail. Up to 682 it is "
            "exact, above with a standard error of 1.6 %. null where it is not known: of a day that an earlier version "
            "stated.",
        )
    ),
    "cost_per_reached": nullable(described(MONEY, "The total by the persons reached; null where nobody was.")),
    "provider_billed": ref("ProviderBilled"),
}
_DATE: Schema = {"type": "string", "format": "date"}
_DAY: dict[str, Schema] = {"date": _DATE, **_COSTS, "converted": array(ref("Converted"))}
_BESIDE: dict[str, Schema] = {
    "cost": described(MONEY, "What they cost."),
    "what_if": described(MONEY, "What they would have cost."),
    "difference": described(SIGNED_MONEY, "The second less the first."),
}
_OF_ALL_CHANNELS = (
    *("by_category", "by_market", "by_campaign", "by_template", "by_author"),
    *("unpriced", "unknown_amount", "undelivered", "templates_in_window"),
    *("unverified", "reached", "cost_per_reached", "provider_billed"),
)
_LIMITED = (
    "A key that is limited to channels is told what these cost, without what is known of the whole organization alone: "
    "by_category, by_market, by_campaign, by_template, by_author, unpriced, unknown_amount, undelivered, "
    "templates_in_window, unverified, reached, cost_per_reached and provider_billed."
)

ORGANIZATION_ANSWERS: dict[str, Schema] = {
    "Template": answered(
        {
            "name": TEXT,
            "channel": TEXT,
            "bsp_template_id": text("The template's id at the BSP."),
            "language": TEXT,
            "category": _TEMPLATE_REQUEST["category"],
            "status": _TEMPLATE_REQUEST["status"],
            "params": described(COUNT, "How many placeholders it has."),
            "media": described({"enum": _TEMPLATE_REQUEST["media"]["enum"]}, "The kind of its header's file."),
            "body": text("The text with its placeholders, for a preview."),
            "reason": text("The provider's words about the status."),
            "labels": described(
                array(TEXT), "What the values are called, in their order; empty where one has no name."
            ),
        },
        optional=("body", "reason", "labels"),
    ),
    "TemplatePage": page_of("Template"),
    "DayMessages": answered(
        {name: COUNT for name in MESSAGE_COUNTS}, description="Each message of the day counts under exactly one."
    ),
    "DayFees": answered({fee: MONEY for fee in FEES}),
    "ChannelCost": answered({"channel": TEXT, "messages": ref("DayMessages"), "fees": ref("DayFees"), "total": MONEY}),
    "CategoryCost": answered(
        {
            "category": text("utility, marketing, authentication, service, inbound or unknown; others may be added."),
            "count": COUNT,
            "total": MONEY,
        }
    ),
    "CountedAmount": answered({"count": COUNT, "amount": MONEY}),
    "ProviderBilled": answered(
        {
            "count": described(COUNT, "Messages of which the BSP said what it deducted for."),
            "differences": described(COUNT, "Those where that is not what gate24 reckoned."),
        }
    ),
    "MarketCost": answered({"market": text("As Meta's price list names it."), "count": COUNT, "total": MONEY}),
    "CampaignCost": answered(
        {
            "campaign": nullable(text("The tag; null is of all that came after the first 200 of a day.")),
            "count": COUNT,
            "total": MONEY,
        }
    ),
    "DailyCost": answered(
        _DAY,
        optional=(*_OF_ALL_CHANNELS, "converted"),
        description=_LIMITED,
    ),
    "LiveCosts": live_costs(_DAY, (*_OF_ALL_CHANNELS, "converted")),
    "MonthlyCost": answered(
        {
            "month": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
            "days": described(COUNT, "Days of it so far."),
            **_COSTS,
            "converted_from": array(ref("CardAmount")),
        },
        optional=(*_OF_ALL_CHANNELS, "converted_from"),
        description=f"The sum of its days, in one currency; provisional while one of them is. {_LIMITED}",
    ),
    "MonthlyCostPage": page_of("MonthlyCost"),
    "WhatIfLine": answered(
        {
            "date": _DATE,
            "channel": TEXT,
            "kind": {"enum": ["template", "freeform", "inbound"]},
            "category": nullable(text("Of a template, as it was charged.")),
            "market": nullable(text("The recipients', as Meta's price list names it.")),
            "count": COUNT,
            **_BESIDE,
        },
        description="Messages of a day that are alike. Two pages may have the same line, each of other messages.",
    ),
    "WhatIf": answered(
        {
            "card": text("The other rate card."),
            "from": _DATE,
            "to": _DATE,
            "currency": CURRENCY,
            **_BESIDE,
            "unpriced": described(COUNT, "Messages of which a fee by the other card is not known."),
            "lines": array(ref("WhatIfLine")),
            "assumed": described(array({"enum": list(ASSUMPTIONS)}), "What the other card's price takes for granted."),
            "next_cursor": nullable(text("Goes on with the messages after these; the sums are of this page.")),
            "server_time": AT,
        }
    ),
    "RateCard": answered(
        {
            "id": TEXT,
            "provider": {"enum": ["meta", "gupshup"]},
            "currency": CURRENCY,
            "effective_from": _DATE,
            "effective_to": nullable(_DATE),
            "model": described(
                {"enum": ["NBP", "CBP", "PMP"]},
                "A fee for each notification, for each conversation, or for each delivered message.",
            ),
        }
    ),
    "RateCards": answered({"rate_cards": array(ref("RateCard")), "server_time": AT}),
    "Converted": answered(
        {"card": ref("CardAmount"), "exchange": ref("Exchange")},
        description="What messages cost by rate cards in another currency; it is in the day's sums, converted.",
    ),
    "DailyCostPage": page_of("DailyCost"),
    "UnrecognizedEvent": answered(
        {
            "id": text("What ./gate24 unrecognized replay takes."),
            "at": described(AT, "When it came first."),
            "last_at": described(AT, "When it came last."),
            "copies": described(COUNT, "How often the same event was told again."),
            "channel": TEXT,
            "reason": text("What was not understood; not_recorded_... where it was, and could not be stored."),
            "raw": {
                "description": "The event as the BSP sent it, or as it was understood: any JSON. "
                "Of a huge one its start, as text."
            },
            "raw_cut": {
                "type": "boolean",
                "description": "raw is only a start; GET /v1/unrecognized/{id} has it all.",
            },
        },
        optional=("raw_cut",),
    ),
    "UnrecognizedEventPage": page_of("UnrecognizedEvent"),
    "UnrecognizedEventText": answered(
        {
            "id": TEXT,
            "at": described(AT, "When it came first."),
            "last_at": described(AT, "When it came last."),
            "copies": described(COUNT, "How often the same event was told again."),
            "channel": TEXT,
            "reason": text("What was not understood; not_recorded_... where it was, and could not be stored."),
            "text": text("A part of the event's JSON; all parts one after another are the whole."),
            "is_whole": {"type": "boolean", "description": "False where it was too large to keep more than its start."},
            "next_cursor": described(nullable(TEXT), "For the next part; null on the last."),
            "server_time": AT,
        }
    ),
    "Organization": answered(ORGANIZATION),
    "Channel": answered(
        {
            "id": TEXT,
            "provider": text("gupshup or meta."),
            "business_number": text("E.164."),
            "margin_seconds": described(COUNT, "How long before WhatsApp the gate closes the window."),
            "mode": described(
                {"enum": list(get_args(ChannelMode))},
                "shadow: the organization's software still sends directly, and a report tells what the gate would have "
                "refused.",
            ),
        }
    ),
    "ApiKey": answered(_API_KEY),
    "NewApiKey": answered(
        _API_KEY
        | {
            "key": text("What callers show: Authorization: Bearer. Shown only here."),
            "previous_valid_until": described(AT, "Of a rotation: until when the secrets before it are valid, too."),
        },
        optional=("previous_valid_until",),
    ),
    "ApiKeyPage": page_of("ApiKey"),
    "Member": answered({"email": TEXT, "name": TEXT, "role": {"enum": list(ROLES)}, "added_at": AT}),
    "MemberPage": page_of("Member"),
    "Notifications": answered(
        {
            "closing_digest_minutes": nullable(
                described(COUNT, "How long before they close staff are told of chats that wait; null: never.")
            ),
            "mail_is_set_up": {"type": "boolean", "description": "Whether this installation sends mails."},
            "push_is_set_up": {"type": "boolean", "description": "Whether this installation pushes to browsers."},
            "server_time": AT,
        }
    ),
    "MyNotifications": answered(
        {
            "mail": {
                "type": "boolean",
                "description": "Who has not chosen gets mails as a supervisor or admin, where they are set.",
            },
            "language": {"enum": list(LANGUAGES), "description": "That of the mails."},
            "email": nullable(text("Where they go; null for an API key.")),
            "closing_digest_minutes": nullable(
                described(COUNT, "What the organization has set; null: nobody is told.")
            ),
            "no_mail_because": nullable(
                {"enum": ["no_member", "mail_not_set_up", "off"], "description": "Why there are none for anybody here."}
            ),
            "push_key": nullable(text("What a browser subscribes with: `applicationServerKey`, in base64url.")),
            "push_devices": array(
                text(
                    "A browser in which the caller is told: the first 32 hexadecimal digits of its endpoint's SHA-256."
                )
            ),
            "no_push_because": nullable(
                {
                    "enum": ["no_member", "push_not_set_up", "unavailable", "off"],
                    "description": "Why no browser is told. `unavailable`: the key cannot be read at the moment.",
                }
            ),
            "server_time": AT,
        }
    ),
    "Me": answered(
        {
            "kind": {"enum": ["key", "member"]},
            "name": text("The API key's, or the member's."),
            "email": text("Of a member alone."),
            "role": {"enum": list(ROLES), "description": "Of a member alone."},
            "drafts_key": text("Of a member alone: what the console encrypts drafts with on its device."),
            "organization": ref("Organization"),
            "scopes": array({"enum": list(SCOPES)}),
            "channels": array(ref("Channel")),
            "server_time": AT,
        },
        optional=("email", "role", "drafts_key"),
    ),
}

PROBLEM_ANSWERS: dict[str, Schema] = {
    "ProviderWords": answered(
        {"name": text("gupshup or meta."), "code": TEXT, "details": TEXT},
        optional=("code", "details"),
        description="The BSP and what it said, in its own words.",
    ),
    "RequestError": answered({"pointer": text("RFC 6901; of a parameter its name."), "detail": TEXT}),
    "Problem": answered(
        {
            "type": {"type": "string", "format": "uri"},
            "title": TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": TEXT,
            "code": {"enum": list(PROBLEMS)},
            "request_id": text("By which the log knows the request."),
            "retryable": {"type": "boolean", "description": "Whether the same request may succeed later by itself."},
            "allowed_actions": ACTIONS,
            "window": ref("Window"),
            "provider": ref("ProviderWords"),
            "errors": array(ref("RequestError")),
            "suggestion": text("The number that may be meant, where one was written without its country code: E.164."),
            "id": text("The id of the message that was not sent, or may not have been: it is in the conversation."),
            "server_time": AT,
        },
        optional=("window", "provider", "errors", "suggestion", "id", "server_time"),
        description="RFC 9457.",
    ),
    "GatewayAnswer": answered({"message": TEXT}, description="API Gateway's own words where its authorizer answered."),
}

SERVICE_ANSWERS: dict[str, Schema] = {
    "Health": answered(
        {
            "status": {"enum": ["ok", "failing"], "description": "failing: at least one check is not ok."},
            "version": TEXT,
            "checks": described(array(ref("HealthCheck")), "With a valid API key only."),
        },
        optional=("checks",),
    ),
    "HealthCheck": answered(
        {
            "name": {"enum": ["table", "contact_key", "queue", "secrets", "settings"]},
            "ok": {"type": "boolean"},
            "channel": text("The channel whose secrets or settings these are."),
            "problem": text("What is wrong and what to do."),
            "missing": described(
                array(TEXT),
                "The secrets or settings that the channel lacks, or that name nothing.",
            ),
        },
        optional=("channel", "problem", "missing"),
    ),
    "OpenApi": {"type": "object", "description": "The document itself."},
}

ANSWERS: dict[str, Schema] = {
    **MESSAGE_ANSWERS,
    **CONTACT_ANSWERS,
    **ORGANIZATION_ANSWERS,
    **AUDIT_ANSWERS,
    **BUDGET_ANSWERS,
    **COST_ANSWERS,
    **INBOX_ANSWERS,
    **WEBHOOK_ANSWERS,
    **EVENT_ANSWERS,
    **RECONCILIATION_ANSWERS,
    **ADMIN_ANSWERS,
    **PROBLEM_ANSWERS,
    **SERVICE_ANSWERS,
}
