"""What belongs to the whole organization: itself, templates, costs, events that were not understood."""

from __future__ import annotations

import hashlib
import hmac
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from itertools import islice
from typing import Any, Generic, TypeVar

from gate24.api import http
from gate24.api.call import Call
from gate24.api.costs_csv import months_to_csv, to_csv
from gate24.api.costs_xlsx import MEDIA_TYPE, months_to_xlsx, to_xlsx
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
from gate24.costs import DayCosts, MonthCosts
from gate24.lazy_dataclass import dataclass
from gate24.rules.rollup import of_channels
from gate24.store import table, templates, unrecognized
from gate24.templates import Template
from gate24.usecases.daily_costs import daily_costs, monthly_costs

_MOST_DAYS = 366
_MOST_MONTHS = 36

_Costs = TypeVar("_Costs", DayCosts, MonthCosts)
_READ_MOST = 200
"""Events that one request looks at for a key that is limited to channels."""

_PART_LETTERS = 500_000
"""Of an event's text in one answer. Each may take four bytes of Lambda's 6 MB: a backslash is escaped twice."""


def get_me(call: Call) -> dict[str, Any]:
    """Who is calling, and what a console needs to know before it shows anything."""
    organization, caller = call.organization, call.access
    of_member: dict[str, str | None] = {}
    if caller.kind == "member":
        of_member = {
            "email": caller.email,
            "role": caller.role,
            "drafts_key": _drafts_key(organization.id, caller.email),
        }
    return http.answer(
        200,
        {
            "kind": "member" if caller.kind == "member" else "key",
            "name": caller.actor,
            **of_member,
            "organization": {
                "id": organization.id,
                "name": organization.name,
                "timezone": organization.timezone,
                "currency": organization.currency,
                "retention_days": organization.retention_days,
            },
            "scopes": sorted(caller.scopes),
            "channels": [
                {
                    "id": channel.id,
                    "provider": channel.provider,
                    "business_number": channel.business_number,
                    "margin_seconds": channel.margin_seconds,
                    "mode": channel.mode,
                }
                for channel in caller.channels()
            ],
            "server_time": rfc3339(call.now),
        },
    )


def _drafts_key(organization_id: str, email: str | None) -> str:
    """Only the member gets it, and the same one each time: the console encrypts drafts with it."""
    text = f"drafts\0{organization_id}\0{email}"
    return hmac.new(table.contact_key(), text.encode(), hashlib.sha256).hexdigest()


def list_templates(call: Call) -> dict[str, Any]:
    found = [each for each in templates.templates(call.organization.id) if call.access.may_use(each.channel_id)]
    start = call.position("templates") or 0
    entries = ((template_json(found[index]), index + 1) for index in range(start, len(found)))
    return call.page(entries, "templates")


def put_template(call: Call) -> dict[str, Any]:
    body, channel = call.body_for_channel("TemplateRequest")
    entered = enter_template(call.organization.id, channel.id, call.parameters["name"], body, call.now)
    return http.answer(200, template_json(entered))


def label_template(call: Call) -> dict[str, Any]:
    body, channel = call.body_for_channel("TemplateLabels")
    found = templates.template(call.organization.id, channel.id, call.parameters["name"], body["language"])
    labels = [" ".join(each.split()) for each in body["labels"]]
    while labels and not labels[-1]:
        labels.pop()
    if found is not None and len(labels) > found.params:
        errors = [{"pointer": "/labels", "detail": f"are {len(labels)}, and the template has {found.params} values"}]
        raise Problem("payload_invalid", "The request is not as documented.", errors=errors)
    labelled = None if found is None else templates.label(call.organization.id, found, labels)
    if labelled is None:
        raise Problem("not_found", "There is no such template.")
    return http.answer(200, template_json(labelled))


def enter_template(organization_id: str, channel_id: str, name: str, body: dict[str, Any], now: int) -> Template:
    """``body``: valid, without its channel. Problem ``payload_invalid`` where the name is too long."""
    if not templates.can_be_stored(channel_id, name, body["language"]):
        errors = [{"pointer": "/name", "detail": f"is too long: at most {templates.KEY_BYTES} bytes with its channel"}]
        raise Problem("payload_invalid", "The request is not as documented.", errors=errors)
    template = Template(channel_id, name, **body, status_at=now, category_at=now)
    return templates.enter(organization_id, template)


def list_daily_costs(call: Call) -> dict[str, Any]:
    """The days up to today, oldest first; as CSV or Excel's format where that is asked for."""
    first, last = asked_days(call, _MOST_DAYS)
    table = _Table(f"{first}-{last}", to_csv, to_xlsx, day_json)
    return _costs(call, table, _days(call, first, last))


def list_monthly_costs(call: Call) -> dict[str, Any]:
    """The months up to this one, oldest first; as CSV or Excel's format where that is asked for."""
    first, last = (_day(call, name, "-01") for name in ("from_month", "to_month"))
    _check_range((last.year - first.year) * 12 + last.month - first.month, _MOST_MONTHS, "months")
    table = _Table(f"{first:%Y-%m}-{last:%Y-%m}", months_to_csv, months_to_xlsx, month_json)
    return _costs(call, table, monthly_costs(_days(call, first, _end(last))))


def get_costs_report(call: Call) -> dict[str, Any]:
    """A month's costs as a page to be printed."""
    from gate24.api.costs_report import HEADERS, language_of, report_html  # only where it is asked for
    from gate24.usecases.month_report import month_report

    first, month = _day(call, "month_reported", "-01"), call.parameters["month_reported"]
    days, limit = _days(call, first, _end(first)), call.access.limit
    report = month_report(call.organization.id, call.organization.name, month, days, limit)
    language = call.parameters.get("language") or language_of(http.headers_of(call.event).get("accept-language", ""))
    headers = HEADERS | {"content-language": language, "vary": "accept-language"}
    return http.answer(200, report_html(report, language), headers, "text/html; charset=utf-8")


def _end(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def reconcile_costs(call: Call) -> dict[str, Any]:
    """What the provider billed, against the ledger of the days up to today."""
    from gate24.api.reconciliation import reconciliation

    first, last = (_day(call, name) for name in ("from", "to"))
    _check_range((last - first).days, _MOST_DAYS, "days")
    return reconciliation(call, first, last)


@dataclass(frozen=True, slots=True)
class _Table(Generic[_Costs]):
    """How days or months are shown. ``name``: of their range."""

    name: str
    to_csv: Callable[[list[_Costs], bool], str]
    to_xlsx: Callable[[list[_Costs], bool], bytes]
    to_json: Callable[[_Costs], dict[str, Any]]


def asked_days(call: Call, most: int) -> tuple[date, date]:
    """The first and the last day asked for. Problem ``payload_invalid``."""
    first, last = (_day(call, name) for name in ("from", "to"))
    _check_range((last - first).days, most, "days")
    return first, last


def _check_range(length: int, most: int, unit: str) -> None:
    if not 0 <= length < most:
        errors = [{"pointer": "/to", "detail": f"is before from, or the range is longer than {most} {unit}"}]
        raise Problem("payload_invalid", f"The range of {unit} is not valid.", errors=errors)


def _days(call: Call, first: date, last: date) -> list[DayCosts]:
    """Of the channels that the key knows."""
    found, limit = daily_costs(call.organization, first, last, call.now), call.access.limit
    return found if limit is None else [of_channels(day, limit) for day in found]


def _costs(call: Call, table: _Table[_Costs], found: list[_Costs]) -> dict[str, Any]:
    is_split = call.access.limit is not None
    accept = http.headers_of(call.event).get("accept", "")
    if MEDIA_TYPE in accept:
        return http.file_answer(table.to_xlsx(found, is_split), MEDIA_TYPE, f"costs-{table.name}.xlsx")
    if "text/csv" in accept:
        headers = {"content-disposition": f'attachment; filename="costs-{table.name}.csv"'}
        return http.answer(200, table.to_csv(found, is_split), headers, "text/csv; charset=utf-8")
    purpose = f"costs {table.name}"
    start = call.position(purpose) or 0
    shown = (table.to_json(found[index]) for index in range(start, len(found)))
    rows = (of_channels_json(each) if is_split else each for each in shown)
    return call.page(((row, number) for number, row in enumerate(rows, start + 1)), purpose)


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
    "labelTemplate": label_template,
    "listDailyCosts": list_daily_costs,
    "listMonthlyCosts": list_monthly_costs,
    "reconcileCosts": reconcile_costs,
    "getCostsReport": get_costs_report,
    "listUnrecognized": list_unrecognized,
    "getUnrecognized": get_unrecognized,
}
