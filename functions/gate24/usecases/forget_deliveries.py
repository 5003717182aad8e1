"""Of a webhook that is gone nothing is kept: neither what waits, nor what became of its events."""

from __future__ import annotations

from itertools import islice

from gate24.store import deliveries, waiting_bodies
from gate24.subscriptions import PROVIDER_BODY

AT_ONCE = 1_000
"""Deliveries that one call removes."""


def forget_deliveries(organization_id: str, subscription_id: str) -> bool:
    """Removes deliveries with the bodies that wait; whether none is left."""
    found = [each for each, _ in islice(deliveries.newest(organization_id, subscription_id, None), AT_ONCE)]
    for delivery in found:
        if delivery.event.type == PROVIDER_BODY:
            waiting_bodies.remove(delivery)
    deliveries.remove_all(found)
    deliveries.forget_put_off(organization_id, subscription_id)
    return len(found) < AT_ONCE
