"""One person under several identities: a number, Meta's user id, a number from before.

A user id that was met before its number is an alias from then on; what was recorded under it is merged in. A number
that changed hands is another matter (``store.number_changes``): the same digits are two people's, one after the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from gate24.contacts import Contact
from gate24.events import ContactRef
from gate24.rules.consent import entries_of
from gate24.rules.window import after, with_start
from gate24.rules.window import merge as merge_windows
from gate24.store import care, consents, keys, messages, name_words, number_changes, windows
from gate24.store.contacts import contact_id, contact_of, decision_facts, name_if_none, read
from gate24.store.items import AliasItem, CameItem, ContactItem, WindowItem
from gate24.store.table import Item, put, update
from gate24.windows import Window


class Beside(NamedTuple):
    """The number with which a user id was named, and when (epoch ms): the user id is the person's who had it then."""

    contact_id: str
    at: int


def named_beside(organization_id: str, user_id: str, otherwise: str) -> Beside | None:
    """The number that was first told to have been named with the user id (a contact's id). ``otherwise``: where it
    leads, which was the number when that was not kept."""
    alias = number_changes.get_alias(organization_id, user_id)
    if alias is None or alias.at is None:
        return None
    return Beside(alias.named_with or otherwise, alias.at)


def windows_since(organization_id: str, contact: Contact, user_id: str) -> int:
    """Since when messages under the user id alone (a contact's id) belong to the windows of the number (epoch ms): of
    somebody who was named with it since others left it, as long; of who came from another number, since then."""
    if contact.here_since is None or contact.here_since == contact.left_at:
        return contact.left_at or 0
    beside, left_at = named_beside(organization_id, user_id, contact.id), contact.left_at or 0
    is_met_here = beside is not None and beside.contact_id == contact.id and left_at < beside.at
    return left_at if is_met_here else contact.here_since


def link(
    organization_id: str,
    into: str,
    user_id: str,
    at: int,
    replaces: bool = False,
    beside: Beside | None = None,
) -> None:
    """From now on the user id stands for this contact; what was recorded under it alone is merged in. ``at``: the time
    of what says so (epoch ms). ``replaces``: whether it holds since then instead of the contact's other user ids.
    ``beside``: the number that was named with it, and when; None if it was none."""
    other = contact_id(organization_id, ContactRef(user_id=user_id))
    if replaces:
        _use_user_id(organization_id, into, at, user_id)
    item = ContactItem(keys.contact_pk(organization_id, into), keys.CONTACT)
    if other == into:
        update(item, [ContactItem.linked.add({user_id})])
        return
    known = _make_alias(organization_id, other, into, beside)
    source = other if known in (None, into) else known  # a repetition merges again: a crash may have left it undone
    assert source is not None
    merge(organization_id, source, into, beside)
    if source != other and read(organization_id, source).phone is None:
        _make_alias(organization_id, source, into, beside)
    update(item, [ContactItem.linked.add({user_id}), ContactItem.merged.add({other})])


def _use_user_id(organization_id: str, into: str, at: int, user_id: str) -> None:
    consents.move_forward(organization_id, into, ContactRef(), ContactItem.user_id_at, at, ContactItem.user_id, user_id)


def _make_alias(organization_id: str, other: str, into: str, beside: Beside | None = None) -> str | None:
    """Makes ``other`` an alias of the contact; returns whose it was before. Of the numbers that were named with it the
    first that was told holds."""
    alias = AliasItem(keys.contact_pk(organization_id, other), keys.ALIAS, contact=into)
    actions = [AliasItem.contact.set(into)]
    if beside is not None:
        actions.append(AliasItem.at.set(AliasItem.at | beside.at))
        actions.append(AliasItem.named_with.set(AliasItem.named_with | beside.contact_id))
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
    """What the person who left the number ``old`` at ``at`` takes along to wherever the person is now. A change that is
    told late comes between others: everybody is looked at who ever had the number."""
    number_changes.reckon(organization_id, old)
    person = number_changes.follow(organization_id, old, at)
    people = number_changes.people_of(organization_id, old)
    for each in sorted(people):
        _lead_user_ids(organization_id, each, person if each == old else each)
    for each in sorted(people):
        number_changes.reckon(organization_id, each)
    items = decision_facts(organization_id, old)
    leaver = contact_of(old, items.values())
    if leaver.is_left:
        _give_name(organization_id, person, leaver)
        _give_marks(organization_id, person, leaver)
        _take_out_of_list(organization_id, old, items)
    for sk in items:
        if sk.startswith(keys.WINDOW):
            channel_id = sk.removeprefix(keys.WINDOW)
            windows.change(organization_id, old, channel_id, lambda window: (after(window, at), None), lists=False)
            correct_start(organization_id, leaver, channel_id)


def _lead_user_ids(organization_id: str, contact_id_: str, otherwise: str) -> None:
    """The contact's user ids go to where the person is now who had the number with which each was first named;
    those that never were named with a number go to ``otherwise``."""
    holder = read(organization_id, contact_id_)
    for user_id in sorted(holder.user_ids | holder.linked):
        other = contact_id(organization_id, ContactRef(user_id=user_id))
        named = named_beside(organization_id, other, holder.id)
        person = number_changes.follow(organization_id, named.contact_id, named.at) if named else otherwise
        if person != holder.id:
            _make_alias(organization_id, other, person)
            if not read(organization_id, person).is_erased:
                _give(organization_id, person, user_id, other, is_shown=user_id in holder.user_ids)
            _take(organization_id, holder, user_id, other)


def _give(organization_id: str, person: str, user_id: str, alias: str, is_shown: bool) -> None:
    actions: list[Any] = [ContactItem.linked.add({user_id}), ContactItem.merged.add({alias})]
    if is_shown:
        actions.append(ContactItem.user_ids.add({user_id}))
    update(ContactItem(keys.contact_pk(organization_id, person), keys.CONTACT), actions)


def _take(organization_id: str, holder: Contact, user_id: str, alias: str) -> None:
    actions: list[Any] = [
        ContactItem.user_ids.delete({user_id}),
        ContactItem.linked.delete({user_id}),
        ContactItem.merged.delete({alias}),
    ]
    if holder.user_id == user_id:
        actions += [ContactItem.user_id.remove(), ContactItem.user_id_at.remove()]
    update(ContactItem(keys.contact_pk(organization_id, holder.id), keys.CONTACT), actions, Item.pk.exists())


def _give_name(organization_id: str, person: str, leaver: Contact) -> None:
    if leaver.name and not read(organization_id, person).is_erased:
        name_if_none(organization_id, person, leaver.name)
    item = ContactItem(keys.contact_pk(organization_id, leaver.id), keys.CONTACT)
    update(item, [ContactItem.name.remove(), ContactItem.name_token.remove()], Item.pk.exists())
    name_words.remove_of(organization_id, leaver.id, leaver.name, leaver.name_token)


def _give_marks(organization_id: str, person: str, known: Contact) -> None:
    """Labels, and whose chat it is where the person's is nobody's, go along. They stay where they were, too."""
    if known.care.assignee is None and not known.care.labels:
        return
    holder = read(organization_id, person)
    if holder.is_erased:
        return
    if known.care.assignee is not None and holder.care.assignee is None:
        care.assign(organization_id, holder, known.care.assignee, is_listed=False)
    if not set(known.care.labels) <= set(holder.care.labels):
        care.add_labels(organization_id, holder, known.care.labels)


def merge(
    organization_id: str,
    old: str,
    new: str,
    beside: Beside | None = None,
    with_their_windows: bool = True,
) -> None:
    """Brings what is known of ``old`` to ``new``: everything moves forward only, so it may be repeated.
    The conversation of ``old`` stays where it is and is read with that of ``new``. ``beside``: the number with which
    its user ids were named."""
    items = decision_facts(organization_id, old)
    known = contact_of(old, [item for sk, item in items.items() if sk != keys.ALIAS])
    _merge_contact(organization_id, new, known)
    _give_marks(organization_id, new, known)
    for user_id in known.user_ids | known.linked:
        other = contact_id(organization_id, ContactRef(user_id=user_id))
        if other != new:
            _make_alias(organization_id, other, new, beside)
    opened = [sk.removeprefix(keys.WINDOW) for sk, item in items.items() if isinstance(item, WindowItem)]
    for sk, item in items.items():
        if isinstance(item, CameItem):
            put(CameItem(keys.contact_pk(organization_id, new), sk, old=item.old))
    number_changes.reckon(organization_id, new)
    person = read(organization_id, new)
    for channel_id in opened if with_their_windows else ():
        _merge_window(organization_id, person, channel_id, old, known.window(channel_id))
        correct_start(organization_id, person, channel_id)
    _take_out_of_list(organization_id, old, items)
    if known.linked:  # last: who finds a user id linked takes the merge for done
        item = ContactItem(keys.contact_pk(organization_id, new), keys.CONTACT)
        update(item, [ContactItem.linked.add(set(known.linked))])


def _merge_window(organization_id: str, person: Contact, channel_id: str, user_id: str, window: Window) -> None:
    since = windows_since(organization_id, person, user_id)
    theirs = replace(after(window, since), recent={name: at for name, at in window.recent.items() if at > since})
    windows.change(organization_id, person.id, channel_id, lambda own: (merge_windows(own, theirs), None))


def correct_start(organization_id: str, contact: Contact, channel_id: str) -> None:
    """Moves the start of the channel's window to where its unbroken run of messages begins, from what the window
    remembers and from the stored messages of all identities of the contact."""
    left_at = contact.present[0].after
    own, *others = contact.present
    stretches = [own]
    for each in others:
        since = windows_since(organization_id, contact, each.contact_id)
        stretches.append(replace(each, after=max(each.after or 0, since)))

    def rule(window: Window) -> tuple[Window, None]:
        stored = [messages.opening_times(organization_id, stretch, channel_id) for stretch in stretches]
        present = after(window, left_at)
        recent = {name: at for name, at in present.recent.items() if left_at is None or at > left_at}
        return replace(with_start(replace(present, recent=recent), stored), recent=present.recent), None

    windows.change(organization_id, contact.id, channel_id, rule, lists=False)


def _merge_contact(organization_id: str, new: str, known: Contact) -> None:
    item = ContactItem(keys.contact_pk(organization_id, new), keys.CONTACT)
    actions: list[Any] = [ContactItem.merged.add({known.id, *known.merged})]
    if known.user_ids:
        actions.append(ContactItem.user_ids.add(set(known.user_ids)))
    update(item, actions)
    if known.name:
        name_if_none(organization_id, new, known.name)
        name_words.remove_of(organization_id, known.id, known.name, known.name_token)
    if known.user_id:
        _use_user_id(organization_id, new, known.user_id_at or 0, known.user_id)
    nobody = ContactRef()
    for entry in entries_of(known.consent):
        consents.move(organization_id, new, nobody, entry, came_along=True)
    if known.unreachable_at is not None:
        consents.move_forward(organization_id, new, nobody, ContactItem.unreachable_at, known.unreachable_at)


def _take_out_of_list(organization_id: str, contact_id: str, items: dict[str, Item]) -> None:
    """A merged identity, or a number that nobody has, is no longer shown."""
    for sk, item in items.items():
        if item.g is not None:
            item = Item(keys.contact_pk(organization_id, contact_id), sk)
            update(item, [Item.g.remove(), Item.h.remove()], Item.pk.exists())
