"""One person under several identities: a number, Meta's user id, a number from before.

A user id that was met before its number is an alias from then on; what was recorded under it is merged in.
"""

from __future__ import annotations

from typing import Any

from gate24.events import ContactRef
from gate24.store import keys
from gate24.store.consents import forward
from gate24.store.contacts import Person, contact_id, person, person_of, standing
from gate24.store.items import AliasItem, ContactItem, WindowItem
from gate24.store.table import Item, update
from gate24.store.windows import correct_start, merge_window


def link(organization_id: str, contact: str, user_id: str) -> None:
    """From now on the user id stands for this contact; what was recorded under it alone is merged in."""
    other = contact_id(organization_id, ContactRef(user_id=user_id))
    known = _alias(organization_id, other, contact) if other != contact else contact
    if known == contact:
        return
    source = known or other
    merge(organization_id, source, contact)
    if source != other and person(organization_id, source).phone is None:
        _alias(organization_id, source, contact)


def _alias(organization_id: str, other: str, contact: str) -> str | None:
    """Makes ``other`` an alias of the contact; returns whose it was before."""
    alias = AliasItem(keys.contact_pk(organization_id, other), keys.ALIAS, contact=contact)
    before = update(alias, [AliasItem.contact.set(contact)], returns="ALL_OLD").item(AliasItem)
    return before.contact if before is not None else None


def merge(organization_id: str, old: str, new: str, with_windows: bool = True) -> None:
    """Brings what is known of ``old`` to ``new``: every register moves forward only, so it may be repeated.
    The conversation of ``old`` stays where it is and is read with that of ``new``."""
    items = standing(organization_id, old)
    known = person_of(old, [item for sk, item in items.items() if sk != keys.ALIAS])
    _merge_contact(organization_id, new, known)
    for user_id in known.user_ids:
        other = contact_id(organization_id, ContactRef(user_id=user_id))
        if other != new:
            _alias(organization_id, other, new)
    for sk, item in items.items():
        if with_windows and isinstance(item, WindowItem):
            channel_id = sk.removeprefix(keys.WINDOW)
            merge_window(organization_id, new, channel_id, item)
            correct_start(organization_id, [new, old, *known.merged], channel_id)
    _retire(organization_id, old, items)


def _merge_contact(organization_id: str, new: str, known: Person) -> None:
    item = ContactItem(keys.contact_pk(organization_id, new), keys.CONTACT)
    actions: list[Any] = [ContactItem.merged.add({known.id, *known.merged})]
    if known.user_ids:
        actions.append(ContactItem.user_ids.add(set(known.user_ids)))
    if known.name:
        actions.append(ContactItem.name.set(ContactItem.name | known.name))
    update(item, actions)
    consent, nobody = known.consent, ContactRef()
    for register, at, its_source, source in (
        (ContactItem.opt_in_at, consent.opt_in_at, ContactItem.opt_in_source, consent.opt_in_source),
        (ContactItem.opt_out_at, consent.opt_out_at, ContactItem.opt_out_source, consent.opt_out_source),
        (ContactItem.stopped_marketing_at, consent.stopped_marketing_at, None, None),
        (ContactItem.resumed_marketing_at, consent.resumed_marketing_at, None, None),
        (ContactItem.unreachable_at, known.unreachable_at, None, None),
    ):
        if at is not None:
            forward(organization_id, new, nobody, register, at, its_source, source)
    if consent.blocked:
        update(item, [ContactItem.blocked.set(True)], ContactItem.blocked.does_not_exist())


def _retire(organization_id: str, contact: str, items: dict[str, Item]) -> None:
    """Takes a merged identity out of the list of contacts."""
    for sk, item in items.items():
        if item.g is not None:
            update(Item(keys.contact_pk(organization_id, contact), sk), [Item.g.remove(), Item.h.remove()])
