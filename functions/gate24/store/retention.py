"""Messages whose content is to be taken out of the table, and how far the run is that does it.

They are found by reading the whole table: that finds every message, also one that stands in no day's ledger, without a
write more for each message while it is young. What was done already is left out by DynamoDB.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gate24.lazy_dataclass import dataclass
from gate24.store import documents, keys
from gate24.store.items import MessageItem
from gate24.store.table import Item, scan_page

_PK, _SK = "RETENTION", "PASS"

Start = dict[str, Any]
"""Where a page of the table starts, as DynamoDB says it."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A reading of the whole table. ``begun_at``: epoch ms. ``start``: where it goes on; None when it is through."""

    begun_at: int
    start: Start | None


def last_pass() -> Pass | None:
    body = documents.read(_PK, _SK, consistent=True)
    return None if body is None else Pass(**body)


def save(passed: Pass) -> None:
    documents.write(_PK, _SK, {"begun_at": passed.begun_at, "start": passed.start})


def pages(before: int, start: Start | None) -> Iterator[tuple[list[dict[str, Any]], Start | None]]:
    """The messages that are dated before then (epoch ms) and have their content, raw, page by page, each with where the
    next page starts."""
    dated = Item.sk.between(keys.MESSAGE, f"{keys.MESSAGE}{before:013d}")
    condition = Item.pk.startswith(keys.CONTACTS) & dated & MessageItem.content_forgotten.does_not_exist()
    while True:
        items, start = scan_page(condition, start)
        yield items, start
        if start is None:
            return


def message_item(raw: dict[str, Any]) -> tuple[str, int, MessageItem]:
    """A message with its organization and its time (epoch ms)."""
    item = MessageItem.from_raw_data(raw)
    assert isinstance(item, MessageItem)
    organization_id = item.pk.removeprefix(keys.CONTACTS).rsplit("#", 1)[0]
    return organization_id, keys.message_key(item.pk, item.sk).at, item
