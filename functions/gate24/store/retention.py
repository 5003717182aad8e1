"""Messages whose content is to be taken out of the table, and how far the run is that does it; with the first words of
them that lists show.

They are found by reading the whole table: that finds every message, also one that stands in no day's ledger, without a
write more for each message while it is young. What was done already is left out by DynamoDB.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gate24.lazy_dataclass import dataclass
from gate24.store import documents, keys
from gate24.store.items import ContactItem, MessageItem, WindowItem
from gate24.store.table import Item, scan_page, update

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
    """The messages that are dated before then (epoch ms) and have their content, and the windows and contacts with the
    first words of such, raw, page by page, each with where the next page starts."""
    dated = Item.sk.between(keys.MESSAGE, f"{keys.MESSAGE}{before:013d}")
    found = dated & MessageItem.content_forgotten.does_not_exist()
    for kind, words, at in _PREVIEWS:
        found = found | (Item.sk.startswith(kind) & words.exists() & (at < before))
    condition = Item.pk.startswith(keys.CONTACTS) & found
    while True:
        items, start = scan_page(condition, start)
        yield items, start
        if start is None:
            return


_PREVIEWS: tuple[tuple[str, Any, Any], ...] = (
    (keys.WINDOW, WindowItem.said_preview, WindowItem.said_at),
    (keys.CONTACT, ContactItem.last_sent, ContactItem.last_sent_at),
)
"""Where the first words of a message stand, and its time."""


def preview_of(raw: dict[str, Any]) -> tuple[str, int, Item] | None:
    """A window's item, or a contact's, with its organization and the time of the message (epoch ms), as far as it has
    such words; None for a message."""
    sort = raw["sk"]["S"]
    if sort.startswith(keys.MESSAGE):
        return None
    item: Any = (WindowItem if sort.startswith(keys.WINDOW) else ContactItem).from_raw_data(raw)
    at = item.said_at if isinstance(item, WindowItem) else item.last_sent_at
    organization_id = item.pk.removeprefix(keys.CONTACTS).rsplit("#", 1)[0]
    return organization_id, at or 0, item


def forget_preview(item: Item) -> bool:
    """Takes the words out, unless a newer message is noted. False if they were out already."""
    if isinstance(item, WindowItem):
        return update(item, [WindowItem.said_preview.remove()], WindowItem.said_at == item.said_at).applied
    assert isinstance(item, ContactItem)
    said = {name: value for name, value in (item.last_sent or {}).items() if name != "p"}
    if said == item.last_sent:
        return False
    return update(item, [ContactItem.last_sent.set(said)], ContactItem.last_sent_at == item.last_sent_at).applied


def message_item(raw: dict[str, Any]) -> tuple[str, int, MessageItem]:
    """A message with its organization and its time (epoch ms)."""
    item = MessageItem.from_raw_data(raw)
    assert isinstance(item, MessageItem)
    organization_id = item.pk.removeprefix(keys.CONTACTS).rsplit("#", 1)[0]
    return organization_id, keys.message_key(item.pk, item.sk).at, item
