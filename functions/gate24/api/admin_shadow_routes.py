"""The report of a trial, for a platform, as ``./gate24 shadow report`` has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any

from gate24 import clock
from gate24.api import http
from gate24.api.administered import named_channel, named_organization
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.api.shadow_report import ShadowReport, each_day, reported_days, shadow_json
from gate24.channels import Channel, Organization
from gate24.rules.shadow_sums import ShadowSums
from gate24.usecases.judge_sends_around import judge_day

_SECONDS = 8.0
"""How long one request begins to judge; its function has 20 s (template.yaml)."""

_AT_ONCE = 100
"""Messages between two looks at the time: each may take some requests to the table."""


def report(call: Call) -> dict[str, Any]:
    """The sums of all that was judged until now, with the messages that this request names. Where there was no time
    for all, ``next_cursor`` has the sums with where it goes on."""
    organization, channel = named_organization(call), named_channel(call)
    purpose = f"shadow {channel.id} {call.parameters.get('report_from')} {call.parameters.get('report_to')}"
    (since, until), day, start, sums = _begin(call, organization, channel, call.position(purpose))
    found, is_time_up = ShadowReport(sums), clock.time_limit(_SECONDS)
    position: list[Any] | None = None
    for each in each_day(day, until):
        for position_after, judged in judge_day(organization, channel, each, start, _AT_ONCE):
            for send in judged:
                found.add(send)
            if is_time_up():
                position = [each.isoformat(), position_after]
                break
        start = 0
        if position is None and is_time_up() and each < until:
            position = [date.fromordinal(each.toordinal() + 1).isoformat(), 0]
        if position is not None:
            position = [since.isoformat(), until.isoformat(), *position, _state(sums)]
            break
    answer = shadow_json(organization, channel, (since, until), found)
    return http.answer(200, answer | {"next_cursor": call.cursor(purpose, position), "server_time": rfc3339(call.now)})


def _begin(
    call: Call, organization: Organization, channel: Channel, position: list[Any] | None
) -> tuple[tuple[date, date], date, int, ShadowSums]:
    """The days of the report, and where this request begins with which sums. Problem ``payload_invalid``."""
    if position is not None:
        since, until, day, at, state = position
        days = date.fromisoformat(since), date.fromisoformat(until)
        return days, date.fromisoformat(day), at, _sums(state)
    first, last = (_day(call, name) for name in ("report_from", "report_to"))
    try:
        days = reported_days(organization, channel, first, last, call.now)
    except ValueError as error:
        raise _wrong("to", f"is {error}") from None
    return days, days[0], 0, ShadowSums(organization.currency)


def _day(call: Call, name: str) -> date | None:
    given = call.parameters.get(name)
    try:
        return None if given is None else date.fromisoformat(given)
    except ValueError:
        raise _wrong(name.removeprefix("report_"), "is not a day of the calendar") from None


def _wrong(field: str, detail: str) -> Problem:
    errors = [{"pointer": f"/{field}", "detail": detail}]
    return Problem("payload_invalid", f"{field} {detail}.", errors=errors)


def _state(sums: ShadowSums) -> dict[str, Any]:
    return {each.name: getattr(sums, each.name) for each in fields(sums)}


def _sums(state: dict[str, Any]) -> ShadowSums:
    sums = ShadowSums(state["currency"])
    for name, each in state.items():
        setattr(sums, name, Counter(each) if isinstance(each, dict) else each)
    return sums


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {"reportShadow": report}
