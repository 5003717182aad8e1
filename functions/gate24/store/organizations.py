"""Organizations, their channels and API keys: written by operators, read by everybody.

What rarely changes is remembered by a process for ``REMEMBERED_SECONDS``.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from gate24.channels import Channel, Organization
from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT
from gate24.store import documents
from gate24.store.items import DocumentItem
from gate24.store.table import Item, query
from gate24.timed_cache import TimedCache

REMEMBERED_SECONDS = 30.0

_RENAMED = {"rate_per_second": "messages_per_second"}
"""What version 0.1.0 called fields of a channel."""

_organizations: TimedCache[Organization | None] = TimedCache(REMEMBERED_SECONDS)
_channels: TimedCache[Channel | None] = TimedCache(REMEMBERED_SECONDS)
_channel_lists: TimedCache[list[Channel]] = TimedCache(REMEMBERED_SECONDS)


def forget() -> None:
    """Forgets what was remembered (tests, and after configuration was written)."""
    for cache in (_organizations, _channels, _channel_lists):
        cache.clear()


def put_organization(organization: Organization) -> None:
    """Creates or replaces an organization."""
    body = {
        **asdict(organization),
        "opt_out_keywords": sorted(organization.opt_out_keywords),
        "opt_in_keywords": sorted(organization.opt_in_keywords),
    }
    documents.write(f"ORG#{organization.id}", "ORGANIZATION", body)
    documents.write("ORGANIZATIONS", organization.id, {})
    forget()


def organization(organization_id: str) -> Organization | None:
    return _organizations.get(organization_id, lambda: _read_organization(organization_id))


def _read_organization(organization_id: str) -> Organization | None:
    body = documents.read(f"ORG#{organization_id}", "ORGANIZATION")
    if body is None:
        return None
    return Organization(
        id=body["id"],
        name=body["name"],
        timezone=body["timezone"],
        currency=body["currency"],
        opt_out_keywords=frozenset(body.get("opt_out_keywords") or DEFAULT_OPT_OUT),
        opt_in_keywords=frozenset(body.get("opt_in_keywords") or DEFAULT_OPT_IN),
    )


def organization_ids() -> list[str]:
    return [item.sk for item in query(DocumentItem, "ORGANIZATIONS")]


def put_channel(channel: Channel) -> None:
    """Creates or replaces a channel; found afterwards by its id, by its organization and by its
    ``phone_number_id``."""
    body = {name: value for name, value in asdict(channel).items() if value is not None}
    documents.write(f"CHANNEL#{channel.id}", "CHANNEL", body)
    documents.write(f"ORG#{channel.organization_id}", f"CHANNEL#{channel.id}", body)
    if channel.phone_number_id:
        documents.write(f"NUMBER#{channel.phone_number_id}", "CHANNEL", body)
    forget()


def channel(channel_id: str) -> Channel | None:
    return _channels.get(channel_id, lambda: _channel(documents.read(f"CHANNEL#{channel_id}", "CHANNEL")))


def channel_by_number(phone_number_id: str) -> Channel | None:
    """The channel of Meta's ``phone_number_id``."""
    pk = f"NUMBER#{phone_number_id}"
    return _channels.get(pk, lambda: _channel(documents.read(pk, "CHANNEL")))


def channels(organization_id: str) -> list[Channel]:
    """The organization's channels, by id."""
    return _channel_lists.get(organization_id, lambda: _read_channels(organization_id))


def _read_channels(organization_id: str) -> list[Channel]:
    items = query(DocumentItem, f"ORG#{organization_id}", range_key_condition=Item.sk.startswith("CHANNEL#"))
    return [found for item in items if (found := _channel(item.body)) is not None]


def _channel(body: Any | None) -> Channel | None:
    if body is None:
        return None
    known = {_RENAMED.get(name, name): value for name, value in body.items()}
    return Channel(**known)


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who holds an API key. Scopes: read, send, admin."""

    organization_id: str
    name: str
    scopes: frozenset[str]


def put_api_key(api_key: str, holder: KeyHolder) -> None:
    """Makes the key valid; only its hash is kept."""
    body = {"organization_id": holder.organization_id, "name": holder.name, "scopes": sorted(holder.scopes)}
    documents.write(_key_pk(api_key), "KEY", body)


def revoke_api_key(api_key: str) -> None:
    documents.remove(_key_pk(api_key), "KEY")


def key_holder(api_key: str) -> KeyHolder | None:
    """The key's holder, always read anew so that a revoked key ends at once."""
    body = documents.read(_key_pk(api_key), "KEY", consistent=True)
    if body is None:
        return None
    return KeyHolder(body["organization_id"], body["name"], frozenset(body["scopes"]))


def _key_pk(api_key: str) -> str:
    """API keys have 256 random bits, so a plain hash at rest is enough."""
    return f"KEY#{hashlib.sha256(api_key.encode()).hexdigest()}"
