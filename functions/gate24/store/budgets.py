"""What the rollup found of the budgets of organizations and channels, an item for each month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from gate24.budgets import BudgetState, Spent, ToldShare
from gate24.rules.budget import last_day
from gate24.store import keys
from gate24.store.items import BudgetItem
from gate24.store.outage import TABLE
from gate24.store.remembered import Remembered
from gate24.store.table import Item, get, put, put_new, query

REMEMBERED_SECONDS = 30.0
"""How long a process takes it that so much is spent."""

_KEPT_DAYS = 800
"""After its month: as long as anybody may ask for a month of the year before."""

_spent: Remembered[Spent] = Remembered(TABLE, REMEMBERED_SECONDS)


def forget() -> None:
    """Forgets what was remembered (tests, and after a state was written)."""
    _spent.clear()


def states(organization_id: str, month: str) -> dict[str | None, BudgetState]:
    """Those of the month (``YYYY-MM``) by channel, and under None the whole organization's (consistent)."""
    of_month = Item.sk.startswith(f"{keys.BUDGET}{month}#")
    found = query(BudgetItem, keys.days_pk(organization_id), range_key_condition=of_month, consistent_read=True)
    return {each.channel_id: each for each in map(state_of, found)}


def remembered_spent(organization_id: str, channel_id: str | None, month: str) -> Spent:
    """What was spent in the month as of some seconds ago; nothing where nothing was computed."""
    pk, sk = keys.days_pk(organization_id), keys.budget_sort(month, channel_id)

    def read() -> Spent:
        found = get(BudgetItem, pk, sk)
        state = None if found is None else state_of(found)
        return Spent(0, None) if state is None else Spent(state.spent, state.as_of)

    return _spent.get(f"{pk} {sk}", read)


def save(organization_id: str, before: BudgetState | None, state: BudgetState) -> bool:
    """Writes the state in the place of the one ``before``; False where somebody else has written another meanwhile."""
    if state == before:
        return True
    item = BudgetItem(keys.days_pk(organization_id), keys.budget_sort(state.month, state.channel_id), body=_body(state))
    item.ttl = _ends(state.month)
    written = put_new(item) if before is None else put(item, BudgetItem.body == _body(before))
    forget()
    return written.applied


def state_of(item: BudgetItem) -> BudgetState:
    month, channel_id = item.sk.removeprefix(keys.BUDGET).split("#", 1)
    body = item.body
    return BudgetState(
        month=month,
        channel_id=channel_id or None,
        currency=body["currency"],
        budget=body["budget"],
        shares=tuple(body["shares"]),
        spent=body["spent"],
        as_of=body["as_of"],
        told=frozenset(ToldShare(*each) for each in body["told"]),
    )


def _body(state: BudgetState) -> dict[str, Any]:
    return {
        "currency": state.currency,
        "budget": state.budget,
        "shares": list(state.shares),
        "spent": state.spent,
        "as_of": state.as_of,
        "told": sorted(map(list, state.told)),
    }


def _ends(month: str) -> int:
    """Epoch seconds."""
    day = last_day(month) + timedelta(days=_KEPT_DAYS)
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
