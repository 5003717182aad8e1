"""Staff import people with what they agreed to, some hundred rows of a table at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from zoneinfo import ZoneInfo

from gate24.api import http
from gate24.api.administered import wrong
from gate24.api.call import Call
from gate24.api.contact_rows import PEOPLE, Done, Fault, NoSuchTable, Reading, by_author, facts_of, row_of, take
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.rules.settings_table import WrongSettings
from gate24.store import organizations
from gate24.store.contact_import import MOST_AT_ONCE

_BATCHES_AT_ONCE = 8
"""Each waits most of its time for the table. With ``MOST_AT_ONCE`` rows each they are all that a request may have."""


def import_people(call: Call) -> dict[str, Any]:
    """What became of each row, or would. A row that is sent again changes nothing."""
    body, organization, author = call.body("PeopleImportRequest"), call.organization, call.access.author
    chosen, dry_run = by_author(PEOPLE, author), body.get("dry_run", False)
    try:
        facts = facts_of(body["columns"], chosen)
    except NoSuchTable as error:
        raise wrong("columns", f"are not as documented: {error}".removesuffix(".")) from None
    rows = [row_of(each["row"], facts, each["cells"]) for each in body["rows"]]
    if len({row.number for row in rows}) < len(rows):
        raise wrong("rows", "have the same number twice")
    reading = Reading(
        chosen,
        organization,
        organizations.channels(organization.id),
        None,
        ZoneInfo(organization.timezone),
        call.now,
        day_order=body.get("day_order"),
        is_national=body.get("national_numbers", False),
        for_silent=body.get("where_not_said", {}),
    )
    batches = [rows[start : start + MOST_AT_ONCE] for start in range(0, len(rows), MOST_AT_ONCE)]
    try:
        with ThreadPoolExecutor(_BATCHES_AT_ONCE) as threads:
            done = list(threads.map(lambda batch: take(reading, batch, dry_run, author), batches))
    except WrongSettings as being_deleted:
        raise Problem("unauthorized", str(being_deleted), status=403) from None
    return http.answer(
        200,
        {"dry_run": dry_run, "columns": facts, "rows": [_row_json(each) for batch in done for each in batch]},
    )


def _row_json(done: Done) -> dict[str, Any]:
    said = max(done.news.said, key=lambda entry: (entry.at, entry.action), default=None) if done.news else None
    return {
        "row": done.row.number,
        "outcome": done.outcome,
        "phone": (done.contact.ref.phone or done.contact.ref.user_id) if done.contact else None,
        "consent": said and said.action,
        "reasons": [_reason_json(fault) for fault in done.faults],
    }


def _reason_json(fault: Fault) -> dict[str, Any]:
    reason: dict[str, Any] = {"code": fault.code, "detail": fault.sentence}
    if fault.since is not None:
        reason["since"] = rfc3339(fault.since)
    if fault.suggestion is not None:
        reason["suggestion"] = fault.suggestion
    return reason


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {"importPeople": import_people}
