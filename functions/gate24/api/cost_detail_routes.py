"""A day's costs as they are now, and the messages that they are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from gate24 import clock
from gate24.api import http
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.render import author_json, day_json, of_channels_json, rfc3339, time_or_none
from gate24.costs import FEES, MonthCount
from gate24.rules.day_parts import category_of
from gate24.rules.money import amount
from gate24.rules.rollup import local_day, of_channels
from gate24.store.costs import month_count
from gate24.usecases.cost_messages import CostedMessage, Place, Wanted, cost_messages
from gate24.usecases.live_costs import LivePlace, live_costs

_FIRST_DAY = date(2009, 1, 1)
"""Before there was WhatsApp nothing cost anything."""

_SECONDS = 12
"""How long a page is worked at: its function ends after 20 s (template.yaml)."""


def show_live_costs(call: Call) -> dict[str, Any]:
    """Today, or another day, computed from the ledger; a day too long for one answer in parts."""
    day = _day(call, "live_day")
    purpose = f"live {day}"
    position = call.position(purpose)
    place = None if position is None else LivePlace(position[0], _counts(position[1]))
    found = live_costs(call.organization, day, call.now, place, clock.time_limit(_SECONDS))
    limit, following = call.access.limit, found.following
    costs = found.costs if limit is None else of_channels(found.costs, limit)
    body = day_json(costs) if limit is None else of_channels_json(day_json(costs))
    return http.answer(
        200,
        body
        | {
            "counted_until": time_or_none(following.at if following else None),
            "next_cursor": call.cursor(purpose, [following.at, _state(following.counts)] if following else None),
            "server_time": rfc3339(call.now),
        },
    )


def list_cost_messages(call: Call) -> dict[str, Any]:
    """The messages of a day's costs, oldest first."""
    day, asked = _day(call, "costs_day"), call.parameters
    wanted = Wanted(
        asked.get("of_channel"),
        asked.get("of_category"),
        asked.get("of_template"),
        asked.get("of_author"),
        asked.get("of_fee"),
        call.access.limit,
    )
    told = (day, wanted.channel_id, wanted.category, wanted.template, wanted.author, wanted.fee)
    purpose = f"cost messages {told}"
    position = call.position(purpose)
    place = None if position is None else Place(position[0], position[1], _counts(position[2]))
    found, following = cost_messages(call.organization, day, wanted, place, asked["limit"], clock.time_limit(_SECONDS))
    then = [following.at, following.passed, _state(following.counts)] if following else None
    return http.answer(
        200,
        {
            "data": [_message_json(call, each) for each in found],
            "next_cursor": call.cursor(purpose, then),
            "server_time": rfc3339(call.now),
        },
    )


def _message_json(call: Call, each: CostedMessage) -> dict[str, Any]:
    entry, message, contact = each.entry, each.message, each.contact
    to = message.to.text if message is not None and message.to is not None else None
    card = {"amount": amount(each.own), "currency": each.exchange.from_currency} if each.exchange else None
    return {
        "message_id": None if message is None else message.key.id,
        "at": rfc3339(entry.at),
        "direction": "inbound" if entry.kind == "inbound" else "outbound",
        "type": None if message is None else message.type,
        "contact": None if contact is None else contact.phone or contact.user_id or to,
        "channel": entry.channel_id,
        "kind": entry.kind,
        "category": category_of(entry),
        "template": entry.template,
        "author": None if entry.author is None else author_json(entry.author),
        "currency": call.organization.currency,
        "total": amount(sum(each.fees.values())),
        "fees": {fee: amount(each.fees[fee]) for fee in FEES},
        "undelivered": amount(each.undelivered),
        "unpriced": entry.unpriced or not each.is_priced,
        "corrected": entry.reckoned is not None,
        **({"card": card} if card else {}),
    }


def _day(call: Call, name: str) -> date:
    """The day asked for; without one, today. Problem ``payload_invalid`` for one that has not begun."""
    today, asked = local_day(call.now, call.organization.timezone), call.parameters.get(name)
    try:
        day = today if asked is None else date.fromisoformat(asked)
    except ValueError:
        raise _wrong_day("is not a day of the calendar") from None
    if day > today:
        raise _wrong_day("has not begun")
    if day < _FIRST_DAY:
        raise _wrong_day("is before WhatsApp")
    return day


def _wrong_day(detail: str) -> Problem:
    return Problem("payload_invalid", f"The day {detail}.", errors=[{"pointer": "/day", "detail": detail}])


def _state(counts: Mapping[str, MonthCount]) -> dict[str, Any]:
    """Without the marks, which are of what was passed."""
    return {name: {"before": each.before, "after": each.after, "marks": []} for name, each in counts.items()}


def _counts(state: dict[str, Any]) -> dict[str, MonthCount]:
    return {name: month_count(each) for name, each in state.items()}


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "showLiveCosts": show_live_costs,
    "listCostMessages": list_cost_messages,
}
