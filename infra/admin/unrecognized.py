"""``./gate24 unrecognized``: lists webhook events that were not understood or could not be stored, and replays them.

A replay is done by the deployed ``inbound_webhook``, so that its version reads the events; a taken event is removed. It
may be repeated, and broken off anywhere.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import click

from gate24.api.render import rfc3339
from gate24.store import organizations, unrecognized
from gate24.store.unrecognized import UnrecognizedEvent
from infra.admin.audited import audited
from infra.admin.command import Asked, Group
from infra.admin.deployment import Deployment
from infra.admin.outcome import Failed, Result, WronglyAsked, table_lines

_PAGE = 100
_AT_ONCE = 20
"""Events of one invocation; those for which it has no time are asked for again."""

_FAILED_IN_A_ROW = 3
"""After so many failed invocations the rest is left."""

_SHOWN = {
    "taken": "taken",
    "unrecognized": "still unrecognized",
    "poisonous": "still poisonous",
    "gone": "gone",
    "failed": "failed",
    "not_reached": "not reached",
}
"""How the outcomes of ``usecases.replay_unrecognized`` are called in a table."""

_NOTHING = "Nothing is kept."
_FAILURES = ("poisonous", "failed", "not_reached")


class _Kept(NamedTuple):
    organization: str
    event: UnrecognizedEvent


class _Moment(click.ParamType):
    """Epoch ms of a time, in UTC unless it names an offset, or of a moment within a day."""

    name = "time"

    def __init__(self, within_a_day: timedelta) -> None:
        self.within_a_day = within_a_day

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            moment = datetime.fromisoformat(value)
            if len(value) == len("2026-11-26"):
                moment += self.within_a_day
            at = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
            return round(at.timestamp() * 1000)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no day and no time like 2026-11-26T10:00:00Z.", param, ctx)


class _EventId(click.ParamType):
    name = "id"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if unrecognized.position_of(value) is None:
            self.fail(f"{value!r} is no id as unrecognized list prints it.", param, ctx)
        return value


group = Group("unrecognized", help="Events that were not understood or not stored.")

_FIRST, _LAST = _Moment(timedelta()), _Moment(timedelta(days=1, milliseconds=-1))
_OF = click.option("--organization", metavar="ID", help="Of this organization alone.")
_FROM = click.option("--from", "first", type=_FIRST, help="That came since: 2026-11-26, or 2026-11-26T10:00:00Z.")
_TO = click.option("--to", "last", type=_LAST, help="That came until then (a day: until its end).")


@group.command("list")
@_OF
@_FROM
@_TO
@click.pass_obj
def list_events(asked: Asked, organization: str | None, first: int | None, last: int | None) -> Result:
    """What is kept, newest first."""
    choice = _Choice(organization, first, last)
    asked.connect()
    found = choice.events()[::-1]
    columns = ("ID", "ORGANIZATION", "CHANNEL", "REASON", "CAME", "COPIES")
    rows = [
        (event.id, organization, event.channel_id, event.reason, rfc3339(event.at), str(event.copies))
        for organization, event in found
    ]
    return Result({"data": [_json(each) for each in found]}, table_lines(columns, rows) if rows else [_NOTHING])


@group.command("replay")
@_OF
@_FROM
@_TO
@click.option("--id", "ids", type=_EventId(), multiple=True, help="This event; repeatable.")
@click.pass_obj
def replay_events(
    asked: Asked, organization: str | None, first: int | None, last: int | None, ids: tuple[str, ...]
) -> Result:
    """Take in what the version that runs now understands and can store."""
    choice = _Choice(organization, first, last, ids)
    here = asked.connect()
    done = _replay(here, choice.events())
    counts = Counter(each["outcome"] for each in done)
    rows = [
        (each["id"], each["organization"], each["channel"], _SHOWN[each["outcome"]], each["reason"] or "")
        for each in done
    ]
    summary = ", ".join(f"{counts[name]} {shown}" for name, shown in _SHOWN.items() if counts[name])
    lines = [*table_lines(("ID", "ORGANIZATION", "CHANNEL", "OUTCOME", "REASON"), rows), summary]
    answer = {"data": done, "counts": {name: counts[name] for name in _SHOWN}}
    return Result(answer, lines if rows else [_NOTHING], has_failures=any(counts[name] for name in _FAILURES))


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which events are meant; WronglyAsked where it makes no sense. Times in epoch ms, both included."""

    organization: str | None
    first: int | None
    last: int | None
    ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.ids and (self.first is not None or self.last is not None):
            raise WronglyAsked("Give --id, or --from and --to.")
        if self.first is not None and self.last is not None and self.first > self.last:
            raise WronglyAsked("--to is before --from.")

    def events(self) -> list[_Kept]:
        """The events that are kept, oldest first."""
        known = organizations.organization_ids()
        if self.organization is not None and self.organization not in known:
            raise WronglyAsked(f"There is no organization {self.organization}.")
        of = known if self.organization is None else [self.organization]
        if self.ids:
            found = [_named(of, event_id) for event_id in dict.fromkeys(self.ids)]
        else:
            found = [_Kept(each, event) for each in of for event in _in_range(each, self.first, self.last)]
        return sorted(found, key=lambda each: each.event.position)


def _named(organization_ids: list[str], event_id: str) -> _Kept:
    for organization_id in organization_ids:
        event = unrecognized.find(organization_id, unrecognized.position_of(event_id) or "")
        if event is not None:
            return _Kept(organization_id, event)
    raise WronglyAsked(f"There is no event {event_id}: it was taken or erased, has expired, or never was.")


def _in_range(organization_id: str, first: int | None, last: int | None) -> Iterator[UnrecognizedEvent]:
    """The kept events that came first in that time (epoch ms, both included), newest first."""
    before = None if last is None else f"{last + 1:013d}"
    for event in unrecognized.newest(organization_id, before, _PAGE):
        if first is not None and int(event.position.split("#")[0]) < first:
            return
        yield event


def _replay(here: Deployment, chosen: list[_Kept]) -> list[dict[str, Any]]:
    """What became of the events, in their order."""
    outcomes: dict[tuple[str, str], tuple[str, str | None]] = {}
    failed_in_a_row = 0
    for organization in dict.fromkeys(each.organization for each in chosen):
        waiting = [each.event.id for each in chosen if each.organization == organization]
        with audited(organization, "unrecognized replay") as told:
            while waiting and failed_in_a_row < _FAILED_IN_A_ROW:
                batch, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
                try:
                    answered = _invoke(here, organization, batch)
                    failed_in_a_row = 0
                except Failed as error:
                    answered = {each: ("failed", str(error)) for each in batch}
                    failed_in_a_row += 1
                not_reached = [each for each in batch if answered[each][0] == "not_reached"]
                if len(not_reached) < len(batch):
                    waiting = not_reached + waiting
                outcomes |= {(organization, each): outcome for each, outcome in answered.items()}
                _show_progress(len(outcomes) - len(not_reached), len(chosen))
            told.facts["taken"] = sum(of == organization and said[0] == "taken" for (of, _), said in outcomes.items())
    return [
        {
            "id": event.id,
            "organization": organization,
            "channel": event.channel_id,
            **dict(
                zip(("outcome", "reason"), outcomes.get((organization, event.id), ("not_reached", None)), strict=True)
            ),
        }
        for organization, event in chosen
    ]


def _invoke(here: Deployment, organization: str, event_ids: list[str]) -> dict[str, tuple[str, str | None]]:
    asked = {"replay": {"organization": organization, "events": event_ids}}
    answer = here.invoke(here.inbound_webhook, asked)
    return {each["id"]: (each["outcome"], each["reason"]) for each in answer["events"]}


def _show_progress(done: int, total: int) -> None:
    end = "\n" if done == total or not sys.stderr.isatty() else ""
    print(f"\r{done} of {total} replayed", end=end, file=sys.stderr, flush=True)


def _json(kept: _Kept) -> dict[str, Any]:
    event = kept.event
    return {
        "id": event.id,
        "organization": kept.organization,
        "channel": event.channel_id,
        "reason": event.reason,
        "at": rfc3339(event.at),
        "last_at": rfc3339(event.last_at),
        "copies": event.copies,
        "raw": event.raw,
    }
