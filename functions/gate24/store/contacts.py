"""Contacts: what is known of a person, from one consistent query, and the person's place in the list.

Times are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gate24.authors import Author
from gate24.contacts import EVERY_CHANNEL, Consent, Contact, Stretch
from gate24.events import ContactRef
from gate24.inbox import Answering, Care, Said, Sent
from gate24.lazy_dataclass import dataclass
from gate24.rules.consent import join
from gate24.rules.window import after, expires_at
from gate24.store import keys, name_words
from gate24.store.items import AliasItem, ContactItem, SuppressionItem, WindowItem, times
from gate24.store.known_fields import known_fields
from gate24.store.table import Item, Written, contact_key, get, query, translated, update
from gate24.windows import Window

_HOPS = 3
"""How many aliases lead to a contact at most; one does, but for two processes that meet."""


def contact_id(organization_id: str, ref: ContactRef) -> str:
    return keys.contact_id(contact_key(), organization_id, ref)


def resolve(organization_id: str, ref: ContactRef) -> str:
    """The contact's id. A number is its own answer; a user id alone may be an alias (one consistent read)."""
    found = contact_id(organization_id, ref)
    return found if ref.phone is not None else read(organization_id, found).id


def read(organization_id: str, contact_id: str, hops: int = _HOPS) -> Contact:
    """The contact as of now (consistent). ``exists`` is False for someone never heard of. An alias is followed."""
    items = decision_facts(organization_id, contact_id)
    alias = items.get(keys.ALIAS)
    if isinstance(alias, AliasItem) and alias.contact != contact_id and hops:
        return read(organization_id, alias.contact, hops - 1)
    return contact_of(contact_id, items.values())


def decision_facts(organization_id: str, contact_id: str) -> dict[str, Item]:
    """The items from which the gate decides, by their sort keys (one consistent query)."""
    pk = keys.contact_pk(organization_id, contact_id)
    found = query(Item, pk, range_key_condition=Item.sk.startswith(keys.DECISION_FACTS), consistent_read=True)
    return {item.sk: item for item in found}


@dataclass(frozen=True, slots=True)
class Listed:
    """A contact with its rows in the list: channel (empty: the contact itself) -> hour."""

    contact: Contact
    hours: dict[str, int]


def read_listed(organization_id: str, contact_ids: list[str], channel_ids: list[str]) -> list[Listed]:
    """Several contacts for a list: their items by batches, not consistent."""
    sorts = [keys.CONTACT, keys.SUPPRESSION, *(f"{keys.WINDOW}{channel_id}" for channel_id in channel_ids)]
    found = _batch(organization_id, contact_ids, sorts)
    return [_listed(id, found[id]) for id in contact_ids]


def read_many(organization_id: str, contact_ids: Iterable[str], channel_ids: Iterable[str]) -> dict[str, Contact]:
    """The contacts with their windows on these channels, by batches, not consistent. Aliases are followed, one by
    one."""
    windows = (f"{keys.WINDOW}{channel_id}" for channel_id in channel_ids)
    found = _batch(organization_id, contact_ids, [keys.CONTACT, keys.SUPPRESSION, keys.ALIAS, *windows])
    return {
        id: read(organization_id, id) if any(item.sk == keys.ALIAS for item in items) else contact_of(id, items)
        for id, items in found.items()
    }


def read_for_import(organization_id: str, channel_of: Mapping[str, str | None]) -> dict[str, Contact]:
    """Contacts by number as of now (consistent), by batches, each with its window on one channel, if any.
    ``channel_of``: by the contact's id."""
    by_pk: dict[str, list[Item]] = {keys.contact_pk(organization_id, each): [] for each in channel_of}
    asked = [(pk, sort) for pk in by_pk for sort in (keys.CONTACT, keys.SUPPRESSION)]
    asked += [
        (keys.contact_pk(organization_id, each), f"{keys.WINDOW}{channel}")
        for each, channel in channel_of.items()
        if channel
    ]
    with translated("BatchGetItem"):
        for item in Item.batch_get(asked, consistent_read=True):
            by_pk[item.pk].append(item)
    return {each: contact_of(each, by_pk[keys.contact_pk(organization_id, each)]) for each in channel_of}


def _batch(organization_id: str, contact_ids: Iterable[str], sorts: list[str]) -> dict[str, list[Item]]:
    """Those of the contacts' items that are there."""
    by_pk: dict[str, list[Item]] = {keys.contact_pk(organization_id, each): [] for each in contact_ids}
    with translated("BatchGetItem"):
        for item in Item.batch_get([(pk, sort) for pk in by_pk for sort in sorts]):
            by_pk[item.pk].append(item)
    return {pk.rsplit("#", 1)[1]: items for pk, items in by_pk.items()}


def _listed(contact_id: str, items: list[Item]) -> Listed:
    hours = {
        item.sk.removeprefix(keys.WINDOW) if isinstance(item, WindowItem) else "": keys.list_hour(item.h)
        for item in items
        if item.h and isinstance(item, WindowItem | ContactItem)
    }
    return Listed(contact_of(contact_id, items), hours)


def contact_of(contact_id: str, items: Iterable[Item]) -> Contact:
    """The contact of its items."""
    found, is_reckoned = Contact(contact_id), False
    for item in sorted(items, key=lambda item: item.sk):
        if isinstance(item, ContactItem):
            found, is_reckoned = _with_contact(found, item), item.reckoned is not None
        elif isinstance(item, SuppressionItem):
            consent = found.consent if is_reckoned else join(found.consent, suppressed(item))
            found = replace(found, consent=consent, erased_at=item.erased_at, erasure=item.erasure)
        elif isinstance(item, WindowItem):
            window = after(window_of(item), found.left_at)
            windows = {**found.windows, item.sk.removeprefix(keys.WINDOW): window}
            found = replace(found, windows=windows, wrote=found.wrote or window.last_inbound_at is not None)
    return found


def _with_contact(found: Contact, item: ContactItem) -> Contact:
    reckoned = item.reckoned or {}
    left_at = reckoned.get("left_at")
    return replace(
        found,
        exists=item.reckoned is None or item.g is not None or item.phone is not None or item.user_ids is not None,
        phone=item.phone,
        user_id=item.user_id or min(item.user_ids or (), default=None),
        user_id_at=item.user_id_at,
        user_ids=frozenset(item.user_ids or ()),
        name=item.name,
        name_token=item.name_token,
        wrote=item.first_at is not None,
        unreachable_at=_since(item.unreachable_at, left_at),
        sent_at=_since(item.sent_at, left_at),
        merged=frozenset(item.merged or ()),
        linked=frozenset(item.linked or ()),
        left_at=left_at,
        own=tuple(Stretch(*stretch) for stretch in reckoned.get("own", ())),
        earlier=tuple(Stretch(*stretch) for stretch in reckoned.get("earlier", ())),
        consent=Consent(**reckoned["consent"]) if reckoned else recorded(item),
        sent=_sent(item, left_at),
        care=_care(item),
    )


def _sent(item: ContactItem, left_at: int | None) -> Sent | None:
    """The newest message of ours, unless it was to somebody who left the number."""
    if item.last_sent_at is None or _since(item.last_sent_at, left_at) is None:
        return None
    said = item.last_sent or {}
    author = Author(said["k"], said.get("n")) if "k" in said else None
    return Sent(
        Said(item.last_sent_at, said.get("t", ""), said.get("p")),
        *(said.get("c", ""), said.get("to"), author, item.last_sent_name or "", said.get("b")),
        failed=bool(item.last_sent_failed),
    )


def _care(item: ContactItem) -> Care:
    return Care(
        *(item.read_to, item.read_at, item.done_to, item.done_at, item.assignee),
        labels=tuple(sorted(item.labels or ())),
        answering=tuple(Answering(**known_fields(Answering, each)) for each in item.answering or ()),
    )


def _since(at: int | None, left_at: int | None) -> int | None:
    return at if at is None or left_at is None or at > left_at else None


def recorded(item: ContactItem) -> Consent:
    """What stands in the contact's own times."""
    return Consent(
        opt_in_at=item.opt_in_at,
        opt_in_source=item.opt_in_source,
        opt_out_at=item.opt_out_at,
        opt_out_source=item.opt_out_source,
        stopped_marketing=_by_channel(item.stopped_marketing, item.stopped_marketing_at),
        resumed_marketing=_by_channel(item.resumed_marketing, item.resumed_marketing_at),
        blocked=bool(item.blocked),
        blocked_at=item.blocked_at,
    )


def _by_channel(stored: Any, for_all: int | None) -> dict[str, int]:
    return times(stored) | ({EVERY_CHANNEL: for_all} if for_all is not None else {})


def suppressed(item: SuppressionItem) -> Consent:
    """What outlived an erasure."""
    return Consent(
        opt_out_at=item.opt_out_at,
        opt_out_source="suppression" if item.opt_out_at else None,
        stopped_marketing=_by_channel(item.stopped_marketing, item.stopped_marketing_at),
        blocked=bool(item.blocked),
        blocked_at=item.blocked_at,
    )


def window_of(item: WindowItem) -> Window:
    return Window(
        last_inbound_at=item.last_inbound_at,
        opened_at=item.opened_at,
        last_writing_at=item.last_writing_at,
        provider_closed_at=item.provider_closed_at,
        recent=times(item.recent),
        told_closing=item.told_closing,
        told_closed=item.told_closed,
        entered_at=item.entered_at,
        said=None if item.said_at is None else Said(item.said_at, item.said_type or "", item.said_preview),
        late_at=item.late_at,
    )


def ensure(
    organization_id: str,
    contact_id: str,
    ref: ContactRef,
    name: str | None = None,
    first_at: int | None = None,
    sent_at: int | None = None,
    is_known: bool = False,
    is_new: bool = False,
    sent: Sent | None = None,
    before: Contact | None = None,
) -> None:
    """The contact has an item, and with it a place in the list. Nothing known is overwritten but the name and the
    time of the last send. ``sent_at``: of a send by which the contact's place moves; ``sent``: the newest message of
    ours, where none is newer. ``is_known``: it had an item, so that without one it was erased since: then it gets none.
    ``is_new``: it had none. ``before``: the contact as it was read, so that the words of a name by which it is found
    already are not written again."""
    item = ContactItem(keys.contact_pk(organization_id, contact_id), keys.CONTACT)
    actions = listing_actions(organization_id, contact_id, ref, sent_at)
    token = None
    if name and not (before is not None and name_words.is_there(before, name)):
        token = name_words.write_new(organization_id, contact_id, name)
        actions += [ContactItem.name.set(name), ContactItem.name_token.set(token)]
    if first_at is not None:
        actions.append(ContactItem.first_at.set(ContactItem.first_at | first_at))
        if ref.user_id:
            actions.append(ContactItem.user_id_at.set(ContactItem.user_id_at | first_at))
    if sent_at is not None:
        actions.append(ContactItem.sent_at.set(sent_at))
    if sent is not None:
        actions += _sent_actions(sent)
    condition = Item.h.exists() if is_known else None
    written = update(item, actions, condition, "UPDATED_OLD" if token else "NONE", is_new)
    if name and token is not None:
        _keep_words(organization_id, contact_id, name, token, written)


def index_name(organization_id: str, contact: Contact) -> None:
    """Makes a contact who has a name of before, and has it still, found by its words."""
    item, name = ContactItem(keys.contact_pk(organization_id, contact.id), keys.CONTACT), contact.name or ""
    token = name_words.write_new(organization_id, contact.id, name)
    as_read = (ContactItem.name == name) & ContactItem.name_token.does_not_exist()
    written = update(item, [ContactItem.name_token.set(token)], as_read)
    _keep_words(organization_id, contact.id, name, token, written)


def name_if_none(organization_id: str, contact_id: str, name: str) -> None:
    """Gives the contact a name under which it was known as another one, unless it has one."""
    item = ContactItem(keys.contact_pk(organization_id, contact_id), keys.CONTACT)
    known = get(ContactItem, item.pk, item.sk, consistent=True)
    if known is not None and known.name is not None:
        return
    token = name_words.write_new(organization_id, contact_id, name)
    named = [ContactItem.name.set(name), ContactItem.name_token.set(token)]
    written = update(item, named, ContactItem.name.does_not_exist())
    _keep_words(organization_id, contact_id, name, token, written)


def _keep_words(organization_id: str, contact_id: str, name: str, token: str, written: Written) -> None:
    """Takes away the words of a name that the contact has no more, or did not get. ``written``: the update that gave
    it this one, with what stood there before, or stands there instead."""
    found = written.item(ContactItem)
    other = (found.name, found.name_token) if found is not None else (None, None)
    if other[1] != token:
        gone = other if written.applied else (name, token)
        name_words.remove_of(organization_id, contact_id, *gone)


def note_sent(organization_id: str, contact_id: str, sent: Sent) -> None:
    """The newest message of ours to a contact that is in the list, unless a newer one is noted; its place stays."""
    item = ContactItem(keys.contact_pk(organization_id, contact_id), keys.CONTACT)
    known = ContactItem.last_sent_at
    update(item, _sent_actions(sent), Item.h.exists() & (known.does_not_exist() | (known <= sent.said.at)))


def _sent_actions(sent: Sent) -> list[Any]:
    said = {
        "t": sent.said.type,
        "p": sent.said.preview,
        "c": sent.channel_id,
        "to": sent.answers_to,
        "b": sent.answered_before,
        "k": sent.author and sent.author.kind,
        "n": sent.author and sent.author.name,
    }
    return [
        ContactItem.last_sent_at.set(sent.said.at),
        ContactItem.last_sent.set({name: value for name, value in said.items() if value is not None}),
        ContactItem.last_sent_name.set(sent.name),
        ContactItem.last_sent_failed.remove(),
    ]


def note_failed(organization_id: str, contact_id: str, name: str) -> None:
    """The message of ours of that name did not arrive: if it is the newest one, nobody is answered by it."""
    item = ContactItem(keys.contact_pk(organization_id, contact_id), keys.CONTACT)
    update(item, [ContactItem.last_sent_failed.set(True)], ContactItem.last_sent_name == name)


def listing_actions(organization_id: str, contact_id: str, ref: ContactRef, sent_at: int | None = None) -> list[Any]:
    """What makes a contact's item stand in the list, by the hour of the last send, with its number and ids."""
    row = keys.list_sort(0 if sent_at is None else expires_at(sent_at), contact_id, "")
    actions: list[Any] = [
        Item.g.set(keys.list_partition(organization_id, contact_id)),
        Item.h.set((Item.h | row) if sent_at is None else row),
    ]
    if ref.phone:
        actions.append(ContactItem.phone.set(ContactItem.phone | ref.phone))
    if ref.user_id:
        actions.append(ContactItem.user_ids.add({ref.user_id}))
        actions.append(ContactItem.user_id.set(ContactItem.user_id | ref.user_id))
    return actions
