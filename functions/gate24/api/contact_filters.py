"""Which contacts a list shows, and in which order: what its parameters ask for, as lists that follow one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from gate24.api.call import Call
from gate24.channels import Channel
from gate24.contacts import Contact
from gate24.lazy_dataclass import dataclass
from gate24.rules.contact_query import contact_query, fits
from gate24.rules.decision import writable
from gate24.rules.waiting_chats import needs_answer
from gate24.rules.window import state_at
from gate24.store import care
from gate24.store.contact_list import ContactList, Filter, Page, Sort
from gate24.store.contact_search import ContactSearch

NOBODY = "none"
"""What the parameter ``assignee`` calls nobody."""

_FEW = 500
"""Contacts with a mark that are read for each page; where more have it, the list is gone through by its order."""

Wanted = Callable[[Contact], bool]


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of contacts that follow one another, of which nobody stands in two."""

    parts: tuple[ContactList | ContactSearch, ...]

    def page(self, limit: int, position: list[Any] | None) -> Page:
        """The next contacts after a position (None: from the start)."""
        number, place = (int(position[0]), position[1]) if position is not None else (0, None)
        taken: list[tuple[Contact, list[Any]]] = []
        for each in self.parts[number:]:
            page = each.page(limit - len(taken), place)
            taken += [(contact, [number, at]) for contact, at in page.contacts]
            if page.position is not None:
                return Page(taken, [number, page.position])
            if len(taken) == limit and number + 1 < len(self.parts):
                return Page(taken, [number + 1, None])
            number, place = number + 1, None
        return Page(taken, None)


def lists(call: Call, channels: list[Channel], q: str | None) -> Lists:
    """What the call's parameters ask for. ``q``: whom somebody looks for, if anybody."""
    wanted = call.parameters
    query = contact_query(q, [channel.business_number for channel in channels]) if q and q.strip() else None
    if call.access.limit is not None and (wanted.get("assignee") or wanted.get("label")):
        raise call.access.is_limited("To whom a chat is assigned and its labels hold for every channel.")
    conditions = _conditions(call, channels, wanted)
    if query is not None:
        conditions.append(partial(fits, query))
    ids = _marked(call, wanted)

    def one(window: Filter, sort: Sort, *more: Wanted) -> ContactList | ContactSearch:
        all_ = (*conditions, *more)
        listing = ContactList(
            *(call.organization.id, channels, call.now, window, sort),
            matches=lambda contact: all(each(contact) for each in all_),
            only_who_wrote=call.access.limit is not None,
            ids=ids,
        )
        if query is None or ids is not None:
            return listing
        return ContactSearch(listing, query, call.organization.finds_names)

    if wanted.get("filter") == "needs_answer" and wanted["window"] == "all" and wanted.get("sort") is None:
        is_open = _is_open(call, channels)
        return Lists((one("open", "expires_at"), one("closed", "recent", lambda contact: not is_open(contact))))
    return Lists((one(wanted["window"], wanted.get("sort") or "recent"),))


def purpose(wanted: Mapping[str, Any]) -> str:
    """The name of the list, to which its cursors belong."""
    names = ("window", "sort", "filter", "assignee", "label", "q")
    return "contacts " + " ".join(f"{name}={wanted[name]}" for name in names if wanted.get(name))


def _conditions(call: Call, channels: list[Channel], wanted: Mapping[str, Any]) -> list[Wanted]:
    found: list[Wanted] = []
    if wanted.get("filter"):
        found.append(_FILTERS[wanted["filter"]](call, channels))
    if assignee := wanted.get("assignee"):
        whose = None if assignee == NOBODY else assignee.strip().casefold()
        found.append(lambda contact: contact.care.assignee == whose)
    if label := wanted.get("label"):
        found.append(lambda contact: label.strip() in contact.care.labels)
    return found


def _marked(call: Call, wanted: Mapping[str, Any]) -> list[str] | None:
    """The few contacts among whom all are that are wanted; None where they are not few, or no mark is asked for."""
    assignee, label = wanted.get("assignee"), wanted.get("label")
    if label:
        found = care.first_marked(call.organization.id, care.LABEL, label.strip(), _FEW)
        if found is not None:
            return found
    if assignee and assignee != NOBODY:
        return care.first_marked(call.organization.id, care.ASSIGNEE, assignee.strip().casefold(), _FEW)
    return None


def _needs_answer(call: Call, channels: list[Channel]) -> Wanted:
    return lambda contact: needs_answer(contact, channels, call.now)


def _cannot_be_written_to(call: Call, channels: list[Channel]) -> Wanted:
    return lambda contact: not writable(contact, channels, call.now).at_all


def _is_open(call: Call, channels: list[Channel]) -> Wanted:
    return lambda contact: any(
        state_at(contact.window(channel.id), call.now, channel.margin_seconds * 1000).is_open for channel in channels
    )


_FILTERS: dict[str, Callable[[Call, list[Channel]], Wanted]] = {
    "needs_answer": _needs_answer,
    "cannot_be_written_to": _cannot_be_written_to,
}
