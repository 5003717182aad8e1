"""How many contacts an organization has in each state, at a cost that does not grow with them.

An organization with few contacts is counted anew each time. Of a larger one the counts of each partition of its list
are kept, and counted anew after a time that grows with what that reads: all counting together reads a hundred rows a
second in the long run, however many contacts there are and however many consoles ask.
"""

from __future__ import annotations

from gate24.lazy_dataclass import dataclass
from gate24.store import keys
from gate24.store.contact_list import ContactList, count_partition
from gate24.store.items import CountsItem
from gate24.store.table import delete, put, query, update

ROWS_A_SECOND = 100
"""Read for counting an organization, in the long run: 1.4 read units, since a row of the index has about 110 bytes."""

ROWS_AT_ONCE = 50_000
"""After so many one request counts no further partition; the next one goes on."""

_KEPT_FROM = 2400
"""Rows of the whole list from which on counts are kept, by what one partition has: below, all are counted in 33 read
units or fewer."""

_TURN_MS = 30_000
"""How long one process has to count a partition anew before another tries."""


@dataclass(frozen=True, slots=True)
class Counts:
    """``by_state``: None while not all of a large organization is counted for the first time. ``counted_at``: the
    oldest time of what is kept (epoch ms); None where all was counted just now."""

    by_state: dict[str, int] | None
    counted_at: int | None


def counts(listing: ContactList) -> Counts:
    """What is kept and not due, and the rest counted now, as much of it as one request may."""
    partitions = keys.first_list_partitions(listing.organization_id)
    items = {item.sk: item for item in query(CountsItem, _pk(listing.organization_id))}
    seconds_a_row = len(partitions) / ROWS_A_SECOND
    found: dict[str, dict[str, int]] = {}
    spent, oldest = 0, None
    for partition in sorted(partitions, key=lambda each: items[each].at if each in items else 0):
        kept = items.get(partition)
        is_due = kept is None or listing.now >= kept.at + round(kept.rows * seconds_a_row) * 1000
        if is_due and spent < ROWS_AT_ONCE and (kept is None or _takes_turn(kept, listing.now)):
            found[partition], rows = count_partition(listing, partition)
            spent += rows
            _keep(listing, partition, found[partition], rows, is_large=rows * len(partitions) > _KEPT_FROM, kept=kept)
        elif kept is not None:
            found[partition] = {name: int(value) for name, value in kept.counts.items()}
            oldest = min(kept.at, oldest or kept.at)
    if len(found) < len(partitions):
        return Counts(None, None)
    return Counts({name: sum(each[name] for each in found.values()) for name in found[partitions[0]]}, oldest)


def _takes_turn(kept: CountsItem, now: int) -> bool:
    """Whether this process counts the partition anew, and no other does meanwhile."""
    is_free = CountsItem.turn_until.does_not_exist() | (CountsItem.turn_until <= now)
    item = CountsItem(kept.pk, kept.sk)
    return update(item, [CountsItem.turn_until.set(now + _TURN_MS)], (CountsItem.at == kept.at) & is_free).applied


def _keep(
    listing: ContactList, partition: str, found: dict[str, int], rows: int, is_large: bool, kept: CountsItem | None
) -> None:
    item = CountsItem(_pk(listing.organization_id), partition)
    if is_large:
        item.counts, item.rows, item.at = found, rows, listing.now
        put(item)
    elif kept is not None:
        delete(item)


def _pk(organization_id: str) -> str:
    return f"N#{organization_id}"
