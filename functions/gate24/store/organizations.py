"""Organizations and their channels: written by operators, read by everybody.

What rarely changes is remembered by a process for ``REMEMBERED_SECONDS``, and in an outage for longer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from gate24 import clock
from gate24.channels import (
    DEFAULT_BUDGET_SHARES,
    DEFAULT_CLOSING_SOON_MINUTES,
    DEFAULT_SENDS_AT_ONCE,
    ID_LENGTH,
    Channel,
    DatedCard,
    Organization,
)
from gate24.rules.channel_breaker import check_sends_at_once
from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT, keywords
from gate24.rules.retention import check_retention, forgotten_before
from gate24.rules.window import WINDOW_MS
from gate24.store import documents
from gate24.store.items import DocumentItem
from gate24.store.known_fields import known_fields
from gate24.store.outage import TABLE
from gate24.store.remembered import Remembered
from gate24.store.table import Item, StoreError, delete, get, query, update

REMEMBERED_SECONDS = 30.0
EVENTS_REMEMBERED_SECONDS = 5.0
"""How long a process takes it that an organization's events are not wanted, or are."""

_TRIES = 20
"""How often a change is tried that others overtake. After so many something is wrong with the item."""

_DELETED = "DELETED_ORGANIZATIONS"

_RENAMED = {"rate_per_second": "messages_per_second"}
"""What version 0.1.0 called fields of a channel."""

_organizations: Remembered[Organization | None] = Remembered(TABLE, REMEMBERED_SECONDS)
_channels: Remembered[Channel | None] = Remembered(TABLE, REMEMBERED_SECONDS)
_channel_lists: Remembered[list[Channel]] = Remembered(TABLE, REMEMBERED_SECONDS)
_events_since: Remembered[int] = Remembered(TABLE, EVENTS_REMEMBERED_SECONDS)


def forget() -> None:
    """Forgets what was remembered (tests, and after configuration was written)."""
    for cache in (_organizations, _channels, _channel_lists, _events_since):
        cache.clear()


def put_organization(organization: Organization) -> None:
    """Creates or replaces an organization. ValueError if one of its keywords can match no message, or its
    ``retention_days``, ``sends_at_once`` or ``closing_soon_minutes`` makes no sense. **Without ``retention_days`` the
    content of its messages is kept forever.** What an earlier setting has forgotten stays forgotten, and events that
    are kept go on being kept."""
    documents.write("ORGANIZATIONS", organization.id, {})
    while change_organization(organization.id, lambda _: organization) is None:
        if add_organization(organization):
            break


def change_organization(organization_id: str, change: Callable[[Organization], Organization]) -> Organization | None:
    """What ``change`` makes of the organization as it is stored at this moment; asked again where somebody else has
    changed it meanwhile, so that no change is lost. None if there is none. ValueError as above."""
    for _ in range(_TRIES):
        item = get(DocumentItem, f"ORG#{organization_id}", "ORGANIZATION", consistent=True)
        if item is None:
            return None
        before = _organization(item.body)
        after = change(before)
        body = _organization_body(after, before)
        if update(item, [DocumentItem.body.set(body)], DocumentItem.body == item.body).applied:
            forget()
            return _organization(body)
    raise StoreError("UpdateItem", "contended")


def add_organization(organization: Organization) -> bool:
    """Creates an organization; False, and nothing is changed, where the id is taken. ValueError as above."""
    if is_stored(organization.id):
        return False
    body = _organization_body(organization, None)
    documents.write("ORGANIZATIONS", organization.id, {})  # first: an organization that is not listed has no costs
    is_new = documents.create(f"ORG#{organization.id}", "ORGANIZATION", body)
    forget()
    return is_new


def remove_organization(organization_id: str) -> None:
    """Takes the organization itself away. What its days have cost stays, and that it was there (``was_deleted``)."""
    documents.write(_DELETED, organization_id, {})
    documents.remove("ORGANIZATIONS", organization_id)
    documents.remove(f"ORG#{organization_id}", "ORGANIZATION")
    forget()


def was_deleted(organization_id: str) -> bool:
    """Whether an organization of that id was deleted, however long ago (consistent)."""
    return documents.read(_DELETED, organization_id, consistent=True) is not None


def _organization_body(organization: Organization, before: Organization | None) -> dict[str, Any]:
    check_retention(organization.retention_days)
    check_sends_at_once(organization.sends_at_once)
    if not 1 <= organization.closing_soon_minutes < WINDOW_MS // 60_000:
        raise ValueError(f"closing_soon_minutes must be from 1 to {WINDOW_MS // 60_000 - 1}")
    return {
        **asdict(organization),
        "forgotten_before": forgotten_before(before, clock.now_ms()) if before is not None else 0,
        "events_since": organization.events_since or (before.events_since if before is not None else None),
        "finds_names": organization.finds_names or before is None or before.finds_names,
        "opt_out_keywords": sorted(keywords(organization.opt_out_keywords)),
        "opt_in_keywords": sorted(keywords(organization.opt_in_keywords)),
    }


def organization(organization_id: str) -> Organization | None:
    return _organizations.get(organization_id, lambda: _read_organization(organization_id))


def keep_events(organization_id: str, now: int) -> int:
    """From now on (epoch ms) the organization's events are kept in the feed, if they are not yet; returns since
    when."""
    pk = f"ORG#{organization_id}"
    while True:
        item = get(DocumentItem, pk, "ORGANIZATION", consistent=True)
        if item is None or item.body.get("events_since"):
            forget()
            return now if item is None else int(item.body["events_since"])
        as_read = DocumentItem.body == item.body
        update(item, [DocumentItem.body.set(item.body | {"events_since": now})], as_read)


def keep_no_events(organization_id: str) -> bool:
    """The organization's events are not kept in the feed any more; False where they were not."""
    pk = f"ORG#{organization_id}"
    for _ in range(_TRIES):
        item = get(DocumentItem, pk, "ORGANIZATION", consistent=True)
        if item is None or not item.body.get("events_since"):
            return False
        body = item.body | {"events_since": None}
        if update(item, [DocumentItem.body.set(body)], DocumentItem.body == item.body).applied:
            forget()
            return True
    raise StoreError("UpdateItem", "contended")


def events_since(organization_id: str) -> int | None:
    """Since when the organization's events are kept in the feed (epoch ms), as of some seconds ago."""

    def read() -> int:
        found = _read_organization(organization_id)
        return (found.events_since if found is not None else None) or 0

    return _events_since.get(organization_id, read) or None


def organization_now(organization_id: str) -> Organization | None:
    """As it is stored at this moment (consistent): what was written a moment ago, by whomever, is seen."""
    return None if len(organization_id) > ID_LENGTH else _read_organization(organization_id, consistent=True)


def is_stored(organization_id: str) -> bool:
    """Whether the table has the organization, read now."""
    return documents.read(f"ORG#{organization_id}", "ORGANIZATION", consistent=True) is not None


def _read_organization(organization_id: str, consistent: bool = False) -> Organization | None:
    body = documents.read(f"ORG#{organization_id}", "ORGANIZATION", consistent)
    return None if body is None else _organization(body)


def _organization(body: Mapping[str, Any]) -> Organization:
    return Organization(
        id=body["id"],
        name=body["name"],
        timezone=body["timezone"],
        currency=body["currency"],
        opt_out_keywords=frozenset(body.get("opt_out_keywords") or DEFAULT_OPT_OUT),
        opt_in_keywords=frozenset(body.get("opt_in_keywords") or DEFAULT_OPT_IN),
        retention_days=body.get("retention_days"),
        forgotten_before=int(body.get("forgotten_before") or 0),
        sends_at_once=int(body.get("sends_at_once") or DEFAULT_SENDS_AT_ONCE),
        events_since=body.get("events_since"),
        closing_soon_minutes=int(body.get("closing_soon_minutes") or DEFAULT_CLOSING_SOON_MINUTES),
        monthly_budget=body.get("monthly_budget"),
        budget_shares=tuple(body.get("budget_shares") or DEFAULT_BUDGET_SHARES),
        refuse_above_budget=bool(body.get("refuse_above_budget")),
        finds_names=bool(body.get("finds_names")),
        closing_digest_minutes=body.get("closing_digest_minutes"),
    )


def organization_ids() -> list[str]:
    """Those of all organizations, in order (consistent)."""
    return [item.sk for item in query(DocumentItem, "ORGANIZATIONS", consistent_read=True)]


def put_channel(channel: Channel) -> None:
    """Creates or replaces a channel; found afterwards by its id, by its organization and by its
    ``phone_number_id``. ValueError for an id with brackets, under which no marketing stop could be kept."""
    if set("[]").intersection(channel.id):
        raise ValueError(f"A channel's id has no brackets: {channel.id}")
    while change_channel(channel.id, lambda _: channel) is None:
        if add_channel(channel):
            break


def change_channel(channel_id: str, change: Callable[[Channel], Channel]) -> Channel | None:
    """What ``change`` makes of the channel as it is stored at this moment; asked again where somebody else has changed
    it meanwhile, so that no change is lost. None if there is none."""
    for _ in range(_TRIES):
        item = get(DocumentItem, f"CHANNEL#{channel_id}", "CHANNEL", consistent=True)
        before = None if item is None else _channel(item.body)
        if item is None or before is None:
            return None
        after = change(before)
        body = _channel_body(after)
        if update(item, [DocumentItem.body.set(body)], DocumentItem.body == item.body).applied:
            _write_copies(after)
            if before.phone_number_id != after.phone_number_id:
                _remove_number(before)
            forget()
            return after
    raise StoreError("UpdateItem", "contended")


def add_channel(channel: Channel) -> bool:
    """Creates a channel; False, and nothing is changed, where the id is taken."""
    is_new = documents.create(f"CHANNEL#{channel.id}", "CHANNEL", _channel_body(channel))
    if is_new:
        _write_copies(channel)
    forget()
    return is_new


def remove_channel(channel: Channel) -> None:
    """Takes the channel's settings away. What was sent and heard on it stays. Where another organization has its id by
    now, that channel stays, too. The list of its organization has it to the last, by which a removal that was broken
    off is repeated."""
    removed = _remove_stored(channel) or channel
    _remove_number(channel)
    _remove_copies(removed)
    forget()


def _remove_stored(channel: Channel) -> Channel | None:
    """The channel as it was found under its id and removed; None where that is gone or another organization's."""
    for _ in range(_TRIES):
        item = get(DocumentItem, f"CHANNEL#{channel.id}", "CHANNEL", consistent=True)
        stored = None if item is None else _channel(item.body)
        if item is None or stored is None or stored.organization_id != channel.organization_id:
            return None
        if delete(item, DocumentItem.body == item.body):
            return stored
    raise StoreError("DeleteItem", "contended")


def _channel_body(channel: Channel) -> dict[str, Any]:
    return {name: value for name, value in asdict(channel).items() if value is not None}


def _write_copies(channel: Channel) -> None:
    """By which the channel is found beside its id. Whoever writes them looks afterwards whether somebody else has
    changed or removed the channel meanwhile, so that none is left from before."""
    latest: Channel | None = channel
    while latest is not None:
        documents.write(f"ORG#{latest.organization_id}", f"CHANNEL#{latest.id}", _channel_body(latest))
        if latest.phone_number_id:
            documents.write(f"NUMBER#{latest.phone_number_id}", "CHANNEL", _channel_body(latest))
        written, latest = latest, _channel(documents.read(f"CHANNEL#{channel.id}", "CHANNEL", consistent=True))
        if latest == written:
            return
        if latest is None or latest.organization_id != written.organization_id:
            _remove_copies(written)
        elif latest.phone_number_id != written.phone_number_id:
            _remove_number(written)


def _remove_copies(channel: Channel) -> None:
    _remove_number(channel)
    documents.remove(f"ORG#{channel.organization_id}", f"CHANNEL#{channel.id}")


def _remove_number(channel: Channel) -> None:
    """Unless the number is another channel's by now."""
    pk = f"NUMBER#{channel.phone_number_id}"
    item = get(DocumentItem, pk, "CHANNEL", consistent=True) if channel.phone_number_id else None
    found = None if item is None else _channel(item.body)
    own = (channel.id, channel.organization_id)
    if item is not None and found is not None and (found.id, found.organization_id) == own:
        delete(item, DocumentItem.body == item.body)


def all_channels() -> list[Channel]:
    """The channels of every organization, read now (consistent)."""
    return [channel for each in organization_ids() for channel in channels_now(each)]


def channel(channel_id: str) -> Channel | None:
    if len(channel_id) > ID_LENGTH:
        return None
    return _channels.get(channel_id, lambda: _channel(documents.read(f"CHANNEL#{channel_id}", "CHANNEL")))


def channel_now(channel_id: str) -> Channel | None:
    """As it is stored at this moment (consistent)."""
    if len(channel_id) > ID_LENGTH:
        return None
    return _channel(documents.read(f"CHANNEL#{channel_id}", "CHANNEL", consistent=True))


def channel_by_number(phone_number_id: str) -> Channel | None:
    """The channel of Meta's ``phone_number_id``."""
    if len(phone_number_id) > ID_LENGTH:
        return None
    pk = f"NUMBER#{phone_number_id}"
    return _channels.get(pk, lambda: _channel(documents.read(pk, "CHANNEL")))


def channels(organization_id: str) -> list[Channel]:
    """The organization's channels, by id."""
    return _channel_lists.get(organization_id, lambda: _read_channels(organization_id))


def channels_now(organization_id: str) -> list[Channel]:
    """The organization's channels, by id, as they are stored at this moment (consistent)."""
    return _read_channels(organization_id, consistent=True)


def _read_channels(organization_id: str, consistent: bool = False) -> list[Channel]:
    is_channel = Item.sk.startswith("CHANNEL#")
    items = query(DocumentItem, f"ORG#{organization_id}", range_key_condition=is_channel, consistent_read=consistent)
    return [found for item in items if (found := _channel(item.body)) is not None]


def _channel(body: Any | None) -> Channel | None:
    if body is None:
        return None
    renamed = {_RENAMED.get(name, name): value for name, value in body.items()}
    cards = tuple(DatedCard(*each) for each in renamed.get("rate_cards", ()))
    shares = tuple(renamed.get("budget_shares") or DEFAULT_BUDGET_SHARES)
    return Channel(**{**known_fields(Channel, renamed), "rate_cards": cards, "budget_shares": shares})
