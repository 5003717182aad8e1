"""The audit log: who changed what of an organization, when, and from where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from gate24.lazy_dataclass import dataclass

ActorKind = Literal["member", "key", "platform", "operator"]
"""A member of the staff, software with an API key, the platform that hosts the organization, or who runs gate24 by the
commands of ``./gate24``."""
ACTORS: tuple[ActorKind, ...] = get_args(ActorKind)

AuditKind = Literal["members", "keys", "channels", "templates", "webhooks", "settings", "contacts", "events"]
AUDIT_KINDS: tuple[AuditKind, ...] = get_args(AuditKind)

Outcome = Literal["done", "unknown"]
"""``unknown``: it was begun, and nothing told how it ended: it may have been done."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is audited. ``verb``: what is done to the thing; ``put`` adds it or changes it."""

    kind: AuditKind
    thing: str
    verb: str


@dataclass(frozen=True, slots=True)
class Actor:
    """``name``: the member's or the API key's, None of an operator. ``email``: of a member, ``key_id``: of a key."""

    kind: ActorKind
    name: str | None = None
    email: str | None = None
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """``at``: epoch ms. ``act``: the thing and what became of it, ``member.changed``. ``subject``: the id of what was
    changed, of a contact its keyed hash; ``name``: what people call it. ``changes``: by field the value before and the
    one after, None where there was none. ``facts``: what else is to be said, none of it secret."""

    id: str
    at: int
    kind: AuditKind
    act: str
    by: Actor
    subject: str
    name: str | None
    changes: Mapping[str, tuple[Any, Any]]
    facts: Mapping[str, Any]
    outcome: Outcome = "unknown"
