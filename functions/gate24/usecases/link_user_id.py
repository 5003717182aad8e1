"""One person under a number and a user id, told by something else than a message of the one who has the number."""

from __future__ import annotations

from gate24.contacts import Contact
from gate24.events import ConsentChanged, ContactRef, Event, MarketingPreference, StatusChanged
from gate24.store import contacts, erasure, identities, number_changes
from gate24.store.identities import Beside


def link_user_id(organization_id: str, event: Event, ref: ContactRef) -> None:
    """From now on the user id stands for the contact with the number. Of a message's statuses only ``sent`` is looked
    at, which saves a read for each other one; a message of the person links them by itself (``receive_message``)."""
    is_sent = isinstance(event, StatusChanged) and event.status == "sent"
    if not ref.phone or not ref.user_id or not (is_sent or isinstance(event, ConsentChanged | MarketingPreference)):
        return
    contact = contacts.read(organization_id, contacts.contact_id(organization_id, ref))
    beside = Beside(contact.id, event.at)
    if contact.is_another_persons(event.at):
        contact = contacts.read(organization_id, number_changes.follow(organization_id, contact.id, event.at))
        ref = ContactRef(user_id=ref.user_id)
    if contact.is_erased:
        _remember(organization_id, contact, ref)
    elif contact.exists and ref.user_id and ref.user_id not in contact.linked:  # who was erased does not come back
        contacts.ensure(organization_id, contact.id, ref)
        identities.link(organization_id, contact.id, ref.user_id, event.at, contact.user_id is not None, beside)


def link_leaver(organization_id: str, contact: Contact, ref: ContactRef, at: int) -> bool:
    """The user id of somebody who left this number stands for that person, wherever the person is now. ``at``: when
    both were named (epoch ms). Returns whether it was new."""
    if ref.user_id is None:
        return False
    person = contacts.read(organization_id, number_changes.follow(organization_id, contact.id, at))
    if person.is_erased:
        _remember(organization_id, person, ref)
        return False
    is_new = ref.user_id not in person.linked
    if is_new:
        identities.link(organization_id, person.id, ref.user_id, at, beside=Beside(contact.id, at))
    if ref.user_id not in person.user_ids:
        contacts.ensure(organization_id, person.id, ContactRef(user_id=ref.user_id))
    return is_new


def _remember(organization_id: str, erased: Contact, ref: ContactRef) -> None:
    """The refusals of somebody who was erased hold under the user id, too."""
    user_id = contacts.contact_id(organization_id, ContactRef(user_id=ref.user_id))
    erasure.remember_as(organization_id, erased.id, {user_id})
