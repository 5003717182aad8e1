"""The work that an operator has commands for, asked for by a platform: imports, days computed now, replays of what was
not understood, and what is wrong."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from gate24.api import http
from gate24.api.administered import faults_as_problem, named_organization, wrong
from gate24.api.call import Call
from gate24.api.contact_rows import FORMATS, STATEMENTS, Done, Format, NoSuchTable, Reading, Row, rows, take
from gate24.api.health import health_json
from gate24.api.pages import LARGEST
from gate24.api.problems import Problem
from gate24.api.render import unrecognized_json
from gate24.channels import Organization
from gate24.rules.contact_import import OUTCOMES
from gate24.rules.rollup import local_day
from gate24.store import organizations, rollup_queue, unrecognized
from gate24.store.contact_import import MOST_AT_ONCE
from gate24.store.rollup_queue import DaysNotQueued, QueuedDay
from gate24.usecases.administer_organizations import check_not_deleted
from gate24.usecases.check_health import check_health
from gate24.usecases.replay_unrecognized import replay_unrecognized
from gate24.usecases.roll_up_days import days_to_redo

_SECONDS = 8.0
"""How long one request takes up further rows; its function has 20 s (template.yaml)."""

_BATCHES_AT_ONCE = 8
"""Each waits most of its time for the table."""

_DAYS_MOST = 400


def import_contacts(call: Call) -> dict[str, Any]:
    organization, body = named_organization(call), call.body("ContactsImportRequest")
    channel_ids = {channel.id for channel in organizations.channels_now(organization.id)}
    channel_id = body.get("channel")
    if channel_id is not None and channel_id not in channel_ids:
        raise wrong("channel", f"is none of this organization; it has: {', '.join(sorted(channel_ids)) or 'none'}")
    chosen, zone = FORMATS[body.get("format", "plain")], body.get("timezone")
    try:
        found = ZoneInfo(zone) if zone else ZoneInfo(organization.timezone) if chosen.is_local else None
    except (ValueError, OSError, LookupError):
        raise wrong("timezone", "is no time zone like Asia/Kolkata") from None
    with faults_as_problem():
        return _imported(call, organization, body, chosen, channel_id, found)


def import_consents(call: Call) -> dict[str, Any]:
    organization, body = named_organization(call), call.body("ConsentsImportRequest")
    with faults_as_problem():
        return _imported(call, organization, body, STATEMENTS, None, ZoneInfo(organization.timezone))


def _imported(
    call: Call,
    organization: Organization,
    body: dict[str, Any],
    chosen: Format,
    channel_id: str | None,
    zone: ZoneInfo | None,
) -> dict[str, Any]:
    """As many rows as there is time for, and where the next request goes on. It ends when a deletion of the
    organization begins."""
    channels = organizations.channels_now(organization.id)
    reading = Reading(chosen, organization, channels, channel_id, zone, call.now)
    skip, dry_run = body.get("skip_rows", 0), body.get("dry_run", False)
    until, counts, not_taken, last = time.monotonic() + _SECONDS, Counter[str](), list[Done](), skip
    try:
        check_not_deleted(organization.id)
        remaining = islice(rows(io.StringIO(body["csv"].removeprefix("\ufeff"), newline=""), chosen), skip, None)
        is_whole = True
        with ThreadPoolExecutor(_BATCHES_AT_ONCE) as threads:
            while batches := list(_batches(remaining)):
                for done in threads.map(lambda batch: take(reading, batch, dry_run), batches):
                    counts.update(each.outcome for each in done)
                    not_taken += [each for each in done if each.outcome in ("outdated", "rejected")]
                    last = done[-1].row.number
                if time.monotonic() > until:
                    is_whole = next(remaining, None) is None
                    break
    except NoSuchTable as error:
        raise wrong("csv", f"is not as documented: {error}".removesuffix(".")) from None
    return http.answer(
        200,
        {
            "dry_run": dry_run,
            "counts": {outcome: counts[outcome] for outcome in OUTCOMES},
            "not_taken": [_not_taken(each) for each in not_taken],
            "next_skip_rows": None if is_whole else last,
        },
    )


def _not_taken(done: Done) -> dict[str, Any]:
    return {"row": done.row.number, "outcome": done.outcome, "reason": done.reason}


def _batches(remaining: Iterator[Row]) -> Iterator[list[Row]]:
    for _ in range(_BATCHES_AT_ONCE):
        if batch := list(islice(remaining, MOST_AT_ONCE)):
            yield batch


def roll_up(call: Call) -> dict[str, Any]:
    organization, body = named_organization(call), call.body("RollupRequest", optional=True)
    days = _days(body) or days_to_redo(organization, call.now)
    if days[-1] > local_day(call.now, organization.timezone):
        raise wrong("to", "is in the future")
    try:
        rollup_queue.put(QueuedDay(organization.id, day) for day in days)
    except DaysNotQueued as error:
        raise Problem("unavailable", f"The days could not be queued ({error}).") from None
    return http.answer(202, {"organization": organization.id, "queued": [day.isoformat() for day in days]})


def _days(body: dict[str, Any]) -> list[date]:
    """Those that are asked for; none where none are named."""
    if not body:
        return []
    try:
        first, last = (date.fromisoformat(body[name]) for name in ("from", "to"))
    except KeyError as missing:
        raise wrong(missing.args[0], "is missing: give both days, or neither") from None
    except ValueError:
        raise Problem("payload_invalid", "from or to is no day of the calendar.") from None
    if not 0 <= (last - first).days < _DAYS_MOST:
        raise wrong("to", f"must not be before from, and the range at most {_DAYS_MOST} days")
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def list_unrecognized(call: Call) -> dict[str, Any]:
    organization = named_organization(call)
    purpose = f"unrecognized of {organization.id}"
    position, limit = call.position(purpose), call.parameters["limit"]
    found = unrecognized.newest(organization.id, position, limit + 1, LARGEST)
    return call.page(((unrecognized_json(event), event.position) for event in found), purpose)


def replay(call: Call) -> dict[str, Any]:
    organization, body = named_organization(call), call.body("UnrecognizedReplayRequest")
    done = replay_unrecognized(organization.id, list(dict.fromkeys(body["ids"])))
    return http.answer(
        200, {"data": [{"id": each.id, "outcome": each.outcome, "reason": each.reason} for each in done]}
    )


def health(call: Call) -> dict[str, Any]:
    return http.answer(200, health_json(check_health(named_organization(call).id)))


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "importContacts": import_contacts,
    "importConsents": import_consents,
    "rollUpDays": roll_up,
    "listUnrecognizedOf": list_unrecognized,
    "replayUnrecognized": replay,
    "checkOrganization": health,
}
