"""Writes the words by which contacts are found for those who got their names before there were such words.

Once for each organization of an earlier version, some minutes at a time; where the time is up, or it crashes, the next
run goes on. Each step may be repeated. Whoever gets a name meanwhile gets its words with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from gate24 import at_once
from gate24.observability import count
from gate24.store import contact_list, contacts, documents, organizations

OTHERS_GONE_MS = 3_600_000
"""So long after the first run an earlier version may still write names without words (a deployment that moves
gradually)."""

_CHUNK = 100
_AT_ONCE = 5
"""Few, so that the table has capacity left for what people wait for: some 300 contacts a second."""

_PK = "NAMES"


def index_names(now: int, is_time_up: Callable[[], bool]) -> int:
    """``now``: epoch ms. Returns for how many contacts words were written. StoreError where the table fails."""
    organizations.forget()
    indexed = 0
    for organization_id in organizations.organization_ids():
        organization = organizations.organization(organization_id)
        if organization is None or organization.finds_names:
            continue
        state = documents.read(_PK, organization_id, consistent=True) or {}
        if not state:
            documents.write(_PK, organization_id, {"begun_at": now})
        if now - state.get("begun_at", now) < OTHERS_GONE_MS:
            continue
        done, is_through = _go_on(organization_id, state, is_time_up)
        indexed += done
        if not is_through:
            break
        organizations.change_organization(organization_id, lambda each: replace(each, finds_names=True))
        documents.remove(_PK, organization_id)
    if indexed:
        count("names.indexed", value=indexed)
    return indexed


def _go_on(organization_id: str, state: dict[str, Any], is_time_up: Callable[[], bool]) -> tuple[int, bool]:
    """For how many, and whether all are through."""
    place, indexed = state.get("place"), 0
    everybody = contact_list.everybody(organization_id, place and tuple(place))
    while chunk := list(islice(everybody, _CHUNK)):
        known = contacts.read_many(organization_id, [contact_id for contact_id, _ in chunk], ()).values()
        nameless = [each for each in known if each.name is not None and each.name_token is None]
        for start in range(0, len(nameless), _AT_ONCE):
            at_once.for_each(partial(contacts.index_name, organization_id), nameless[start : start + _AT_ONCE])
        indexed += len(nameless)
        documents.write(_PK, organization_id, state | {"place": list(chunk[-1][1])})
        if is_time_up():
            return indexed, False
    return indexed, True
