"""Notes a send with its contact, now and then: it is for the order of the list of contacts, and costs a write."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gate24 import at_once
from gate24.contacts import Contact
from gate24.messages import SendRequest
from gate24.observability import logger
from gate24.store import contacts
from gate24.store.table import StoreError

NOTED_EVERY_MS = 4 * 60_000
"""How long after the last noted send, or after the contact wrote, the next send is noted."""


def begin_noting(request: SendRequest, contact: Contact, at: int, sent: bool) -> Callable[[], None]:
    """Begins to note the send, if that is due; what is returned waits until it is noted. A contact that is not in the
    list of contacts yet gets there. ``contact``: as it was read before; ``at``: when the request came (epoch ms)."""
    is_due = sent and at - (contact.last_activity_at or 0) > NOTED_EVERY_MS
    if contact.exists and not is_due:
        return lambda: None
    return at_once.start(partial(_note, request, contact, at if sent else None))


def _note(request: SendRequest, contact: Contact, sent_at: int | None) -> None:
    try:
        contacts.ensure(
            *(request.organization.id, contact.id, request.to),
            sent_at=sent_at,
            is_known=contact.exists,
        )
    except StoreError as error:
        logger.warning("activity_not_noted", extra={"reason": str(error)})
