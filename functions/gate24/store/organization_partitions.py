"""The partitions of what serves an organization only while it exists: its feed, its notes, its counts, its audit log,
what was found of its budgets.

Not among them: the costs of its days and the ledger entries of which they are made, the refusals of its people, and the
erasures, with which the retry queue goes on.
"""

from __future__ import annotations

from collections.abc import Iterator

from gate24.store import keys
from gate24.store.table import Item, delete_all, query

_FEED_DAYS = 28
"""The feed is kept for 7 days, and DynamoDB may take its time to remove what has expired."""

_EVENT_ID_LETTERS = "0123456789abcdef"
"""With which an event's id may end (``rules.feed_events``)."""

_AT_ONCE = 500


def remove_some(organization_id: str, now: int) -> Iterator[int]:
    """Removes what is left, some items at a time, as far as it is taken; how many each time. ``now``: epoch ms."""
    for pk in _partitions(organization_id, now):
        while removed := _remove(pk):
            yield removed
    while removed := _remove(keys.days_pk(organization_id), (keys.BUDGET, keys.CLOSED_DAYS)):
        yield removed


def _partitions(organization_id: str, now: int) -> list[str]:
    moments = [now - back * keys.DAY_MS for back in range(-1, _FEED_DAYS)]
    days = [pk for at in moments for pk in keys.feed_partitions(organization_id, at)]
    names = [keys.feed_name_pk(organization_id, letter) for letter in _EVENT_ID_LETTERS]
    feed_notes, _ = keys.closed_windows_key(organization_id)
    others = [f"{kind}#{organization_id}" for kind in ("N", "T", "U", "UM", "UN", keys.AUDIT)]
    return [*days, *names, feed_notes, keys.closing_rounds_pk(organization_id), *others]


def _remove(pk: str, between: tuple[str, str] | None = None) -> int:
    condition = None if between is None else Item.sk.between(*between)
    found = query(
        Item,
        pk,
        range_key_condition=condition,
        attributes_to_get=["pk", "sk"],
        limit=_AT_ONCE,
        consistent_read=True,
    )
    delete_all([Item(each.pk, each.sk) for each in found])
    return len(found)
