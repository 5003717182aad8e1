"""Who waits for an answer, until when one can be given, and of whom staff are told before that. Pure.

Staff are told in rounds: a round names the chats that are news, and everybody who wants to hear of them hears once. So
each window is in one round at most, however often somebody looks. All times are epoch milliseconds.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from gate24.channels import Channel
from gate24.contacts import Contact
from gate24.events import ContactRef
from gate24.lazy_dataclass import dataclass
from gate24.rules.decision import Wanted, facts_of, refusal, writable
from gate24.rules.inbox import standing

MINUTE_MS = 60_000
LOOK_MS = 5 * MINUTE_MS
"""How often an organization's chats are looked at."""

GAP_MS = 15 * MINUTE_MS
"""Between two rounds at least, so that what comes close together is told at once."""

_KEPT_AFTER_MS = 60 * MINUTE_MS
"""So long after its end it is still known that a window was told of: a channel's margin may change meanwhile."""

_NAME_BYTES = 6
_ROUND_MOST, _KNOWN_MOST = 4000, 10_000
"""Chats of one round, and of all that are known to have been told: as many as an item of the table has room for."""


@dataclass(frozen=True, slots=True)
class Chat:
    """Somebody who waits. ``name``: of the window in which the answer can be given; after the contact's next message it
    is another one, as is the ``closes_at`` until which it can."""

    name: str
    closes_at: int


@dataclass(frozen=True, slots=True)
class Rounds:
    """What was told so far. ``told``: the names of windows that were in a round, with their ends. ``number`` and ``at``
    of the last round; ``batch``: the names in it; ``is_under_way``: not everybody has heard of it yet."""

    number: int = 0
    at: int = 0
    told: Mapping[str, int] = field(default_factory=dict)
    batch: tuple[str, ...] = ()
    is_under_way: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be told now: these chats, as a part of this round. ``is_new``: it has to be stored before."""

    rounds: Rounds
    chats: tuple[Chat, ...]
    is_new: bool

    @property
    def first_closes_at(self) -> int:
        return min(chat.closes_at for chat in self.chats)


def needs_answer(contact: Contact, channels: Sequence[Channel], now: int) -> bool:
    """Somebody waits, and can be written to. Who cannot is among those who cannot be."""
    waits = standing(contact, [channel.id for channel in channels]).waiting_since is not None
    return waits and writable(contact, channels, now).at_all


def answerable_until(contact: Contact, channels: Iterable[Channel], now: int) -> tuple[int, str] | None:
    """Until when a freeform message can be sent, on the channel where that is longest, and that channel; None where
    none can be sent now."""
    person = ContactRef(contact.phone, contact.user_id)
    found = []
    for channel in channels:
        facts = facts_of(contact, channel, person, now)
        closes_at = facts.state.gate_closes_at
        if closes_at is not None and closes_at > now and refusal(facts, Wanted("freeform")) is None:
            found.append((closes_at, channel.id))
    return max(found, default=None)


def closing_chat(contact: Contact, channels: Sequence[Channel], now: int, lead_ms: int) -> Chat | None:
    """The contact's chat, where an answer is waited for that can be given for no longer than the lead time."""
    until = answerable_until(contact, channels, now)
    if until is None or until[0] > now + lead_ms or not needs_answer(contact, channels, now):
        return None
    closes_at, channel_id = until
    said = f"{contact.id}\0{channel_id}\0{contact.window(channel_id).last_inbound_at}"
    return Chat(urlsafe_b64encode(hashlib.sha256(said.encode()).digest()[:_NAME_BYTES]).decode(), closes_at)


def next_step(before: Rounds, chats: Sequence[Chat], now: int, lead_ms: int) -> Step | None:
    """What is to be told of the chats that wait now; None for nothing.

    Of a round that was broken off the rest hears first, as far as somebody still waits. A new one begins where a chat
    was in none so far, ``GAP_MS`` after the last one; with a short lead time after half of that, so that nobody's
    window closes in between."""
    if before.is_under_way:
        in_it = set(before.batch)
        rest = tuple(chat for chat in chats if chat.name in in_it)
        if rest:
            return Step(before, rest, is_new=False)
    news = sorted((chat for chat in chats if chat.name not in before.told), key=lambda chat: chat.closes_at)
    if not news or now < before.at + min(GAP_MS, lead_ms // 2):
        return None
    told_now = tuple(news[:_ROUND_MOST])
    told = {chat.name: chat.closes_at for chat in told_now}
    waiting = {chat.name for chat in chats}
    kept = [(name, at) for name, at in before.told.items() if at + _KEPT_AFTER_MS > now]
    kept.sort(key=lambda each: (each[0] in waiting, each[1]), reverse=True)  # the last may wait again and be told twice
    told |= kept[: _KNOWN_MOST - len(told)]
    batch = tuple(chat.name for chat in told_now)
    return Step(Rounds(before.number + 1, now, told, batch, is_under_way=True), told_now, is_new=True)


def is_turn(organization_id: str, now: int) -> bool:
    """Whether the organization is looked at in this minute: organizations take turns within ``LOOK_MS``."""
    minutes = LOOK_MS // MINUTE_MS
    place = hashlib.sha256(organization_id.encode()).digest()[0]
    return now // MINUTE_MS % minutes == place % minutes
