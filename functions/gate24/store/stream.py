"""The table's stream: its records as changes of the domain's nouns. A row never leaves this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gate24.changes import BudgetChange, Change, ContactChange, DayChange, MessageChange, TemplateChange, WindowChange
from gate24.contacts import Contact
from gate24.store import keys
from gate24.store.budgets import state_of
from gate24.store.contacts import contact_of, recorded, window_of
from gate24.store.costs import day_of
from gate24.store.items import BudgetItem, ContactItem, DayItem, MessageItem, TemplateItem, WindowItem
from gate24.store.messages import message_of
from gate24.store.table import Item
from gate24.store.templates import template_of

Record = Mapping[str, Any]
"""A record of a Lambda event of a DynamoDB stream."""

I = TypeVar("I", bound=Item)  # noqa: E741

_DAYS, _TEMPLATES = keys.days_pk(""), "T#"


def number_of(record: Record) -> str:
    """The stream's own number of the record, by which Lambda is told where to go on."""
    return str(record["dynamodb"]["SequenceNumber"])


def organization_of(record: Record) -> str | None:
    """Whose item changed; None for one that nobody is told of."""
    pk = record["dynamodb"]["Keys"]["pk"]["S"]
    if pk.startswith(keys.CONTACTS):
        return str(pk.removeprefix(keys.CONTACTS).rsplit("#", 1)[0])
    prefix = next((each for each in (_DAYS, _TEMPLATES) if pk.startswith(each)), None)
    return None if prefix is None else str(pk.removeprefix(prefix))


def change_of(record: Record) -> Change | None:
    """What the record tells; None if it is nothing that anybody is told of."""
    told = record["dynamodb"]
    pk, sk = told["Keys"]["pk"]["S"], told["Keys"]["sk"]["S"]
    organization_id = organization_of(record)
    if organization_id is None:
        return None
    old, new = told.get("OldImage"), told.get("NewImage")
    about = {
        "organization_id": organization_id,
        "number": number_of(record),
        "at": int(told["ApproximateCreationDateTime"]) * 1000,
    }
    if pk.startswith(keys.CONTACTS):
        contact_id = pk.rsplit("#", 1)[1]
        if sk == keys.CONTACT:
            return _contact(about, contact_id, _item(ContactItem, old), _item(ContactItem, new))
        if new is not None and sk.startswith(keys.MESSAGE):
            return _both(MessageChange, about, MessageItem, message_of, old, new)
        if new is not None and sk.startswith(keys.WINDOW):
            place = {"contact_id": contact_id, "channel_id": sk.removeprefix(keys.WINDOW)}
            return _both(WindowChange, about | place, WindowItem, window_of, old, new)
    elif new is not None and pk.startswith(_TEMPLATES):
        return _both(TemplateChange, about, TemplateItem, template_of, old, new)
    elif new is not None and keys.is_day(sk):
        return _both(DayChange, about, DayItem, day_of, old, new)
    elif new is not None and sk.startswith(keys.BUDGET):
        return _both(BudgetChange, about, BudgetItem, state_of, old, new)
    return None


def _both(
    kind: Callable[..., Change],
    about: dict[str, Any],
    item: type[I],
    decode: Callable[[I], Any],
    old: Record | None,
    new: Record | None,
) -> Change:
    before, after = _item(item, old), _item(item, new)
    assert after is not None
    return kind(**about, old=None if before is None else decode(before), new=decode(after))


def _contact(about: dict[str, Any], contact_id: str, old: ContactItem | None, new: ContactItem | None) -> ContactChange:
    times_moved = old is None or new is None or recorded(old) != recorded(new)
    return ContactChange(
        **about,
        contact_id=contact_id,
        old=_contact_of(contact_id, old),
        new=_contact_of(contact_id, new),
        was_listed=old is not None and old.g is not None,
        is_listed=new is not None and new.g is not None,
        consent_came_along=new is not None and bool(new.consent_came_along) and times_moved,
    )


def _contact_of(contact_id: str, item: ContactItem | None) -> Contact | None:
    return None if item is None else contact_of(contact_id, [item])


def _item(kind: type[I], image: Record | None) -> I | None:
    """The item of an image. What is packed is left out: in Lambda's event it is base64, and no event is made of it."""
    if image is None:
        return None
    found = kind.from_raw_data({name: value for name, value in image.items() if "B" not in value})
    assert isinstance(found, kind)
    return found
