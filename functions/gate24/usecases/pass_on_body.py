"""Passes a provider's webhook body on to subscriptions of the format ``provider``, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from gate24.channels import Channel
from gate24.events import ContactRef, Event, Unrecognized
from gate24.feed import FeedEvent
from gate24.observability import count, logger
from gate24.store import contacts, delivery_queue, subscriptions, unrecognized, waiting_bodies
from gate24.store.delivery_queue import DeliveryNotQueued
from gate24.store.table import StoreError
from gate24.subscriptions import PROVIDER_BODY, Delivery, QueuedDelivery, Subscription


def who_wants_it(told: Sequence[tuple[Channel, Event]]) -> list[Subscription]:
    """The subscriptions that want the body in which the provider told these events of these channels. StoreError where
    that cannot be told: the request is to be parked, and nothing is lost.

    A body that tells of several organizations' channels is passed on to nobody: it cannot be taken apart, and none may
    see the others'.
    """
    organization_ids = {channel.organization_id for channel, _ in told}
    if len(organization_ids) != 1:
        count("body.of_several_organizations")
        logger.warning("body_of_several_organizations")
        return []
    channel_ids = {channel.id for channel, _ in told}
    return [
        each
        for each in subscriptions.of_organization(organization_ids.pop())
        if any(each.passes_on(channel_id) for channel_id in channel_ids)
    ]


def pass_on_body(
    raw: bytes, told: Sequence[tuple[Channel, Event]], wanting: Sequence[Subscription], received_at: int
) -> None:
    """Queues the body for each subscription that wants it. StoreError where that fails: the request is to be parked."""
    if not wanting:
        return
    channel = told[0][0]
    event = FeedEvent(
        f"evt_{sha256(channel.id.encode() + raw).hexdigest()[:32]}",
        PROVIDER_BODY,
        received_at,
        channel.organization_id,
        channel.id,
        None,
        None,
        {"provider": channel.provider},
    )
    people = _people(told)
    fits = delivery_queue.fits(raw)
    if not fits:
        for each in wanting:
            waiting_bodies.keep(Delivery(each.id, event, "pending", contact_ids=people), raw, received_at)
    going_along = raw if fits else None
    try:
        delivery_queue.put([QueuedDelivery(each.id, event, raw=going_along, contact_ids=people) for each in wanting])
    except DeliveryNotQueued as error:
        raise StoreError("pass_on_body", f"not_queued {error}") from None


def _people(told: Sequence[tuple[Channel, Event]]) -> tuple[str, ...]:
    """The contacts whom the body tells of. In what was not understood whatever looks like a number counts."""
    found: dict[str, None] = {}
    for channel, event in told:
        named: list[ContactRef | None] = [getattr(event, name, None) for name in ("contact", "old", "new")]
        for ref in named:
            if ref is not None and ref.phone:
                found[contacts.contact_id(channel.organization_id, ContactRef(ref.phone))] = None
            if ref is not None and ref.user_id:
                found[contacts.contact_id(channel.organization_id, ContactRef(user_id=ref.user_id))] = None
        if isinstance(event, Unrecognized):
            found.update(dict.fromkeys(unrecognized.contacts_named_in(channel.organization_id, event.raw)))
    return tuple(found)
