"""One person under several identities: a number, Meta's user id, a number from before.

A user id that was met before its number is an alias from then on; what was recorded under it is merged in.
"""

from __future__ import annotations

from typing import Any

from gate24.contacts import Contact
from gate24.events import ContactRef
from gate24.rules.window import merge as merge_windows
from gate24.rules.window import with_start
from gate24.store import keys, messages, windows
from gate24.store.consents import move_forward
from gate24.store.contacts import contact_id, contact_of, decision_facts, read, window_of
from gate24.store.items import AliasItem, ContactItem, WindowItem
from gate24.store.table import Item, update
from gate24.windows import Window


def link(organization_id: str, into: str, user_id: str, replaces_at: int | None = None) -> None:
    """From now on the user id stands for this contact; what was recorded under it alone is merged in. ``replaces_at``:
    since when (epoch ms) it holds instead of the contact's other user ids; None where there are none."""
    other = contact_id(organization_id, ContactRef(user_id=user_id))
    if replaces_at is not None:
        _use_user_id(organization_id, into, replaces_at, user_id)
    if other == into:
        return
    known = _make_alias(organization_id, other, into)
    source = other if known in (None, into) else known  # a repetition merges again: a crash may have left it undone
    assert source is not None
    merge(organization_id, source, into)
    if source != other and read(organization_id, source).phone is None:
        _make_alias(organization_id, source, into)
    update(ContactItem(keys.contact_pk(organization_id, into), keys.CONTACT), [ContactItem.linked.add({user_id})])


def _use_user_id(organization_id: str, into: str, at: int, user_id: str) -> None:
    move_forward(organization_id, into, ContactRef(), ContactItem.user_id_at, at, ContactItem.user_id, user_id)


def _make_alias(organization_id: str, other: str, into: str) -> str | None:
    """Makes ``other`` an alias of the contact; returns whose it was before."""
    alias = AliasItem(keys.contact_pk(organization_id, other), keys.ALIAS, contact=into)
    before = update(alias, [AliasItem.contact.set(into)], returns="ALL_OLD").item(AliasItem)
    return before.contact if before is not None else None


def merge(organization_id: str, old: str, new: str, with_their_windows: bool = True) -> None:
    """Brings what is known of ``old`` to ``new``: everything moves forward only, so it may be repeated.
    The conversation of ``old`` stays where it is and is read with that of ``new``."""
    items = decision_facts(organization_id, old)
    known = contact_of(old, [item for sk, item in items.items() if sk != keys.ALIAS])
    _merge_contact(organization_id, new, known)
    for user_id in known.user_ids:
        other = contact_id(organization_id, ContactRef(user_id=user_id))
        if other != new:
            _make_alias(organization_id, other, new)
    for sk, item in items.items():
        if with_their_windows and isinstance(item, WindowItem):
            channel_id = sk.removeprefix(keys.WINDOW)
            _merge_window(organization_id, new, channel_id, window_of(item))
            _correct_start(organization_id, [new, old, *known.merged], channel_id)
    _take_out_of_list(organization_id, old, items)


def _merge_window(organization_id: str, new: str, channel_id: str, old: Window) -> None:
    windows.change(organization_id, new, channel_id, lambda window: (merge_windows(window, old), None))


def correct_start(organization_id: str, contact: Contact, channel_id: str) -> None:
    """Moves the start of the channel's window to where its unbroken run of messages begins, from what the window
    remembers and from the stored messages of all identities of the contact."""
    _correct_start(organization_id, [contact.id, *sorted(contact.merged)], channel_id)


def _correct_start(organization_id: str, contact_ids: list[str], channel_id: str) -> None:
    """The window is that of the first contact."""

    def rule(window: Window) -> tuple[Window, None]:
        stored = [messages.opening_times(organization_id, contact_id, channel_id) for contact_id in contact_ids]
        return with_start(window, stored), None

    windows.change(organization_id, contact_ids[0], channel_id, rule, lists=False)


def _merge_contact(organization_id: str, new: str, known: Contact) -> None:
    item = ContactItem(keys.contact_pk(organization_id, new), keys.CONTACT)
    actions: list[Any] = [ContactItem.merged.add({known.id, *known.merged})]
    if known.user_ids:
        actions.append(ContactItem.user_ids.add(set(known.user_ids)))
    if known.name:
        actions.append(ContactItem.name.set(ContactItem.name | known.name))
    update(item, actions)
    if known.user_id:
        _use_user_id(organization_id, new, known.user_id_at or 0, known.user_id)
    consent, nobody = known.consent, ContactRef()
    for attribute, at, its_source, source in (
        (ContactItem.opt_in_at, consent.opt_in_at, ContactItem.opt_in_source, consent.opt_in_source),
        (ContactItem.opt_out_at, consent.opt_out_at, ContactItem.opt_out_source, consent.opt_out_source),
        (ContactItem.stopped_marketing_at, consent.stopped_marketing_at, None, None),
        (ContactItem.resumed_marketing_at, consent.resumed_marketing_at, None, None),
        (ContactItem.unreachable_at, known.unreachable_at, None, None),
    ):
        if at is not None:
            move_forward(organization_id, new, nobody, attribute, at, its_source, source)
    if consent.blocked:
        update(item, [ContactItem.blocked.set(True)], ContactItem.blocked.does_not_exist())


def _take_out_of_list(organization_id: str, contact_id: str, items: dict[str, Item]) -> None:
    """A merged identity is no longer shown."""
    for sk, item in items.items():
        if item.g is not None:
            item = Item(keys.contact_pk(organization_id, contact_id), sk)
            update(item, [Item.g.remove(), Item.h.remove()], Item.pk.exists())
