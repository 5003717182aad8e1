"""Deletes all of a contact but its opt-out, and the ledger entries without the person."""

from __future__ import annotations

from gate24.contacts import Contact
from gate24.events import ContactRef
from gate24.observability import count
from gate24.rules.phone_numbers import spellings
from gate24.store import contacts, erasure, unrecognized


def erase_contact(organization_id: str, contact: Contact, phone: str | None, at: int) -> None:
    """Deletes every item of the contact, of the identities merged into it and of its aliases.

    What stays: under the keyed hash of the number, an opt-out, marketing stop or block; and the ledger facts of the
    messages (fee, kind, channel), cut off from the person, so that no day's costs change. ``phone``: the number by
    which the contact was named; ``at``: epoch ms. Repeating it after a failure finishes it: the contact itself goes
    last.
    """
    known = [contact, *(contacts.read(organization_id, each) for each in sorted(contact.merged))]
    phones = {each.phone for each in known if each.phone} | ({phone} if phone else set())
    user_ids = {user_id for each in known for user_id in each.user_ids}
    written = {spelling.removeprefix("+") for each in phones for spelling in spellings(each)}
    unrecognized.delete_mentioning(organization_id, sorted(written | user_ids))
    aliases = {contacts.contact_id(organization_id, ContactRef(user_id=user_id)) for user_id in user_ids}
    identities = {*aliases, *contact.merged, contact.id}
    for contact_id in [*sorted(identities - {contact.id}), contact.id]:
        erasure.suppress(organization_id, contact_id, contacts.read(organization_id, contact.id), at, identities)
        erasure.delete_partition(organization_id, contact_id)
    count("contact.erased")
