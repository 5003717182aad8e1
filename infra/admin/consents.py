"""``./gate24 consents``: takes in what people agreed to, as the import of contacts does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from gate24.api.contact_rows import STATEMENTS, Done
from gate24.rules.contact_import import Outcome
from infra.admin.command import Asked, Group
from infra.admin.contact_import import rejected_file
from infra.admin.contacts import Import
from infra.admin.outcome import Result

group = Group("consents", help="Consents of contacts.")

_COUNTED: dict[str, tuple[Outcome, ...]] = {
    "recorded": ("imported", "updated"),
    "already known": ("unchanged",),
    "outdated": ("outdated",),
    "rejected": ("rejected",),
}
"""Of rows with these outcomes."""


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organization", required=True, metavar="ID", help="The organization whose contacts they are.")
@click.option(
    "--processes", type=click.IntRange(1, 64), default=1, help="How many do the work: as many as there are cores."
)
@click.option("--dry-run", is_flag=True, help="Say what would become of each row, and record nothing.")
@click.pass_obj
def import_file(asked: Asked, file: Path, organization: str, processes: int, dry_run: bool) -> Result:
    """Record the opt-ins and opt-outs of a CSV file with the columns phone, action, at, source and evidence.

    A consent without at is of the moment of the import. Rows with something wrong are written to FILE.rejected.csv,
    whole and each with its reason: mend them there and import that file. Row 1 is the first one after the names of the
    columns. Rows that are older than what the contact said since are outdated, which is no fault. An import that was
    broken off goes on where it was; importing a file again changes nothing.
    """
    begun = Import(asked, file, organization, STATEMENTS, "statements", processes=processes)
    if dry_run:
        return _tried(begun)
    outcomes = begun.run()
    counts = _counted(outcomes)
    name = str(rejected_file(file)) if counts["rejected"] else None
    lines = [f"Rejected rows, with reasons: {name}"] if name else []
    answer = {"dry_run": False, **_counts_json(counts), "rejected_file": name}
    return Result(answer, [*lines, _summary(counts)], has_failures=bool(counts["rejected"]))


def _tried(begun: Import) -> Result:
    not_taken: list[Done] = []

    def tell(done: Done) -> None:
        if done.outcome in ("outdated", "rejected"):
            not_taken.append(done)

    counts = _counted(begun.try_run(tell))
    rows = {
        f"{each}_rows": [{"row": done.row.number, "reason": done.reason} for done in not_taken if done.outcome == each]
        for each in ("outdated", "rejected")
    }
    reasons = [f"Row {done.row.number}: {done.outcome}: {done.reason}" for done in not_taken]
    lines = [*reasons, f"Nothing was recorded. It would be: {_summary(counts)}"]
    return Result({"dry_run": True, **_counts_json(counts), **rows}, lines, has_failures=bool(counts["rejected"]))


def _counted(outcomes: Counter[str]) -> dict[str, int]:
    return {name: sum(outcomes[each] for each in those) for name, those in _COUNTED.items()}


def _counts_json(counts: dict[str, int]) -> dict[str, int]:
    return {name.replace(" ", "_"): count for name, count in counts.items()}


def _summary(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count or name != "outdated")
