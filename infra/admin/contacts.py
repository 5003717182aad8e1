"""``./gate24 contacts``: takes over contacts from another software."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from gate24.api.contact_rows import FORMATS, STATEMENTS, Done, Format, NoSuchTable, Reading
from gate24.clock import now_ms
from gate24.rules.contact_import import MAY_CHANGE, OUTCOMES
from gate24.store import organizations
from gate24.store.table import StoreError
from infra.admin.api_access import require_not_being_deleted
from infra.admin.audited import audited
from infra.admin.command import Asked, Group
from infra.admin.contact_files import digest, rows
from infra.admin.contact_import import Broken, OrganizationDeleted, Processes, rejected_file, run, try_run
from infra.admin.outcome import Failed, Result, WronglyAsked

group = Group("contacts", help="Contacts of an organization.")


class _Zone(click.ParamType):
    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        try:
            return ZoneInfo(value)
        except (ValueError, OSError, LookupError):
            self.fail(f"{value!r} is no time zone like Asia/Kolkata.", param, ctx)


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organization", "organization_id", required=True, metavar="ID", help="Whose contacts they become.")
@click.option(
    "--format", "format_name", type=click.Choice(list(FORMATS)), default="plain", help="Whose columns the file has."
)
@click.option("--channel", "channel_id", metavar="ID", help="To which they wrote, where the row does not say it.")
@click.option("--timezone", "zone", type=_Zone(), help="Of times that have no offset, like Asia/Kolkata.")
@click.option(
    "--processes", type=click.IntRange(1, 64), default=1, help="How many do the work: as many as there are cores."
)
@click.option("--dry-run", is_flag=True, help="Say what would become of each row, and change nothing.")
@click.pass_obj
def import_file(
    asked: Asked,
    file: Path,
    organization_id: str,
    format_name: str,
    channel_id: str | None,
    zone: ZoneInfo | None,
    processes: int,
    dry_run: bool,
) -> Result:
    """Take over the contacts of a CSV file: number, name, consent, and when they last wrote.

    Rows with something wrong are written to FILE.rejected.csv, whole and each with its reason, and stop nothing: mend
    them there and import that file. Row 1 is the first one after the names of the columns. Rows that are older than
    what is known here are outdated, which is no fault. An import that was broken off goes on where it was; importing a
    file again changes nothing.
    """
    begun = Import(asked, file, organization_id, FORMATS[format_name], format_name, channel_id, zone, processes)
    if dry_run:
        return _tried(begun, asked.as_json)
    counts = begun.run()
    rejected = str(rejected_file(file)) if counts["rejected"] else None
    lines = [f"Rejected rows, with reasons: {rejected}"] if rejected else []
    if counts["unchanged"] and not counts["imported"] + counts["updated"]:
        lines.append("Nothing was changed.")
    answer = {"dry_run": False, **_counts_json(counts), "rejected_file": rejected}
    return Result(answer, [*lines, _summary(counts)], has_failures=bool(counts["rejected"]))


class Import:
    """The import of a file, which is ready to begin: what is wrong with what was asked has been said."""

    def __init__(
        self,
        asked: Asked,
        file: Path,
        organization_id: str,
        chosen: Format,
        name: str,
        channel_id: str | None = None,
        zone: ZoneInfo | None = None,
        processes: int = 1,
    ) -> None:
        """``name``: of the format, under which an import that was broken off goes on. ``channel_id``, ``zone``: as
        ``Reading`` has them. ``processes``: how many do the work."""
        try:
            sha256 = digest(file)
            next(rows(file, chosen), None)
        except NoSuchTable as error:
            raise WronglyAsked(str(error)) from None
        here = asked.connect(with_contacts=True)
        organization = organizations.organization(organization_id)
        if organization is None:
            raise WronglyAsked(f"There is no organization {organization_id}.")
        require_not_being_deleted(organization_id)
        channels = organizations.channels(organization_id)
        if channel_id is not None and channel_id not in {channel.id for channel in channels}:
            raise WronglyAsked(f"The organization {organization_id} has no channel {channel_id}.")
        if zone is None and chosen.is_local:
            zone = ZoneInfo(organization.timezone)
        self._file, self._processes = file, Processes(processes, here.connect_contacts)
        self._reading = Reading(chosen, organization, channels, channel_id, zone, now_ms())
        self._command = "consents" if chosen is STATEMENTS else "contacts"
        self._how = json.dumps([sha256, organization_id, name, channel_id, str(zone)])

    def run(self) -> Counter[str]:
        """Goes on where an earlier run of the same import was broken off. How many rows had which outcome."""
        with audited(self._reading.organization.id, f"{self._command} import") as told:
            counts = _ended(lambda: run(self._file, self._reading, self._how, sys.stderr, self._processes))
            told.has_changed = any(counts[outcome] for outcome in MAY_CHANGE)
            told.facts |= {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome]}
        return counts

    def try_run(self, tell: Callable[[Done], None]) -> Counter[str]:
        """What would become of each row, which is told in their order; nothing is changed."""
        return _ended(lambda: try_run(self._file, self._reading, tell, self._processes))


def _ended(work: Callable[[], Counter[str]]) -> Counter[str]:
    try:
        return work()
    except OrganizationDeleted as error:
        raise Failed(f"Stopped. {error} What was imported is deleted with it.") from None
    except (StoreError, Broken) as error:
        raise Failed(f"Not finished ({error}). Run the same command again to continue.") from None
    except KeyboardInterrupt:
        raise Failed("Not finished. Run the same command again to continue.") from None


def _tried(begun: Import, as_json: bool) -> Result:
    """Prints each row as soon as it is looked at; for JSON they are gathered."""
    gathered: list[dict[str, Any]] = []

    def tell(done: Done) -> None:
        if as_json:
            gathered.append({"row": done.row.number, "outcome": done.outcome, "reason": done.reason})
        else:
            print(f"Row {done.row.number}: {done.outcome}" + (f": {done.reason}" if done.reason else ""))

    counts = begun.try_run(tell)
    lines = [f"Nothing was changed. It would be: {_summary(counts)}"]
    return Result({"dry_run": True, **_counts_json(counts), "rows": gathered}, lines, bool(counts["rejected"]))


def _counts_json(counts: Counter[str]) -> dict[str, int]:
    return {outcome: counts[outcome] for outcome in OUTCOMES}


def _summary(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[each]} {each}" for each in OUTCOMES if counts[each] or each != "outdated")
