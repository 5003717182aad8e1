"""What the messages of some days would have cost by another rate card, beside what they did cost.

The other card settles them by itself: its tiers begin with the first day asked for, and conversations of the day before
are looked at. What counts as delivered by the card that held counts so here; where that charged without it, everything
that went out does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import field, replace
from datetime import date, timedelta
from typing import NamedTuple

from gate24.channels import Organization
from gate24.costs import LedgerEntry, LedgerKind, MonthCount
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import message_key, suffix_of
from gate24.rules.conversations import joined_conversation
from gate24.rules.pricing import repriced_by
from gate24.rules.rate_cards import RateCard
from gate24.rules.rollup import each_once
from gate24.rules.settlement import Settled, Settlement
from gate24.store import costs
from gate24.usecases.roll_up_day import conversations_before, counts_before
from gate24.usecases.state_costs import day_exchanges


class Part(NamedTuple):
    """Messages of a day that are alike. ``market``: None where it is not known."""

    day: str
    channel_id: str
    kind: LedgerKind
    category: str | None
    market: str | None


@dataclass(slots=True)
class Amounts:
    """Micro-units of the organization's currency."""

    count: int = 0
    cost: int = 0
    what_if: int = 0


@dataclass(slots=True)
class WhatIf:
    """``position``: the day and the moment in it (epoch ms) at which it goes on; None: it is done. ``own``, ``other``:
    the month's counts by the cards that held and by the other one, as they stand there. ``unpriced``: messages of which
    a fee by the other card is not known, or cannot be converted."""

    position: tuple[date, int] | None
    own: dict[str, MonthCount] | None = None
    other: dict[str, MonthCount] = field(default_factory=dict)
    parts: dict[Part, Amounts] = field(default_factory=dict)
    unpriced: int = 0


def what_if(
    organization: Organization,
    card: RateCard,
    last: date,
    found: WhatIf,
    channels: Collection[str] | None,
    is_time_up: Callable[[], bool],
) -> None:
    """Goes on with it up to ``last`` as far as the time allows. ``channels``: those to look at; None: all."""
    talks = _Talks(card)
    if found.position is not None and card.conversations is not None:
        _look_back(organization, card, found.position, talks)
    while found.position is not None:
        day, start = found.position
        if not _one_day(organization, card, day, start, found, talks, channels, is_time_up):
            return
        following = day + timedelta(days=1)
        found.position = (following, 0) if following <= last else None
        found.own = None
        if following.day == 1:
            found.other = {}
        if is_time_up():
            return


def _one_day(
    organization: Organization,
    card: RateCard,
    day: date,
    start: int,
    found: WhatIf,
    talks: _Talks,
    channels: Collection[str] | None,
    is_time_up: Callable[[], bool],
) -> bool:
    """False where the time is up before its end."""
    own = counts_before(organization, day) if found.own is None else found.own
    settlement = Settlement(own, lambda: conversations_before(organization, day, start))
    other = Settlement(found.other)
    exchanges = day_exchanges(organization, day)

    def converted(entry: LedgerEntry, settled: Settled) -> int | None:
        fees = (settled.whatsapp, settled.gupshup, entry.media)
        exchange = exchanges.get(entry.currency)
        if exchange is None:
            return sum(fees) if entry.currency == organization.currency else None
        return sum(map(exchange.of, fees))

    for at, entries in costs.entries(organization.id, day.isoformat(), start):
        for entry in each_once(entries):
            if entry.state != "counted":
                continue
            settled = settlement.of(entry)
            asked = talks.placed(repriced_by(card, entry))
            under = converted(asked, other.of(asked))
            if channels is not None and entry.channel_id not in channels:
                continue
            part = Part(day.isoformat(), entry.channel_id, entry.kind, entry.category, entry.market)
            amounts = found.parts.setdefault(part, Amounts())
            amounts.count += 1
            amounts.cost += converted(entry, settled) or 0
            amounts.what_if += under or 0
            found.unpriced += asked.unpriced or under is None
        if is_time_up():
            found.position, found.own = (day, at + 1), own
            return False
    return True


def _look_back(organization: Organization, card: RateCard, position: tuple[date, int], talks: _Talks) -> None:
    """The messages of the day before the position, and of its own day so far, for the conversations they opened."""
    day, start = position
    for each in (day - timedelta(days=1), day):
        for at, entries in costs.entries(organization.id, each.isoformat()):
            if each == day and at >= start:
                break
            for entry in each_once(entries):
                if entry.state == "counted":
                    talks.placed(repriced_by(card, entry))


class _Talks:
    """The conversations that the other card would have had, of the contacts of a day and the one before."""

    def __init__(self, card: RateCard) -> None:
        self._conversations = card.conversations
        self._entries: dict[tuple[str, str], list[LedgerEntry]] = {}

    def placed(self, entry: LedgerEntry) -> LedgerEntry:
        """The next message with its conversation, of a card that has such. Of somebody who was erased each is its
        own."""
        key = message_key(entry.message_id)
        if self._conversations is None or entry.kind == "inbound" or key is None:
            return entry
        since = entry.at - 2 * self._conversations.hours * 3_600_000
        known = self._entries.setdefault((entry.channel_id, key.contact_id), [])
        known[:] = [each for each in known if each.at >= since]
        name = joined_conversation(known, self._conversations, entry.kind, entry.category, entry.at)
        placed = replace(entry, conversation=name or suffix_of(entry.message_id))
        known.append(placed)
        return placed
