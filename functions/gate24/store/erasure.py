"""Deletes a contact's partition, or a stretch of it; keeps the refusal to be written to, and the ledger entries without
the person, and remembers what was told, so that it brings nobody back when it is told again."""

from __future__ import annotations

from gate24.contacts import EVERY_CHANNEL, ConsentEntry, Contact, Stretch
from gate24.message_keys import short_hash
from gate24.rules.consent import consent_status, has_stopped_marketing
from gate24.store import keys, messages, number_changes
from gate24.store.items import ConsentItem, ContactItem, MessageItem, SuppressionItem
from gate24.store.table import Item, get, put, put_new, query, translated, update

_OPT_OUT_AT = SuppressionItem.opt_out_at
_ALWAYS_KEPT = (keys.SUPPRESSION, keys.LEFT, keys.CAME)


def suppress(organization_id: str, contact_id: str, contact: Contact, at: int, identities: set[str]) -> None:
    """Keeps the time of the erasure and the refusals that hold now; one from an earlier erasure that holds no more is
    not kept. ``identities``: the ids of all contacts under which the person is erased."""
    consent = contact.consent
    stopped = {name: told for name, told in consent.stopped_marketing.items() if has_stopped_marketing(consent, name)}
    put(
        SuppressionItem(
            keys.contact_pk(organization_id, contact_id),
            keys.SUPPRESSION,
            opt_out_at=consent.opt_out_at if consent_status(consent) == "opted_out" else None,
            stopped_marketing={name: told for name, told in stopped.items() if name != EVERY_CHANNEL} or None,
            stopped_marketing_at=stopped.get(EVERY_CHANNEL),
            blocked=consent.blocked or None,
            blocked_at=consent.blocked_at if consent.blocked else None,
            erased_at=at,
            identities=identities,
        )
    )


def change_block(organization_id: str, contact_id: str, blocked: bool, at: int) -> None:
    """Blocks or unblocks somebody who was erased, under every identity of the person. Nothing else is written: nothing
    of the person comes back."""
    kept = get(SuppressionItem, keys.contact_pk(organization_id, contact_id), keys.SUPPRESSION, consistent=True)
    for each in {contact_id, *(kept.identities or () if kept else ())}:
        item = SuppressionItem(keys.contact_pk(organization_id, each), keys.SUPPRESSION)
        update(item, [SuppressionItem.blocked.set(blocked), SuppressionItem.blocked_at.set(at)], Item.pk.exists())
        number_changes.reckon(organization_id, each)


def refuse_later(organization_id: str, contact_id: str, entry: ConsentEntry) -> None:
    """Keeps an opt-out that was under way while its contact was erased; nothing else of that time matters any more."""
    if entry.action != "opt_out":
        return
    item, moved = SuppressionItem(keys.contact_pk(organization_id, contact_id), keys.SUPPRESSION), _OPT_OUT_AT
    update(item, [moved.set(entry.at)], moved.does_not_exist() | (moved < entry.at))
    number_changes.reckon(organization_id, contact_id)


def knows_message(organization_id: str, name: str) -> bool:
    """Whether a message of this name (the end of its key) was erased."""
    return get(Item, keys.erased_pk(organization_id, name), f"{keys.MESSAGE}{name}", consistent=True) is not None


def knows_consent(organization_id: str, contact_id: str, at: int, entry_name: str) -> bool:
    """Whether that entry of a consent history was erased."""
    return get(Item, *_place_of_consent(organization_id, contact_id, at, entry_name), consistent=True) is not None


def _place_of_consent(organization_id: str, contact_id: str, at: int, entry_name: str) -> tuple[str, str]:
    name = short_hash(contact_id, str(at), entry_name)
    return keys.erased_pk(organization_id, name), f"{keys.CONSENT}{name}"


def delete_stretch(organization_id: str, stretch: Stretch, whole: bool) -> None:
    """Deletes the messages and the history of a stretch, and all else of its partition, too, if nobody else is there
    (``whole``). By descending sort keys: the contact's own item is among the last, so that a repetition still finds
    it."""
    pk = keys.contact_pk(organization_id, stretch.contact_id)
    for prefix in (keys.MESSAGE, keys.CONSENT):
        dated = Item.sk.between(*keys.between(prefix, stretch.after, stretch.until))
        for item in query(Item, pk, range_key_condition=dated, consistent_read=True):
            _remember(organization_id, stretch.contact_id, item)
    with translated("BatchWriteItem"), Item.batch_write() as batch:
        for item in Item.query(pk, consistent_read=True, scan_index_forward=False, attributes_to_get=["pk", "sk"]):
            if _goes(item.sk, stretch, whole):
                batch.delete(item)
    number_changes.reckon(organization_id, stretch.contact_id)


def _goes(sort: str, stretch: Stretch, whole: bool) -> bool:
    for prefix in (keys.MESSAGE, keys.CONSENT, keys.WAITING_STATUS):
        if sort.startswith(prefix):
            first, last = keys.between(prefix, stretch.after, stretch.until)
            return first <= sort <= last
    return whole and not sort.startswith(_ALWAYS_KEPT)


def _remember(organization_id: str, contact_id: str, item: Item) -> None:
    if isinstance(item, MessageItem):
        messages.keep_costs(organization_id, item)
    elif isinstance(item, ConsentItem):
        at, name = item.sk.removeprefix(keys.CONSENT).split("#", 1)
        put_new(Item(*_place_of_consent(organization_id, contact_id, int(at), name)))


def forget_user_ids(organization_id: str, contact_id: str, user_ids: set[str]) -> None:
    """Takes the user ids of somebody who was erased off a number that somebody else has now."""
    item = ContactItem(keys.contact_pk(organization_id, contact_id), keys.CONTACT)
    if user_ids:
        update(item, [ContactItem.user_ids.delete(user_ids), ContactItem.linked.delete(user_ids)], Item.pk.exists())
