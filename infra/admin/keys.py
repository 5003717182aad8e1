"""``./gate24 key``: makes, lists, rotates and revokes API keys."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import click

from gate24 import clock
from gate24.api.render import api_key_json, rfc3339
from gate24.api_keys import SCOPES, ApiKey, check_name, check_scopes
from gate24.store import api_keys, organizations
from gate24.usecases.make_api_key import MadeKey, create_api_key, rotate_api_key
from infra.admin.audited import audited
from infra.admin.command import Asked, Group
from infra.admin.outcome import NothingDone, Result, WronglyAsked, table_lines
from infra.admin.settings_options import faults_in_words

_UNITS_MS = {"m": 60_000, "h": 3_600_000, "d": 24 * 3_600_000}
_PLATFORM = "(platform)"
_COLUMNS = ("ID", "ORGANIZATION", "NAME", "PREFIX", "SCOPES", "CHANNELS", "CREATED", "LAST USED", "EXPIRES")


class _Duration(click.ParamType):
    """Milliseconds of minutes, hours or days."""

    name = "duration"

    def __init__(self, least: int, most_days: int) -> None:
        self.least, self.most_days = least, most_days

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"([0-9]{1,9})([mhd])", str(value))
        if found is None:
            self.fail(f"{value!r} is no duration like 90d, 24h or 30m.", param, ctx)
        ms = int(found[1]) * _UNITS_MS[found[2]]
        if ms < self.least:
            self.fail(f"{value!r} is too short.", param, ctx)
        if ms > self.most_days * _UNITS_MS["d"]:
            self.fail(f"{value!r} is longer than {self.most_days} days.", param, ctx)
        return ms


class _Scopes(click.ParamType):
    """Scopes with commas between them."""

    name = "scopes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        scopes = [each.strip() for each in str(value).split(",") if each.strip()]
        try:
            check_scopes(scopes)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return scopes


class _Name(click.ParamType):
    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            check_name(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return str(value)


group = Group("key", help="API keys of organizations.")


@group.command("create")
@click.option("--organization", metavar="ID", help="Whose key it is.  [required without --platform]")
@click.option("--platform", is_flag=True, help="A key for /v1/admin, of no organization, instead.")
@click.option("--name", required=True, type=_Name(), help="Which software holds it; the consent history shows it.")
@click.option(
    "--scopes",
    type=_Scopes(),
    metavar="SCOPE,...",
    help=f"What it may do: {', '.join(SCOPES)}.  [required without --platform]",
)
@click.option(
    "--expires", type=_Duration(1, 3650), metavar="90d", help="In so many minutes (m), hours (h) or days (d)."
)
@click.option(
    "--channel", "channels", metavar="ID", multiple=True, help="Limit it to this channel; may be given more than once."
)
@click.pass_obj
def create(
    asked: Asked,
    organization: str | None,
    platform: bool,
    name: str,
    scopes: list[str] | None,
    expires: int | None,
    channels: tuple[str, ...],
) -> Result:
    """Make a key, and print it: this is the only time that it can be seen."""
    if platform and (organization is not None or scopes is not None):
        raise WronglyAsked("A key of the platform has no organization, and its scope is admin: leave both away.")
    if platform and channels:
        raise WronglyAsked("A key of the platform is for all organizations: leave --channel away.")
    if not platform and (organization is None or scopes is None):
        raise WronglyAsked("Give --organization and --scopes, or --platform.")
    asked.connect()
    if organization is not None and not organizations.is_stored(organization):
        raise WronglyAsked(f"There is no organization {organization}.")
    now = clock.now_ms()
    expires_at = None if expires is None else now + expires
    try:
        with faults_in_words(()), audited(organization or "", "key create") as told:
            made = create_api_key(organization or "", name, scopes or ["admin"], expires_at, now, channels or None)
            told.subject = made.key.id
    except ValueError as error:
        raise WronglyAsked(str(error)) from None
    return _made(made)


@group.command("list")
@click.option("--organization", metavar="ID", help="Of this organization alone.")
@click.pass_obj
def list_keys(asked: Asked, organization: str | None) -> Result:
    """List keys, oldest first; "last used" may be an hour older than the truth."""
    asked.connect()
    if organization is not None and not organizations.is_stored(organization):
        raise WronglyAsked(f"There is no organization {organization}.")
    find_all_keys()
    found = api_keys.all_keys() if organization is None else api_keys.of_organization(organization)
    shown = [api_key_json(key) for key in found]
    lines = table_lines(_COLUMNS, [_row(each) for each in shown]) if shown else ["There is no key."]
    return Result({"data": shown}, lines)


@group.command("revoke")
@click.argument("key_id", metavar="KEY-ID")
@click.pass_obj
def revoke(asked: Asked, key_id: str) -> Result:
    """End a key, and what is left of a rotation of it, within 30 seconds."""
    key = _find(asked, key_id)
    with audited(key.organization_id, "key revoke", key.id):
        api_keys.revoke(key)
    whose = key.organization_id or "the platform"
    return Result({"id": key.id, "revoked": True}, [f"Revoked {key.id} ({key.name}, {whose}): it ends within 30 s."])


@group.command("rotate")
@click.argument("key_id", metavar="KEY-ID")
@click.option("--grace", type=_Duration(0, 30), default="24h", metavar="24h", help="How long the old one stays valid.")
@click.pass_obj
def rotate(asked: Asked, key_id: str, grace: int) -> Result:
    """Give a key another secret, and print it: this is the only time that it can be seen.

    Id, name, scopes and expiry stay. The old secret is valid for the time of grace, so that the software that holds it
    can be changed meanwhile; with --grace 0m it ends within 30 seconds.
    """
    key = _find(asked, key_id)
    try:
        with faults_in_words(()), audited(key.organization_id, "key rotate", key.id):
            made = rotate_api_key(key, grace, clock.now_ms())
            if made is None:
                raise NothingDone(f"Key {key_id} was revoked or rotated by somebody else. See: ./gate24 key list")
    except ValueError as error:
        raise WronglyAsked(str(error)) from None
    return _made(made, grace)


def _made(made: MadeKey, grace_ms: int | None = None) -> Result:
    """The same for people and programs, so that it can be piped either way."""
    answer = {"id": made.key.id, "key": made.secret}
    if made.previous_until is not None:
        answer["previous_valid_until"] = rfc3339(made.previous_until)
        if grace_ms == 0:
            print("The old secret ends within 30 s.", file=sys.stderr)
    print("Keep the key: gate24 has only its hash, and cannot show it again.", file=sys.stderr)
    return Result(answer, [json.dumps(answer, indent=2)])


def _find(asked: Asked, key_id: str) -> ApiKey:
    asked.connect()
    find_all_keys()
    key = api_keys.find_anywhere(key_id)
    if key is None:
        raise WronglyAsked(f"There is no key {key_id}: it was revoked, or never was. See: ./gate24 key list")
    return key


def find_all_keys() -> None:
    """Keys from before there was a list are found once; the table may be large."""
    if api_keys.was_searched():
        return

    is_shown = False

    def show_progress(found: int) -> None:
        nonlocal is_shown
        is_shown = True
        print(f"\rLooking once through the whole table for keys: {found}", end="", file=sys.stderr, flush=True)

    api_keys.search(show_progress)
    if is_shown:
        print(file=sys.stderr)


def _row(key: dict[str, Any]) -> tuple[str, ...]:
    return (
        *(key["id"], key["organization"] or _PLATFORM, key["name"], key["prefix"] or "-", ",".join(key["scopes"])),
        "all" if key["channels"] is None else ",".join(key["channels"]),
        *(key["created_at"] or "-", key["last_used_at"] or "-", key["expires_at"] or "never"),
    )
