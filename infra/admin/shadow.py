"""``./gate24 shadow``: a channel tries gate24 while its software goes on sending directly.

The report judges what was sent around gate24 (``usecases.judge_sends_around``). It writes nothing to the table, keeps
sums and the first messages alone, and names messages by their ids, so that no number and no text is in it.
"""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import click

from gate24 import clock
from gate24.api.render import rfc3339
from gate24.api.shadow_report import ShadowReport, each_day, mode_json, reported_days, shadow_json
from gate24.providers.webhook_setup import webhook_url
from gate24.rules.shadow import DISAGREEMENTS, UNKNOWN_REASONS
from gate24.rules.shadow_sums import ShadowSums
from gate24.store import shard_record
from gate24.usecases.administer_channels import change_mode, find_channel
from gate24.usecases.administer_organizations import find_organization
from gate24.usecases.judge_sends_around import judge_sends_around
from infra.admin.audited import audited
from infra.admin.command import Asked, Group
from infra.admin.outcome import Result, WronglyAsked, table_lines
from infra.admin.settings_options import faults_in_words

_SHOWN = 20
"""Messages of each kind that the table names; --messages names all."""

_PROGRESS_EVERY = 1_000

_DAY = click.DateTime(["%Y-%m-%d"])
_CHANNEL = click.argument("channel_id", metavar="CHANNEL")

group = Group("shadow", help="Try gate24 on a channel while its software goes on sending directly.")


@group.command("start")
@_CHANNEL
@click.pass_obj
def start(asked: Asked, channel_id: str) -> Result:
    """Begin to try gate24 on a channel. Nothing of what it sends changes."""
    here = asked.connect()
    with faults_in_words(()), audited(find_channel(channel_id).organization_id, "shadow start", channel_id):
        channel = change_mode(channel_id, "shadow")
    lines = [
        f"{channel.id} is in shadow mode since {rfc3339(channel.shadow_since or 0)}.",
        "Leave your software's sends as they are. Let gate24 hear the provider's webhooks:",
        f"  {webhook_url(channel, here.api_url)}",
        'and have it pass them on to your software: POST /v1/webhooks with "format": "provider".',
        f"What gate24 would have refused: ./gate24 shadow report {channel.id}",
    ]
    return Result(mode_json(channel), lines)


@group.command("enforce")
@_CHANNEL
@click.pass_obj
def enforce(asked: Asked, channel_id: str) -> Result:
    """End the trial: the channel's software is to send through gate24."""
    here = asked.connect()
    with faults_in_words(()), audited(find_channel(channel_id).organization_id, "shadow enforce", channel_id):
        channel = change_mode(channel_id, "enforce")
    path = "graph" if channel.provider == "meta" else "gupshup"
    lines = [
        f"{channel.id} is in enforce mode.",
        "Every send that comes to gate24 passes the gate. Let your software send to",
        f"  {here.api_url}/{path} (as it does to the provider), or POST {here.api_url}/v1/messages",
        "with a key of gate24; until then it sends around the gate, and the report goes on telling so.",
    ]
    return Result(mode_json(channel), lines)


@group.command("report")
@_CHANNEL
@click.option("--from", "first", type=_DAY, metavar="DAY", help="The first local day, as in 2026-11-01.")
@click.option("--to", "last", type=_DAY, metavar="DAY", help="The last local day, included. Default: today.")
@click.option(
    "--messages",
    "file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write every disagreement and every send against consent to FILE: a JSON object a line.",
)
@click.pass_obj
def report(asked: Asked, channel_id: str, first: datetime | None, last: datetime | None, file: Path | None) -> Result:
    """What the gate would have said of the messages that were sent around it.

    Without --from: since shadow mode was started.
    """
    asked.connect()
    shard_record.use_recorded()
    with faults_in_words(()):
        channel = find_channel(channel_id)
        organization = find_organization(channel.organization_id)
    try:
        days = reported_days(
            organization, channel, first.date() if first else None, last.date() if last else None, clock.now_ms()
        )
    except ValueError as error:
        raise WronglyAsked(f"--to is {str(error).replace('before from', 'before --from')}.") from None
    found = ShadowReport(ShadowSums(organization.currency))
    progress = _Progress(found)
    with _opened(file) as text:
        for send in judge_sends_around(organization, channel, each_day(*days)):
            named = found.add(send)
            if text is not None and named is not None:
                print(json.dumps(named), file=text)
            progress.show()
    progress.end()
    answer = shadow_json(organization, channel, days, found)
    return Result(answer, _lines(answer))


def _opened(file: Path | None) -> AbstractContextManager[IO[str] | None]:
    try:
        return nullcontext() if file is None else file.open("w", encoding="utf-8")
    except OSError as error:
        raise WronglyAsked(f"{file} cannot be written: {error.strerror}.") from None


class _Progress:
    """How many were judged so far, for people who wait."""

    def __init__(self, report: ShadowReport) -> None:
        self._report = report

    def show(self) -> None:
        if self._report.sums.seen % _PROGRESS_EVERY == 0 and sys.stderr.isatty():
            print(f"\r{self._report.sums.seen} judged", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._report.sums.seen >= _PROGRESS_EVERY and sys.stderr.isatty():
            print(file=sys.stderr)


def _lines(answer: dict[str, Any]) -> list[str]:
    money, currency, provider = answer["cost"], answer["currency"], answer["provider"]
    extra = money["templates_in_open_windows"]
    lines = [
        f"{answer['channel']} ({answer['mode']}), {answer['from']} to {answer['to']}, {answer['timezone']}",
        "",
        f"Sent around gate24   {answer['seen']}",
        f"  the gate allows    {answer['allowed']}",
        f"  the gate refuses   {answer['refused']['total']}",
        *(f"    {count:>6}  {code}" for code, count in answer["refused"]["by_code"].items()),
        f"  cannot be told     {answer['unknown']['total']}",
        *(
            f"    {count:>6}  {reason}: {UNKNOWN_REASONS[reason]}"
            for reason, count in answer["unknown"]["by_reason"].items()
        ),
        f"The provider         {provider['delivered']} delivered, {provider['failed']} failed, "
        f"{provider['not_told']} not told yet",
        f"Agree                {answer['agreements']}, disagree {answer['disagreements']['total']}",
        f"Cost                 {money['total']} {currency}, of that {money['of_refused']} for what the gate refuses, "
        f"{money['of_unknown']} for what cannot be told",
        f"Cost with gate24     {money['with_gate24']} {currency}",
        f"Templates in open windows, where a freeform message would do: {extra['count']}, "
        f"for {extra['extra']} {currency} more",
    ]
    if money["unpriced"]:
        lines.append(f"Without a price, or in another currency: {money['unpriced']}")
    lines += _section("Delivered against a consent that the provider does not know", answer["against_consent"])
    lines += _section("Disagreements with the provider", answer["disagreements"])
    lines += [f"  {kind}: {DISAGREEMENTS[kind]}" for kind in answer["disagreements"]["by_kind"]]
    return lines


def _section(title: str, listed: dict[str, Any]) -> list[str]:
    lines = ["", f"{title}: {listed['total']}"]
    if not listed["total"]:
        return lines
    rows = [
        (
            each["message"],
            each["at"],
            each["sent_as"] or "?",
            " ".join((each["gate"]["verdict"], each["gate"]["code"] or "")).strip(),
            " ".join((each["provider"]["status"], each["provider"]["code"] or "")).strip(),
            each["disagreement"] or "",
        )
        for each in listed["messages"][:_SHOWN]
    ]
    lines += table_lines(("MESSAGE", "SENT", "AS", "GATE", "PROVIDER", "DISAGREEMENT"), rows)
    if len(rows) < listed["total"]:
        lines.append(f"{listed['total'] - len(rows)} more: --messages FILE writes all of them")
    return lines
