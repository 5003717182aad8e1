"""Consent and what is like it: times that only move forward, and the append-only history.

What was said goes into the history first and moves a time after that, by one conditional UpdateItem whose "condition
failed" means that a newer event was there first. So events may come late, twice and in any order. Where a number
changed hands, the history is what counts (``store.number_changes``). Times are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gate24.contacts import ConsentEntry
from gate24.events import ContactRef
from gate24.store import consent_history, keys, number_changes
from gate24.store.contacts import contact_of, decision_facts, listing_actions
from gate24.store.items import ContactItem, SuppressionItem, times
from gate24.store.table import Item, update

_MOVED: dict[str, tuple[Any, Any]] = {
    "opt_in": (ContactItem.opt_in_at, ContactItem.opt_in_source),
    "opt_out": (ContactItem.opt_out_at, ContactItem.opt_out_source),
    "block": (ContactItem.blocked_at, ContactItem.blocked),
    "unblock": (ContactItem.blocked_at, ContactItem.blocked),
    "marketing_stop": (ContactItem.stopped_marketing_at, None),
    "marketing_resume": (ContactItem.resumed_marketing_at, None),
}
_MOVED_BY_CHANNEL: dict[str, tuple[Any, str]] = {
    "marketing_stop": (ContactItem.stopped_marketing, "stopped_marketing"),
    "marketing_resume": (ContactItem.resumed_marketing, "resumed_marketing"),
}


def record(
    organization_id: str,
    contact_id: str,
    ref: ContactRef,
    entry: ConsentEntry,
    name: str | None = None,
    kept_under: str | None = None,
) -> None:
    """Appends the entry to the history and moves what it speaks of. The same event twice (same ``name`` and time) is
    one entry. Of two decisions of staff about a block the last holds, by the server's clock; lifting one lifts a block
    that outlived an erasure, too. ``kept_under``: the user id (a contact's id) under which alone it was said: wherever
    the user id leads, the entry is its person's."""
    consent_history.append(organization_id, kept_under or contact_id, entry, name)
    facts = decision_facts(organization_id, contact_id)
    contact = contact_of(contact_id, facts.values())
    is_theirs = not contact.is_another_persons(entry.at)
    if is_theirs or number_changes.follow(organization_id, contact_id, entry.at) == contact_id:
        move(organization_id, contact_id, ref, entry)
    if entry.action == "unblock":
        suppressed = SuppressionItem(keys.contact_pk(organization_id, contact_id), keys.SUPPRESSION)
        update(suppressed, [SuppressionItem.blocked.set(False)], Item.pk.exists())
    if number_changes.is_changed(facts.values()):
        number_changes.reckon_about(organization_id, contact_id, entry.at)


def move(organization_id: str, contact_id: str, ref: ContactRef, entry: ConsentEntry, came_along: bool = False) -> None:
    """Moves the contact's own time of what the entry speaks of, unless it is further already. ``came_along``: it was
    said under another identity, which is merged into this one."""
    if entry.action in _MOVED_BY_CHANNEL and entry.channel_id is not None:
        _move_channel(organization_id, contact_id, ref, entry.action, entry.channel_id, entry.at, came_along)
        return
    if entry.channel_id is not None:
        _move_channel(organization_id, contact_id, ref, "marketing_resume", entry.channel_id, entry.at, came_along)
    attribute, companion = _MOVED[entry.action]
    said = {"block": True, "unblock": False}.get(entry.action, entry.source)
    beside = [_came_along(came_along)]
    move_forward(organization_id, contact_id, ref, attribute, entry.at, companion, said, beside)


def _came_along(came_along: bool) -> Any:
    return ContactItem.consent_came_along.set(True) if came_along else ContactItem.consent_came_along.remove()


def _move_channel(
    organization_id: str, contact_id: str, ref: ContactRef, action: str, channel_id: str, at: int, came_along: bool
) -> None:
    """Moves a channel's own time. DynamoDB has no update that makes a map and sets a name in it at once."""
    attribute, name = _MOVED_BY_CHANNEL[action]
    item = ContactItem(keys.contact_pk(organization_id, contact_id), keys.CONTACT)
    listing = [*listing_actions(organization_id, contact_id, ref), _came_along(came_along)]
    while True:
        one = attribute[channel_id]
        forward = attribute.exists() & (one.does_not_exist() | (one < at))
        written = update(item, [one.set(at), *listing], forward)
        found = written.item(ContactItem)
        if written.applied or channel_id in times(getattr(found, name, None)):
            return
        if update(item, [attribute.set({channel_id: at}), *listing], attribute.does_not_exist()).applied:
            return


def record_unreachable(organization_id: str, contact_id: str, ref: ContactRef, code: str, at: int) -> None:
    """The provider says that the number is not on WhatsApp. It heals by the next inbound message. Of somebody who left
    the number since it says nothing any more."""
    if contact_of(contact_id, decision_facts(organization_id, contact_id).values()).is_another_persons(at):
        return
    move_forward(organization_id, contact_id, ref, ContactItem.unreachable_at, at, ContactItem.unreachable_code, code)


def move_forward(
    organization_id: str,
    contact_id: str,
    ref: ContactRef,
    attribute: Any,
    at: int,
    companion: Any | None = None,
    said: Any = None,
    beside: Sequence[Any] = (),
) -> bool:
    """Moves a time of the contact to ``at``, with what is said beside it (``companion``: the source, the
    code), unless it is further already. Of two events of one millisecond the greater ``said`` stays, so that
    their order does not matter. ``beside``: what else the write does. Returns whether it moved."""
    item = ContactItem(keys.contact_pk(organization_id, contact_id), keys.CONTACT)
    actions = [attribute.set(at), *listing_actions(organization_id, contact_id, ref), *beside]
    moves = attribute.does_not_exist() | (attribute < at)
    if companion is not None and said is not None:
        actions.append(companion.set(said))
        if isinstance(said, str):
            moves = moves | ((attribute == at) & (companion < said))
    return update(item, actions, moves).applied
