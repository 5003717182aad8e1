"""One person under a number and a user id, told by something else than a message."""

from __future__ import annotations

from gate24.events import ConsentChanged, ContactRef, Event, MarketingPreference, StatusChanged
from gate24.store import contacts, identities, number_changes


def link_user_id(organization_id: str, event: Event, ref: ContactRef) -> None:
    """From now on the user id stands for the contact with the number. Of a message's statuses only ``sent`` is looked
    at, which saves a read for each other one; a message of the person links them by itself (``receive_message``)."""
    is_sent = isinstance(event, StatusChanged) and event.status == "sent"
    if not ref.phone or not ref.user_id or not (is_sent or isinstance(event, ConsentChanged | MarketingPreference)):
        return
    contact = contacts.read(organization_id, contacts.contact_id(organization_id, ref))
    if contact.is_another_persons(event.at):
        contact = contacts.read(organization_id, number_changes.follow(organization_id, contact.id, event.at))
        ref = ContactRef(user_id=ref.user_id)
    if contact.exists and ref.user_id and ref.user_id not in contact.linked:  # who was erased does not come back
        contacts.ensure(organization_id, contact.id, ref)
        identities.link(organization_id, contact.id, ref.user_id, event.at, replaces=contact.user_id is not None)
