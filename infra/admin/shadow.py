"""``./gate24 shadow``: a channel tries gate24 while its software goes on sending directly.

The report judges what was sent around gate24 (``usecases.judge_sends_around``). It writes nothing to the table, keeps
sums and the first messages alone, and names messages by their ids, so that no number and no text is in it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import click

from gate24 import clock
from gate24.api.render import rfc3339
from gate24.channels import Channel, Organization
from gate24.providers.webhook_setup import webhook_url
from gate24.rules.money import amount
from gate24.rules.rollup import local_day
from gate24.rules.shadow import DISAGREEMENTS, UNKNOWN_REASONS
from gate24.rules.shadow_sums import ShadowSums
from gate24.store import shard_record
from gate24.usecases.administer_channels import change_mode, find_channel
from gate24.usecases.administer_organizations import find_organization
from gate24.usecases.judge_sends_around import JudgedSend, judge_sends_around
from infra.admin.command import Asked, Group
from infra.admin.outcome import Result, WronglyAsked, table_lines
from infra.admin.settings_options import faults_in_words

_DAYS = 8
"""Of a report that names no days on a channel that was never in shadow mode."""

_LISTED, _SHOWN = 1_000, 20
"""Messages of each kind that the JSON document and the table name; --messages names all."""

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
    with faults_in_words(()):
        channel = change_mode(channel_id, "shadow")
    lines = [
        f"{channel.id} is in shadow mode since {rfc3339(channel.shadow_since or 0)}.",
        "Leave your software's sends as they are. Let gate24 hear the provider's webhooks:",
        f"  {webhook_url(channel, here.api_url)}",
        'and have it pass them on to your software: POST /v1/webhooks with "format": "provider".',
        f"What gate24 would have refused: ./gate24 shadow report {channel.id}",
    ]
    return Result(_mode_json(channel), lines)


@group.command("enforce")
@_CHANNEL
@click.pass_obj
def enforce(asked: Asked, channel_id: str) -> Result:
    """End the trial: the channel's software is to send through gate24."""
    here = asked.connect()
    with faults_in_words(()):
        channel = change_mode(channel_id, "enforce")
    path = "graph" if channel.provider == "meta" else "gupshup"
    lines = [
        f"{channel.id} is in enforce mode.",
        "Every send that comes to gate24 passes the gate. Let your software send to",
        f"  {here.api_url}/{path} (as it does to the provider), or POST {here.api_url}/v1/messages",
        "with a key of gate24; until then it sends around the gate, and the report goes on telling so.",
    ]
    return Result(_mode_json(channel), lines)


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
    days = _days(organization, channel, first, last)
    found = _Report(ShadowSums(organization.currency))
    with _opened(file) as text:
        for send in judge_sends_around(organization, channel, _each(*days)):
            found.add(send, text)
    found.end_progress()
    answer = _json(organization, channel, days, found)
    return Result(answer, _lines(answer))


def _opened(file: Path | None) -> AbstractContextManager[IO[str] | None]:
    try:
        return nullcontext() if file is None else file.open("w", encoding="utf-8")
    except OSError as error:
        raise WronglyAsked(f"{file} cannot be written: {error.strerror}.") from None


def _mode_json(channel: Channel) -> dict[str, Any]:
    since = None if channel.shadow_since is None else rfc3339(channel.shadow_since)
    return {
        "channel": channel.id,
        "organization": channel.organization_id,
        "mode": channel.mode,
        "shadow_since": since,
    }


def _days(
    organization: Organization, channel: Channel, first: datetime | None, last: datetime | None
) -> tuple[date, date]:
    """The first and the last local day of the report."""
    until = last.date() if last else local_day(clock.now_ms(), organization.timezone)
    if first is not None:
        since = first.date()
    elif channel.shadow_since is not None:
        since = local_day(channel.shadow_since, organization.timezone)
    else:
        since = until - timedelta(days=_DAYS - 1)
    if until < since:
        raise WronglyAsked("--to is before --from." if first else f"--to is before the trial began, on {since}.")
    return since, until


def _each(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


@dataclass(slots=True)
class _Report:
    """``disagreements``, ``against_consent``: the first ``_LISTED`` of each."""

    sums: ShadowSums
    disagreements: list[dict[str, Any]] = field(default_factory=list)
    against_consent: list[dict[str, Any]] = field(default_factory=list)

    def add(self, send: JudgedSend, file: IO[str] | None) -> None:
        """``file``: where every message is written that is named."""
        judged = send.judgement
        self.sums.add(send.message, judged, send.entry, send.freeform_cost)
        for listed, is_meant in (
            (self.disagreements, judged.disagreement is not None),
            (self.against_consent, judged.against_consent),
        ):
            if is_meant and len(listed) < _LISTED:
                listed.append(_message_json(send))
        if file is not None and (judged.disagreement is not None or judged.against_consent):
            print(json.dumps(_message_json(send)), file=file)
        if self.sums.seen % _PROGRESS_EVERY == 0 and sys.stderr.isatty():
            print(f"\r{self.sums.seen} judged", end="", file=sys.stderr, flush=True)

    def end_progress(self) -> None:
        if self.sums.seen >= _PROGRESS_EVERY and sys.stderr.isatty():
            print(file=sys.stderr)


def _message_json(send: JudgedSend) -> dict[str, Any]:
    message, judged = send.message, send.judgement
    windows = {True: "open", False: "closed", None: "unknown"}
    return {
        "message": send.message_id,
        "at": rfc3339(message.sent_at),
        "sent_as": message.sent_as,
        "category": message.category,
        "gate": {"verdict": judged.verdict, "code": judged.code or judged.unknown, "window": windows[judged.is_open]},
        "provider": {"status": message.status, "code": message.code},
        "disagreement": judged.disagreement,
    }


def _json(organization: Organization, channel: Channel, days: tuple[date, date], found: _Report) -> dict[str, Any]:
    sums = found.sums
    return {
        **_mode_json(channel),
        "from": days[0].isoformat(),
        "to": days[1].isoformat(),
        "timezone": organization.timezone,
        "currency": sums.currency,
        "seen": sums.seen,
        "allowed": sums.allowed,
        "refused": {"total": sums.refused.total(), "by_code": _sorted(sums.refused)},
        "unknown": {"total": sums.unknown.total(), "by_reason": _sorted(sums.unknown)},
        "provider": {name: sums.outcomes[name] for name in ("delivered", "failed", "not_told")},
        "cost": {
            "total": amount(sums.cost),
            "with_gate24": amount(sums.gated_cost),
            "of_refused": amount(sums.refused_cost),
            "of_unknown": amount(sums.unknown_cost),
            "unpriced": sums.unpriced,
            "templates_in_open_windows": {"count": sums.templates_in_window, "extra": amount(sums.template_extra)},
        },
        "agreements": sums.agreements,
        "disagreements": _listed(sums.disagreements, "by_kind", found.disagreements),
        "against_consent": _listed(sums.against_consent, "by_code", found.against_consent),
    }


def _sorted(counts: Mapping[Any, int]) -> dict[str, int]:
    """The most frequent first."""
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _listed(counts: Mapping[Any, int], by: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    total = sum(counts.values())
    ordered = sorted(messages, key=lambda each: (each["at"], each["message"]))
    return {"total": total, by: _sorted(counts), "messages": ordered, "left_off": total - len(messages)}


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
