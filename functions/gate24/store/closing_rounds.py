"""The rounds in which staff are told of chats that close soon (``rules.waiting_chats``), and who has heard of which.

A round is stored before anybody hears of it; whoever is to hear is claimed before the call, once. What lies here names
nobody: windows and members by short hashes. It goes by itself, and with its organization.
"""

from __future__ import annotations

import hashlib
from typing import Any

from gate24.rules.waiting_chats import Rounds
from gate24.store import keys
from gate24.store.items import ClosingRoundItem
from gate24.store.table import Item, delete, get, put, put_new

_KEPT_SECONDS = 2 * 24 * 3600
"""Longer than anybody goes on with a round: its windows are closed by then."""


def read(organization_id: str, kind: str) -> Rounds:
    """The rounds of that kind until now (consistent). ``kind``: by what staff are told."""
    item = get(ClosingRoundItem, keys.closing_rounds_pk(organization_id), kind, consistent=True)
    if item is None or item.number is None:
        return Rounds()
    body: dict[str, Any] = item.body or {}
    return Rounds(
        number=item.number,
        at=int(body["at"]),
        told=body["told"],
        batch=tuple(body["batch"]),
        is_under_way=bool(item.is_under_way),
    )


def begin(organization_id: str, kind: str, rounds: Rounds) -> bool:
    """Stores a new round; False where somebody else has begun it."""
    item = _item(organization_id, kind, rounds)
    before = rounds.number - 1
    return put(item, ClosingRoundItem.number == before if before else Item.pk.does_not_exist()).applied


def finish(organization_id: str, kind: str, rounds: Rounds) -> None:
    """Everybody has heard of the round; of no use where a later one has begun."""
    item = _item(organization_id, kind, rounds)
    item.is_under_way = None
    put(item, ClosingRoundItem.number == rounds.number)


def claim(organization_id: str, kind: str, number: int, who: str, now: int) -> bool:
    """Whether the caller is to tell ``who`` (an address or a device) of the round: once, whatever crashes later."""
    return put_new(_claim(organization_id, kind, number, who, now)).applied


def give_back(organization_id: str, kind: str, number: int, who: str) -> None:
    """Nothing was sent: another run may claim it."""
    delete(_claim(organization_id, kind, number, who, 0))


def _item(organization_id: str, kind: str, rounds: Rounds) -> ClosingRoundItem:
    return ClosingRoundItem(
        keys.closing_rounds_pk(organization_id),
        kind,
        body={"at": rounds.at, "told": dict(rounds.told), "batch": list(rounds.batch)},
        number=rounds.number,
        is_under_way=rounds.is_under_way or None,
    )


def _claim(organization_id: str, kind: str, number: int, who: str, now: int) -> ClosingRoundItem:
    name = hashlib.sha256(who.encode()).hexdigest()[:16]
    return ClosingRoundItem(
        keys.closing_rounds_pk(organization_id), f"{kind}#{number}#{name}", ttl=now // 1000 + _KEPT_SECONDS
    )
