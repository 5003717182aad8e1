"""Numbers that changed hands: who left which number for which, and what holds for the people since.

Two kinds of items say it: ``LeftItem`` at the old number and ``CameItem`` at the new one. All else follows from them
and from the histories: it is reckoned anew by every event about such a number (``rules.number_changes``), and stands
in the contact's item (``reckoned``), so that whoever reads a contact needs no more reads than for any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, astuple
from typing import Any

from gate24.contacts import ConsentEntry, Contact, NumberChange, Stretch
from gate24.lazy_dataclass import dataclass
from gate24.rules.consent import entries_of
from gate24.rules.number_changes import Tenure, consent_of, left_after, left_by, outlives, stretch
from gate24.store import consent_history, keys
from gate24.store.contacts import contact_of, decision_facts, read, suppressed
from gate24.store.items import AliasItem, CameItem, ContactItem, LeftItem, SuppressionItem
from gate24.store.table import Item, StoreError, get, put, put_new, update

_HOPS, _TRIES = 20, 100


@dataclass(frozen=True, slots=True)
class _Number:
    """What is known of one number (or user id): its items, under its own id."""

    id: str
    items: dict[str, Item]

    @property
    def changes(self) -> list[NumberChange]:
        """Each once, though every business number tells it, with the time since which nobody takes the person who left
        for the one who has the number: when we were first told of it, or of a later change."""
        told: dict[tuple[int, str], list[int]] = {}
        for item in self.items.values():
            if isinstance(item, LeftItem):
                told.setdefault((item.at, item.to), []).append(item.known_at)
        changes: list[NumberChange] = []
        for at, to in sorted(told, reverse=True):
            later = [changes[-1].known_at] if changes else []
            changes.append(NumberChange(at, min(*told[at, to], *later, 1 << 62), to))
        return changes[::-1]

    @property
    def old_numbers(self) -> list[str]:
        return sorted(item.old for item in self.items.values() if isinstance(item, CameItem))

    @property
    def all_ids(self) -> list[str]:
        return sorted({self.id, *contact_of(self.id, self.items.values()).merged})

    @property
    def suppression(self) -> SuppressionItem | None:
        found = self.items.get(keys.SUPPRESSION)
        return found if isinstance(found, SuppressionItem) else None

    @property
    def being_erased_since(self) -> int | None:
        kept = self.suppression
        return kept.erased_at if kept is not None and kept.erasure is not None else None

    @property
    def contact_item(self) -> ContactItem | None:
        found = self.items.get(keys.CONTACT)
        return found if isinstance(found, ContactItem) else None


def _number(organization_id: str, contact_id: str) -> _Number:
    """The number or user id; an alias is followed."""
    for _ in range(_HOPS):
        items = decision_facts(organization_id, contact_id)
        alias = items.get(keys.ALIAS)
        if not isinstance(alias, AliasItem) or alias.contact == contact_id:
            break
        contact_id = alias.contact
    return _Number(contact_id, items)


def is_changed(items: Iterable[Item]) -> bool:
    """Whether the number of these items ever changed hands."""
    return any(isinstance(item, LeftItem | CameItem) for item in items)


def remember(organization_id: str, old: str, new: str, name: str, at: int, known_at: int) -> None:
    """The person at ``old`` left for ``new``. ``name`` stands for the provider's message that told so; of a message
    that is told twice the first time holds."""
    old_pk, new_pk = keys.contact_pk(organization_id, old), keys.contact_pk(organization_id, new)
    put_new(LeftItem(old_pk, f"{keys.LEFT}{name}", to=new, at=at, known_at=known_at))
    put(CameItem(new_pk, f"{keys.CAME}{old}", old=old))


def is_remembered(organization_id: str, old: str, new: str, name: str, at: int) -> bool:
    """Whether the change was told before, by this message or by that to another business number."""
    items = decision_facts(organization_id, old)
    told = (item for item in items.values() if isinstance(item, LeftItem))
    return f"{keys.LEFT}{name}" in items or any((item.at, item.to) == (at, new) for item in told)


def follow(organization_id: str, contact_id: str, at: int) -> str:
    """The contact under which the person is now who was at that number at ``at`` (epoch ms)."""
    number = _number(organization_id, contact_id)
    change = left_by(number.changes, at)
    for _ in range(_HOPS):
        if change is None:
            break
        number = _number(organization_id, change.to)
        change = left_after(number.changes, change.at)
    return number.id


def people_of(organization_id: str, contact_id: str) -> set[str]:
    """The contacts under which everybody is now who ever had the number, its own among them."""
    number = _number(organization_id, contact_id)
    return {number.id, *(follow(organization_id, number.id, change.at) for change in number.changes)}


def who_was_at(organization_id: str, contact: Contact, at: int) -> Contact:
    """The person who had the contact's number at ``at`` (epoch ms), as known today."""
    if not contact.is_another_persons(at):
        return contact
    return read(organization_id, follow(organization_id, contact.id, at))


def reckon_about(organization_id: str, contact_id: str, at: int) -> None:
    """Reckons what was said at ``at`` under the number in, for whomever it counts."""
    for each in sorted({contact_id, follow(organization_id, contact_id, at)}):
        reckon(organization_id, each)


def reckon(organization_id: str, contact_id: str) -> None:
    """Reckons anew what holds for the person who has the number now."""
    for _ in range(_TRIES):
        number = _number(organization_id, contact_id)
        if not is_changed(number.items.values()):
            return
        last = number.changes[-1] if number.changes else None
        own = _stretches(organization_id, number, last, None)
        met_here, user_ids = _user_ids(organization_id, number, last)
        own += met_here
        earlier: list[Stretch] = []
        since = number.being_erased_since
        said = _said(organization_id, user_ids, since)
        tenure = _tenure(organization_id, number, own, last, None, said, earlier, set(), since)
        reckoned = {
            "left_at": last.at if last else None,
            "own": [list(astuple(each)) for each in (*own, *user_ids)],
            "earlier": [list(astuple(each)) for each in earlier],
            "consent": asdict(consent_of(tenure)),
        }
        if _keep(organization_id, number, reckoned):
            return
    raise StoreError("UpdateItem", "number_contended")


def _keep(organization_id: str, number: _Number, reckoned: dict[str, Any]) -> bool:
    """False if another process reckoned meanwhile."""
    version = (number.contact_item.reckoned_version if number.contact_item else None) or 0
    unmoved = ContactItem.reckoned_version == version if version else ContactItem.reckoned_version.does_not_exist()
    actions = [ContactItem.reckoned.set(reckoned), ContactItem.reckoned_version.set(version + 1)]
    return update(ContactItem(keys.contact_pk(organization_id, number.id), keys.CONTACT), actions, unmoved).applied


def _stretches(
    organization_id: str, number: _Number, after: NumberChange | None, until: NumberChange | None
) -> list[Stretch]:
    """What is one person's under a number and the numbers merged into it."""
    found = [stretch(number.id, after, until)]
    for merged in number.all_ids:
        contact = decision_facts(organization_id, merged).get(keys.CONTACT) if merged != number.id else None
        if isinstance(contact, ContactItem) and contact.phone is not None:
            found.append(stretch(merged, after, until))
    return found


def _user_ids(organization_id: str, number: _Number, last: NumberChange | None) -> tuple[list[Stretch], list[Stretch]]:
    """What was said under the user ids alone that lead to the number: they are its present person's, at any time. First
    those that were named with this number, then those that came along from another."""
    met_here: list[Stretch] = []
    came: list[Stretch] = []
    for each in number.all_ids:
        alias = get_alias(organization_id, each) if each != number.id else None
        if alias is not None and alias.contact == number.id:
            is_met = alias.named_with == number.id and (last is None or (alias.at or 0) > last.at)
            (met_here if is_met else came).append(Stretch(each))
    return met_here, came


def get_alias(organization_id: str, contact_id: str) -> AliasItem | None:
    return get(AliasItem, keys.contact_pk(organization_id, contact_id), keys.ALIAS, consistent=True)


def _said(organization_id: str, stretches: list[Stretch], since: int | None) -> list[ConsentEntry]:
    """What was said there after ``since``, and what outlived an erasure."""
    history = [entry for each in stretches for entry in consent_history.history(organization_id, each)]
    said = [entry for entry in history if since is None or entry.at > since]
    for each in stretches:
        kept = get(
            SuppressionItem, keys.contact_pk(organization_id, each.contact_id), keys.SUPPRESSION, consistent=True
        )
        if kept is not None:
            said += [entry for entry in entries_of(suppressed(kept)) if outlives(entry, kept.erased_at, each)]
    return said


def _tenure(
    organization_id: str,
    number: _Number,
    stretches: list[Stretch],
    after: NumberChange | None,
    until: NumberChange | None,
    under_user_ids: list[ConsentEntry],
    earlier: list[Stretch],
    seen: set[tuple[str, int]],
    since: int | None,
) -> Tenure:
    """The time of one person under the number. ``earlier`` is filled with the stretches under the numbers before.
    ``under_user_ids``: what the person said under a user id alone until the end of that time. ``since``: what was said
    until then is being erased (epoch ms)."""
    arrivals: list[tuple[_Number, NumberChange | None, NumberChange]] = []
    for old in number.old_numbers:
        source = _number(organization_id, old)
        for position, change in enumerate(source.changes):
            comes = (after is None or change.at >= after.at) and (until is None or change.at < until.at)
            if change.to not in number.all_ids or not comes or (source.id, change.at) in seen:
                continue
            seen.add((source.id, change.at))
            arrivals.append((source, source.changes[position - 1] if position else None, change))
    tenures, left = [], under_user_ids
    for source, before, change in sorted(arrivals, key=lambda each: each[2].at):
        theirs = _stretches(organization_id, source, before, change)
        earlier.extend(theirs)
        said, left = [e for e in left if e.at <= change.at], [e for e in left if e.at > change.at]
        tenures.append(_tenure(organization_id, source, theirs, before, change, said, earlier, seen, since))
    return Tenure([*_said(organization_id, stretches, since), *left], until, tenures)
