"""The audit log of an organization: one item for each act, by its time. It is kept as long as the organization is."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from gate24.audit import Actor, AuditEntry
from gate24.store import keys
from gate24.store.items import DocumentItem
from gate24.store.known_fields import known_fields
from gate24.store.table import Item, delete, put, put_new, translated

_PAGE = 100
_TIME_DIGITS = 13


def new_id() -> str:
    return secrets.token_hex(6)


def begin(organization_id: str, entry: AuditEntry) -> None:
    put_new(_item(organization_id, entry))


def finish(organization_id: str, entry: AuditEntry) -> None:
    """Tells how the act ended. Nothing is written of an organization whose log is gone by now."""
    put(_item(organization_id, entry), Item.pk.exists())


def drop(organization_id: str, entry: AuditEntry) -> None:
    """Takes away an act that was refused, and so is none."""
    delete(DocumentItem(keys.audit_pk(organization_id), _sort(entry)))


def entries(organization_id: str, since: int, until: int, after: str | None = None) -> Iterator[tuple[AuditEntry, str]]:
    """Those from ``since`` until before ``until`` (epoch ms), newest first, read as far as they are taken; each with
    its position, after which the list goes on (``after``)."""
    first, last = f"{since:0{_TIME_DIGITS}d}", f"{until:0{_TIME_DIGITS}d}"
    start = None if after is None else {"pk": {"S": keys.audit_pk(organization_id)}, "sk": {"S": after}}
    return _read(
        organization_id,
        range_key_condition=DocumentItem.sk.between(first, last),
        scan_index_forward=False,
        last_evaluated_key=start,
    )


def everything(organization_id: str) -> Iterator[tuple[AuditEntry, str]]:
    """All of it, the oldest first."""
    return _read(organization_id)


def _read(organization_id: str, **how: Any) -> Iterator[tuple[AuditEntry, str]]:
    with translated("Query"):
        found = DocumentItem.query(keys.audit_pk(organization_id), consistent_read=True, page_size=_PAGE, **how)
        for item in found:
            yield _entry(item), item.sk


def _item(organization_id: str, entry: AuditEntry) -> DocumentItem:
    by = {name: value for name in ("kind", "name", "email", "key_id") if (value := getattr(entry.by, name)) is not None}
    body = {
        "kind": entry.kind,
        "act": entry.act,
        "by": by,
        "subject": entry.subject,
        "name": entry.name,
        "changes": {field: list(values) for field, values in entry.changes.items()},
        "facts": dict(entry.facts),
        "outcome": entry.outcome,
    }
    return DocumentItem(keys.audit_pk(organization_id), _sort(entry), body=body)


def _entry(item: DocumentItem) -> AuditEntry:
    at, name = item.sk.split("#", 1)
    body: dict[str, Any] = known_fields(AuditEntry, item.body)
    body |= {
        "by": Actor(**known_fields(Actor, body["by"])),
        "changes": {field: (before, after) for field, (before, after) in body["changes"].items()},
    }
    return AuditEntry(id=name, at=int(at), **body)


def _sort(entry: AuditEntry) -> str:
    return f"{entry.at:0{_TIME_DIGITS}d}#{entry.id}"
