"""How far the deletions of organizations are. They outlive the organizations, for ``_KEPT_MS``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gate24.channels import OrganizationDeletion
from gate24.store.items import DocumentItem
from gate24.store.known_fields import known_fields
from gate24.store.table import Item, get, put, update

_PK = "DELETIONS"
_KEPT_MS = 30 * 86_400_000


def find(organization_id: str) -> OrganizationDeletion | None:
    """As it is now (consistent)."""
    found = get(DocumentItem, _PK, organization_id, consistent=True)
    if found is None:
        return None
    fields = known_fields(OrganizationDeletion, found.body)
    days_left = fields.get("days_left")
    lists = {name: tuple(fields.get(name, ())) for name in ("running", "channel_ids", "secrets_left")}
    return OrganizationDeletion(**{**fields, **lists, "days_left": None if days_left is None else tuple(days_left)})


def begin(deletion: OrganizationDeletion) -> None:
    """In place of an earlier one, of an organization that had the id before."""
    put(_item(deletion))


def save(before: OrganizationDeletion, after: OrganizationDeletion) -> bool:
    """False, and nothing is written, where another function has gone on with it since ``before`` was read."""
    item = _item(after)
    actions = [DocumentItem.body.set(item.body), Item.ttl.set(item.ttl)]
    return update(DocumentItem(_PK, after.organization_id), actions, DocumentItem.body == _body(before)).applied


def _item(deletion: OrganizationDeletion) -> DocumentItem:
    ttl = ((deletion.finished_at or deletion.at) + _KEPT_MS) // 1000
    return DocumentItem(_PK, deletion.organization_id, body=_body(deletion), ttl=ttl)


def _body(deletion: OrganizationDeletion) -> dict[str, Any]:
    """As ``save`` compares it: fields that an earlier version did not write are left out where they say nothing."""
    body = asdict(deletion) | {"running": list(deletion.running)}
    later = {name: body.pop(name) for name in ("step", "channel_ids", "days_left", "fold", "secrets_left")}
    said = {name: value for name, value in later.items() if value not in (None, (), "webhooks")}
    if deletion.days_left is not None:
        said["days_left"] = deletion.days_left
    return body | {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}
