"""A voice call: it may open the window and is shown in the conversation, once for all that is said of it.

A call is no message: it stands in no day's costs, and it does not count as writing again after an opt-out.
"""

from __future__ import annotations

from functools import partial

from gate24.channels import Channel, Organization
from gate24.events import Call
from gate24.message_keys import MessageKey, short_hash
from gate24.messages import Direction, Message
from gate24.rules.window import advance_by_call
from gate24.store import contacts, identities, messages, windows


def receive_call(organization: Organization, channel: Channel, event: Call, received_at: int) -> str:
    """Stores what the event says of the call. Repeating it changes nothing."""
    organization_id, ref = organization.id, event.contact
    contact = contacts.read(organization_id, contacts.contact_id(organization_id, ref))
    if ref.phone and ref.user_id and ref.user_id not in contact.linked:
        identities.link(organization_id, contact.id, ref.user_id)
        contact = contacts.read(organization_id, contact.id)  # with what another identity was told of
    contacts.ensure(organization_id, contact.id, ref, event.name, first_at=event.at if event.opens else None)
    call_hash = short_hash(channel.id, event.call_id)
    rule = partial(advance_by_call, name=call_hash, at=event.at, opens=event.opens)
    _, effect = windows.change(organization_id, contact.id, channel.id, rule, known=contact.window(channel.id))
    key = MessageKey(contact.id, effect.first_reported_at, call_hash)
    direction: Direction = "inbound" if event.direction == "user_initiated" else "outbound"
    if effect.may_be_known or contact.merged:
        copies = messages.copies(organization_id, contact.all_ids, event.call_id, event.at, direction)
        key = next(iter(copies), key)
    said = {"direction": event.direction, "status": event.status, "duration": event.seconds}
    message = Message(
        key=key,
        direction=direction,
        type="call",
        channel_id=channel.id,
        stage="received" if direction == "inbound" else "accepted",
        details={name: value for name, value in said.items() if value is not None},
        opens_window=event.opens,
        provider_id=event.call_id,
    )
    is_new = messages.add_call(organization_id, message)
    if effect.start_may_be_earlier:
        identities.correct_start(organization_id, contacts.read(organization_id, contact.id), channel.id)
    return "call" if is_new else "call_known"
