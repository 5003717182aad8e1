"""``./gate24 consents``: imports what people agreed to elsewhere (``infra.operator.import_consents``)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from infra.admin.api_access import organization_api, require_not_being_deleted
from infra.admin.command import Asked, Group
from infra.admin.outcome import Failed, Result, WronglyAsked
from infra.operator import import_consents

group = Group("consents", help="Consents of contacts.")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organization", required=True, metavar="ID", help="The organization whose contacts they are.")
@click.option("--dry-run", is_flag=True, help="Say what would become of each row, and record nothing.")
@click.pass_obj
def import_file(asked: Asked, file: Path, organization: str, dry_run: bool) -> Result:
    """Record the opt-ins and opt-outs of a CSV file with the columns phone, action, at, source and evidence.

    Rows with something wrong are written to FILE.rejected.csv, whole and each with its reason: mend them there and
    import that file. Row 1 is the first one after the names of the columns. Rows that are older than what the contact
    said since are outdated, which is no fault. An import that was broken off goes on where it was; importing a file
    again changes nothing.
    """
    try:
        rows = list(import_consents.read(file))
    except (OSError, UnicodeError, ValueError) as error:
        raise WronglyAsked(f"{file}: {error}.") from None
    here = asked.connect()
    require_not_being_deleted(organization)
    with organization_api(here, organization, "consents import", "read", "consent") as api:
        if dry_run:
            counts, not_taken = import_consents.try_rows(api, rows)
            reasons = [f"Row {number}: {outcome}: {reason}" for number, outcome, reason in not_taken]
            report: dict[str, Any] = {
                f"{each}_rows": [
                    {"row": number, "reason": reason} for number, outcome, reason in not_taken if outcome == each
                ]
                for each in ("outdated", "rejected")
            }
        else:
            try:
                counts = import_consents.import_rows(api, file, rows, sys.stderr)
            except KeyboardInterrupt:
                raise Failed("Not finished. Run the same command again to continue.") from None
            name = str(import_consents.rejected_file(file)) if counts["rejected"] else None
            reasons = [f"Rejected rows, with reasons: {name}"] if name else []
            report = {"rejected_file": name}
    summary, outcomes = import_consents.summary(counts), import_consents.OUTCOMES
    answer = {"dry_run": dry_run, **{name.replace(" ", "_"): counts[name] for name in outcomes}, **report}
    lines = [*reasons, f"Nothing was recorded. It would be: {summary}" if dry_run else summary]
    return Result(answer, lines, has_failures=bool(counts["rejected"]))
