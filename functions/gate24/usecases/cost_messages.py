"""The messages that a local day's costs are made of, one by one, each with what the day counts for it.

They come in the order of their times, in which they are settled: what one costs may depend on those before it. Only
what counts is there; of what failed, was refused or is of unknown outcome a day has no amount.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from gate24.channels import Organization
from gate24.contacts import Contact
from gate24.costs import NOT_KNOWN, Exchange, Fee, LedgerEntry, MonthCount
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import message_key
from gate24.messages import Message
from gate24.rules.day_parts import (
    author_id,
    author_of,
    category_of,
    is_priced,
    own_fees,
    stated_fees,
    template_of,
)
from gate24.rules.rollup import each_once
from gate24.rules.settlement import Settlement
from gate24.store import contacts, costs, messages
from gate24.usecases.roll_up_day import conversations_before, counts_before
from gate24.usecases.state_costs import day_exchanges

UNKNOWN = "#unknown"
"""Asks for what ``NOT_KNOWN`` counts: a name that no template has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which messages; None: of all. ``template``: a name, or ``UNKNOWN``. ``author``: its id (``author_id``), or
    ``UNKNOWN``. ``fee``: only what such a fee was counted for. ``channels``: those that may be looked at."""

    channel_id: str | None = None
    category: str | None = None
    template: str | None = None
    author: str | None = None
    fee: Fee | None = None
    channels: Collection[str] | None = None

    @property
    def is_all(self) -> bool:
        return self == Wanted()

    def has(self, entry: LedgerEntry, fees: Mapping[Fee, int]) -> bool:
        """Whether the message is one of them. ``fees``: what the day counts for it."""
        if self.channels is not None and entry.channel_id not in self.channels:
            return False
        asked = (
            (self.channel_id, entry.channel_id),
            (self.category, category_of(entry)),
            (self.template, _asked_by(template_of(entry))),
            (self.author, _asked_by(author_of(entry), author_id)),
        )
        return all(want is None or want == own for want, own in asked) and (self.fee is None or fees[self.fee] > 0)


def _asked_by(name: str | None, spelled: Callable[[str], str] = str) -> str | None:
    return UNKNOWN if name == NOT_KNOWN else None if name is None else spelled(name)


@dataclass(frozen=True, slots=True)
class CostedMessage:
    """``fees``: micro-units of the organization's currency, all 0 where they cannot be said in it (not ``is_priced``).
    ``own``: the whole amount in the rate card's currency, ``exchange``: how it was converted; None where it was not.
    ``undelivered``: what it will cost besides once it is delivered. ``message``, ``contact``: None of somebody who was
    erased."""

    entry: LedgerEntry
    fees: Mapping[Fee, int]
    is_priced: bool
    own: int
    exchange: Exchange | None
    undelivered: int
    message: Message | None = None
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the list goes on: at a moment (epoch ms), behind so many of its messages that are wanted, with the month's
    counts as they stand before that moment."""

    at: int
    passed: int
    counts: Mapping[str, MonthCount]


_ROWS_AT_ONCE = 100
"""Of a shard, where all that is read is wanted."""


def cost_messages(
    organization: Organization,
    day: date,
    wanted: Wanted,
    place: Place | None,
    limit: int,
    is_time_up: Callable[[], bool],
) -> tuple[list[CostedMessage], Place | None]:
    """The next messages, at most ``limit``, as far as the time allows, and where the list goes on."""
    start = place or Place(0, 0, counts_before(organization, day))
    found, following = _read(organization, day, wanted, start, limit, is_time_up)
    return _with_people(organization.id, found), following


def _read(
    organization: Organization, day: date, wanted: Wanted, start: Place, limit: int, is_time_up: Callable[[], bool]
) -> tuple[list[CostedMessage], Place | None]:
    exchanges = day_exchanges(organization, day)
    settlement = Settlement(dict(start.counts), lambda: conversations_before(organization, day, start.at))
    found: list[CostedMessage] = []
    page = _ROWS_AT_ONCE if wanted.is_all else None
    for at, entries in costs.entries(organization.id, day.isoformat(), start.at, page):
        counts, passed = dict(settlement.counts), 0
        for entry in each_once(entries):
            if entry.state != "counted":
                continue
            settled = settlement.of(entry)
            is_said = is_priced(entry, organization.currency, exchanges)
            own, exchange = own_fees(entry, settled), exchanges.get(entry.currency)
            fees = stated_fees(own, exchange) if is_said else dict.fromkeys(own, 0)
            if not wanted.has(entry, fees):
                continue
            passed += 1
            if at == start.at and passed <= start.passed:
                continue
            if len(found) == limit:
                return found, Place(at, passed - 1, counts)
            undelivered = 0
            if is_said and settled.undelivered:
                undelivered = settled.undelivered if exchange is None else exchange.of(settled.undelivered)
            found.append(CostedMessage(entry, fees, is_said, sum(own.values()), exchange, undelivered))
        if is_time_up():
            return found, Place(at + 1, 0, settlement.counts)
    return found, None


def _with_people(organization_id: str, found: Sequence[CostedMessage]) -> list[CostedMessage]:
    """With the messages as they are stored and whom they are from or to; of an erasure that has begun neither."""
    keys = [key for each in found if (key := message_key(each.entry.message_id)) is not None]
    stored = {each.key.id: each for each in messages.find_many(organization_id, keys)} if keys else {}
    named = {each.key.contact_id for each in stored.values()}
    people = contacts.read_many(organization_id, named, ()) if named else {}
    shown = []
    for each in found:
        message = stored.get(each.entry.message_id)
        contact = None if message is None else people[message.key.contact_id]
        if message is not None and contact is not None and not _is_being_erased(message, contact):
            each = replace(each, message=message, contact=contact)
        shown.append(each)
    return shown


def _is_being_erased(message: Message, contact: Contact) -> bool:
    return contact.erasure is not None and message.key.at <= (contact.erased_at or 0)
