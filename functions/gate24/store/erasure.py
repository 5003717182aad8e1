"""Erasure: everything of a person goes, but a refusal to be written to, and what the days have cost."""

from __future__ import annotations

from gate24.events import ContactRef
from gate24.store import contacts, keys, unrecognized
from gate24.store.contacts import Person
from gate24.store.table import Item, MessageItem, SuppressionItem, put_new, query, translated


def erase(organization_id: str, person: Person, phone: str | None, at: int) -> None:
    """Deletes every item of the contact, of the identities merged into it and of its aliases.

    What stays: under the keyed hash of the number, an opt-out, marketing stop or block (``SuppressionItem``);
    and the ledger facts of the messages (fee, kind, channel), cut off from the person, so that no day's costs
    change. Repeating it after a failure finishes it.
    """
    names = {person.id, *person.merged}
    names |= {contacts.contact_id(organization_id, ContactRef(user_id=user_id)) for user_id in person.user_ids}
    for contact in sorted(names):
        _suppress(organization_id, contact, person, at)
        _delete_partition(organization_id, contact)
    needles = [*(phone.removeprefix("+") for phone in (phone, person.phone) if phone), *person.user_ids]
    unrecognized.forget(organization_id, needles)


def _suppress(organization_id: str, contact: str, person: Person, at: int) -> None:
    consent = person.consent
    opted_out = consent.status == "opted_out"
    if not (opted_out or consent.blocked or consent.marketing_stopped):
        return
    item = SuppressionItem(
        keys.contact_pk(organization_id, contact),
        keys.SUPPRESSION,
        opt_out_at=consent.opt_out_at if opted_out else None,
        stopped_marketing_at=consent.stopped_marketing_at if consent.marketing_stopped else None,
        blocked=consent.blocked or None,
        erased_at=at,
    )
    with translated("PutItem"):
        item.save()


def _delete_partition(organization_id: str, contact: str) -> None:
    pk = keys.contact_pk(organization_id, contact)
    for message in query(MessageItem, pk, range_key_condition=Item.sk.startswith(keys.MESSAGE), consistent_read=True):
        if message.g is not None:
            _keep_costs(organization_id, message)
    with translated("BatchWriteItem"), Item.batch_write() as batch:
        for item in Item.query(pk, consistent_read=True, attributes_to_get=["pk", "sk"]):
            if item.sk != keys.SUPPRESSION:
                batch.delete(item)


def _keep_costs(organization_id: str, message: MessageItem) -> None:
    """The message's place in the ledger, without the message and without the contact's key in its id."""
    assert message.h is not None
    at, _, message_id = message.h.partition("#")
    anonymous = MessageItem(
        f"E#{organization_id}",
        f"{at}#{keys.mark_of(message_id)}",
        direction="erased",
        type="erased",
        channel=message.channel,
        status="erased",
        g=message.g,
        h=f"{at}#{keys.mark_of(message_id)}",
        ledger=message.ledger,
    )
    put_new(anonymous)
