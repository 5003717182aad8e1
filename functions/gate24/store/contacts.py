"""Contacts, their windows and their consent: registers that only move forward.

Each register is one conditional UpdateItem, and "condition failed" means that a newer event was there first.
So events may come late, twice and in any order. Times are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from gate24.consent import Consent, join
from gate24.events import ConsentAction, ContactRef
from gate24.store import keys
from gate24.store.table import (
    AliasItem,
    ConsentItem,
    ContactItem,
    Item,
    SuppressionItem,
    WindowItem,
    contact_key,
    milliseconds,
    put_new,
    query,
    times,
    translated,
    update,
)
from gate24.window import NEVER_OPENED, Window, expires_at

WINDOW_KEPT_SECONDS = 90 * 24 * 3600
"""How long after its end DynamoDB may remove a window item. Nothing is decided by the removal."""

_RECENT_MAX = 24
"""How many of the newest inbound messages a window item remembers, so that the same message told twice with
two different times (Gupshup v2 and v3 on one app) is stored once."""


@dataclass(frozen=True, slots=True)
class Person:
    """Everything the gate and the API know of a contact, from one consistent query."""

    id: str
    exists: bool
    phone: str | None = None
    user_ids: frozenset[str] = frozenset()
    name: str | None = None
    consent: Consent = field(default_factory=Consent)
    windows: dict[str, Window] = field(default_factory=dict)
    wrote: bool = False
    unreachable_at: int | None = None
    sent_at: int | None = None
    merged: frozenset[str] = frozenset()
    rows: dict[str, int] = field(default_factory=dict)
    """Where the contact stands in the list: channel (empty: the contact itself) -> hour."""

    def window(self, channel_id: str) -> Window:
        return self.windows.get(channel_id, NEVER_OPENED)

    @property
    def last_inbound_at(self) -> int | None:
        return max((w.last_inbound_at for w in self.windows.values() if w.last_inbound_at), default=None)

    @property
    def last_activity_at(self) -> int | None:
        return max((at for at in (self.last_inbound_at, self.sent_at) if at), default=None)

    @property
    def unreachable(self) -> bool:
        """Not on WhatsApp, as far as the provider's last word goes; the next inbound proves it wrong."""
        return self.unreachable_at is not None and self.unreachable_at > (self.last_inbound_at or 0)


def contact_id(organization_id: str, ref: ContactRef) -> str:
    return keys.contact_id(contact_key(), organization_id, ref)


def resolve(organization_id: str, ref: ContactRef) -> str:
    """The contact's id. A number is its own answer; a user id alone may be an alias (one consistent read)."""
    found = contact_id(organization_id, ref)
    if ref.phone is not None:
        return found
    return person(organization_id, found).id


def person(organization_id: str, contact: str) -> Person:
    """The contact as of now (consistent). ``exists`` is False for someone never heard of."""
    items = _standing(organization_id, contact)
    alias = items.get(keys.ALIAS)
    if isinstance(alias, AliasItem) and alias.contact != contact:
        return person(organization_id, alias.contact)
    return _person(contact, items.values())


def persons(organization_id: str, contacts: list[str], channel_ids: list[str]) -> list[Person]:
    """Several contacts for a list: their items by batches, not consistent."""
    sorts = [keys.CONTACT, keys.SUPPRESSION, *(f"{keys.WINDOW}{channel_id}" for channel_id in channel_ids)]
    wanted = [(keys.contact_pk(organization_id, contact), sort) for contact in contacts for sort in sorts]
    found: dict[str, list[Item]] = {}
    with translated("BatchGetItem"):
        for row in _Raw.batch_get(wanted):
            found.setdefault(row.pk, []).append(row.typed())
    return [_person(contact, found.get(keys.contact_pk(organization_id, contact), [])) for contact in contacts]


def _standing(organization_id: str, contact: str) -> dict[str, Item]:
    pk = keys.contact_pk(organization_id, contact)
    raw = query(_Raw, pk, range_key_condition=Item.sk.startswith(keys.STANDING), consistent_read=True)
    return {row.sk: row.typed() for row in raw}


class _Raw(Item):
    """An item of a contact's partition before its kind is known."""

    _image: dict[str, Any]

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> _Raw:
        row = cls(data["pk"]["S"], data["sk"]["S"])
        row._image = data
        return row

    def typed(self) -> Item:
        kind = next((kind for prefix, kind in _KINDS.items() if self.sk.startswith(prefix)), Item)
        item = kind()
        item.deserialize(self._image)
        return item


_KINDS: dict[str, type[Item]] = {
    keys.CONTACT: ContactItem,
    keys.WINDOW: WindowItem,
    keys.SUPPRESSION: SuppressionItem,
    keys.ALIAS: AliasItem,
}


def _person(contact: str, items: Iterable[Item]) -> Person:
    found = Person(contact, exists=False)
    for item in sorted(items, key=lambda item: item.sk):
        if isinstance(item, ContactItem):
            found = _with_contact(found, item)
        elif isinstance(item, SuppressionItem):
            found = replace(found, consent=join(found.consent, _suppressed(item)))
        elif isinstance(item, WindowItem):
            found = _with_window(found, item)
    return found


def _with_window(found: Person, item: WindowItem) -> Person:
    channel_id, window = item.sk.removeprefix(keys.WINDOW), window_of(item)
    return replace(
        found,
        windows={**found.windows, channel_id: window},
        rows={**found.rows, **_row(channel_id, item)},
        wrote=found.wrote or window.last_inbound_at is not None,
        name=found.name or item.name,
    )


def _row(channel_id: str, item: Item) -> dict[str, int]:
    return {channel_id: int(item.h.split("#")[0])} if item.h else {}


def _with_contact(found: Person, item: ContactItem) -> Person:
    return replace(
        found,
        exists=True,
        phone=item.phone,
        user_ids=frozenset(item.user_ids or ()),
        name=item.name,
        wrote=item.first_at is not None,
        unreachable_at=milliseconds(item.unreachable_at),
        sent_at=milliseconds(item.sent_at),
        merged=frozenset(item.merged or ()),
        rows=_row("", item),
        consent=Consent(
            opt_in_at=milliseconds(item.opt_in_at),
            opt_in_source=item.opt_in_source,
            opt_out_at=milliseconds(item.opt_out_at),
            opt_out_source=item.opt_out_source,
            stopped_marketing_at=milliseconds(item.stopped_marketing_at),
            resumed_marketing_at=milliseconds(item.resumed_marketing_at),
            blocked=bool(item.blocked),
        ),
    )


def _suppressed(item: SuppressionItem) -> Consent:
    """What outlived an erasure."""
    opt_out_at = milliseconds(item.opt_out_at)
    return Consent(
        opt_out_at=opt_out_at,
        opt_out_source="suppression" if opt_out_at else None,
        stopped_marketing_at=milliseconds(item.stopped_marketing_at),
        blocked=bool(item.blocked),
    )


def window_of(item: WindowItem) -> Window:
    return Window(
        last_inbound_at=milliseconds(item.last_inbound_at),
        opened_at=milliseconds(item.opened_at),
        last_writing_at=milliseconds(item.last_writing_at),
        provider_closed_at=milliseconds(item.provider_closed_at),
    )


def ensure(
    organization_id: str,
    contact: str,
    ref: ContactRef,
    name: str | None = None,
    first_at: int | None = None,
    sent_at: int | None = None,
) -> None:
    """The contact has an item, and with it a place in the list. Nothing known is overwritten but the name."""
    item = ContactItem(keys.contact_pk(organization_id, contact), keys.CONTACT)
    actions = _listed(organization_id, contact, ref, sent_at)
    if name:
        actions.append(ContactItem.name.set(name))
    if first_at is not None:
        actions.append(ContactItem.first_at.set(ContactItem.first_at | first_at))
    if sent_at is not None:
        actions.append(ContactItem.sent_at.set(sent_at))
    update(item, actions)


def _listed(organization_id: str, contact: str, ref: ContactRef, sent_at: int | None = None) -> list[Any]:
    """What makes a contact's item stand in the list, by the hour of the last send, with its number and ids."""
    row = keys.list_sort(0 if sent_at is None else expires_at(sent_at), contact, "")
    actions: list[Any] = [
        Item.g.set(keys.list_partition(organization_id, contact)),
        Item.h.set((Item.h | row) if sent_at is None else row),
    ]
    if ref.phone:
        actions.append(ContactItem.phone.set(ContactItem.phone | ref.phone))
    if ref.user_id:
        actions.append(ContactItem.user_ids.add({ref.user_id}))
    return actions


def record_consent(
    organization_id: str,
    contact: str,
    ref: ContactRef,
    action: ConsentAction,
    at: int,
    source: str,
    evidence: str | None = None,
    actor: str | None = None,
    mark: str | None = None,
) -> None:
    """Moves the register of this action to ``at`` and appends to the history. The same event twice (same
    ``mark``) is one entry."""
    register, its_source = {
        "opt_in": (ContactItem.opt_in_at, ContactItem.opt_in_source),
        "opt_out": (ContactItem.opt_out_at, ContactItem.opt_out_source),
    }[action]
    _forward(organization_id, contact, ref, register, at, [its_source.set(source)])
    append_history(organization_id, contact, action, at, source, evidence, actor, mark)


def append_history(
    organization_id: str,
    contact: str,
    action: str,
    at: int,
    source: str,
    evidence: str | None,
    actor: str | None,
    mark: str | None = None,
) -> None:
    """One entry of the consent history; an entry with the same mark and time is the same entry."""
    mark = mark or keys.mark_of(action, str(at), source, evidence or "")
    put_new(
        ConsentItem(
            keys.contact_pk(organization_id, contact),
            f"{keys.CONSENT}{at:013d}#{mark}",
            action=action,
            at=at,
            source=source,
            evidence=evidence,
            actor=actor,
        )
    )


def history(organization_id: str, contact: str) -> list[ConsentItem]:
    """The consent history, newest first."""
    pk = keys.contact_pk(organization_id, contact)
    return query(
        ConsentItem,
        pk,
        range_key_condition=Item.sk.startswith(keys.CONSENT),
        scan_index_forward=False,
        consistent_read=True,
    )


def record_marketing(organization_id: str, contact: str, ref: ContactRef, stopped: bool, at: int) -> None:
    """WhatsApp's own switch for marketing messages."""
    register = ContactItem.stopped_marketing_at if stopped else ContactItem.resumed_marketing_at
    _forward(organization_id, contact, ref, register, at)


def record_unreachable(organization_id: str, contact: str, ref: ContactRef, code: str, at: int) -> None:
    """The provider says that the number is not on WhatsApp. It heals by the next inbound message."""
    _forward(organization_id, contact, ref, ContactItem.unreachable_at, at, [ContactItem.unreachable_code.set(code)])


def set_blocked(organization_id: str, contact: str, ref: ContactRef, blocked: bool, at: int) -> None:
    """What staff decided; by the server's clock, the last decision wins. Lifts a block that outlived an
    erasure, too."""
    _forward(organization_id, contact, ref, ContactItem.blocked_at, at, [ContactItem.blocked.set(blocked)])
    if not blocked:
        item = SuppressionItem(keys.contact_pk(organization_id, contact), keys.SUPPRESSION)
        update(item, [SuppressionItem.blocked.set(False)], Item.pk.exists())


def _forward(
    organization_id: str, contact: str, ref: ContactRef, register: Any, at: int, also: list[Any] | None = None
) -> bool:
    item = ContactItem(keys.contact_pk(organization_id, contact), keys.CONTACT)
    actions = [register.set(at), *(also or []), *_listed(organization_id, contact, ref)]
    return update(item, actions, register.does_not_exist() | (register < at)).applied


def close_window(organization_id: str, contact: str, channel_id: str, at: int) -> bool:
    """The provider said at ``at`` that the window is closed. Returns whether we thought otherwise: the
    register moved and the last inbound message was less than a day before."""
    item = WindowItem(keys.contact_pk(organization_id, contact), f"{keys.WINDOW}{channel_id}")
    register = WindowItem.provider_closed_at
    written = update(item, [register.set(at)], register.does_not_exist() | (register < at), returns="ALL_NEW")
    last = window_of(written.item(WindowItem) or item).last_inbound_at
    if not written.applied or last is None or not last < at < expires_at(last):
        return False
    row = keys.list_sort(at, contact, channel_id)
    update(item, [Item.h.set(row)], WindowItem.last_inbound_at < at)
    return True


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where an inbound message belongs. ``at``: the time under which it is stored (the first that we were
    told for this message). ``is_new_here``: the contact or one of its names was not known to this window.
    ``is_late``: a newer message was there before. ``new_run_at``: it opened a window after a closed one."""

    at: int
    is_new_here: bool
    is_late: bool


def arrive(
    organization_id: str,
    contact: str,
    channel_id: str,
    at: int,
    mark: str,
    opens: bool,
    is_writing: bool,
    name: str | None,
    user_id: str | None,
) -> Arrival:
    """Moves the window's registers for one inbound message, in one write in the usual case.

    ``mark`` names the message (``keys.mark_of`` its provider id). ``opens``: whether this kind opens a window.
    ``is_writing``: False for a keyword, which opens the window but is not "a later inbound message".
    """
    item = WindowItem(keys.contact_pk(organization_id, contact), f"{keys.WINDOW}{channel_id}")
    if not opens:
        return _remember(item, at, mark)
    forward = _forward_actions(organization_id, contact, channel_id, at, is_writing, name, user_id)
    written = update(
        item,
        [*forward, WindowItem.recent[mark].set(at)],
        (WindowItem.last_inbound_at < at) & WindowItem.recent.exists(),
        returns="ALL_OLD",
    )
    before = written.item(WindowItem)
    if not written.applied and (before is None or before.last_inbound_at is None):
        first = [*forward, WindowItem.opened_at.set(at), WindowItem.recent.set({mark: at})]
        written = update(item, first, WindowItem.last_inbound_at.does_not_exist(), returns="ALL_OLD")
        if written.applied:
            return Arrival(at, is_new_here=True, is_late=False)
        before = written.item(WindowItem)
    if not written.applied:
        if before is not None and (before.last_inbound_at or 0) < at:
            return arrive(organization_id, contact, channel_id, at, mark, opens, is_writing, name, user_id)
        return _late(item, before, at, mark, is_writing)
    if before is not None:
        _new_run(item, before, at)
        _forget_old(item, before)
    stored_at = _told_before(before, mark) or at
    is_new_here = before is None or any(
        told and told != known for told, known in ((name, before.name), (user_id, before.user_id))
    )
    return Arrival(stored_at, is_new_here, is_late=False)


def _forward_actions(
    organization_id: str,
    contact: str,
    channel_id: str,
    at: int,
    is_writing: bool,
    name: str | None,
    user_id: str | None,
) -> list[Any]:
    end = expires_at(at)
    actions = [
        WindowItem.last_inbound_at.set(at),
        WindowItem.expires_at.set(end),
        Item.ttl.set(end // 1000 + WINDOW_KEPT_SECONDS),
        Item.g.set(keys.list_partition(organization_id, contact)),
        Item.h.set(keys.list_sort(end, contact, channel_id)),
    ]
    if is_writing:
        actions.append(WindowItem.last_writing_at.set(at))
    if name:
        actions.append(WindowItem.name.set(name))
    if user_id:
        actions.append(WindowItem.user_id.set(user_id))
    return actions


def _told_before(before: WindowItem | None, mark: str) -> int | None:
    return times(before.recent).get(mark) if before is not None else None


def _remember(item: WindowItem, at: int, mark: str) -> Arrival:
    """A message that opens nothing (a reaction): only that it was there."""
    written = update(
        item, [WindowItem.recent[mark].set(WindowItem.recent[mark] | at)], WindowItem.recent.exists(), "ALL_NEW"
    )
    if not written.applied:
        written = update(item, [WindowItem.recent.set({mark: at})], WindowItem.recent.does_not_exist(), "ALL_NEW")
        if not written.applied:
            return _remember(item, at, mark)
        return Arrival(at, is_new_here=True, is_late=False)
    return Arrival(_told_before(written.item(WindowItem), mark) or at, is_new_here=False, is_late=False)


def _late(item: WindowItem, before: WindowItem | None, at: int, mark: str, is_writing: bool) -> Arrival:
    stored_at = _told_before(before, mark)
    if stored_at is None:
        told = WindowItem.recent[mark]
        image = update(item, [told.set(told | at)], WindowItem.recent.exists(), "ALL_NEW").item(WindowItem)
        stored_at = _told_before(image, mark) or at
        if image is not None:
            _forget_old(item, image)
    if is_writing and before is not None and (before.last_writing_at or 0) < at:
        register = WindowItem.last_writing_at
        update(item, [register.set(at)], register.does_not_exist() | (register < at))
    return Arrival(stored_at, is_new_here=True, is_late=True)


def _new_run(item: WindowItem, before: WindowItem, at: int) -> None:
    """The window had lapsed: this message opens a new one."""
    last = milliseconds(before.last_inbound_at)
    if last is not None and expires_at(last) <= at:
        update(item, [WindowItem.opened_at.set(at)], WindowItem.last_inbound_at >= at)


def _forget_old(item: WindowItem, image: WindowItem) -> None:
    recent = times(image.recent)
    if len(recent) > _RECENT_MAX:
        oldest = sorted(recent, key=lambda mark: recent[mark])[: _RECENT_MAX // 2]
        update(item, [WindowItem.recent[mark].remove() for mark in oldest])


def set_opened_at(organization_id: str, contact: str, channel_id: str, opened_at: int, last_inbound_at: int) -> None:
    """Corrects the start of the run after a late message, unless the window moved on meanwhile."""
    item = WindowItem(keys.contact_pk(organization_id, contact), f"{keys.WINDOW}{channel_id}")
    update(item, [WindowItem.opened_at.set(opened_at)], WindowItem.last_inbound_at == last_inbound_at)


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
    return_old = update(alias, [AliasItem.contact.set(contact)], returns="ALL_OLD").item(AliasItem)
    return return_old.contact if return_old is not None else None


def merge(organization_id: str, old: str, new: str, with_windows: bool = True) -> None:
    """Brings what is known of ``old`` to ``new``: every register moves forward only, so it may be repeated.
    The conversation of ``old`` stays where it is and is read with that of ``new``."""
    items = _standing(organization_id, old)
    known = _person(old, [item for sk, item in items.items() if sk != keys.ALIAS])
    nobody = ContactRef()
    update(
        ContactItem(keys.contact_pk(organization_id, new), keys.CONTACT),
        [ContactItem.merged.add({old, *known.merged})],
    )
    consent = known.consent
    moves: list[tuple[Any, int | None, list[Any]]] = [
        (ContactItem.opt_in_at, consent.opt_in_at, [ContactItem.opt_in_source.set(consent.opt_in_source or "merge")]),
        (
            ContactItem.opt_out_at,
            consent.opt_out_at,
            [ContactItem.opt_out_source.set(consent.opt_out_source or "merge")],
        ),
        (ContactItem.stopped_marketing_at, consent.stopped_marketing_at, []),
        (ContactItem.resumed_marketing_at, consent.resumed_marketing_at, []),
    ]
    for register, at, also in moves:
        if at is not None:
            _forward(organization_id, new, nobody, register, at, also)
    if consent.blocked:
        update(
            ContactItem(keys.contact_pk(organization_id, new), keys.CONTACT),
            [ContactItem.blocked.set(True)],
            ContactItem.blocked.does_not_exist(),
        )
    if with_windows:
        for channel_id, window in known.windows.items():
            _merge_window(organization_id, new, channel_id, window)
    _retire(organization_id, old, items)


def _merge_window(organization_id: str, contact: str, channel_id: str, window: Window) -> None:
    if window.last_inbound_at is not None:
        mark = keys.mark_of("merge", channel_id, str(window.last_inbound_at))
        arrive(organization_id, contact, channel_id, window.last_inbound_at, mark, True, False, None, None)
    item = WindowItem(keys.contact_pk(organization_id, contact), f"{keys.WINDOW}{channel_id}")
    for register, at in (
        (WindowItem.last_writing_at, window.last_writing_at),
        (WindowItem.provider_closed_at, window.provider_closed_at),
    ):
        if at is not None:
            update(item, [register.set(at)], register.does_not_exist() | (register < at))


def _retire(organization_id: str, contact: str, items: dict[str, Item]) -> None:
    """Takes a merged identity out of the list of contacts."""
    for sk, item in items.items():
        if item.g is not None:
            update(Item(keys.contact_pk(organization_id, contact), sk), [Item.g.remove(), Item.h.remove()])
