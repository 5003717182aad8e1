"""Consent and what is like it: registers that only move forward, and the append-only history.

Each register is one conditional UpdateItem, and "condition failed" means that a newer event was there first.
So events may come late, twice and in any order. Times are epoch milliseconds.
"""

from __future__ import annotations

from typing import Any

from gate24.events import ConsentAction, ContactRef
from gate24.store import keys
from gate24.store.contacts import listed
from gate24.store.items import ConsentItem, ContactItem, SuppressionItem
from gate24.store.table import Item, put_new, query, update


def record_consent(
    organization_id: str,
    contact: str,
    ref: ContactRef,
    action: ConsentAction,
    at: int,
    source: str,
    evidence: str | None = None,
    actor: str | None = None,
    mark: str | None = None,
    first_told_at: int | None = None,
) -> None:
    """Moves the register of this action to ``at`` and appends to the history. The same event twice (same
    ``mark``, and same ``first_told_at`` where it came with two times) is one entry."""
    register, its_source = {
        "opt_in": (ContactItem.opt_in_at, ContactItem.opt_in_source),
        "opt_out": (ContactItem.opt_out_at, ContactItem.opt_out_source),
    }[action]
    forward(organization_id, contact, ref, register, at, its_source, source)
    entry_at = at if first_told_at is None else first_told_at
    append_history(organization_id, contact, action, entry_at, source, evidence, actor, mark)


def append_history(
    organization_id: str,
    contact: str,
    action: str,
    at: int,
    source: str,
    evidence: str | None,
    actor: str | None,
    mark: str | None = None,
) -> None:
    """One entry of the consent history; an entry with the same mark and time is the same entry."""
    mark = mark or keys.mark_of(action, str(at), source, evidence or "")
    put_new(
        ConsentItem(
            keys.contact_pk(organization_id, contact),
            f"{keys.CONSENT}{at:013d}#{mark}",
            action=action,
            at=at,
            source=source,
            evidence=evidence,
            actor=actor,
        )
    )


def history(organization_id: str, contact: str) -> list[ConsentItem]:
    """The consent history, newest first."""
    pk = keys.contact_pk(organization_id, contact)
    return query(
        ConsentItem,
        pk,
        range_key_condition=Item.sk.startswith(keys.CONSENT),
        scan_index_forward=False,
        consistent_read=True,
    )


def record_marketing(organization_id: str, contact: str, ref: ContactRef, stopped: bool, at: int) -> None:
    """WhatsApp's own switch for marketing messages."""
    register = ContactItem.stopped_marketing_at if stopped else ContactItem.resumed_marketing_at
    forward(organization_id, contact, ref, register, at)


def record_unreachable(organization_id: str, contact: str, ref: ContactRef, code: str, at: int) -> None:
    """The provider says that the number is not on WhatsApp. It heals by the next inbound message."""
    forward(organization_id, contact, ref, ContactItem.unreachable_at, at, ContactItem.unreachable_code, code)


def set_blocked(organization_id: str, contact: str, ref: ContactRef, blocked: bool, at: int) -> None:
    """What staff decided; by the server's clock, the last decision wins. Lifts a block that outlived an
    erasure, too."""
    forward(organization_id, contact, ref, ContactItem.blocked_at, at, ContactItem.blocked, blocked)
    if not blocked:
        item = SuppressionItem(keys.contact_pk(organization_id, contact), keys.SUPPRESSION)
        update(item, [SuppressionItem.blocked.set(False)], Item.pk.exists())


def forward(
    organization_id: str,
    contact: str,
    ref: ContactRef,
    register: Any,
    at: int,
    companion: Any | None = None,
    said: Any = None,
) -> bool:
    """Moves a register of the contact to ``at``, with what is said beside it (``companion``: the source, the
    code), unless it is further already. Of two events of one millisecond the greater ``said`` stays, so that
    their order does not matter. Returns whether it moved."""
    item = ContactItem(keys.contact_pk(organization_id, contact), keys.CONTACT)
    actions = [register.set(at), *listed(organization_id, contact, ref)]
    moves = register.does_not_exist() | (register < at)
    if companion is not None and said is not None:
        actions.append(companion.set(said))
        if isinstance(said, str):
            moves = moves | ((register == at) & (companion < said))
    return update(item, actions, moves).applied
