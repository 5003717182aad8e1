"""Deletes all of a contact but its opt-out, and the ledger entries without the person."""

from __future__ import annotations

from gate24.contacts import Contact, Stretch
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
    known = [contact, *(contacts.read(organization_id, each) for each in contact.all_ids if each != contact.id)]
    theirs = [each for each in known if each.id == contact.id or each.left_at is None or each.is_left]
    phones = {each.phone for each in theirs if each.phone} | ({phone} if phone else set())
    user_ids = contact.user_ids.union(*(each.user_ids for each in theirs))
    written = {spelling.removeprefix("+") for each in phones for spelling in spellings(each)}
    unrecognized.delete_mentioning(organization_id, sorted(written | user_ids))
    aliases = {contacts.contact_id(organization_id, ContactRef(user_id=user_id)) for user_id in user_ids}
    own = [contact.present[0], *(each for each in contact.stretches[1:] if each.is_whole or each in contact.present)]
    left = [each for each in contact.earlier if each not in own]
    own += [Stretch(each) for each in sorted(aliases - {each.contact_id for each in own})]
    names = {each.contact_id for each in own}
    for each in own:  # before anything goes from which a refusal is reckoned
        erasure.suppress(organization_id, each.contact_id, contacts.read(organization_id, contact.id), at, names)
    for stretch in left:
        stays = not contacts.read(organization_id, stretch.contact_id).is_left
        erasure.delete_stretch(organization_id, stretch, names, whole=not stays)
        if stays:
            erasure.forget_user_ids(organization_id, stretch.contact_id, set(user_ids))
    for stretch in reversed(own):
        erasure.delete_stretch(organization_id, stretch, names, whole=True)
    count("contact.erased")
