"""Which closed days are to be reckoned again, because their ledger may have changed.

Scheduled runs reckon an open day each time. A closed one (``rules.rollup.last_closed_day``) is reckoned only while it
is noted here, so that a day of which nothing comes any more costs nothing.

- Whoever changes a closed day's ledger notes the day *before* the change. So a crash between the two loses nothing.
- A note goes when the day was reckoned by a reading that began ``SETTLED_AFTER_MS`` after it. By then the change has
  been written, and the index, which is eventually consistent, shows it.
- A day is noted when it closes, for what came last while it was open.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from gate24 import clock
from gate24.lazy_dataclass import dataclass
from gate24.rules.rollup import last_closed_day
from gate24.store import keys
from gate24.store.items import ChangedDayItem, CheckHeldItem, ClosedDaysItem
from gate24.store.table import Item, delete, put, put_all, query, update

SETTLED_AFTER_MS = 10 * 60_000
"""Far longer than a function that writes messages may run (20 s), than the index may lag, and than clocks differ."""


def note(organization_id: str, day: str) -> None:
    """The ledger of that local day (``YYYY-MM-DD``) is about to change. Writes nothing while the day is open."""
    now = clock.now_ms()
    if day <= last_closed_day(now).isoformat():
        note_at(organization_id, day, now)


def note_all(organization_id: str, days: Iterable[str]) -> None:
    """The ledgers of those local days are about to change, in one request; as ``note`` of each."""
    now = clock.now_ms()
    closed = [day for day in days if day <= last_closed_day(now).isoformat()]
    places = [(keys.days_pk(organization_id), f"{keys.CHANGED_DAY}{day}") for day in closed]
    put_all(ChangedDayItem, [ChangedDayItem(*place, at=now) for place in places])


def note_at(organization_id: str, day: str, at: int) -> None:
    """The ledger of a closed day may have changed at that time (epoch ms), whatever was noted before."""
    item = ChangedDayItem(keys.days_pk(organization_id), f"{keys.CHANGED_DAY}{day}")
    update(item, [ChangedDayItem.at.set(at)], ChangedDayItem.at.does_not_exist() | (ChangedDayItem.at < at))


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """``until``: the last day that was closed, None before the first scheduled run. ``changed``: those that are to be
    reckoned, oldest first. ``held_until``: of statuses that are held, the last about (epoch ms)."""

    until: date | None
    changed: list[date]
    held_until: int | None = None


def closed_days(organization_id: str) -> ClosedDays:
    """What is known of an organization's closed days, in one read."""
    condition = Item.sk.between(keys.CHANGED_DAY, keys.CLOSED_DAYS)
    found = query(Item, keys.days_pk(organization_id), range_key_condition=condition)
    until = next((date.fromisoformat(item.until) for item in found if isinstance(item, ClosedDaysItem)), None)
    changed = [item.sk.removeprefix(keys.CHANGED_DAY) for item in found if isinstance(item, ChangedDayItem)]
    held_until = next((item.until for item in found if isinstance(item, CheckHeldItem)), None)
    return ClosedDays(until, [date.fromisoformat(day) for day in changed], held_until)


def forget(organization_id: str, day: str, begun_at: int) -> None:
    """The day was reckoned by a reading that began then (epoch ms): takes away the note that it has covered."""
    item = ChangedDayItem(keys.days_pk(organization_id), f"{keys.CHANGED_DAY}{day}")
    delete(item, ChangedDayItem.at <= begun_at - SETTLED_AFTER_MS)


def close(organization_id: str, days: Iterable[tuple[date, int]]) -> None:
    """Closes days, each with the time (epoch ms) since which its changes are noted."""
    for day, at in days:
        note_at(organization_id, day.isoformat(), at)
        put(ClosedDaysItem(keys.days_pk(organization_id), keys.CLOSED_DAYS, until=day.isoformat()))
