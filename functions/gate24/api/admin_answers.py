"""What a platform is answered that administers organizations and channels, as JSON Schemas."""

from __future__ import annotations

from typing import get_args

from gate24.api.answer_parts import (
    AT,
    BUDGET_SETTINGS,
    COUNT,
    CURRENCY,
    MONEY,
    ORGANIZATION,
    TEXT,
    answered,
    array,
    described,
    nullable,
    page_of,
    text,
)
from gate24.api.requests import Schema, ref
from gate24.channels import ChannelMode
from gate24.rules.channel_light import ChannelLight, ChannelTrouble
from gate24.rules.channel_secrets import KINDS

_SWITCH: Schema = {"type": "boolean"}

_CHANNEL: dict[str, Schema] = {
    "id": TEXT,
    "organization": text("Whose number it is."),
    "provider": text("gupshup or meta."),
    "business_number": text("E.164."),
    "api_base": text("The provider's address."),
    "rate_card": text("The price list of today."),
    "rate_cards": described(
        array(answered({"card": TEXT, "from": {"type": "string", "format": "date"}})),
        "Each with the local day from which it holds; none where the one of today holds always.",
    ),
    "app": nullable(text("The app's name; null at Meta.")),
    "app_id": nullable(text("The app's id at Gupshup, where it was set; null at Meta.")),
    "phone_number_id": nullable(text("Null at Gupshup.")),
    "margin_seconds": COUNT,
    "messages_per_second": COUNT,
    "pair_limit": _SWITCH,
    "unsupported_opens": _SWITCH,
    "reactions_open": _SWITCH,
    "mode": {"enum": list(get_args(ChannelMode))},
    "shadow_since": nullable(described(AT, "When its shadow mode was last started; null for never.")),
    **BUDGET_SETTINGS,
    "webhook_url": text("Where the provider tells what happens on the channel."),
}
_OWN = (
    *("id", "provider", "business_number", "app", "app_id", "mode", "margin_seconds", "messages_per_second"),
    *("rate_card", "rate_cards"),
)
_OUTCOMES = {
    "imported": "The contact is new here.",
    "updated": "Something of the contact is new.",
    "unchanged": "All of it is known.",
    "outdated": "What is known here is newer.",
    "rejected": "Something in the row is wrong.",
}
_DATE: Schema = {"type": "string", "format": "date"}
_COUNTS: Schema = {"type": "object", "additionalProperties": COUNT}
_NAMED: dict[str, Schema] = {
    "messages": described(array(ref("ShadowMessage")), "The first 1,000 of this answer."),
    "left_off": described(COUNT, "How many more there were in it."),
}
_MADE = ("webhook_token", "verify_token")

ADMIN_ANSWERS: dict[str, Schema] = {
    "OrganizationSettings": answered(
        {
            **ORGANIZATION,
            "opt_out_keywords": array(TEXT),
            "opt_in_keywords": array(TEXT),
            "sends_at_once": COUNT,
            "closing_soon_minutes": COUNT,
            "closing_digest_minutes": nullable(described(COUNT, "Null: staff get no mails.")),
            **BUDGET_SETTINGS,
            "channels": described(array(TEXT), "The ids of its channels."),
        }
    ),
    "OrganizationDeletion": answered(
        {
            "organization": TEXT,
            "status": {"enum": ["running", "done"]},
            "begun_at": AT,
            "finished_at": nullable(described(AT, "Null while it is under way.")),
            **{
                name: described(COUNT, "How many went so far.")
                for name in ("channels", "keys", "webhooks", "contacts", "unrecognized")
            },
        }
    ),
    "ImportReport": answered(
        {
            "dry_run": _SWITCH,
            "counts": answered(
                {name: described(COUNT, about) for name, about in _OUTCOMES.items()},
                description="How many rows of this request.",
            ),
            "not_taken": described(
                array(ref("RowNotTaken")), "Rows that are outdated or rejected; the first one after the names is row 1."
            ),
            "next_skip_rows": nullable(
                described(COUNT, "There was no time for the rest: ask again with the same table and this as skip_rows.")
            ),
        }
    ),
    "PeopleImportReport": answered(
        {
            "dry_run": _SWITCH,
            "columns": described(array(nullable(TEXT)), "What each column says; null for one that is passed over."),
            "rows": array(ref("ImportedRow")),
        }
    ),
    "ImportedRow": answered(
        {
            "row": COUNT,
            "outcome": described(
                {"enum": list(_OUTCOMES)}, " ".join(f"{name}: {about}" for name, about in _OUTCOMES.items())
            ),
            "phone": nullable(text("The number as it was read, E.164, or the user id; null where it is none.")),
            "consent": nullable(described({"enum": ["opt_in", "opt_out"]}, "What is recorded; null for nothing new.")),
            "reasons": described(
                array(ref("RowReason")),
                "Why it is outdated or rejected, or what stays though the row has it otherwise.",
            ),
        }
    ),
    "RowReason": answered(
        {
            "code": text("Names it: phone_wrong, country_code_missing, evidence_missing, opted_out_later ..."),
            "detail": text("Says it."),
            "since": described(AT, "When what stands against the row came about."),
            "suggestion": text("The number that is probably meant."),
        },
        optional=("since", "suggestion"),
    ),
    "RowNotTaken": answered({"row": COUNT, "outcome": {"enum": ["outdated", "rejected"]}, "reason": TEXT}),
    "OwnChannelList": answered({"data": array(ref("OwnChannel")), "server_time": AT}),
    "OwnChannel": answered(
        {
            **{name: _CHANNEL[name] for name in _OWN},
            "secrets": ref("SecretCounts"),
            "light": {
                "enum": list(get_args(ChannelLight)),
                "description": "heard: within 24 hours. quiet: not for longer. unheard: nothing was found since "
                "looked_back_to. failing: something is wrong, see troubles.",
            },
            "troubles": array(
                {
                    "enum": list(get_args(ChannelTrouble)),
                    "description": "no_webhook_secret: every webhook is refused without it. sends_not_told: two "
                    "messages or more went out, and nothing was told since. not_stored: events could not be stored.",
                }
            ),
            "not_stored": described(COUNT, "Events of the last day that were understood and could not be stored."),
            "last_heard_at": nullable(described(AT, "The later of the two that follow.")),
            "last_message_at": nullable(described(AT, "When a contact last wrote.")),
            "last_status_at": nullable(described(AT, "The newest status of the five newest messages of ours.")),
            "looked_back_to": described(AT, "Nothing was looked for before."),
        }
    ),
    "KeywordList": answered({"opt_out": array(ref("Keyword")), "opt_in": array(ref("Keyword"))}),
    "Keyword": answered(
        {
            "keyword": text("As messages are compared with it: in small letters, without punctuation."),
            "language": nullable(text("ISO 639-1, of what every organization has.")),
            "is_built_in": described(_SWITCH, "Every organization has it, and it cannot be removed here."),
        }
    ),
    "TriedKeyword": answered({"action": {"enum": ["opt_out", "opt_in", None]}}),
    "SyncedTemplates": answered({"data": array(ref("SyncedTemplate"))}),
    "SyncedTemplate": answered(
        {
            "name": TEXT,
            "language": text("As the registry has it, empty where the list has none."),
            "status": nullable(text("As it is entered now; disabled: it was withdrawn; null: it was skipped.")),
            "reason": nullable(text("Why it was skipped or withdrawn.")),
        }
    ),
    "QueuedDays": answered({"organization": TEXT, "queued": array({"type": "string", "format": "date"})}),
    "ReplayedEvents": answered({"data": array(ref("ReplayedEvent"))}),
    "ReplayedEvent": answered(
        {
            "id": TEXT,
            "outcome": {
                "enum": ["taken", "unrecognized", "poisonous", "gone", "failed", "not_reached"],
                "description": "taken: it is stored. unrecognized, poisonous: still. gone: it was taken or erased "
                "before, or has expired. failed, not_reached: ask again.",
            },
            "reason": nullable(text("Why it was not taken.")),
        }
    ),
    "ShadowReport": answered(
        {
            "channel": TEXT,
            "organization": TEXT,
            "mode": {"enum": list(get_args(ChannelMode))},
            "shadow_since": nullable(AT),
            "from": _DATE,
            "to": _DATE,
            "timezone": text("IANA."),
            "currency": CURRENCY,
            "seen": described(COUNT, "Messages that were sent around gate24."),
            "allowed": COUNT,
            "refused": answered({"total": COUNT, "by_code": _COUNTS}),
            "unknown": answered({"total": COUNT, "by_reason": _COUNTS}),
            "provider": answered({name: COUNT for name in ("delivered", "failed", "not_told")}),
            "cost": answered(
                {name: MONEY for name in ("total", "with_gate24", "of_refused", "of_unknown")}
                | {"unpriced": COUNT, "templates_in_open_windows": answered({"count": COUNT, "extra": MONEY})}
            ),
            "agreements": COUNT,
            "disagreements": answered({"total": COUNT, "by_kind": _COUNTS, **_NAMED}),
            "against_consent": answered({"total": COUNT, "by_code": _COUNTS, **_NAMED}),
            "next_cursor": described(
                nullable(TEXT), "There was no time for all of it: ask again with it. Null where the sums are whole."
            ),
            "server_time": AT,
        }
    ),
    "ShadowMessage": answered(
        {
            "message": text("gate24's id."),
            "at": AT,
            "sent_as": nullable(TEXT),
            "category": nullable(TEXT),
            "gate": answered(
                {
                    "verdict": {"enum": ["allow", "refuse", "unknown"]},
                    "code": nullable(text("Why it is refused, or why that cannot be told.")),
                    "window": {"enum": ["open", "closed", "unknown"]},
                }
            ),
            "provider": answered({"status": TEXT, "code": nullable(TEXT)}),
            "disagreement": nullable(TEXT),
        }
    ),
    "ExportLine": answered(
        {
            "kind": {
                "enum": [
                    *("contact", "consent", "note", "action", "message"),
                    *("template", "day", "organization", "channel", "webhook", "act"),
                ]
            },
            "contact": text("Of what is of a person: the number, or the user id."),
            "data": {
                "type": "object",
                "description": "As the organization's own routes answer it: Contact, ConsentEntry, Note, Action, "
                "Message, Template, DailyCost, Webhook, AuditEntry; and as these routes do: OrganizationSettings, "
                "ChannelSettings.",
            },
        },
        optional=("contact",),
    ),
    "ExportPage": page_of("ExportLine"),
    "OrganizationSettingsPage": page_of("OrganizationSettings"),
    "ChannelSettings": answered(_CHANNEL | {"secrets": ref("SecretCounts")}, optional=("secrets",)),
    "ChannelSettingsPage": page_of("ChannelSettings"),
    "SecretCounts": answered(
        {name: COUNT for name in KINDS},
        optional=KINDS,
        description="How many of each kind of secret are valid. Not told in lists.",
    ),
    "NewChannel": answered(
        _CHANNEL
        | {
            **dict.fromkeys(_MADE, text("The secret that was made for its webhook. Shown only here.")),
            "steps": described(array(TEXT), "What to do at the provider, in its words, one step after the other."),
        },
        optional=_MADE,
    ),
    "SecretCount": answered({"channel": TEXT, "secret": TEXT, "valid": described(COUNT, "How many are valid now.")}),
}
