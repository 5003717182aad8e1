"""Organizations, channels, API keys and templates: written by operators, read by everybody.

What rarely changes is remembered by a process for ``REMEMBERED_SECONDS``; templates are always read anew,
because a paused one must not go out.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from gate24.channels import Channel, Organization
from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT
from gate24.store.items import DocumentItem
from gate24.store.table import Item, get, query, translated

REMEMBERED_SECONDS = 30.0

T = TypeVar("T")
_remembered: dict[str, tuple[float, Any]] = {}


def _remember(key: str, read: Callable[[], T]) -> T:
    now = time.monotonic()
    held = _remembered.get(key)
    if held is not None and held[0] > now:
        found: T = held[1]
        return found
    fresh = read()
    if fresh is not None:
        _remembered[key] = (now + REMEMBERED_SECONDS, fresh)
    return fresh


def forget() -> None:
    """Forgets what was remembered (tests, and after configuration was written)."""
    _remembered.clear()


def put_document(pk: str, sk: str, body: Any, ttl: int | None = None) -> None:
    """Writes one document whole."""
    with translated("PutItem"):
        DocumentItem(pk, sk, body=body, ttl=ttl).save()


def document(pk: str, sk: str, consistent: bool = False) -> Any | None:
    found = get(DocumentItem, pk, sk, consistent)
    return None if found is None else found.body


def put_organization(organization: Organization) -> None:
    """Creates or replaces an organization."""
    body = {
        **asdict(organization),
        "opt_out_keywords": sorted(organization.opt_out_keywords),
        "opt_in_keywords": sorted(organization.opt_in_keywords),
    }
    put_document(f"ORG#{organization.id}", "ORGANIZATION", body)
    put_document("ORGANIZATIONS", organization.id, {})
    forget()


def organization(organization_id: str) -> Organization | None:
    return _remember(f"o{organization_id}", lambda: _read_organization(organization_id))


def _read_organization(organization_id: str) -> Organization | None:
    body = document(f"ORG#{organization_id}", "ORGANIZATION")
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
    put_document(f"CHANNEL#{channel.id}", "CHANNEL", body)
    put_document(f"ORG#{channel.organization_id}", f"CHANNEL#{channel.id}", body)
    if channel.phone_number_id:
        put_document(f"NUMBER#{channel.phone_number_id}", "CHANNEL", body)
    forget()


def channel(channel_id: str) -> Channel | None:
    return _remember(f"c{channel_id}", lambda: _channel(document(f"CHANNEL#{channel_id}", "CHANNEL")))


def channel_by_number(phone_number_id: str) -> Channel | None:
    """The channel of Meta's ``phone_number_id``."""
    return _remember(f"n{phone_number_id}", lambda: _channel(document(f"NUMBER#{phone_number_id}", "CHANNEL")))


def channels(organization_id: str) -> list[Channel]:
    """The organization's channels, by id."""
    return _remember(f"l{organization_id}", lambda: _read_channels(organization_id))


def _read_channels(organization_id: str) -> list[Channel]:
    items = query(DocumentItem, f"ORG#{organization_id}", range_key_condition=Item.sk.startswith("CHANNEL#"))
    return [Channel(**item.body) for item in items]


def _channel(body: Any | None) -> Channel | None:
    return None if body is None else Channel(**body)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds an API key. Scopes: read, send, admin."""

    organization_id: str
    name: str
    scopes: frozenset[str]


def key_hash(api_key: str) -> str:
    """API keys have 256 random bits, so a plain hash at rest is enough."""
    return hashlib.sha256(api_key.encode()).hexdigest()


def put_api_key(api_key: str, caller: Caller) -> None:
    """Makes the key valid; only its hash is kept."""
    body = {"organization_id": caller.organization_id, "name": caller.name, "scopes": sorted(caller.scopes)}
    put_document(f"KEY#{key_hash(api_key)}", "KEY", body)


def revoke_api_key(api_key: str) -> None:
    with translated("DeleteItem"):
        DocumentItem(f"KEY#{key_hash(api_key)}", "KEY").delete()


def caller(api_key: str) -> Caller | None:
    """The key's holder, always read anew so that a revoked key ends at once."""
    body = document(f"KEY#{key_hash(api_key)}", "KEY", consistent=True)
    if body is None:
        return None
    return Caller(body["organization_id"], body["name"], frozenset(body["scopes"]))


def put_template(organization_id: str, template: dict[str, Any]) -> None:
    """Creates or replaces a template: a name on a channel in a language."""
    put_document(f"T#{organization_id}", _template_sk(template), template)


def _template_sk(template: dict[str, Any]) -> str:
    return f"{template['channel']}#{template['name']}#{template['language']}"


def template(organization_id: str, channel_id: str, name: str, language: str) -> dict[str, Any] | None:
    """The template as it is now (consistent)."""
    sk = _template_sk({"channel": channel_id, "name": name, "language": language})
    found: dict[str, Any] | None = document(f"T#{organization_id}", sk, consistent=True)
    return found


def templates(organization_id: str) -> list[dict[str, Any]]:
    return [item.body for item in query(DocumentItem, f"T#{organization_id}", consistent_read=True)]
