"""Events as the API tells them, as JSON Schemas."""

from __future__ import annotations

from typing import get_args

from gate24.api.answer_parts import AT, COUNT, CURRENCY, MONEY, MONTH, TEXT, answered, array, described, nullable, text
from gate24.api.message_answers import ACTIONS, TAGS
from gate24.api.requests import Schema, ref
from gate24.feed import EVENT_TYPES
from gate24.rules.message_status import Status

_MESSAGE = described(ref("Message"), "The message as it is when the event is told.")
_WINDOW: Schema = {"window": ref("Window"), "server_time": described(AT, "The moment at which the window was so.")}

_SOURCE: Schema = described({"enum": ["api", "provider"]}, "Who changed it: you, by the API, or the provider told so.")

EVENT_ANSWERS: dict[str, Schema] = {
    "EventContact": answered(
        {
            "phone": nullable(text("E.164; null where the person hides the number.")),
            "user_id": nullable(text("Meta's business-scoped user id, the newest.")),
            "name": nullable(TEXT),
            "blocked": {"type": "boolean"},
            "consent": ref("Consent"),
        },
        description="The contact as it is when the event is told.",
    ),
    "ErasedContact": answered(
        {"phone": nullable(TEXT), "user_id": nullable(TEXT)}, description="Who is to be erased elsewhere, too."
    ),
    "MessageStep": answered(
        {
            "id": TEXT,
            "provider_id": text("The message's id at the BSP."),
            "status": described({"enum": list(get_args(Status))}, "What the message became."),
            "code": text("Why it was rejected or failed, or is unknown: our code or the provider's."),
            "cost": ref("Cost"),
            "tags": TAGS,
            "author": ref("Author"),
        },
        optional=("provider_id", "code", "cost", "tags"),
    ),
    "MessageReceived": answered({"contact": ref("EventContact"), "message": _MESSAGE, **_WINDOW}),
    "MessageStatusChanged": answered({"contact": ref("EventContact"), "message": ref("MessageStep")}),
    "MessageRefused": answered(
        {
            "contact": ref("EventContact"),
            "message": _MESSAGE,
            "code": text("Why it was refused."),
            "allowed_actions": ACTIONS,
            **_WINDOW,
        }
    ),
    "WindowChanged": answered({"contact": ref("EventContact"), **_WINDOW}),
    "ConsentChanged": answered(
        {
            "contact": ref("EventContact"),
            "changed": described(array({"enum": ["consent", "marketing"]}), "What is another thing than before."),
            "source": nullable(text("Where it came from.")),
        }
    ),
    "ContactChanged": answered(
        {
            "contact": ref("EventContact"),
            "changed": described(
                array({"enum": ["name", "number", "user_id", "block"]}), "What is another thing than before."
            ),
            "source": _SOURCE,
            "previous_phones": described(
                array(TEXT), "Where the number changed: those that the person had before and nobody else has now."
            ),
            "previous_user_ids": described(array(TEXT), "Other user ids that the person was ever known by."),
        }
    ),
    "ContactErased": answered(
        {"contact": ref("ErasedContact"), "changed": array({"const": "erased"}), "source": _SOURCE}
    ),
    "BudgetReached": answered(
        {
            "month": MONTH,
            "timezone": text("IANA: of the month."),
            "currency": CURRENCY,
            "share": described(COUNT, "So many percent of the budget are spent, or more."),
            "budget": MONEY,
            "spent": described(MONEY, "In the month, as of as_of."),
            "as_of": described(AT, "What the provider was sent later is not in it."),
        },
        description="Of the whole organization where the event has no channel, else of the channel alone.",
    ),
    "Event": answered(
        {
            "type": {"enum": list(EVENT_TYPES)},
            "id": text("The same for the same event, however often it is told."),
            "timestamp": described(AT, "When it happened."),
            "organization": TEXT,
            "channel": nullable(text("The channel's id; null for what belongs to no channel.")),
            "data": {
                "anyOf": [
                    ref(name)
                    for name in (
                        *("MessageReceived", "MessageStatusChanged", "MessageRefused", "WindowChanged"),
                        *("ConsentChanged", "ContactChanged", "ContactErased", "Template", "DailyCost"),
                        "BudgetReached",
                    )
                ]
            },
        }
    ),
    "EventPage": answered(
        {
            "data": array(ref("Event")),
            "next_cursor": text("For what comes next; never null: ask again with it."),
            "kept_since": described(AT, "Since when events are kept. Each is kept for 7 days."),
            "server_time": AT,
        }
    ),
}
