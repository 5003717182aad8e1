"""How long the content of messages is kept.

Content is what people said and were told: texts, media, templates' parameters, places, cards, answers to buttons. What
stays of a message is that it was there: its time, type, ids, statuses, cost and its place in the day's ledger, so that
no day's costs change and a message that is told again is known.

Nobody sees content from the moment its time is over (``as_kept``); it is taken out of the table by the daily run.
"""

from __future__ import annotations

from dataclasses import replace

from gate24.channels import Organization
from gate24.messages import Message

DAY_MS = 24 * 3_600_000

LEAST_DAYS = 30
"""Shorter would promise too much: events that were not understood are kept raw for 30 days, parked ones for 14."""

MOST_DAYS = 36_500

_KEPT_DETAILS = ("tags", "fallback_for", "direction", "status", "duration")
"""Of a message's details: the caller's labels, which costs are told by, and what became of a call."""


def check_retention(days: int | None) -> None:
    """ValueError unless content may be kept for so many days; None keeps it forever."""
    if days is not None and (type(days) is not int or not LEAST_DAYS <= days <= MOST_DAYS):
        raise ValueError(f"retention_days must be a whole number from {LEAST_DAYS} to {MOST_DAYS}, or None: forever")


def forgotten_before(organization: Organization, now: int) -> int:
    """Before this time messages have no content any more (epoch ms); 0 where all is kept."""
    days = organization.retention_days
    return organization.forgotten_before if days is None else max(organization.forgotten_before, now - days * DAY_MS)


def without_content(message: Message) -> Message:
    template, details = message.template, message.details
    return replace(
        message,
        text=None,
        media=None,
        content=None,
        reply_to=None,
        template={name: template[name] for name in ("name", "language")} if template else None,
        details={name: details[name] for name in _KEPT_DETAILS if name in details},
        is_content_kept=False,
    )


def as_kept(message: Message, organization: Organization, now: int) -> Message:
    """The message as anybody may see it."""
    is_over = message.key.at < forgotten_before(organization, now)
    return without_content(message) if is_over else message
