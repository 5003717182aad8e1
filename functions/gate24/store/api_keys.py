"""API keys: only the hashes of their secrets are kept.

The item under a secret's hash has everything of its key, so that whoever is called reads one item. The list of all
keys (``KEYS``) names the hashes of each, the current one first; the others are of secrets that were rotated, and
expire.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import Any

from gate24 import clock
from gate24.api_keys import ApiKey
from gate24.channels import ID_LENGTH
from gate24.lazy_dataclass import dataclass
from gate24.store import documents
from gate24.store.items import ApiKeyItem, DocumentItem
from gate24.store.table import Item, StoreError, delete, get, put_new, query, scan_page, update
from gate24.store.table import put as put_item

LAST_USED_MS = 3_600_000
"""How much older than the truth ``last_used_at`` may be: a key that is used all the time costs one write in that."""

_PAUSE_SECONDS = 600.0
"""How long a process notes no use after one could not be noted: where writes hang, a call may wait for nine seconds."""

_LIST = "KEYS"
_SEARCHED = "SEARCHED"
"""Notes in the list that the table was searched for keys from before there was a list."""

_KEY = "KEY#"
_PREFIX_LENGTH = 8
_SHORTEST = 32
"""A secret shorter than that shows none of its characters."""


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who holds an API key. Scopes: ``gate24.api_keys.SCOPES``; ``channels``: those to which it is limited, None for
    all. The store fills in the rest: the id of the key, and when this secret of it was used (``last_used_at`` of
    ``ApiKey``). ``is_operators``: whether a command of ``./gate24`` made it for itself."""

    organization_id: str
    name: str
    scopes: frozenset[str]
    key_id: str = ""
    last_used_at: int | None = None
    channels: frozenset[str] | None = None
    is_operators: bool = False


class _Notes:
    """When this process may note a use again (monotonic)."""

    from_then_on = 0.0


def forget() -> None:
    """Forgets that a use could not be noted (tests)."""
    _Notes.from_then_on = 0.0


def new_secret() -> str:
    """256 random bits, so a plain hash at rest is enough."""
    return f"g24_{secrets.token_urlsafe(32)}"


def key_id(api_key: str) -> str:
    """The id of a key that is made with this secret, which the access log calls it by: the head of its hash. A rotated
    key keeps it."""
    return _hash(api_key)[:12]


def put(api_key: str, holds: KeyHolder, expires_at: int | None = None) -> ApiKey:
    """Makes the key valid; only its hash is kept."""
    made = ApiKey(
        *(key_id(api_key), holds.organization_id, holds.name, holds.scopes),
        prefix=_prefix(api_key),
        created_at=clock.now_ms(),
        expires_at=expires_at,
        channels=holds.channels,
        is_operators=holds.is_operators,
    )
    _put(_hash(api_key), made)
    documents.write(_LIST, _place(made), {"hashes": [_hash(api_key)]})
    return made


def holder(api_key: str) -> KeyHolder | None:
    """The holder of a key that has not expired, always read anew so that a revoked key ends at once. What the caller
    shows is looked up by its hash and compared with nothing, so that no answer's time tells of a stored key."""
    item = _read(_hash(api_key))
    if item is None:
        return None
    key = _key(item)
    if key.has_expired(clock.now_ms()):
        return None
    known = (key.organization_id, key.name, key.scopes, key.id, key.last_used_at, key.channels, key.is_operators)
    return KeyHolder(*known)


def note_use(api_key: str, holds: KeyHolder) -> None:
    """Notes that the key is used, at most once in ``LAST_USED_MS`` however many processes are told so. A use that
    cannot be noted is not: nobody is refused for that."""
    now = clock.now_ms()
    before = now - LAST_USED_MS
    if (holds.last_used_at is not None and holds.last_used_at > before) or monotonic() < _Notes.from_then_on:
        return
    last = ApiKeyItem.last_used_at
    is_due = Item.pk.exists() & (last.does_not_exist() | (last <= before))  # a revoked key does not come back
    try:
        update(_item(_hash(api_key)), [last.set(now)], is_due)
    except StoreError:
        _Notes.from_then_on = monotonic() + _PAUSE_SECONDS


def of_organization(organization_id: str) -> list[ApiKey]:
    """The organization's keys, oldest first, expired ones included (consistent)."""
    return [key for key in _listed(f"{organization_id}#") if key.organization_id == organization_id]


def all_keys() -> list[ApiKey]:
    """The keys of all organizations, oldest first (consistent)."""
    return _listed("")


def find(organization_id: str, key_id: str) -> ApiKey | None:
    """The key as it is now (consistent), or None."""
    if len(key_id) > ID_LENGTH:
        return None
    entry = get(DocumentItem, _LIST, f"{organization_id}#{key_id}", consistent=True)
    key = None if entry is None else _of_hashes(entry.body["hashes"])
    return key if key is not None and key.organization_id == organization_id else None


def find_anywhere(key_id: str) -> ApiKey | None:
    """The key of that id, whosever it is (consistent), or None."""
    entries = query(DocumentItem, _LIST, consistent_read=True)
    named = (entry for entry in entries if entry.sk.endswith(f"#{key_id}"))
    return next((key for entry in named if (key := _of_hashes(entry.body["hashes"])) is not None), None)


def revoke(key: ApiKey) -> None:
    """Ends every secret of the key; whoever is called refuses it from now on."""
    while True:
        entry = get(DocumentItem, _LIST, _place(key), consistent=True)
        if entry is None:
            return
        for each in entry.body["hashes"]:
            delete(_item(each))
        delete(entry, DocumentItem.body == entry.body)  # unless a rotation has added another one


def rotate(key: ApiKey, api_key: str, previous_until: int) -> ApiKey | None:
    """A new secret for the key; the earlier ones are valid until that moment (epoch ms), if not shorter. None if the
    key is gone or somebody else rotates it at this moment; then this secret is not valid."""
    entry = get(DocumentItem, _LIST, _place(key), consistent=True)
    if entry is None:
        return None
    now = clock.now_ms()
    made = replace(key, prefix=_prefix(api_key), last_used_at=None)
    _put(_hash(api_key), made)
    valid = [each for each in entry.body["hashes"] if (item := _read(each)) and not _key(item).has_expired(now)]
    body = {"hashes": [_hash(api_key), *valid]}
    if not update(entry, [DocumentItem.body.set(body)], DocumentItem.body == entry.body).applied:
        delete(_item(_hash(api_key)))
        return None
    for each in valid:
        _end(each, previous_until)
    return replace(made, last_used_at=key.last_used_at)


def _end(key_hash: str, until: int) -> None:
    """The secret expires at that moment, if not earlier."""
    item = _read(key_hash)
    if item is None:
        return
    expires_at = min(until, item.body.get("expires_at") or until)
    actions = [ApiKeyItem.body.set({**item.body, "expires_at": expires_at}), Item.ttl.set(expires_at // 1000)]
    update(_item(key_hash), actions, Item.pk.exists())


def was_searched() -> bool:
    """Whether all keys are listed, those included that were made before there was a list."""
    return documents.read(_LIST, _SEARCHED, consistent=True) is not None


def search(told: Callable[[int], None]) -> None:
    """Reads the whole table once, to list the keys from before there was a list; they are valid all the same.
    ``told``: how many of them were found so far, after each page that has some or is not the last."""
    found, start = 0, None
    while True:
        page, start = scan_page(Item.pk.startswith(_KEY), start)
        for raw in page:
            item = ApiKeyItem.from_raw_data(raw)
            assert isinstance(item, ApiKeyItem)
            entry = DocumentItem(_LIST, _place(_key(item)), body={"hashes": [item.pk.removeprefix(_KEY)]})
            found += put_new(entry).applied
        if found or start is not None:
            told(found)
        if start is None:
            break
    documents.write(_LIST, _SEARCHED, {})


def _listed(prefix: str) -> list[ApiKey]:
    wanted: dict[str, Any] = {"range_key_condition": Item.sk.startswith(prefix)} if prefix else {}
    entries = query(DocumentItem, _LIST, consistent_read=True, **wanted)
    found = [_of_hashes(entry.body["hashes"]) for entry in entries if entry.sk != _SEARCHED]
    return sorted((key for key in found if key is not None), key=lambda key: (key.created_at or 0, key.id))


def _of_hashes(hashes: list[str]) -> ApiKey | None:
    """The key whose secrets these are, the current one first."""
    kept = [_key(item) for each in hashes if (item := _read(each)) is not None]
    if not kept:
        return None
    return replace(kept[0], last_used_at=max(key.last_used_at or 0 for key in kept) or None)


def _read(key_hash: str) -> ApiKeyItem | None:
    return get(ApiKeyItem, f"{_KEY}{key_hash}", "KEY", consistent=True)


def _put(key_hash: str, key: ApiKey) -> None:
    body: dict[str, Any] = {
        "id": key.id,
        "organization_id": key.organization_id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "prefix": key.prefix,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "channels": None if key.channels is None else sorted(key.channels),
    }
    if key.is_operators:
        body["operator"] = True
    put_item(_item(key_hash, body=body))


def _key(item: ApiKeyItem) -> ApiKey:
    """Of a key from before they were listed there is its organization, name and scopes."""
    body = item.body
    channels = body.get("channels")
    return ApiKey(
        *(body.get("id") or item.pk.removeprefix(_KEY)[:12], body["organization_id"]),
        *(body["name"], frozenset(body["scopes"])),
        prefix=body.get("prefix"),
        created_at=body.get("created_at"),
        expires_at=body.get("expires_at"),
        last_used_at=item.last_used_at,
        channels=None if channels is None else frozenset(channels),
        is_operators=bool(body.get("operator")),
    )


def _item(key_hash: str, **attributes: Any) -> ApiKeyItem:
    return ApiKeyItem(f"{_KEY}{key_hash}", "KEY", **attributes)


def _place(key: ApiKey) -> str:
    return f"{key.organization_id}#{key.id}"


def _prefix(api_key: str) -> str | None:
    return api_key[:_PREFIX_LENGTH] if len(api_key) >= _SHORTEST else None


def _hash(api_key: str) -> str:
    return hashlib.sha256(api_key.encode()).hexdigest()
