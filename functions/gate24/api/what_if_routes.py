"""What messages would have cost by another rate card, and which cards there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from gate24 import clock
from gate24.api import http
from gate24.api.call import Call
from gate24.api.organization_routes import asked_days
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.costs import MonthCount
from gate24.rules.money import amount
from gate24.rules.pricing import assumptions_of
from gate24.rules.rate_cards import RateCard, rate_card, rate_card_ids
from gate24.rules.rollup import local_day
from gate24.store.costs import month_count
from gate24.usecases.state_costs import exchange_fault
from gate24.usecases.what_if import WhatIf, what_if

_SECONDS = 12
"""How long a page is worked at: its function ends after 20 s (template.yaml)."""

_MOST_DAYS = 100


def list_rate_cards(call: Call) -> dict[str, Any]:
    """All of them, in the order of their ids."""
    found = [card_json(rate_card(each)) for each in rate_card_ids()]
    return http.answer(200, {"rate_cards": found, "server_time": rfc3339(call.now)})


def card_json(card: RateCard) -> dict[str, Any]:
    """What tells a rate card from others."""
    return {
        "id": card.id,
        "provider": card.provider,
        "currency": card.currency,
        "effective_from": card.effective_from,
        "effective_to": card.effective_to,
        "model": card.model,
    }


def show_what_if(call: Call) -> dict[str, Any]:
    """As many days as the time allows; the cursor goes on."""
    first, last = asked_days(call, _MOST_DAYS)
    card = _card(call, first)
    purpose = f"what-if {card.id} {first}-{last}"
    found = _begun(call, first, call.position(purpose))
    end = min(last, local_day(call.now, call.organization.timezone))
    if found.position is not None and found.position[0] > end:
        found.position = None
    what_if(call.organization, card, end, found, call.access.limit, clock.time_limit(_SECONDS))
    return http.answer(
        200,
        what_if_json(found)
        | {
            "card": card.id,
            "from": first.isoformat(),
            "to": last.isoformat(),
            "currency": call.organization.currency,
            "assumed": list(assumptions_of(card)),
            "next_cursor": call.cursor(purpose, _position(found)),
            "server_time": rfc3339(call.now),
        },
    )


def what_if_json(found: WhatIf) -> dict[str, Any]:
    """The lines and their sums."""
    lines = [
        {
            "date": part.day,
            "channel": part.channel_id,
            "kind": part.kind,
            "category": part.category,
            "market": part.market,
            "count": amounts.count,
            **_beside(amounts.cost, amounts.what_if),
        }
        for part, amounts in sorted(found.parts.items(), key=lambda each: tuple(map(str, each[0])))
    ]
    cost, other = (sum(getattr(each, name) for each in found.parts.values()) for name in ("cost", "what_if"))
    return {**_beside(cost, other), "unpriced": found.unpriced, "lines": lines}


def _beside(cost: int, other: int) -> dict[str, str]:
    return {"cost": amount(cost), "what_if": amount(other), "difference": amount(other - cost)}


def _card(call: Call, day: date) -> RateCard:
    asked = call.parameters["card"]
    if asked not in rate_card_ids():
        known = ", ".join(rate_card_ids())
        raise _wrong("card", f"is no rate card; there are: {known}")
    card = rate_card(asked)
    fault = exchange_fault(call.organization, card.currency, day)
    if card.currency != call.organization.currency and fault is not None:
        raise _wrong("card", f"cannot be converted: {fault}")
    return card


def _wrong(field: str, detail: str) -> Problem:
    return Problem("payload_invalid", f"{field} {detail}.", errors=[{"pointer": f"/{field}", "detail": detail}])


def _begun(call: Call, first: date, position: list[Any] | None) -> WhatIf:
    if position is None:
        return WhatIf((first, 0))
    day, at, own, other = position
    return WhatIf((date.fromisoformat(day), at), None if own is None else _counts(own), _counts(other))


def _position(found: WhatIf) -> list[Any] | None:
    if found.position is None:
        return None
    day, at = found.position
    own = None if found.own is None else _state(found.own)
    return [day.isoformat(), at, own, _state(found.other)]


def _state(counts: dict[str, MonthCount]) -> dict[str, Any]:
    """Without the marks, which are of a day that was passed."""
    return {name: {"before": each.before, "after": each.after, "marks": []} for name, each in counts.items()}


def _counts(state: dict[str, Any]) -> dict[str, MonthCount]:
    return {name: month_count(each) for name, each in state.items()}


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "listRateCards": list_rate_cards,
    "showWhatIf": show_what_if,
}
