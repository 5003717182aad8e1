"""The list of contacts: by last activity, or by the time left.

The index knows only the hour of a row (in which a window ends, or 24 hours after the last send to a contact), so that
most messages do not move it. The rows of an hour are loaded and put in their exact order.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby, islice
from typing import Any, Literal

from gate24.channels import Channel
from gate24.contacts import Contact
from gate24.lazy_dataclass import dataclass
from gate24.rules.window import CLOSING_MS, state_at
from gate24.store import keys
from gate24.store.contacts import Listed, read_listed
from gate24.store.table import Item, query_index
from gate24.windows import WindowState

Filter = Literal["open", "closing", "closed", "all"]
Sort = Literal["recent", "expires_at"]

_CHUNK = 400
"""Contacts of one hour that are put in exact order; in a fuller hour the order is exact within each so many."""

_READ_MOST = 4000
"""Contacts that one request looks at; a search that finds too few until then goes on with its cursor."""


_ROWS_A_CONTACT = 100
"""Rows of the index that cost what it costs to look at a contact: 1.5 units, where 8 KB of rows cost one."""

_ROWS_FOR_A_PAGE, _ROWS_FOR_ALL = 100, 10_000
"""Rows of a shard that are read at a time: few where a page is wanted, or each contact costs more than
its row anyway; many where all of them are."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the index: a window (with its channel) or a contact (with an empty one)."""

    hour: int
    contact_id: str
    channel_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Contacts, each with its position, after which the list goes on. ``position``: where it goes on after all of them,
    None at the end."""

    contacts: list[tuple[Contact, list[Any]]]
    position: list[Any] | None


def _index_rows(organization_id: str, first: str, last: str, newest_first: bool, at_a_time: int) -> Iterator[Row]:
    """The rows of all shards between two sort keys, in the order of their hours and then of the contacts, read as far
    as they are taken."""
    shards = [
        _partition(partition, first, last, newest_first, at_a_time)
        for partition in keys.list_partitions(organization_id)
    ]
    return heapq.merge(*shards, key=lambda row: (row.hour, row.contact_id), reverse=newest_first)


def _partition(partition: str, first: str, last: str, newest_first: bool, at_a_time: int) -> Iterator[Row]:
    found = query_index(
        partition,
        range_key_condition=Item.h.between(first, last),
        attributes_to_get=["h"],
        scan_index_forward=not newest_first,
        limit=at_a_time,
    )
    for item in found:
        hour, contact_id, channel_id = item["h"]["S"].split("#")
        yield Row(int(hour), contact_id, channel_id)


def _hours(first: int, last: int) -> tuple[str, str]:
    """The sort keys around the rows of these hours."""
    return f"{first:07d}", f"{last:07d}$"


def everybody(organization_id: str, after: tuple[int, str] | None = None) -> Iterator[tuple[str, tuple[int, str]]]:
    """The ids of all contacts with their places, after one. Whoever is written to meanwhile moves to a later place: may
    come twice, and is not passed over."""
    number, last = after or (0, "")
    for place, partition in enumerate(keys.list_partitions(organization_id)):
        if place < number:
            continue
        condition = Item.h > last if place == number and last else None
        found = query_index(partition, range_key_condition=condition, attributes_to_get=["h"], limit=_ROWS_FOR_A_PAGE)
        for item in found:
            row = item["h"]["S"]
            _, contact_id, channel_id = row.split("#")
            if not channel_id:
                yield contact_id, (place, row)


def windows_ending(organization_id: str, first: int, last: int) -> Iterator[tuple[str, str]]:
    """The windows that end from the hour of ``first`` until that of ``last`` (epoch ms): each one's contact and
    channel. Read as far as they are taken."""
    rows = _index_rows(organization_id, *_hours(first // keys.HOUR_MS, last // keys.HOUR_MS), False, _ROWS_FOR_ALL)
    return ((row.contact_id, row.channel_id) for row in rows if row.channel_id)


@dataclass(frozen=True, slots=True)
class ContactList:
    """One way to list an organization's contacts at one moment (``now``: epoch ms). ``only_who_wrote``: those alone who
    wrote to one of the channels; nothing is told then of what was sent to others. ``ids``: only these contacts, which
    are so few that all of them are read for each page."""

    organization_id: str
    channels: list[Channel]
    now: int
    filter: Filter = "all"
    sort: Sort = "recent"
    matches: Callable[[Contact], bool] = lambda contact: True
    only_who_wrote: bool = False
    ids: Sequence[str] | None = None

    def page(self, limit: int, position: list[Any] | None) -> Page:
        """The next contacts after a position (None: from the start)."""
        return self._page(limit, position) if self.ids is None else self._page_of(self.ids, limit, position)

    def _page_of(self, ids: Sequence[str], limit: int, position: list[Any] | None) -> Page:
        found = self.shown(list(ids)).values()
        later = sorted((each for each in found if position is None or each[1] > position), key=lambda each: each[1])
        return Page(later[:limit], later[limit - 1][1] if len(later) > limit else None)

    def _page(self, limit: int, position: list[Any] | None) -> Page:
        """A position names the hour (by its rank), the first contact of its chunk (empty for the hour's first one), and
        the place in that."""
        if position is not None and len(position) == 3:  # of an earlier version
            position = [position[0], "", *position[1:]]
        taken: list[tuple[Contact, list[Any]]] = []
        last: list[Any] | None = position
        seen = 0
        for hour, group in groupby(self._rows(position), key=lambda row: row.hour):
            contact_ids: Iterator[str] = (each for each, _ in groupby(group, key=lambda row: row.contact_id))
            rank = self._rank(hour)
            goes_on = position is not None and position[0] == rank
            chunk_name = position[1] if position is not None and goes_on else ""
            while chunk := list(islice(contact_ids, _CHUNK)):
                for order, contact in self._ordered(hour, sorted(chunk)):
                    if position is not None and goes_on and chunk_name == position[1] and order <= position[2:]:
                        continue
                    if len(taken) == limit:
                        return Page(taken, last)
                    last = [rank, chunk_name, *order]
                    taken.append((contact, last))
                seen += len(chunk)
                following = next(contact_ids, None)
                if seen >= _READ_MOST and following is not None:
                    return Page(taken, [rank, following, -(1 << 60), ""])
                if following is not None:
                    contact_ids, chunk_name = chain([following], contact_ids), following
            if seen >= _READ_MOST:
                return Page(taken, [rank, chunk_name, 1 << 60, "~"])
        return Page(taken, None)

    def shown(self, contact_ids: list[str]) -> dict[str, tuple[Contact, list[Any]]]:
        """Those of the contacts that are in the list, by their ids, with their positions there."""
        found = read_listed(self.organization_id, contact_ids, [channel.id for channel in self.channels])
        placed = ((each.contact, self._place(each)) for each in found if self.matches(each.contact))
        return {
            contact.id: (contact, [self._rank(place[0]), place[1], contact.id])
            for contact, place in placed
            if place is not None
        }

    def _rank(self, hour: int) -> int:
        return hour if self.sort == "expires_at" else -hour

    def _rows(self, position: list[Any] | None) -> Iterator[Row]:
        this_hour = self.now // keys.HOUR_MS
        first, last = {
            "open": (this_hour, 9_999_999),
            "closing": (this_hour, this_hour + CLOSING_MS // keys.HOUR_MS + 1),
            "closed": (1, this_hour + 1),
            "all": (0, 9_999_999),
        }[self.filter]
        begin, end = _hours(first, last)
        if position is not None:
            place = f"{abs(int(position[0])):07d}"
            if self.sort == "expires_at":
                begin = max(begin, f"{place}#{position[1]}")
            else:
                end = min(end, f"{place}#{position[1]}~" if position[1] else f"{place}$")
        found = _index_rows(self.organization_id, begin, end, self.sort == "recent", _ROWS_FOR_A_PAGE)
        if self.only_who_wrote:
            own = {channel.id for channel in self.channels}
            return (row for row in found if row.channel_id in own)
        return found if self.filter == "all" else (row for row in found if row.channel_id)

    def _ordered(self, hour: int, contact_ids: list[str]) -> list[tuple[list[Any], Contact]]:
        """The contacts whose place is this hour, in exact order."""
        places = []
        for listed in read_listed(self.organization_id, contact_ids, [channel.id for channel in self.channels]):
            place = self._place(listed)
            if place is not None and place[0] == hour and self.matches(listed.contact):
                places.append(([place[1], listed.contact.id], listed.contact))
        return sorted(places, key=lambda pair: pair[0])

    def _place(self, listed: Listed) -> tuple[int, int] | None:
        """The hour under which the contact is shown, and its exact rank there; None where the filter hides it.
        A contact with several rows is shown once, at the first of them that counts."""
        contact, hours = listed.contact, listed.hours
        candidates = [
            (hours.get(channel.id), self._exact(contact, channel.id))
            for channel in self.channels
            if self._shows(_state(contact, channel, self.now))
        ]
        if self.filter == "all" and not self.only_who_wrote:
            candidates.append((hours.get(""), -(contact.sent_at or 0) if self.sort == "recent" else 0))
        placed = [(hour, exact) for hour, exact in candidates if hour is not None]
        if not placed:
            return None
        return min(placed, key=lambda place: (self._rank(place[0]), place[1]))

    def _exact(self, contact: Contact, channel_id: str) -> int:
        last = contact.window(channel_id).last_inbound_at or 0
        return last if self.sort == "expires_at" else -last

    def _shows(self, state: WindowState) -> bool:
        if self.filter == "closing":
            return state.is_closing
        return self.filter == "all" or state.state == self.filter


def _state(contact: Contact, channel: Channel, now: int) -> WindowState:
    return state_at(contact.window(channel.id), now, channel.margin_seconds * 1000)


def _edges(listing: ContactList) -> set[int]:
    """The hours in which a window may be about to close, or about to count as closing."""
    margin_ms = max((channel.margin_seconds for channel in listing.channels), default=0) * 1000
    return {at // keys.HOUR_MS for at in (listing.now, listing.now + margin_ms, listing.now + CLOSING_MS)}


def count_partition(listing: ContactList, partition: str) -> tuple[dict[str, int], int]:
    """How many contacts there are by the state of their windows in one partition that the list began with and in those
    over which raises spread it, and how much was read for it: about so many rows. One pass over the index; only the
    rows of the ``_edges`` are looked at more closely.

    Older partitions come first: a row that moves meanwhile moves to a newer one, so it is seen, and a contact that is
    seen twice counts once."""
    now, edges = listing.now, _edges(listing)
    this_hour, closing_hour = now // keys.HOUR_MS, (now + CLOSING_MS) // keys.HOUR_MS
    open_, closing, everybody, wrote, unsure = set[str](), set[str](), set[str](), set[str](), set[str]()
    rows = 0
    spread = keys.spread_partitions(partition)
    all_hours = _hours(0, 9_999_999)
    for row in chain.from_iterable(_partition(each, *all_hours, False, _ROWS_FOR_ALL) for each in spread):
        rows += 1
        everybody.add(row.contact_id)
        if not row.channel_id:
            continue
        wrote.add(row.contact_id)
        if row.hour in edges:
            unsure.add(row.contact_id)
        elif row.hour > this_hour:
            open_.add(row.contact_id)
            if row.hour < closing_hour:
                closing.add(row.contact_id)
    for listed in read_listed(listing.organization_id, sorted(unsure), [channel.id for channel in listing.channels]):
        for channel in listing.channels:
            state = _state(listed.contact, channel, now)
            if state.is_open:
                open_.add(listed.contact.id)
            if state.is_closing:
                closing.add(listed.contact.id)
    found = {
        "all": len(everybody),
        "open": len(open_),
        "closing": len(closing),
        "closed": len(wrote - open_),
        "never_opened": len(everybody - wrote),
    }
    return found, rows + _ROWS_A_CONTACT * len(unsure)
