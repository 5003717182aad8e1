"""What belongs to the whole organization: itself, templates, costs, events that were not understood."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import islice
from typing import Any

from gate24.api import http
from gate24.api.call import Call
from gate24.api.costs_csv import months_to_csv, to_csv
from gate24.api.pages import LARGEST
from gate24.api.problems import Problem
from gate24.api.render import (
    day_json,
    month_json,
    of_channels_json,
    rfc3339,
    template_json,
    unrecognized_head,
    unrecognized_json,
)
from gate24.rules.rollup import of_channels
from gate24.store import templates, unrecognized
from gate24.templates import Template
from gate24.usecases.daily_costs import daily_costs, monthly_costs

_MOST_DAYS = 366
_MOST_MONTHS = 36
_READ_MOST = 200
"""Events that one request looks at for a key that is limited to channels."""

_PART_LETTERS = 500_000
"""Of an event's text in one answer. Each may take four bytes of Lambda's 6 MB: a backslash is escaped twice."""


def get_me(call: Call) -> dict[str, Any]:
    """Who the API key belongs to, and what a console needs to know before it shows anything."""
    organization = call.organization
    return http.answer(
        200,
        {
            "organization": {
                "id": organization.id,
                "name": organization.name,
                "timezone": organization.timezone,
                "currency": organization.currency,
                "retention_days": organization.retention_days,
            },
            "scopes": sorted(call.access.scopes),
            "channels": [
                {
                    "id": channel.id,
                    "provider": channel.provider,
                    "business_number": channel.business_number,
                    "margin_seconds": channel.margin_seconds,
                    "mode": channel.mode,
                }
                for channel in call.access.channels()
            ],
            "server_time": rfc3339(call.now),
        },
    )


def list_templates(call: Call) -> dict[str, Any]:
    found = [each for each in templates.templates(call.organization.id) if call.access.may_use(each.channel_id)]
    start = call.position("templates") or 0
    entries = ((template_json(found[index]), index + 1) for index in range(start, len(found)))
    return call.page(entries, "templates")


def put_template(call: Call) -> dict[str, Any]:
    body, channel = call.body_for_channel("TemplateRequest")
    entered = enter_template(call.organization.id, channel.id, call.parameters["name"], body, call.now)
    return http.answer(200, template_json(entered))


def enter_template(organization_id: str, channel_id: str, name: str, body: dict[str, Any], now: int) -> Template:
    """``body``: valid, without its channel. Problem ``payload_invalid`` where the name is too long."""
    if not templates.can_be_stored(channel_id, name, body["language"]):
        errors = [{"pointer": "/name", "detail": f"is too long: at most {templates.KEY_BYTES} bytes with its channel"}]
        raise Problem("payload_invalid", "The request is not as documented.", errors=errors)
    template = Template(channel_id, name, **body, status_at=now, category_at=now)
    return templates.enter(organization_id, template)


def list_daily_costs(call: Call) -> dict[str, Any]:
    """The days up to today, oldest first; as CSV where that is asked for."""
    first, last = (_day(call, name) for name in ("from", "to"))
    if not 0 <= (last - first).days < _MOST_DAYS:
        detail = f"is before from, or the range is longer than {_MOST_DAYS} days"
        raise Problem(
            "payload_invalid", "The range of days is not valid.", errors=[{"pointer": "/to", "detail": detail}]
        )
    found = daily_costs(call.organization, first, last, call.now)
    limit = call.access.limit
    if limit is not None:
        found = [of_channels(day, limit) for day in found]
    if "text/csv" in http.headers_of(call.event).get("accept", ""):
        name = f"costs-{first.isoformat()}-{last.isoformat()}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return http.answer(200, to_csv(found, is_split=limit is not None), headers, "text/csv; charset=utf-8")
    purpose = f"costs {first} {last}"
    start = call.position(purpose) or 0
    shown = [day_json(day) if limit is None else of_channels_json(day_json(day)) for day in found[start:]]
    return call.page(((day, start + number) for number, day in enumerate(shown, 1)), purpose)


def list_monthly_costs(call: Call) -> dict[str, Any]:
    """The months up to this one, oldest first; as CSV where that is asked for."""
    first, last = (_day(call, name, "-01") for name in ("from_month", "to_month"))
    if not 0 <= (last.year - first.year) * 12 + last.month - first.month < _MOST_MONTHS:
        detail = f"is before from, or the range is longer than {_MOST_MONTHS} months"
        raise Problem(
            "payload_invalid", "The range of months is not valid.", errors=[{"pointer": "/to", "detail": detail}]
        )
    end = (last + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    days, limit = daily_costs(call.organization, first, end, call.now), call.access.limit
    found = monthly_costs(days if limit is None else [of_channels(day, limit) for day in days])
    if "text/csv" in http.headers_of(call.event).get("accept", ""):
        headers = {"content-disposition": f'attachment; filename="costs-{first:%Y-%m}-{last:%Y-%m}.csv"'}
        return http.answer(200, months_to_csv(found, is_split=limit is not None), headers, "text/csv; charset=utf-8")
    purpose = f"costs of months {first} {last}"
    start = call.position(purpose) or 0
    shown = [month_json(month) if limit is None else of_channels_json(month_json(month)) for month in found[start:]]
    return call.page(((month, start + number) for number, month in enumerate(shown, 1)), purpose)


def _day(call: Call, name: str, then: str = "") -> date:
    try:
        return date.fromisoformat(call.parameters[name] + then)
    except ValueError:
        errors = [{"pointer": f"/{name.partition('_')[0]}", "detail": "is not a day of the calendar"}]
        raise Problem("payload_invalid", "The range of days is not valid.", errors=errors) from None


def list_unrecognized(call: Call) -> dict[str, Any]:
    position, limit = call.position("unrecognized"), call.parameters["limit"]
    found = unrecognized.newest(call.organization.id, position, limit + 1, LARGEST)
    if call.access.limit is None:
        return call.page(((unrecognized_json(event), event.position) for event in found), "unrecognized")
    looked_at = list(islice(found, _READ_MOST))
    own = ((unrecognized_json(each), each.position) for each in looked_at if call.access.may_use(each.channel_id))
    then = looked_at[-1].position if len(looked_at) == _READ_MOST else None
    return call.page(own, "unrecognized", then)


def get_unrecognized(call: Call) -> dict[str, Any]:
    """An event's text in parts, however large it is."""
    position = unrecognized.position_of(call.parameters["unrecognized_id"])
    event = unrecognized.find(call.organization.id, position) if position else None
    if event is None or not call.access.may_use(event.channel_id):
        raise Problem("not_found", "There is no such event.")
    purpose = f"unrecognized {event.id}"
    start = call.position(purpose) or 0
    end = start + _PART_LETTERS
    body = {
        **unrecognized_head(event),
        "text": event.text[start:end],
        "is_whole": event.is_whole,
        "next_cursor": call.cursor(purpose, end if end < len(event.text) else None),
        "server_time": rfc3339(call.now),
    }
    return http.answer(200, body)


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "getMe": get_me,
    "listTemplates": list_templates,
    "putTemplate": put_template,
    "listDailyCosts": list_daily_costs,
    "listMonthlyCosts": list_monthly_costs,
    "listUnrecognized": list_unrecognized,
    "getUnrecognized": get_unrecognized,
}
