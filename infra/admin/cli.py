"""``./gate24``: administration of the started local stack, or of a stack on AWS by --stack.

Exit status 0; 1 for what failed; 2 for what was asked wrongly, and then nothing was changed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import click

from gate24.store.table import StoreError
from infra.admin import (
    channel_secrets,
    channels,
    consents,
    contacts,
    costs,
    doctor,
    keys,
    members,
    organizations,
    rates,
    report,
    rollup,
    shadow,
    templates,
    unrecognized,
)
from infra.admin.command import Asked, Group, shared_options
from infra.admin.outcome import Failed, Result, WronglyAsked

gate24 = Group(
    "gate24",
    help="Administration of gate24.",
    commands=[
        channels.group,
        consents.group,
        contacts.group,
        costs.group,
        doctor.doctor,
        keys.group,
        members.group,
        organizations.group,
        rates.group,
        report.report,
        rollup.rollup,
        channel_secrets.group,
        shadow.group,
        templates.group,
        unrecognized.group,
    ],
    params=shared_options(),
    context_settings={"max_content_width": 110},
)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status. What was asked for goes to standard output; progress and errors to standard error."""
    asked = Asked()
    try:
        result = gate24.main(argv, "gate24", standalone_mode=False, obj=asked)
    except click.UsageError as error:
        help_of = f" See {error.ctx.command_path} --help." if error.ctx else ""
        return _end(2, f"{error.format_message()}{help_of}")
    except WronglyAsked as error:
        return _end(2, str(error))
    except (Failed, StoreError) as error:
        return _end(1, str(error))
    except click.Abort:
        return _end(1, "Nothing was done.")
    if not isinstance(result, Result):  # --help was printed
        return 0
    _print(json.dumps(result.answer, indent=2, ensure_ascii=False) if asked.as_json else "\n".join(result.lines))
    return 1 if result.has_failures else 0


def _end(status: int, sentence: str) -> int:
    print(f"gate24: {sentence}", file=sys.stderr)
    return status


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:  # whoever reads it has enough, as in | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
