"""An act is noted in the audit log before it is done, and how it ended afterwards: so none goes unrecorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field, replace
from typing import Any

from gate24 import clock
from gate24.audit import Act, Actor, AuditEntry
from gate24.lazy_dataclass import dataclass
from gate24.observability import logger
from gate24.store import audit_log
from gate24.store.table import StoreError

State = Callable[[str], Mapping[str, Any] | None]
"""What is to be seen of the thing with that id, by its fields and without secrets; None where there is none."""

VALUE_LENGTH = 300
"""Of a text that is kept of what was changed; a longer one is cut."""


@dataclass(slots=True)
class Told:
    """What the act tells of itself while it is done. ``subject``: the id of what it made, ``facts``: none secret.
    ``has_changed``: False where it is known to have changed nothing."""

    subject: str
    has_changed: bool = True
    facts: dict[str, Any] = field(default_factory=dict)


@contextmanager
def recorded(
    organization_id: str,
    act: Act,
    by: Actor,
    subject: str,
    state: State,
    is_refusal: Callable[[Exception], bool],
) -> Iterator[Told]:
    """Records what is done inside. What is refused (``is_refusal``) is no act, and nor is one after which all is as
    it was: neither is kept. StoreError, and nothing was done, where it cannot be recorded."""
    before = state(subject) if subject else None
    verb = act.verb if act.verb != "put" else "added" if before is None else "changed"
    entry = AuditEntry(
        *(audit_log.new_id(), clock.now_ms(), act.kind, f"{act.thing}.{verb}", by),
        *(subject, _name(before), {}, {}),
    )
    audit_log.begin(organization_id, entry)
    told = Told(subject)
    try:
        yield told
    except Exception as error:
        if is_refusal(error):
            with suppress(StoreError):  # it stays as one of which nothing is known
                audit_log.drop(organization_id, entry)
        raise
    try:
        after = state(told.subject) if told.subject else None
        changes = _changes(before, after)
        if not told.has_changed or (verb == "changed" and not changes):
            audit_log.drop(organization_id, entry)
            return
        name = _name(after) or entry.name
        done = replace(entry, subject=told.subject, name=name, changes=changes, facts=told.facts, outcome="done")
        audit_log.finish(organization_id, done)
    except StoreError as error:  # the act is done, and its entry is there
        logger.warning("audit_outcome_not_noted", extra={"reason": str(error)})


def _name(state: Mapping[str, Any] | None) -> str | None:
    found = (state or {}).get("name")
    return found if isinstance(found, str) else None


def _changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, tuple[Any, Any]]:
    """What differs, by field; where the thing was or is not there, all that it has."""
    was, now = before or {}, after or {}
    names = dict.fromkeys((*was, *now))
    values = {name: (was.get(name), now.get(name)) for name in names}
    return {name: (_cut(old), _cut(new)) for name, (old, new) in values.items() if old != new}


def _cut(value: Any) -> Any:
    return f"{value[:VALUE_LENGTH]}…" if isinstance(value, str) and len(value) > VALUE_LENGTH else value
