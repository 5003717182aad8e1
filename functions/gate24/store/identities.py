"""One person under several identities: a number, Meta's user id, a number from before.

A user id that was met before its number is an alias from then on; what was recorded under it is merged in. A number
that changed hands is another matter (``store.number_changes``): the same digits are two people's, one after the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gate24.contacts import Contact, Stretch
from gate24.events import ContactRef
from gate24.rules.consent import entries_of
from gate24.rules.window import after, with_start
from gate24.rules.window import merge as merge_windows
from gate24.store import consents, keys, messages, number_changes, windows
from gate24.store.contacts import contact_id, contact_of, decision_facts, read, window_of
from gate24.store.items import AliasItem, CameItem, ContactItem, WindowItem
from gate24.store.table import Item, put, update
from gate24.windows import Window


def link(organization_id: str, into: str, user_id: str, at: int, replaces: bool = False) -> None:
    """From now on the user id stands for this contact; what was recorded under it alone is merged in. ``at``: the time
    of what names both (epoch ms). ``replaces``: whether it holds since then instead of the contact's other user ids."""
    other = contact_id(organization_id, ContactRef(user_id=user_id))
    if replaces:
        _use_user_id(organization_id, into, at, user_id)
    if other == into:
        return
    known = _make_alias(organization_id, other, into, at)
    source = other if known in (None, into) else known  # a repetition merges again: a crash may have left it undone
    assert source is not None
    merge(organization_id, source, into)
    if source != other and read(organization_id, source).phone is None:
        _make_alias(organization_id, source, into, at)
    update(ContactItem(keys.contact_pk(organization_id, into), keys.CONTACT), [ContactItem.linked.add({user_id})])


def lead(organization_id: str, into: str, *people: ContactRef) -> None:
    """From now on these user ids lead to somebody who was erased, for the refusals that outlived it; nothing of the
    person comes back."""
    for user_id in (each.user_id for each in people if each.user_id):
        other = contact_id(organization_id, ContactRef(user_id=user_id))
        if other != into:
            _make_alias(organization_id, other, into)


def _use_user_id(organization_id: str, into: str, at: int, user_id: str) -> None:
    consents.move_forward(organization_id, into, ContactRef(), ContactItem.user_id_at, at, ContactItem.user_id, user_id)


def _make_alias(organization_id: str, other: str, into: str, at: int | None = None) -> str | None:
    """Makes ``other`` an alias of the contact; returns whose it was before."""
    alias = AliasItem(keys.contact_pk(organization_id, other), keys.ALIAS, contact=into)
    actions = [AliasItem.contact.set(into)]
    if at is not None:
        actions.append(AliasItem.at.set(AliasItem.at | at))
    before = update(alias, actions, returns="ALL_OLD").item(AliasItem)
    return before.contact if before is not None else None


def change_number(organization_id: str, old: str, new: str, name: str, at: int, known_at: int) -> None:
    """The person who was at the number ``old`` until ``at`` goes on at ``new``: consent, block, user ids, name and
    conversation follow; a session window does not, since Meta does not say that it does. ``name`` stands for the
    provider's message; ``known_at``: when we were told. Repeating it changes nothing and finishes what a crash left
    undone."""
    number_changes.remember(organization_id, old, new, name, at, known_at)
    bring_along(organization_id, old, at)


def bring_along(organization_id: str, old: str, at: int) -> None:
    """What the person who left the number ``old`` at ``at`` takes along to wherever the person is now."""
    number_changes.reckon_about(organization_id, old, at)
    number_changes.reckon(organization_id, old)
    person = number_changes.follow(organization_id, old, at)
    items = decision_facts(organization_id, old)
    leaver = contact_of(old, items.values())
    its_ids = {user_id for user_id in leaver.user_ids if _is_named_by(organization_id, user_id, at)}
    for user_id in its_ids:
        _make_alias(organization_id, contact_id(organization_id, ContactRef(user_id=user_id)), person)
    _give(organization_id, person, leaver.name if leaver.is_left else None, its_ids)
    _take(organization_id, leaver, items, its_ids)
    for sk in items:
        if sk.startswith(keys.WINDOW):
            channel_id = sk.removeprefix(keys.WINDOW)
            windows.change(organization_id, old, channel_id, lambda window: (after(window, at), None), lists=False)
            correct_start(organization_id, leaver, channel_id)


def _is_named_by(organization_id: str, user_id: str, at: int) -> bool:
    """Whether the user id was met beside its number by ``at``, or never beside a number."""
    other = contact_id(organization_id, ContactRef(user_id=user_id))
    alias = decision_facts(organization_id, other).get(keys.ALIAS)
    return not isinstance(alias, AliasItem) or alias.at is None or alias.at <= at


def _give(organization_id: str, person: str, name: str | None, user_ids: set[str]) -> None:
    actions: list[Any] = []
    if user_ids:
        actions += [ContactItem.user_ids.add(user_ids), ContactItem.linked.add(user_ids)]
    if name:
        actions.append(ContactItem.name.set(ContactItem.name | name))
    if actions:
        update(ContactItem(keys.contact_pk(organization_id, person), keys.CONTACT), actions)


def _take(organization_id: str, leaver: Contact, items: dict[str, Item], user_ids: set[str]) -> None:
    """Of the old number only that stays which somebody else may have said from it since."""
    item = ContactItem(keys.contact_pk(organization_id, leaver.id), keys.CONTACT)
    actions: list[Any] = []
    if user_ids:
        actions += [ContactItem.user_ids.delete(user_ids), ContactItem.linked.delete(user_ids)]
    if leaver.user_id in user_ids:
        actions += [ContactItem.user_id.remove(), ContactItem.user_id_at.remove()]
    if leaver.is_left:
        actions.append(ContactItem.name.remove())
    if actions:
        update(item, actions, Item.pk.exists())
    if leaver.is_left:
        _take_out_of_list(organization_id, leaver.id, items)


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
        if isinstance(item, CameItem):
            put(CameItem(keys.contact_pk(organization_id, new), sk, old=item.old))
        if with_their_windows and isinstance(item, WindowItem):
            channel_id = sk.removeprefix(keys.WINDOW)
            _merge_window(organization_id, new, channel_id, window_of(item))
            _correct_start(organization_id, [Stretch(each) for each in (new, old, *known.merged)], channel_id)
    number_changes.reckon(organization_id, new)
    _take_out_of_list(organization_id, old, items)


def _merge_window(organization_id: str, new: str, channel_id: str, old: Window) -> None:
    windows.change(organization_id, new, channel_id, lambda window: (merge_windows(window, old), None))


def correct_start(organization_id: str, contact: Contact, channel_id: str) -> None:
    """Moves the start of the channel's window to where its unbroken run of messages begins, from what the window
    remembers and from the stored messages of all identities of the contact."""
    _correct_start(organization_id, contact.present, channel_id)


def _correct_start(organization_id: str, stretches: list[Stretch], channel_id: str) -> None:
    """The window is that of the first stretch's contact."""
    left_at = stretches[0].after

    def rule(window: Window) -> tuple[Window, None]:
        stored = [messages.opening_times(organization_id, stretch, channel_id) for stretch in stretches]
        present = after(window, left_at)
        since = {name: at for name, at in present.recent.items() if left_at is None or at > left_at}
        return replace(with_start(replace(present, recent=since), stored), recent=present.recent), None

    windows.change(organization_id, stretches[0].contact_id, channel_id, rule, lists=False)


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
    nobody = ContactRef()
    for entry in entries_of(known.consent):
        consents.move(organization_id, new, nobody, entry)
    if known.unreachable_at is not None:
        consents.move_forward(organization_id, new, nobody, ContactItem.unreachable_at, known.unreachable_at)


def _take_out_of_list(organization_id: str, contact_id: str, items: dict[str, Item]) -> None:
    """A merged identity, or a number that nobody has, is no longer shown."""
    for sk, item in items.items():
        if item.g is not None:
            item = Item(keys.contact_pk(organization_id, contact_id), sk)
            update(item, [Item.g.remove(), Item.h.remove()], Item.pk.exists())
