"""API keys: only their hashes are kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from gate24.store import documents


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who holds an API key. Scopes: read, send, consent, webhooks, admin."""

    organization_id: str
    name: str
    scopes: frozenset[str]


def put(api_key: str, holds: KeyHolder) -> None:
    """Makes the key valid; only its hash is kept."""
    body = {"organization_id": holds.organization_id, "name": holds.name, "scopes": sorted(holds.scopes)}
    documents.write(_key_pk(api_key), "KEY", body)


def revoke(api_key: str) -> None:
    documents.remove(_key_pk(api_key), "KEY")


def holder(api_key: str) -> KeyHolder | None:
    """The key's holder, always read anew so that a revoked key ends at once."""
    body = documents.read(_key_pk(api_key), "KEY", consistent=True)
    if body is None:
        return None
    return KeyHolder(body["organization_id"], body["name"], frozenset(body["scopes"]))


def key_id(api_key: str) -> str:
    """What the access log calls the key: the head of its hash, which stands in the table's key."""
    return _hash(api_key)[:12]


def _key_pk(api_key: str) -> str:
    """API keys have 256 random bits, so a plain hash at rest is enough."""
    return f"KEY#{_hash(api_key)}"


def _hash(api_key: str) -> str:
    return hashlib.sha256(api_key.encode()).hexdigest()
