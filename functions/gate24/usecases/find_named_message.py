"""The message that another one of the same conversation names: it answers it, reacts to it, edits or deletes it."""

from __future__ import annotations

from gate24.contacts import Contact
from gate24.messages import Message
from gate24.store import messages

_NEWEST, _LOOK_BACK = 4, 100
"""How many of a person's newest messages are searched: first and at most. Mostly one of the last few is named, so that
reading these first costs half a read unit. The name of an older one stays the provider's."""


def find_named_message(organization_id: str, person: Contact, provider_ids: tuple[str, ...]) -> Message | None:
    """The person's message, in or out, that the provider knows by one of the ids."""
    wanted = set(provider_ids)
    for limit in (_NEWEST, _LOOK_BACK):
        for stretch in person.stretches:
            for message in messages.newest_first(organization_id, stretch, limit=limit, page_size=limit):
                if wanted & {message.provider_id, message.whatsapp_id}:
                    return message
    return None
