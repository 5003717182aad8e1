"""A voice call: it may open the window and is shown in the conversation, once for all that is said of it.

A call is no message: it stands in no day's costs, and it does not count as writing again after an opt-out.
"""

from __future__ import annotations

from gate24.channels import Channel, Organization
from gate24.contacts import Contact
from gate24.events import Call
from gate24.message_keys import MessageKey, short_hash
from gate24.messages import Direction, Message
from gate24.rules.window import advance_by_call, after
from gate24.store import contacts, erasure, identities, messages, number_changes, windows
from gate24.store.identities import Beside
from gate24.usecases.link_user_id import link_leaver
from gate24.windows import Window, WindowEffect


def receive_call(organization: Organization, channel: Channel, event: Call, received_at: int) -> str:
    """Stores what the event says of the call. Repeating it changes nothing."""
    organization_id = organization.id
    contact = contacts.read(organization_id, contacts.contact_id(organization_id, event.contact))
    call_hash = short_hash(channel.id, event.call_id)
    person = number_changes.who_was_at(organization_id, contact, event.at)
    was_erased = contact.erased_at is not None or person.erased_at is not None
    if person.is_before_erasure(event.at, received_at) or (
        was_erased and erasure.knows_message(organization_id, call_hash)
    ):
        return "call_erased"
    if event.contact.phone is not None and contact.is_another_persons(event.at):
        link_leaver(organization_id, contact, event.contact, event.at)
        effect = WindowEffect(event.at)
    else:
        contact = _update_contact(organization_id, contact, event)
        effect = _move_window(organization_id, channel, contact, event, call_hash)
    is_new = messages.add_call(organization_id, _message(organization_id, channel, contact, event, call_hash, effect))
    if effect.start_may_be_earlier:
        identities.correct_start(organization_id, contacts.read(organization_id, contact.id), channel.id)
    return "call" if is_new else "call_known"


def _update_contact(organization_id: str, contact: Contact, event: Call) -> Contact:
    ref = event.contact
    if ref.phone and ref.user_id and ref.user_id not in contact.linked:
        replaces = contact.user_id is not None
        beside = Beside(contact.id, event.at)
        identities.link(organization_id, contact.id, ref.user_id, event.at, replaces, beside)
        contact = contacts.read(organization_id, contact.id)  # with what another identity was told of
    first_at = event.at if event.opens else None
    contacts.ensure(organization_id, contact.id, ref, event.name, first_at=first_at, before=contact)
    return contact


def _move_window(organization_id: str, channel: Channel, contact: Contact, event: Call, call_hash: str) -> WindowEffect:
    type = "call" if event.direction == "user_initiated" else None

    def rule(window: Window) -> tuple[Window, WindowEffect]:
        return advance_by_call(after(window, contact.left_at), call_hash, event.at, event.opens, type)

    _, effect = windows.change(organization_id, contact.id, channel.id, rule, known=contact.window(channel.id))
    return effect


def _message(
    organization_id: str, channel: Channel, contact: Contact, event: Call, call_hash: str, effect: WindowEffect
) -> Message:
    """The call as a message of the conversation, at the key of what was told of it before."""
    key = MessageKey(contact.id, effect.first_reported_at, call_hash)
    direction: Direction = "inbound" if event.direction == "user_initiated" else "outbound"
    copies = messages.copies(organization_id, contact.all_ids, channel.id, event.call_id, event.at, direction)
    said = {"direction": event.direction, "status": event.status, "duration": event.seconds}
    return Message(
        key=next(iter(copies), key),
        direction=direction,
        type="call",
        channel_id=channel.id,
        stage="received" if direction == "inbound" else "accepted",
        details={name: value for name, value in said.items() if value is not None},
        opens_window=event.opens,
        provider_id=event.call_id,
    )
