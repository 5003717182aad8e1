"""Deletes a contact's partition; keeps its opt-out, and the ledger entries without the person."""

from __future__ import annotations

from gate24.contacts import Contact
from gate24.rules.consent import consent_status, has_stopped_marketing
from gate24.store import keys, messages
from gate24.store.items import MessageItem, SuppressionItem
from gate24.store.table import Item, delete, get, put, query, translated, update


def suppress(organization_id: str, contact_id: str, contact: Contact, at: int, identities: set[str]) -> None:
    """Keeps the refusals that hold now, and takes back one from an earlier erasure that holds no more. ``identities``:
    the ids of all contacts under which the person is erased."""
    consent = contact.consent
    opted_out, stopped = consent_status(consent) == "opted_out", has_stopped_marketing(consent)
    item = SuppressionItem(
        keys.contact_pk(organization_id, contact_id),
        keys.SUPPRESSION,
        opt_out_at=consent.opt_out_at if opted_out else None,
        stopped_marketing_at=consent.stopped_marketing_at if stopped else None,
        blocked=consent.blocked or None,
        erased_at=at,
        identities=identities,
    )
    if opted_out or consent.blocked or stopped:
        put(item)
    else:
        delete(item)


def change_block(organization_id: str, contact_id: str, blocked: bool) -> None:
    """Blocks or unblocks somebody who was erased, under every identity of the person. Nothing else is written: nothing
    of the person comes back."""
    pk = keys.contact_pk(organization_id, contact_id)
    kept = get(SuppressionItem, pk, keys.SUPPRESSION, consistent=True)
    for each in {contact_id, *(kept.identities or () if kept else ())}:
        item = SuppressionItem(keys.contact_pk(organization_id, each), keys.SUPPRESSION)
        update(item, [SuppressionItem.blocked.set(blocked)], Item.pk.exists())
        if not blocked:
            holds_more = SuppressionItem.opt_out_at.exists() | SuppressionItem.stopped_marketing_at.exists()
            delete(item, ~holds_more & (SuppressionItem.blocked == False))  # noqa: E712


def delete_partition(organization_id: str, contact_id: str) -> None:
    """By descending sort keys: the contact's own item is among the last, so that a repetition still finds it."""
    pk = keys.contact_pk(organization_id, contact_id)
    stored = Item.sk.startswith(keys.MESSAGE)
    for message in query(MessageItem, pk, range_key_condition=stored, consistent_read=True):
        if message.direction == "outbound" or message.g is not None:
            messages.keep_costs(organization_id, message)
    with translated("BatchWriteItem"), Item.batch_write() as batch:
        for item in Item.query(pk, consistent_read=True, scan_index_forward=False, attributes_to_get=["pk", "sk"]):
            if item.sk != keys.SUPPRESSION:
                batch.delete(item)
