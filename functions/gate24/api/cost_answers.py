"""What is answered of a day's costs in detail, as JSON Schemas."""

from __future__ import annotations

from gate24.api.answer_parts import (
    AT,
    COUNT,
    CURRENCY,
    MONEY,
    TEXT,
    answered,
    described,
    nullable,
    page_of,
    text,
)
from gate24.api.requests import Schema, ref
from gate24.costs import AUTHORS_MOST, TEMPLATES_MOST

_UNNAMED: Schema = {
    "enum": ["unknown", "others"],
    "description": "Why there is no name: it is not known, as of what was sent before it was kept; or these are all "
    "others of a day with very many.",
}

COST_ANSWERS: dict[str, Schema] = {
    "TemplateCost": answered(
        {
            "template": nullable(text(f"Its name; of a day the first {TEMPLATES_MOST}.")),
            "unnamed": _UNNAMED,
            "count": COUNT,
            "total": MONEY,
        },
        optional=("unnamed",),
    ),
    "AuthorCost": answered(
        {
            "author": nullable(described(ref("Author"), f"Of a day the first {AUTHORS_MOST}.")),
            "author_id": text("Asks GET /v1/costs/messages for what this author sent."),
            "unnamed": _UNNAMED,
            "count": COUNT,
            "total": MONEY,
        },
        optional=("author_id", "unnamed"),
        description="By the name that a member or an API key had when it sent; those of one name count together.",
    ),
    "CostMessage": answered(
        {
            "message_id": nullable(text("null of somebody who was erased.")),
            "at": described(AT, "Its time in the ledger."),
            "direction": {"enum": ["inbound", "outbound"]},
            "type": nullable(text("As a message's; null of somebody who was erased.")),
            "contact": nullable(text("The person whom it is from or to; null of somebody who was erased.")),
            "channel": TEXT,
            "kind": {"enum": ["template", "freeform", "inbound"]},
            "category": text("That under which the day counts it."),
            "template": nullable(text("Of a template; null where it is not known.")),
            "author": nullable(described(ref("Author"), "null of what came in, and where it is not known.")),
            "currency": CURRENCY,
            "total": described(MONEY, "What the day counts for it."),
            "fees": ref("DayFees"),
            "undelivered": described(MONEY, "What it will cost besides once it is delivered; in no sum."),
            "unpriced": {"type": "boolean", "description": "Whether a fee of it is not known."},
            "corrected": {"type": "boolean", "description": "Whether what the BSP deducted corrected its price."},
            "card": described(ref("CardAmount"), "In the rate card's own currency, where it was converted."),
        },
        optional=("card",),
    ),
    "CostMessagePage": page_of("CostMessage"),
}


def live_costs(day: dict[str, Schema], optional: tuple[str, ...]) -> Schema:
    """``day``: what is said of a day."""
    more: dict[str, Schema] = {
        "counted_until": nullable(
            described(AT, "Where there was no time for the whole day: up to which message it is counted here.")
        ),
        "next_cursor": nullable(text("Goes on with the messages after these. The parts add up to the day.")),
        "server_time": AT,
    }
    return answered(
        {**day, **more},
        optional=optional,
        description="A day as its ledger is now, by the same rules as the daily rollup. Of a part of a day the persons "
        "reached are not known.",
    )
