"""Receives a webhook request: proves where it comes from, and stores or queues everything that it tells."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace
from typing import Any

from gate24.channels import Channel
from gate24.events import Event, InboundMessage, Routed, StatusChanged, Unrecognized
from gate24.lazy_dataclass import dataclass
from gate24.observability import count, count_share, logger
from gate24.providers import provider
from gate24.providers.authenticity import matches_any
from gate24.settings import settings
from gate24.store import event_format, organizations, retry_queue, unrecognized
from gate24.store.outage import TABLE
from gate24.store.retry_queue import NotQueued, QueuedEvent
from gate24.store.secrets import channel_secrets
from gate24.store.table import StoreError
from gate24.usecases.pass_on_body import pass_on_body, who_wants_it
from gate24.usecases.receive_event import receive_event

_AT_ONCE = 16
"""Contacts of one batch that are stored side by side; Meta sends up to 1,000 updates in one request."""

MANY = 100
"""From so many contacts on, twice as many are stored side by side, and their requests become batches: of fewer, none
would be full."""

STORING_SECONDS = 10.0
"""So long after the request came what is left of it is queued, and so stored a little later: the function has 20 s."""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A request to the webhook of a channel, as it came. ``headers`` have lower-case names. ``started``: when, for
    measuring (``time.monotonic``)."""

    channel_id: str
    provider_name: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    raw: bytes = field(repr=False)
    started: float = field(default_factory=time.monotonic)


class WebhookRefused(Exception):
    """The request does not prove that it comes from the channel's BSP, whatever the reason."""


class NotKept(Exception):
    """An event could be neither stored nor queued: the BSP is to send it again."""


class Poisonous(Exception):
    """An event that is understood, and on which the code trips however often it is tried. ``kind``: of the error."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def authenticate(request: WebhookRequest) -> Channel:
    """The channel of the request, if the request proves that it comes from its BSP; else WebhookRefused. Raises
    StoreError where the channel or its secrets cannot be read."""
    channel = _channel(request)
    if not _comes_from(request, channel):
        raise refused(channel)
    return channel


def _comes_from(request: WebhookRequest, channel: Channel) -> bool:
    """Whether the channel's secrets prove the request. Secrets that an outage has left stale may prove it, and cannot
    refuse it: it may show a newer one."""
    return any(
        provider(channel.provider).verify(
            request.headers, request.query, request.raw, channel_secrets(channel.id, may_be_stale)
        )
        for may_be_stale in (True, False)
    )


def check_verify_token(request: WebhookRequest) -> None:
    """Meta's handshake: WebhookRefused unless the request shows one of the channel's verify tokens."""
    channel = _channel(request)
    if not matches_any(request.query.get("hub.verify_token", ""), channel_secrets(channel.id).verify_tokens):
        raise refused(channel)


def _channel(request: WebhookRequest) -> Channel:
    channel = organizations.channel(request.channel_id)
    if channel is None or channel.provider != request.provider_name:
        raise refused()
    return channel


def refused(channel: Channel | None = None) -> WebhookRefused:
    """``channel``: the one whose secret was not shown. Requests to channels that do not exist come from strangers every
    day; only what names one of ours is counted by its provider, and rings an alarm."""
    count("webhook.refused")
    if channel is not None:
        count("webhook.refused", channel.provider)
    return WebhookRefused()


def receive_webhook(request: WebhookRequest, channel: Channel, body: dict[str, Any], received_at: int) -> None:
    """Stores or queues all events of the body; NotKept if that fails. StoreError where it cannot be told who wants the
    body itself, and nothing is stored then, or where it cannot be passed on; to receive it again is harmless. Passed on
    last, so that whoever answers at once finds the window open. ``received_at``: epoch ms."""
    routed = provider(channel.provider).parse(body, received_at)
    _count_what_is_heard([each.event for each in routed])
    told = [_route(each, channel, request, received_at) for each in routed]
    wanting = who_wants_it(told)
    receive_events(told, received_at, request.started)
    pass_on_body(request.raw, told, wanting, received_at)


def _count_what_is_heard(events: Sequence[Event]) -> None:
    """People's messages among what tells of them or of ours: where there are none for hours, the BSP may not be set to
    send them."""
    kinds = {type(event) for event in events}
    if InboundMessage in kinds or StatusChanged in kinds:
        count_share("webhook.inbound", InboundMessage in kinds)


def _route(routed: Routed, channel: Channel, request: WebhookRequest, received_at: int) -> tuple[Channel, Event]:
    """The channel whose number an event names. Another channel than the URL's only if its own secrets prove the
    request as well: a valid signature of one tenant never carries another's data."""
    number = routed.phone_number_id
    if channel.provider != "meta" or number is None or number == channel.phone_number_id:
        return channel, _with_body(routed)
    other = organizations.channel_by_number(number)
    if other is not None and _comes_from(request, other):
        return other, _with_body(routed)
    return channel, Unrecognized("unknown_number", received_at, _raw(routed.event, received_at), routed.body)


def _raw(event: Event, received_at: int) -> Any:
    """What is shown of an event that is not stored: the same whenever it is told, so without a time that is not its
    own."""
    shown = {name: value for name, value in event_format.dump(event)["event"].items() if name != "body"}
    return shown if event.at < received_at else {**shown, "at": None}


def _with_body(routed: Routed) -> Event:
    event = routed.event
    if not isinstance(event, Unrecognized) or routed.body is event.raw:
        return event
    return replace(event, body=routed.body)


def receive_events(events: Sequence[tuple[Channel, Event]], received_at: int, started: float | None = None) -> None:
    """Stores all events, contacts side by side; queues what cannot be stored. NotKept if that fails. ``started``: when
    the request came (``time.monotonic``); now, if it is not said."""
    groups = _by_contact(events)
    until = (time.monotonic() if started is None else started) + STORING_SECONDS
    if len(groups) == 1:
        _receive_group(groups[0], received_at, until)
    elif len(groups) < MANY or settings().local_aws:
        _side_by_side(_AT_ONCE, groups, lambda group: _receive_group(group, received_at, until))
    else:
        from gate24.store.batches import Batches  # few webhooks are so large

        batches = Batches()

        def receive(group: list[tuple[Channel, Event]]) -> None:
            with batches:
                _receive_group(group, received_at, until)

        _side_by_side(2 * _AT_ONCE, groups, receive)


def _side_by_side(threads: int, groups: list[Any], receive: Callable[[Any], None]) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(receive, groups))


def _by_contact(events: Sequence[tuple[Channel, Event]]) -> list[list[tuple[Channel, Event]]]:
    """The events in groups by the contact that they name, so that groups can be stored side by side."""
    groups: dict[Any, list[tuple[Channel, Event]]] = {}
    for number, pair in enumerate(events):
        groups.setdefault(getattr(pair[1], "contact", None) or number, []).append(pair)
    return list(groups.values())


def _receive_group(group: list[tuple[Channel, Event]], received_at: int, until: float) -> None:
    for channel, event in group:
        if time.monotonic() > until or TABLE.is_left_alone:
            _queue(channel, event, received_at)
            continue
        try:
            store_event(channel, event, received_at)
        except StoreError as error:
            said = {"kind": type(event).__name__, "reason": str(error), "channel": channel.id}
            logger.warning("event_parked", extra=said)
            _queue(channel, event, received_at)


def store_event(channel: Channel, event: Event, received_at: int) -> None:
    """Stores one event; StoreError where another attempt may help. An event on which the code trips is kept until it is
    replayed: it must neither hold up the others nor be lost."""
    try:
        count("webhook.event", take_event(channel, event, received_at))
    except Poisonous as error:
        unrecognized.keep_poisonous(
            channel.organization_id, channel.id, error.kind, event_format.dump(event), received_at
        )


def take_event(channel: Channel, event: Event, received_at: int) -> str:
    """Stores one event and returns what it was. StoreError where another attempt may help, Poisonous where the code
    trips on it."""
    organization = organizations.organization(channel.organization_id)
    if organization is None:
        raise StoreError("receive_event", "organization_missing")
    try:
        return receive_event(organization, channel, event, received_at)
    except Exception as error:
        if isinstance(error, StoreError) and error.retryable:
            raise
        name = type(error).__name__
        logger.error("event_poisonous", extra={"kind": type(event).__name__, "error": name, "channel": channel.id})
        count("event.poisonous")
        raise Poisonous(name) from error


def _queue(channel: Channel, event: Event, received_at: int) -> None:
    try:
        retry_queue.put(QueuedEvent(channel.id, received_at, event))
        count("webhook.event", "parked")
    except NotQueued as error:
        logger.error("event_not_parked", extra={"error": str(error), "channel": channel.id})
        raise NotKept from None
