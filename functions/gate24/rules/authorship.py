"""Who wrote a message, and who stands behind an entry of the consent history. Pure."""

from __future__ import annotations

from gate24.authors import Author
from gate24.contacts import ConsentEntry, Contact
from gate24.messages import Message


def author_of_message(message: Message, contact: Contact) -> Author:
    """``contact``: the person whom it is from or to. Of a message that an earlier version sent it is known that an API
    key asked for it, but not which. A call that an organization makes does not go through gate24."""
    if message.direction == "inbound":
        return Author("contact", contact.name)
    if message.sent_around or message.type == "call":
        return Author("provider")
    return message.author or Author("key")


def author_of_entry(entry: ConsentEntry, contact_name: str | None) -> Author:
    """An entry that an earlier version recorded has only its ``actor``: all that is neither the contact's nor the
    provider's was said with an API key, or by an import."""
    if entry.staff is not None:
        return Author(entry.staff, entry.actor)
    if entry.actor == "contact":
        return Author("contact", contact_name)
    return Author("provider") if entry.actor == "provider" else Author("key", entry.actor)
