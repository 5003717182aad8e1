"""Finds contacts by number, user id or words of their names, without reading the list of all.

A number or user id is looked up. Words are found in the index of names (``store.name_words``); where not everybody of
the organization stands there yet, the list is searched after it for the others. Parts of numbers are searched for in
the list alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gate24.contacts import Contact
from gate24.events import ContactRef
from gate24.lazy_dataclass import dataclass
from gate24.rules.contact_query import ContactQuery
from gate24.store import contacts, name_words
from gate24.store.contact_list import ContactList, Page
from gate24.store.name_words import Found

_IN_ORDER, _BY_WORD, _IN_LIST = "order", "word", "list"
"""How the positions of a search begin."""

_SORTED_MOST = 50
"""Contacts that a search puts in the order of the list; more come by the word by which they are found."""

_ROWS_MOST = 2000
"""Rows of the index that one request looks at; where it finds too few until then, it goes on with its cursor."""


@dataclass(frozen=True, slots=True)
class ContactSearch:
    """``listing``: which contacts are shown; its ``matches`` holds the query against each. ``is_complete``: whether the
    index has all names of the organization."""

    listing: ContactList
    query: ContactQuery
    is_complete: bool

    def page(self, limit: int, position: list[Any] | None) -> Page:
        """The next contacts after a position (None: from the start). Fewer than asked for, even none, where the search
        goes on: it ends where there is no position."""
        if not self.query.words:
            found = self._looked_up() if position is None else []
            if found or self.query.is_whole:
                return Page(found, None)
            return self.listing.page(limit, position)
        if position is None or position[0] == _IN_ORDER:
            return self._in_order(limit, position[1:] if position else None)
        return self._by_word(limit, position[1]) if position[0] == _BY_WORD else self._in_list(limit, position)

    def _looked_up(self) -> list[_Entry]:
        refs = [ContactRef(phone) for phone in self.query.phones]
        if self.query.user_id is not None:
            refs.append(ContactRef(user_id=self.query.user_id))
        organization_id = self.listing.organization_id
        ids = dict.fromkeys(contacts.contact_id(organization_id, ref) for ref in refs)
        known = dict.fromkeys(contacts.read(organization_id, each).id for each in ids)
        return list(self.listing.shown(list(known)).values())

    def _in_order(self, limit: int, after: list[Any] | None) -> Page:
        """The contacts in the order of the list, where they are few."""
        found = []
        for number, row in enumerate(self._rows(None), 1):
            if isinstance(row, Found):
                found.append(row)
            if len(found) > _SORTED_MOST or number == _ROWS_MOST:
                return self._by_word(limit, None)
        entries = sorted(self._named(found), key=lambda entry: entry[1])
        left = [(each, [_IN_ORDER, *place]) for each, place in entries if after is None or place > after]
        if len(left) > limit:
            return Page(left[:limit], left[limit - 1][1])
        return self._then_in_list(left, limit)

    def _by_word(self, limit: int, after: str | None) -> Page:
        taken: list[_Entry] = []
        waiting: list[Found] = []
        for number, row in enumerate(self._rows(after), 1):
            if isinstance(row, Found):
                waiting.append(row)
            if len(taken) + len(waiting) == limit:
                taken += self._by_their_words(waiting)
                waiting = []
            if len(taken) == limit or number == _ROWS_MOST:
                last = row.position if isinstance(row, Found) else row
                return Page(taken + self._by_their_words(waiting), [_BY_WORD, last])
        return self._then_in_list(taken + self._by_their_words(waiting), limit)

    def _rows(self, after: str | None) -> Iterator[Found | str]:
        return name_words.find(self.listing.organization_id, self.query.words, after)

    def _by_their_words(self, found: list[Found]) -> list[_Entry]:
        at = {each.contact_id: each.position for each in found}
        return [(contact, [_BY_WORD, at[contact.id]]) for contact, _ in self._named(found)]

    def _named(self, found: list[Found]) -> list[_Entry]:
        """Those who are shown and still have the name, with their places in the list."""
        shown = self.listing.shown([each.contact_id for each in found])
        known = ((each, shown.get(each.contact_id)) for each in found)
        return [entry for each, entry in known if entry is not None and entry[0].name_token == each.token]

    def _then_in_list(self, taken: list[_Entry], limit: int) -> Page:
        """What the index has found, to its end, and then those who are not in it yet."""
        if self.is_complete:
            return Page(taken, None)
        if len(taken) == limit:
            return Page(taken, [_IN_LIST])
        rest = self._in_list(limit - len(taken), [_IN_LIST])
        return Page([*taken, *rest.contacts], rest.position)

    def _in_list(self, limit: int, position: list[Any]) -> Page:
        """Those who are not in the index yet."""
        listing = self.listing
        others = replace(listing, matches=lambda each: each.name_token is None and listing.matches(each))
        page = others.page(limit, position[1:] or None)
        entries = [(contact, [_IN_LIST, *its]) for contact, its in page.contacts]
        return Page(entries, None if page.position is None else [_IN_LIST, *page.position])


_Entry = tuple[Contact, list[Any]]
"""A contact with its position."""
