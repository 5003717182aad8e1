"""The audit log, and the erasures of contacts: what admins look up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from gate24.api.call import Call
from gate24.api.parameters import PARAMETERS
from gate24.api.problems import Problem
from gate24.api.render import actor_json, erasure_json, rfc3339
from gate24.audit import AuditEntry
from gate24.contacts import Erasure
from gate24.rules.rollup import day_bounds
from gate24.store import audit_log, erasure

_ERASURES = "erasures"
_READ_MOST = 1000
"""Acts that one request looks at for those of one kind; where it finds too few until then, it goes on with its
cursor."""

_END = 10**13 - 1
"""Later than any act (epoch ms)."""


def list_audit_log(call: Call) -> dict[str, Any]:
    wanted = call.parameters
    since, until = _bounds(call)
    kind = wanted.get("audit_kind")
    purpose = f"audit log {wanted.get('audit_from') or ''} {wanted.get('audit_to') or ''} {kind or ''}"
    found = audit_log.entries(call.organization.id, since, until, call.position(purpose))
    data: list[tuple[dict[str, Any], str]] = []
    for looked_at, (entry, position) in enumerate(found, 1):
        if kind is None or entry.kind == kind:
            data.append((audit_json(entry), position))
        if len(data) > wanted["limit"]:
            break
        if looked_at == _READ_MOST:
            return call.page(data, purpose, position)
    return call.page(data, purpose)


def _bounds(call: Call) -> tuple[int, int]:
    """From the first day's beginning to the last day's end, in epoch ms."""
    first, last = _day(call, "audit_from"), _day(call, "audit_to")
    since, until = 0 if first is None else first[0], _END if last is None else last[1]
    if first is not None and last is not None and until <= since:
        errors = [{"pointer": "/to", "detail": "is before from"}]
        raise Problem("payload_invalid", "No day is between the two.", errors=errors)
    return min(max(0, since), _END - 1), min(until, _END)


def _day(call: Call, name: str) -> tuple[int, int] | None:
    """The beginning and the end of the day that the parameter names."""
    given = call.parameters.get(name)
    if given is None:
        return None
    try:
        return day_bounds(date.fromisoformat(given), call.organization.timezone)
    except (ValueError, OverflowError):
        errors = [{"pointer": f"/{PARAMETERS[name].name}", "detail": "is no day of the calendar"}]
        raise Problem("payload_invalid", "There is no such day.", errors=errors) from None


def list_erasures(call: Call) -> dict[str, Any]:
    """All are read for it: their ids tell no time, and there are few."""
    organization_id = call.organization.id
    found = sorted(erasure.all_of(organization_id), key=lambda each: (each.at, each.id), reverse=True)
    position = call.position(_ERASURES)
    rest = [each for each in found if position is None or [each.at, each.id] < position]

    def rows() -> Iterator[tuple[dict[str, Any], list[Any]]]:
        for each in rest:
            yield _erasure_row(each, erasure.refusals(organization_id, each)), [each.at, each.id]

    return call.page(rows(), _ERASURES)


def audit_json(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": rfc3339(entry.at),
        "kind": entry.kind,
        "act": entry.act,
        "by": actor_json(entry.by),
        "subject": entry.subject,
        "name": entry.name,
        "changes": [{"field": name, "old": old, "new": new} for name, (old, new) in entry.changes.items()],
        "facts": dict(entry.facts),
        "outcome": entry.outcome,
    }


def _erasure_row(erasure: Erasure, refusals: Sequence[str]) -> dict[str, Any]:
    """An erasure in the list, which names nobody. ``refusals``: what outlives it."""
    by = erasure.by
    return {
        **erasure_json(erasure),
        "by": None if by is None else {"name": None, **by},
        "parts": len(erasure.stretches),
        "parts_done": min(erasure.stretches_done, len(erasure.stretches)),
        "survives": list(refusals),
    }


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "listAuditLog": list_audit_log,
    "listErasures": list_erasures,
}
