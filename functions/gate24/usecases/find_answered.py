"""Finds the message that a send answers or reacts to."""

from __future__ import annotations

from gate24.channels import Channel
from gate24.contacts import Contact
from gate24.message_keys import message_key
from gate24.messages import Message
from gate24.store import messages


def find_answered(channel: Channel, contact: Contact, named: str) -> Message | str:
    """The message of the conversation that has this id, ours or the provider's; what is wrong with it, for people,
    where it cannot be answered. StoreError where the table fails."""
    found = _by_our_id(channel, contact, named)
    if found is None:
        found = messages.by_any_id(channel.organization_id, contact.stretches, named)
    if found is None or found.type == "call":
        return "The message that is to be answered is not in this conversation."
    if found.channel_id != channel.id:
        return "The message that is to be answered was written to or from another number of the organization."
    if not (found.provider_id or found.whatsapp_id):
        return "The message that is to be answered never went out, or is not known at the provider yet."
    return found


def _by_our_id(channel: Channel, contact: Contact, named: str) -> Message | None:
    key = message_key(named)
    if key is None or not any(stretch.has(key.contact_id, key.at) for stretch in contact.stretches):
        return None
    return messages.find(channel.organization_id, key)
