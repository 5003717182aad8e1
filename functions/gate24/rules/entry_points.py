"""Free entry points: somebody who comes by an advertisement and is answered within 24 hours gets messages free of
WhatsApp's fee for a while, which begins with the answer (Meta, pricing page, read 2026-11). For how long, the rate card
says. Pure.

That is what can be known before a status: whether the person's device counts, no webhook tells. So what a status says
of the answer's price holds for what follows it, too.
"""

from __future__ import annotations

from collections.abc import Iterable

from gate24.costs import LedgerEntry
from gate24.events import InboundMessage

_HOUR_MS = 3_600_000
_ANSWERED_WITHIN_MS = 24 * _HOUR_MS
LOOK_BACK_MS = _ANSWERED_WITHIN_MS + 7 * 24 * _HOUR_MS
"""So long before a message the advertisement may be by which it is free: 7 days are the longest of any rate card."""

_TELLS_OF_NONE = frozenset({"regular", "billable", "free_customer_service", "free_tier"})
"""What a provider says of a message that is in no free entry point."""


def comes_by_advertisement(event: InboundMessage) -> bool:
    """Whether the person came by one. A post with a button opens no free entry point (Wati's support pages, 2026)."""
    referral = event.content.get("referral", {})
    return isinstance(referral, dict) and referral.get("source_type") == "ad"


def entry_point_hours(entries: Iterable[LedgerEntry], at: int) -> int | None:
    """The full hours since the free entry point began in which a message of ``at`` (epoch ms) is, the latest one; None
    where it is in none. ``entries``: what the contact and the channel sent each other in ``LOOK_BACK_MS`` before."""
    known = sorted((each for each in entries if each.at <= at), key=lambda each: (each.at, each.message_id))
    answers = [each for each in known if each.kind != "inbound" and each.state == "counted"]
    begun = []
    for came in (each.at for each in known if each.kind == "inbound" and each.entry_point_hours is not None):
        answer = next((each for each in answers if each.at >= came), None)
        began = at if answer is None else answer.at
        if began < came + _ANSWERED_WITHIN_MS and (answer is None or answer.told not in _TELLS_OF_NONE):
            begun.append(began)
    return (at - max(begun)) // _HOUR_MS if begun else None
