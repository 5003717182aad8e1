"""The browsers that members want to be told in, by what their push services gave them.

They lie beside the rounds (``store.closing_rounds``) and go with their organization. A key of the table names nobody:
members and addresses by short hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from gate24.lazy_dataclass import dataclass
from gate24.rules.web_push import device_name
from gate24.store import keys
from gate24.store.items import DocumentItem
from gate24.store.table import delete, put, query

DEVICES_MOST = 10
"""Of a member; with another one the oldest goes."""

_DEVICE = "DEVICE#"


@dataclass(frozen=True, slots=True)
class Device:
    """``endpoint``: the address at the push service, which lets whoever has it push. ``added_at``: epoch ms."""

    member: str
    name: str
    endpoint: str
    added_at: int


def device(email: str, endpoint: str, now: int) -> Device:
    """A member's, added at ``now`` (epoch ms)."""
    return Device(_owner(email), device_name(endpoint), endpoint, now)


def add(organization_id: str, email: str, endpoint: str, now: int) -> None:
    """``now``: epoch ms."""
    made = device(email, endpoint, now)
    before = [each for each in of_member(organization_id, email) if each.name != made.name]
    put(_item(organization_id, made))
    before.sort(key=lambda each: each.added_at)
    _remove(organization_id, before[: max(0, len(before) + 1 - DEVICES_MOST)])


def of_member(organization_id: str, email: str) -> list[Device]:
    """Consistent."""
    return _found(organization_id, f"{_DEVICE}{_owner(email)}#")


def of_members(organization_id: str, emails: Iterable[str]) -> list[Device]:
    """Of these members; what belongs to nobody of them is left alone."""
    owners = {_owner(email) for email in emails}
    return [each for each in _found(organization_id, _DEVICE) if each.member in owners]


def remove(organization_id: str, of: Device) -> None:
    _remove(organization_id, [of])


def remove_all_of(organization_id: str, email: str) -> None:
    _remove(organization_id, of_member(organization_id, email))


def _found(organization_id: str, prefix: str) -> list[Device]:
    condition = DocumentItem.sk.startswith(prefix)
    found = query(
        DocumentItem, keys.closing_rounds_pk(organization_id), range_key_condition=condition, consistent_read=True
    )
    return [_read(item) for item in found]


def _read(item: DocumentItem) -> Device:
    _, owner, name = item.sk.split("#")
    return Device(owner, name, item.body["endpoint"], int(item.body["added_at"]))


def _remove(organization_id: str, devices: Iterable[Device]) -> None:
    for each in devices:
        delete(_item(organization_id, each))


def _item(organization_id: str, of: Device) -> DocumentItem:
    sort = f"{_DEVICE}{of.member}#{of.name}"
    body = {"endpoint": of.endpoint, "added_at": of.added_at}
    return DocumentItem(keys.closing_rounds_pk(organization_id), sort, body=body)


def _owner(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()[:16]
