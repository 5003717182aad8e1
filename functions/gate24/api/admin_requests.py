"""What a platform sends to administer organizations and channels, as JSON Schemas.

They say of which type a setting is. What its value may be is told by the rows of ``rules.organization_settings`` and
``rules.channel_settings``, in the sentences that the command has.
"""

from __future__ import annotations

from gate24.api.schema_words import Schema, closed
from gate24.rules import channel_settings, organization_settings
from gate24.rules.channel_secrets import MOST_CHARACTERS
from gate24.rules.settings_table import Setting

_TEXT: Schema = {"type": "string", "maxLength": 2048}
_NUMBER: Schema = {"type": "integer"}
_NUMBER_OR_NONE: Schema = {"type": ["integer", "null"]}
_SWITCH: Schema = {"type": "boolean"}
_KEYWORDS: Schema = {"type": "array", "maxItems": 100, "items": _TEXT}

_TYPES: dict[str, Schema] = {
    **dict.fromkeys(("name", "timezone", "currency"), _TEXT),
    **dict.fromkeys(("retention_days", "closing_digest_minutes"), _NUMBER_OR_NONE),
    **dict.fromkeys(("opt_out_keywords", "opt_in_keywords"), _KEYWORDS),
    **dict.fromkeys((row.name for row in organization_settings.KEYWORD_CHANGES), _KEYWORDS),
    **dict.fromkeys(("sends_at_once", "closing_soon_minutes"), _NUMBER),
    **dict.fromkeys(
        ("provider", "business_number", "app", "app_id", "phone_number_id", "api_base", "rate_card"), _TEXT
    ),
    **dict.fromkeys(("margin_seconds", "messages_per_second"), _NUMBER),
    "monthly_budget": {"type": ["string", "null"], "maxLength": 2048},
    "budget_shares": {"type": "array", "maxItems": 10, "items": _NUMBER},
    "refuse_above_budget": _SWITCH,
    **dict.fromkeys(("pair_limit", "unsupported_opens", "reactions_open"), _SWITCH),
}
_DAY: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "format": "date"}

FORMAT_NAMES = ("plain", "consents", "glific", "gupshup")
"""As ``contact_rows.FORMATS`` has them, which only the administration loads."""

_CSV: Schema = {
    "type": "string",
    "minLength": 1,
    "description": "The table with its first line, UTF-8; 4 MB in one request.",
}
_HOW: dict[str, Schema] = {
    "skip_rows": {
        "type": "integer",
        "minimum": 0,
        "default": 0,
        "description": "next_skip_rows of the answer before: the same table goes on after so many rows.",
    },
    "dry_run": {
        "type": "boolean",
        "default": False,
        "description": "Say what would become of each row, and change nothing.",
    },
}
_CELL: Schema = {"type": "string", "maxLength": 4000}

PEOPLE_ROWS_MOST, PEOPLE_COLUMNS_MOST = 200, 100
"""In one request."""

_ID: Schema = {"type": "string", "maxLength": 2048}
_WHAT_AN_ID_HAS = "1 to 64 letters, digits, - and _. It stays for ever."


def _settings(table: tuple[Setting, ...]) -> dict[str, Schema]:
    return {row.name: _TYPES[row.name] | {"description": f"{row.about}."} for row in table}


_ORGANIZATION = _settings(organization_settings.SETTINGS)
_CHANNEL = _settings(channel_settings.SETTINGS) | {
    "rate_cards": {
        "type": "array",
        "minItems": 1,
        "maxItems": 100,
        "items": closed({"card": _TEXT, "from": _DAY}, ("card",)),
        "description": "Instead of rate_card: several price lists, each with the local day from which it holds.",
    }
}


def _new(settings: dict[str, Schema], table: tuple[Setting, ...]) -> Schema:
    identity = {"id": _ID | {"description": _WHAT_AN_ID_HAS}}
    return closed(identity | settings, ("id", *(row.name for row in table if row.is_required)))


ADMIN_REQUESTS: dict[str, Schema] = {
    "OrganizationRequest": _new(_ORGANIZATION, organization_settings.SETTINGS),
    "OrganizationChange": closed(
        _settings(organization_settings.CHANGES), description="At least one setting; what is not given stays."
    ),
    "ChannelRequest": _new(_CHANNEL, channel_settings.SETTINGS),
    "ChannelChange": closed(
        {name: schema for name, schema in _CHANNEL.items() if name not in channel_settings.FIXED},
        description="At least one setting; what is not given stays.",
    ),
    "ContactsImportRequest": closed(
        {
            "csv": _CSV,
            "format": {
                "enum": sorted(FORMAT_NAMES),
                "default": "plain",
                "description": "Whose columns it has, as ./gate24 contacts import --format.",
            },
            "channel": _TEXT | {"description": "To which they wrote, where the row does not say it."},
            "timezone": _TEXT | {"description": "Of times that have no offset, like Asia/Kolkata."},
            **_HOW,
        },
        ("csv",),
    ),
    "PeopleImportRequest": closed(
        {
            "columns": {
                "type": "array",
                "minItems": 1,
                "maxItems": PEOPLE_COLUMNS_MOST,
                "items": _CELL,
                "description": "The first line of the table, in any order and case: phone, and name, consent (or "
                "action), consent_at (or at), consent_source (or source), consent_evidence (or evidence). Others are "
                "passed over.",
                "examples": [["phone", "name", "consent", "consent_at", "consent_source", "consent_evidence"]],
            },
            "rows": {
                "type": "array",
                "minItems": 1,
                "maxItems": PEOPLE_ROWS_MOST,
                "items": closed(
                    {
                        "row": {
                            "type": "integer",
                            "minimum": 1,
                            "description": "By which the answer names it: in a file, the first after the names is 1.",
                        },
                        "cells": {"type": "array", "maxItems": PEOPLE_COLUMNS_MOST, "items": _CELL},
                    },
                    ("row", "cells"),
                ),
            },
            "where_not_said": closed(
                {
                    "consent": {"enum": ["opt_in"], "description": "Of rows that say nothing of a consent."},
                    **dict.fromkeys(("consent_at", "consent_source", "consent_evidence"), _CELL),
                },
                description="What holds of opt-ins where a row does not say it.",
            ),
            "day_order": {
                "enum": ["day_first", "month_first"],
                "description": "How days like 5/11/2026 are read, which are refused without it.",
            },
            "national_numbers": {
                "type": "boolean",
                "default": False,
                "description": "Read digits without a country code as a number of the country of the organization's "
                "own numbers. Without it such a row is refused with the number that is probably meant.",
            },
            "dry_run": _HOW["dry_run"],
        },
        ("columns", "rows"),
    ),
    "ConsentsImportRequest": closed({"csv": _CSV, **_HOW}, ("csv",)),
    "TemplatesSyncRequest": closed(
        {
            "app_id": _TEXT | {"description": "The app's id at Gupshup; that of the channel, if it is left out."},
            "waba_id": _TEXT | {"description": "The WhatsApp Business account's id at Meta, where it is required."},
        }
    ),
    "OwnTemplatesSyncRequest": closed(
        {
            "channel": _TEXT | {"description": "May be left out where there is only one."},
            "app_id": _TEXT | {"description": "The app's id at Gupshup; that of the channel, if it is left out."},
            "waba_id": _TEXT | {"description": "The WhatsApp Business account's id at Meta, where it is required."},
        }
    ),
    "KeywordsChange": closed(
        _settings(organization_settings.KEYWORD_CHANGES),
        description="At least one list; the others stay. What every organization has stays, too.",
    ),
    "RollupRequest": closed(
        {"from": _DAY | {"description": "The first day."}, "to": _DAY | {"description": "The last day, included."}}
    ),
    "UnrecognizedReplayRequest": closed(
        {
            "ids": {
                "type": "array",
                "minItems": 1,
                "maxItems": 20,
                "items": {"type": "string", "minLength": 1, "maxLength": 64},
            }
        },
        ("ids",),
    ),
    "SecretRequest": closed(
        {
            "value": {
                "type": "string",
                "maxLength": MOST_CHARACTERS,
                "format": "password",
                "description": "Printable ASCII without spaces. No answer repeats it.",
            },
            "add": {
                "type": "boolean",
                "default": False,
                "description": "Keep the old one valid beside it, until it is set without this. Not of api-key.",
            },
        },
        ("value",),
    ),
}
