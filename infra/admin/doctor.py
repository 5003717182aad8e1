"""``./gate24 doctor``: whether everything that must be there is, and what to do about each fault."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict

import click

from gate24.channels import Channel
from gate24.store import organizations
from gate24.store.table import StoreError
from infra.admin.channel_checks import channel_checks
from infra.admin.checks import Check, Found, made
from infra.admin.command import Asked, Command
from infra.admin.deployment import Deployment
from infra.admin.outcome import Result, WronglyAsked
from infra.admin.stack_checks import Health, stack_checks


@click.command("doctor", cls=Command)
@click.option("--channel", metavar="ID", help="Of the channels, this one alone.")
@click.pass_obj
def doctor(asked: Asked, channel: str | None) -> Result:
    """Look whether everything that must be there is, say what to do about each fault, and send a probe through each
    channel's webhook that is taken away again."""
    here = asked.connect(with_secrets=True)
    options = f" --stack {asked.stack}" if asked.stack else ""
    found = []
    for check in _checks(here, channel, options):
        _show_progress(check)
        found.append((check, made(check)))
    _show_progress(None)
    counts = Counter(each.status for _, each in found)
    named = {name: counts[name] for name in ("ok", "fault", "unknown")}
    plural = "" if counts["fault"] == 1 else "s"
    summary = f"{counts['ok']} ok, {counts['fault']} fault{plural}, {counts['unknown']} unknown"
    lines = [*(line for check, each in found for line in _lines(check, each)), summary]
    data = [{"check": check.name, "about": check.about, **asdict(each)} for check, each in found]
    return Result({"data": data, "counts": named}, lines, has_failures=bool(counts["fault"]))


def _checks(here: Deployment, channel_id: str | None, options: str) -> Iterator[Check]:
    try:
        channels, organization_ids = _chosen(channel_id)
    except StoreError:  # the table's check says what is wrong
        channels, organization_ids = [], []
    healths = {each: Health(here, each) for each in organization_ids}
    yield from stack_checks(here, healths.values())
    for each in channels:
        yield from channel_checks(here, each, healths[each.organization_id], options)


def _chosen(channel_id: str | None) -> tuple[list[Channel], list[str]]:
    """The channels, and the ids of their organizations or of all. WronglyAsked, StoreError."""
    organizations.forget()
    if channel_id is None:
        channels = organizations.all_channels()
        known = organizations.organization_ids()
        return channels, list(dict.fromkeys([*known, *(each.organization_id for each in channels)]))
    found = organizations.channel(channel_id)
    if found is None:
        raise WronglyAsked(f"There is no channel {channel_id}.")
    return [found], [found.organization_id]


def _lines(check: Check, found: Found) -> Iterator[str]:
    subject = f"{check.about}: {check.name}" if check.about else check.name
    yield f"{f'[{found.status}]':<10}{subject}: {found.message}"
    if found.what_to_do:
        yield f"{'':<10}-> {found.what_to_do}"


def _show_progress(check: Check | None) -> None:
    """On a terminal, which check is being made; None clears the line."""
    if sys.stderr.isatty():
        about = "" if check is None else f"{check.about or 'stack'}: {check.name} ..."
        print(f"\r\033[K{about}", end="", file=sys.stderr, flush=True)
