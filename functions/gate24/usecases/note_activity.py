"""Notes a send with its contact, now and then: it is for the order of the list of contacts, and costs a write."""

from __future__ import annotations

from gate24.contacts import Contact
from gate24.messages import SendRequest
from gate24.observability import logger
from gate24.store import contacts
from gate24.store.table import StoreError

NOTED_EVERY_MS = 4 * 60_000
"""How long after the last noted send, or after the contact wrote, the next send is noted."""


def note_activity(request: SendRequest, contact: Contact, at: int, sent: bool) -> None:
    """A contact that is not in the list of contacts yet gets there. ``contact``: as it was read before; ``at``: when
    the request came (epoch ms)."""
    is_due = sent and at - (contact.last_activity_at or 0) > NOTED_EVERY_MS
    if contact.exists and not is_due:
        return
    try:
        contacts.ensure(
            *(request.organization.id, contact.id, request.to),
            sent_at=at if sent else None,
            is_known=contact.exists,
        )
    except StoreError as error:
        logger.warning("activity_not_noted", extra={"reason": str(error)})
