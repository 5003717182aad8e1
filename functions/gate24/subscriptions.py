"""Webhooks out: which events an organization wants to be told of, where, and what became of each."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from gate24.feed import FeedEvent
from gate24.lazy_dataclass import dataclass

EventFormat = Literal["gate24", "provider"]
DeliveryStatus = Literal["pending", "delivered", "failed", "dropped"]

EVERY_EVENT = "*"

PING = "ping"
"""The type of the event that a test sends; no change is told by it."""

PROVIDER_BODY = "provider"
"""The type of a provider's own webhook body on its way to a subscription of that format."""

SUBSCRIPTIONS_MOST = 20
"""Of one organization: each event is a call for each of them."""


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """How the calls of an endpoint went since the last one that was answered with 2xx; all empty after that one.

    ``failures``: in a row. ``failing_since``: the first of them, ``failed_at``: the last (epoch ms).
    ``cut_off_until``: there while the endpoint is cut off, the time of its next probe; ``probes``: those that failed.
    """

    failures: int = 0
    probes: int = 0
    failing_since: int | None = None
    failed_at: int | None = None
    cut_off_until: int | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """Events come faster than the endpoint answers, and wait in the table. ``since``: when the first one was put off,
    ``last_at``: when the last one was, as it is noted once a minute (epoch ms)."""

    since: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook of an organization. ``channels``: those whose events it wants, all where it is empty. ``generation``:
    of its secret, a random text; ``earlier_generations``: of the secrets before it, newest first, each with the time
    until which it signs along (epoch ms).
    ``pause_reason``: why gate24 itself paused it."""

    id: str
    organization_id: str
    url: str = field(repr=False)
    events: tuple[str, ...]
    channels: tuple[str, ...]
    format: EventFormat
    description: str
    created_at: int
    is_paused: bool
    generation: str
    earlier_generations: tuple[tuple[str, int], ...] = ()
    pause_reason: str | None = None
    health: EndpointHealth = EndpointHealth()
    backlog: Backlog | None = None

    def hears_of(self, channel_id: str | None) -> bool:
        """Whether events of the channel (None: of no channel) are to be kept for it: while it is paused, too, so that a
        replay can tell them."""
        return self.format == "gate24" and (channel_id is None or self.has_channel(channel_id))

    def wants(self, event: FeedEvent) -> bool:
        """Whether the event is to be queued for it. One that is about no channel is about all."""
        if self.is_paused or self.format != "gate24":
            return False
        return self.covers(event)

    def covers(self, event: FeedEvent) -> bool:
        """Whether it was set up for such events, paused or not."""
        is_chosen = EVERY_EVENT in self.events or event.type in self.events
        return is_chosen and (event.channel_id is None or self.has_channel(event.channel_id))

    def passes_on(self, channel_id: str) -> bool:
        """Whether the bodies of the channel's provider are passed on to it."""
        return not self.is_paused and self.format == "provider" and self.has_channel(channel_id)

    def has_channel(self, channel_id: str) -> bool:
        return not self.channels or channel_id in self.channels


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """What the endpoint said at the last attempt: ``status`` of HTTP, or None with why there was none. ``at``: epoch
    ms; ``took_ms``: how long it took."""

    at: int
    status: int | None
    detail: str
    took_ms: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one subscription. ``replay``: the replay that it was last queued by (its time as text, empty for
    none); ``attempts``: calls of the endpoint since. ``first_failed_at``, ``next_at``: epoch ms. ``not_before``: until
    then it is not queued again, although it is due (epoch ms)."""

    subscription_id: str
    event: FeedEvent
    status: DeliveryStatus
    replay: str = ""
    attempts: int = 0
    first_failed_at: int | None = None
    next_at: int | None = None
    last_answer: LastAnswer | None = None
    contact_ids: tuple[str, ...] = ()
    not_before: int | None = None


@dataclass(frozen=True, slots=True)
class QueuedDelivery:
    """An attempt that is to be made. ``attempt``: its number in this round, from 1. ``is_probe``: made although the
    endpoint is cut off. ``due_at``: when it was due (epoch ms), so that a second queueing of the same attempt is known
    as another one. ``raw``: a provider's body where it goes along; ``contact_ids``: the people whom it tells of."""

    subscription_id: str
    event: FeedEvent
    replay: str = ""
    attempt: int = 1
    is_probe: bool = False
    due_at: int = 0
    raw: bytes | None = field(default=None, repr=False)
    contact_ids: tuple[str, ...] = ()

    @property
    def in_order_of(self) -> str:
        """The contact among whose events it has its place; empty where it is about none."""
        return self.event.contact_id or next(iter(self.contact_ids), "")
