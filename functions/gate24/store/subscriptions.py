"""Webhooks of organizations: what they are set to, their secrets, and how the calls of their endpoints go.

No secret is stored: it is derived from the contact key and from the generation that a rotation makes anew.
"""

from __future__ import annotations

import secrets
from typing import Any

from gate24.rules.delivery_retries import PROBE_MS, SECRET_OVERLAP_MS, next_probe_at
from gate24.rules.webhook_signatures import secret_of
from gate24.store import keys
from gate24.store.items import SubscriptionItem
from gate24.store.outage import TABLE
from gate24.store.remembered import Remembered
from gate24.store.table import Item, contact_key, delete, get, put_new, query, update
from gate24.subscriptions import EndpointHealth, Subscription

REMEMBERED_SECONDS = 5.0
"""How long a new or changed webhook may take to be seen by what queues events: half a read unit in so many seconds for
each process that hears of the organization."""

ID_LENGTH = 40

_I = SubscriptionItem
_of_organizations: Remembered[list[Subscription]] = Remembered(TABLE, REMEMBERED_SECONDS)


def forget() -> None:
    """Forgets what was remembered (tests, and after a change)."""
    _of_organizations.clear()


def of_organization(organization_id: str) -> list[Subscription]:
    """The organization's webhooks, oldest first, as remembered."""
    return _of_organizations.get(organization_id, lambda: _read(organization_id, consistent=False))


def read_all(organization_id: str) -> list[Subscription]:
    """The organization's webhooks, oldest first, as they are now (consistent)."""
    return _read(organization_id, consistent=True)


def _read(organization_id: str, consistent: bool) -> list[Subscription]:
    condition = Item.sk.startswith(keys.SUBSCRIPTION)
    items = query(SubscriptionItem, _pk(organization_id), range_key_condition=condition, consistent_read=consistent)
    return sorted((_subscription(item) for item in items), key=lambda each: (each.created_at, each.id))


def find(organization_id: str, subscription_id: str) -> Subscription | None:
    """The webhook as it is now (consistent), or None."""
    if len(subscription_id) > ID_LENGTH:
        return None
    item = get(SubscriptionItem, _pk(organization_id), f"{keys.SUBSCRIPTION}{subscription_id}", consistent=True)
    return None if item is None else _subscription(item)


def new_id() -> str:
    return f"wh_{secrets.token_hex(10)}"


def new_generation() -> str:
    return secrets.token_hex(16)


def create(subscription: Subscription) -> None:
    item = _item(subscription.organization_id, subscription.id)
    item.body, item.generation = _settings(subscription), subscription.generation
    item.paused = subscription.is_paused or None
    put_new(item)
    forget()


def change(subscription: Subscription) -> Subscription | None:
    """Writes what an organization sets of its webhook: URL, events, channels, description, paused or not. None if it is
    gone. Another URL, or the end of a pause, begins with a clean record."""
    actions: list[Any] = [_I.body.set(_settings(subscription)), _I.paused.set(subscription.is_paused)]
    if not subscription.is_paused:
        actions.append(_I.pause_reason.remove())
    if subscription.health == EndpointHealth():
        actions += _CLEAN
    return _changed(subscription.organization_id, subscription.id, actions)


def pause(organization_id: str, subscription_id: str, reason: str) -> None:
    """gate24's own pause."""
    _changed(organization_id, subscription_id, [_I.paused.set(True), _I.pause_reason.set(reason)])


def rotate(subscription: Subscription, now: int) -> Subscription | None:
    """Gives the webhook another secret; the one before signs along for a while. None if it is gone."""
    actions = [
        _I.generation.set(new_generation()),
        _I.previous_generation.set(subscription.generation),
        _I.previous_until.set(now + SECRET_OVERLAP_MS),
    ]
    return _changed(subscription.organization_id, subscription.id, actions)


def remove(organization_id: str, subscription_id: str) -> None:
    delete(_item(organization_id, subscription_id))
    forget()


def signing_secrets(subscription: Subscription, now: int) -> list[str]:
    """The secrets that sign now, the current one first."""
    generations = [subscription.generation]
    if subscription.previous_generation is not None and now < (subscription.previous_until or 0):
        generations.append(subscription.previous_generation)
    return [secret_of(contact_key(), subscription.organization_id, subscription.id, each) for each in generations]


def note_success(subscription: Subscription) -> None:
    """The endpoint answered; nothing is written where it did before, too."""
    if subscription.health != EndpointHealth():
        _changed(subscription.organization_id, subscription.id, _CLEAN)


def note_failure(organization_id: str, subscription_id: str, now: int, was_probe: bool) -> None:
    """One more failure in a row, of several at once maybe."""
    actions: list[Any] = [
        _I.failures.set((_I.failures | 0) + 1),
        _I.failing_since.set(_I.failing_since | now),
        _I.failed_at.set(now),
    ]
    if was_probe:
        actions.append(_I.probes.set((_I.probes | 0) + 1))
    noted = _changed(organization_id, subscription_id, actions)
    probe_at = None if noted is None else next_probe_at(noted.health, now, was_probe)
    if probe_at is not None:
        is_first = Item.pk.exists() if was_probe else _I.failures.exists() & _I.cut_off_until.does_not_exist()
        update(_item(organization_id, subscription_id), [_I.cut_off_until.set(probe_at)], is_first)


def claim_probe(subscription: Subscription, now: int) -> bool:
    """Whether the caller may probe the endpoint, which is cut off: one probe at a time."""
    is_same = _I.cut_off_until == subscription.health.cut_off_until
    item = _item(subscription.organization_id, subscription.id)
    return update(item, [_I.cut_off_until.set(now + PROBE_MS)], is_same).applied


_CLEAN = [each.remove() for each in (_I.failures, _I.probes, _I.failing_since, _I.failed_at, _I.cut_off_until)]


def _changed(organization_id: str, subscription_id: str, actions: list[Any]) -> Subscription | None:
    written = update(_item(organization_id, subscription_id), actions, Item.pk.exists(), returns="ALL_NEW")
    item = written.item(SubscriptionItem) if written.applied else None
    forget()
    return None if item is None else _subscription(item)


def _item(organization_id: str, subscription_id: str) -> SubscriptionItem:
    return SubscriptionItem(_pk(organization_id), f"{keys.SUBSCRIPTION}{subscription_id}")


def _pk(organization_id: str) -> str:
    return f"ORG#{organization_id}"


def _settings(subscription: Subscription) -> dict[str, Any]:
    return {
        "url": subscription.url,
        "events": list(subscription.events),
        "channels": list(subscription.channels),
        "format": subscription.format,
        "description": subscription.description,
        "created_at": subscription.created_at,
    }


def _subscription(item: SubscriptionItem) -> Subscription:
    body = item.body
    return Subscription(
        id=item.sk.removeprefix(keys.SUBSCRIPTION),
        organization_id=item.pk.removeprefix("ORG#"),
        url=body["url"],
        events=tuple(body["events"]),
        channels=tuple(body["channels"]),
        format=body["format"],
        description=body["description"],
        created_at=body["created_at"],
        is_paused=bool(item.paused),
        generation=item.generation,
        previous_generation=item.previous_generation,
        previous_until=item.previous_until,
        pause_reason=item.pause_reason,
        health=EndpointHealth(
            item.failures or 0, item.probes or 0, item.failing_since, item.failed_at, item.cut_off_until
        ),
    )
