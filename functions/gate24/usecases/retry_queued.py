"""Tries again what was put into the retry queue."""

from __future__ import annotations

from gate24 import clock
from gate24.channels import Channel, Organization
from gate24.events import Failure
from gate24.observability import about_record
from gate24.store import messages, organizations, retry_queue
from gate24.store.outage import TABLE
from gate24.store.retry_queue import QueuedDeletion, QueuedErasure, QueuedRequest, QueuedSettlement
from gate24.store.table import StoreError
from gate24.usecases import delete_organization
from gate24.usecases.apply_failure import apply_failure, failure_time
from gate24.usecases.erase_contact import go_on_from_queue
from gate24.usecases.match_waiting_statuses import match_message
from gate24.usecases.park_request import receive_parked_request
from gate24.usecases.receive_webhook import store_event


def retry_queued(text: str) -> None:
    """Stores one message of the queue; several threads may do so at once, in any order. Repeating it changes nothing;
    whatever it raises, it is to be tried again."""
    about_record()
    queued = retry_queue.read(text)
    _wait_for_the_table()
    if isinstance(queued, QueuedErasure):
        about_record(organization=queued.organization_id)
        go_on_from_queue(queued.organization_id, queued.erasure_id)
        return
    if isinstance(queued, QueuedDeletion):
        about_record(organization=queued.organization_id)
        delete_organization.go_on_from_queue(queued.organization_id)
        return
    if isinstance(queued, QueuedRequest):
        receive_parked_request(queued)
        return
    channel = organizations.channel(queued.channel_id)
    if channel is None:
        raise LookupError("channel")
    _wait_for_the_table()  # the channel may be remembered from before the outage
    about_record(organization=channel.organization_id, channel=channel.id)
    if isinstance(queued, QueuedSettlement):
        organization = organizations.organization(queued.organization_id)
        if organization is None:
            raise LookupError("organization")
        messages.settle(organization.id, queued.key, queued.settlement)
        _tell_of_failure(organization, channel, queued)
        match_message(organization, channel, queued.key, clock.now_ms())
    else:
        store_event(channel, queued.event, queued.received_at)


def _tell_of_failure(organization: Organization, channel: Channel, queued: QueuedSettlement) -> None:
    """What the BSP's refusal tells of the contact; of one that was erased meanwhile, nothing."""
    said = queued.settlement
    message = messages.find(organization.id, queued.key) if said.stage == "rejected" and said.code else None
    if message is not None and said.code:
        at = failure_time(message.send_time)
        apply_failure(organization, channel, queued.key.contact_id, Failure(said.code, said.reason), at)


def _wait_for_the_table() -> None:
    """StoreError where the table failed just now: else one batch could take longer than the function has."""
    if TABLE.is_left_alone:
        raise StoreError("retry", "left_alone")
