"""Events out: what an organization's own software is told of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gate24.lazy_dataclass import dataclass
from gate24.message_keys import MessageKey

EventSubject = Literal["message", "window", "contact", "template", "day", "budget"]

EVENT_TYPES: Mapping[str, EventSubject] = {
    "message.received": "message",
    "message.status": "message",
    "message.refused": "message",
    "window.opened": "window",
    "window.closing_soon": "window",
    "window.closed": "window",
    "consent.changed": "contact",
    "contact.changed": "contact",
    "contact.erased": "contact",
    "template.changed": "template",
    "costs.stated": "day",
    "budget.reached": "budget",
}
"""Every type of event, with what it is about."""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """A change that is told of. It refers to what changed and holds none of a person's words: they are read when it is
    told, so that an erased person is in no event any more.

    ``id``: ``evt_...``, the same for the same change, however often the table's stream tells it. ``type``: a key of
    ``EVENT_TYPES``. ``at``: when the change happened, by the provider's or the server's clock (epoch ms).
    ``contact_id``: the keyed hash, never a number. ``facts``: small JSON data as of the change, such as a status or the
    times of a window.
    """

    id: str
    type: str
    at: int
    organization_id: str
    channel_id: str | None
    contact_id: str | None
    message: MessageKey | None
    facts: Mapping[str, object]
