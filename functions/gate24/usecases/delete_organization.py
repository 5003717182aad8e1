"""Deletes an organization: its channels and keys at once, then its webhooks and people, then what served them, and
itself. What its days have cost stays, and is stated for good when the last message is gone.

All but the first is done from the retry queue, some seconds at a time, step by step (``channels.DeletionStep``). Each
step may be repeated.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace

from gate24 import clock
from gate24.channels import Channel, Organization, OrganizationDeletion
from gate24.store import (
    api_keys,
    changed_days,
    contact_list,
    contacts,
    deliveries,
    erasure,
    organization_deletions,
    organizations,
    retry_queue,
    secrets,
    subscriptions,
    templates,
    unrecognized,
    waiting_statuses,
)
from gate24.store.retry_queue import NotQueued, QueuedDeletion
from gate24.store.table import StoreError
from gate24.usecases.administer_channels import delete_channel
from gate24.usecases.close_costs import close_costs
from gate24.usecases.erase_contact import erase_contact
from gate24.usecases.forget_organization import forget_organization
from gate24.usecases.note_held_statuses import note_held_statuses

SECONDS_AT_ONCE = 6.0
"""How long one call begins to erase another person, which takes as long again at most; the queue's consumer has 20
seconds."""

SETTLING_SECONDS = round(organizations.REMEMBERED_SECONDS) + 5
"""So long after a channel is gone its webhooks may still be taken by a function that remembers it."""

_CALL_SECONDS = 30
"""Longer than one call of the API takes (template.yaml), which may crash after the channels are gone."""

_ASKED_AGAIN_SECONDS = 10
"""When it is looked again whether the last long conversations are gone."""

_LISTENERS_FORGOTTEN_SECONDS = round(max(subscriptions.REMEMBERED_SECONDS, organizations.EVENTS_REMEMBERED_SECONDS) + 5)
"""So long after nobody hears of the organization any more a function may still write an event."""

_INDEX_FOLLOWS_SECONDS = 10
"""So long after the last message was erased the ledger is read: the index follows the table a moment later."""

_RUNNING_MOST = 500
"""Erasures of long conversations under way at a time."""


def delete_organization(organization: Organization, now: int) -> OrganizationDeletion:
    """Takes channels and keys away and begins with the rest, or goes on with what was begun. ``now``: epoch ms.
    StoreError where it cannot be queued: then it is to be asked for again."""
    found = organization_deletions.find(organization.id)
    under_way = found if found is not None and found.finished_at is None else None
    is_new = under_way is None
    if under_way is None:
        # Before it is looked what there is: from now on nothing more is made (check_not_being_deleted).
        under_way = OrganizationDeletion(organization.id, now, now + (_CALL_SECONDS + SETTLING_SECONDS) * 1000)
        organization_deletions.begin(under_way)
    channels = organizations.channels_now(organization.id)
    if channels:
        _note_held(organization.id, now)
    for channel in channels:
        delete_channel(channel)
    keys = _revoke_keys(organization.id)
    if is_new or channels:
        under_way = _begun_anew(under_way, channels, keys)
        organization_deletions.begin(under_way)
    _queue(organization.id, _until(under_way.settled_at))
    return under_way


def find_deletion(organization_id: str) -> OrganizationDeletion | None:
    """How far it is; None if none is under way and none was of late. Takes away the secrets that the queue's function
    had to leave. StoreError where that fails: then it is to be asked for again."""
    found = organization_deletions.find(organization_id)
    if found is None or not found.secrets_left:
        return found
    done = _remove_secrets_left(found)
    organization_deletions.save(found, done)  # if the queue's function was faster, the next one who asks notes it
    return done


def go_on_from_queue(organization_id: str) -> None:
    """Goes on with a deletion, and queues what is left of it; StoreError where that fails. Whoever is overtaken queues
    nothing: the other function does."""
    begun = organization_deletions.find(organization_id)
    if begun is None or begun.finished_at is not None:
        return
    if (seconds := _until(begun.settled_at)) > 0:
        _queue(organization_id, seconds)
        return
    done, delay_seconds = _go_on(begun)
    if done.finished_at is not None:
        keys, channels = _revoke_keys(organization_id), _remove_late_channels(organization_id)
        if not channels:
            organizations.remove_organization(organization_id)
            organization_deletions.save(begun, replace(done, keys=done.keys + keys))
            return
        left = (*done.secrets_left, *(channel.id for channel in channels))
        done = _begun_anew(replace(done, finished_at=None, secrets_left=left), channels, keys)
        delay_seconds = SETTLING_SECONDS
    if organization_deletions.save(begun, done):
        _queue(organization_id, delay_seconds)


def _go_on(done: OrganizationDeletion) -> tuple[OrganizationDeletion, int]:
    """How far it is after some seconds, and in how many it goes on."""
    if done.step == "webhooks":
        webhooks = _remove_webhooks(done.organization_id)
        was_heard = organizations.keep_no_events(done.organization_id)
        done = replace(done, webhooks=done.webhooks + webhooks, step="people")
        if webhooks or was_heard:
            return done, _LISTENERS_FORGOTTEN_SECONDS
    if done.step == "people":
        contacts_before = done.contacts
        done, is_through = _erase_people(done)
        if not is_through or done.running or done.contacts != contacts_before:  # until nobody is found any more
            return done, _ASKED_AGAIN_SECONDS if done.running else 0
        return replace(done, step="costs"), _INDEX_FOLLOWS_SECONDS
    is_time_up = clock.time_limit(SECONDS_AT_ONCE)
    if done.step == "costs":
        done = close_costs(done, is_time_up)
        return (done if done.days_left else replace(done, step="rest")), 0
    if not forget_organization(done, is_time_up):
        return done, 0
    return replace(done, finished_at=clock.now_ms()), 0


def _begun_anew(before: OrganizationDeletion, channels: list[Channel], keys: int) -> OrganizationDeletion:
    """After these channels are gone: until no function remembers them, somebody may write."""
    return replace(
        before,
        settled_at=clock.now_ms() + SETTLING_SECONDS * 1000,
        channels=before.channels + len(channels),
        keys=before.keys + keys,
        step="webhooks",
        channel_ids=(*before.channel_ids, *(channel.id for channel in channels)),
        days_left=None,
        fold=None,
    )


def _revoke_keys(organization_id: str) -> int:
    """And nobody of its staff signs in any more."""
    from gate24.store import members  # imported here: the start of a function that webhooks wait for need not pay

    keys = api_keys.of_organization(organization_id)
    for key in keys:
        api_keys.revoke(key)
    members.remove_all(organization_id)
    return len(keys)


def _remove_late_channels(organization_id: str) -> list[Channel]:
    """What a call made that began before the deletion, and crashed before it saw that. The queue's function may write
    no secret: ``find_deletion`` takes those away."""
    channels = organizations.channels_now(organization_id)
    for channel in channels:
        templates.forget_channel(organization_id, channel.id)
        organizations.remove_channel(channel)
    return channels


def _remove_secrets_left(deletion: OrganizationDeletion) -> OrganizationDeletion:
    """Those of a channel whose id somebody has taken since were replaced by its own."""
    for channel_id in deletion.secrets_left:
        if organizations.channel_now(channel_id) is None:
            secrets.remove(channel_id)
    return replace(deletion, secrets_left=())


def _note_held(organization_id: str, now: int) -> None:
    """Takes up what the next run of the schedule would: without its channel nothing can be noted. What fails, or takes
    too long, is left out."""
    if waiting_statuses.may_hold(changed_days.closed_days(organization_id).held_until, now):
        with suppress(RuntimeError):
            note_held_statuses([organization_id], now, clock.time_limit(SECONDS_AT_ONCE))


def _remove_webhooks(organization_id: str) -> int:
    webhooks = subscriptions.read_all(organization_id)
    for webhook in webhooks:
        deliveries.note_waiting(organization_id, webhook.id, clock.now_ms())
        subscriptions.remove(organization_id, webhook.id)
    return len(webhooks)


def _erase_people(done: OrganizationDeletion) -> tuple[OrganizationDeletion, bool]:
    """How far it is after some seconds, and whether nothing but running erasures is left."""
    organization_id, until = done.organization_id, time.monotonic() + SECONDS_AT_ONCE
    done = replace(done, running=tuple(each for each in done.running if not _is_finished(organization_id, each)))
    for contact_id, _ in contact_list.everybody(organization_id):
        if time.monotonic() > until or len(done.running) >= _RUNNING_MOST:
            return done, False
        contact = contacts.read(organization_id, contact_id)
        if contact.exists or contact.windows:  # the index may still list who is gone
            erased = erase_contact(organization_id, contact, clock.now_ms())
            running = done.running if erased.finished_at is not None else (*done.running, erased.id)
            done = replace(done, contacts=done.contacts + 1, running=running)
    for event in unrecognized.newest(organization_id, None, 100):
        if time.monotonic() > until:
            return done, False
        unrecognized.remove(organization_id, event.position)
        done = replace(done, unrecognized=done.unrecognized + 1)
    return done, True


def _is_finished(organization_id: str, erasure_id: str) -> bool:
    found = erasure.erasure(organization_id, erasure_id)
    return found is None or found.finished_at is not None


def _until(at: int) -> int:
    """Seconds until then."""
    return max(0, -(-(at - clock.now_ms()) // 1000))


def _queue(organization_id: str, delay_seconds: int) -> None:
    try:
        retry_queue.put(QueuedDeletion(organization_id), delay_seconds)
    except NotQueued:
        raise StoreError("SendMessage", "deletion_not_queued") from None
