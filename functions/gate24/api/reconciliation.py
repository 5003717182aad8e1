"""The answer that compares what the provider billed with the ledger. Imported where it is asked for: no cold start pays
for it."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import field
from datetime import date
from typing import Any

from gate24.api import http
from gate24.api.call import Call
from gate24.api.reconciliation_lines import EVENTS_HEADER, events_cells, line_json, tally_json
from gate24.api.render import rfc3339
from gate24.lazy_dataclass import dataclass
from gate24.providers import provider
from gate24.rules.reconciliation import Line, Tally
from gate24.store import organizations
from gate24.usecases.reconcile_billing import Period, Place, against_events, with_provider_ids

_SECONDS = 8.0
"""How long one request reads; its function has 20 s (template.yaml)."""

_READ_MOST = 50_000
"""Entries that one request reads."""

_CSV_LINES = 5_000


@dataclass(slots=True)
class _Read:
    """What one request has read. ``place``: after which the next one goes on; None where that was all."""

    tally: Tally
    place: Place | None
    lines: list[Line] = field(default_factory=list)


def reconciliation(call: Call, first: date, last: date) -> dict[str, Any]:
    """Lines of a part of the days, with the sums of all that was read up to its end; as CSV where that is asked for.
    A line has some hundred bytes, so that a page of them fits into Lambda's answer."""
    wanted = call.parameters["class"]
    purpose = f"reconciliation {first} {last} {wanted}"
    is_csv = "text/csv" in http.headers_of(call.event).get("accept", "")
    start: list[Any] = call.position(purpose) or [None, []]
    limit = _CSV_LINES if is_csv and "limit" not in http.query_of(call.event) else call.parameters["limit"]
    found = _read(call, first, last, wanted, start, limit)
    currency = call.organization.currency
    shown = with_provider_ids(call.organization, found.lines)
    cursor = None if found.place is None else call.cursor(purpose, [found.place, found.tally.to_json()])
    if is_csv:
        return _as_csv(f"{first}-{last}", shown, currency, cursor)
    summary = {
        "is_complete": cursor is None,
        "timezone": call.organization.timezone,
        "currency": currency,
        **tally_json(found.tally),
        "channels": [
            {
                "channel": each.id,
                "provider": each.provider,
                "billing_events": provider(each.provider).tells_deductions,
            }
            for each in call.access.channels()
        ],
    }
    data = [line_json(line, currency) for line in shown]
    answer = {"data": data, "next_cursor": cursor, "server_time": rfc3339(call.now), "summary": summary}
    return http.answer(200, answer)


def _read(call: Call, first: date, last: date, wanted: str, start: list[Any], limit: int) -> _Read:
    place, tally = start
    until = time.monotonic() + _SECONDS
    found = _Read(Tally.from_json(tally), place)
    period = Period(call.organization, first, last, call.now)
    channels = organizations.channels(call.organization.id)
    for number, (line, after) in enumerate(against_events(period, channels, call.access.may_use, place), 1):
        if line is not None:
            found.tally.add(line)
            if wanted in ("all", line.verdict):
                found.lines.append(line)
        found.place = after
        if len(found.lines) == limit or number >= _READ_MOST or time.monotonic() > until:
            return found
    found.place = None
    return found


def _as_csv(name: str, shown: list[Line], currency: str, cursor: str | None) -> dict[str, Any]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(EVENTS_HEADER)
    writer.writerows(events_cells(line, currency) for line in shown)
    headers = {"content-disposition": f'attachment; filename="reconciliation-{name}.csv"'}
    if cursor is not None:
        headers["x-next-cursor"] = cursor
    return http.answer(200, text.getvalue(), headers, "text/csv; charset=utf-8")
