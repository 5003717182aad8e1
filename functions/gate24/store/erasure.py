"""Erasure: everything of a person goes, but a refusal to be written to, and what the days have cost."""

from __future__ import annotations

from gate24.events import ContactRef
from gate24.rules.phone_numbers import spellings
from gate24.store import contacts, keys, messages, unrecognized
from gate24.store.contacts import Person
from gate24.store.items import MessageItem, SuppressionItem
from gate24.store.table import Item, query, translated


def erase(organization_id: str, person: Person, phone: str | None, at: int) -> None:
    """Deletes every item of the contact, of the identities merged into it and of its aliases.

    What stays: under the keyed hash of the number, an opt-out, marketing stop or block (``SuppressionItem``);
    and the ledger facts of the messages (fee, kind, channel), cut off from the person, so that no day's costs
    change. Repeating it after a failure finishes it: the contact itself goes last.
    """
    known = [person, *(contacts.person(organization_id, contact) for contact in sorted(person.merged))]
    phones = {each.phone for each in known if each.phone} | ({phone} if phone else set())
    user_ids = {user_id for each in known for user_id in each.user_ids}
    written = {spelling.removeprefix("+") for each in phones for spelling in spellings(each)}
    unrecognized.forget(organization_id, sorted(written | user_ids))
    names = {contacts.contact_id(organization_id, ContactRef(user_id=user_id)) for user_id in user_ids}
    for contact in [*sorted({*names, *person.merged} - {person.id}), person.id]:
        _suppress(organization_id, contact, contacts.person(organization_id, person.id), at)
        _delete_partition(organization_id, contact)


def _suppress(organization_id: str, contact: str, person: Person, at: int) -> None:
    """Keeps the refusals that hold now, and takes back one from an earlier erasure that holds no more."""
    consent = person.consent
    opted_out = consent.status == "opted_out"
    item = SuppressionItem(
        keys.contact_pk(organization_id, contact),
        keys.SUPPRESSION,
        opt_out_at=consent.opt_out_at if opted_out else None,
        stopped_marketing_at=consent.stopped_marketing_at if consent.marketing_stopped else None,
        blocked=consent.blocked or None,
        erased_at=at,
    )
    with translated("PutItem"):
        if opted_out or consent.blocked or consent.marketing_stopped:
            item.save()
        else:
            item.delete()


def _delete_partition(organization_id: str, contact: str) -> None:
    """By descending sort keys: the contact's own item is among the last, so that a repetition still finds it."""
    pk = keys.contact_pk(organization_id, contact)
    for message in query(MessageItem, pk, range_key_condition=Item.sk.startswith(keys.MESSAGE), consistent_read=True):
        if message.direction == "outbound" or message.g is not None:
            messages.keep_costs(organization_id, message)
    with translated("BatchWriteItem"), Item.batch_write() as batch:
        for item in Item.query(pk, consistent_read=True, scan_index_forward=False, attributes_to_get=["pk", "sk"]):
            if item.sk != keys.SUPPRESSION:
                batch.delete(item)
