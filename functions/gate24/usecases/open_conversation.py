"""In which conversation a message is, by a rate card that prices conversations. Of others nothing is read."""

from __future__ import annotations

from gate24.costs import Cost, LedgerEntry, LedgerKind
from gate24.messages import Message, SendRequest
from gate24.rules.conversations import joined_conversation
from gate24.rules.rate_cards import rate_card
from gate24.rules.settlement import conversation_of, opens_conversation
from gate24.store import messages

_HOUR_MS = 3_600_000


def open_conversation(request: SendRequest, cost: Cost, kind: LedgerKind, category: str | None, now: int) -> str | None:
    """The conversation of the contact with the channel that is open and that a message of this kind is part of; None
    where it would open its own, the card prices none, or it is free by a free entry point. ``now``: epoch ms."""
    card = rate_card(cost.basis.rate_card) if cost.basis else None
    conversations = card.conversations if card else None
    if conversations is None or (card and cost.basis and card.is_in_entry_point(cost.basis.entry_point_hours)):
        return None
    # What opened a conversation that is open now is as old as one at most; what it opened by, too.
    since = now - 2 * conversations.hours * _HOUR_MS
    found = messages.since(request.organization.id, request.contact_id, since, until=now)
    entries = [each.ledger for each in found if each.ledger is not None and each.channel_id == request.channel.id]
    return joined_conversation(entries, conversations, kind, category, now)


def is_paid(organization_id: str, message: Message, entry: LedgerEntry) -> bool:
    """Whether an earlier message opened the conversation of this one, which stands there with its entry."""
    since = entry.at - 24 * _HOUR_MS
    found = messages.since(organization_id, message.key.contact_id, since, until=entry.at)
    earlier = (each.ledger for each in found if each.ledger and _place(each) < _place(message))
    return any(conversation_of(each) == conversation_of(entry) and opens_conversation(each) for each in earlier)


def _place(message: Message) -> tuple[int, str]:
    return message.key.at, message.key.suffix
