"""Webhooks of organizations: what they are set to, their secrets, and how the calls of their endpoints go.

No secret is stored: it is derived from the contact key and from the generation that a rotation makes anew.
"""

from __future__ import annotations

import secrets
from typing import Any

from gate24.rules.delivery_retries import EARLIER_SECRETS_MOST, PROBE_MS, SECRET_OVERLAP_MS, next_probe_at
from gate24.rules.webhook_signatures import secret_of
from gate24.store import keys
from gate24.store.items import SubscriptionItem
from gate24.store.outage import TABLE
from gate24.store.remembered import Remembered
from gate24.store.table import Item, StoreError, contact_key, delete, get, put_new, query, update
from gate24.subscriptions import Backlog, EndpointHealth, Subscription

REMEMBERED_SECONDS = 5.0
"""How long a new or changed webhook may take to be seen by what queues events: half a read unit in so many seconds for
each process that hears of the organization."""

ID_LENGTH = 40

_ROTATIONS_TRIED = 4
"""Where others rotate the same webhook at this moment."""

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


class TooManySecrets(Exception):
    """So many secrets sign along that another one has no room. ``ends_at``: when the first of them ends (epoch ms)."""

    def __init__(self, ends_at: int) -> None:
        super().__init__("too_many_secrets")
        self.ends_at = ends_at


def rotate(organization_id: str, subscription_id: str, now: int) -> Subscription | None:
    """Gives the webhook another secret; each one before signs along for its own while. None if the webhook is gone;
    TooManySecrets where too many of them do."""
    for _ in range(_ROTATIONS_TRIED):
        before = find(organization_id, subscription_id)
        if before is None:
            return None
        older = _still_valid(before, now)
        if len(older) >= EARLIER_SECRETS_MOST:
            raise TooManySecrets(min(until for _, until in older))
        # the last one has its own attributes: a version that knows no list goes on signing with it
        actions = [
            _I.generation.set(new_generation()),
            _I.previous_generation.set(before.generation),
            _I.previous_until.set(now + SECRET_OVERLAP_MS),
            _I.older_generations.set(older) if older else _I.older_generations.remove(),
        ]
        # what another rotation has given out since would be lost
        is_same = _I.generation == before.generation
        written = update(_item(organization_id, subscription_id), actions, is_same, returns="ALL_NEW")
        item = written.item(SubscriptionItem) if written.applied else None
        if item is not None:
            forget()
            return _subscription(item)
    raise StoreError("rotate", "rotated_by_others")


def remove(organization_id: str, subscription_id: str) -> None:
    delete(_item(organization_id, subscription_id))
    forget()


def signing_secrets(subscription: Subscription, now: int) -> list[str]:
    """The secrets that sign now, the current one first."""
    generations = [subscription.generation, *(each for each, _ in _still_valid(subscription, now))]
    return [secret_of(contact_key(), subscription.organization_id, subscription.id, each) for each in generations]


def _still_valid(subscription: Subscription, now: int) -> list[tuple[str, int]]:
    return [(each, until) for each, until in subscription.earlier_generations if now < until]


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


_BEHIND_NOTED_MS = 60_000


def note_behind(subscription: Subscription, now: int) -> None:
    """An event was put off, since the endpoint's others have waited too long in the queue. Written once a minute."""
    known = subscription.backlog
    if known is None or now - known.last_at >= _BEHIND_NOTED_MS:
        actions = [_I.behind_since.set(_I.behind_since | now), _I.behind_at.set(now)]
        _changed(subscription.organization_id, subscription.id, actions)


def end_backlog(subscription: Subscription) -> None:
    """Nothing waits any more, unless something was put off since."""
    if subscription.backlog is not None:
        actions = [_I.behind_since.remove(), _I.behind_at.remove()]
        is_same = _I.behind_at == subscription.backlog.last_at
        update(_item(subscription.organization_id, subscription.id), actions, is_same)
        forget()


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
        earlier_generations=_earlier_generations(item),
        pause_reason=item.pause_reason,
        health=EndpointHealth(
            item.failures or 0, item.probes or 0, item.failing_since, item.failed_at, item.cut_off_until
        ),
        backlog=_backlog(item),
    )


def _backlog(item: SubscriptionItem) -> Backlog | None:
    if item.behind_since is None or item.behind_at is None:
        return None
    return Backlog(item.behind_since, item.behind_at)


def _earlier_generations(item: SubscriptionItem) -> tuple[tuple[str, int], ...]:
    if item.previous_generation is None:
        return ()
    older = ((generation, until) for generation, until in item.older_generations or ())
    return ((item.previous_generation, item.previous_until or 0), *older)
