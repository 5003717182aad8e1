"""How a person is named to the provider that sends: by the number where it is known, else by Meta's user id.

The number always arrives: Meta takes it for every kind of message, authentication templates included, and it outlives
a user id, which Meta replaces (business-scoped user ids, and error 131062; read 2026-11). So it does not matter under
which of the two a caller names a person who is known by both.
"""

from __future__ import annotations

from typing import Literal

from gate24.channels import ProviderName
from gate24.contacts import Contact
from gate24.events import ContactRef

Naming = Literal["number", "user_id", "impossible"]
"""How a provider can be told who is meant."""

_SENDS_TO_USER_IDS: frozenset[ProviderName] = frozenset({"meta"})
"""Meta since 2026-07 (messages reference, ``recipient``). Gupshup has announced it only: "Sending message to BSUID
(coming soon)" (support article 55873677826713, read 2026-11)."""

ONLY_TO_NUMBERS = frozenset({"authentication"})
"""Categories of templates that Meta sends to no user id (error 131062, read 2026-11)."""


def recipient(named: ContactRef, contact: Contact) -> ContactRef:
    """What the provider is given for a person. ``named``: as a caller named the contact. A user id that was replaced
    leads to the one that holds now."""
    phone = named.phone or contact.phone
    return ContactRef(phone) if phone else ContactRef(user_id=contact.user_id or named.user_id)


def naming(person: ContactRef, provider: ProviderName) -> Naming:
    """How the provider can be told who is meant."""
    if person.phone or not person.user_id:
        return "number"
    return "user_id" if provider in _SENDS_TO_USER_IDS else "impossible"
