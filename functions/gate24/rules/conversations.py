"""The conversations of Meta's prices from 2022-02 to 2025-06: of 24 hours, paid once by what opens one. Pure.

A conversation has the name of the message that opened it (its suffix), until the provider tells its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from gate24.costs import LedgerEntry, LedgerKind
from gate24.rules.rate_cards import Conversations
from gate24.rules.settlement import conversation_of, is_in_entry_point, listed_category

_HOUR_MS = 3_600_000


def joined_conversation(
    entries: Iterable[LedgerEntry], conversations: Conversations, kind: LedgerKind, category: str | None, at: int
) -> str | None:
    """The name of the conversation that a message of ``at`` (epoch ms) is part of, the latest opened one; None where it
    opens its own. ``entries``: what the contact and the channel sent each other in twice the length of one before.

    Where each category opens its own, a freeform is part of any that is open. What is free by a free entry point opens
    none.
    """
    opened: dict[str, tuple[int, str | None]] = {}
    for entry in sorted(entries, key=lambda each: (each.at, each.message_id)):
        if entry.kind != "inbound" and entry.state == "counted" and not is_in_entry_point(entry):
            opened.setdefault(conversation_of(entry), (entry.at, listed_category(entry.kind, entry.category)))
    is_any = conversations.opens_by == "any" or kind == "freeform"
    wanted = listed_category(kind, category)
    return next(
        (
            name
            for name, (began, of) in reversed(opened.items())
            if at < began + conversations.hours * _HOUR_MS and (is_any or of == wanted)
        ),
        None,
    )
