"""The message that another one of the same conversation names: it answers it, reacts to it, edits or deletes it."""

from __future__ import annotations

from typing import Any

from gate24.contacts import Contact
from gate24.events import Echoed, InboundMessage
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


def named_content(event: InboundMessage | Echoed) -> tuple[dict[str, Any] | None, str | None]:
    """The content, in which a reaction, an edit or a deletion names its message, and the message that is answered."""
    content, named = event.content, event.refers_to[0] if event.refers_to else None
    if named is not None and event.type in content and "message_id" in content[event.type]:
        content = {**content, event.type: {**content[event.type], "message_id": named}}
    is_answer = event.type not in ("edit", "revoke")
    return content or None, named if is_answer else None
