"""What is known of a message that was sent around gate24: its kind, and what it costs by that. Pure.

Nobody tells the kind outright. What tells a template, in a status or an echo, tells it for good; else the message
counts as freeform. So the order in which statuses come does not matter.
"""

from __future__ import annotations

from gate24.costs import Cost
from gate24.events import UNKNOWN_TYPE, Billed, ContactRef, Echoed, Pricing, StatusChanged
from gate24.messages import Message, SentAs
from gate24.rules.pricing import price
from gate24.rules.rate_cards import RateCard

TEMPLATE_CATEGORIES = frozenset(
    {
        "marketing",
        "marketing_lite",
        "utility",
        "authentication",
        "authentication_international",
        "authentication-international",
    }
)
"""The pricing categories that only templates have (Meta, pricing page, read 2026-11)."""


def told_kind(event: StatusChanged | Billed) -> SentAs | None:
    """The kind that the event tells, if it tells one."""
    if isinstance(event, StatusChanged) and event.sent_as is not None:
        return event.sent_as
    category = event.pricing.category if event.pricing else None
    return "template" if category in TEMPLATE_CATEGORIES else None


def cost_of(
    card: RateCard,
    kind: SentAs,
    to: ContactRef,
    category: str | None = None,
    pricing: Pricing | None = None,
    entry_point_hours: int | None = None,
) -> Cost:
    """What it costs by the rate card, as far as is told."""
    return price(
        *(card, kind, to.phone, category),
        pricing=pricing,
        country=to.country,
        entry_point_hours=entry_point_hours,
    )


def is_in_app(message: Message) -> bool:
    """Whether staff sent the message in the WhatsApp Business app. An earlier version did not store it: then it was
    told by an echo, costs nothing, and nobody priced it."""
    if message.in_app is not None or message.type == UNKNOWN_TYPE:
        return bool(message.in_app)
    return message.cost is not None and message.cost.total == 0 and message.cost_is_estimate


def event_ids(event: StatusChanged | Billed | Echoed) -> tuple[str, ...]:
    """All ids of the event's message at the BSP: WhatsApp's own first, the most telling one last."""
    wamid = event.whatsapp_id if isinstance(event, StatusChanged) else None
    return tuple(dict.fromkeys(each for each in (wamid, *event.bsp_ids[1:], *event.bsp_ids[:1]) if each))
