"""Session windows: read, moved by a rule, and written if nobody moved them meanwhile.

The rules are pure functions (``rules/window.py``); this executes them.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from pynamodb.expressions.condition import Condition

from gate24.rules.window import WINDOW_MS, ends_at
from gate24.store import keys
from gate24.store.contacts import window_of
from gate24.store.items import WindowItem
from gate24.store.table import StoreError, get, put, translated, update
from gate24.windows import NEVER_OPENED, Window

KEPT_SECONDS = 10 * 365 * 24 * 3600
"""How long after its end DynamoDB may remove a window item. A window that is removed would count as never opened, so it
stays for longer than anybody goes on with a conversation."""

_TRIES = 100
"""Each failed try means that another one succeeded."""

T = TypeVar("T")


def change(
    organization_id: str,
    contact_id: str,
    channel_id: str,
    rule: Callable[[Window], tuple[Window, T]],
    known: Window | None = None,
    lists: bool = True,
) -> tuple[Window, T]:
    """Moves the window by ``rule`` in one conditional write; none where the rule changes nothing. Returns what the
    rule did. ``known``: the window as it was read just now (consistent), which saves the read. ``lists``: whether the
    contact stands in the list of contacts by it from now on, or only if it did before (without ``known``)."""
    pk, sk = keys.contact_pk(organization_id, contact_id), f"{keys.WINDOW}{channel_id}"
    window, is_listed = (known, lists) if known is not None else _read(pk, sk)
    for _ in range(_TRIES):
        after, effect = rule(window)
        if after == window:
            return after, effect
        item = item_of(organization_id, contact_id, channel_id, after, lists=lists or is_listed)
        written = put(item, _unmoved(window))
        if written.applied:
            return after, effect
        found = written.item(WindowItem)
        if found is None and known is not None:  # what is received before the erasure comes too late then
            raise StoreError("PutItem", "contact_erased_meanwhile")
        window, is_listed = _known(found)
    raise StoreError("PutItem", "window_contended")


def read(organization_id: str, contact_id: str, channel_id: str) -> Window:
    """The window as of now (consistent)."""
    return _read(keys.contact_pk(organization_id, contact_id), f"{keys.WINDOW}{channel_id}")[0]


def read_many(organization_id: str, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], Window]:
    """Windows by contact and channel as of now (consistent), by batches; those that there are."""
    asked = {
        (keys.contact_pk(organization_id, contact_id), f"{keys.WINDOW}{channel_id}"): (contact_id, channel_id)
        for contact_id, channel_id in places
    }
    with translated("BatchGetItem"):
        found = list(WindowItem.batch_get(asked, consistent_read=True))
    return {asked[item.pk, item.sk]: window_of(item) for item in found}


def mark_told(
    organization_id: str,
    contact_id: str,
    channel_id: str,
    window: Window,
    closing: int | None = None,
    closed: int | None = None,
) -> bool:
    """Notes of the window, as it was read, of which run it was told that it closes soon (``closing``), and after which
    message that it lapsed (``closed``). False if it moved meanwhile, or somebody else noted it."""
    said = ((WindowItem.told_closing, closing), (WindowItem.told_closed, closed))
    item = WindowItem(keys.contact_pk(organization_id, contact_id), f"{keys.WINDOW}{channel_id}")
    actions = [attribute.set(at) for attribute, at in said if at is not None]
    return update(item, actions, _unmoved(window)).applied


def _read(pk: str, sk: str) -> tuple[Window, bool]:
    return _known(get(WindowItem, pk, sk, consistent=True))


def _known(item: WindowItem | None) -> tuple[Window, bool]:
    """The window, and whether it stands in the list of contacts."""
    return (NEVER_OPENED, False) if item is None else (window_of(item), item.g is not None)


def item_of(organization_id: str, contact_id: str, channel_id: str, window: Window, lists: bool = True) -> WindowItem:
    """The window as it is stored. ``lists``: whether the contact stands in the list of contacts by it."""
    times = (window.last_inbound_at, window.last_writing_at, window.provider_closed_at, *window.recent.values())
    last = max((at for at in times if at is not None), default=0)
    item = WindowItem(
        keys.contact_pk(organization_id, contact_id),
        f"{keys.WINDOW}{channel_id}",
        last_inbound_at=window.last_inbound_at,
        opened_at=window.opened_at,
        last_writing_at=window.last_writing_at,
        provider_closed_at=window.provider_closed_at,
        expires_at=None if window.last_inbound_at is None else window.last_inbound_at + WINDOW_MS,
        recent=dict(window.recent) or None,
        told_closing=window.told_closing,
        told_closed=window.told_closed,
        entered_at=window.entered_at,
        said_at=window.said.at if window.said else None,
        said_type=window.said.type if window.said else None,
        said_preview=window.said.preview if window.said else None,
        late_at=window.late_at,
        ttl=(last + WINDOW_MS) // 1000 + KEPT_SECONDS,
    )
    end = ends_at(window)
    if end is not None and lists:
        item.g = keys.list_partition(organization_id, contact_id)
        item.h = keys.list_sort(end, contact_id, channel_id)
    return item


def _unmoved(window: Window) -> Condition:
    """That the item still says what was read; of a window that never opened, that it says nothing or is not there."""
    said: list[tuple[Any, Any]] = [
        (WindowItem.last_inbound_at, window.last_inbound_at),
        (WindowItem.opened_at, window.opened_at),
        (WindowItem.last_writing_at, window.last_writing_at),
        (WindowItem.provider_closed_at, window.provider_closed_at),
        (WindowItem.recent, dict(window.recent) or None),
        (WindowItem.told_closing, window.told_closing),
        (WindowItem.told_closed, window.told_closed),
        (WindowItem.entered_at, window.entered_at),
    ]
    conditions = [attribute.does_not_exist() if value is None else attribute == value for attribute, value in said]
    condition: Condition = functools.reduce(operator.and_, conditions)
    return condition
