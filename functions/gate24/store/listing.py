"""The list of contacts: by last activity, or by the time left.

The index knows only the hour of a row (24 hours after the last inbound of a window, or after the last send to
a contact), so that most messages do not move it. The rows of an hour are loaded and put in their exact order.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from gate24.channels import Channel
from gate24.rules.window import CLOSING_MS, WindowState, state_at
from gate24.store import keys
from gate24.store.contacts import Person, persons
from gate24.store.table import INDEX, connection, table_name, translated

Filter = Literal["open", "closing", "closed", "all"]
Sort = Literal["recent", "expires_at"]

_CHUNK = 400
"""Contacts of one hour that are put in exact order; in a fuller hour the order is exact within each so many."""

_READ_MOST = 4000
"""Contacts that one request looks at; a search that finds too few until then goes on with its cursor."""


_ROWS_FOR_A_PAGE, _ROWS_FOR_ALL = 100, 10_000
"""Rows of a shard that are read at a time: few where the first page is wanted, many where all of them are."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the index: a window (with its channel) or a contact (without)."""

    hour: int
    contact: str
    channel: str


@dataclass(frozen=True, slots=True)
class Page:
    """``position``: where to go on, None at the end."""

    people: list[Person]
    position: list[Any] | None


def rows(organization_id: str, first_hour: int, last_hour: int, newest_first: bool, at_a_time: int) -> Iterator[Row]:
    """The rows of all shards in the order of their hours, read as far as they are taken."""
    shards = [
        _partition(partition, first_hour, last_hour, newest_first, at_a_time)
        for partition in keys.list_partitions(organization_id)
    ]
    return heapq.merge(*shards, key=lambda row: -row.hour if newest_first else row.hour)


def _partition(partition: str, first_hour: int, last_hour: int, newest_first: bool, at_a_time: int) -> Iterator[Row]:
    start: dict[str, Any] | None = None
    while True:
        with translated("Query"):
            page = connection().client._make_api_call(
                "Query",
                {
                    "TableName": table_name(),
                    "IndexName": INDEX,
                    "KeyConditionExpression": "g = :g AND h BETWEEN :a AND :b",
                    "ProjectionExpression": "h",
                    "ExpressionAttributeValues": {
                        ":g": {"S": partition},
                        ":a": {"S": f"{first_hour:07d}"},
                        ":b": {"S": f"{last_hour:07d}$"},
                    },
                    "ScanIndexForward": not newest_first,
                    "Limit": at_a_time,
                    **({"ExclusiveStartKey": start} if start else {}),
                },
            )
        for item in page["Items"]:
            hour, contact, channel = item["h"]["S"].split("#")
            yield Row(int(hour), contact, channel)
        start = page.get("LastEvaluatedKey")
        if not start:
            return


@dataclass(frozen=True, slots=True)
class Listing:
    """One way to list an organization's contacts at one moment (``now``: epoch ms)."""

    organization_id: str
    channels: list[Channel]
    now: int
    filter: Filter = "all"
    sort: Sort = "recent"
    matches: Callable[[Person], bool] = lambda person: True

    def page(self, limit: int, position: list[Any] | None) -> Page:
        """The next contacts after a position (None: from the start)."""
        taken: list[Person] = []
        last: list[Any] | None = position
        seen = 0
        for hour, group in groupby(self._rows(position), key=lambda row: row.hour):
            contacts = sorted({row.contact for row in group})
            for start in range(0, len(contacts), _CHUNK):
                for order, person in self._ordered(hour, contacts[start : start + _CHUNK]):
                    if position is not None and [self._rank(hour), *order] <= position:
                        continue
                    if len(taken) == limit:
                        return Page(taken, last)
                    taken.append(person)
                    last = [self._rank(hour), *order]
                seen += min(_CHUNK, len(contacts) - start)
                if seen >= _READ_MOST and start + _CHUNK >= len(contacts):
                    return Page(taken, [self._rank(hour), 1 << 60, "~"])
        return Page(taken, None)

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
        if position is not None:
            hour = abs(int(position[0]))
            first, last = (max(first, hour), last) if self.sort == "expires_at" else (first, min(last, hour))
        found = rows(self.organization_id, first, last, self.sort == "recent", _ROWS_FOR_A_PAGE)
        return found if self.filter == "all" else (row for row in found if row.channel)

    def _ordered(self, hour: int, contacts: list[str]) -> list[tuple[list[Any], Person]]:
        """The contacts whose place is this hour, in exact order."""
        places = []
        for person in persons(self.organization_id, contacts, [channel.id for channel in self.channels]):
            place = self._place(person)
            if place is not None and place[0] == hour and self.matches(person):
                places.append(([place[1], person.id], person))
        return sorted(places, key=lambda pair: pair[0])

    def _place(self, person: Person) -> tuple[int, int] | None:
        """The hour under which the contact is shown, and its exact rank there; None where the filter hides it.
        A contact with several rows is shown once, at the first of them that counts."""
        candidates = [
            (person.rows.get(channel.id), self._exact(person, channel.id))
            for channel in self.channels
            if self._shows(state_at(person.window(channel.id), self.now, channel.margin_seconds * 1000))
        ]
        if self.filter == "all":
            candidates.append((person.rows.get(""), -(person.sent_at or 0) if self.sort == "recent" else 0))
        placed = [(hour, exact) for hour, exact in candidates if hour is not None]
        if not placed:
            return None
        return min(placed, key=lambda place: (self._rank(place[0]), place[1]))

    def _exact(self, person: Person, channel_id: str) -> int:
        last = person.window(channel_id).last_inbound_at or 0
        return last if self.sort == "expires_at" else -last

    def _shows(self, state: WindowState) -> bool:
        if self.filter == "closing":
            return state.is_open and state.seconds_left * 1000 < CLOSING_MS
        return self.filter == "all" or state.state == self.filter


def counts(listing: Listing) -> dict[str, int]:
    """How many contacts there are by the state of their windows. One pass over the index; only the rows of this
    hour and of the fourth from now are looked at more closely."""
    this_hour = listing.now // keys.HOUR_MS
    fourth = (listing.now + CLOSING_MS) // keys.HOUR_MS
    open_, closing, everybody, wrote, unsure = set[str](), set[str](), set[str](), set[str](), set[str]()
    for row in rows(listing.organization_id, 0, 9_999_999, False, _ROWS_FOR_ALL):
        everybody.add(row.contact)
        if not row.channel:
            continue
        wrote.add(row.contact)
        if row.hour in (this_hour, fourth):
            unsure.add(row.contact)
        elif row.hour > this_hour:
            open_.add(row.contact)
            if row.hour < fourth:
                closing.add(row.contact)
    for person in persons(listing.organization_id, sorted(unsure), [channel.id for channel in listing.channels]):
        for channel in listing.channels:
            state = state_at(person.window(channel.id), listing.now, channel.margin_seconds * 1000)
            if state.is_open:
                open_.add(person.id)
                if state.seconds_left * 1000 < CLOSING_MS:
                    closing.add(person.id)
    return {
        "all": len(everybody),
        "open": len(open_),
        "closing": len(closing),
        "closed": len(wrote - open_),
        "never_opened": len(everybody - wrote),
    }
