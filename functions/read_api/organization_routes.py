"""What belongs to the whole organization: itself, templates, costs, events that were not understood."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from gate24.api import http
from gate24.api.problems import Problem
from gate24.rules.rollup import to_csv
from gate24.rules.times import rfc3339
from gate24.store import configuration, unrecognized
from gate24.store import costs as rollups
from read_api.call import Call

_MOST_DAYS = 366


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
            },
            "scopes": sorted(call.access.scopes),
            "channels": [
                {
                    "id": channel.id,
                    "provider": channel.provider,
                    "business_number": channel.business_number,
                    "margin_seconds": channel.margin_seconds,
                }
                for channel in configuration.channels(organization.id)
            ],
            "server_time": rfc3339(call.now),
        },
    )


def list_templates(call: Call) -> dict[str, Any]:
    found = configuration.templates(call.organization.id)
    start = call.position("templates") or 0
    limit = call.parameters["limit"]
    shown = [_public(template) for template in found[start : start + limit]]
    return call.page(shown, "templates", start + limit if start + limit < len(found) else None)


def put_template(call: Call) -> dict[str, Any]:
    body = call.body("TemplateRequest")
    channel = call.access.channel(body.get("channel"))
    template = {
        "params": 0,
        "media": None,
        **body,
        "name": call.parameters["name"],
        "channel": channel.id,
        "changed_at": call.now,
    }
    configuration.put_template(call.organization.id, template)
    return http.answer(200, _public(template))


def _public(template: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in template.items() if name != "changed_at"}


def list_daily_costs(call: Call) -> Any:
    """Rollups of the days that have one, oldest first; as CSV where that is asked for."""
    first, last = (_day(call, name) for name in ("from", "to"))
    if not 0 <= (last - first).days < _MOST_DAYS:
        detail = f"is before from, or the range is longer than {_MOST_DAYS} days"
        raise Problem(
            "payload_invalid", "The range of days is not valid.", errors=[{"pointer": "/to", "detail": detail}]
        )
    found = rollups.rollups(call.organization.id, first.isoformat(), last.isoformat())
    if "text/csv" in http.headers_of(call.event).get("accept", ""):
        name = f"costs-{first.isoformat()}-{last.isoformat()}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return http.answer(200, to_csv(found), headers, "text/csv; charset=utf-8")
    purpose = f"costs {first} {last}"
    start = call.position(purpose) or 0
    limit = call.parameters["limit"]
    position = start + limit if start + limit < len(found) else None
    return call.page(found[start : start + limit], purpose, position)


def _day(call: Call, name: str) -> date:
    try:
        return date.fromisoformat(call.parameters[name])
    except ValueError:
        errors = [{"pointer": f"/{name}", "detail": "is not a day of the calendar"}]
        raise Problem("payload_invalid", "The range of days is not valid.", errors=errors) from None


def list_unrecognized(call: Call) -> dict[str, Any]:
    position = call.position("unrecognized")
    found, more = unrecognized.newest(call.organization.id, call.parameters["limit"], position)
    data = [event | {"at": rfc3339(event["at"])} for event in found]
    return call.page(data, "unrecognized", more)


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "getMe": get_me,
    "listTemplates": list_templates,
    "putTemplate": put_template,
    "listDailyCosts": list_daily_costs,
    "listUnrecognized": list_unrecognized,
}
