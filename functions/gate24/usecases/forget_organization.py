"""Forgets what served an organization whose people are erased: feed, deliveries, notes, held statuses, counts.

What stays: the costs of its days and the ledger entries of which they are made, neither of which names a person; and
the refusals of its people, under the keyed hashes of their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gate24 import clock
from gate24.channels import OrganizationDeletion
from gate24.store import deliveries, organization_partitions, send_slots, waiting_statuses
from gate24.usecases.forget_deliveries import forget_deliveries


def forget_organization(deletion: OrganizationDeletion, is_time_up: Callable[[], bool]) -> bool:
    """Forgets as much as the time allows; whether that is all. Repeating it changes nothing."""
    return not any(is_time_up() for _ in _forgetting(deletion))


def _forgetting(deletion: OrganizationDeletion) -> Iterator[None]:
    """Step by step. Those who hold numbers come first."""
    organization_id, now = deletion.organization_id, clock.now_ms()
    for of_organization, webhook_id, noted_at in deliveries.waiting_endpoints():
        if of_organization == organization_id:
            while not forget_deliveries(organization_id, webhook_id):
                yield
            deliveries.forget_waiting(organization_id, webhook_id, noted_at)
            yield
    for contact_id, held in waiting_statuses.all_held(organization_id):
        waiting_statuses.remove(organization_id, contact_id, held)
        yield
    for contact_id, billed in waiting_statuses.all_lonely_billing(organization_id):
        waiting_statuses.remove(organization_id, contact_id, billed)
        yield
    for _ in organization_partitions.remove_some(organization_id, now):
        yield
    for channel_id in deletion.channel_ids:
        send_slots.forget(channel_id)
